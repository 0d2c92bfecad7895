// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where tables are read.

use std::collections::HashSet;
use std::fs;
use std::num::NonZeroU32;
use std::path::PathBuf;

use ipvs_netlink::{Ipvs, Netns};
use ipvs_proc::{Connection, Identity, Layout, Readings, Root};
use ipvs_types::{DaemonRole, Family, ServiceKey};

use super::once::each_once;
use super::{
    Coverage, CoverageError, Expected, Holdings, MasterRules, Wire, compare, export, key_of,
};
use crate::Version;
use crate::table::Directory;

/// Where a director's tables are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// In the network namespace of the calling thread.
    Here,
    /// In another one on this machine.
    Netns(Netns),
    /// In a directory that is arranged like `/proc`, with `net/ip_vs_conn`, `net/ip_vs_conn_sync` and, if
    /// they are to be known, `net/ip_vs` and `sys/net/ipv4/vs`.
    Root(PathBuf),
    /// In a file: what `ipvsadm proc conns --json` prints (of a backup with `--sync`), or a copy of
    /// `ip_vs_conn` or `ip_vs_conn_sync`. Services and settings are not known then.
    File(PathBuf),
}

/// The tables of a master and its backup.
///
/// ```no_run
/// use ipvs_syncd::coverage::{Source, Tables};
/// let [master, backup] = ["red", "blue"].map(|name| Source::Netns(name.into()));
/// let coverage = Tables::read(&master, &backup)?.compare(None);
/// println!("{:.1} %", coverage.total.percent());
/// # Ok::<(), ipvs_syncd::coverage::CoverageError>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Tables {
    /// What the master would send.
    pub expected: Expected,
    /// What the backup has.
    pub holdings: Holdings,
    /// Services that the backup doesn't have, if both are known.
    pub missing_services: Option<Vec<ServiceKey>>,
    /// The master daemon's sync id, if it runs and is known.
    pub sync_id: Option<u8>,
    /// Lines that could not be read, and were left out.
    pub skipped: u64,
}

impl Tables {
    /// Reads the master's tables, then the backup's.
    ///
    /// Kernels before 7.1 leave out and repeat lines while connections come and go: there each table is read
    /// as often as [`Readings`] says. A line that a copy repeats counts once.
    ///
    /// On kernels before 7.1 this takes a time that grows with the square of the number of connections.
    ///
    /// # Errors
    /// When a table of connections can't be read. Services and settings that can't be read are taken
    /// for unknown.
    pub fn read(master: &Source, backup: &Source) -> Result<Self, CoverageError> {
        let (known, expected, skipped) = master.visit(|place| {
            let (known, mut expected) = (place.known(), Expected::default());
            let skipped = place.connections(Layout::Plain, single, |connection| {
                expected.add(connection, &known.directory, known.rules);
            })?;
            Ok((known, expected, skipped))
        })?;
        let engines = expected.has_engines();
        let (services, holdings, more) = backup.visit(|place| {
            let mut holdings = Holdings::default();
            let mut skipped = 0;
            if engines {
                skipped += place
                    .connections(Layout::Plain, single, |connection| holdings.engine(connection))?;
            }
            // Templates of one client which only their engine's data tells apart, where it is not shown.
            let known_alike = holdings.alike();
            let unknown = engines && matches!(place, Place::File(_));
            let alike =
                |listed: &Connection<'_>| match listed.is_template() && listed.engine.is_none() {
                    true if unknown && listed.origin.is_some() => usize::MAX,
                    true => known_alike.get(&(key_of(listed), listed.dest)).copied().unwrap_or(1),
                    false => 1,
                };
            skipped += place.connections(Layout::Sync, alike, |connection| {
                holdings.add(connection, &known.directory);
            })?;
            Ok((place.known().services, holdings, skipped))
        })?;
        let missing_services = known.services.zip(services).map(|(master, backup)| {
            let there: HashSet<_> = backup.iter().map(identity).collect();
            master.into_iter().filter(|service| !there.contains(&identity(service))).collect()
        });
        let (sync_id, skipped) = (known.sync_id, skipped + more);
        Ok(Self { expected, holdings, missing_services, sync_id, skipped })
    }

    /// Compares them, and with what was heard.
    pub fn compare(self, wire: Option<Wire<'_>>) -> Coverage {
        let missing_services = self.missing_services;
        Coverage { missing_services, ..compare(&self.expected, self.holdings, wire) }
    }
}

/// There is one entry of a kind.
const fn single(_: &Connection<'_>) -> usize {
    1
}

/// What `/proc/net/ip_vs` shows of a service's key: not the family of a mark.
fn identity(service: &ServiceKey) -> Identity {
    match *service {
        ServiceKey::Address { protocol, address, port } => {
            Identity::Address { protocol, address, port }
        }
        ServiceKey::Fwmark { mark, .. } => Identity::Fwmark(mark.get()),
    }
}

impl Source {
    fn visit<T: Send>(
        &self,
        work: impl FnOnce(&Place) -> Result<T, CoverageError> + Send,
    ) -> Result<T, CoverageError> {
        match self {
            Self::Here => work(&Place::Live(Root::thread())),
            Self::Netns(netns) => netns.run(|| work(&Place::Live(Root::thread())))?,
            Self::Root(dir) => work(&Place::Copies(Root::at(dir))),
            Self::File(path) => work(&Place::File(path.clone())),
        }
    }
}

/// A source at hand.
enum Place {
    Live(Root),
    Copies(Root),
    File(PathBuf),
}

/// What is known of a director besides its connections.
#[derive(Default)]
struct Known {
    directory: Directory,
    services: Option<Vec<ServiceKey>>,
    rules: MasterRules,
    sync_id: Option<u8>,
}

impl Place {
    /// Hands each connection to `each`, as often as `alike` says there may be such at the most. Returns
    /// how many lines could not be read.
    fn connections(
        &self,
        layout: Layout,
        alike: impl Fn(&Connection<'_>) -> usize,
        each: impl FnMut(&Connection<'_>),
    ) -> Result<u64, CoverageError> {
        let read = |see: &mut dyn FnMut(&Connection<'_>)| match self {
            Self::Live(root) | Self::Copies(root) => export::lines(root.connections(layout)?, see),
            Self::File(path) => export::visit(path, see),
        };
        each_once(self.readings(layout), read, alike, each)
    }

    /// How often it has to be read to leave none out.
    fn readings(&self, layout: Layout) -> Readings {
        // A file of the kernel's says that it has no length, as in a container that sees the host's /proc.
        let is_live = |root: &Root| {
            let file = fs::metadata(root.path(layout.file()));
            file.is_ok_and(|file| file.is_file() && file.len() == 0)
        };
        match self {
            Self::Live(_) => Readings::of_running(),
            Self::Copies(root) if is_live(root) => Readings::of_running(),
            Self::Copies(_) | Self::File(_) => Readings::of_copy(),
        }
    }

    fn known(&self) -> Known {
        let (root, live) = match self {
            Self::Live(root) => (root, true),
            Self::Copies(root) => (root, false),
            Self::File(_) => return Known::default(),
        };
        let mut known = Known { rules: rules(root), ..Known::default() };
        if live && known.ask().is_ok() {
            return known;
        }
        if let Ok(table) = root.read::<ipvs_proc::Table>() {
            known.directory = Directory::from(&table);
            known.services = Some(table.services.iter().filter_map(shown).collect());
        }
        known
    }
}

impl Known {
    /// Asks netlink, which needs a privilege.
    fn ask(&mut self) -> Result<(), ipvs_netlink::Error> {
        let mut ipvs = Ipvs::open()?;
        let table = ipvs.table()?;
        self.directory = Directory::from(&table);
        self.services = Some(table.services.iter().map(|entry| entry.service.key).collect());
        self.rules.timeouts = Some(ipvs.timeouts()?);
        let daemons = ipvs.daemons()?;
        let master = daemons.iter().find(|daemon| daemon.role == DaemonRole::Master);
        // The kernel sends the low 8 bits.
        self.sync_id = master.map(|master| master.sync_id.get() as u8);
        Ok(())
    }
}

/// The key of a service in `/proc/net/ip_vs`. A mark's family, which it does not show, is said to be
/// IPv4.
fn shown(service: &ipvs_proc::Service) -> Option<ServiceKey> {
    match service.identity {
        Identity::Address { protocol, address, port } => {
            Some(ServiceKey::Address { protocol, address, port })
        }
        Identity::Fwmark(mark) => {
            NonZeroU32::new(mark).map(|mark| ServiceKey::fwmark(mark, Family::Ipv4))
        }
    }
}

/// The sysctls that matter, as far as they are there.
fn rules(root: &Root) -> MasterRules {
    let sysctl = |name| {
        let text = fs::read_to_string(root.sysctls()?.join(name)).ok()?;
        text.trim().parse::<i64>().ok()
    };
    MasterRules {
        templates_only: sysctl("sync_persist_mode").is_some_and(|mode| mode != 0),
        version: if sysctl("sync_version") == Some(0) { Version::V0 } else { Version::V1 },
        timeouts: None,
    }
}
