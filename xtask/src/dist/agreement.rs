// SPDX-License-Identifier: MIT OR Apache-2.0
//! Tests that the help, the manual and the completions say the same as the table, and no more.

use std::collections::BTreeSet;

use clap_complete::Shell;
use ipvsadm_rs::legacy::help;
use ipvsadm_rs::legacy::options::{OptionSpec, Value, by_letter, by_name};

use super::{completions, grammar, man, values};

/// Everything that is told of an option.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    letters: String,
    long: String,
    value: String,
    help: String,
}

fn table() -> Vec<Told> {
    grammar::options("ipvsadm").map(told).collect()
}

fn told(option: &OptionSpec) -> Told {
    Told {
        letters: option.short.iter().map(|letter| char::from(*letter)).collect(),
        long: option.long.to_owned(),
        value: match option.value {
            Value::No => String::new(),
            Value::Required(name) => name.to_owned(),
            Value::Optional(name) => format!("[{name}]"),
        },
        help: option.help.to_owned(),
    }
}

/// Reads `-L, -l, --list VALUE`.
fn header(text: &str) -> (String, String, String) {
    let (names, value) = match text.split_once("--") {
        Some((letters, rest)) => match rest.split_once(' ') {
            Some((long, value)) => ((letters, long), value),
            None => ((letters, rest), ""),
        },
        None => panic!("no long name in `{text}`"),
    };
    let letters = names.0.chars().filter(|c| !"-, ".contains(*c)).collect();
    (letters, names.1.to_owned(), value.to_owned())
}

#[test]
fn the_help_tells_the_table() {
    let text = String::from_utf8(help::text(b"ipvsadm")).unwrap();
    let lines = text.lines().filter(|line| line.starts_with("  -"));
    let in_help: Vec<_> = lines
        .map(|line| {
            // The long name is the last; what follows in the line may have dashes of its own.
            let at = line.find("--").unwrap();
            let (left, help) = match line[at..].split_once("  ") {
                Some((left, help)) => (format!("{}{left}", &line[..at]), help),
                None => line.split_at_checked(35).map(|(l, h)| (l.to_owned(), h)).unwrap(),
            };
            let (letters, long, value) = header(left.trim());
            Told { letters, long, value, help: help.trim().to_owned() }
        })
        .collect();
    assert_eq!(in_help, table());
}

/// Text without the marks of roff.
fn plain(roff: &str) -> String {
    [(r"\fB", ""), (r"\fI", ""), (r"\fR", ""), (r"\fP", ""), (r"\-", "-"), (r"\(aq", "'")]
        .iter()
        .fold(roff.to_owned(), |text, (mark, meaning)| text.replace(mark, meaning))
}

#[test]
fn the_manual_tells_the_table() {
    let page = plain(&man::page("ipvsadm").unwrap());
    let (_, section) = page.split_once("\n.SH OPTIONS\n").unwrap();
    let (section, _) = section.split_once("\n.SH ").unwrap();
    let in_manual: Vec<_> = section
        .split(".TP\n")
        .skip(1)
        .map(|entry| {
            let mut lines = entry.lines();
            let (mut letters, long, value) = header(lines.next().unwrap());
            let mut help = lines.next().unwrap();
            if let Some((text, more)) = help.split_once("; also -") {
                letters.push_str(more);
                help = text;
            }
            let value = value.replace(['<', '>'], "");
            Told { letters, long, value, help: help.to_owned() }
        })
        .collect();
    assert_eq!(in_manual, table());
}

/// Words of the prose that look like options and are none of the program's: of systemctl, tcpdump; and in
/// the manual of `ipvs-syncd` of `ipvsadm`.
const FOREIGN: [&str; 4] = ["--now", "-i", "-w", "-S"];

/// Whether the words of a program have this option, anywhere.
fn has_word_option(program: &str, option: &str) -> bool {
    fn has(command: &clap::Command, long: &str) -> bool {
        command.get_arguments().any(|argument| argument.get_long() == Some(long))
            || command.get_subcommands().any(|word| has(word, long))
    }
    let words = grammar::words(program);
    words.is_some_and(|words| option == "help" || has(&words, option))
}

/// Whether a word of a program can be called by this letter: `-B`.
fn is_word_flag(program: &str, flag: &str) -> bool {
    let letter = flag.strip_prefix('-').and_then(|letter| letter.parse().ok());
    let words = grammar::words(program);
    words.is_some_and(|words| {
        letter.is_some() && words.get_subcommands().any(|word| word.get_short_flag() == letter)
    })
}

#[test]
fn the_prose_names_only_options_that_exist() {
    for program in grammar::programs() {
        let page = man::page(program).unwrap();
        let text = page.lines().filter(|line| !line.starts_with(r#".\""#)).collect::<Vec<_>>();
        let text = plain(&text.join("\n"));
        assert!(!text.contains('@'), "{program}: a mark was left");
        for word in text.split(|c: char| c.is_whitespace() || "[]{}|,()\"`".contains(c)) {
            let word = word.trim_end_matches(['.', ':', ';']);
            let known = match word.strip_prefix("--") {
                Some(long) => {
                    // Examples call the other program, too.
                    [program, "ipvsadm"].iter().any(|program| has_word_option(program, long))
                        || by_name(long.as_bytes()).is_some()
                        || FOREIGN.contains(&word)
                }
                None => {
                    let mut letters = word.trim_start_matches('-').bytes();
                    let ours = letters.all(|letter| by_letter(letter).is_some());
                    word == "-" || ours || is_word_flag(program, word) || FOREIGN.contains(&word)
                }
            };
            assert!(known || !word.starts_with('-'), "{program}: {word}");
        }
    }
}

#[test]
fn the_prose_explains_every_value() {
    let page = plain(&man::page("ipvsadm").unwrap());
    let words: BTreeSet<_> = page.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').collect();
    for option in grammar::options("ipvsadm") {
        for value in values::of(option.long) {
            assert!(words.contains(value.get_name()), "{}: {}", option.long, value.get_name());
        }
    }
}

/// The names that a program's options have: `-L`, `-l`, `--list`.
fn names(program: &str) -> BTreeSet<String> {
    let options = grammar::options(program).map(told);
    let names = options.flat_map(|told| {
        let letters = told.letters.chars().map(|letter| format!("-{letter}")).collect::<Vec<_>>();
        let letters_only = program == "ipvsadm-save" && told.long == "numeric";
        letters.into_iter().chain((!letters_only).then(|| format!("--{}", told.long)))
    });
    names.collect()
}

#[test]
fn bash_completes_the_table() {
    for program in grammar::names() {
        let text = completions::text(program, Shell::Bash).unwrap();
        let (_, rest) = text.split_once("            opts=\"").unwrap();
        let (words, _) = rest.split_once('"').unwrap();
        let completed: BTreeSet<_> = words.split_whitespace().map(str::to_owned).collect();
        let words = grammar::words(program);
        let words = words.iter().flat_map(|words| words.get_subcommands());
        let words = words.map(|word| word.get_name().to_owned());
        let expected: BTreeSet<_> = names(program).into_iter().chain(words).collect();
        assert_eq!(completed, expected, "{program}");
        for option in grammar::options(program) {
            let values: Vec<_> = values::of(option.long);
            if values.is_empty() {
                continue;
            }
            let values: Vec<_> = values.iter().map(|value| value.get_name()).collect();
            let case = format!(
                "                --{})\n                    COMPREPLY=($(compgen -W \"{}\" ",
                option.long,
                values.join(" ")
            );
            assert!(text.contains(&case), "{case}");
        }
    }
}

#[test]
fn zsh_completes_the_table_with_its_help() {
    for program in grammar::names() {
        let text = completions::text(program, Shell::Zsh).unwrap();
        let (own, _) = text.split_once("&& ret=0").unwrap();
        let lines = own.lines().filter(|line| line.starts_with("'-"));
        let mut completed = BTreeSet::new();
        for line in lines {
            let (name, rest) = line[1..].split_once('[').unwrap();
            let name = name.trim_end_matches(['+', '=']);
            let help = rest.split_once(']').unwrap().0.replace(r"\:", ":");
            let long = name.strip_prefix("--");
            let option = match long {
                Some(long) => by_name(long.as_bytes()),
                None => by_letter(name.as_bytes()[1]),
            };
            assert_eq!(option.map(|option| option.help), Some(help.replace("'\\''", "'").as_str()));
            completed.insert(name.to_owned());
        }
        assert_eq!(completed, names(program), "{program}");
    }
}

#[test]
fn fish_completes_the_table_with_its_help() {
    for program in grammar::names() {
        let text = completions::text(program, Shell::Fish).unwrap();
        let start = match grammar::words(program) {
            Some(_) => format!("complete -c {program} -n \"__fish_{program}_needs_command\" "),
            None => format!("complete -c {program} "),
        };
        let lines = text.lines().filter_map(|line| line.strip_prefix(&start));
        let mut completed = BTreeSet::new();
        for line in lines.filter(|line| !line.starts_with("-f -a ")) {
            let (words, rest) = line.split_once(" -d '").unwrap();
            let words: Vec<_> = words.split_whitespace().collect();
            let names: Vec<_> = words
                .chunks(2)
                .map(|pair| {
                    if pair[0] == "-l" { format!("--{}", pair[1]) } else { format!("-{}", pair[1]) }
                })
                .collect();
            let rest = rest.replace(r"\'", "\u{1}");
            let help = rest.split_once('\'').unwrap().0.replace('\u{1}', "'");
            let option = by_letter(names[0].as_bytes()[1]).filter(|_| names[0].len() == 2);
            let option = option.or_else(|| by_name(names[0].trim_start_matches('-').as_bytes()));
            assert_eq!(option.map(|option| option.help), Some(help.as_str()));
            completed.extend(names);
        }
        assert_eq!(completed, names(program), "{program}");
    }
}
