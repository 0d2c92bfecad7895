// SPDX-License-Identifier: MIT OR Apache-2.0
//! The JSON form of connections, written and read.

use std::borrow::Cow;
use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use ipvs_types::{Method, Protocol, SctpState, TcpState, TemplateState};
use serde::de::Error;
use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Connection, ConnectionFlags, Sequences, State, text};

/// A name where there is one, otherwise a number.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum NameOrNumber<'n> {
    Name(Cow<'n, str>),
    Number(u16),
}

impl NameOrNumber<'static> {
    fn new(name: Option<&'static str>, number: u16) -> Self {
        name.map_or(Self::Number(number), |name| Self::Name(name.into()))
    }
}

impl Serialize for State {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let number = if let Self::Other(number) = self { *number } else { 0 };
        NameOrNumber::new(self.name(), number).serialize(s)
    }
}

/// Bytes that are mostly text: a text where they are UTF-8, otherwise a list of numbers.
struct Bytes<'b>(Cow<'b, [u8]>);

impl Serialize for Bytes<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(&self.0) {
            Ok(text) => s.serialize_str(text),
            Err(_) => {
                let mut list = s.serialize_seq(Some(self.0.len()))?;
                self.0.iter().try_for_each(|byte| list.serialize_element(byte))?;
                list.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Bytes<'_> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Text(String),
            Bytes(Vec<u8>),
        }
        Ok(Self(Cow::Owned(match Form::deserialize(d)? {
            Form::Text(text) => text.into_bytes(),
            Form::Bytes(bytes) => bytes,
        })))
    }
}

/// The JSON form of a connection.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Shape<'c> {
    protocol: Protocol,
    client: SocketAddr,
    service: SocketAddr,
    /// For people: the service has it too.
    service_mark: Option<u32>,
    dest: SocketAddr,
    state: NameOrNumber<'c>,
    method: NameOrNumber<'c>,
    flags: ConnectionFlags,
    mark: u32,
    timeout_seconds: u64,
    sequences: Option<Sequences>,
    engine_name: Option<Bytes<'c>>,
    engine_data: Option<Bytes<'c>>,
}

fn bytes<'b>(bytes: &'b Option<Cow<'_, [u8]>>) -> Option<Bytes<'b>> {
    bytes.as_deref().map(|bytes| Bytes(bytes.into()))
}

impl Serialize for Connection<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let state = self.named_state();
        Shape {
            protocol: self.protocol,
            client: self.client(),
            service: self.service(),
            service_mark: self.service_mark(),
            dest: self.dest(),
            state: NameOrNumber::new(state.name(), self.state),
            method: NameOrNumber::new(text::method(self.method), self.method.number().into()),
            flags: self.flags,
            mark: self.mark,
            timeout_seconds: self.timeout.as_secs(),
            sequences: self.sequences,
            engine_name: bytes(&self.engine_name),
            engine_data: bytes(&self.engine_data),
        }
        .serialize(s)
    }
}

/// Reads what [`Serialize`] writes: nothing more, and nothing less.
impl<'de> Deserialize<'de> for Connection<'_> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let shape = Shape::deserialize(d)?;
        let template = shape.flags.contains(ConnectionFlags::TEMPLATE);
        let mut connection =
            Connection::new(shape.protocol, shape.client, shape.service, shape.dest)
                .map_err(D::Error::custom)?
                .method(method(&shape.method)?)
                .flags(shape.flags)
                .state(state(shape.protocol, template, &shape.state)?)
                .mark(shape.mark)
                .timeout(Duration::from_secs(shape.timeout_seconds));
        connection.sequences = shape.sequences;
        connection.engine_name = shape.engine_name.map(|name| name.0.into_owned().into());
        connection.engine_data = shape.engine_data.map(|data| data.0.into_owned().into());
        if shape.service_mark != connection.service_mark() {
            return Err(D::Error::custom("the service's mark is not that of its address"));
        }
        Ok(connection)
    }
}

fn method<E: Error>(shown: &NameOrNumber<'_>) -> Result<Method, E> {
    let mut all = (0..=ConnectionFlags::METHOD_BITS).map(Method::from_flags);
    let found = match shown {
        NameOrNumber::Name(name) => all.find(|method| text::method(*method) == Some(name)),
        NameOrNumber::Number(number) => all.find(|method| u16::from(method.number()) == *number),
    };
    found.ok_or_else(|| E::custom(format!("{shown} is no forwarding method")))
}

fn state<E: Error>(protocol: Protocol, template: bool, shown: &NameOrNumber<'_>) -> Result<u16, E> {
    let name = match shown {
        NameOrNumber::Number(number) => return Ok(*number),
        NameOrNumber::Name(name) => name,
    };
    let number = match protocol {
        _ if template => TemplateState::from_name(name).map(TemplateState::number),
        Protocol::TCP => TcpState::from_name(name).map(TcpState::number),
        Protocol::SCTP => SctpState::from_name(name).map(SctpState::number),
        Protocol::UDP => (name == "UDP").then_some(0),
        _ => None,
    };
    number.ok_or_else(|| E::custom(format!("{shown} is no state of {protocol}")))
}

impl fmt::Display for NameOrNumber<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => write!(f, "{name:?}"),
            Self::Number(number) => number.fmt(f),
        }
    }
}
