// SPDX-License-Identifier: MIT OR Apache-2.0
//! How many services there are, whether the socket options show them or not.
//!
//! The legacy interface leaves IPv6 out in silence. `/proc/net/ip_vs` shows everything to everybody;
//! a file opened in a namespace goes on showing that namespace. Kernels before 7 skip lines between
//! two `read`s when other namespaces have services too, so that the count is a lower bound.

use std::fs::File;
use std::io::{BufRead, BufReader, Seek};

/// The open `/proc/net/ip_vs` of one namespace.
pub(super) struct Census(File);

impl Census {
    /// Opens that of the calling thread's namespace; `None` where `/proc` is not to be had.
    pub(super) fn open() -> Option<Self> {
        File::open("/proc/thread-self/net/ip_vs").ok().map(Self)
    }

    /// Counts now; `None` if the file can't be read.
    pub(super) fn take(&mut self) -> Option<usize> {
        self.0.rewind().ok()?;
        count(BufReader::new(&self.0))
    }
}

/// Three lines of heading, then lines of services and, with an arrow, of destinations.
fn count(text: impl BufRead) -> Option<usize> {
    let mut services = 0;
    for line in text.lines().skip(3) {
        let line = line.ok()?;
        let line = line.trim();
        services += usize::from(!line.is_empty() && !line.starts_with("->"));
    }
    Some(services)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_services_of_both_families() {
        let text = "IP Virtual Server version 1.2.1 (size=4096)\n\
            Prot LocalAddress:Port Scheduler Flags\n  -> RemoteAddress:Port Forward Weight\n\
            TCP  0A000001:0050 rr  \n  -> 0A000002:0050      Masq    1      0          0         \n\
            TCP  [fd01:0000:0000:0000:0000:0000:0000:0001]:0050 rr \nFWM  00000007 wlc  \n";
        assert_eq!(count(text.as_bytes()), Some(3));
        assert_eq!(count(&b""[..]), Some(0));
    }
}
