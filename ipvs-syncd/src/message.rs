// SPDX-License-Identifier: MIT OR Apache-2.0
//! Messages in an owned form, and the JSON form of their parts.

use std::net::SocketAddr;

use ipvs_types::Protocol;
use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};

use crate::wire::{Datagram, Fault, Header, Meaning};
use crate::{Connection, ConnectionFlags, Sequences, State, text};

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

/// A name where there is one, otherwise a number.
#[derive(Serialize)]
#[serde(untagged)]
enum NameOrNumber {
    Name(&'static str),
    Number(u16),
}

impl NameOrNumber {
    fn new(name: Option<&'static str>, number: u16) -> Self {
        name.map_or(Self::Number(number), Self::Name)
    }
}

impl Serialize for State {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let number = if let Self::Other(number) = self { *number } else { 0 };
        NameOrNumber::new(self.name(), number).serialize(s)
    }
}

/// Bytes that are mostly text: a text where they are UTF-8, otherwise a list of numbers.
struct Bytes<'b>(&'b [u8]);

impl Serialize for Bytes<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(self.0) {
            Ok(text) => s.serialize_str(text),
            Err(_) => {
                let mut list = s.serialize_seq(Some(self.0.len()))?;
                self.0.iter().try_for_each(|byte| list.serialize_element(byte))?;
                list.end()
            }
        }
    }
}

/// The JSON form of a connection.
#[derive(Serialize)]
struct Shape<'c> {
    protocol: Protocol,
    client: SocketAddr,
    service: SocketAddr,
    service_mark: Option<u32>,
    dest: SocketAddr,
    state: State,
    method: NameOrNumber,
    flags: ConnectionFlags,
    mark: u32,
    timeout_seconds: u64,
    sequences: Option<Sequences>,
    engine_name: Option<Bytes<'c>>,
    engine_data: Option<Bytes<'c>>,
}

impl Serialize for Connection<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        Shape {
            protocol: self.protocol,
            client: self.client(),
            service: self.service(),
            service_mark: self.service_mark(),
            dest: self.dest(),
            state: self.named_state(),
            method: NameOrNumber::new(text::method(self.method), self.method.number().into()),
            flags: self.flags,
            mark: self.mark,
            timeout_seconds: self.timeout.as_secs(),
            sequences: self.sequences,
            engine_name: self.engine_name.as_deref().map(Bytes),
            engine_data: self.engine_data.as_deref().map(Bytes),
        }
        .serialize(s)
    }
}
