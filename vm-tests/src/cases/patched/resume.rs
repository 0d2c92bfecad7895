// SPDX-License-Identifier: MIT OR Apache-2.0
//! `/proc/net/ip_vs_conn` goes on where a read stopped, whatever happens in other namespaces meanwhile.

use crate::case::{Case, Failure};
use crate::connections::{LONG, make_here};
use crate::ctx::Ctx;
use crate::elsewhere::{ELSEWHERE, connections, while_they_end};
use crate::many::by_proc;

/// The tests of this module. Later kernels lose nothing.
pub const CASES: &[Case] =
    &[Case::new("patched::proc_lacks_nothing_while_connections_elsewhere_end", run).patched()];

const HERE: u32 = 2000;

fn run(_: &mut Ctx) -> Result<(), Failure> {
    make_here(&connections(HERE, |_| LONG)?)?;
    let mut short = 0;
    let readings = while_they_end(|| {
        let count = by_proc()?;
        assert!(count <= HERE, "{count} of {HERE}");
        short += u32::from(count < HERE);
        Ok(())
    })?;
    println!(
        "{readings} readings of {HERE} connections while {ELSEWHERE} elsewhere ended, {short} short"
    );
    assert_eq!(short, 0);
    Ok(())
}
