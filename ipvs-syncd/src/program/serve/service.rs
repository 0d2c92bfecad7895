// SPDX-License-Identifier: MIT OR Apache-2.0
//! The service: one thread hears, judges and tells; others show what it leaves on the board.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use ipvs_netlink::Ipvs;
use ipvs_syncd::live::{Event, Live, LiveSummary, TICK};
use ipvs_syncd::socket::ReceiveError;
use ipvs_types::DaemonConfig;
use rustix::thread::CapabilitySet;
use tracing::{error, info, warn};

use super::board::Board;
use super::config::{Config, Flags, Listen, Number, Text};
use super::coverage::{self, Latest};
use super::log::{self, Levels};
use super::manager::Manager;
use super::metrics::{Named, Raised, Snapshot, Tally, Wall};
use super::signals::Signals;
use super::{http, privileges, sockets};

/// How often systemd hears how it goes and the kernel is asked for its daemons.
const LOOK: Duration = Duration::from_secs(10);
/// How long to wait for messages at most: a signal that comes just before the wait is seen after it.
const PATIENCE: Duration = Duration::from_millis(250);

/// Where the configuration comes from.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) file: Option<PathBuf>,
    pub(super) flags: Flags,
}

/// The daemons of the kernel; `None` if they can't be read.
type Daemons = Option<Vec<DaemonConfig>>;

/// All of the service.
pub(super) struct Service {
    source: Source,
    config: Config,
    levels: Levels,
    signals: Signals,
    manager: Manager,
    live: Live,
    kernel: Option<Ipvs>,
    /// What the kernel said last, if it is asked.
    daemons: Option<Daemons>,
    coverage: Option<Latest>,
    tally: Tally,
    raised: Raised,
    board: Arc<Board>,
    started: Duration,
}

impl Service {
    /// Opens all that is needed and gives up the privileges for it.
    pub(super) fn start(
        source: Source,
        config: Config,
        levels: Levels,
    ) -> Result<Self, Box<dyn Error>> {
        let signals = Signals::take()?;
        let receiver = sockets::receiver(&config.listen)?;
        let listener = sockets::http(&config.http)?;
        let mut kernel = sockets::kernel(&config)?;
        // The kernel asks for it at each request.
        let admin = kernel.as_ref().map(|_| CapabilitySet::NET_ADMIN);
        let keep = admin.unwrap_or(CapabilitySet::empty());
        privileges::give_up(&config.process.user, keep)?;

        let daemons = kernel.as_mut().map(|kernel| daemons(kernel, None));
        let live = Live::new(receiver, config.watch.tracked());
        let (tally, raised, started) = (Tally::new(named(&config)), Raised::default(), live.now());
        let manager = Manager::new();
        let Number(interval) = config.coverage.interval_seconds;
        let coverage = match (&config.coverage.master, &config.coverage.backup) {
            (Some(Text(master)), Some(Text(backup))) => {
                let interval = Duration::from_secs(interval.into());
                Some(coverage::start(master.clone(), backup.clone(), interval)?)
            }
            _ => None,
        };
        let LiveSummary { reception, tracker: summary, .. } = live.summary();
        let board = Arc::new(Board::new(Snapshot {
            wall: Wall::default(),
            started,
            reception,
            summary,
            tally: tally.clone(),
            raised: raised.clone(),
            coverage: None,
            daemons: daemons.clone(),
        }));
        if let Some(listener) = listener {
            let address = listener.local_addr()?;
            let pages = Arc::clone(&board);
            http::serve(listener, move |path| pages.page(path))?;
            info!(%address, "metrics at /metrics");
        }
        Ok(Self {
            source,
            config,
            levels,
            signals,
            manager,
            live,
            kernel,
            daemons,
            coverage,
            tally,
            raised,
            board,
            started,
        })
    }

    /// Hears until it is told to stop.
    pub(super) fn run(&mut self) -> Result<(), ReceiveError> {
        self.manager.ready();
        let Listen { interfaces, group, port: Number(port), ports: Number(ports), .. } =
            &self.config.listen;
        for interface in interfaces {
            info!(%interface, %group, port, ports, "listening");
        }
        let (mut show, mut look) = (self.live.now(), self.live.now());
        while !self.signals.stop() {
            if self.signals.reload() {
                self.reload();
            }
            let raised = &mut self.raised;
            self.live.step(PATIENCE, |event| {
                if let Event::Alarm(alarm) = event {
                    raised.count(alarm);
                    log::alarm(alarm);
                }
                Ok::<_, ReceiveError>(())
            })?;
            self.manager.alive();
            let now = self.live.now();
            if now >= look {
                self.look();
                look = now + LOOK;
            }
            if now >= show {
                self.show();
                show = now + TICK;
            }
        }
        self.stop();
        Ok(())
    }

    fn look(&mut self) {
        if let Some(kernel) = &mut self.kernel {
            self.daemons = Some(daemons(kernel, self.daemons.take()));
        }
        let LiveSummary { tracker, reception, .. } = self.live.summary();
        let (messages, streams) = (tracker.messages, tracker.streams.len());
        let (alarms, lost) = (tracker.alarms.len(), reception.lost);
        self.manager.status(format!(
            "{messages} messages of {streams} streams, {lost} lost here, {alarms} alarms last"
        ));
    }

    fn show(&mut self) {
        let LiveSummary { reception, tracker: summary, .. } = self.live.summary();
        self.tally.add(&summary);
        self.board.put(Snapshot {
            wall: Wall::at(SystemTime::now(), self.live.now()),
            started: self.started,
            reception,
            summary,
            tally: self.tally.clone(),
            raised: self.raised.clone(),
            coverage: self.coverage.as_ref().and_then(Latest::get),
            daemons: self.daemons.clone(),
        });
    }

    /// A file that is wrong changes nothing.
    fn reload(&mut self) {
        self.manager.reloading();
        match Config::load(self.source.file.as_deref(), &self.source.flags) {
            Ok(config) => {
                for key in config.fixed(&self.config) {
                    warn!(key, "a change of {key} counts after a restart");
                }
                self.live.tracker_mut().rewatch(config.watch.tracked());
                self.tally.rename(named(&config));
                self.levels.set(config.log.level);
                info!("configuration reloaded");
            }
            Err(error) => error!("the configuration stays as it was: {error}"),
        }
        self.manager.ready();
    }

    fn stop(&mut self) {
        self.manager.stopping();
        let LiveSummary { tracker, reception, .. } = self.live.summary();
        info!(
            messages = tracker.messages,
            bytes = tracker.bytes,
            lost = reception.lost,
            untracked = tracker.untracked,
            connections = tracker.mirror.held.connections,
            templates = tracker.mirror.held.templates,
            alarms = tracker.alarms.len(),
            alarms_raised = tracker.alarms_raised,
            "stopped"
        );
    }
}

/// What the kernel says now. That it says nothing is told when it begins.
fn daemons(kernel: &mut Ipvs, before: Option<Daemons>) -> Daemons {
    match kernel.daemons() {
        Ok(daemons) => Some(daemons),
        Err(error) => {
            if before != Some(None) {
                warn!("the states of the daemons can't be read: {error}");
            }
            None
        }
    }
}

fn named(config: &Config) -> Named {
    let senders = config.watch.known_senders.iter().map(|Text(sender)| *sender).collect();
    let sync_id = config.watch.sync_id.map(|Number(id)| id);
    Named { senders, sync_id, max_series: config.http.max_series.0.into() }
}
