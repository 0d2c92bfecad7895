// SPDX-License-Identifier: MIT OR Apache-2.0
//! The command lines as clap sees them, for the generators of the manual and the completions: options
//! of the legacy grammar from the program's one table, which clap could not parse as the C tool does,
//! and words from the grammars that parse them.

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, Command, ValueHint};
use clap_complete::Shell;
use ipvsadm_rs::legacy::help::TOPICS;
use ipvsadm_rs::legacy::options::{OPTIONS, OptionSpec, Topic, Value};

use super::values;

/// The names of the one binary, and their options: all, or those with these long names.
const NAMES: [(&str, Option<&[&str]>); 3] = [
    ("ipvsadm", None),
    ("ipvsadm-save", Some(&["numeric", "full"])),
    ("ipvsadm-restore", Some(&["atomic"])),
];

/// What `ipvsadm-save` takes only as a letter.
const LETTER_ONLY: &str = "numeric";

/// The program of the synchronisation messages, which has words only.
pub const SYNCD: &str = "ipvs-syncd";

/// The names of the binary `ipvsadm`.
pub fn names() -> impl Iterator<Item = &'static str> {
    NAMES.iter().map(|(name, _)| *name)
}

/// The names of all programs.
pub fn programs() -> impl Iterator<Item = &'static str> {
    names().chain([SYNCD])
}

/// The options of a program that are in the table, in its order; hidden ones are left out.
pub fn options(program: &str) -> impl Iterator<Item = &'static OptionSpec> {
    let names = NAMES.iter().find(|(name, _)| *name == program).map(|(_, names)| *names);
    let listed = move |option: &&OptionSpec| match names {
        Some(names) => names.is_none_or(|names| names.contains(&option.long)),
        None => false,
    };
    OPTIONS.iter().filter(|option| option.topic != Topic::Hidden).filter(listed)
}

/// The grammar of a program's words, if it has any.
pub fn words(program: &str) -> Option<Command> {
    match program {
        "ipvsadm" => Some(ipvsadm_rs::modern::command()),
        SYNCD => Some(ipvs_syncd::program::command()),
        _ => None,
    }
}

/// The options of `ipvsadm` under the headings of its help, for the manual.
pub fn topics() -> Vec<(&'static str, Command)> {
    let of = |topic| OPTIONS.iter().filter(move |option| option.topic == topic);
    let command = |topic| {
        let mut command = legacy("ipvsadm", of(topic).map(manual));
        command.build();
        command
    };
    TOPICS.iter().map(|(topic, heading)| (*heading, command(*topic))).collect()
}

/// The command line of a program, for completions in a shell.
pub fn completed(program: &'static str, shell: Shell) -> Command {
    let mut words = words(program).unwrap_or_else(|| Command::new(program));
    if shell == Shell::Zsh {
        words = escaped(words);
    }
    // Now, as words have a `--help` of clap's and the table has its own.
    words.build();
    if options(program).next().is_none() {
        return words;
    }
    let options = options(program).map(|option| completion(program, option, shell));
    let mut command = legacy(program, options).subcommands(words.get_subcommands().cloned());
    command.build();
    command
}

fn legacy(name: &'static str, arguments: impl Iterator<Item = Arg>) -> Command {
    Command::new(name)
        .bin_name(name)
        .disable_help_flag(true)
        .disable_version_flag(true)
        .disable_help_subcommand(true)
        .args(arguments)
}

/// The words as zsh needs them: a colon ends the name of a value there.
fn escaped(words: Command) -> Command {
    let names = |argument: Arg| match argument.get_value_names() {
        Some(names) => {
            let names: Vec<_> = names.iter().map(|name| name.replace(':', r"\:")).collect();
            argument.value_names(names)
        }
        None => argument,
    };
    words.mut_args(names).mut_subcommands(escaped)
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
