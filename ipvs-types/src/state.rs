// SPDX-License-Identifier: MIT OR Apache-2.0
//! States of connections: the kernel's numbers and names.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Defines the states of one protocol in the order of the kernel's numbers, from 0.
macro_rules! states {
    ($(#[$doc:meta])* $name:ident { $($(#[$state_doc:meta])* $state:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[non_exhaustive]
        #[repr(u16)]
        pub enum $name {
            $($(#[$state_doc])* #[serde(rename = $text)] $state,)*
        }

        impl $name {
            /// All of them, in the order of the kernel's numbers.
            pub const ALL: &'static [Self] = &[$(Self::$state),*];

            /// The state of this name.
            #[inline]
            pub fn from_name(name: &str) -> Option<Self> {
                match name {
                    $($text => Some(Self::$state),)*
                    _ => None,
                }
            }

            /// The state of this number.
            #[inline]
            pub fn from_number(number: u16) -> Option<Self> {
                Self::ALL.get(usize::from(number)).copied()
            }

            /// The kernel's name, as `/proc/net/ip_vs_conn` and `ipvsadm -Lc` show it.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$state => $text,)*
                }
            }

            /// The kernel's number, as synchronization messages carry it.
            pub const fn number(self) -> u16 {
                self as u16
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.name())
            }
        }
    };
}

states! {
    /// States of templates (`IP_VS_CTPL_S_*`).
    TemplateState {
        /// New.
        None = "NONE",
        /// A connection from this client was established; the defenses leave it alone.
        Assured = "ASSURED",
    }
}

states! {
    /// States of TCP connections (`IP_VS_TCP_S_*`), with the timeouts that the kernel has by default.
    ///
    /// ```
    /// use ipvs_types::TcpState;
    /// assert_eq!(TcpState::from_number(4), Some(TcpState::FinWait));
    /// assert_eq!(TcpState::FinWait.name(), "FIN_WAIT");
    /// ```
    TcpState {
        /// Before the first packet; 2 s.
        None = "NONE",
        /// Open; 15 min (`ipvsadm --set`). Counts as active, as do `SynSent`, `SynRecv` and `SynAck`.
        Established = "ESTABLISHED",
        /// The server opened it; 2 min.
        SynSent = "SYN_SENT",
        /// The client asked; 1 min.
        SynRecv = "SYN_RECV",
        /// One side closed; 2 min (`ipvsadm --set`).
        FinWait = "FIN_WAIT",
        /// Both closed; 2 min.
        TimeWait = "TIME_WAIT",
        /// Reset; 10 s.
        Close = "CLOSE",
        /// The client closed; 1 min.
        CloseWait = "CLOSE_WAIT",
        /// Awaiting the last acknowledgement; 30 s.
        LastAck = "LAST_ACK",
        /// Announced by a helper such as FTP; 2 min.
        Listen = "LISTEN",
        /// The server answered; 2 min.
        SynAck = "SYNACK",
    }
}

states! {
    /// States of SCTP associations (`IP_VS_SCTP_S_*`): 61 s by default, but where said.
    SctpState {
        /// Before the first packet; 2 s.
        None = "NONE",
        /// First INIT; 4 s.
        Init1 = "INIT1",
        /// INIT.
        Init = "INIT",
        /// Cookie sent.
        CookieSent = "C-SENT",
        /// Cookie replied.
        CookieReplied = "C-REPLIED",
        /// Waiting for the cookie.
        CookieWait = "C-WAIT",
        /// Cookie.
        Cookie = "COOKIE",
        /// Cookie echoed.
        CookieEchoed = "C-ECHOED",
        /// Open; 15 min. Counts as active.
        Established = "ESTABLISHED",
        /// Shutdown sent.
        ShutdownSent = "S-SENT",
        /// Shutdown received.
        ShutdownReceived = "S-RECEIVED",
        /// Shutdown acknowledged.
        ShutdownAckSent = "S-ACK-SENT",
        /// Refused; 4 s.
        Rejected = "REJECTED",
        /// Over.
        Closed = "CLOSED",
    }
}
