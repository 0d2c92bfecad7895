// SPDX-License-Identifier: MIT OR Apache-2.0
//! Netlink framing: the messages in a datagram, and what kind of answer each is.

use crate::wire::error::{Found, WireError};
use crate::wire::ext_ack;
use crate::wire::number::netlink::{self, GENERIC_HEADER, HEADER, align};
use crate::{Errno, ExtAck};

/// One netlink message (`struct nlmsghdr` and payload).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Frame<'a> {
    /// `nlmsg_type`: a control message below 16, otherwise the family's number.
    pub kind: u16,
    /// `nlmsg_flags`.
    pub flags: u16,
    /// `nlmsg_seq`: the number that the request had.
    pub seq: u32,
    /// `nlmsg_pid`: the port id of the socket that asked.
    pub port: u32,
    /// What follows the header, without alignment bytes.
    pub payload: &'a [u8],
}

/// What a message from the kernel says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer<'a> {
    /// Done as asked (`NLMSG_ERROR` with 0).
    Ack,
    /// Refused (`NLMSG_ERROR`).
    Nack {
        /// Why.
        errno: Errno,
        /// The kernel's explanation, where it gave one.
        ext_ack: Option<ExtAck>,
    },
    /// The end of a dump (`NLMSG_DONE`).
    Done {
        /// Why the dump broke off; `None` when it is complete.
        errno: Option<Errno>,
        /// The kernel's explanation or warning.
        ext_ack: Option<ExtAck>,
    },
    /// A message of a generic netlink family.
    Data {
        /// The command.
        command: u8,
        /// Its attributes.
        attributes: &'a [u8],
    },
    /// Another control message, which says nothing about a request.
    Other,
}

impl<'a> Frame<'a> {
    fn first(bytes: &'a [u8]) -> Result<Self, Found> {
        let short = Found::Short { len: bytes.len(), need: HEADER };
        let (header, _) = bytes.split_first_chunk::<HEADER>().ok_or(short)?;
        let word = |at: usize| [header[at], header[at + 1], header[at + 2], header[at + 3]];
        let half = |at: usize| [header[at], header[at + 1]];
        let claimed = u32::from_ne_bytes(word(0)) as usize;
        let payload = bytes.get(HEADER..claimed);
        Ok(Self {
            kind: u16::from_ne_bytes(half(4)),
            flags: u16::from_ne_bytes(half(6)),
            seq: u32::from_ne_bytes(word(8)),
            port: u32::from_ne_bytes(word(12)),
            payload: payload.ok_or(Found::Length { claimed, left: bytes.len() })?,
        })
    }

    /// What the message says.
    ///
    /// # Errors
    /// When it is too short for its type, or carries a positive error number.
    pub fn answer(&self) -> Result<Answer<'a>, WireError> {
        match self.kind {
            netlink::ERROR => {
                let (code, echo) = self.code("NLMSG_ERROR")?;
                let Some(errno) = errno(code) else { return Ok(Answer::Ack) };
                Ok(Answer::Nack { errno, ext_ack: ext_ack::after_echo(self.flags, echo) })
            }
            // Some families end a dump without a status.
            netlink::DONE if self.payload.is_empty() => {
                Ok(Answer::Done { errno: None, ext_ack: None })
            }
            netlink::DONE => {
                let (code, rest) = self.code("NLMSG_DONE")?;
                Ok(Answer::Done { errno: errno(code), ext_ack: ext_ack::tlvs(self.flags, rest) })
            }
            kind if kind < netlink::MIN_TYPE => Ok(Answer::Other),
            _ => match self.payload.split_first_chunk::<GENERIC_HEADER>() {
                Some(([command, ..], attributes)) => {
                    Ok(Answer::Data { command: *command, attributes })
                }
                None => Err(self.short("generic netlink header", GENERIC_HEADER)),
            },
        }
    }

    fn code(&self, what: &'static str) -> Result<(i32, &'a [u8]), WireError> {
        let (code, rest) = self.payload.split_first_chunk().ok_or(self.short(what, 4))?;
        match i32::from_ne_bytes(*code) {
            code @ ..=0 => Ok((code, rest)),
            code => {
                let found = Found::Number { value: code.into(), expected: "0 or a negative errno" };
                Err(WireError { what, offset: HEADER, found })
            }
        }
    }

    fn short(&self, what: &'static str, need: usize) -> WireError {
        let found = Found::Short { len: self.payload.len(), need };
        WireError { what, offset: HEADER, found }
    }
}

/// The error number in a status of 0 or below.
fn errno(code: i32) -> Option<Errno> {
    (code != 0).then_some(Errno(code.saturating_neg()))
}

/// The messages in a datagram, in their order; nothing after an error.
#[derive(Debug, Clone)]
pub(crate) struct Frames<'a> {
    rest: &'a [u8],
    offset: usize,
}

impl<'a> Frames<'a> {
    /// The messages in `datagram`.
    pub fn new(datagram: &'a [u8]) -> Self {
        Self { rest: datagram, offset: 0 }
    }
}

impl<'a> Iterator for Frames<'a> {
    type Item = Result<Frame<'a>, WireError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let frame = Frame::first(self.rest).map_err(|found| {
            self.rest = &[];
            WireError { what: "netlink message", offset: self.offset, found }
        });
        if let Ok(frame) = &frame {
            let step = align(HEADER + frame.payload.len()).min(self.rest.len());
            self.rest = &self.rest[step..];
            self.offset += step;
        }
        Some(frame)
    }
}
