// SPDX-License-Identifier: MIT OR Apache-2.0
//! `/proc/net/ip_vs_conn` goes on where a read stopped, whatever happens in other namespaces meanwhile.

use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use ipvs_netlink::types::Protocol;
use ipvs_syncd::Connection;

use crate::case::{Case, Failure};
use crate::connections::{LONG, make_here};
use crate::ctx::Ctx;
use crate::many::by_proc;
use crate::{command, netns};

/// The tests of this module. Later kernels lose nothing.
pub const CASES: &[Case] =
    &[Case::new("patched::proc_lacks_nothing_while_connections_elsewhere_end", run).patched()];

const HERE: u32 = 2000;
const ELSEWHERE: u32 = 3000;
/// The connections elsewhere end within this time, a part of them each second.
const SECONDS: u32 = 12;

fn connections(
    number: u32,
    timeout: fn(u32) -> Duration,
) -> Result<Vec<Connection<'static>>, Failure> {
    let made = (0..number).map(|number| {
        let [high, low] = [number / 250, number % 250];
        let client: SocketAddr = format!("10.9.{high}.{low}:1000").parse()?;
        let ends = ["10.2.0.100:53".parse()?, "10.3.0.1:53".parse()?];
        let connection = Connection::new(Protocol::UDP, client, ends[0], ends[1])?;
        Ok(connection.timeout(timeout(number)))
    });
    made.collect()
}

fn run(_: &mut Ctx) -> Result<(), Failure> {
    make_here(&connections(HERE, |_| LONG)?)?;
    thread::scope(|scope| {
        let elsewhere = scope.spawn(|| {
            netns::unshare()?;
            command::ip(&[], "link set lo up")?;
            make_here(&connections(ELSEWHERE, |number| {
                Duration::from_secs(u64::from(10 + number % SECONDS))
            })?)?;
            while by_proc()? > 0 {
                thread::sleep(Duration::from_millis(200));
            }
            Ok::<_, Failure>(())
        });
        let (mut readings, mut short) = (0, 0);
        while !elsewhere.is_finished() {
            let count = by_proc()?;
            assert!(count <= HERE, "{count} of {HERE}");
            readings += 1;
            short += u32::from(count < HERE);
        }
        elsewhere.join().map_err(|_| Failure::new("the other namespace's thread panicked"))??;
        println!(
            "{readings} readings of {HERE} connections while {ELSEWHERE} elsewhere ended, {short} short"
        );
        assert_eq!(short, 0);
        Ok(())
    })
}
