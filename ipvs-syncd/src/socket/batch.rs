// SPDX-License-Identifier: MIT OR Apache-2.0
//! Many datagrams in one call.

use std::io::{self, IoSliceMut};
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd};

use nix::sys::socket::{
    ControlMessageOwned, MsgFlags, MultiHeaders, RecvMsg, SockaddrStorage, recvmmsg,
};

/// Datagrams in one call.
const BATCH: usize = 64;
/// No packet of IP is longer.
const LONGEST: usize = 1 << 16;

/// Room for a batch. Only what datagrams fill is ever real memory.
#[derive(Debug)]
pub(super) struct Batch(Vec<u8>);

impl Batch {
    pub(super) fn new() -> Self {
        Self(vec![0; BATCH * LONGEST])
    }

    /// Takes what waits at `socket`, up to a batch, without waiting: hands out senders (none for packet
    /// sockets) and bytes. Returns how many, and how many the kernel had dropped by then since the
    /// socket was opened.
    pub(super) fn receive<E: From<io::Error>>(
        &mut self,
        socket: impl AsFd,
        mut each: impl FnMut(Option<SocketAddr>, &[u8]) -> Result<(), E>,
    ) -> Result<(usize, Option<u32>), E> {
        let slices = self.0.chunks_exact_mut(LONGEST);
        let mut slices: Vec<_> = slices.map(|room| [IoSliceMut::new(room)]).collect();
        // New ones each time: the kernel writes the lengths it used over those it may use.
        let mut headers =
            MultiHeaders::<SockaddrStorage>::preallocate(BATCH, Some(nix::cmsg_space!(u32)));
        let fd = socket.as_fd().as_raw_fd();
        let messages =
            match recvmmsg(fd, &mut headers, slices.iter_mut(), MsgFlags::MSG_DONTWAIT, None) {
                Ok(messages) => messages,
                Err(nix::Error::EAGAIN | nix::Error::EINTR | nix::Error::ENETDOWN) => {
                    return Ok((0, None));
                }
                Err(error) => return Err(io::Error::from(error).into()),
            };
        let (mut received, mut dropped) = (0, None);
        for message in messages {
            received += 1;
            dropped = drops(&message).or(dropped);
            let sender = message.address.and_then(|address| sender(&address));
            each(sender, message.iovs().next().unwrap_or_default())?;
        }
        Ok((received, dropped))
    }
}

fn drops(message: &RecvMsg<'_, '_, SockaddrStorage>) -> Option<u32> {
    message.cmsgs().ok()?.find_map(|control| match control {
        ControlMessageOwned::RxqOvfl(count) => Some(count),
        _ => None,
    })
}

fn sender(address: &SockaddrStorage) -> Option<SocketAddr> {
    let v4 = || address.as_sockaddr_in().map(|v4| SocketAddr::V4((*v4).into()));
    let v6 = || address.as_sockaddr_in6().map(|v6| SocketAddr::V6((*v6).into()));
    v4().or_else(v6)
}
