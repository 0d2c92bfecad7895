// SPDX-License-Identifier: MIT OR Apache-2.0
//! A million connections take no more memory than a thousand.
//!
//! A test binary of its own: the kernel's account of a process is measured, and other tests would
//! count.

mod support;

use std::fs;
use std::ops::ControlFlow;

use ipvs_proc::{Connections, Filter, Layout, Summary};
use support::generate::Generated;

/// The greatest size that this process had in memory, in KiB.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("in every status");
    line.split_ascii_whitespace().nth(1).and_then(|size| size.parse().ok()).expect("a number")
}

/// Reads `lines` in every way.
fn read(lines: u32) {
    let all = Connections::new(Generated::new(lines), Layout::Plain);
    assert_eq!(all.filter(Result::is_ok).count() as u32, lines);
    let filter = Filter::new().dest("10.2.0.7".parse().expect("an address"));
    let few = Connections::new(Generated::new(lines), Layout::Plain).filter_by(filter);
    assert_eq!(few.count() as u32, lines / 200);
    let mut summary = Summary::without_clients();
    let done = Connections::new(Generated::new(lines), Layout::Plain).visit(|connection| {
        summary.add(connection);
        ControlFlow::<()>::Continue(())
    });
    assert!(done.expect("well-formed").is_continue());
    assert_eq!(summary.total.connections, u64::from(lines));
    assert_eq!((summary.services.len(), summary.dests.len(), summary.states.len()), (7, 200, 4));
}

#[test]
fn a_million_connections_in_constant_memory() {
    read(1000);
    let before = peak();
    read(1_000_000);
    let grown = peak() - before;
    // One record is over 100 bytes: were they kept, it would be 100 MB.
    assert!(grown < 1024, "{grown} KiB more than for a thousand");
}
