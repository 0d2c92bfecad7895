// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the attributes of a sync daemon mean.

use std::net::IpAddr;
use std::num::{NonZeroU8, NonZeroU16};

use ipvs_types::{DaemonConfig, DaemonRole, SyncId};

use super::{daemon_nest, last};
use crate::wire::{DaemonAttribute as A, IpvsMessage};

pub(super) fn role(nest: &[A]) -> Option<DaemonRole> {
    match last(nest, |a| if let A::State(s) = a { Some(*s) } else { None })? {
        1 => Some(DaemonRole::Master),
        2 => Some(DaemonRole::Backup),
        _ => None,
    }
}

/// The daemon in a message; of two groups the IPv4 one counts.
pub(crate) fn daemon(message: &IpvsMessage) -> Option<DaemonConfig> {
    let nest = daemon_nest(message)?;
    let interface = last(nest, |a| if let A::Interface(i) = a { Some(*i) } else { None })?;
    let mut daemon = DaemonConfig::new(role(nest)?, interface);
    let sync_id = last(nest, |a| if let A::SyncId(id) = a { Some(*id) } else { None })?;
    daemon.sync_id = SyncId::observed(sync_id);
    let max_len = last(nest, |a| if let A::MaxLen(len) = a { Some(*len) } else { None });
    daemon.max_len = max_len.and_then(NonZeroU16::new);
    let group = last(nest, |a| if let A::Group(g) = a { Some(IpAddr::V4(*g)) } else { None });
    let group6 = last(nest, |a| if let A::Group6(g) = a { Some(IpAddr::V6(*g)) } else { None });
    daemon.group = group.or(group6);
    let port = last(nest, |a| if let A::Port(p) = a { Some(*p) } else { None });
    daemon.port = port.and_then(NonZeroU16::new);
    let ttl = last(nest, |a| if let A::Ttl(t) = a { Some(*t) } else { None });
    daemon.ttl = ttl.and_then(NonZeroU8::new);
    Some(daemon)
}
