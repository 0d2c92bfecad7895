// SPDX-License-Identifier: MIT OR Apache-2.0
//! How the service is configured: a file of TOML, and flags that go before it.
//!
//! Every key is told of in `docs/ipvs-syncd.toml`, which a test holds equal to the defaults here.

mod error;
mod flags;
mod value;

pub(super) use error::ConfigError;
pub(super) use flags::Flags;
pub(super) use value::{Number, Text, Textual};

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use clap::ValueEnum;
use ipvs_syncd::DEFAULT_MAX_LEN;
use ipvs_syncd::tracker;
use ipvs_syncd::tracker::ServicePattern;
use ipvs_types::InterfaceName;
use serde::{Deserialize, Serialize};
use tracing_subscriber::filter::LevelFilter;

use super::coverage::Place;

/// At most a day, so that no sum of times overflows.
type Seconds = Number<u32, 1, 86_400>;

/// All that can be configured.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Config {
    pub(super) listen: Listen,
    pub(super) watch: Watch,
    pub(super) coverage: Coverage,
    pub(super) http: Http,
    pub(super) log: Log,
    pub(super) process: Process,
}

/// What is listened to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Listen {
    pub(super) interfaces: Vec<Text<InterfaceName>>,
    pub(super) group: Text<IpAddr>,
    pub(super) port: Number<u16, 1, 65535>,
    pub(super) ports: Number<u8, 1, 64>,
    pub(super) hear: Hear,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) netns: Option<String>,
}

impl Default for Listen {
    fn default() -> Self {
        Self {
            interfaces: Vec::new(),
            group: Text(Ipv4Addr::new(224, 0, 0, 81).into()),
            port: Number(8848),
            ports: Number(1),
            hear: Hear::Group,
            netns: None,
        }
    }
}

/// How it is listened to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub(super) enum Hear {
    /// As a backup: join the group
    Group,
    /// All that goes over the interface, the master of this host too; needs CAP_NET_RAW
    Wire,
}

/// What is expected of what is heard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Watch {
    pub(super) known_senders: Vec<Text<IpAddr>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sync_id: Option<Number<u8, 0, 255>>,
    pub(super) services: Vec<Text<ServicePattern>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) silence_seconds: Option<Seconds>,
    pub(super) hold_seconds: Seconds,
    pub(super) max_message_bytes: Number<u16, 1, 65535>,
    pub(super) max_connections: Number<u32, 0, 100_000_000>,
}

impl Default for Watch {
    fn default() -> Self {
        Self {
            known_senders: Vec::new(),
            sync_id: None,
            services: Vec::new(),
            silence_seconds: None,
            hold_seconds: Number(60),
            max_message_bytes: Number(DEFAULT_MAX_LEN),
            max_connections: Number(1 << 17),
        }
    }
}

impl Watch {
    /// The same for the tracker.
    pub(super) fn tracked(&self) -> tracker::Watch {
        let seconds = |Number(seconds): Seconds| Duration::from_secs(seconds.into());
        tracker::Watch {
            known_senders: self.known_senders.iter().map(|Text(sender)| *sender).collect(),
            sync_id: self.sync_id.map(|Number(id)| id),
            services: self.services.iter().map(|Text(service)| *service).collect(),
            silence: self.silence_seconds.map(seconds),
            hold: seconds(self.hold_seconds),
            max_len: self.max_message_bytes.0,
            max_connections: self.max_connections.0 as usize,
        }
    }
}

/// Whose tables are compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Coverage {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) master: Option<Text<Place>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) backup: Option<Text<Place>>,
    pub(super) interval_seconds: Seconds,
}

impl Default for Coverage {
    fn default() -> Self {
        Self { master: None, backup: None, interval_seconds: Number(60) }
    }
}

/// The endpoint for Prometheus.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Http {
    pub(super) enabled: bool,
    pub(super) listen: Text<SocketAddr>,
    pub(super) max_series: Number<u16, 1, 1024>,
}

impl Default for Http {
    fn default() -> Self {
        let listen = Text((Ipv4Addr::LOCALHOST, 9740).into());
        Self { enabled: true, listen, max_series: Number(64) }
    }
}

/// What is told on standard error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Log {
    pub(super) level: Text<LevelFilter>,
    pub(super) format: Format,
}

impl Default for Log {
    fn default() -> Self {
        Self { level: Text(LevelFilter::INFO), format: Format::Text }
    }
}

/// How it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub(super) enum Format {
    /// For people, one line an event
    Text,
    /// For programs, one object a line
    Json,
}

/// As whom the service runs once it is ready.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Process {
    pub(super) user: String,
    pub(super) daemon_states: bool,
}

impl Default for Process {
    fn default() -> Self {
        Self { user: "nobody".to_owned(), daemon_states: false }
    }
}

impl Config {
    /// Reads a file, if there is one to read, and then the flags.
    pub(super) fn load(file: Option<&Path>, flags: &Flags) -> Result<Self, ConfigError> {
        let mut config = match file {
            Some(file) => {
                let read = fs::read_to_string(file);
                let text =
                    read.map_err(|source| ConfigError::Read { file: file.to_owned(), source })?;
                Self::parse(file, &text)?
            }
            None => Self::default(),
        };
        flags.apply(&mut config);
        config.check()?;
        Ok(config)
    }

    /// Reads the text of a file of this name.
    pub(super) fn parse(file: &Path, text: &str) -> Result<Self, ConfigError> {
        toml::from_str(text).map_err(|error| ConfigError::in_text(file, text, &error))
    }

    /// What the file would be that says all of this.
    pub(super) fn text(&self) -> Result<String, toml::ser::Error> {
        toml::to_string(self)
    }

    /// The keys that differ from what `running` was started with and count after a restart only.
    pub(super) fn fixed(&self, running: &Self) -> impl Iterator<Item = &'static str> {
        let differ = [
            ("listen", self.listen != running.listen),
            ("watch.max_connections", self.watch.max_connections != running.watch.max_connections),
            ("coverage", self.coverage != running.coverage),
            ("http.enabled", self.http.enabled != running.http.enabled),
            ("http.listen", self.http.listen != running.http.listen),
            ("log.format", self.log.format != running.log.format),
            ("process", self.process != running.process),
        ];
        differ.into_iter().filter_map(|(key, differs)| differs.then_some(key))
    }

    fn check(&self) -> Result<(), ConfigError> {
        let Listen { group: Text(group), port: Number(port), ports: Number(ports), .. } =
            self.listen;
        if !group.is_multicast() {
            return Err(ConfigError::Together(format!(
                "listen.group: {group} is no multicast group; take the one that \
                 `ipvsadm -L --daemon` shows, by default 224.0.0.81"
            )));
        }
        if port.checked_add(u16::from(ports) - 1).is_none() {
            return Err(ConfigError::Together(format!(
                "listen.ports: {ports} ports from {port} on go beyond 65535; lower one of the two"
            )));
        }
        if self.listen.interfaces.is_empty() {
            return Err(ConfigError::Together(
                "listen.interfaces: there is none; name the one over which the directors \
                 synchronise, as in --interface eth1"
                    .to_owned(),
            ));
        }
        if self.coverage.master.is_some() != self.coverage.backup.is_some() {
            return Err(ConfigError::Together(
                "coverage: name both coverage.master and coverage.backup, or none".to_owned(),
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
