// SPDX-License-Identifier: MIT OR Apache-2.0
//! Takes generic netlink away, as container runtimes and old kernels do.

use std::collections::BTreeMap;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch,
};

use crate::case::Failure;

const AF_NETLINK: u64 = 16;
const NETLINK_GENERIC: u64 = 16;

/// From now on `socket(AF_NETLINK, …, NETLINK_GENERIC)` fails with `EPROTONOSUPPORT`, in the calling
/// thread and what it starts. Other families of netlink are left alone.
///
/// # Errors
/// The kernel has no seccomp.
pub fn refuse_generic_netlink() -> Result<(), Failure> {
    let is = |argument, value| {
        SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, value)
    };
    let rule = SeccompRule::new(vec![is(0, AF_NETLINK)?, is(2, NETLINK_GENERIC)?])?;
    let filter: BpfProgram = SeccompFilter::new(
        BTreeMap::from([(libc::SYS_socket, vec![rule])]),
        SeccompAction::Allow,
        SeccompAction::Errno(libc::EPROTONOSUPPORT.cast_unsigned()),
        TargetArch::x86_64,
    )?
    .try_into()?;
    Ok(seccompiler::apply_filter(&filter)?)
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use socket2::{Domain, Protocol, Socket, Type};

    use super::*;

    #[test]
    fn only_generic_netlink_is_refused() {
        let open = |protocol| {
            let (domain, protocol) = (Domain::from(16), Protocol::from(protocol));
            Socket::new(domain, Type::RAW, Some(protocol)).map(drop).map_err(|error| error.kind())
        };
        // In a thread of its own, which keeps the filter to its end.
        let thread = std::thread::spawn(move || {
            assert_eq!(open(16), Ok(()));
            refuse_generic_netlink().expect("there is seccomp");
            assert!(open(16).is_err_and(|kind| kind != ErrorKind::PermissionDenied));
            assert_eq!(open(0), Ok(()));
        });
        assert!(thread.join().is_ok());
    }
}
