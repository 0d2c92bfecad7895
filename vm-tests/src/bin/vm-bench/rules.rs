// SPDX-License-Identifier: MIT OR Apache-2.0
//! Tables of rules as `ipvsadm -S` writes them.

use std::fs;
use std::path::{Path, PathBuf};

use crate::{ROOT, Result};

/// How large a table is, and of which family.
#[derive(Clone, Copy)]
pub struct Size {
    /// Services.
    pub services: usize,
    /// Destinations of each.
    pub dests: usize,
    /// IPv6 rather than IPv4.
    pub v6: bool,
}

impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let family = if self.v6 { "IPv6" } else { "IPv4" };
        write!(f, "{} × {}, {family}", self.services, self.dests)
    }
}

/// The rules; with `how` as the way to reach destinations.
pub fn rules(size: Size, how: &str) -> String {
    let address = |net: u16, host: usize| {
        let (high, low) = (host / 250, host % 250 + 1);
        if size.v6 {
            format!("[fd00:{net:x}::{high:x}:{low:x}]")
        } else {
            format!("10.{net}.{high}.{low}")
        }
    };
    let mut text = String::new();
    for service in 0..size.services {
        let virtual_service = format!("-t {}:80", address(1, service));
        text += &format!("-A {virtual_service} -s wlc\n");
        for dest in 0..size.dests {
            let server = address(2, service * size.dests % 50_000 + dest);
            text += &format!("-a {virtual_service} -r {server}:8080 {how} -w {}\n", dest % 9 + 1);
        }
    }
    text
}

/// Writes a file below the root; its name is that which a measured program sees.
pub fn file(name: &str, text: &str) -> Result<PathBuf> {
    fs::write(Path::new(ROOT).join(name), text)?;
    Ok(Path::new("/").join(name))
}
