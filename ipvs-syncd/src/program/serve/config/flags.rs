// SPDX-License-Identifier: MIT OR Apache-2.0
//! Flags that go before the file.

use std::net::{IpAddr, SocketAddr};

use clap::Args;
use ipvs_syncd::tracker::ServicePattern;
use ipvs_types::InterfaceName;
use tracing_subscriber::filter::LevelFilter;

use super::super::coverage::Place;
use super::{Config, Format, Hear, Number, Seconds, Text};

/// Each stands for the key in brackets. A list that is given replaces the one in the file.
#[derive(Debug, Clone, Default, Args)]
pub(in super::super) struct Flags {
    /// An interface to listen on (may be repeated) [listen.interfaces]
    #[arg(long = "interface", value_name = "DEV")]
    interfaces: Vec<Text<InterfaceName>>,
    /// The group to join [listen.group]
    #[arg(long, value_name = "ADDR")]
    group: Option<Text<IpAddr>>,
    /// The first UDP port [listen.port]
    #[arg(long, value_name = "PORT")]
    port: Option<Number<u16, 1, 65535>>,
    /// How many ports, the master's sync_ports [listen.ports]
    #[arg(long, value_name = "N")]
    ports: Option<Number<u8, 1, 64>>,
    /// How to hear it [listen.hear]
    #[arg(long, value_name = "HOW")]
    hear: Option<Hear>,
    /// The network namespace, a name or a path [listen.netns]
    #[arg(long, value_name = "NAME|PATH")]
    netns: Option<String>,
    /// Who may send; raise an alarm for all others (may be repeated) [watch.known_senders]
    #[arg(long = "known-sender", value_name = "ADDR")]
    known_senders: Vec<Text<IpAddr>>,
    /// The sync id of this group; raise an alarm for others [watch.sync_id]
    #[arg(long, value_name = "N")]
    sync_id: Option<Number<u8, 0, 255>>,
    /// A virtual service; raise an alarm for connections of none (may be repeated) [watch.services]
    #[arg(long = "service", value_name = "ADDR[:PORT]")]
    services: Vec<Text<ServicePattern>>,
    /// Raise an alarm when a sync id is silent for so long [watch.silence_seconds]
    #[arg(long, value_name = "SECONDS")]
    silence: Option<Seconds>,
    /// The backups' sync_maxlen; raise an alarm for longer datagrams [watch.max_message_bytes]
    #[arg(long, value_name = "BYTES")]
    max_len: Option<Number<u16, 1, 65535>>,
    /// Where the master's tables are: here, a directory like /proc, an exported file [coverage.master]
    #[arg(long, value_name = "PLACE")]
    coverage_master: Option<Text<Place>>,
    /// Where the backup's tables are [coverage.backup]
    #[arg(long, value_name = "PLACE")]
    coverage_backup: Option<Text<Place>>,
    /// Where Prometheus finds the metrics [http.listen]
    #[arg(long, value_name = "ADDR:PORT", conflicts_with = "no_http")]
    http: Option<Text<SocketAddr>>,
    /// No metrics [http.enabled]
    #[arg(long)]
    no_http: bool,
    /// The least of what is logged: off, error, warn, info, debug, trace [log.level]
    #[arg(long, value_name = "LEVEL")]
    log_level: Option<Text<LevelFilter>>,
    /// How the log is written [log.format]
    #[arg(long, value_name = "FORMAT")]
    log_format: Option<Format>,
    /// Who to become when started as root; root: stay [process.user]
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Show the states of the sync daemons, for which CAP_NET_ADMIN is kept [process.daemon_states]
    #[arg(long)]
    daemon_states: bool,
}

impl Flags {
    /// Puts what is given into the configuration.
    pub(super) fn apply(&self, config: &mut Config) {
        let Config { listen, watch, coverage, http, log, process } = config;
        list(&mut listen.interfaces, &self.interfaces);
        one(&mut listen.group, &self.group);
        one(&mut listen.port, &self.port);
        one(&mut listen.ports, &self.ports);
        one(&mut listen.hear, &self.hear);
        option(&mut listen.netns, &self.netns);
        list(&mut watch.known_senders, &self.known_senders);
        option(&mut watch.sync_id, &self.sync_id);
        list(&mut watch.services, &self.services);
        option(&mut watch.silence_seconds, &self.silence);
        one(&mut watch.max_message_bytes, &self.max_len);
        option(&mut coverage.master, &self.coverage_master);
        option(&mut coverage.backup, &self.coverage_backup);
        one(&mut http.listen, &self.http);
        http.enabled = (http.enabled || self.http.is_some()) && !self.no_http;
        one(&mut log.level, &self.log_level);
        one(&mut log.format, &self.log_format);
        one(&mut process.user, &self.user);
        process.daemon_states |= self.daemon_states;
    }
}

fn one<T: Clone>(value: &mut T, given: &Option<T>) {
    if let Some(given) = given {
        value.clone_from(given);
    }
}

fn option<T: Clone>(value: &mut Option<T>, given: &Option<T>) {
    if given.is_some() {
        value.clone_from(given);
    }
}

fn list<T: Clone>(value: &mut Vec<T>, given: &[T]) {
    if !given.is_empty() {
        *value = given.to_vec();
    }
}
