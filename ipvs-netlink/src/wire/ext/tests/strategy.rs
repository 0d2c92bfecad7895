// SPDX-License-Identifier: MIT OR Apache-2.0
//! Arbitrary values that the kernel reads, or tells, as they are meant.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;
use std::time::Duration;

use ipvs_types::*;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use crate::ext::*;
use crate::wire::tests::strategy as stock;
use crate::{DestEntry, Operation, Request, ServiceEntry, ServiceTable, Table};

fn sockets() -> BoxedStrategy<[SocketAddr; 2]> {
    let v4 = any::<[(Ipv4Addr, u16); 2]>().prop_map(|ends| ends.map(SocketAddr::from));
    let v6 = any::<[(Ipv6Addr, u16); 2]>().prop_map(|ends| ends.map(SocketAddr::from));
    prop_oneof![v4, v6].boxed()
}

pub fn key() -> BoxedStrategy<ConnectionKey> {
    (0..256_u16, sockets(), any::<bool>())
        .prop_map(|(protocol, [client, service], template)| ConnectionKey {
            protocol: Protocol(protocol),
            client,
            service,
            template,
        })
        .boxed()
}

fn network() -> BoxedStrategy<Network> {
    any::<(IpAddr, u8)>()
        .prop_map(|(address, prefix)| {
            let bits = if address.is_ipv4() { 32 } else { 128 };
            Network::new(address, prefix % (bits + 1)).expect("in range")
        })
        .boxed()
}

fn end() -> BoxedStrategy<End> {
    (option::of(network()), any::<Option<u16>>())
        .prop_map(|(network, port)| End { network, port })
        .boxed()
}

fn milliseconds() -> BoxedStrategy<Duration> {
    any::<u32>().prop_map(|ms| Duration::from_millis(ms.into())).boxed()
}

pub fn filter() -> BoxedStrategy<ConnectionFilter> {
    let family = option::of(prop_oneof![Just(Family::Ipv4), Just(Family::Ipv6)]);
    let head = (family, option::of(0..256_u16), [end(), end(), end()]);
    let tail = (any::<Option<u32>>(), any::<Option<(u32, u32)>>(), any::<Option<u32>>());
    (head, tail, option::of(milliseconds()))
        .prop_map(
            |((family, protocol, [client, service, dest]), (fwmark, flags, states), min_idle)| {
                let word = ConnectionFlags::from_bits_retain;
                ConnectionFilter {
                    family,
                    protocol: protocol.map(Protocol),
                    client,
                    service,
                    dest,
                    fwmark,
                    flags: flags.map(|(flags, mask)| (word(flags & mask), word(mask))),
                    states,
                    min_idle,
                }
            },
        )
        .boxed()
}

fn selective() -> BoxedStrategy<ConnectionFilter> {
    filter().prop_filter("something", |filter| !filter.is_empty()).boxed()
}

fn extent() -> BoxedStrategy<Extent> {
    prop_oneof![Just(Extent::Counted), Just(Extent::Rules)].boxed()
}

/// The kernel asks for a protocol of 8 bits here.
fn small_service_key() -> BoxedStrategy<ServiceKey> {
    stock::service_key()
        .prop_map(|key| match key {
            ServiceKey::Address { protocol, address, port } => {
                ServiceKey::Address { protocol: Protocol(protocol.0 & 0xff), address, port }
            }
            mark => mark,
        })
        .boxed()
}

/// Any request to the family.
pub fn request() -> BoxedStrategy<Request> {
    prop_oneof![
        Just(Request::GetFeatures),
        filter().prop_map(Request::ListConnections),
        key().prop_map(Request::GetConnection),
        filter().prop_map(Request::CountConnections),
        key().prop_map(Request::DeleteConnection),
        option::of(selective()).prop_map(Request::DeleteConnections),
        (option::of(small_service_key()), extent())
            .prop_map(|(service, extent)| Request::Snapshot { service, extent }),
    ]
    .boxed()
}

pub fn announced() -> BoxedStrategy<Announced> {
    (any::<(u64, Option<u32>, u32, u32)>(), option::of(0..8_u32))
        .prop_map(|((features, genid, table_size, connections), fullnat)| Announced {
            features: Features::from_bits_retain(features),
            fullnat: fullnat.map(Method::from_flags),
            genid,
            table_size,
            connections,
        })
        .boxed()
}

fn engine() -> BoxedStrategy<Engine> {
    (vec(1..=u8::MAX, 1..=16), vec(any::<u8>(), 0..300))
        .prop_map(|(name, data)| Engine { name: EngineName::new(name).expect("short"), data })
        .boxed()
}

/// What is told of a controller: that it is a template shows in its port.
fn controller() -> BoxedStrategy<ConnectionKey> {
    (key(), 1..=u16::MAX)
        .prop_map(|(mut key, port)| {
            key.client.set_port(if key.template { 0 } else { port });
            key
        })
        .boxed()
}

pub fn connection() -> BoxedStrategy<Connection> {
    let numbers = any::<(u32, u16, u32, Option<NonZeroU32>)>();
    let dest = any::<(IpAddr, u16)>();
    let times = (milliseconds(), milliseconds());
    let others = (option::of(engine()), option::of(controller()));
    (key(), dest, numbers, times, others)
        .prop_map(
            |(
                key,
                dest,
                (word, state, packets, fwmark),
                (expires, timeout),
                (engine, controller),
            )| {
                let mut flags = ConnectionFlags::from_wire(word);
                flags.set(ConnectionFlags::TEMPLATE, key.template);
                Connection {
                    key,
                    dest: dest.into(),
                    method: Method::from_flags(word),
                    flags,
                    state,
                    expires,
                    timeout,
                    fwmark,
                    packets,
                    engine,
                    controller,
                }
            },
        )
        .boxed()
}

fn operation() -> BoxedStrategy<Operation> {
    let dest = || (stock::service_key(), stock::dest_key(), stock::dest_config());
    let mask = ServiceFlags::all();
    prop_oneof![
        stock::service().prop_map(|(service, config)| Operation::CreateService { service, config }),
        stock::service().prop_map(move |(service, config)| Operation::UpdateService {
            service,
            config,
            mask
        }),
        stock::service_key().prop_map(|service| Operation::DeleteService { service }),
        dest().prop_map(|(service, dest, config)| Operation::CreateDest { service, dest, config }),
        dest().prop_map(|(service, dest, config)| Operation::UpdateDest { service, dest, config }),
        dest().prop_map(|(service, dest, _)| Operation::DeleteDest { service, dest }),
        stock::daemon().prop_map(|config| Operation::StartDaemon { config }),
        stock::role().prop_map(|role| Operation::StopDaemon { role }),
        stock::timeouts().prop_map(|all| Operation::SetTimeouts { change: all.into() }),
        option::of(stock::service_key()).prop_map(|service| Operation::Zero { service }),
        Just(Operation::Flush),
    ]
    .boxed()
}

pub fn event() -> BoxedStrategy<Event> {
    let happening = prop_oneof![
        9 => operation().prop_map(Happening::Done),
        1 => (18..=u32::MAX).prop_map(Happening::Other),
    ];
    (any::<(u32, Option<u32>)>(), happening)
        .prop_map(|((genid, port), happening)| Event::new(genid, port, happening))
        .boxed()
}

fn wide(stats: &mut Stats) {
    stats.width = CounterWidth::Bits64;
}

fn table() -> BoxedStrategy<Table> {
    let one = (stock::service_entry(), vec(stock::dest_entry(), 0..6));
    vec(one, 0..4)
        .prop_map(|services| {
            let service = |(mut service, mut dests): (ServiceEntry, Vec<DestEntry>)| {
                wide(&mut service.stats);
                dests.iter_mut().for_each(|dest| wide(&mut dest.stats));
                ServiceTable { service, dests }
            };
            Table { services: services.into_iter().map(service).collect() }
        })
        .boxed()
}

pub fn snapshot() -> BoxedStrategy<Snapshot> {
    (any::<u32>(), table(), stock::timeouts(), vec(stock::daemon(), 0..=2))
        .prop_map(|(genid, table, timeouts, daemons)| Snapshot { genid, table, timeouts, daemons })
        .boxed()
}
