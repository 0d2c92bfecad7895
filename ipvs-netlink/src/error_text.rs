// SPDX-License-Identifier: MIT OR Apache-2.0
//! What an error number means for the request that got it, with the remedy.

use ipvs_types::{DestConfig, Forward, ServiceConfig, Tunnel};

use crate::errno::Errno;
use crate::{Operation as Op, Refusal, Request};

/// One line: the reason, then the remedy.
pub(crate) fn explain(refusal: &Refusal) -> String {
    let fixed = match &refusal.request {
        Request::Change(operation) => match of_change(operation, refusal.errno) {
            Some(text) => return text,
            None => general(refusal.errno),
        },
        request if request.names_connection() => of_connection(refusal.errno),
        request if refusal.errno == Errno::ENOENT && !request.names_family() => {
            "the module ip_vs was unloaded, or loaded anew: open a new client"
        }
        _ if refusal.errno == Errno::ESRCH => "no such service: list them with `ipvsadm -Ln`",
        _ => general(refusal.errno),
    };
    fixed.into()
}

fn of_change(operation: &Op, errno: Errno) -> Option<String> {
    let text = match (errno, operation) {
        (Errno::ENOENT, Op::CreateService { config, .. } | Op::UpdateService { config, .. }) => {
            unknown_module(config)
        }
        (Errno::ENOENT, _) => "no such destination: list them with `ipvsadm -Ln`".into(),
        (Errno::ESRCH, Op::StopDaemon { .. }) => {
            "it is not running: see `ipvsadm -L --daemon`".into()
        }
        (Errno::ESRCH, _) => {
            "no such service: see `ipvsadm -Ln`, or create it (`ipvsadm -A`)".into()
        }
        (Errno::EEXIST, Op::StartDaemon { .. }) => {
            "it is running already: stop it first (`ipvsadm --stop-daemon`)".into()
        }
        (Errno::EEXIST, Op::CreateDest { .. }) => {
            "it exists already: change it with an update (`ipvsadm -e`)".into()
        }
        (Errno::EEXIST, _) => "it exists already: change it with an update (`ipvsadm -E`)".into(),
        (Errno::ENODEV, Op::StartDaemon { config }) => {
            format!("no interface `{}` in this namespace: see `ip link`", config.interface)
        }
        (Errno::ENETUNREACH, Op::StartDaemon { config }) => {
            format!("interface `{0}` is down: `ip link set {0} up`", config.interface)
        }
        (Errno::ERANGE, Op::CreateDest { config, .. } | Op::UpdateDest { config, .. }) => {
            dest_range(config)
        }
        (Errno::EINVAL, Op::CreateDest { config, .. } | Op::UpdateDest { config, .. }) => {
            dest_invalid(config)
        }
        (Errno::EINVAL, Op::StartDaemon { .. }) => {
            "the group must be a multicast address, and no destination may be of another family \
             than its service"
                .into()
        }
        (Errno::EINVAL, Op::SetTimeouts { .. }) => {
            "a timeout is too long: at most 2147483 s work on every kernel".into()
        }
        _ => return None,
    };
    Some(text)
}

fn unknown_module(config: &ServiceConfig) -> String {
    let scheduler = config.scheduler;
    match config.engine {
        None => format!(
            "the kernel has no scheduler `{scheduler}`: check the name, or load its module \
             (`modprobe ip_vs_{scheduler}`)"
        ),
        Some(engine) => format!(
            "the kernel has no scheduler `{scheduler}` or no persistence engine `{engine}`: check \
             the names, or load their modules (`modprobe ip_vs_{scheduler}`, `modprobe \
             ip_vs_pe_{engine}`)"
        ),
    }
}

fn dest_range(config: &DestConfig) -> String {
    if config.weight > i32::MAX as u32 {
        return format!("weight {} is above 2147483647", config.weight);
    }
    format!(
        "lower threshold {} is above upper threshold {}",
        config.lower_threshold.map_or(0, u32::from),
        config.upper_threshold.map_or(0, u32::from)
    )
}

fn dest_invalid(config: &DestConfig) -> String {
    let tunnel = matches!(config.forward, Forward::Tunnel(Tunnel::Ipip | Tunnel::Gre { .. }));
    let other = if tunnel { "" } else { " or of another family than the service's (tunnels only)" };
    format!(
        "the address is not unicast{other}; or loopback is down in this namespace (`ip link set lo \
         up`)"
    )
}

fn of_connection(errno: Errno) -> &'static str {
    match errno {
        Errno::ENOENT => "no such connection: list them with `ipvsadm conn list`",
        Errno::EBUSY => {
            "it controls others, or packets are using it: delete those first, or try again"
        }
        Errno::EAGAIN => "packets keep it in use: try again, or stop them first",
        errno => general(errno),
    }
}

fn general(errno: Errno) -> &'static str {
    match errno {
        Errno::ESRCH => "no such service",
        Errno::EINVAL => "the kernel finds a value invalid",
        Errno::ERANGE => "a number is out of range",
        Errno::EEXIST => "it exists already",
        Errno::ENOMEM => "the kernel is out of memory",
        Errno::EBUSY => "another listing is unfinished on this socket",
        Errno::EFAULT => "the protocol is not TCP, UDP or SCTP",
        Errno::EOPNOTSUPP => "this kernel doesn't know the command",
        Errno::EAFNOSUPPORT => "this kernel has no support for the address family",
        Errno::EADDRINUSE => "the group and port are in use by another program",
        Errno::ENOBUFS => "answers were lost",
        _ => "refused",
    }
}
