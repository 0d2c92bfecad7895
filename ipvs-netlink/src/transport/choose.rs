// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which way into the kernel works for this caller.

use std::time::Duration;

use super::netlink::Netlink;
use super::sockopt::Sockopt;
use crate::{Backend, Error, ErrorKind};

/// Which backend to open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Choice {
    /// Netlink if it works, with socket options where they are cheaper; else socket options.
    Auto,
    /// Netlink alone.
    Netlink,
    /// Socket options.
    Sockopt,
}

/// Opens a backend in the calling thread's network namespace and makes sure that it lets us in: the
/// kernel gives the family's number to anybody but answers questions to administrators only.
pub(crate) fn open(choice: Choice, timeout: Duration) -> Result<Box<dyn Backend>, Error> {
    let netlink = || {
        let mut netlink = Netlink::open(timeout, choice == Choice::Auto)?;
        netlink.info()?;
        Ok(Box::new(netlink) as Box<dyn Backend>)
    };
    let sockopt = || Sockopt::open().map(|backend| Box::new(backend) as Box<dyn Backend>);
    match choice {
        Choice::Netlink => netlink(),
        Choice::Sockopt => sockopt(),
        Choice::Auto => netlink().or_else(|error| {
            if may_differ(&error) { sockopt().map_err(|_| error) } else { Err(error) }
        }),
    }
}

/// Whether the socket options may work where netlink failed so.
fn may_differ(error: &Error) -> bool {
    // Without a conversation yet, what fails is making the socket: a kernel or a sandbox without
    // netlink.
    matches!(error, Error::Io { .. })
        || matches!(
            error.kind(),
            ErrorKind::PermissionDenied | ErrorKind::ModuleMissing | ErrorKind::Unsupported
        )
}
