// SPDX-License-Identifier: MIT OR Apache-2.0
//! What can be wrong on the wire.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use serde::Serialize;

use super::Trouble;
use super::seconds;

/// Something wrong, and who it is about. Two alarms that are equal are one condition.
///
/// ```
/// use ipvs_syncd::tracker::Alarm;
/// let alarm = Alarm::UnknownSender { sender: "192.0.2.66".parse()? };
/// assert_eq!(alarm.to_string(), "192.0.2.66 is no known sender");
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(tag = "alarm", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Alarm {
    /// Two known senders take turns on one sync id. A takeover is no such case: there the old master
    /// does not come back.
    TwoMasters {
        /// The id.
        sync_id: u8,
        /// Both, in order.
        senders: [IpAddr; 2],
    },
    /// A sender that is not in the list of known ones. Backups believe it all the same.
    UnknownSender {
        /// It.
        sender: IpAddr,
    },
    /// Messages of both versions on one sync id.
    MixedVersions {
        /// The id.
        sync_id: u8,
        /// Whose message came after one of the other version.
        sender: IpAddr,
    },
    /// A message of a version that no kernel knows; it is taken for an empty one.
    UnknownVersion {
        /// Who sent it.
        sender: IpAddr,
        /// The byte in place of the version.
        version: u8,
    },
    /// A message of another sync id than the expected one.
    SyncIdMismatch {
        /// Who sent it.
        sender: IpAddr,
        /// The id in the message.
        sync_id: u8,
        /// The expected one.
        expected: u8,
    },
    /// A connection to an address that is none of the services.
    ForeignService {
        /// Who sent it.
        sender: IpAddr,
        /// The virtual address and port.
        service: SocketAddr,
    },
    /// A datagram that backups drop, wholly or in part.
    Malformed {
        /// Who sent it.
        sender: IpAddr,
        /// What is wrong with it.
        trouble: Trouble,
    },
    /// No known sender is heard. An idle master is silent too.
    Silence {
        /// The sync id that fell silent; none if nothing was ever heard.
        sync_id: Option<u8>,
    },
}

impl Alarm {
    /// All the names.
    pub const NAMES: [&str; 8] = [
        "two_masters",
        "unknown_sender",
        "mixed_versions",
        "unknown_version",
        "sync_id_mismatch",
        "foreign_service",
        "malformed",
        "silence",
    ];

    /// What kind of alarm this is, in one word: the same as `alarm` in JSON.
    pub const fn name(&self) -> &'static str {
        Self::NAMES[self.kind()]
    }

    /// The place of its name.
    pub(super) const fn kind(&self) -> usize {
        match self {
            Self::TwoMasters { .. } => 0,
            Self::UnknownSender { .. } => 1,
            Self::MixedVersions { .. } => 2,
            Self::UnknownVersion { .. } => 3,
            Self::SyncIdMismatch { .. } => 4,
            Self::ForeignService { .. } => 5,
            Self::Malformed { .. } => 6,
            Self::Silence { .. } => 7,
        }
    }
}

impl fmt::Display for Alarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TwoMasters { sync_id, senders: [first, second] } => {
                write!(f, "two masters on sync id {sync_id}: {first} and {second}")
            }
            Self::UnknownSender { sender } => write!(f, "{sender} is no known sender"),
            Self::MixedVersions { sync_id, sender } => {
                write!(f, "versions 0 and 1 are mixed on sync id {sync_id}, seen from {sender}")
            }
            Self::UnknownVersion { sender, version } => {
                write!(f, "unknown version {version} from {sender}")
            }
            Self::SyncIdMismatch { sender, sync_id, expected } => {
                write!(f, "sync id {sync_id}, not {expected}, from {sender}")
            }
            Self::ForeignService { sender, service } => {
                write!(f, "connections to {service}, no known service, from {sender}")
            }
            Self::Malformed { sender, trouble } => write!(f, "{trouble} from {sender}"),
            Self::Silence { sync_id: Some(id) } => write!(f, "silence on sync id {id}"),
            Self::Silence { sync_id: None } => f.write_str("nothing heard at all"),
        }
    }
}

/// An alarm begins or ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AlarmEvent {
    /// When this was noticed; in JSON in seconds.
    #[serde(rename = "time", serialize_with = "seconds::serialize")]
    pub at: Duration,
    /// Which of the two.
    pub change: Change,
    /// Since when the condition lasts; for silence the last message; in JSON in seconds.
    #[serde(serialize_with = "seconds::serialize")]
    pub since: Duration,
    /// The condition.
    #[serde(flatten)]
    pub alarm: Alarm,
}

/// Whether an alarm begins or ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It begins.
    Raised,
    /// It ends.
    Cleared,
}
