// SPDX-License-Identifier: MIT OR Apache-2.0
//! Hears what masters send.

use std::io;
use std::os::fd::AsFd;
use std::time::Duration;

use ipvs_types::InterfaceName;
use nix::poll::{PollFd, PollFlags, PollTimeout};
use rustix::io::Errno;
use rustix::net::netdevice::name_to_index;
use serde::Serialize;

use super::batch::Batch;
use super::clock::Clock;
use super::open::{Opened, open};
use super::{Listen, ReceiveError};
use crate::capture::Udp;
use crate::capture::packet::{Fate, in_ip};

/// What was heard, and what was not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Reception {
    /// Datagrams that were handed out.
    pub datagrams: u64,
    /// Datagrams that the kernel had to drop because they were not fetched in time. Those after the
    /// last one that was fetched are counted with the next.
    pub lost: u64,
    /// Datagrams in fragments, which a packet socket counts and does not read.
    pub fragmented: u64,
    /// Packets whose headers can't be read.
    pub unreadable: u64,
}

#[derive(Debug)]
struct Ear {
    opened: Opened,
    listen: Listen,
    /// The kernel's count so far, which has 32 bits and wraps around.
    dropped: u32,
}

/// Sockets that hear groups of masters.
///
/// ```no_run
/// use std::time::Duration;
/// use ipvs_syncd::socket::{Listen, ReceiveError, Receiver};
/// let mut receiver = Receiver::open(&[Listen::new("eth0".parse()?)])?;
/// let heard = receiver.receive(Duration::from_secs(1), |udp| {
///     println!("{} bytes from {}", udp.payload.len(), udp.from);
///     Ok::<(), ReceiveError>(())
/// })?;
/// println!("{heard} datagrams, {} lost", receiver.reception().lost);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Receiver {
    ears: Vec<Ear>,
    batch: Batch,
    clock: Clock,
    reception: Reception,
}

impl Receiver {
    /// Opens the sockets, in the network namespace of the calling thread.
    ///
    /// # Errors
    /// When there is no such interface, the group is none, or the system refuses a socket: another
    /// program holds the port and doesn't share it, or a packet socket was asked for without
    /// `CAP_NET_RAW`.
    pub fn open(listens: &[Listen]) -> Result<Self, ReceiveError> {
        let mut ears = Vec::new();
        for listen in listens {
            let opened = open(listen)?.into_iter();
            ears.extend(opened.map(|opened| Ear { opened, listen: *listen, dropped: 0 }));
        }
        let (batch, clock) = (Batch::new(), Clock::new());
        Ok(Self { ears, batch, clock, reception: Reception::default() })
    }

    /// The time now as datagrams are stamped with it: since the Unix epoch, but steady even if the
    /// system's clock is set.
    pub fn now(&self) -> Duration {
        self.clock.now()
    }

    /// Looks whether the interfaces are still those that the sockets were opened on, in the sockets'
    /// network namespace. A socket on one that is gone hears nothing and doesn't say so. Interfaces whose
    /// names are not UTF-8 are not looked at.
    ///
    /// # Errors
    /// [`ReceiveError::Detached`] if one is gone, or another has its name.
    pub fn check(&self) -> Result<(), ReceiveError> {
        self.ears.iter().try_for_each(Ear::check)
    }

    /// What was heard so far.
    pub const fn reception(&self) -> Reception {
        self.reception
    }

    /// Waits until there are datagrams, or the time is over, or a signal was handled; then hands out
    /// some of what there is, up to 64 of each socket. Returns how many.
    ///
    /// Senders of one datagram may have been heard by two sockets if two of them hear the same group.
    ///
    /// # Errors
    /// When a socket fails, or the first error of `each`; what came together with that datagram is lost.
    pub fn receive<E: From<ReceiveError>>(
        &mut self,
        timeout: Duration,
        mut each: impl FnMut(Udp<'_>) -> Result<(), E>,
    ) -> Result<usize, E> {
        let ready = self.wait(timeout)?;
        let Self { ears, batch, clock, reception } = self;
        let before = reception.datagrams;
        for ear in ears.iter_mut().zip(ready).filter_map(|(ear, ready)| ready.then_some(ear)) {
            ear.hear(batch, clock.now(), reception, &mut each)?;
        }
        Ok((reception.datagrams - before) as usize)
    }

    /// Which sockets have something.
    fn wait(&self, timeout: Duration) -> Result<Vec<bool>, ReceiveError> {
        let poll = |ear| PollFd::new(ear, PollFlags::POLLIN);
        let ears = self.ears.iter().map(|ear| ear.opened.socket.as_fd());
        let mut polled: Vec<_> = ears.map(poll).collect();
        // Rounded up: half a millisecond would be a busy loop.
        let timeout = timeout.as_nanos().div_ceil(1_000_000);
        let timeout = PollTimeout::try_from(timeout).unwrap_or(PollTimeout::MAX);
        match nix::poll::poll(&mut polled, timeout) {
            Ok(_) | Err(nix::Error::EINTR) => {}
            Err(error) => return Err(ReceiveError::Wait(error.into())),
        }
        Ok(polled.iter().map(|polled| polled.any().unwrap_or(false)).collect())
    }
}

/// What goes wrong in a batch: the socket, or the caller.
enum Stop<E> {
    Socket(io::Error),
    Caller(E),
}

impl<E> From<io::Error> for Stop<E> {
    fn from(error: io::Error) -> Self {
        Self::Socket(error)
    }
}

impl Ear {
    fn hear<E: From<ReceiveError>>(
        &mut self,
        batch: &mut Batch,
        time: Duration,
        reception: &mut Reception,
        each: &mut impl FnMut(Udp<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let (to, ports) = (self.opened.to, self.listen.ports());
        let mut give = |udp: Udp<'_>, reception: &mut Reception| {
            reception.datagrams += 1;
            each(udp).map_err(Stop::Caller)
        };
        let heard = batch.receive(&self.opened.socket, |from, bytes| {
            if let (Some(from), Some(to)) = (from, to) {
                return give(Udp { time, from, to, payload: bytes }, reception);
            }
            match in_ip(time, bytes, |port| ports.contains(&port)) {
                Fate::Wanted(udp) => give(udp, reception)?,
                Fate::Fragment => reception.fragmented += 1,
                Fate::Cut | Fate::Unreadable => reception.unreadable += 1,
                Fate::Foreign => {}
            }
            Ok(())
        });
        match heard {
            Ok((_, dropped)) => {
                let dropped = dropped.unwrap_or(self.dropped);
                reception.lost += u64::from(dropped.wrapping_sub(self.dropped));
                self.dropped = dropped;
                Ok(())
            }
            Err(Stop::Caller(error)) => Err(error),
            Err(Stop::Socket(source)) => {
                Err(ReceiveError::Receive { interface: self.interface(), source }.into())
            }
        }
    }

    fn check(&self) -> Result<(), ReceiveError> {
        let interface = self.interface();
        // The call takes no other names.
        let Ok(name) = str::from_utf8(interface.as_bytes()) else { return Ok(()) };
        match name_to_index(&self.opened.socket, name) {
            Ok(index) if index == self.opened.index => Ok(()),
            Ok(_) | Err(Errno::NODEV) => Err(ReceiveError::Detached(interface)),
            Err(errno) => Err(ReceiveError::Receive { interface, source: errno.into() }),
        }
    }

    const fn interface(&self) -> InterfaceName {
        self.listen.interface
    }
}
