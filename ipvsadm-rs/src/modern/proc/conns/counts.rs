// SPDX-License-Identifier: MIT OR Apache-2.0
//! How many connections there are of each kind.

use std::net::{IpAddr, SocketAddr};
use std::ops::ControlFlow;

use clap::ValueEnum;
use ipvs_netlink::ConnectionListing;
use ipvs_netlink::types::Protocol;
use ipvs_proc::{Connection, ConnectionService, Count, Expiry, Groups, State, Virtual};
use serde_json::json;

use super::service;
use crate::legacy::streams::Io;
use crate::modern::{Outcome, print};
use crate::output::{Field, json, table};

/// What to count by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum By {
    /// Protocol and virtual address, or firewall mark
    Service,
    /// Destination
    Dest,
    /// Client address; takes memory for each
    Client,
    /// Protocol and state
    State,
}

/// What the connections of a group have in common.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Group {
    Service(ConnectionService),
    Dest(SocketAddr),
    Client(IpAddr),
    State(Protocol, State<'static>),
}

/// A line of the table.
struct Row {
    protocol: Option<Protocol>,
    name: String,
    count: Count,
}

/// A step of the histogram: seconds from, and below.
struct Step(u64, Option<u64>, Count);

const PROTOCOL: Field<Row> = Field { name: "protocol", value: |row| json!(row.protocol) };
const NUMBERS: [Field<Row>; 2] = [
    Field { name: "connections", value: |row| json!(row.count.connections) },
    Field { name: "templates", value: |row| json!(row.count.templates) },
];
const STEPS: &[Field<Step>] = &[
    Field { name: "from_seconds", value: |step| json!(step.0) },
    Field { name: "below_seconds", value: |step| json!(step.1) },
    Field { name: "connections", value: |step| json!(step.2.connections) },
    Field { name: "templates", value: |step| json!(step.2.templates) },
];

/// Prints the numbers of each group, the largest first.
pub(super) fn by(
    by: By,
    chosen: &mut ConnectionListing<'_>,
    json: bool,
    io: &mut Io<'_>,
) -> Outcome {
    let mut groups = Groups::default();
    count(chosen, |connection| groups.add(by.group(connection), connection))?;
    let rows: Vec<Row> =
        groups.largest().into_iter().map(|(group, count)| group.row(count)).collect();
    let (key, fields) = by.fields();
    match json {
        true => print(io, &json::records(key, &rows, &fields)),
        false => print(io, &table::records(&rows, &fields, io.columns)),
    }
}

/// Prints how many expire when.
pub(super) fn histogram(
    chosen: &mut ConnectionListing<'_>,
    json: bool,
    io: &mut Io<'_>,
) -> Outcome {
    let mut expiry = Expiry::default();
    count(chosen, |connection| expiry.add(connection))?;
    let (mut steps, mut from) = (Vec::new(), 0);
    for (below, count) in expiry.steps() {
        let below = below.map(|below| below.as_secs());
        steps.push(Step(from, below, count));
        from = below.unwrap_or(from);
    }
    match json {
        true => print(io, &json::records("expiry", &steps, STEPS)),
        false => print(io, &table::records(&steps, STEPS, io.columns)),
    }
}

fn count(chosen: &mut ConnectionListing<'_>, mut add: impl FnMut(&Connection<'_>)) -> Outcome {
    let counted = chosen.visit(|connection| {
        add(connection);
        ControlFlow::<()>::Continue(())
    });
    Ok(counted.map(|_| 0)?)
}

impl By {
    fn group(self, connection: &Connection<'_>) -> Group {
        let Connection { protocol, client, service, dest, state, .. } = connection;
        match self {
            Self::Service => {
                // Kernels before 7 give invalid templates another port.
                let address = match *service {
                    Virtual::Fwmark { mark, .. } => Virtual::Fwmark { mark, port: 0 },
                    address => address,
                };
                Group::Service(ConnectionService { protocol: *protocol, address })
            }
            Self::Dest => Group::Dest(*dest),
            Self::Client => Group::Client(client.ip()),
            Self::State => Group::State(*protocol, state.clone().into_owned()),
        }
    }

    /// The member of the document, and the fields of its records.
    fn fields(self) -> (&'static str, Vec<Field<Row>>) {
        let named = |name| Field { name, value: |row: &Row| json!(row.name) };
        let (key, first) = match self {
            Self::Service => ("services", vec![PROTOCOL, named("service")]),
            Self::Dest => ("dests", vec![named("dest")]),
            Self::Client => ("clients", vec![named("client")]),
            Self::State => ("states", vec![PROTOCOL, named("state")]),
        };
        (key, first.into_iter().chain(NUMBERS).collect())
    }
}

impl Group {
    fn row(&self, count: Count) -> Row {
        let (protocol, name) = match self {
            Self::Service(ConnectionService { protocol, address }) => {
                (Some(*protocol), service(*address))
            }
            Self::Dest(dest) => (None, dest.to_string()),
            Self::Client(client) => (None, client.to_string()),
            Self::State(protocol, state) => (Some(*protocol), state.name().to_owned()),
        };
        Row { protocol, name, count }
    }
}
