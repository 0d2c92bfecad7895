// SPDX-License-Identifier: MIT OR Apache-2.0
//! The one-line form of a connection, for people.

use std::fmt;

use ipvs_types::{Method, Protocol};

use crate::{Connection, ConnectionFlags, Sequence};

/// The flags that a line tells by a word; the state tells that something is a template.
const WORDS: [(ConnectionFlags, &str); 8] = [
    (ConnectionFlags::TEMPLATE, "template"),
    (ConnectionFlags::NO_OUTPUT, "no-output"),
    (ConnectionFlags::INACTIVE, "inactive"),
    (ConnectionFlags::SYNC, "synced"),
    (ConnectionFlags::NO_CLIENT_PORT, "no-client-port"),
    (ConnectionFlags::ONE_PACKET, "one-packet"),
    (ConnectionFlags::NF_CONNTRACK, "nf-conntrack"),
    (ConnectionFlags::HASHED, "hashed"),
];

/// The word for a forwarding method.
pub(crate) const fn method(method: Method) -> Option<&'static str> {
    match method {
        Method::MASQ => Some("masq"),
        Method::LOCAL => Some("local"),
        Method::TUNNEL => Some("tunnel"),
        Method::ROUTE => Some("route"),
        Method::BYPASS => Some("bypass"),
        _ => None,
    }
}

/// The kernel's name of a protocol, as `/proc/net/ip_vs_conn` has it.
struct Name(Protocol);

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Protocol::TCP => f.write_str("TCP"),
            Protocol::UDP => f.write_str("UDP"),
            Protocol::SCTP => f.write_str("SCTP"),
            Protocol(0) => f.write_str("IP"),
            Protocol(1) => f.write_str("ICMP"),
            Protocol(58) => f.write_str("ICMPv6"),
            Protocol(number) => write!(f, "IP_{number}"),
        }
    }
}

/// `PROTOCOL client > service > destination STATE method`, then what is not as usual. One line, whatever
/// the persistence data holds: bytes that are no plain ASCII are escaped.
impl fmt::Display for Connection<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} > ", Name(self.protocol), self.client())?;
        match self.service_mark() {
            Some(mark) => write!(f, "fwmark {mark}")?,
            None => write!(f, "{}", self.service())?,
        }
        write!(f, " > {} {}", self.dest(), self.named_state())?;
        match method(self.method) {
            Some(word) => write!(f, " {word}")?,
            None => write!(f, " method {}", self.method.number())?,
        }
        if !self.timeout.is_zero() {
            write!(f, " {}s", self.timeout.as_secs())?;
        }
        let mut rest = self.flags;
        for (flag, word) in WORDS {
            if rest.contains(flag) {
                write!(f, " {word}")?;
                rest.remove(flag);
            }
        }
        rest.remove(ConnectionFlags::SEQUENCES);
        if !rest.is_empty() {
            write!(f, " flags {:#x}", rest.bits())?;
        }
        if self.mark != 0 {
            write!(f, " mark {}", self.mark)?;
        }
        let directions = [
            ("in", ConnectionFlags::IN_SEQ, self.sequences.map(|both| both.incoming)),
            ("out", ConnectionFlags::OUT_SEQ, self.sequences.map(|both| both.outgoing)),
        ];
        for (direction, flag, numbers) in directions {
            match numbers {
                Some(Sequence { initial, delta, previous_delta }) => {
                    write!(f, " seq-{direction} {initial}{delta:+}{previous_delta:+}")?;
                }
                None if self.flags.contains(flag) => write!(f, " seq-{direction} missing")?,
                None => {}
            }
        }
        if let Some(name) = &self.engine_name {
            write!(f, " engine {}", name.escape_ascii())?;
        }
        if let Some(data) = &self.engine_data {
            write!(f, " \"{}\"", data.escape_ascii())?;
        }
        Ok(())
    }
}
