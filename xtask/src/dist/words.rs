// SPDX-License-Identifier: MIT OR Apache-2.0
//! Words in the manual: a subsection for each, from the grammar that parses it.

use anyhow::{Context, Result};
use clap::{Arg, ArgAction, Command};
use clap_mangen::Man;

use super::man::escape;

/// The usage of every word, a line for each.
pub fn synopsis(mut words: Command) -> String {
    words.build();
    let mut forms = Vec::new();
    usages(&words, &mut forms);
    forms.join(".br\n")
}

fn usages(command: &Command, forms: &mut Vec<String>) {
    for word in command.get_subcommands() {
        match word.has_subcommands() {
            true => usages(word, forms),
            false => {
                let usage = word.clone().render_usage().to_string();
                let usage: Vec<_> = usage.split_whitespace().skip(1).collect();
                forms.push(format!("{}\n", escape(&usage.join(" "))));
            }
        }
    }
}

/// A subsection for each word: what it does, its options, and how its help ends.
///
/// # Errors
/// The generator has changed its form.
pub fn sections(mut words: Command) -> Result<String> {
    words.build();
    let mut text = String::new();
    for word in words.get_subcommands() {
        section(word, &[], &mut text)?;
    }
    Ok(text)
}

/// Options that stand above are not told again.
fn section(word: &Command, above: &[&Arg], text: &mut String) -> Result<()> {
    let name = word.get_bin_name().unwrap_or(word.get_name());
    text.push_str(&format!(".SS {}\n", escape(name)));
    let about =
        word.get_long_about().or_else(|| word.get_about()).context("a word without help")?;
    text.push_str(&format!("{}\n", paragraphs(&about.to_string())));
    let told = |argument: &&Arg| {
        let above = above.iter().any(|known| known.get_id() == argument.get_id());
        !is_help(argument) && !above && !argument.is_hide_set()
    };
    let own: Vec<_> = word.get_arguments().filter(told).collect();
    text.push_str(&options(&own)?);
    if let Some(end) = word.get_after_long_help().or_else(|| word.get_after_help()) {
        text.push_str(&format!(".PP\n.nf\n{}\n.fi\n", verbatim(&end.to_string())));
    }
    let above: Vec<_> = above.iter().copied().chain(own).collect();
    word.get_subcommands().try_for_each(|inner| section(inner, &above, text))
}

/// Whether an option only prints something about the program. (Others may be called `--version`.)
pub fn is_help(argument: &Arg) -> bool {
    use ArgAction::{Help, HelpLong, HelpShort, Version};
    matches!(argument.get_action(), Help | HelpLong | HelpShort | Version)
}

fn options(arguments: &[&Arg]) -> Result<String> {
    let command = Command::new("word").disable_help_flag(true);
    let command = command.args(arguments.iter().map(|argument| (*argument).clone()));
    let mut section = Vec::new();
    Man::new(command).render_options_section(&mut section)?;
    let section = String::from_utf8(section)?;
    // Its headings would be those of the manual's own sections, and are in capitals.
    let headings: Vec<_> = arguments.iter().filter_map(|a| a.get_help_heading()).collect();
    let lines = section.lines().filter(|line| *line != ".SH OPTIONS");
    let lines = lines.map(|line| match line.strip_prefix(".SH ") {
        Some(name) => {
            let name = name.trim_matches('"');
            let heading = headings.iter().find(|heading| heading.to_uppercase() == name);
            format!(".PP\n{}:\n", escape(heading.unwrap_or(&name)))
        }
        None => format!("{line}\n"),
    });
    // Defined in the generator's preamble only, which is not here.
    Ok(lines.collect::<String>().replace(r"\*(Aq", r"\(aq"))
}

fn paragraphs(text: &str) -> String {
    let paragraphs = text.split("\n\n").map(verbatim);
    paragraphs.collect::<Vec<_>>().join("\n.PP\n")
}

/// Text whose lines are no requests of roff.
fn verbatim(text: &str) -> String {
    let line = |line: &str| match line.starts_with(['.', '\'']) {
        true => format!(r"\&{}", escape(line)),
        false => escape(line),
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}
