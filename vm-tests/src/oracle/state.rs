// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the kernel that isn't there holds, and what it refuses.

use std::time::Duration;

use ipvs_netlink::types::{DaemonConfig, Timeouts};
use ipvs_netlink::{Errno, Info, ServiceTable, Version};

/// A question to the kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// The connection itself.
    Init,
    /// All services.
    Services,
    /// One service.
    Service,
    /// The timeouts.
    Timeouts,
    /// The sync daemons.
    Daemons,
}

/// The script that both programs play against. Changes leave no trace: they are compared as calls.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// Version and table size.
    pub info: Info,
    /// Services with destinations, in the kernel's order.
    pub services: Vec<ServiceTable>,
    /// The timeouts.
    pub timeouts: Timeouts,
    /// At most two sync daemons.
    pub daemons: Vec<DaemonConfig>,
    /// Which changes, counted from 0, are refused.
    pub refused: Vec<(usize, Errno)>,
    /// Which question is refused, if any.
    pub failure: Option<(Question, Errno)>,
    /// The list of connections, if it can be read.
    pub connections: Option<String>,
}

impl Default for State {
    /// A fresh kernel.
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            info: Info::new(Version(0x01_02_01), 4096),
            services: Vec::new(),
            timeouts: Timeouts { tcp: seconds(900), tcp_fin: seconds(120), udp: seconds(300) },
            daemons: Vec::new(),
            refused: Vec::new(),
            failure: None,
            connections: Some("Pro FromIP   FPrt ToIP\n".to_owned()),
        }
    }
}

impl State {
    /// Why a question fails, if it does.
    pub fn failure_of(&self, question: Question) -> Option<Errno> {
        self.failure.and_then(|(failing, errno)| (failing == question).then_some(errno))
    }
}
