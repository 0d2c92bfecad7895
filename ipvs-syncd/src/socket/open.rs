// SPDX-License-Identifier: MIT OR Apache-2.0
//! Opening sockets that listen.

use std::io;
use std::net::{IpAddr, SocketAddr, SocketAddrV6};
use std::os::fd::AsRawFd;

use nix::net::if_::if_nametoindex;
use nix::sys::socket::{MsgFlags, recv, setsockopt, sockopt};
use socket2::{Domain, InterfaceIndexOrAddress, Protocol, Socket, Type};

use super::{Hear, Listen, ReceiveError, filter};

/// The size in bytes of a socket's buffer that is asked for: some 7,000 full datagrams, which hold
/// 280,000 connections, five seconds of a very busy master. Privileged callers get it, others what
/// `net.core.rmem_max` allows.
const BUFFER: usize = 16 << 20;
/// `ETH_P_ALL`: protocols in both directions.
const ALL_PROTOCOLS: u16 = 3;

/// An open socket.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) socket: Socket,
    /// The interface's number, which all of it is tied to.
    pub(super) index: u32,
    /// The group and port; a packet socket has all of its ports.
    pub(super) to: Option<SocketAddr>,
    /// A socket that is a member of the group for a packet socket, so that the network delivers it.
    _member: Option<Socket>,
}

/// What failed, with the name of the call.
type Step<T> = Result<T, (&'static str, io::Error)>;

/// The sockets that hear `listen`: one for each port, or one packet socket.
pub(super) fn open(listen: &Listen) -> Result<Vec<Opened>, ReceiveError> {
    let Listen { interface, group, hear, .. } = *listen;
    if !group.is_multicast() {
        return Err(ReceiveError::NoGroup(group));
    }
    let index =
        if_nametoindex(interface.as_bytes()).map_err(|_| ReceiveError::NoInterface(interface))?;
    let error =
        |port| move |(doing, source)| ReceiveError::Open { interface, group, port, doing, source };
    match hear {
        Hear::Group => listen
            .ports()
            .map(|port| port_socket(listen, index, port).map_err(error(port)))
            .collect(),
        Hear::Wire => Ok(vec![packet_socket(listen, index).map_err(error(listen.port))?]),
    }
}

fn port_socket(listen: &Listen, index: u32, port: u16) -> Step<Opened> {
    let to = SocketAddr::new(listen.group, port);
    let socket = member(listen.group, index)?;
    let at = |doing| move |source| (doing, source);
    socket.set_reuse_address(true).map_err(at("sharing the port"))?;
    // Without this it would hear the group on other interfaces, too, if another program joined there.
    socket
        .bind_device(Some(listen.interface.as_bytes()))
        .map_err(at("binding to the interface"))?;
    let bound = match listen.group {
        // The scope of a group that is valid on a link only.
        IpAddr::V6(group) => SocketAddrV6::new(group, port, 0, index).into(),
        IpAddr::V4(_) => to,
    };
    socket.bind(&bound.into()).map_err(at("binding to the port"))?;
    prepare(&socket)?;
    Ok(Opened { socket, index, to: Some(to), _member: None })
}

fn packet_socket(listen: &Listen, index: u32) -> Step<Opened> {
    let at = |doing| move |source| (doing, source);
    let protocol = Protocol::from(i32::from(ALL_PROTOCOLS.to_be()));
    let socket =
        Socket::new(Domain::PACKET, Type::DGRAM, Some(protocol)).map_err(at("a packet socket"))?;
    // It hears all interfaces from the start. What came before the filter is thrown away, behind one that
    // lets nothing in.
    socket.attach_filter(&filter::nothing()).map_err(at("a packet filter"))?;
    while recv(socket.as_raw_fd(), &mut [0], MsgFlags::MSG_DONTWAIT).is_ok() {}
    let program = filter::program(index, listen.group, &listen.ports());
    socket.attach_filter(&program).map_err(at("a packet filter"))?;
    prepare(&socket)?;
    let member = member(listen.group, index)?;
    Ok(Opened { socket, index, to: None, _member: Some(member) })
}

/// A UDP socket that is a member of the group.
fn member(group: IpAddr, index: u32) -> Step<Socket> {
    let at = |doing| move |source| (doing, source);
    let socket = Socket::new(Domain::for_address((group, 0).into()), Type::DGRAM, None)
        .map_err(at("a UDP socket"))?;
    match group {
        IpAddr::V4(group) => {
            socket.join_multicast_v4_n(&group, &InterfaceIndexOrAddress::Index(index))
        }
        IpAddr::V6(group) => {
            socket.set_only_v6(true).map_err(at("keeping to IPv6"))?;
            socket.join_multicast_v6(&group, index)
        }
    }
    .map_err(at("joining the group"))?;
    Ok(socket)
}

/// A large buffer, and the count of what does not fit.
fn prepare(socket: &Socket) -> Step<()> {
    let at = |doing| move |source| (doing, source);
    if setsockopt(socket, sockopt::RcvBufForce, &BUFFER).is_err() {
        socket.set_recv_buffer_size(BUFFER).map_err(at("a larger buffer"))?;
    }
    setsockopt(socket, sockopt::RxqOvfl, &1)
        .map_err(|errno| ("counting lost datagrams", errno.into()))
}
