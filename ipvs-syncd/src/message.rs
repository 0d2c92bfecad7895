// SPDX-License-Identifier: MIT OR Apache-2.0
//! Messages in an owned form.

use serde::{Serialize, Serializer};

use crate::Connection;
use crate::wire::{Datagram, Fault, Header, Meaning};

/// A datagram in an owned form: everything that could be read of it, and why it was not more.
///
/// ```
/// use ipvs_syncd::{Datagram, Message};
/// let message = Message::from(Datagram::parse(&[0, 7, 0, 9, 0, 1, 0, 0, 0xff])?);
/// assert_eq!((message.header.sync_id, message.leftover), (7, 1));
/// # Ok::<(), ipvs_syncd::DatagramFault>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Message {
    /// What its header says.
    #[serde(flatten)]
    pub header: Header,
    /// The entries that could be read.
    pub entries: Vec<MessageEntry>,
    /// Why there are fewer than the header counts; in JSON a text.
    #[serde(serialize_with = "text_or_null")]
    pub fault: Option<Fault>,
    /// Bytes behind the last entry that was read.
    #[serde(rename = "leftover_bytes")]
    pub leftover: usize,
}

/// One entry of a [`Message`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct MessageEntry {
    /// The connection.
    #[serde(flatten)]
    pub connection: Connection<'static>,
    /// Options of unknown types with their data, in their order.
    pub unknown_options: Vec<(u8, Vec<u8>)>,
}

impl From<Datagram<'_>> for Message {
    fn from(datagram: Datagram<'_>) -> Self {
        let (mut entries, mut fault) = (datagram.entries(), None);
        let mut read = Vec::new();
        for entry in entries.by_ref() {
            match entry {
                Ok(entry) => read.push(MessageEntry {
                    unknown_options: entry
                        .options
                        .map_while(Result::ok)
                        .filter(|o| matches!(o.meaning(), Meaning::Optional | Meaning::Mandatory))
                        .map(|option| (option.kind, option.data.to_vec()))
                        .collect(),
                    connection: entry.connection.into_owned(),
                }),
                Err(found) => fault = Some(found),
            }
        }
        Self { header: datagram.header(), entries: read, fault, leftover: entries.leftover().len() }
    }
}

fn text_or_null<S: Serializer>(fault: &Option<Fault>, s: S) -> Result<S::Ok, S::Error> {
    fault.map(|fault| fault.to_string()).serialize(s)
}
