// SPDX-License-Identifier: MIT OR Apache-2.0
//! Why a message can't be sent.

use std::fmt;
use std::io;
use std::net::IpAddr;

use super::Target;

/// Why a message can't be sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// The group is no multicast address, so that no backup can be in it.
    #[error("{0} is no multicast address: take one of 224.0.0.0/4 or ff00::/8")]
    NotMulticast(IpAddr),
    /// The network namespace can't be entered.
    #[error(transparent)]
    Namespace(#[from] ipvs_netlink::Error),
    /// A system call failed.
    #[error("can't {doing} {target}: {source}{}", remedy(*.doing, .source))]
    Socket {
        /// What was being done.
        doing: Doing,
        /// Where to.
        target: Box<Target>,
        /// Why it failed.
        source: io::Error,
    },
}

/// What failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Doing {
    /// Making the socket.
    Open,
    /// Binding it to the interface.
    Bind,
    /// Connecting it to the group.
    Connect,
    /// Sending.
    Send,
}

impl fmt::Display for Doing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "make a socket for",
            Self::Bind => "use the interface for",
            Self::Connect => "reach",
            Self::Send => "send to",
        })
    }
}

fn remedy(doing: Doing, error: &io::Error) -> &'static str {
    match (doing, error.kind()) {
        (_, io::ErrorKind::PermissionDenied) => {
            "; run as root, and see that the firewall lets it out"
        }
        (Doing::Bind, _) => "; see `ip link` for interfaces",
        (Doing::Connect | Doing::Send, io::ErrorKind::NetworkUnreachable)
        | (Doing::Send, io::ErrorKind::NetworkDown) => {
            "; the interface is down or has no address: see `ip addr`"
        }
        (Doing::Connect, io::ErrorKind::AddrNotAvailable) => {
            "; the interface has no address of this family: see `ip addr`"
        }
        _ => "",
    }
}
