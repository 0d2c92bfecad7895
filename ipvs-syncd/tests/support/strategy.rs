// SPDX-License-Identifier: MIT OR Apache-2.0
//! Connections made up: all that a version can say.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use ipvs_syncd::{Addresses, Connection, ConnectionFlags, Sequence, Sequences, Version};
use ipvs_types::{Method, Protocol};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

fn addresses() -> impl Strategy<Value = Addresses> {
    let v4 = any::<[Ipv4Addr; 3]>();
    let v6 = any::<[Ipv6Addr; 3]>();
    prop_oneof![
        v4.prop_map(|[client, service, dest]| Addresses::V4 { client, service, dest }),
        v6.prop_map(|[client, service, dest]| Addresses::V6 { client, service, dest }),
    ]
}

fn sequences() -> impl Strategy<Value = Sequences> {
    let one = || {
        any::<(u32, i32, i32)>().prop_map(|(initial, delta, previous_delta)| Sequence {
            initial,
            delta,
            previous_delta,
        })
    };
    (one(), one()).prop_map(|(incoming, outgoing)| Sequences { incoming, outgoing })
}

/// Everything that version 1 can say.
pub fn connection() -> impl Strategy<Value = Connection<'static>> {
    let protocol = prop_oneof![Just(6), Just(17), Just(132), Just(0), any::<u8>()];
    let numbers = (any::<[u16; 3]>(), prop_oneof![0u16..16, any::<u16>()], any::<u32>());
    let engine = (option::of(vec(any::<u8>(), 1..=16)), option::of(vec(any::<u8>(), 1..=255)));
    (protocol, addresses(), numbers, any::<u32>(), any::<u32>(), option::of(sequences()), engine)
        .prop_map(|(protocol, addresses, numbers, flags, seconds, sequences, engine)| {
            let ([client_port, service_port, dest_port], state, mark) = numbers;
            Connection {
                protocol: Protocol(protocol.into()),
                addresses,
                client_port,
                service_port,
                dest_port,
                method: Method::from_flags(flags),
                flags: ConnectionFlags::from_wire(flags),
                state,
                mark,
                timeout: Duration::from_secs(seconds.into()),
                sequences,
                engine_name: engine.0.map(Into::into),
                engine_data: engine.1.map(Into::into),
            }
        })
}

/// Everything that `version` can say.
pub fn connection_of(version: Version) -> BoxedStrategy<Connection<'static>> {
    match version {
        Version::V1 => connection().boxed(),
        Version::V0 => (connection(), any::<[Ipv4Addr; 3]>())
            .prop_map(|(mut connection, [client, service, dest])| {
                connection.addresses = Addresses::V4 { client, service, dest };
                connection.flags.set(ConnectionFlags::SEQUENCES, false);
                if connection.sequences.is_some() {
                    connection.flags |= ConnectionFlags::IN_SEQ;
                }
                connection.reduced_to_v0().expect("IPv4")
            })
            .boxed(),
    }
}

pub fn version() -> impl Strategy<Value = Version> {
    prop_oneof![Just(Version::V0), Just(Version::V1)]
}
