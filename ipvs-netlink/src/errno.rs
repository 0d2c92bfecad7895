// SPDX-License-Identifier: MIT OR Apache-2.0
//! Error numbers, as the kernel's IPVS uses them.

use std::fmt;

/// A Linux error number, positive.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Errno(pub i32);

macro_rules! errnos {
    ($($name:ident = $number:literal, $doc:literal;)*) => {
        impl Errno {
            $(#[doc = $doc] pub const $name: Self = Self($number);)*

            /// The symbolic name, if IPVS is known to use this number.
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($number => Some(stringify!($name)),)*
                    _ => None,
                }
            }
        }
    };
}

errnos! {
    EPERM = 1, "No capability to administer the network.";
    ENOENT = 2, "Unknown scheduler or persistence engine, or no such destination.";
    ESRCH = 3, "No such service; no such daemon running.";
    EINTR = 4, "Interrupted.";
    EAGAIN = 11, "Try again.";
    ENOMEM = 12, "Out of memory.";
    EACCES = 13, "Access refused.";
    EFAULT = 14, "The socket options' answer to a bad protocol.";
    EBUSY = 16, "Another dump is unfinished on this socket.";
    EEXIST = 17, "Exists already.";
    ENODEV = 19, "No such interface.";
    EINVAL = 22, "Invalid argument.";
    ERANGE = 34, "Number out of range.";
    EMSGSIZE = 90, "Reply does not fit.";
    ENOPROTOOPT = 92, "The module is missing, or being unloaded.";
    EOPNOTSUPP = 95, "Unknown command.";
    EAFNOSUPPORT = 97, "Address family not supported.";
    EADDRINUSE = 98, "Address in use.";
    ENETUNREACH = 101, "Interface is down.";
    ENOBUFS = 105, "Replies were lost.";
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.pad(name),
            None => write!(f, "errno {}", self.0),
        }
    }
}

impl fmt::Debug for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<rustix::io::Errno> for Errno {
    fn from(errno: rustix::io::Errno) -> Self {
        Self(errno.raw_os_error())
    }
}
