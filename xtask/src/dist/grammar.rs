// SPDX-License-Identifier: MIT OR Apache-2.0
//! The command line as clap sees it, made from the program's one table of options.
//!
//! Only the generators of the manual and the completions read this: clap could not parse such a
//! grammar as the C tool does. The words of the modern grammar are not in it yet.

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, Command, ValueHint};
use clap_complete::Shell;
use ipvsadm_rs::legacy::help::TOPICS;
use ipvsadm_rs::legacy::options::{OPTIONS, OptionSpec, Topic, Value};

use super::values;

/// The programs that the one binary is, and their options: all, or those with these long names.
const PROGRAMS: [(&str, Option<&[&str]>); 3] = [
    ("ipvsadm", None),
    ("ipvsadm-save", Some(&["numeric", "full"])),
    ("ipvsadm-restore", Some(&["atomic"])),
];

/// What `ipvsadm-save` takes only as a letter.
const LETTER_ONLY: &str = "numeric";

/// The names of the programs.
pub fn programs() -> impl Iterator<Item = &'static str> {
    PROGRAMS.iter().map(|(name, _)| *name)
}

/// The options of a program, in the order of the table; hidden ones are left out.
pub fn options(program: &str) -> impl Iterator<Item = &'static OptionSpec> {
    let names = PROGRAMS.iter().find(|(name, _)| *name == program).and_then(|(_, names)| *names);
    OPTIONS
        .iter()
        .filter(|option| option.topic != Topic::Hidden)
        .filter(move |option| names.is_none_or(|names| names.contains(&option.long)))
}

/// The options of `ipvsadm` under the headings of its help, for the manual.
pub fn topics() -> Vec<(&'static str, Command)> {
    let of = |topic| OPTIONS.iter().filter(move |option| option.topic == topic);
    let command = |topic| command("ipvsadm", of(topic).map(manual));
    TOPICS.iter().map(|(topic, heading)| (*heading, command(*topic))).collect()
}

/// The command line of a program, for completions in a shell.
pub fn completed(program: &'static str, shell: Shell) -> Command {
    command(program, options(program).map(|option| completion(program, option, shell)))
}

fn command(name: &'static str, arguments: impl Iterator<Item = Arg>) -> Command {
    let mut command = Command::new(name)
        .bin_name(name)
        .disable_help_flag(true)
        .disable_version_flag(true)
        .args(arguments);
    command.build();
    command
}

/// An option as the manual lists it. Its generator does not know of second letters.
fn manual(option: &'static OptionSpec) -> Arg {
    let argument = argument(option);
    match option.short {
        [_, more @ ..] if !more.is_empty() => {
            let more: Vec<_> = more.iter().map(|letter| format!("-{}", *letter as char)).collect();
            argument.help(format!("{}; also {}", option.help, more.join(", ")))
        }
        _ => argument,
    }
}

/// An option as a shell completes it.
fn completion(program: &str, option: &'static OptionSpec, shell: Shell) -> Arg {
    let mut argument = argument(option);
    if program != "ipvsadm" && option.long == LETTER_ONLY {
        argument = argument.long(None);
    }
    let (Value::Required(name) | Value::Optional(name)) = option.value else {
        return argument;
    };
    let values = values::of(option.long);
    if !values.is_empty() {
        argument =
            argument.value_hint(ValueHint::Unknown).value_parser(PossibleValuesParser::new(values));
    }
    // A colon ends the name of a value in zsh.
    match shell {
        Shell::Zsh => argument.value_name(name.replace(':', r"\:")),
        _ => argument,
    }
}

fn argument(option: &'static OptionSpec) -> Arg {
    let mut letters = option.short.iter().map(|letter| char::from(*letter));
    let mut argument = Arg::new(option.long).long(option.long).help(option.help);
    argument = argument.short(letters.next()).visible_short_aliases(letters);
    match option.value {
        Value::No => argument.action(ArgAction::SetTrue),
        Value::Required(name) => {
            argument.action(ArgAction::Set).value_name(name).value_hint(ValueHint::Other)
        }
        Value::Optional(name) => argument
            .action(ArgAction::Set)
            .num_args(0..=1)
            .value_name(name)
            .value_hint(ValueHint::Other),
    }
}
