// SPDX-License-Identifier: MIT OR Apache-2.0
//! A hundred thousand connections: right, and figures for people.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use ipvs_netlink::Ipvs;
use ipvs_netlink::ext::{ConnectionFilter, Deleted};
use ipvs_netlink::types::Protocol;
use ipvs_proc::{Layout, Root};
use ipvs_syncd::Connection;

use crate::case::{Case, Failure};
use crate::connections::{LONG, make_here};
use crate::ctx::Ctx;

/// The tests of this module.
pub const CASES: &[Case] =
    &[Case::new("patched::a_hundred_thousand_connections", many).patched().timeout(1500)];

const MANY: u32 = 100_000;

fn connections() -> Result<Vec<Connection<'static>>, Failure> {
    let made = (0..MANY).map(|number| {
        let [a, b, c] = [number / 62_500, number / 250 % 250, number % 250];
        let client = format!("10.{a}.{b}.{c}:40000").parse()?;
        let service = format!("192.0.2.1:{}", 80 + number % 10).parse()?;
        let dest = "10.200.0.1:80".parse()?;
        Ok(Connection::new(Protocol::TCP, client, service, dest)?.state(1).timeout(LONG))
    });
    made.collect()
}

/// How long it takes, the least of a few times.
fn timed<T: PartialEq>(
    times: usize,
    expected: &T,
    mut work: impl FnMut() -> Result<T, Failure>,
) -> Result<Duration, Failure> {
    let mut least = Duration::MAX;
    for _ in 0..times {
        let begin = Instant::now();
        let result = work()?;
        least = least.min(begin.elapsed());
        assert!(result == *expected, "not what was expected");
    }
    Ok(least)
}

fn by_proc() -> Result<u32, Failure> {
    let mut count = 0;
    let _: ControlFlow<()> = Root::thread().connections(Layout::Plain)?.visit(|_| {
        count += 1;
        ControlFlow::Continue(())
    })?;
    Ok(count)
}

fn many(_: &mut Ctx) -> Result<(), Failure> {
    make_here(&connections()?)?;
    let mut ipvs = Ipvs::open()?;
    let all = ConnectionFilter::new();
    let tenth = all.service_port(83);
    let proc = timed(2, &MANY, by_proc)?;
    let dump = timed(3, &MANY, || {
        let mut count = 0;
        let _: ControlFlow<()> = ipvs.visit_connections(&all, |_| {
            count += 1;
            ControlFlow::Continue(())
        })?;
        Ok(count)
    })?;
    let counted = timed(3, &(MANY / 10), || Ok(ipvs.count_connections(&tenth)?))?;
    let deleted = Deleted { deleted: MANY / 10, busy: 0 };
    let delete = timed(1, &deleted, || Ok(ipvs.delete_connections(&tenth)?))?;
    assert_eq!(by_proc()?, MANY - MANY / 10);
    assert_eq!(ipvs.count_connections(&tenth)?, 0);
    let ratio = |a: Duration, b: Duration| a.as_secs_f64() / b.as_secs_f64();
    println!(
        "{MANY} connections: /proc {proc:.1?}, dump {dump:.1?} ({:.1} times as fast), filtered count \
         {counted:.1?} (1/{:.0} of the dump), deletion of a tenth {delete:.1?}",
        ratio(proc, dump),
        ratio(dump, counted),
    );
    Ok(())
}
