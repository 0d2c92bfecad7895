// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whom it is sent to.

use std::net::IpAddr;
use std::num::NonZeroU16;

use clap::Args;
use ipvs_netlink::Netns;
use ipvs_syncd::socket::Target;
use ipvs_syncd::{DEFAULT_MAX_LEN, Encoder, Version};
use ipvs_types::{DaemonConfig, DaemonRole, InterfaceName};

use super::director::Director;
use crate::program::failure::Failure;

/// The group of backups; what is not given is as the running master has it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Group of backups (default: that of the running master)")]
pub(super) struct Group {
    /// The interface
    #[arg(long, value_name = "NAME")]
    interface: Option<InterfaceName>,
    /// The sync id that the backups have
    #[arg(long, value_name = "N")]
    pub(super) sync_id: Option<u8>,
    /// The multicast group
    #[arg(long, value_name = "ADDRESS")]
    group: Option<IpAddr>,
    /// The first port; each backup hears that
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// Time to live, or hop limit
    #[arg(long, value_name = "HOPS")]
    ttl: Option<u8>,
    /// Bytes of the longest message: at most the backups' own
    #[arg(long, value_name = "BYTES")]
    max_len: Option<NonZeroU16>,
    /// The version of the messages, 0 or 1
    #[arg(long = "sync-version", value_name = "0|1", value_parser = version)]
    sync_version: Option<Version>,
}

fn version(text: &str) -> Result<Version, String> {
    match text {
        "0" => Ok(Version::V0),
        "1" => Ok(Version::V1),
        _ => Err("0 or 1".to_owned()),
    }
}

/// The way to a group, and the form that it takes messages in.
#[derive(Debug, Clone)]
pub(super) struct Route {
    pub(super) target: Target,
    pub(super) sync_id: u8,
    pub(super) version: Version,
    pub(super) max_len: u16,
}

impl Group {
    /// The version of the messages, if it was given.
    pub(super) const fn version(&self) -> Option<Version> {
        self.sync_version
    }

    /// What was asked for, completed by the running master.
    pub(super) fn route(
        &self,
        director: &Director,
        netns: Option<&Netns>,
    ) -> Result<Route, Failure> {
        let master = director.daemons.iter().find(|daemon| daemon.role == DaemonRole::Master);
        let (daemon, sync_id) = match (master, self.interface, self.sync_id) {
            (Some(master), _, _) => (*master, low_byte(master)),
            (None, Some(interface), Some(id)) => {
                (DaemonConfig::new(DaemonRole::Master, interface), id)
            }
            (None, _, _) => {
                return Err(Failure::failed(
                    "no master daemon runs here, and without one --interface and --sync-id are \
                     needed: give them, or start one (`ipvsadm --start-daemon master \
                     --mcast-interface NAME --syncid N`)",
                ));
            }
        };
        let mut target = Target::from(&daemon);
        if let Some(interface) = self.interface {
            target = target.interface(interface);
        }
        if let Some(group) = self.group {
            target = target.group(group);
        }
        if let Some(port) = self.port {
            target = target.port(port);
        }
        if let Some(ttl) = self.ttl {
            target = target.ttl(ttl);
        }
        if let Some(netns) = netns {
            target = target.netns(netns.clone());
        }
        // As the kernel's: what fits into 1500 bytes besides the headers.
        let fits = if target.address().is_ipv4() { DEFAULT_MAX_LEN } else { DEFAULT_MAX_LEN - 20 };
        Ok(Route {
            target,
            sync_id: self.sync_id.unwrap_or(sync_id),
            version: self.sync_version.unwrap_or(director.version),
            max_len: self.max_len.or(daemon.max_len).map_or(fits, NonZeroU16::get),
        })
    }
}

/// What a master with this configuration sends as its sync id.
const fn low_byte(daemon: &DaemonConfig) -> u8 {
    (daemon.sync_id.get() & 0xff) as u8
}

impl Route {
    /// An encoder for it.
    pub(super) const fn encoder(&self) -> Encoder {
        Encoder::new(self.version, self.sync_id).max_len(self.max_len)
    }
}

impl std::fmt::Display for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let number = u8::from(self.version == Version::V1);
        write!(f, "{}, sync id {}, version {number}", self.target, self.sync_id)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use ipvs_syncd::table::Directory;
    use ipvs_types::SyncId;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        group: Group,
    }

    fn route(line: &str, daemons: &[DaemonConfig]) -> Result<String, String> {
        let words = std::iter::once("x").chain(line.split_whitespace());
        let group = Line::try_parse_from(words).expect("understood").group;
        let director = Director {
            directory: Directory::default(),
            daemons: daemons.to_vec(),
            version: Version::V0,
            timeouts: None,
        };
        let route = group.route(&director, None).map_err(|failure| failure.text)?;
        Ok(format!("{route}, {} bytes", route.max_len))
    }

    #[test]
    fn the_running_master_tells_what_the_options_leave_open() {
        let interface = "eth1".parse().expect("a name");
        let backup = DaemonConfig::new(DaemonRole::Backup, "eth9".parse().expect("a name"));
        let mut master = DaemonConfig::new(DaemonRole::Master, interface);
        // The kernel keeps 32 bits and sends 8.
        master.sync_id = SyncId::observed(257);
        master.port = NonZeroU16::new(9000);
        master.max_len = NonZeroU16::new(1000);
        let daemons = [backup, master];
        let own = "224.0.0.81:9000 on eth1, sync id 1, version 0, 1000 bytes";
        assert_eq!(route("", &daemons).as_deref(), Ok(own));
        let line = "--interface eth2 --sync-id 3 --port 1 --sync-version 1 --max-len 500";
        let given = "224.0.0.81:1 on eth2, sync id 3, version 1, 500 bytes";
        assert_eq!(route(line, &daemons).as_deref(), Ok(given));
    }

    #[test]
    fn without_a_master_interface_and_sync_id_are_needed() {
        for line in ["", "--interface eth0", "--sync-id 1"] {
            let error = route(line, &[]).expect_err("something is missing");
            assert!(error.contains("--interface and --sync-id are needed"), "{error}");
        }
        let line = "--interface eth0 --sync-id 1 --group ff02::81";
        let expected = "[ff02::81]:8848 on eth0, sync id 1, version 0, 1452 bytes";
        assert_eq!(route(line, &[]).as_deref(), Ok(expected));
    }
}
