// SPDX-License-Identifier: MIT OR Apache-2.0
//! A million connections from memory: counting lines, reading records, filtering, summing up.
//!
//! `count` is the goal's yardstick: the same reads into a buffer of the same size, and a count of the
//! line ends with vector instructions. The goal, to read records in twice its time, is **not** reached:
//! on text in memory it takes some ten times as long, and twice as long as `lines`, the standard
//! library's reader.

#[path = "../tests/support/mod.rs"]
mod support;

use std::hint::black_box;
use std::io::{BufRead, Read};
use std::ops::ControlFlow;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ipvs_proc::{Connections, Filter, Layout, RawConnection, Summary};
use support::generate::Generated;

const LINES: u32 = 1_000_000;

/// Hands out a text in pieces, as a file does.
fn count(mut reader: impl Read) -> usize {
    let (mut buffer, mut count) = (vec![0; 64 * 1024], 0);
    while let Ok(length @ 1..) = reader.read(&mut buffer) {
        count += memchr::memchr_iter(b'\n', &buffer[..length]).count();
    }
    count
}

fn connections(c: &mut Criterion) {
    let mut text = Vec::new();
    Generated::new(LINES).read_to_end(&mut text).expect("a text");
    let mut group = c.benchmark_group("connections");
    group.throughput(Throughput::Bytes(text.len() as u64)).sample_size(10);
    let read = || Connections::new(&text[..], Layout::Plain);
    group.bench_function("count", |b| b.iter(|| count(&text[..])));
    group.bench_function("lines", |b| b.iter(|| (&text[..]).lines().count()));
    group.bench_function("raw", |b| {
        b.iter(|| {
            let lines = text.split_inclusive(|byte| *byte == b'\n');
            lines.filter_map(|line| RawConnection::loose(line, Layout::Plain)).count()
        })
    });
    group.bench_function("visit", |b| {
        b.iter(|| {
            read().visit(|connection| {
                black_box(connection);
                ControlFlow::<()>::Continue(())
            })
        })
    });
    group.bench_function("iterate", |b| {
        b.iter(|| read().for_each(|connection| drop(black_box(connection))))
    });
    let filter = Filter::new().service("192.0.2.3:80".parse().expect("a socket")).state("FIN_WAIT");
    group.bench_function("filter", |b| b.iter(|| read().filter_by(filter.clone()).count()));
    group.bench_function("summary", |b| {
        b.iter(|| {
            let mut summary = Summary::new();
            let _ = read().visit(|connection| {
                summary.add(connection);
                ControlFlow::<()>::Continue(())
            });
            summary
        })
    });
    group.finish();
}

criterion_group!(benches, connections);
criterion_main!(benches);
