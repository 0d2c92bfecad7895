// SPDX-License-Identifier: MIT OR Apache-2.0
//! A hundred thousand connections, and how long it takes to get at them in each way.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use ipvs_netlink::Ipvs;
use ipvs_netlink::ext::{ConnectionFilter, Deleted};
use ipvs_netlink::types::Protocol;
use ipvs_syncd::Connection;

use crate::case::Failure;
use crate::connections::{self, LONG, make_here};

/// How many there are.
pub const MANY: u32 = 100_000;
/// How many of them are to the port that filters ask for.
pub const CHOSEN: u32 = MANY / 10;

/// The connections to one of ten ports.
pub fn filter() -> ConnectionFilter {
    ConnectionFilter::new().service_port(83)
}

/// Makes them in the calling thread's namespace, where there are none.
///
/// # Errors
/// Not all have come to be.
pub fn make() -> Result<(), Failure> {
    let made = (0..MANY).map(|number| {
        let [a, b, c] = [number / 62_500, number / 250 % 250, number % 250];
        let client = format!("10.{a}.{b}.{c}:40000").parse()?;
        let service = format!("192.0.2.1:{}", 80 + number % 10).parse()?;
        let dest = "10.200.0.1:80".parse()?;
        Ok(Connection::new(Protocol::TCP, client, service, dest)?.state(1).timeout(LONG))
    });
    make_here(&made.collect::<Result<Vec<_>, Failure>>()?)
}

/// The least time of several that a piece of work takes, whose result must be this.
///
/// # Errors
/// The result is another, or the work fails.
pub fn timed<T: PartialEq + std::fmt::Debug>(
    times: usize,
    expected: &T,
    mut work: impl FnMut() -> Result<T, Failure>,
) -> Result<Duration, Failure> {
    let mut least = Duration::MAX;
    for _ in 0..times {
        let begin = Instant::now();
        let result = work()?;
        least = least.min(begin.elapsed());
        if result != *expected {
            return Err(Failure::new(format!("{result:?} instead of {expected:?}")));
        }
    }
    Ok(least)
}

/// Reads them all from `/proc/net/ip_vs_conn`, and counts.
///
/// # Errors
/// The file can't be read.
pub fn by_proc() -> Result<u32, Failure> {
    Ok(connections::count()? as u32)
}

/// Has a patched kernel tell them all, and counts.
///
/// # Errors
/// The kernel does not.
pub fn by_dump(ipvs: &mut Ipvs) -> Result<u32, Failure> {
    let mut count = 0;
    let _: ControlFlow<()> = ipvs.visit_connections(&ConnectionFilter::new(), |_| {
        count += 1;
        ControlFlow::Continue(())
    })?;
    Ok(count)
}

/// Times of a patched kernel.
#[derive(Debug)]
pub struct Times {
    /// All from `/proc/net/ip_vs_conn`.
    pub proc: Duration,
    /// All by netlink.
    pub dump: Duration,
    /// A tenth counted by the kernel.
    pub count: Duration,
    /// A tenth deleted by the kernel.
    pub delete: Duration,
}

impl Times {
    /// Takes them, and leaves nine tenths of the connections.
    ///
    /// # Errors
    /// A result is not what it must be.
    pub fn measure() -> Result<Self, Failure> {
        let mut ipvs = Ipvs::open()?;
        let tenth = filter();
        let proc = timed(2, &MANY, by_proc)?;
        let dump = timed(3, &MANY, || by_dump(&mut ipvs))?;
        let count = timed(3, &CHOSEN, || Ok(ipvs.count_connections(&tenth)?))?;
        let deleted = Deleted { deleted: CHOSEN, busy: 0 };
        let delete = timed(1, &deleted, || Ok(ipvs.delete_connections(&tenth)?))?;
        let left = [by_proc()?, ipvs.count_connections(&tenth)?];
        match left == [MANY - CHOSEN, 0] {
            true => Ok(Self { proc, dump, count, delete }),
            false => Err(Failure::new(format!("after the deletion there are {left:?}"))),
        }
    }
}

/// How many times as long the first takes as the second.
pub fn ratio(longer: Duration, shorter: Duration) -> f64 {
    longer.as_secs_f64() / shorter.as_secs_f64()
}
