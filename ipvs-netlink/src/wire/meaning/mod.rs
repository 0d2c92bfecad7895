// SPDX-License-Identifier: MIT OR Apache-2.0
//! What messages mean, read from the enums of attributes: a second opinion on the direct codec, for
//! tests and fuzzing only.
//!
//! It reads requests as the kernel does, so that what the encoder writes can be compared with what
//! it was given. It shares no code with the direct codec beyond the numbers of attributes.

mod daemon;
mod dest;
mod service;

use std::time::Duration;

use ipvs_types::{Timeouts, TimeoutsChange};

use crate::wire::{Command, DaemonAttribute, DestAttribute, InfoAttribute, ServiceAttribute};
use crate::wire::{IpvsAttribute, IpvsMessage};
use crate::{Info, Operation, Request, Version};

pub(crate) use daemon::daemon;
pub(crate) use dest::dest;
pub(crate) use service::service;

/// `NLM_F_DUMP`.
const DUMP: u16 = 0x300;

/// The last attribute that `pick` takes: of doubles, the kernel uses the last.
fn last<'a, A, T>(attributes: &'a [A], pick: impl Fn(&'a A) -> Option<T>) -> Option<T> {
    attributes.iter().rev().find_map(pick)
}

fn service_nest(message: &IpvsMessage) -> Option<&[ServiceAttribute]> {
    last(&message.attributes, |attribute| match attribute {
        IpvsAttribute::Service(nest) => Some(&nest.attributes[..]),
        _ => None,
    })
}

fn dest_nest(message: &IpvsMessage) -> Option<&[DestAttribute]> {
    last(&message.attributes, |attribute| match attribute {
        IpvsAttribute::Dest(nest) => Some(&nest.attributes[..]),
        _ => None,
    })
}

fn daemon_nest(message: &IpvsMessage) -> Option<&[DaemonAttribute]> {
    last(&message.attributes, |attribute| match attribute {
        IpvsAttribute::Daemon(nest) => Some(&nest.attributes[..]),
        _ => None,
    })
}

/// The request that a message with these `nlmsg_flags` makes; `None` if it makes none that the
/// model can express.
pub(crate) fn request(flags: u16, message: &IpvsMessage) -> Option<Request> {
    let dump = flags & DUMP == DUMP;
    let key = || service::key(service_nest(message)?);
    Some(match message.command {
        Command::GetService if dump => Request::ListServices,
        Command::GetDest if dump => Request::ListDests(key()?),
        Command::GetDaemon if dump => Request::ListDaemons,
        _ if dump => return None,
        Command::GetService => Request::GetService(key()?),
        Command::GetConfig => Request::GetTimeouts,
        Command::GetInfo => Request::GetInfo,
        _ => Request::Change(operation(message)?),
    })
}

fn operation(message: &IpvsMessage) -> Option<Operation> {
    let service = || service::key(service_nest(message)?);
    let dest = || dest::key(dest_nest(message)?, service()?.family());
    let service_config = || service::config(service_nest(message)?, service()?.family());
    let dest_config = || dest::config(dest_nest(message)?);
    Some(match message.command {
        Command::NewService => {
            let (config, mask) = service_config()?;
            // Flags outside the mask start as zero.
            let flags = config.flags & mask;
            Operation::CreateService { service: service()?, config: config.flags(flags) }
        }
        Command::SetService => {
            let (config, mask) = service_config()?;
            Operation::UpdateService { service: service()?, config, mask }
        }
        Command::DelService => Operation::DeleteService { service: service()? },
        Command::NewDest => {
            Operation::CreateDest { service: service()?, dest: dest()?, config: dest_config()? }
        }
        Command::SetDest => {
            Operation::UpdateDest { service: service()?, dest: dest()?, config: dest_config()? }
        }
        Command::DelDest => Operation::DeleteDest { service: service()?, dest: dest()? },
        Command::NewDaemon => Operation::StartDaemon { config: daemon(message)? },
        Command::DelDaemon => Operation::StopDaemon { role: daemon::role(daemon_nest(message)?)? },
        Command::SetConfig => {
            // 0 leaves a timeout as it is.
            let change = |timeout: Option<Duration>| timeout.filter(|t| !t.is_zero());
            let [tcp, tcp_fin, udp] = config(message).map(change);
            Operation::SetTimeouts { change: TimeoutsChange { tcp, tcp_fin, udp } }
        }
        Command::Zero => Operation::Zero { service: service() },
        Command::Flush => Operation::Flush,
        _ => return None,
    })
}

fn config(message: &IpvsMessage) -> [Option<Duration>; 3] {
    let seconds = |pick: fn(&IpvsAttribute) -> Option<u32>| {
        last(&message.attributes, pick).map(|seconds| Duration::from_secs(seconds.into()))
    };
    [
        seconds(|a| if let IpvsAttribute::TimeoutTcp(s) = a { Some(*s) } else { None }),
        seconds(|a| if let IpvsAttribute::TimeoutTcpFin(s) = a { Some(*s) } else { None }),
        seconds(|a| if let IpvsAttribute::TimeoutUdp(s) = a { Some(*s) } else { None }),
    ]
}

/// The timeouts in an answer.
pub(crate) fn timeouts(message: &IpvsMessage) -> Option<Timeouts> {
    let [tcp, tcp_fin, udp] = config(message);
    Some(Timeouts { tcp: tcp?, tcp_fin: tcp_fin?, udp: udp? })
}

/// The facts in an answer.
pub(crate) fn info(message: &IpvsMessage) -> Option<Info> {
    let version = last(&message.attributes, |attribute| match attribute {
        IpvsAttribute::Info(InfoAttribute::Version(version)) => Some(*version),
        _ => None,
    });
    let size = last(&message.attributes, |attribute| match attribute {
        IpvsAttribute::Info(InfoAttribute::ConnectionTableSize(size)) => Some(*size),
        _ => None,
    });
    Some(Info::new(Version(version?), size?))
}
