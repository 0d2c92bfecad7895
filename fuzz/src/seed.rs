// SPDX-License-Identifier: MIT OR Apache-2.0
//! Makes the first inputs of `netlink_decode`, `sync_decode` and `sync_capture` from captures of live
//! kernels: `cargo run --bin seed` in this directory.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{fs, io};

fn main() -> io::Result<()> {
    seed("netlink_decode", "../ipvs-netlink/tests/fixtures", collect)?;
    seed("sync_decode", "../ipvs-syncd/tests/fixtures", collect_datagrams)?;
    seed("sync_capture", "../ipvs-syncd/tests/fixtures", collect_file)
}

/// Writes what `collect` finds in the directories of `fixtures` as inputs of `target`.
fn seed(
    target: &str,
    fixtures: &str,
    collect: fn(&Path, &mut BTreeSet<Vec<u8>>) -> io::Result<()>,
) -> io::Result<()> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut inputs = BTreeSet::new();
    for directory in fs::read_dir(here.join(fixtures))? {
        let directory = directory?.path();
        if directory.is_dir() {
            collect(&directory, &mut inputs)?;
        }
    }
    let corpus = here.join("corpus").join(target);
    fs::create_dir_all(&corpus)?;
    for (number, input) in inputs.iter().enumerate() {
        fs::write(corpus.join(format!("capture-{number:03}")), input)?;
    }
    println!("{} inputs in {}", inputs.len(), corpus.display());
    Ok(())
}

/// The texts of the captures in `directory`.
fn captures(directory: &Path) -> io::Result<Vec<String>> {
    let paths: Vec<_> =
        fs::read_dir(directory)?.map(|file| Ok(file?.path())).collect::<io::Result<_>>()?;
    let is_capture = |path: &&PathBuf| path.extension().is_some_and(|extension| extension == "hex");
    paths.iter().filter(is_capture).map(fs::read_to_string).collect()
}

/// Sync messages: every line but the comments is a datagram.
fn collect_datagrams(directory: &Path, inputs: &mut BTreeSet<Vec<u8>>) -> io::Result<()> {
    for text in captures(directory)? {
        for hex in text.lines().filter(|line| !line.starts_with('#')) {
            inputs.insert(bytes(hex)?);
        }
    }
    Ok(())
}

/// The packets of one kernel, as a file.
fn collect_file(directory: &Path, inputs: &mut BTreeSet<Vec<u8>>) -> io::Result<()> {
    inputs.insert(fs::read(directory.join("all.pcap"))?);
    Ok(())
}

/// Netlink messages: lines with an arrow are datagrams.
fn collect(directory: &Path, inputs: &mut BTreeSet<Vec<u8>>) -> io::Result<()> {
    for text in captures(directory)? {
        for hex in text.lines().filter_map(|l| l.strip_prefix("> ").or(l.strip_prefix("< "))) {
            let bytes = bytes(hex)?;
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

fn bytes(hex: &str) -> io::Result<Vec<u8>> {
    let digits: Option<Vec<u8>> = hex.chars().map(|c| c.to_digit(16).map(|d| d as u8)).collect();
    let digits = digits.ok_or_else(|| io::Error::other(format!("not hex: {hex}")))?;
    let byte = |pair: &[u8]| pair.iter().fold(0, |byte, digit| byte << 4 | digit);
    Ok(digits.chunks(2).map(byte).collect())
}
