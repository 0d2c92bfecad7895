// SPDX-License-Identifier: MIT OR Apache-2.0
//! The generic netlink backend: one connected socket, one buffer, one exchange at a time.

use std::io;
use std::time::Duration;

use ipvs_types::{DaemonConfig, ServiceKey, Timeouts};
use netlink_sys::{Socket, SocketAddr, protocols::NETLINK_GENERIC};
use rustix::net::{RecvFlags, recv, sockopt};

use super::exchange::{Changes, Exchange, Listing, Progress, Query, each_once, feed};
use crate::wire::{WireError, decode, encode};
use crate::{
    Backend, DestEntry, Error, ErrorKind, Feature, Info, Operation, Outcome, Request, ServiceEntry,
    ServiceTable, Support, Table,
};

/// Operations in one datagram. More than 256 answers overflow the socket's default receive buffer.
pub(crate) const CHUNK: usize = 128;

/// The largest datagram that the kernel builds for a dump.
const LARGE_WINDOW: usize = 32 * 1024;

/// After so many datagrams a dump is long enough for large ones to pay.
const PATIENCE: usize = 128;

pub(crate) struct Netlink {
    socket: Socket,
    family: u16,
    seq: u32,
    out: Vec<u8>,
    buffer: Vec<u8>,
    timeout: Duration,
    /// An exchange was abandoned: its answers may still arrive.
    abandoned: bool,
}

impl Netlink {
    /// Connects in the calling thread's network namespace and finds the family.
    pub(crate) fn open(timeout: Duration) -> Result<Self, Error> {
        let io = |doing| move |source| Error::Io { doing, source };
        let socket = Socket::new(NETLINK_GENERIC).map_err(io("open a netlink socket"))?;
        socket.connect(&SocketAddr::new(0, 0)).map_err(io("connect to the kernel"))?;
        // Old kernels lack these two; answers are then longer and say less.
        let _ = socket.set_ext_ack(true);
        let _ = socket.set_cap_ack(true);
        sockopt::set_socket_timeout(&socket, sockopt::Timeout::Recv, Some(timeout))
            .map_err(|errno| io("limit the wait for answers")(errno.into()))?;
        let mut netlink = Self {
            socket,
            family: 0,
            seq: 0,
            out: Vec::with_capacity(4096),
            buffer: vec![0; small_window()],
            timeout,
            abandoned: false,
        };
        netlink.family = netlink.resolve()?;
        Ok(netlink)
    }

    fn resolve(&mut self) -> Result<u16, Error> {
        match self.query(Request::ResolveFamily, decode::family_id) {
            Err(Error::Refused(refusal)) if refusal.errno == crate::Errno::ENOENT => {
                Err(Error::ModuleMissing)
            }
            other => other,
        }
    }

    /// Puts a message into `out`; the sequence number is returned.
    fn compose(&mut self, request: &Request) -> Result<u32, Error> {
        self.seq = self.seq.wrapping_add(1);
        encode::request(&mut self.out, self.family, self.seq, false, request)?;
        Ok(self.seq)
    }

    fn query<T>(
        &mut self,
        request: Request,
        read: impl Fn(&[u8]) -> Result<T, WireError>,
    ) -> Result<T, Error> {
        self.out.clear();
        let seq = self.compose(&request)?;
        self.run(Query::new(request, seq, read))
    }

    fn list<T>(
        &mut self,
        request: Request,
        read: impl Fn(&[u8]) -> Result<T, WireError>,
    ) -> Result<Vec<T>, Error> {
        self.out.clear();
        let seq = self.compose(&request)?;
        self.run(Listing::new(request, seq, read))
    }

    /// Destinations as the kernel lists them: none also when the service does not exist.
    fn dests_or_none(&mut self, service: ServiceKey) -> Result<Vec<DestEntry>, Error> {
        let family = service.family();
        let mut dests =
            self.list(Request::ListDests(service), |bytes| decode::dest(bytes, family))?;
        each_once(&mut dests, |entry| entry.key);
        Ok(dests)
    }

    /// Sends what is in `out` and reads until the exchange is complete.
    fn run<E: Exchange>(&mut self, mut exchange: E) -> Result<E::Output, Error> {
        if self.abandoned {
            self.drain();
        }
        self.abandoned = true;
        self.send()?;
        let mut datagrams = 0;
        loop {
            let length = match self.receive() {
                Ok(length) => length,
                Err(error) => return Err(self.failed(&exchange, error)),
            };
            if feed(&mut exchange, &self.buffer[..length])? == Progress::Complete {
                break;
            }
            datagrams += 1;
            if datagrams == PATIENCE && self.buffer.len() < LARGE_WINDOW {
                self.buffer.resize(LARGE_WINDOW, 0);
            }
        }
        self.abandoned = false;
        exchange.finish()
    }

    fn send(&mut self) -> Result<(), Error> {
        loop {
            match self.socket.send(&self.out, 0) {
                Ok(_) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(source) => return Err(Error::Io { doing: "send to the kernel", source }),
            }
        }
    }

    fn receive(&mut self) -> Result<usize, io::Error> {
        loop {
            match recv(&self.socket, &mut self.buffer[..], RecvFlags::TRUNC) {
                Ok((_, length)) if length > self.buffer.len() => {
                    return Err(io::Error::new(io::ErrorKind::InvalidData, "cut off"));
                }
                Ok((_, length)) => return Ok(length),
                Err(rustix::io::Errno::INTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
    }

    fn failed(&self, exchange: &impl Exchange, error: io::Error) -> Error {
        let request = Box::new(exchange.request());
        match (error.kind(), error.raw_os_error()) {
            (io::ErrorKind::WouldBlock, _) => Error::Timeout { request, after: self.timeout },
            (io::ErrorKind::InvalidData, _) => {
                Error::Malformed { request, what: "a datagram was cut off".into() }
            }
            (_, Some(code)) if code == crate::Errno::ENOBUFS.0 => {
                Error::OutcomeUnknown { request, confirmed: exchange.confirmed() }
            }
            _ => Error::Io { doing: "receive from the kernel", source: error },
        }
    }

    /// Throws away what an abandoned exchange left behind, so that an unfinished dump ends.
    fn drain(&mut self) {
        let flags = RecvFlags::TRUNC | RecvFlags::DONTWAIT;
        while let Ok(_) | Err(rustix::io::Errno::INTR | rustix::io::Errno::NOBUFS) =
            recv(&self.socket, &mut self.buffer[..], flags)
        {}
    }

    fn commit_chunk(&mut self, operations: &[Operation]) -> Result<Vec<Outcome>, Error> {
        self.out.clear();
        let first_seq = self.seq.wrapping_add(1);
        for operation in operations {
            self.compose(&Request::Change(*operation))?;
        }
        self.seq = self.seq.wrapping_add(1);
        encode::fence(&mut self.out, self.seq);
        self.run(Changes::new(operations, first_seq))
    }

    /// Everything is encoded once before anything is sent, where there is more than one chunk.
    fn check(&mut self, operations: &[Operation]) -> Result<(), Error> {
        for operation in operations {
            self.out.clear();
            encode::request(&mut self.out, self.family, 0, false, &Request::Change(*operation))?;
        }
        Ok(())
    }
}

/// The kernel builds a datagram of at least a page (at most 8 KiB) and else as large as the largest
/// buffer that was ever offered; small ones are cheaper for short listings.
fn small_window() -> usize {
    rustix::param::page_size().clamp(4096, 8192)
}

impl Backend for Netlink {
    fn name(&self) -> &'static str {
        "netlink"
    }

    fn commit(&mut self, operations: &[Operation]) -> Result<Vec<Outcome>, Error> {
        if operations.len() <= CHUNK {
            return if operations.is_empty() { Ok(vec![]) } else { self.commit_chunk(operations) };
        }
        self.check(operations)?;
        let mut outcomes = Vec::with_capacity(operations.len());
        for chunk in operations.chunks(CHUNK) {
            match self.commit_chunk(chunk) {
                Ok(more) => outcomes.extend(more),
                Err(Error::OutcomeUnknown { request, confirmed }) => {
                    let confirmed = outcomes.len() + confirmed;
                    return Err(Error::OutcomeUnknown { request, confirmed });
                }
                Err(error) => return Err(error),
            }
        }
        Ok(outcomes)
    }

    fn services(&mut self) -> Result<Vec<ServiceEntry>, Error> {
        let mut services = self.list(Request::ListServices, decode::service)?;
        each_once(&mut services, |entry| entry.key);
        Ok(services)
    }

    fn service(&mut self, service: ServiceKey) -> Result<ServiceEntry, Error> {
        self.query(Request::GetService(service), decode::service)
    }

    fn dests(&mut self, service: ServiceKey) -> Result<Vec<DestEntry>, Error> {
        let dests = self.dests_or_none(service)?;
        if dests.is_empty() {
            self.service(service)?;
        }
        Ok(dests)
    }

    fn daemons(&mut self) -> Result<Vec<DaemonConfig>, Error> {
        self.list(Request::ListDaemons, decode::daemon)
    }

    fn timeouts(&mut self) -> Result<Timeouts, Error> {
        self.query(Request::GetTimeouts, decode::timeouts)
    }

    fn info(&mut self) -> Result<Info, Error> {
        self.query(Request::GetInfo, decode::info)
    }

    fn supports(&mut self, feature: Feature) -> Support {
        probe(self, feature)
    }

    fn table(&mut self) -> Result<Table, Error> {
        let services = self.services()?;
        let mut table = Table { services: Vec::with_capacity(services.len()) };
        for service in services {
            let dests = self.dests_or_none(service.key)?;
            table.services.push(ServiceTable { service, dests });
        }
        Ok(table)
    }
}

/// What can be found out without changing anything: IPv6 by asking for a service that may well not
/// exist. Whether attributes are sent shows only in a listing.
fn probe(netlink: &mut Netlink, feature: Feature) -> Support {
    match feature {
        Feature::Ipv6 => {
            let nobody = std::net::SocketAddr::from((std::net::Ipv6Addr::UNSPECIFIED, 1));
            match netlink.service(ServiceKey::tcp(nobody)) {
                Ok(_) => Support::Supported,
                Err(error) => match error.kind() {
                    ErrorKind::NoSuchService => Support::Supported,
                    ErrorKind::Unsupported => Support::Unsupported,
                    _ => Support::Unknown(error),
                },
            }
        }
        Feature::Counters64 => match netlink.services() {
            Ok(services) => match services.first().map(|service| service.stats.width) {
                Some(ipvs_types::CounterWidth::Bits32) => Support::Unsupported,
                // Kernels since 4.1 have them; without a service there is nothing to look at.
                _ => Support::Supported,
            },
            Err(error) => Support::Unknown(error),
        },
        _ => Support::Supported,
    }
}
