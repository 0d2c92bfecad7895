// SPDX-License-Identifier: MIT OR Apache-2.0
//! The space of operations: few keys, so that they meet; values from all over their ranges.

use std::num::{NonZeroU8, NonZeroU16};
use std::time::Duration;

use ipvs_netlink::Operation as Op;
use ipvs_netlink::types::*;

use super::random::Random;

const SERVICES: [&str; 9] = [
    "tcp/192.0.2.10:80",
    "tcp/192.0.2.10:80",
    "udp/192.0.2.10:53",
    "sctp/192.0.2.11:5000",
    "tcp/0.0.0.0:0",
    "tcp/[2001:db8::1]:80",
    "udp/[2001:db8::1]:0",
    "fwmark/7",
    "fwmark6/7",
];
const DESTS: [&str; 20] = [
    "10.0.0.2:80",
    "10.0.0.2:80",
    "10.0.0.2:0",
    "10.0.0.3:80",
    "127.0.0.1:80",
    "[fd00::2]:80",
    "[fd00::2]:80",
    "[fd00::3]:0",
    "[::1]:80",
    "0.0.0.0:80",
    "0.0.0.1:80",
    "224.0.0.1:80",
    "240.0.0.1:80",
    "255.255.255.255:80",
    "127.255.255.255:80",
    "[::]:80",
    "[ff02::1]:80",
    "[fe80::1]:80",
    "[fec0::1]:80",
    "[::ffff:10.0.0.2]:80",
];
const SCHEDULERS: [&str; 14] = [
    "rr", "wrr", "lc", "wlc", "sh", "dh", "mh", "fo", "ovf", "sed", "none", "twos", "nonsense", "",
];
const INTERFACES: [&str; 6] = ["lo", "dummy0", "dummy0", "down0", "down0", "nosuch0"];
const GROUPS: [Option<&str>; 8] = [
    None,
    None,
    None,
    Some("224.0.0.81"),
    Some("239.1.2.3"),
    Some("ff05::81"),
    Some("10.0.0.1"),
    Some("fd00::1"),
];
const WEIGHTS: [u32; 8] = [0, 1, 1, 3, 100, i32::MAX as u32, 1 << 31, u32::MAX];
const UPPER: [u32; 7] = [0, 0, 10, 10, i32::MAX as u32, 1 << 31, u32::MAX];
const LOWER: [u32; 6] = [0, 0, 0, 5, 20, u32::MAX];
const TIMEOUTS: [u64; 6] = [1, 30, 900, 8_589_934, 8_589_935, i32::MAX as u64];

fn parsed<T: std::str::FromStr>(text: &str) -> T {
    let Ok(value) = text.parse() else { panic!("`{text}` is in a table of valid values") };
    value
}

impl Random {
    pub fn operation(&mut self) -> Op {
        let service = self.service();
        match self.below(100) {
            0..16 => Op::CreateService { service, config: self.service_config(service) },
            16..27 => {
                let config = self.service_config(service);
                Op::UpdateService { service, config, mask: self.mask() }
            }
            27..30 => Op::DeleteService { service },
            30..60 => Op::CreateDest { service, dest: self.dest(), config: self.dest_config() },
            60..76 => Op::UpdateDest { service, dest: self.dest(), config: self.dest_config() },
            76..86 => Op::DeleteDest { service, dest: self.dest() },
            86..91 => Op::StartDaemon { config: self.daemon() },
            91..94 => Op::StopDaemon { role: self.role() },
            94..97 => Op::SetTimeouts { change: self.timeouts() },
            _ if self.one_in(12) => Op::Flush,
            _ => Op::Zero { service: (!self.one_in(4)).then_some(service) },
        }
    }

    pub fn service(&mut self) -> ServiceKey {
        parsed(self.pick(&SERVICES))
    }

    fn dest(&mut self) -> DestKey {
        // Mostly one of those that are valid.
        let from = if self.one_in(4) { &DESTS[..] } else { &DESTS[..9] };
        parsed(self.pick(from))
    }

    fn flags(&mut self) -> ServiceFlags {
        ServiceFlags::from_bits_retain(self.pick(&[0, 0, 0x04, 0x08, 0x10, 0x38, 0x100]))
    }

    fn mask(&mut self) -> ServiceFlags {
        let some = ServiceFlags::SCHED1 | ServiceFlags::SCHED2;
        self.pick(&[ServiceFlags::all(), ServiceFlags::all(), some, ServiceFlags::empty()])
    }

    fn service_config(&mut self, service: ServiceKey) -> ServiceConfig {
        // A third of the time one that exists everywhere.
        let scheduler = if self.one_in(3) { "rr" } else { self.pick(&SCHEDULERS) };
        let mut config = ServiceConfig::new(parsed(scheduler)).flags(self.flags());
        if self.one_in(3) {
            let timeout = Duration::from_secs(self.pick(&[0, 1, 360, 4_294_967]));
            let granularity = match service.family() {
                Family::Ipv4 => Granularity::ipv4(self.pick(&[0u32, 0xffff_ff00, !0]).into()),
                Family::Ipv6 => parsed(self.pick(&["/1", "/64", "host"])),
            };
            config = config.persistence(Persistence::new(timeout).granularity(granularity));
        }
        config.engine = self.pick(&[None, None, None, Some("sip"), Some("nonsense")]).map(parsed);
        config
    }

    fn dest_config(&mut self) -> DestConfig {
        // Half of the time one that is valid, if the family allows.
        if self.one_in(2) {
            let tunnel = Forward::Tunnel(Tunnel::Ipip);
            let forward = self.pick(&[Forward::Masq, Forward::Route, tunnel]);
            return DestConfig::new(forward).weight(self.pick(&[0, 1, 2])).thresholds(10, 5);
        }
        let plain = RawForward::plain(Method::from_flags(self.pick(&[0, 2, 2, 3, 3, 1, 4, 7])));
        let raw = match self.below(3) {
            0 => RawForward {
                tunnel_type: self.pick(&[0, 1, 1, 2, 77]),
                tunnel_port: self.pick(&[0, 6080]),
                tunnel_flags: TunnelFlags::from_bits_retain(self.pick(&[0, 1, 2, 0x8000])),
                ..plain
            },
            _ => plain,
        };
        let config = DestConfig::new(Forward::from(raw));
        match self.below(3) {
            0 => config.weight(self.pick(&WEIGHTS)),
            1 => config.thresholds(self.pick(&UPPER), self.pick(&LOWER)),
            _ => {
                let weight = self.pick(&WEIGHTS);
                config.weight(weight).thresholds(self.pick(&UPPER), self.pick(&LOWER))
            }
        }
    }

    fn role(&mut self) -> DaemonRole {
        self.pick(&[DaemonRole::Master, DaemonRole::Backup])
    }

    fn daemon(&mut self) -> DaemonConfig {
        let mut config = DaemonConfig::new(self.role(), parsed(self.pick(&INTERFACES)));
        config.sync_id = SyncId::observed(self.pick(&[0, 1, 255, 300]));
        config.group = self.pick(&GROUPS).map(parsed);
        config.port = NonZeroU16::new(self.pick(&[0, 0, 9000]));
        config.ttl = NonZeroU8::new(self.pick(&[0, 0, 5, 255]));
        config.max_len = NonZeroU16::new(self.pick(&[0, 0, 1, 1400, 65535]));
        config
    }

    fn timeouts(&mut self) -> TimeoutsChange {
        let mut one = || {
            let seconds = (!self.one_in(3)).then(|| self.pick(&TIMEOUTS));
            // Zero can't be sent, nothing of its batch is.
            if self.one_in(400) { Some(Duration::ZERO) } else { seconds.map(Duration::from_secs) }
        };
        TimeoutsChange { tcp: one(), tcp_fin: one(), udp: one() }
    }
}
