// SPDX-License-Identifier: MIT OR Apache-2.0
//! Times and links of packets, in both formats of captures.

use std::time::Duration;

use pcap_parser::{Block as NgBlock, PcapBlockOwned};

/// The kind of link that a packet is from (`LINKTYPE_*` of libpcap).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Link(pub(super) i32);

/// One packet as captured.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame<'b> {
    pub(super) time: Duration,
    pub(super) link: Link,
    pub(super) data: &'b [u8],
}

/// What a block of a capture is to us.
pub(super) enum Block<'b> {
    Packet(Frame<'b>),
    Other,
}

#[derive(Debug, Clone, Copy)]
struct Interface {
    link: Link,
    /// Units of time per second.
    resolution: u64,
    /// Seconds to add.
    offset: i64,
}

/// What was said so far about the packets to come.
#[derive(Debug, Default)]
pub(super) struct Format {
    /// Those of the section; of a pcap file the only one.
    interfaces: Vec<Interface>,
    /// The time of the latest packet, for those without.
    latest: Duration,
}

impl Format {
    pub(super) fn take<'b>(&mut self, block: PcapBlockOwned<'b>) -> Block<'b> {
        match block {
            PcapBlockOwned::LegacyHeader(header) => {
                let nanoseconds = header.is_nanosecond_precision();
                let resolution = if nanoseconds { 1_000_000_000 } else { 1_000_000 };
                // Above 16 bits it tells of checksums.
                let link = Link(header.network.0 & 0xffff);
                self.interfaces = vec![Interface { link, resolution, offset: 0 }];
                Block::Other
            }
            PcapBlockOwned::Legacy(packet) => self.packet(0, packet.data, |interface| {
                let part = time(u64::from(packet.ts_usec), interface.resolution);
                Duration::from_secs(packet.ts_sec.into()).saturating_add(part)
            }),
            PcapBlockOwned::NG(NgBlock::SectionHeader(_)) => {
                self.interfaces.clear();
                Block::Other
            }
            PcapBlockOwned::NG(NgBlock::InterfaceDescription(interface)) => {
                self.interfaces.push(Interface {
                    link: Link(interface.linktype.0),
                    resolution: interface.ts_resolution().unwrap_or(1_000_000),
                    offset: interface.ts_offset(),
                });
                Block::Other
            }
            PcapBlockOwned::NG(NgBlock::EnhancedPacket(packet)) => {
                let units = u64::from(packet.ts_high) << 32 | u64::from(packet.ts_low);
                let data = packet.data.get(..packet.caplen as usize).unwrap_or(packet.data);
                self.packet(packet.if_id as usize, data, |interface| {
                    let offset = Duration::from_secs(interface.offset.unsigned_abs());
                    let time = time(units, interface.resolution);
                    match interface.offset < 0 {
                        true => time.saturating_sub(offset),
                        false => time.saturating_add(offset),
                    }
                })
            }
            PcapBlockOwned::NG(NgBlock::SimplePacket(packet)) => {
                let latest = self.latest;
                let data = packet.data.get(..packet.origlen as usize).unwrap_or(packet.data);
                self.packet(0, data, |_| latest)
            }
            PcapBlockOwned::NG(_) => Block::Other,
        }
    }

    /// A packet of an interface; without the interface its link is unknown, which is no link's number.
    fn packet<'b>(
        &mut self,
        interface: usize,
        data: &'b [u8],
        time: impl FnOnce(Interface) -> Duration,
    ) -> Block<'b> {
        let unknown = Interface { link: Link(-1), resolution: 1_000_000, offset: 0 };
        let interface = self.interfaces.get(interface).copied().unwrap_or(unknown);
        self.latest = time(interface);
        Block::Packet(Frame { time: self.latest, link: interface.link, data })
    }
}

/// `units` of time as there are `resolution` in a second.
fn time(units: u64, resolution: u64) -> Duration {
    let resolution = resolution.max(1);
    let nanoseconds = u128::from(units % resolution) * 1_000_000_000 / u128::from(resolution);
    Duration::new(units / resolution, u32::try_from(nanoseconds).unwrap_or(0))
}
