// SPDX-License-Identifier: MIT OR Apache-2.0
//! A million connections: counting lines, reading records, filtering, summing up.
//!
//! `count` is the goal's yardstick: the same reads into a buffer of the same size, and a count of the
//! line ends with vector instructions. The goal is to read records from a file, whose text the kernel
//! has in memory, in twice its time. **It is not reached:** with a processor to itself (`chrt -f 10`)
//! `count` takes 7.2 to 8.3 ms and the records 27 to 30 ms, 3.9 times as long, which is some 21 ns a
//! record beside the read. On a loaded machine, where reading is dearer, CPU times were 16 to 21 ms and 36 to
//! 40 ms, 1.9 to 2.2 times.

#[path = "../tests/support/mod.rs"]
mod support;

use std::fs::File;
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
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(&file, &text).expect("room for it");
    group.bench_function("count, from a file", |b| {
        b.iter(|| count(File::open(&file).expect("the file")))
    });
    group.bench_function("visit, from a file", |b| {
        b.iter(|| {
            let file = File::open(&file).expect("the file");
            Connections::new(file, Layout::Plain).visit(|connection| {
                black_box(connection);
                ControlFlow::<()>::Continue(())
            })
        })
    });
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
