// SPDX-License-Identifier: MIT OR Apache-2.0
//! The names that the command lines use: `/etc/hosts` and `/etc/services` of the machine on which
//! the scenarios were observed.

/// `/etc/hosts`.
pub const HOSTS: &str = include_str!("../../../ipvsadm-rs/tests/support/hosts");

/// `/etc/services`.
pub const SERVICES: &str = include_str!("../../../ipvsadm-rs/tests/support/services");

/// `/etc/nsswitch.conf`, so that nothing else is asked.
pub const NSSWITCH: &str = "hosts: files\nservices: files\nprotocols: files\nnetworks: files\n";

/// Whether `text` mentions a name of the fixture.
pub(super) fn mentioned(text: &[u8]) -> bool {
    let names = HOSTS.split_ascii_whitespace().chain(SERVICES.split_ascii_whitespace());
    names
        .filter(|name| name.starts_with(|c: char| c.is_ascii_alphabetic()))
        .any(|name| text.windows(name.len()).any(|part| part == name.as_bytes()))
}
