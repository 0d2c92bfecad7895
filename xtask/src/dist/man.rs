// SPDX-License-Identifier: MIT OR Apache-2.0
//! The manual: prose from `docs/man`, usage and options from the table and the grammars of words.

use anyhow::{Context, Result, ensure};
use clap_mangen::Man;
use ipvsadm_rs::legacy::help::USAGE;

use super::{grammar, words};

/// The pages with their prose, which has marks where generated text belongs.
const PAGES: [(&str, &str); 4] = [
    ("ipvsadm", include_str!("../../../docs/man/ipvsadm.8")),
    ("ipvsadm-save", include_str!("../../../docs/man/ipvsadm-save.8")),
    ("ipvsadm-restore", include_str!("../../../docs/man/ipvsadm-restore.8")),
    (grammar::SYNCD, include_str!("../../../docs/man/ipvs-syncd.8")),
];

/// The page of a program, in section 8.
///
/// # Errors
/// There is no prose, or the generator has changed its form.
pub fn page(program: &str) -> Result<String> {
    let (_, prose) =
        PAGES.iter().find(|(name, _)| *name == program).context("no such manual page")?;
    let page = prose.replace("@VERSION@", env!("CARGO_PKG_VERSION"));
    let page = match grammar::words(program) {
        Some(words) => page.replace("@WORDS@\n", &words::sections(words)?),
        None => page,
    };
    if program == grammar::SYNCD {
        let words = grammar::words(program).context("a program without words")?;
        return Ok(page.replace("@SYNOPSIS@\n", &words::synopsis(words)));
    }
    let page = page.replace("@SYNOPSIS@\n", &synopsis());
    Ok(page.replace("@OPTIONS@\n", &options()?))
}

fn synopsis() -> String {
    let form = |usage: &&str| format!(".B ipvsadm\n{}\n", escape(usage));
    USAGE.iter().map(form).collect::<Vec<_>>().join(".br\n")
}

pub(super) fn escape(text: &str) -> String {
    text.replace('\\', r"\e").replace('-', r"\-")
}

/// The table, a subsection for each topic.
fn options() -> Result<String> {
    let mut text = String::new();
    for (heading, command) in grammar::topics() {
        let mut section = Vec::new();
        Man::new(command).render_options_section(&mut section)?;
        let section = String::from_utf8(section)?;
        let entries = section.split_once(".SH OPTIONS\n").map(|(_, entries)| entries);
        let entries = entries.context("the generator wrote no section OPTIONS")?;
        ensure!(!entries.contains("\n.SH"), "the generator wrote more than one section");
        // Defined in the generator's preamble only, which is not here.
        let entries = entries.replace(r"\*(Aq", r"\(aq");
        text.push_str(&format!(".SS {}\n{entries}", escape(heading)));
    }
    Ok(text)
}
