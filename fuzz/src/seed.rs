// SPDX-License-Identifier: MIT OR Apache-2.0
//! Makes the first inputs of `netlink_decode` from the captures of `ipvs-netlink`:
//! `cargo run --bin seed` in this directory.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{fs, io};

fn main() -> io::Result<()> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut inputs = BTreeSet::new();
    for directory in fs::read_dir(here.join("../ipvs-netlink/tests/fixtures"))? {
        let directory = directory?.path();
        if directory.is_dir() {
            collect(&directory, &mut inputs)?;
        }
    }
    let corpus = here.join("corpus/netlink_decode");
    fs::create_dir_all(&corpus)?;
    for (number, input) in inputs.iter().enumerate() {
        fs::write(corpus.join(format!("capture-{number:03}")), input)?;
    }
    println!("{} inputs in {}", inputs.len(), corpus.display());
    Ok(())
}

fn collect(directory: &PathBuf, inputs: &mut BTreeSet<Vec<u8>>) -> io::Result<()> {
    for file in fs::read_dir(directory)? {
        let path = file?.path();
        if path.extension().is_none_or(|extension| extension != "hex") {
            continue;
        }
        let text = fs::read_to_string(path)?;
        for hex in text.lines().filter_map(|l| l.strip_prefix("> ").or(l.strip_prefix("< "))) {
            let bytes = bytes(hex).ok_or_else(|| io::Error::other(format!("not hex: {hex}")))?;
            // The target's two forms: a datagram, and the attributes of its first message.
            inputs.insert([&[255], &bytes[..]].concat());
            if let Some((&[command, ..], attributes)) =
                bytes.get(16..).and_then(|payload| payload.split_first_chunk::<4>())
            {
                let end = attributes.len().min(1000) & !3;
                inputs.insert([&[command & 127], &attributes[..end]].concat());
            }
        }
    }
    Ok(())
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> =
        hex.chars().map(|c| c.to_digit(16).map(|d| d as u8)).collect::<Option<_>>()?;
    Some(
        digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect(),
    )
}
