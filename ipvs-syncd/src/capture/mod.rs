// SPDX-License-Identifier: MIT OR Apache-2.0
//! UDP datagrams from captures, as `tcpdump -w` and Wireshark write them.
//!
//! [`read`] takes pcap and pcapng, with Ethernet (and VLANs), Linux "cooked" and bare IP packets. It
//! holds one packet at a time. Fragments are not put together again: what is longer than the link's MTU
//! is counted only.

mod file;
pub(crate) mod packet;

use std::io::Read;
use std::net::SocketAddr;
use std::time::Duration;

use pcap_parser::{PcapError, create_reader};
use serde::Serialize;

use file::{Block, Format};
use packet::Fate;

/// The longest block of a capture that is read, in bytes: four times the longest packet that tcpdump
/// keeps.
const BUFFER: usize = 1 << 20;

/// A UDP datagram in a capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Udp<'p> {
    /// When it was captured, since the Unix epoch.
    pub time: Duration,
    /// Its sender.
    pub from: SocketAddr,
    /// Its receiver, usually a multicast group.
    pub to: SocketAddr,
    /// What it carries, complete.
    pub payload: &'p [u8],
}

/// What was in a capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Contents {
    /// Packets in all.
    pub packets: u64,
    /// Wanted datagrams.
    pub wanted: u64,
    /// Packets that are something else.
    pub foreign: u64,
    /// Wanted datagrams of which the capture has only the beginning (`tcpdump -s`).
    pub cut: u64,
    /// Fragments of datagrams, wanted or not.
    pub fragments: u64,
    /// Packets whose headers can't be read, or of links that are not known.
    pub unreadable: u64,
    /// The file ends, or makes no sense, in the middle; what came before was read.
    pub truncated: bool,
    /// When the last packet was captured, since the Unix epoch. Not in the JSON form.
    #[serde(skip)]
    pub last: Option<Duration>,
}

/// Why a capture can't be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CaptureError {
    /// It is empty.
    #[error("it is empty")]
    Empty,
    /// It is neither pcap nor pcapng.
    #[error("it is neither pcap nor pcapng; capture with `tcpdump -w FILE udp`")]
    Format,
    /// It can't be read to the end.
    #[error("it can't be read; is it a file, on a sound disk?")]
    Read,
}

/// Hands the UDP datagrams of a capture whose destination port is wanted to `each`, in their order.
///
/// ```
/// use ipvs_syncd::capture::{self, CaptureError};
/// let nothing: &[u8] = b"";
/// let read = capture::read(nothing, |port| port == 8848, |udp| Ok::<(), CaptureError>(println!("{udp:?}")));
/// assert_eq!(read, Err(CaptureError::Empty));
/// ```
///
/// # Errors
/// When the file is no capture or reading it fails, or the first error of `each`. A file that ends in
/// the middle is no error: see [`Contents::truncated`].
pub fn read<E: From<CaptureError>>(
    file: impl Read + Send,
    wanted: impl Fn(u16) -> bool,
    mut each: impl FnMut(Udp<'_>) -> Result<(), E>,
) -> Result<Contents, E> {
    let mut reader = create_reader(BUFFER, file).map_err(|error| match error {
        PcapError::Eof => CaptureError::Empty,
        PcapError::ReadError => CaptureError::Read,
        _ => CaptureError::Format,
    })?;
    let (mut format, mut contents) = (Format::default(), Contents::default());
    loop {
        match reader.next() {
            Ok((length, block)) => {
                if let Block::Packet(frame) = format.take(block) {
                    contents.packets += 1;
                    contents.last = contents.last.max(Some(frame.time));
                    let fate = packet::udp(frame, &wanted);
                    *match fate {
                        Fate::Wanted(_) => &mut contents.wanted,
                        Fate::Foreign => &mut contents.foreign,
                        Fate::Cut => &mut contents.cut,
                        Fate::Fragment => &mut contents.fragments,
                        Fate::Unreadable => &mut contents.unreadable,
                    } += 1;
                    if let Fate::Wanted(udp) = fate {
                        each(udp)?;
                    }
                }
                reader.consume(length);
            }
            Err(PcapError::Incomplete(_)) => {
                reader.refill().map_err(|_| CaptureError::Read)?;
            }
            Err(PcapError::Eof) => break,
            Err(PcapError::ReadError) => return Err(CaptureError::Read.into()),
            Err(_) => {
                contents.truncated = true;
                break;
            }
        }
    }
    Ok(contents)
}
