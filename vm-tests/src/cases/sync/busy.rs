// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is read of a kernel that leaves lines out.

use serde_json::Value;

use crate::case::{Case, Failure};
use crate::connections::{LONG, make_here};
use crate::ctx::Ctx;
use crate::elsewhere::{ELSEWHERE, connections, while_they_end};
use crate::modules;

/// The tests of this module.
pub const CASES: &[Case] =
    &[Case::new("sync::nothing_is_left_out_while_connections_elsewhere_end", run)];

const HERE: u32 = 1500;

/// What came by messages is in both of a kernel's files: all of it is held.
fn run(ctx: &mut Ctx) -> Result<(), Failure> {
    let _messages = modules::without("ip_vs_connctl")?;
    ctx.run("ipvsadm -A -u 10.2.0.100:53 -s rr && ipvsadm -a -u 10.2.0.100:53 -r 10.3.0.1:53 -m")?;
    make_here(&connections(HERE, |_| LONG)?)?;
    let (mut covered, mut chosen) = (Vec::new(), Vec::new());
    let times = while_they_end(|| {
        let text = ctx.run("ipvs-syncd coverage --json --backup-netns /proc/self/ns/net")?;
        let found = &serde_json::from_str::<Value>(&text)?["coverage"];
        covered.push((found["expected"].as_u64(), found["held"].as_u64()));
        let text = ctx.run("ipvsadm conn delete --dest 10.3.0.1 --limit 9999 --dry-run --json")?;
        let steps = &serde_json::from_str::<Value>(&text)?["surgery"]["entries"];
        chosen.push(steps.as_array().map(Vec::len));
        Ok(())
    })?;
    println!("{times} times {HERE} connections while {ELSEWHERE} elsewhere ended");
    let all = Some(u64::from(HERE));
    let wrong: Vec<_> = covered.iter().filter(|found| **found != (all, all)).collect();
    assert!(wrong.is_empty(), "coverage: {wrong:?}");
    let wrong: Vec<_> = chosen.iter().filter(|found| **found != Some(HERE as usize)).collect();
    assert!(wrong.is_empty(), "conn delete: {wrong:?}");
    Ok(())
}
