// SPDX-License-Identifier: MIT OR Apache-2.0
//! Laws: what the kernel prints of any record is read back as that record, and no bytes make a reader
//! panic.

mod support;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use ipvs_proc::*;
use ipvs_types::{Counters, DestKey, Protocol, Rates};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use support::{KERNELS, capture, render};

fn protocol() -> impl Strategy<Value = Protocol> {
    prop_oneof![
        Just(Protocol::TCP),
        Just(Protocol::UDP),
        Just(Protocol::SCTP),
        Just(Protocol(0)),
        any::<u16>().prop_map(Protocol)
    ]
}

fn address() -> impl Strategy<Value = IpAddr> {
    prop_oneof![
        any::<[u8; 4]>().prop_map(IpAddr::from),
        any::<u128>().prop_map(|bits| Ipv6Addr::from_bits(bits).into())
    ]
}

fn socket() -> impl Strategy<Value = SocketAddr> {
    let port = prop_oneof![Just(0), Just(0xffff), any::<u16>()];
    (address(), port).prop_map(|(address, port)| SocketAddr::new(address, port))
}

/// A virtual address of a family, or the mark of a template.
fn service(protocol: Protocol, ipv6: bool) -> BoxedStrategy<Virtual> {
    match protocol {
        Protocol(0) => (any::<u32>(), prop_oneof![Just(0), Just(0xffff)])
            .prop_map(|(mark, port)| Virtual::Fwmark { mark, port })
            .boxed(),
        _ => socket()
            .prop_filter("of one family", move |socket| socket.is_ipv6() == ipv6)
            .prop_map(Virtual::Address)
            .boxed(),
    }
}

fn state_name() -> impl Strategy<Value = String> {
    let known = TcpState::ALL.iter().map(|state| state.name());
    let known = known.chain(SctpState::ALL.iter().map(|state| state.name()));
    let known: Vec<_> = known.chain(["ASSURED", "UDP", "ERR!", "?"]).map(String::from).collect();
    prop_oneof![4 => prop::sample::select(known), 1 => "[A-Z_!?-]{1,14}"]
}

/// Persistence data without a line break, which no reader could put back.
fn engine() -> impl Strategy<Value = Engine<'static>> {
    let bytes = any::<u8>().prop_filter("no line break or NUL", |byte| ![0, b'\n'].contains(byte));
    ("[a-z]{1,16}", vec(bytes, 0..40)).prop_map(|(name, data)| Engine {
        name: name.parse().expect("a name"),
        data: Cow::Owned(data),
    })
}

prop_compose! {
    fn connection(sync: bool)(
        protocol in protocol(),
        client in socket(),
    )(
        service in service(protocol, client.is_ipv6()),
        (protocol, client) in Just((protocol, client)),
        dest in socket(),
        name in state_name(),
        seconds in prop_oneof![0..4000u32, any::<u32>()],
        origin in prop_oneof![Just(Origin::Local), Just(Origin::Sync)],
        engine in option::of(engine()),
    ) -> Connection<'static> {
        Connection {
            protocol,
            client,
            service,
            dest,
            state: State::read(protocol, client.port(), &name).into_owned(),
            expires: Duration::from_secs(seconds.into()),
            origin: sync.then_some(origin),
            engine: engine.filter(|_| !sync),
        }
    }
}

fn counters() -> impl Strategy<Value = Counters> {
    any::<[u64; 5]>().prop_map(|[connections, in_packets, out_packets, in_bytes, out_bytes]| {
        Counters { connections, in_packets, out_packets, in_bytes, out_bytes }
    })
}

fn rates() -> impl Strategy<Value = Rates> {
    any::<[u64; 5]>().prop_map(|[connections, in_packets, out_packets, in_bytes, out_bytes]| {
        Rates { connections, in_packets, out_packets, in_bytes, out_bytes }
    })
}

fn dest() -> impl Strategy<Value = Dest> {
    let forward = prop_oneof![
        Just(Forward::Masq),
        Just(Forward::Local),
        Just(Forward::Tunnel),
        Just(Forward::Route),
        "[a-z]{1,12}".prop_map(Forward::Other)
    ];
    (socket(), forward, any::<[i32; 3]>()).prop_map(|(key, forward, [weight, active, inactive])| {
        let (weight, active, inactive) = (weight.into(), active.into(), inactive.into());
        Dest { key: DestKey::from(key), forward, weight, active, inactive }
    })
}

prop_compose! {
    fn table_service()(
        protocol in protocol(),
        mark in option::of(any::<u32>()),
        socket in socket(),
        scheduler in "[a-z]{1,15}",
        one_packet: bool,
        persistence in option::of(any::<(u32, u32)>()),
        dests in vec(dest(), 0..4),
    ) -> Service {
        let address = Identity::Address { protocol, address: socket.ip(), port: socket.port() };
        let identity = mark.map_or(address, Identity::Fwmark);
        Service {
            identity,
            scheduler: scheduler.parse().expect("a name"),
            // The kernel does not show it for IPv6 addresses.
            one_packet: one_packet && (mark.is_some() || socket.is_ipv4()),
            persistence: persistence.map(|(jiffies, mask)| Persistence { jiffies, mask }),
            dests,
        }
    }
}

fn buckets() -> impl Strategy<Value = Buckets> {
    let part = any::<(u64, u64)>().prop_map(|(buckets, percent)| Part { buckets, percent });
    let size = any::<(u64, u32, i32)>().prop_map(|(buckets, bits, load_factor)| Size {
        buckets,
        bits,
        load_factor,
    });
    (option::of(size), option::of(part.clone()), btree_map(1u32..8, part, 0..4))
        .prop_map(|(size, empty, lengths)| Buckets { size, empty, lengths })
}

prop_compose! {
    fn status()(
        connections: u64,
        services in any::<u64>().prop_map(Some),
        connection_table in buckets(),
        service_table in buckets(),
        slots in option::of(any::<(u64, u64)>()),
        chain_max_len in option::of(any::<u64>()),
        thread_estimators in any::<u64>().prop_map(Some),
        other in btree_map("New [a-z]{1,9}", "[ -~]{0,20}", 0..3),
    ) -> Status {
        Status {
            connections: Some(connections),
            connection_table,
            services,
            service_table,
            thread_slots: slots.map(|(used, max)| Slots { used, max }),
            chain_max_len,
            thread_estimators,
            other: BTreeMap::from_iter(other),
        }
    }
}

prop_compose! {
    fn ca_stats()(
        version in "[0-9.]{1,9}",
        cpus in vec(any::<u32>(), 1..5),
        more in vec("[a-z_]{1,30}", 0..4),
    )(
        values in vec(vec(any::<u64>(), cpus.len()), 4 + more.len()),
        (version, cpus, more) in Just((version, cpus, more)),
    ) -> CaStats {
        let always =
            ["syn_recv_sock_ip_vs_ca", "syn_recv_sock_no_ip_vs_ca", "conn_new", "conn_del"];
        let names = always.map(String::from).into_iter().chain(more);
        let rows = names.zip(values).map(|(name, values)| CaRow { name, values }).collect();
        CaStats { version, cpus, rows }
    }
}

fn read_back(records: &[Connection<'_>], layout: Layout) -> Vec<Connection<'static>> {
    let heading = if layout == Layout::Plain { render::PLAIN } else { render::SYNC };
    let mut text = heading.as_bytes().to_vec();
    for record in records {
        render::connection(&mut text, record);
    }
    let read = Connections::new(&text[..], layout).collect::<Result<_, _>>();
    read.unwrap_or_else(|error| panic!("{error} in {}", String::from_utf8_lossy(&text)))
}

proptest! {
    #[test]
    fn connections(records in vec(connection(false), 0..20)) {
        prop_assert_eq!(read_back(&records, Layout::Plain), records);
    }

    #[test]
    fn synchronized_connections(records in vec(connection(true), 0..20)) {
        prop_assert_eq!(read_back(&records, Layout::Sync), records);
    }

    /// The lower layer takes what the upper one takes, and reads the same.
    #[test]
    fn layers_agree(record in connection(false)) {
        let mut line = Vec::new();
        render::connection(&mut line, &record);
        let raw = RawConnection::loose(&line, Layout::Plain).expect("a connection");
        prop_assert_eq!(raw.client, record.client);
        prop_assert_eq!(raw.dest, record.dest);
        prop_assert_eq!(raw.state, record.state.name().as_bytes());
        prop_assert_eq!(Duration::from_secs(raw.seconds), record.expires);
        prop_assert_eq!(raw.rest.is_empty(), record.engine.is_none());
    }

    /// Reading fixed columns at once is a shortcut, never another result.
    #[test]
    fn the_shortcut_reads_the_same(record in connection(false)) {
        let mut line = Vec::new();
        render::connection(&mut line, &record);
        // Wider blanks turn both halves of it off.
        let state = format!(" {}", record.state);
        let wide = String::from_utf8_lossy(&line).replacen(' ', "  ", 1);
        let wide = wide.replacen(&state, &format!(" {state}"), 1);
        let (raw, other) = (
            RawConnection::loose(&line, Layout::Plain).expect("a connection"),
            RawConnection::loose(wide.as_bytes(), Layout::Plain).expect("a connection"),
        );
        prop_assert_eq!((raw.client, raw.service, raw.dest), (other.client, other.service, other.dest));
        prop_assert_eq!((raw.state, raw.seconds), (other.state, other.seconds));
    }

    #[test]
    fn connections_survive_json(record in connection(false)) {
        let json = serde_json::to_string(&record).expect("JSON");
        prop_assert_eq!(serde_json::from_str::<Connection<'_>>(&json).expect("the same"), record);
    }

    #[test]
    fn networks(address: u32, other: u32, prefix in 0u8..=32) {
        let network = Network::new(IpAddr::V4(address.into()), prefix).expect("a prefix");
        prop_assert_eq!(network.to_string().parse(), Ok(network));
        let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
        let within = address & mask | other & !mask;
        prop_assert!(network.contains(IpAddr::V4(within.into())));
        prop_assert_eq!(network.contains(IpAddr::V4(other.into())), (address ^ other) & mask == 0);
    }

    #[test]
    fn tables(version in "[0-9]{1,3}(\\.[0-9]{1,3}){2}", size: u32, services in vec(table_service(), 0..5)) {
        let table = Table { version, size, services };
        prop_assert_eq!(Table::parse(&render::table(&table)), Ok(table));
    }

    #[test]
    fn apps(apps in vec((protocol(), any::<u16>(), any::<i32>(), "[a-z]{1,20}"), 0..5)) {
        let app = |(protocol, port, users, name)| App { protocol, port, users, name };
        let apps = Apps { apps: apps.into_iter().map(app).collect() };
        prop_assert_eq!(Apps::parse(&render::apps(&apps)), Ok(apps));
    }

    #[test]
    fn totals(counters in counters(), rates in rates()) {
        let totals = Totals { counters, rates };
        prop_assert_eq!(Totals::parse(&render::totals(&totals)), Ok(totals));
    }

    #[test]
    fn percpu(cpus in vec((any::<u32>(), counters()), 0..5), totals in counters(), rates in rates()) {
        let cpu = |(number, counters)| Cpu { number, counters };
        let percpu = PerCpu { cpus: cpus.into_iter().map(cpu).collect(), totals, rates };
        prop_assert_eq!(PerCpu::parse(&render::percpu(&percpu)), Ok(percpu));
    }

    #[test]
    fn statuses(status in status()) {
        prop_assert_eq!(Status::parse(&render::status(&status)), Ok(status));
    }

    #[test]
    fn module_counters(stats in ca_stats()) {
        prop_assert_eq!(CaStats::parse(&render::ca_stats(&stats)), Ok(stats));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in vec(any::<u8>(), 0..300)) {
        read_anything(&bytes);
    }

    #[test]
    fn no_damage_makes_it_panic(
        which in 0usize..8,
        kernel in 0usize..3,
        at: prop::sample::Index,
        with in vec(any::<u8>(), 0..3),
    ) {
        let path = capture(KERNELS[kernel]).path(ProcFile::ALL[which]);
        let mut bytes = std::fs::read(path).unwrap_or_default();
        if !bytes.is_empty() {
            let at = at.index(bytes.len());
            bytes.splice(at..=at, with);
        }
        read_anything(&bytes);
    }
}

/// Every reader on any bytes; where one reads strictly, it skips nothing.
fn read_anything(bytes: &[u8]) {
    fn document<D: Document + Default + PartialEq + std::fmt::Debug>(text: &str) {
        let (value, skipped) = D::parse_skipping(text);
        match D::parse(text) {
            Ok(strict) => assert_eq!((strict, skipped), (value, vec![])),
            Err(error) => assert_eq!(skipped.first(), Some(&error)),
        }
    }
    let text = String::from_utf8_lossy(bytes);
    document::<Table>(&text);
    document::<Apps>(&text);
    document::<Totals>(&text);
    document::<PerCpu>(&text);
    document::<Status>(&text);
    document::<CaStats>(&text);
    for layout in [Layout::Plain, Layout::Sync] {
        for bad_lines in [BadLines::Refuse, BadLines::Skip] {
            let count = Connections::new(bytes, layout).bad_lines(bad_lines).count();
            assert!(count <= bytes.split(|byte| *byte == b'\n').count() + 1);
        }
        for line in bytes.split(|byte| *byte == b'\n') {
            let _ = RawConnection::loose(line, layout);
        }
    }
}
