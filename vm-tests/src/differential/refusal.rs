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
