// SPDX-License-Identifier: MIT OR Apache-2.0
//! Tests that the manual and the completions have every word, with the options and values that the
//! grammar which parses it has, and no more.

use std::collections::BTreeSet;

use clap::{Arg, Command};
use clap_complete::Shell;

use super::words::is_help;
use super::{completions, grammar, man};

/// What may follow these words.
struct Place {
    /// None for the start of a program that has words only.
    path: Vec<String>,
    /// `-h`, `--help`.
    options: BTreeSet<String>,
    /// Those that stand there and not above.
    own: BTreeSet<String>,
    words: Vec<String>,
    values: Vec<String>,
}

/// All places in the order in which a reader meets them, with the start of the program.
fn places(program: &str) -> Option<Vec<Place>> {
    let mut words = grammar::words(program)?;
    words.build();
    let mut places = Vec::new();
    walk(&words, &[], &[], &mut places);
    Some(places)
}

fn walk(command: &Command, path: &[String], above: &[&Arg], places: &mut Vec<Place>) {
    let all: Vec<_> = command.get_arguments().collect();
    let own = all.iter().filter(|a| above.iter().all(|known| known.get_id() != a.get_id()));
    let own = own.filter(|a| !is_help(a));
    let values = all.iter().flat_map(|a| a.get_possible_values());
    places.push(Place {
        path: path.to_vec(),
        options: all.iter().flat_map(|a| names(a)).collect(),
        own: own.flat_map(|a| names(a)).collect(),
        words: command.get_subcommands().map(|word| word.get_name().to_owned()).collect(),
        values: values.map(|value| value.get_name().to_owned()).collect(),
    });
    for word in command.get_subcommands() {
        let path = [path, &[word.get_name().to_owned()]].concat();
        walk(word, &path, &all, places);
    }
}

fn names(argument: &Arg) -> Vec<String> {
    let short = argument.get_short().map(|letter| format!("-{letter}"));
    short.into_iter().chain(argument.get_long().map(|long| format!("--{long}"))).collect()
}

/// The programs that have words, with their places and, for a shell, their completions.
fn each(shell: Shell) -> Vec<(&'static str, Vec<Place>, String)> {
    let with_words = |program| Some((program, places(program)?));
    let programs: Vec<_> = grammar::programs().filter_map(with_words).collect();
    assert_eq!(
        programs.iter().map(|(name, _)| *name).collect::<Vec<_>>(),
        ["ipvsadm", "ipvs-syncd"]
    );
    let text = |program| completions::text(program, shell).unwrap();
    programs.into_iter().map(|(program, places)| (program, places, text(program))).collect()
}

/// The options of a program's start stand in the table, if it has some there.
fn start_is_told_by_the_table(program: &str, place: &Place) -> bool {
    place.path.is_empty() && grammar::options(program).next().is_some()
}

fn missing(text: &str, values: &[String]) -> Vec<String> {
    let words: BTreeSet<_> =
        text.split(|c: char| !c.is_ascii_alphanumeric() && !"-_".contains(c)).collect();
    values.iter().filter(|value| !words.contains(value.as_str())).cloned().collect()
}

#[test]
fn bash_completes_every_word() {
    for (program, places, text) in each(Shell::Bash) {
        for place in places {
            let path = [program.replace('-', "__")].into_iter().chain(place.path.iter().cloned());
            let path = path.collect::<Vec<_>>().join("__subcmd__");
            let start = format!("\n        {path})\n            opts=\"");
            let rest = text.split_once(&start).expect(&path).1;
            let (offered, rest) = rest.split_once('"').unwrap();
            let offered: BTreeSet<_> = offered.split_whitespace().map(str::to_owned).collect();
            let expected: BTreeSet<_> = place.options.iter().chain(&place.words).cloned().collect();
            if start_is_told_by_the_table(program, &place) {
                assert!(place.words.iter().all(|word| offered.contains(word)), "{path}");
                continue;
            }
            assert_eq!(offered, expected, "{path}");
            let case = rest.split_once("\n            ;;").unwrap().0;
            assert_eq!(missing(case, &place.values), [""; 0], "{path}");
        }
    }
}

#[test]
fn zsh_completes_every_word() {
    for (program, places, text) in each(Shell::Zsh) {
        let mark = "_arguments \"${_arguments_options[@]}\" : \\\n";
        let chunks: Vec<_> = text.split(mark).collect();
        assert_eq!(chunks.len() - 1, places.len(), "{program}");
        for (pair, place) in chunks.windows(2).zip(places) {
            let path = place.path.join(" ");
            let opening = place.path.last().map(|word| format!("({word})\n"));
            assert!(opening.is_none_or(|opening| pair[0].ends_with(&opening)), "{path}");
            let chunk = pair[1].split_once("&& ret=0").unwrap().0;
            let function: Vec<_> =
                [program].into_iter().chain(place.path.iter().map(String::as_str)).collect();
            if !place.words.is_empty() {
                let function = format!("\n_{}_commands() {{", function.join("__subcmd__"));
                let list = text.split_once(&function).expect(&function).1;
                let list = list.split_once("\n}").unwrap().0;
                let words = list.lines().filter_map(|line| line.strip_prefix('\''));
                let words: Vec<_> = words.map(|line| line.split(':').next().unwrap()).collect();
                assert_eq!(words, place.words, "{path}");
            }
            if start_is_told_by_the_table(program, &place) {
                continue;
            }
            let options = chunk.lines().filter_map(|line| {
                let at = line.find('[')?;
                // Before the name stand what it excludes, in brackets, and a star.
                let name = line[..at].trim_start_matches('\'').rsplit([')', '*']).next()?;
                name.starts_with('-').then(|| name.trim_end_matches(['=', '+']).to_owned())
            });
            assert_eq!(options.collect::<BTreeSet<_>>(), place.options, "{program} {path}");
            assert_eq!(missing(chunk, &place.values), [""; 0], "{path}");
        }
    }
}

#[test]
fn fish_completes_every_word() {
    for (program, places, text) in each(Shell::Fish) {
        for place in places {
            let function = format!("__fish_{}", program.replace('-', "_"));
            let condition = match &place.path[..] {
                [] => format!("{function}_needs_command"),
                [word] if place.words.is_empty() => format!("{function}_using_subcommand {word}"),
                [word] => format!(
                    "{function}_using_subcommand {word}; and not __fish_seen_subcommand_from {}",
                    place.words.join(" ")
                ),
                [word, inner] => format!(
                    "{function}_using_subcommand {word}; and __fish_seen_subcommand_from {inner}"
                ),
                deeper => panic!("{deeper:?}: see how fish is told of it"),
            };
            let start = format!("\ncomplete -c {program} -n \"{condition}\" ");
            let (mut options, mut words) = (BTreeSet::new(), Vec::new());
            let mut entries = String::new();
            for entry in text.split(&start).skip(1) {
                let entry = entry.split("\ncomplete ").next().unwrap();
                let mut parts = entry.split(" -d ").next().unwrap().split_whitespace();
                while let (Some(kind), Some(name)) = (parts.next(), parts.next()) {
                    match kind {
                        "-s" => drop(options.insert(format!("-{name}"))),
                        "-l" => drop(options.insert(format!("--{name}"))),
                        // `-f -a "word"`
                        _ => {
                            words.extend(parts.next().map(|word| word.trim_matches('"').to_owned()))
                        }
                    }
                }
                entries.push_str(entry);
            }
            assert_eq!(words, place.words, "{condition}");
            if !start_is_told_by_the_table(program, &place) {
                assert_eq!(options, place.options, "{condition}");
                assert_eq!(missing(&entries, &place.values), [""; 0], "{condition}");
            }
        }
    }
}

#[test]
fn the_manual_tells_every_word() {
    for (program, places, _) in each(Shell::Bash) {
        let page = man::page(program).unwrap().replace(r"\fB", "").replace(r"\-", "-");
        let page = page.replace(r"\fR", "").replace(r"\fI", "");
        let told: Vec<_> = page.match_indices(&format!("\n.SS {program} ")).collect();
        assert_eq!(told.len(), places.iter().filter(|place| !place.path.is_empty()).count());
        for place in places.iter().filter(|place| !place.path.is_empty()) {
            let heading = format!("\n.SS {program} {}\n", place.path.join(" "));
            let section = page.split_once(&heading).expect(&heading).1;
            let section = section.split("\n.SS ").next().unwrap().split("\n.SH ").next().unwrap();
            let entries = section.split(".TP\n").skip(1).map(|entry| entry.lines().next().unwrap());
            let options = entries.flat_map(|line| line.split([',', ' '])).map(str::trim);
            let options = options.filter(|word| word.starts_with('-')).map(str::to_owned);
            assert_eq!(options.collect::<BTreeSet<_>>(), place.own, "{heading}");
            assert_eq!(missing(section, &place.values), [""; 0], "{heading}");
        }
    }
}
