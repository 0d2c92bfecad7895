// SPDX-License-Identifier: MIT OR Apache-2.0
//! Captures of live kernels and connections made up, for all tests.
#![allow(dead_code, reason = "every test file uses its part")]

pub mod pcap;
pub mod strategy;

use std::fs;
use std::path::{Path, PathBuf};

pub const KERNELS: [&str; 3] = ["6.1", "6.12", "7.2"];

pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// The datagrams of one file.
pub struct Capture {
    pub name: String,
    pub datagrams: Vec<Vec<u8>>,
}

/// All captures of one kernel, by name.
pub fn captures(kernel: &str) -> Vec<Capture> {
    let directory = fixtures().join(format!("linux-{kernel}"));
    let files = fs::read_dir(directory).expect("the fixtures").map(|file| file.expect("a file"));
    let paths = files.map(|file| file.path());
    let mut all: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "hex"))
        .map(|path| {
            let text = fs::read_to_string(&path).expect("text");
            let lines = text.lines().filter(|line| !line.starts_with('#'));
            Capture {
                name: path.file_stem().expect("a name").to_string_lossy().into_owned(),
                datagrams: lines.map(bytes).collect(),
            }
        })
        .collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    assert_eq!(all.len(), 24, "{kernel}");
    all
}

/// The capture of one kernel that all datagrams are from, as tcpdump wrote it.
pub fn pcap(kernel: &str) -> PathBuf {
    fixtures().join(format!("linux-{kernel}/all.pcap"))
}

/// Every captured datagram.
pub fn datagrams() -> Vec<Vec<u8>> {
    KERNELS.into_iter().flat_map(captures).flat_map(|capture| capture.datagrams).collect()
}

/// The bytes that hex digits stand for.
pub fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<_> = hex.chars().map(|c| c.to_digit(16).expect("hex") as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}
