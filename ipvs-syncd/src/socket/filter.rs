// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which packets a packet socket takes: a program for the kernel (classic BPF, `linux/filter.h`).
//!
//! The packet starts with its IP header. Taken are UDP datagrams to a group and to some ports, and of a
//! datagram in fragments the first one, so that they can be counted.

use std::net::IpAddr;
use std::ops::RangeInclusive;

use socket2::SockFilter;

/// Into the accumulator: 4, 2 or 1 bytes at an offset.
const LOAD_4: u16 = 0x20;
const LOAD_2: u16 = 0x28;
const LOAD_1: u16 = 0x30;
/// Two bytes at an offset from the index register.
const LOAD_2_INDEXED: u16 = 0x48;
/// Into the index register: 4 times the low half of the byte at an offset, the length of an IPv4 header.
const INDEX_BY_HEADER: u16 = 0xb1;
/// Jumps if the accumulator is equal, greater, greater or equal, or has common bits.
const EQUAL: u16 = 0x15;
const GREATER: u16 = 0x25;
const AT_LEAST: u16 = 0x35;
const COMMON: u16 = 0x45;
/// Ends: takes so many bytes.
const TAKE: u16 = 0x06;

/// What the kernel knows besides the bytes (`SKF_AD_OFF`): the ethertype, whether the packet goes out or
/// comes in, the interface.
const PROTOCOL: u32 = 0xffff_f000;
const DIRECTION: u32 = PROTOCOL + 4;
const INTERFACE: u32 = PROTOCOL + 8;
/// `PACKET_OUTGOING`.
const OUTGOING: u32 = 4;
/// The interface `lo` of every namespace.
const LOOPBACK: u32 = 1;

const IPV4: u32 = 0x0800;
const IPV6: u32 = 0x86dd;
const UDP: u32 = 17;
const FRAGMENT: u32 = 44;

/// A step that goes on or drops the packet.
enum Step {
    Load(u16, u32),
    /// Goes on if the comparison holds.
    If(u16, u32),
    /// Goes on if it does not.
    Unless(u16, u32),
}

/// Lets no packet in.
pub(super) fn nothing() -> [SockFilter; 1] {
    [SockFilter::new(TAKE, 0, 0, 0)]
}

/// The program. An unbound socket hears all interfaces; this is also what keeps it to one.
pub(super) fn program(
    interface: u32,
    group: IpAddr,
    ports: &RangeInclusive<u16>,
) -> Vec<SockFilter> {
    use Step::{If, Load, Unless};
    let mut steps = vec![Load(LOAD_4, INTERFACE), If(EQUAL, interface)];
    if interface == LOOPBACK {
        // What goes out of it comes in as well.
        steps.extend([Load(LOAD_4, DIRECTION), Unless(EQUAL, OUTGOING)]);
    }
    let (first, last) = (u32::from(*ports.start()), u32::from(*ports.end()));
    let ports_at = |load, at| [Load(load, at), If(AT_LEAST, first), Unless(GREATER, last)];
    let take = || vec![SockFilter::new(TAKE, 0, 0, u32::MAX)];
    match group {
        IpAddr::V4(group) => {
            steps.extend([
                Load(LOAD_4, PROTOCOL),
                If(EQUAL, IPV4),
                Load(LOAD_1, 9),
                If(EQUAL, UDP),
            ]);
            steps.extend([Load(LOAD_4, 16), If(EQUAL, group.to_bits())]);
            steps.extend([Load(LOAD_2, 6), Unless(COMMON, 0x1fff), Load(INDEX_BY_HEADER, 0)]);
            steps.extend(ports_at(LOAD_2_INDEXED, 2));
            block(&steps, take())
        }
        IpAddr::V6(group) => {
            steps.extend([Load(LOAD_4, PROTOCOL), If(EQUAL, IPV6)]);
            for (word, at) in group.octets().chunks_exact(4).zip([24, 28, 32, 36]) {
                let word = word.iter().fold(0, |word, byte| word << 8 | u32::from(*byte));
                steps.extend([Load(LOAD_4, at), If(EQUAL, word)]);
            }
            steps.push(Load(LOAD_1, 6));
            // UDP comes right behind the header, or behind that of a first fragment.
            let mut fragment = vec![If(EQUAL, FRAGMENT), Load(LOAD_1, 40), If(EQUAL, UDP)];
            fragment.extend([Load(LOAD_2, 42), Unless(COMMON, 0xfff8)]);
            fragment.extend(ports_at(LOAD_2, 50));
            let plain = block(&ports_at(LOAD_2, 42), take());
            let mut ways = vec![SockFilter::new(EQUAL, 0, plain.len() as u8, UDP)];
            ways.extend(plain);
            ways.extend(block(&fragment, take()));
            block(&steps, ways)
        }
    }
}

/// The steps, then what follows if none drops the packet, then the end that does.
fn block(steps: &[Step], then: Vec<SockFilter>) -> Vec<SockFilter> {
    let mut program: Vec<_> = steps
        .iter()
        .enumerate()
        .map(|(place, step)| {
            let end = (steps.len() - place - 1 + then.len()) as u8;
            match *step {
                Step::Load(code, from) => SockFilter::new(code, 0, 0, from),
                Step::If(code, value) => SockFilter::new(code, 0, end, value),
                Step::Unless(code, value) => SockFilter::new(code, end, 0, value),
            }
        })
        .collect();
    program.extend(then);
    program.push(SockFilter::new(TAKE, 0, 0, 0));
    program
}
