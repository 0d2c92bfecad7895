// SPDX-License-Identifier: MIT OR Apache-2.0
//! The running kernel as a director.

use std::convert::Infallible;
use std::fs::{self, File};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use ipvs_netlink::{Ipvs, Netns, Table};
use ipvs_proc::{
    BadLines, Connection as Listed, Connections, Layout, Root, RootError, StreamError,
};
use ipvs_types::{DaemonConfig, DaemonRole};

use super::access::{Access, Caution, Conflict};
use super::director::Director;
use crate::Encoder;
use crate::socket::{SendError, Sender};

/// How often a pause looks whether the user wants an end.
const SLICE: Duration = Duration::from_millis(50);

/// Where the director is.
#[derive(Debug, Clone)]
pub struct Place {
    netns: Option<Netns>,
    root: Root,
}

impl Place {
    /// The network namespace of the calling thread.
    pub fn here() -> Self {
        Self::at(Root::thread())
    }

    /// Another network namespace.
    pub fn netns(netns: Netns) -> Self {
        Self { netns: Some(netns), root: Root::thread() }
    }

    /// The calling thread's namespace with another directory in the place of `/proc`.
    pub const fn at(root: Root) -> Self {
        Self { netns: None, root }
    }

    /// Opens its list of connections.
    ///
    /// # Errors
    /// When it is not there or not readable, or the namespace can't be entered.
    pub fn connections(&self) -> Result<Connections<File>, SessionError> {
        let root = self.root.clone();
        Ok(self.inside(move || root.connections(Layout::Plain))??.bad_lines(BadLines::Skip))
    }

    /// The sysctl `backup_only`. Where it is not there it can't be set.
    fn backup_only(&self) -> Result<bool, SessionError> {
        let path = self.root.sysctls().map(|directory| directory.join("backup_only"));
        let text = self.inside(move || path.and_then(|path| fs::read_to_string(path).ok()))?;
        Ok(text.is_some_and(|text| text.trim() != "0"))
    }

    fn inside<T: Send>(&self, work: impl FnOnce() -> T + Send) -> Result<T, SessionError> {
        match &self.netns {
            None => Ok(work()),
            Some(netns) => Ok(netns.run(work)?),
        }
    }
}

/// What was found there: enough for a plan, and nothing was changed.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Survey {
    /// The services.
    pub table: Table,
    /// The daemons that run.
    pub daemons: Vec<DaemonConfig>,
    /// The way to the table.
    pub access: Access,
}

impl Survey {
    /// Looks.
    ///
    /// # Errors
    /// When the kernel refuses, or there is no safe way ([`Conflict`]).
    pub fn take(ipvs: &mut Ipvs, place: &Place) -> Result<Self, SessionError> {
        let (daemons, table) = (ipvs.daemons()?, ipvs.settled_table()?);
        let access = Access::choose(&daemons, &table, place.backup_only()?)?;
        Ok(Self { table, daemons, access })
    }

    /// What may surprise.
    pub fn cautions(&self) -> Vec<Caution> {
        self.access.cautions(&self.daemons)
    }
}

/// The running kernel. A backup daemon that it started is stopped by [`Session::close`], and when this is
/// dropped.
///
/// While that daemon runs, any process of the host can send it messages, and nobody else.
#[derive(Debug)]
pub struct Session {
    ipvs: Ipvs,
    place: Place,
    access: Access,
    sender: Sender,
    interrupted: Arc<AtomicBool>,
    started: bool,
}

/// Why the running kernel can't be reached.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// It would not be safe.
    #[error(transparent)]
    Conflict(#[from] Conflict),
    /// The kernel's interface refuses.
    #[error(transparent)]
    Ipvs(#[from] ipvs_netlink::Error),
    /// The daemon that was started can't be stopped.
    #[error(
        "the backup daemon on lo that was started for this can't be stopped: end it with `ipvsadm \
         --stop-daemon backup`: {0}"
    )]
    Stop(#[source] ipvs_netlink::Error),
    /// A message can't be sent.
    #[error(transparent)]
    Send(#[from] SendError),
    /// The list of connections can't be opened.
    #[error(transparent)]
    Open(#[from] RootError),
    /// It can't be read.
    #[error(transparent)]
    Read(#[from] StreamError),
}

impl Session {
    /// Makes ready what was surveyed: starts the daemon if none runs. Stops between two bursts of
    /// messages when `interrupted` becomes true.
    ///
    /// The kernel binds the daemon's socket before it answers, so that what is sent next is heard.
    ///
    /// # Errors
    /// When the socket can't be made, or the daemon not be started.
    pub fn open(
        mut ipvs: Ipvs,
        place: Place,
        survey: &Survey,
        interrupted: Arc<AtomicBool>,
    ) -> Result<Self, SessionError> {
        let access = survey.access;
        let target = match &place.netns {
            None => access.target(),
            Some(netns) => access.target().netns(netns.clone()),
        };
        let sender = Sender::open(&target)?;
        let started = matches!(access, Access::Temporary(_));
        if started {
            ipvs.start_daemon(*access.daemon())?;
        }
        Ok(Self { ipvs, place, access, sender, interrupted, started })
    }

    /// Leaves the daemons as they were found.
    ///
    /// # Errors
    /// When the daemon that was started can't be stopped.
    pub fn close(mut self) -> Result<(), SessionError> {
        self.stop()
    }

    /// Stops the daemon that was started, if it is still that one.
    fn stop(&mut self) -> Result<(), SessionError> {
        if !std::mem::take(&mut self.started) {
            return Ok(());
        }
        let running = self.ipvs.daemons().map_err(SessionError::Stop)?;
        if running.iter().any(|daemon| self.access.daemon().is_satisfied_by(daemon)) {
            self.ipvs.stop_daemon(DaemonRole::Backup).map_err(SessionError::Stop)?;
        }
        Ok(())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // Whoever wants to know whether it worked calls `close`.
        let _ = self.stop();
    }
}

impl Director for Session {
    type Error = SessionError;

    fn encoder(&self) -> Encoder {
        self.access.encoder()
    }

    fn send(&mut self, datagram: &[u8]) -> Result<(), SessionError> {
        Ok(self.sender.send(datagram)?)
    }

    fn visit(&mut self, see: &mut dyn FnMut(&Listed<'_>)) -> Result<(), SessionError> {
        let mut connections = self.place.connections()?;
        let _: ControlFlow<Infallible> = connections.visit(|listed| {
            see(listed);
            ControlFlow::Continue(())
        })?;
        Ok(())
    }

    fn pause(&mut self, time: Duration) {
        let end = Instant::now() + time;
        while !self.interrupted() {
            match end.saturating_duration_since(Instant::now()) {
                Duration::ZERO => break,
                left => thread::sleep(left.min(SLICE)),
            }
        }
    }

    fn interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }
}
