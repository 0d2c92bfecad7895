// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where a live monitor listens: what options say, else what the running daemons do.

use std::fs;
use std::net::IpAddr;

use clap::Args;
use ipvs_netlink::{Ipvs, Netns};
use ipvs_proc::Root;
use ipvs_syncd::coverage::Source;
use ipvs_syncd::socket::{Hear, Listen, MAX_PORTS, Receiver};
use ipvs_types::{DaemonConfig, InterfaceName};

use crate::program::failure::Failure;

/// Where to listen.
#[derive(Debug, Args)]
#[command(next_help_heading = "Where to listen")]
pub(super) struct Ears {
    /// Listen on this interface instead of those of the running sync daemons (may be repeated)
    #[arg(long = "interface", short = 'i', value_name = "DEV", conflicts_with = "read")]
    interfaces: Vec<InterfaceName>,
    /// The multicast group [default: the running daemon's, or 224.0.0.81]
    #[arg(long, value_name = "ADDR", conflicts_with = "read")]
    group: Option<IpAddr>,
    /// The network namespace: a name, a path with a slash
    #[arg(long, value_name = "NETNS", conflicts_with = "read")]
    netns: Option<String>,
    /// Hear all that goes over the interface, also what this host's own master sends (CAP_NET_RAW);
    /// it is done unasked where a master runs
    #[arg(long, conflicts_with = "read")]
    wire: bool,
}

impl Ears {
    /// The namespace's tables.
    pub(super) fn here(&self) -> Source {
        match &self.netns {
            None => Source::Here,
            Some(netns) => Source::Netns(Netns::from(&**netns)),
        }
    }

    /// A client of the namespace, unless there is no privilege or no IPVS.
    pub(super) fn client(&self) -> Result<Option<Ipvs>, Failure> {
        let opened = match &self.netns {
            None => Ipvs::open(),
            Some(netns) => Ipvs::in_netns(&**netns),
        };
        match opened {
            Ok(ipvs) => Ok(Some(ipvs)),
            Err(error @ ipvs_netlink::Error::Namespace { .. }) => Err(error.into()),
            Err(_) => Ok(None),
        }
    }

    /// Opens the sockets in the namespace.
    pub(super) fn open(
        &self,
        daemons: &[DaemonConfig],
        ports: &[u16],
        count: Option<u8>,
    ) -> Result<Receiver, Failure> {
        let work = || self.open_inside(daemons, ports, count);
        match &self.netns {
            None => work(),
            Some(netns) => Netns::from(&**netns).run(work)?,
        }
    }

    fn open_inside(
        &self,
        daemons: &[DaemonConfig],
        ports: &[u16],
        count: Option<u8>,
    ) -> Result<Receiver, Failure> {
        let mut listens = self.listens(daemons, ports);
        if listens.is_empty() {
            return Err(Failure::failed(
                "no sync daemon is known to run here: say where to listen with --interface DEV \
                 (finding daemons needs CAP_NET_ADMIN)",
            ));
        }
        let count = count.unwrap_or_else(|| if daemons.is_empty() { 1 } else { sync_ports() });
        listens.iter_mut().for_each(|listen| listen.port_count = count);
        Ok(Receiver::open(&listens)?)
    }

    fn listens(&self, daemons: &[DaemonConfig], ports: &[u16]) -> Vec<Listen> {
        let mut listens: Vec<Listen> = Vec::new();
        let wanted = |name| self.interfaces.is_empty() || self.interfaces.contains(&name);
        let running = daemons.iter().filter(|daemon| wanted(daemon.interface));
        let others = self
            .interfaces
            .iter()
            .filter(|name| !daemons.iter().any(|daemon| daemon.interface == **name));
        for mut listen in running.map(Listen::to_daemon).chain(others.copied().map(Listen::new)) {
            listen.group = self.group.unwrap_or(listen.group);
            let ports = if ports.is_empty() { &[listen.port][..] } else { ports };
            for port in ports {
                listen.port = *port;
                if self.wire {
                    listen.hear = Hear::Wire;
                }
                let same = |other: &&mut Listen| {
                    let mut other = **other;
                    other.hear = listen.hear;
                    other == listen
                };
                match listens.iter_mut().find(same) {
                    // A master and a backup: what hears both is enough.
                    Some(other) if listen.hear == Hear::Wire => other.hear = Hear::Wire,
                    Some(_) => {}
                    None => listens.push(listen),
                }
            }
        }
        listens
    }
}

/// How many threads the daemons of this namespace have.
fn sync_ports() -> u8 {
    let path = Root::system().sysctls().map(|dir| dir.join("sync_ports"));
    let text = path.and_then(|path| fs::read_to_string(path).ok()).unwrap_or_default();
    text.trim().parse().unwrap_or(1).clamp(1, MAX_PORTS)
}

#[cfg(test)]
mod tests {
    use ipvs_types::DaemonRole;

    use super::*;

    fn ears() -> Ears {
        Ears { interfaces: Vec::new(), group: None, netns: None, wire: false }
    }

    fn daemon(role: DaemonRole, interface: &str) -> DaemonConfig {
        DaemonConfig::new(role, interface.parse().expect("a name"))
    }

    fn shown(listens: &[Listen]) -> Vec<String> {
        let one = |listen: &Listen| {
            format!("{} {}:{} {:?}", listen.interface, listen.group, listen.port, listen.hear)
        };
        listens.iter().map(one).collect()
    }

    #[test]
    fn running_daemons_are_listened_to() {
        let (master, backup) =
            (daemon(DaemonRole::Master, "eth0"), daemon(DaemonRole::Backup, "eth0"));
        let mut elsewhere = daemon(DaemonRole::Backup, "eth1");
        elsewhere.group = Some([224, 0, 0, 9].into());
        assert_eq!(shown(&ears().listens(&[master, backup], &[])), ["eth0 224.0.0.81:8848 Wire"]);
        assert_eq!(shown(&ears().listens(&[backup, master], &[])), ["eth0 224.0.0.81:8848 Wire"]);
        assert_eq!(
            shown(&ears().listens(&[master, elsewhere], &[])),
            ["eth0 224.0.0.81:8848 Wire", "eth1 224.0.0.9:8848 Group"]
        );
        assert_eq!(shown(&ears().listens(&[], &[])), [""; 0]);
    }

    #[test]
    fn options_come_first() {
        let mut ears = ears();
        ears.interfaces = vec!["eth1".parse().expect("a name"), "eth2".parse().expect("a name")];
        let daemons = [daemon(DaemonRole::Master, "eth0"), daemon(DaemonRole::Master, "eth2")];
        assert_eq!(
            shown(&ears.listens(&daemons, &[])),
            ["eth2 224.0.0.81:8848 Wire", "eth1 224.0.0.81:8848 Group"]
        );
        ears.interfaces.truncate(1);
        (ears.wire, ears.group) = (true, Some([224, 0, 0, 9].into()));
        assert_eq!(
            shown(&ears.listens(&daemons, &[9000, 9100])),
            ["eth1 224.0.0.9:9000 Wire", "eth1 224.0.0.9:9100 Wire"]
        );
    }
}
