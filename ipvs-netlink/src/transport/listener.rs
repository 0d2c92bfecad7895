// SPDX-License-Identifier: MIT OR Apache-2.0
//! A socket in a multicast group.

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use netlink_sys::{Socket, SocketAddr, protocols::NETLINK_GENERIC};
use rustix::net::{RecvFlags, recv, sockopt};

use crate::ext::{Event, Heard, Listener};
use crate::wire::ext::decode;
use crate::wire::ext::number::command;
use crate::wire::frame::{Answer, Frames};
use crate::{Errno, Error, Refusal, Request};

/// Room for events that nobody has read yet, in bytes: some ten thousand.
const QUEUE: usize = 8 << 20;

/// An event is a small message of its own datagram.
const WINDOW: usize = 8192;

/// Hears the events of the family `ipvs_ext`.
pub(super) struct GroupListener {
    family: u16,
    socket: Socket,
    buffer: Vec<u8>,
    events: VecDeque<Event>,
}

impl GroupListener {
    /// Joins in the calling thread's network namespace.
    pub(super) fn join(family: u16, group: u32) -> Result<Self, Error> {
        let io = |doing| move |source| Error::Io { doing, source };
        let mut socket = Socket::new(NETLINK_GENERIC).map_err(io("open a netlink socket"))?;
        socket.bind(&SocketAddr::new(0, 0)).map_err(io("bind a netlink socket"))?;
        // The first is for administrators only, as the group is; the second as far as the system allows.
        let _ = sockopt::set_socket_recv_buffer_size_force(&socket, QUEUE)
            .or_else(|_| sockopt::set_socket_recv_buffer_size(&socket, QUEUE));
        socket.add_membership(group).map_err(|source| match source.raw_os_error() {
            Some(code) => Refusal::new(Request::Listen, Errno(code)).into(),
            None => Error::Io { doing: "join the group of events", source },
        })?;
        Ok(Self { family, socket, buffer: vec![0; WINDOW], events: VecDeque::new() })
    }

    /// Limits the wait for the next datagram; none is without limit.
    fn limit(&self, wait: Option<Duration>) -> Result<(), Error> {
        // A limit below a microsecond would be none.
        let wait = wait.map(|wait| wait.max(Duration::from_micros(1)));
        sockopt::set_socket_timeout(&self.socket, sockopt::Timeout::Recv, wait)
            .map_err(|errno| Error::Io { doing: "limit the wait for events", source: errno.into() })
    }

    /// Reads one datagram.
    fn receive(&mut self, flags: RecvFlags) -> Result<Heard, Error> {
        match recv(&self.socket, &mut self.buffer[..], flags | RecvFlags::TRUNC) {
            Ok((_, length)) if length > self.buffer.len() => Ok(Heard::Lost),
            Ok((_, length)) => {
                self.understand(length)?;
                Ok(self.events.pop_front().map_or(Heard::Nothing, Heard::Event))
            }
            Err(rustix::io::Errno::NOBUFS) => Ok(Heard::Lost),
            Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => Ok(Heard::Nothing),
            Err(errno) => {
                let source = io::Error::from(errno);
                Err(Error::Io { doing: "receive events", source })
            }
        }
    }

    /// Reads the events of a datagram.
    fn understand(&mut self, length: usize) -> Result<(), Error> {
        for frame in Frames::new(&self.buffer[..length]) {
            let frame = frame.map_err(|error| malformed(error.to_string()))?;
            if frame.kind != self.family {
                continue;
            }
            let answer = frame.answer().map_err(|error| malformed(error.to_string()))?;
            if let Answer::Data { command: command::EVENT, attributes } = answer {
                let event = decode::event(attributes).map_err(|e| malformed(e.to_string()))?;
                self.events.push_back(event);
            }
        }
        Ok(())
    }
}

fn malformed(what: String) -> Error {
    Error::Malformed { request: Box::new(Request::Listen), what }
}

impl Listener for GroupListener {
    fn hear(&mut self, wait: Option<Duration>) -> Result<Heard, Error> {
        if let Some(event) = self.events.pop_front() {
            return Ok(Heard::Event(event));
        }
        // In a burst one system call an event is enough.
        match self.receive(RecvFlags::DONTWAIT)? {
            Heard::Nothing if wait != Some(Duration::ZERO) => {
                self.limit(wait)?;
                self.receive(RecvFlags::empty())
            }
            heard => Ok(heard),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::channel::Channel;
    use super::*;
    use crate::wire::decode::netlink_family;

    /// Every Linux has the controller with its group, for everybody.
    #[test]
    fn families_and_groups_of_this_kernel() -> Result<(), Error> {
        let mut channel = Channel::open(Duration::from_secs(5))?;
        let families = channel.list(0, Request::ListFamilies, netlink_family, |found| found.id)?;
        let controller = families.iter().find(|found| found.name == b"nlctrl");
        let controller = controller.expect("the controller lists itself");
        let group = controller.group("notify").expect("its group");
        assert_eq!((controller.id, controller.group("config")), (16, None));

        let mut listener = GroupListener::join(controller.id, group)?;
        for wait in [Duration::ZERO, Duration::from_nanos(1), Duration::from_millis(20)] {
            assert_eq!(listener.hear(Some(wait))?, Heard::Nothing);
        }
        let error = GroupListener::join(controller.id, 1 << 30).err().expect("no such group");
        assert!(error.errno().is_some(), "{error}");
        Ok(())
    }
}
