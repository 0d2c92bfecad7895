// SPDX-License-Identifier: MIT OR Apache-2.0
//! The distribution's schedulers load into our module only if the checksums of what it exports are
//! the same: they cover every structure that the functions see.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::headers::Headers;

/// The file with the symbols of modules and of the kernel.
const SYMBOLS: &str = "Module.symvers";

/// Compares what `ip_vs` exports in `output` with what the distribution's exports.
///
/// # Errors
/// A symbol is missing, new or has another checksum; the message names all of them.
pub fn compare(headers: &Headers, output: &Path) -> Result<()> {
    let read = |directory: &Path| -> Result<String> {
        let path = directory.join(SYMBOLS);
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
    };
    let (theirs, ours) = (read(&headers.directory())?, read(output)?);
    let (theirs, ours) = (exports(&theirs), exports(&ours));
    ensure!(!theirs.is_empty(), "{} knows no symbol of ip_vs", headers.directory().display());
    let wrong = differences(&theirs, &ours);
    ensure!(
        wrong.is_empty(),
        "the distribution's modules would not load into this ip_vs: {} of {} symbols differ: {} \
         (new fields belong at the end of their structure, hidden from the checksums: see \
         kernel-patches/README.md)",
        wrong.len(),
        theirs.len(),
        wrong.join(" ")
    );
    if theirs.values().all(|checksum| *checksum == NONE) {
        eprintln!(
            "kernel {}: {} exported symbols, which have no checksums in this kernel: nothing but \
             care keeps structures compatible",
            headers.kernel.name,
            theirs.len()
        );
    } else {
        eprintln!(
            "kernel {}: the checksums of all {} exported symbols are the distribution's",
            headers.kernel.name,
            theirs.len()
        );
    }
    Ok(())
}

/// What stands in place of a checksum in kernels without MODVERSIONS.
const NONE: &str = "0x00000000";

/// The symbols of the module `ip_vs` with their checksums.
fn exports(text: &str) -> BTreeMap<&str, &str> {
    let lines = text.lines().filter_map(|line| {
        let mut words = line.split('\t');
        let (checksum, symbol, module) = (words.next()?, words.next()?, words.next()?);
        module.rsplit('/').next().filter(|name| *name == "ip_vs").map(|_| (symbol, checksum))
    });
    lines.collect()
}

fn differences<'a>(
    theirs: &BTreeMap<&'a str, &'a str>,
    ours: &BTreeMap<&'a str, &'a str>,
) -> Vec<&'a str> {
    let changed = theirs.iter().filter(|(symbol, sum)| ours.get(*symbol) != Some(*sum));
    let new = ours.iter().filter(|(symbol, _)| !theirs.contains_key(*symbol));
    changed.chain(new).map(|(symbol, _)| *symbol).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const THEIRS: &str = "0x11\tip_vs_conn_put\tnet/netfilter/ipvs/ip_vs\tEXPORT_SYMBOL\t\n\
        0x22\tip_vs_conn_new\tnet/netfilter/ipvs/ip_vs\tEXPORT_SYMBOL\t\n\
        0x33\tother\tnet/netfilter/ipvs/ip_vs_ftp\tEXPORT_SYMBOL\t\n";

    #[test]
    fn only_the_module_itself_counts() {
        let ours = THEIRS.replace("net/netfilter/ipvs", "/x/build").replace("0x33", "0x34");
        assert_eq!(exports(THEIRS).len(), 2);
        assert!(differences(&exports(THEIRS), &exports(&ours)).is_empty());
    }

    #[test]
    fn changed_missing_and_new_symbols_are_found() {
        let ours = "0x12\tip_vs_conn_put\t/x/ip_vs\t\n0x44\tip_vs_new_one\t/x/ip_vs\t\n";
        let wrong = differences(&exports(THEIRS), &exports(ours));
        assert_eq!(wrong, ["ip_vs_conn_new", "ip_vs_conn_put", "ip_vs_new_one"]);
    }
}
