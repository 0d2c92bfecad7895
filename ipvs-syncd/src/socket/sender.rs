// SPDX-License-Identifier: MIT OR Apache-2.0
//! The socket.

use std::io;

use socket2::{Domain, Protocol, Socket, Type};

use super::{Doing, SendError, Target};

/// A socket like the kernel's master's: bound to the interface, connected to the group, with an
/// ephemeral source port.
///
/// Needs no privilege on kernels since 5.7, but to enter a namespace.
#[derive(Debug)]
pub struct Sender {
    socket: Socket,
    target: Target,
}

impl Sender {
    /// A socket for `target`.
    ///
    /// # Errors
    /// When the group is none, the namespace can't be entered, or the interface does not exist, is down
    /// or has no address of the group's family.
    pub fn open(target: &Target) -> Result<Self, SendError> {
        if !target.group.is_multicast() {
            return Err(SendError::NotMulticast(target.group));
        }
        let socket = match &target.netns {
            None => connected(target),
            Some(netns) => netns.run(|| connected(target))?,
        };
        let failed =
            |(doing, source)| SendError::Socket { doing, target: Box::new(target.clone()), source };
        Ok(Self { socket: socket.map_err(failed)?, target: target.clone() })
    }

    /// Sends one datagram; waits while the send buffer is full. That it returns says nothing about
    /// whether a backup got it.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn send(&self, datagram: &[u8]) -> Result<(), SendError> {
        let failed = |source| SendError::Socket {
            doing: Doing::Send,
            target: Box::new(self.target.clone()),
            source,
        };
        self.socket.send(datagram).map(drop).map_err(failed)
    }

    /// Where datagrams go.
    pub const fn target(&self) -> &Target {
        &self.target
    }
}

fn connected(target: &Target) -> Result<Socket, (Doing, io::Error)> {
    let during = |doing| move |error| (doing, error);
    let address = target.address();
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))
        .map_err(during(Doing::Open))?;
    socket.bind_device(Some(target.interface.as_bytes())).map_err(during(Doing::Bind))?;
    let options = match target.group.is_ipv4() {
        true => socket
            .set_multicast_ttl_v4(target.ttl.into())
            .and_then(|()| socket.set_multicast_loop_v4(target.loopback)),
        false => socket
            .set_multicast_hops_v6(target.ttl.into())
            .and_then(|()| socket.set_multicast_loop_v6(target.loopback)),
    };
    options.map_err(during(Doing::Open))?;
    if let Some(bytes) = target.send_buffer {
        socket.set_send_buffer_size(bytes).map_err(during(Doing::Open))?;
    }
    socket.connect(&address.into()).map_err(during(Doing::Connect))?;
    Ok(socket)
}
