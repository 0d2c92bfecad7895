// SPDX-License-Identifier: MIT OR Apache-2.0
//! Connections per second from memory, in datagrams of up to 1,400 bytes: decoding, a backup's
//! verdicts, encoding. The goal for decoding is 5 million per second.

use std::hint::black_box;
use std::net::SocketAddr;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ipvs_syncd::{
    Backup, Connection, ConnectionFlags, Datagram, Encoder, Rules, Sequences, Version,
};
use ipvs_types::{Protocol, TcpState};

const CONNECTIONS: u16 = 10_000;
const MAX_LEN: u16 = 1_400;

/// What one run is about: a name, the version, and the connections.
struct Load {
    name: &'static str,
    version: Version,
    connections: Vec<Connection<'static>>,
}

fn tcp(port: u16, v6: bool) -> Connection<'static> {
    let [client, service, dest] = match v6 {
        false => ["10.0.0.1", "192.0.2.1", "10.1.0.2"],
        true => ["2001:db8::1", "2001:db8::2", "2001:db8::3"],
    };
    let at = |address: &str, port| SocketAddr::new(address.parse().expect("an address"), port);
    Connection::new(Protocol::TCP, at(client, port), at(service, 80), at(dest, 80))
        .expect("one family")
        .state(TcpState::Established.number())
}

fn loads() -> Vec<Load> {
    let timeout = Duration::from_secs(900);
    let load = |name, version, make: &dyn Fn(u16) -> Connection<'static>| Load {
        name,
        version,
        connections: (0..CONNECTIONS).map(make).collect(),
    };
    vec![
        load("v1-ipv4", Version::V1, &|port| tcp(port, false).timeout(timeout)),
        load("v1-ipv6", Version::V1, &|port| tcp(port, true).timeout(timeout)),
        load("v1-sequences", Version::V1, &|port| {
            tcp(port, false).timeout(timeout).sequences(Sequences::default())
        }),
        load("v1-engine", Version::V1, &|port| {
            let data = format!("{port:05}-4fa1@192.0.2.77").into_bytes();
            tcp(0, false).flags(ConnectionFlags::TEMPLATE).engine(&b"sip"[..], data)
        }),
        load("v0-ipv4", Version::V0, &|port| tcp(port, false)),
    ]
}

fn encode(load: &Load) -> Vec<Vec<u8>> {
    let mut encoder = Encoder::new(load.version, 7).max_len(MAX_LEN);
    let push = |connection| encoder.push(connection).expect("expressible");
    let mut datagrams: Vec<_> = load.connections.iter().filter_map(push).collect();
    datagrams.extend(encoder.finish());
    datagrams
}

/// Reads everything; the answer is how many connections there were.
fn decode(datagrams: &[Vec<u8>]) -> usize {
    let mut count = 0;
    for bytes in datagrams {
        for entry in Datagram::parse(bytes).expect("sound").entries() {
            black_box(entry.expect("readable"));
            count += 1;
        }
    }
    count
}

fn judge(backup: &Backup, datagrams: &[Vec<u8>]) -> usize {
    let received = datagrams.iter().flat_map(|bytes| backup.receive(bytes));
    received.map(black_box).count()
}

fn connections(c: &mut Criterion) {
    let backup = Backup::new(Rules::Strict);
    for load in loads() {
        let datagrams = encode(&load);
        assert_eq!(decode(&datagrams), usize::from(CONNECTIONS));
        assert_eq!(judge(&backup, &datagrams), usize::from(CONNECTIONS));
        let mut run = |what, work: &mut dyn FnMut() -> usize| {
            let mut group = c.benchmark_group(what);
            group.throughput(Throughput::Elements(CONNECTIONS.into())).sample_size(20);
            group.bench_function(BenchmarkId::from_parameter(load.name), |b| b.iter(&mut *work));
            group.finish();
        };
        run("decode", &mut || decode(&datagrams));
        run("verdicts", &mut || judge(&backup, &datagrams));
        run("encode", &mut || encode(&load).len());
    }
}

criterion_group!(benches, connections);
criterion_main!(benches);
