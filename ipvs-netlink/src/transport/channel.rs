// SPDX-License-Identifier: MIT OR Apache-2.0
//! One connected netlink socket, one buffer, one exchange at a time.

use std::hash::Hash;
use std::io;
use std::ops::ControlFlow;
use std::time::Duration;

use netlink_sys::{Socket, SocketAddr, protocols::NETLINK_GENERIC};
use rustix::net::{RecvFlags, recv, sockopt};

use super::assembly::Assembly;
use super::exchange::{Changes, Exchange, Listing, Progress, Query, each_once, feed};
use super::order::Order;
use super::visit::Visit;
use crate::ext::Snapshot;
use crate::wire::{WireError, encode};
use crate::{Error, Operation, Outcome, Request};

/// How much the kernel is offered room for. It builds the datagrams of a dump as large as the largest
/// buffer that a socket ever offered, 32 KiB at most: large ones pay for a long list, small ones are
/// cheaper for a short list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Windows {
    small: usize,
    large: usize,
}

impl Windows {
    /// From the kernel's least, a page (at most 8 KiB), to its most.
    pub(crate) fn widest() -> Self {
        Self { small: rustix::param::page_size().clamp(4096, 8192), large: 32 * 1024 }
    }

    /// Others, in the golden ratio to the widest: whole numbers of one and of the other seldom
    /// meet, and so a dump breaks at other places.
    pub(crate) fn others() -> Self {
        let widest = Self::widest();
        Self { small: widest.small * 1618 / 1000, large: widest.large * 618 / 1000 }
    }
}

/// After so many datagrams a dump is long enough for large ones to pay.
const PATIENCE: usize = 16;

/// A socket of the namespace in which it was opened.
pub(crate) struct Channel {
    socket: Socket,
    seq: u32,
    out: Vec<u8>,
    buffer: Vec<u8>,
    windows: Windows,
    timeout: Duration,
    /// An exchange was abandoned: its answers may still arrive.
    abandoned: bool,
}

impl Channel {
    /// Connects in the calling thread's network namespace.
    pub(crate) fn open(timeout: Duration) -> Result<Self, Error> {
        Self::with_windows(Windows::widest(), timeout)
    }

    /// The same, for datagrams of other sizes.
    pub(crate) fn with_windows(windows: Windows, timeout: Duration) -> Result<Self, Error> {
        Self::connect(NETLINK_GENERIC, SocketAddr::new(0, 0), windows, timeout)
    }

    /// Connects to any port; the kernel's is 0.
    pub(super) fn connect(
        protocol: isize,
        to: SocketAddr,
        windows: Windows,
        timeout: Duration,
    ) -> Result<Self, Error> {
        let io = |doing| move |source| Error::Io { doing, source };
        let socket = Socket::new(protocol).map_err(io("open a netlink socket"))?;
        socket.connect(&to).map_err(io("connect to the kernel"))?;
        // Old kernels lack these two; answers are then longer and say less.
        let _ = socket.set_ext_ack(true);
        let _ = socket.set_cap_ack(true);
        sockopt::set_socket_timeout(&socket, sockopt::Timeout::Recv, Some(timeout))
            .map_err(|errno| io("limit the wait for answers")(errno.into()))?;
        let (out, buffer) = (Vec::with_capacity(4096), vec![0; windows.small]);
        Ok(Self { socket, seq: 0, out, buffer, windows, timeout, abandoned: false })
    }

    /// A question with one message for an answer.
    pub(crate) fn query<T>(
        &mut self,
        family: u16,
        request: Request,
        read: impl Fn(&[u8]) -> Result<T, WireError>,
    ) -> Result<T, Error> {
        self.out.clear();
        let seq = self.compose(family, &request)?;
        self.run(Query::new(request, seq, read)).map(|(answer, _)| answer)
    }

    /// A dump, each entry once.
    pub(crate) fn list<T, K: Eq + Hash>(
        &mut self,
        family: u16,
        request: Request,
        read: impl Fn(&[u8]) -> Result<T, WireError>,
        key: impl Fn(&T) -> K,
    ) -> Result<Vec<T>, Error> {
        self.out.clear();
        let seq = self.compose(family, &request)?;
        let (mut items, datagrams) = self.run(Listing::new(request, seq, read))?;
        // One with entries and one with the end: the kernel never had to find its place again.
        if datagrams > 2 {
            each_once(&mut items, key);
        }
        Ok(items)
    }

    /// An order that is acknowledged.
    pub(crate) fn order(&mut self, family: u16, request: Request) -> Result<(), Error> {
        self.out.clear();
        let seq = self.compose(family, &request)?;
        self.run(Order::new(request, seq)).map(|((), _)| ())
    }

    /// A dump, each entry shown as it comes, until `show` breaks.
    pub(crate) fn visit<T>(
        &mut self,
        family: u16,
        request: Request,
        read: impl Fn(&[u8]) -> Result<T, WireError>,
        show: impl FnMut(T) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        self.out.clear();
        let seq = self.compose(family, &request)?;
        self.run(Visit::new(request, seq, read, show)).map(|((), _)| ())
    }

    /// The configuration; `None` if it changed meanwhile.
    pub(crate) fn snapshot(
        &mut self,
        family: u16,
        request: Request,
    ) -> Result<Option<Snapshot>, Error> {
        self.out.clear();
        let seq = self.compose(family, &request)?;
        self.run(Assembly::new(request, seq)).map(|(snapshot, _)| snapshot)
    }

    /// Changes in one datagram, at least one.
    pub(crate) fn change(
        &mut self,
        family: u16,
        operations: &[Operation],
    ) -> Result<Vec<Outcome>, Error> {
        self.out.clear();
        let first_seq = self.seq.wrapping_add(1);
        for operation in operations {
            self.compose(family, &Request::Change(*operation))?;
        }
        self.seq = self.seq.wrapping_add(1);
        encode::fence(&mut self.out, self.seq);
        self.run(Changes::new(operations, first_seq)).map(|(outcomes, _)| outcomes)
    }

    /// Puts a message into `out`; the sequence number is returned.
    fn compose(&mut self, family: u16, request: &Request) -> Result<u32, Error> {
        self.seq = self.seq.wrapping_add(1);
        encode::request(&mut self.out, family, self.seq, false, request)?;
        Ok(self.seq)
    }

    /// Sends what is in `out` and reads until the exchange is complete; also says how many datagrams
    /// that took.
    fn run<E: Exchange>(&mut self, mut exchange: E) -> Result<(E::Output, usize), Error> {
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
            datagrams += 1;
            match feed(&mut exchange, &self.buffer[..length])? {
                Progress::More => {}
                Progress::Complete => break,
                // The rest is thrown away before the next question.
                Progress::Enough => return exchange.finish().map(|output| (output, datagrams)),
            }
            if datagrams == PATIENCE && self.buffer.len() < self.windows.large {
                self.buffer.resize(self.windows.large, 0);
            }
        }
        self.abandoned = false;
        exchange.finish().map(|output| (output, datagrams))
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::decode::netlink_family;

    /// The controller's list of families is a dump that every Linux gives to everybody.
    #[test]
    fn what_a_visit_leaves_behind_disturbs_nobody() -> Result<(), Error> {
        let mut channel = Channel::open(Duration::from_secs(5))?;
        let request = Request::ListFamilies;
        let all = channel.list(0, request, netlink_family, |found| found.id)?;
        for wanted in 1..=all.len() {
            let mut seen = Vec::new();
            channel.visit(0, request, netlink_family, |found| {
                seen.push(found);
                let enough = seen.len() == wanted;
                if enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            })?;
            assert_eq!((seen.len(), &seen[0]), (wanted, &all[0]));
        }
        assert_eq!(channel.list(0, request, netlink_family, |found| found.id)?[0], all[0]);
        Ok(())
    }
}
