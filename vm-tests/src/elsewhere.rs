// SPDX-License-Identifier: MIT OR Apache-2.0
//! Connections of another namespace that end while those of this one are read: kernels before 7.1 leave out and
//! repeat lines then.

use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use ipvs_netlink::types::Protocol;
use ipvs_syncd::Connection;

use crate::case::Failure;
use crate::connections::make_here;
use crate::many::by_proc;
use crate::{command, netns};

/// How many end.
pub const ELSEWHERE: u32 = 3000;
/// They end within this time, a part of them each second.
const SECONDS: u32 = 12;

/// UDP connections of one service and destination, each of a client of its own in 10.9.0.0/16.
///
/// # Errors
/// There are more than addresses.
pub fn connections(
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

/// Does `work` again and again, until those elsewhere have been made and have ended. Returns how often.
///
/// # Errors
/// The work fails, or they can't be made.
pub fn while_they_end(mut work: impl FnMut() -> Result<(), Failure>) -> Result<u32, Failure> {
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
        let mut times = 0;
        while !elsewhere.is_finished() {
            work()?;
            times += 1;
        }
        elsewhere.join().map_err(|_| Failure::new("the other namespace's thread panicked"))??;
        Ok(times)
    })
}
