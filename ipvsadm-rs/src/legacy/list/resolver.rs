// SPDX-License-Identifier: MIT OR Apache-2.0
//! Names of addresses, many at once, from a resolver that may be dead.

use std::net::IpAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::legacy::host::Host;

/// How many questions are on their way at once. Each costs a thread and a socket.
const AT_ONCE: usize = 64;
/// Room for what the C library puts on the stack; most of it is never touched.
const STACK: usize = 512 * 1024;
/// A server that refuses or fails says so at once; only one that is silent takes longer.
const PATIENCE: Duration = Duration::from_millis(500);

/// Asks for names. Once the resolver has let a question time out without ever having answered one,
/// it counts as dead: the rest is what is known without it, so that it delays a listing once.
pub struct Resolver<'h> {
    host: &'h dyn Host,
    answered: AtomicBool,
    dead: AtomicBool,
}

impl<'h> Resolver<'h> {
    /// The resolver of `host`.
    pub fn new(host: &'h dyn Host) -> Self {
        Self { host, answered: AtomicBool::new(false), dead: AtomicBool::new(false) }
    }

    /// Whose resolver it is.
    pub fn host(&self) -> &'h dyn Host {
        self.host
    }

    /// The name of one address.
    pub fn name_of(&self, address: IpAddr) -> Option<String> {
        if self.dead.load(Ordering::Relaxed) {
            return self.host.local_name_of(address);
        }
        let start = Instant::now();
        match self.host.name_of(address) {
            Ok(name) => {
                if !self.answered.load(Ordering::Relaxed)
                    && self.host.local_name_of(address).is_none()
                {
                    self.answered.store(true, Ordering::Relaxed);
                }
                name
            }
            Err(_) => {
                let silent = start.elapsed() >= PATIENCE;
                if silent && !self.answered.load(Ordering::Relaxed) {
                    self.dead.store(true, Ordering::Relaxed);
                }
                None
            }
        }
    }

    /// The names of several addresses.
    pub fn names_of(&self, addresses: &[IpAddr]) -> Vec<(IpAddr, Option<String>)> {
        let queue = Mutex::new(addresses.iter());
        let next = || queue.lock().ok()?.next().copied();
        let work = || {
            let mut found = Vec::new();
            while let Some(address) = next() {
                found.push((address, self.name_of(address)));
            }
            found
        };
        thread::scope(|scope| {
            // This thread works, too: all of it, where no other can be started.
            let helpers = addresses.len().min(AT_ONCE).saturating_sub(1);
            let start = |_| thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work).ok();
            let helpers: Vec<_> = (0..helpers).map_while(start).collect();
            let mut found = work();
            for helper in helpers {
                // A name that was lost this way is looked up when it is written.
                found.extend(helper.join().unwrap_or_default());
            }
            found
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, BufRead};
    use std::net::Ipv4Addr;
    use std::sync::atomic::AtomicUsize;

    use ipvs_netlink::types::Protocol;

    use super::*;
    use crate::legacy::host::NoAnswer;

    /// A resolver that does not answer, or only for some; 10.0.0.1 is in the file of hosts.
    #[derive(Default)]
    struct Slow {
        knows_even: bool,
        asked: AtomicUsize,
    }

    const TIMEOUT: Duration = Duration::from_millis(700);

    impl Host for Slow {
        fn address_of(&self, _: &str) -> Option<Ipv4Addr> {
            None
        }
        fn name_of(&self, address: IpAddr) -> Result<Option<String>, NoAnswer> {
            if let Some(name) = self.local_name_of(address) {
                return Ok(Some(name));
            }
            self.asked.fetch_add(1, Ordering::Relaxed);
            match address {
                IpAddr::V4(v4) if self.knows_even && v4.octets()[3].is_multiple_of(2) => {
                    Ok(Some(format!("even{}", v4.octets()[3])))
                }
                _ => {
                    thread::sleep(TIMEOUT);
                    Err(NoAnswer)
                }
            }
        }
        fn local_name_of(&self, address: IpAddr) -> Option<String> {
            (address == IpAddr::from([10, 0, 0, 1])).then(|| "vip1".to_owned())
        }
        fn port_of(&self, _: &[u8], _: Protocol) -> Option<u16> {
            None
        }
        fn table(&self) -> Result<ipvs_proc::Table, ipvs_proc::ReadError> {
            Ok(ipvs_proc::Table::default())
        }
        fn service_of(&self, _: u16, _: Protocol) -> Option<String> {
            None
        }
        fn connections(&self) -> io::Result<Box<dyn BufRead>> {
            Err(io::Error::other("none"))
        }
    }

    fn addresses(count: u32) -> Vec<IpAddr> {
        (1..=count).map(|n| Ipv4Addr::from_bits(0x0a00_0000 + n).into()).collect()
    }

    #[test]
    fn a_dead_resolver_delays_once_and_what_is_known_without_it_stays() {
        let host = Slow::default();
        let resolver = Resolver::new(&host);
        let mut wanted = addresses(1000);
        // The known one comes last, when the resolver is dead.
        wanted.rotate_left(1);
        let start = Instant::now();
        let names = resolver.names_of(&wanted);
        assert!(start.elapsed() < 2 * TIMEOUT, "{:?}", start.elapsed());
        assert!(host.asked.load(Ordering::Relaxed) <= AT_ONCE);
        assert_eq!(names.len(), 1000);
        let named: Vec<_> = names.into_iter().filter_map(|(_, name)| name).collect();
        assert_eq!(named, ["vip1"]);
        // And so does the rest of the same listing.
        assert_eq!(resolver.name_of(addresses(9)[8]), None);
        assert!(start.elapsed() < 2 * TIMEOUT);
    }

    #[test]
    fn a_resolver_that_answers_some_is_asked_for_all() {
        let host = Slow { knows_even: true, ..Slow::default() };
        let names = Resolver::new(&host).names_of(&addresses(130));
        assert_eq!(host.asked.load(Ordering::Relaxed), 129);
        assert_eq!(names.iter().filter(|(_, name)| name.is_some()).count(), 66);
    }
}
