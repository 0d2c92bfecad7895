// SPDX-License-Identifier: MIT OR Apache-2.0
//! The structures of the legacy interface, field by field (`linux/ip_vs.h`): 64-bit layout, host
//! byte order except for addresses and ports. Everything is IPv4.

use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;
use std::time::Duration;

use ipvs_types::{
    CounterWidth, Counters, DaemonConfig, DaemonRole, DestConfig, DestKey, Family, Forward,
    Granularity, InterfaceName, Method, Persistence, Protocol, Rates, RawForward, Scheduler,
    ServiceConfig, ServiceFlags, ServiceKey, Stats, SyncId, Timeouts,
};

use crate::{DestEntry, ServiceEntry};

pub(super) const SERVICE_ENTRY: usize = 104;
pub(super) const DEST_ENTRY: usize = 96;
pub(super) const DAEMON: usize = 24;
/// `struct ip_vs_get_services` before its entries.
pub(super) const SERVICES_HEADER: usize = 8;
/// `struct ip_vs_get_dests` before its entries.
pub(super) const DESTS_HEADER: usize = 24;

/// Builds a structure: values are appended, gaps are explicit.
#[derive(Default)]
pub(super) struct Writer(Vec<u8>);

impl Writer {
    fn u16(mut self, value: u16) -> Self {
        self.0.extend(value.to_ne_bytes());
        self
    }

    fn be16(mut self, value: u16) -> Self {
        self.0.extend(value.to_be_bytes());
        self
    }

    pub(super) fn u32(mut self, value: u32) -> Self {
        self.0.extend(value.to_ne_bytes());
        self
    }

    fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self
    }

    fn text<const N: usize>(mut self, text: &[u8]) -> Self {
        let mut field = [0; N];
        let length = text.len().min(N - 1);
        field[..length].copy_from_slice(&text[..length]);
        self.0.extend(field);
        self
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.0
    }
}

/// The key of a service as the kernel wants it: fwmark services have a protocol here too.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key {
    pub(super) protocol: u16,
    pub(super) address: Ipv4Addr,
    pub(super) port: u16,
    pub(super) mark: u32,
}

impl Key {
    fn write(self, writer: Writer) -> Writer {
        writer
            .u16(self.protocol)
            .u16(0)
            .bytes(&self.address.octets())
            .be16(self.port)
            .u16(0)
            .u32(self.mark)
    }

    /// `struct ip_vs_service_user` with a configuration, or only the key.
    pub(super) fn service(self, config: Option<&ServiceConfig>) -> Vec<u8> {
        let (flags, timeout, mask) = config.map_or((0, 0, Ipv4Addr::BROADCAST), |config| {
            let flags = config.flags.to_kernel(config.persistence.is_some());
            let persistence = config.persistence.unwrap_or(Persistence::new(Duration::ZERO));
            let mask = persistence.granularity.ipv4_mask().unwrap_or(Ipv4Addr::BROADCAST);
            (flags, persistence.timeout.as_secs() as u32, mask)
        });
        let scheduler = config.map_or(Scheduler::NONE, |config| config.scheduler);
        self.write(Writer::default())
            .text::<16>(scheduler.as_bytes())
            .u32(flags)
            .u32(timeout)
            .bytes(&mask.octets())
            .finish()
    }

    /// `struct ip_vs_service_user` followed by `struct ip_vs_dest_user`.
    pub(super) fn dest(self, dest: (Ipv4Addr, u16), config: &DestConfig) -> Vec<u8> {
        let limit = |value: Option<NonZeroU32>| value.map_or(0, NonZeroU32::get);
        let writer = Writer(self.service(None)).bytes(&dest.0.octets()).be16(dest.1).u16(0);
        writer
            .u32(config.forward.method().number().into())
            .u32(config.weight)
            .u32(limit(config.upper_threshold))
            .u32(limit(config.lower_threshold))
            .finish()
    }

    /// The header of `struct ip_vs_get_dests` with room for `count` entries.
    pub(super) fn dests(self, count: usize) -> Vec<u8> {
        self.dests_in(Vec::new(), count)
    }

    /// The same in a buffer that is used again.
    pub(super) fn dests_in(self, mut buffer: Vec<u8>, count: usize) -> Vec<u8> {
        buffer.clear();
        let mut bytes = self.write(Writer(buffer)).u32(count as u32).u32(0).finish();
        bytes.resize(DESTS_HEADER + count * DEST_ENTRY, 0);
        bytes
    }

    /// `struct ip_vs_service_entry` with the key filled in, for the question about one service.
    pub(super) fn entry(self) -> Vec<u8> {
        let mut bytes = self.write(Writer::default()).finish();
        bytes.resize(SERVICE_ENTRY, 0);
        bytes
    }
}

/// `struct ip_vs_daemon_user`.
pub(super) fn daemon(role: DaemonRole, interface: &[u8], sync_id: SyncId) -> Vec<u8> {
    let state = match role {
        DaemonRole::Master => 1,
        DaemonRole::Backup => 2,
    };
    Writer::default().u32(state).text::<16>(interface).u32(sync_id.get()).finish()
}

/// Reads fields at fixed offsets of a structure whose length was checked when it was cut out.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl Reader<'_> {
    fn array<const N: usize>(&self, at: usize) -> [u8; N] {
        self.0.get(at..at + N).and_then(|field| field.try_into().ok()).unwrap_or([0; N])
    }

    fn u16(&self, at: usize) -> u16 {
        u16::from_ne_bytes(self.array(at))
    }

    fn be16(&self, at: usize) -> u16 {
        u16::from_be_bytes(self.array(at))
    }

    pub(super) fn u32(&self, at: usize) -> u32 {
        u32::from_ne_bytes(self.array(at))
    }

    fn u64(&self, at: usize) -> u64 {
        u64::from_ne_bytes(self.array(at))
    }

    fn ipv4(&self, at: usize) -> Ipv4Addr {
        Ipv4Addr::from(self.array::<4>(at))
    }

    fn text(&self, at: usize) -> Vec<u8> {
        self.array::<16>(at).into_iter().take_while(|byte| *byte != 0).take(15).collect()
    }

    fn stats(&self, at: usize) -> Stats {
        let narrow = |offset| u64::from(self.u32(at + offset));
        Stats {
            counters: Counters {
                connections: narrow(0),
                in_packets: narrow(4),
                out_packets: narrow(8),
                in_bytes: self.u64(at + 16),
                out_bytes: self.u64(at + 24),
            },
            rates: Rates {
                connections: narrow(32),
                in_packets: narrow(36),
                out_packets: narrow(40),
                in_bytes: narrow(44),
                out_bytes: narrow(48),
            },
            width: CounterWidth::Bits32,
        }
    }

    /// Whether the kernel left this entry alone.
    pub(super) fn is_unused(&self) -> bool {
        self.0.iter().all(|byte| *byte == 0)
    }

    /// The key at the start of a service entry.
    pub(super) fn key(&self) -> Key {
        Key { protocol: self.u16(0), address: self.ipv4(4), port: self.be16(8), mark: self.u32(12) }
    }

    /// How many destinations a service entry says it has, of both families.
    pub(super) fn dest_count(&self) -> usize {
        self.u32(44) as usize
    }

    /// Which service a service entry is about.
    pub(super) fn service_key(&self) -> ServiceKey {
        let key = self.key();
        match NonZeroU32::new(key.mark) {
            Some(mark) => ServiceKey::fwmark(mark, Family::Ipv4),
            None => ServiceKey::Address {
                protocol: Protocol(key.protocol),
                address: key.address.into(),
                port: key.port,
            },
        }
    }

    /// `struct ip_vs_service_entry`.
    pub(super) fn service(&self) -> ServiceEntry {
        let service = self.service_key();
        let word = self.u32(32);
        // Fifteen bytes without NUL always make a name.
        let scheduler = Scheduler::new(self.text(16)).unwrap_or(Scheduler::NONE);
        let mut config = ServiceConfig::new(scheduler).flags(ServiceFlags::from_kernel(word));
        if word & ServiceFlags::PERSISTENT_BIT != 0 {
            let timeout = Duration::from_secs(self.u32(36).into());
            let granularity = Granularity::ipv4(self.ipv4(40));
            config = config.persistence(Persistence::new(timeout).granularity(granularity));
        }
        let mut entry = ServiceEntry::new(service, config);
        entry.stats = self.stats(48);
        entry
    }

    /// `struct ip_vs_dest_entry`.
    pub(super) fn dest(&self) -> DestEntry {
        let key = DestKey::new(IpAddr::V4(self.ipv4(0)), self.be16(4));
        let forward = Forward::from(RawForward::plain(Method::from_flags(self.u32(8))));
        let config =
            DestConfig::new(forward).weight(self.u32(12)).thresholds(self.u32(16), self.u32(20));
        let mut entry = DestEntry::new(key, config);
        (entry.active, entry.inactive) = (self.u32(24), self.u32(28));
        entry.persistent = self.u32(32);
        entry.stats = self.stats(40);
        entry
    }

    /// `struct ip_vs_timeout_user`.
    pub(super) fn timeouts(&self) -> Timeouts {
        let seconds = |at| Duration::from_secs(self.u32(at).into());
        Timeouts { tcp: seconds(0), tcp_fin: seconds(4), udp: seconds(8) }
    }

    /// `struct ip_vs_daemon_user`; `None` where no daemon runs.
    pub(super) fn daemon(&self) -> Option<DaemonConfig> {
        let role = match self.u32(0) {
            1 => DaemonRole::Master,
            2 => DaemonRole::Backup,
            _ => return None,
        };
        let interface = InterfaceName::new(self.text(4)).ok()?;
        let mut config = DaemonConfig::new(role, interface);
        config.sync_id = SyncId::observed(self.u32(20));
        Some(config)
    }
}
