// SPDX-License-Identifier: MIT OR Apache-2.0
//! Captures from live kernels; see `tests/fixtures/README.md`.

use std::path::{Path, PathBuf};

pub const KERNELS: [&str; 3] = ["linux-6.1", "linux-6.12", "linux-7.2"];

/// A conversation with a kernel.
#[derive(Debug, Clone)]
pub struct Fixture {
    /// Directory and file name, for messages.
    pub name: String,
    /// What user space sent.
    pub sent: Vec<Vec<u8>>,
    /// What the kernel sent, one datagram each.
    pub received: Vec<Vec<u8>>,
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u32> = hex.chars().map(|c| c.to_digit(16).expect("hex digit")).collect();
    digits.chunks(2).map(|pair| (pair[0] * 16 + pair[1]) as u8).collect()
}

/// The fixture `name` of `set`, for example `linux-6.12`, `get_info`.
pub fn read(set: &str, name: &str) -> Fixture {
    let path = directory().join(set).join(format!("{name}.hex"));
    let text = std::fs::read_to_string(&path).expect("a fixture");
    let lines = |mark| text.lines().filter_map(move |line| line.strip_prefix(mark)).map(bytes);
    let (sent, received) = (lines("> ").collect(), lines("< ").collect());
    Fixture { name: format!("{set}/{name}"), sent, received }
}

/// All fixtures of `set`, at least one, in the order of their names.
pub fn all(set: &str) -> Vec<Fixture> {
    let files = std::fs::read_dir(directory().join(set)).expect("a directory of fixtures");
    let mut names: Vec<String> = files
        .map(|file| file.expect("a file").file_name().into_string().expect("UTF-8"))
        .filter_map(|name| name.strip_suffix(".hex").map(String::from))
        .collect();
    names.sort();
    assert!(!names.is_empty(), "no fixtures in {set}");
    names.iter().map(|name| read(set, name)).collect()
}

/// The fixtures of all kernels and of the C tool.
pub fn everything() -> Vec<Fixture> {
    KERNELS.into_iter().chain(["ipvsadm-1.31"]).flat_map(all).collect()
}
