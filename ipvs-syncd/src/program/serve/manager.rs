// SPDX-License-Identifier: MIT OR Apache-2.0
//! What systemd is told: sd_notify(3). Without systemd nobody is told anything.

use std::time::{Duration, Instant};

use sd_notify::NotifyState;
use tracing::debug;

/// systemd, or nobody.
#[derive(Debug)]
pub(super) struct Manager {
    /// How often it wants to hear that this process is alive.
    watchdog: Option<Duration>,
    /// When it heard that last.
    alive: Option<Instant>,
    status: String,
}

impl Manager {
    pub(super) fn new() -> Self {
        // Half of the time is what sd_watchdog_enabled(3) recommends.
        let watchdog = sd_notify::watchdog_enabled().map(|time| time / 2);
        Self { watchdog, alive: None, status: String::new() }
    }

    /// The service runs, or a reload is done.
    pub(super) fn ready(&self) {
        tell(&[NotifyState::Ready]);
    }

    /// A reload begins; [`Manager::ready`] ends it.
    pub(super) fn reloading(&self) {
        // Since version 253 systemd wants to know when.
        match NotifyState::monotonic_usec_now() {
            Ok(now) => tell(&[NotifyState::Reloading, now]),
            Err(_) => tell(&[NotifyState::Reloading]),
        }
    }

    /// The service ends.
    pub(super) fn stopping(&self) {
        tell(&[NotifyState::Stopping, NotifyState::Status("stopping")]);
    }

    /// What `systemctl status` shows.
    pub(super) fn status(&mut self, status: String) {
        if status != self.status {
            tell(&[NotifyState::Status(&status)]);
            self.status = status;
        }
    }

    /// Whoever hears messages is alive. To be called by nobody else, so that one who is stuck is ended.
    pub(super) fn alive(&mut self) {
        let Some(period) = self.watchdog else { return };
        if self.alive.is_none_or(|last| last.elapsed() >= period) {
            tell(&[NotifyState::Watchdog]);
            self.alive = Some(Instant::now());
        }
    }
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        debug!("systemd can't be told: {error}");
    }
}
