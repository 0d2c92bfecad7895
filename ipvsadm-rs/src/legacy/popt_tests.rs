// SPDX-License-Identifier: MIT OR Apache-2.0
//! libpopt's rules, case by case. A case lists the events as `name=value`, then `| positional`.

use super::*;
use crate::legacy::argv::Arguments;

fn lex(arguments: &[&str], posixly_correct: bool) -> String {
    let arguments: Arguments = arguments.iter().collect();
    let mut lexer = Lexer::new(arguments.argv(), posixly_correct);
    let mut text = String::new();
    while let Some(event) = lexer.next() {
        match event {
            Ok(Event { option, value: None }) => text += option.long,
            Ok(Event { option, value: Some(value) }) => {
                text += &format!("{}={}", option.long, String::from_utf8_lossy(&value));
            }
            Err(error) => {
                text += &format!("{}: {}", String::from_utf8_lossy(lexer.consumed()), error.text());
                return text;
            }
        }
        text.push(' ');
    }
    text.push('|');
    for positional in lexer.positional() {
        text += &format!(" <{}>", String::from_utf8_lossy(positional));
    }
    text
}

#[track_caller]
fn check(arguments: &[&str], expected: &str) {
    assert_eq!(lex(arguments, false), expected, "{arguments:?}");
}

#[test]
fn long_options_need_their_full_name() {
    check(&["--list"], "list |");
    check(&["--lis"], "--lis: unknown option");
    check(&["-list"], "list ipip scheduler=t |");
    check(&["--"], "|");
    check(&["--=x"], "--=x: unknown option");
}

#[test]
fn values_of_long_options() {
    check(&["--tcp-service=a"], "tcp-service=a |");
    check(&["--tcp-service", "a"], "tcp-service=a |");
    check(&["--tcp-service="], "tcp-service= |");
    check(&["--tcp-service==a"], "tcp-service==a |");
    check(&["--tcp-service"], "--tcp-service: missing argument");
    check(&["--numeric=yes"], "--numeric=yes: option does not take an argument");
    check(&["--nosort="], "--nosort=: option does not take an argument");
}

#[test]
fn bundles() {
    check(&["-Lnt", "a"], "list numeric tcp-service=a |");
    check(&["-Atx"], "add-service tcp-service=x |");
    check(&["-At=x"], "add-service tcp-service=x |");
    check(&["-At==x"], "add-service tcp-service==x |");
    check(&["-t="], "tcp-service= |");
    check(&["-l"], "list |");
    check(&["-n=3"], "-n=3: option does not take an argument");
    check(&["-Ln="], "list -Ln=: option does not take an argument");
    check(&["-Lnq"], "list numeric -Lnq: unknown option");
    check(&["-mw"], "masquerading -mw: missing argument");
}

#[test]
fn a_value_may_look_like_anything() {
    check(&["-w", "-1"], "weight=-1 |");
    check(&["-s", "-p"], "scheduler=-p |");
    check(&["-t", "--", "-n"], "tcp-service=-- numeric |");
    check(&["-t", ""], "tcp-service= |");
}

#[test]
fn the_optional_value() {
    check(&["-p"], "persistent |");
    check(&["-p", "-s", "rr"], "persistent scheduler=rr |");
    check(&["-p", "--", "5"], "persistent | <5>");
    check(&["-p", "foo"], "persistent=foo |");
    check(&["-p", ""], "persistent= |");
    check(&["-p60"], "persistent=60 |");
    check(&["-p=60"], "persistent=60 |");
    check(&["-p="], "persistent= |");
    check(&["--persistent=60"], "persistent=60 |");
    check(&["--persistent="], "persistent= |");
    check(&["-p", "-"], "persistent | <->");
    check(&["-pos", "rr"], "persistent=os | <rr>");
    check(&["-op44", "-s", "rr"], "ops persistent=44 scheduler=rr |");
}

#[test]
fn positional_arguments() {
    check(&["5", "--set", "6", "7"], "set | <5> <6> <7>");
    check(&["-L", "-", ""], "list | <-> <>");
    check(&["-L", "--", "-n"], "list | <-n>");
    check(&["--set", "-1", "2"], "set -1: unknown option");
    check(&["--set", "--", "-1"], "set | <-1>");
}

#[test]
fn posixly_correct_ends_options_at_a_positional_argument() {
    assert_eq!(lex(&["-L", "foo", "--bogus"], true), "list | <foo> <--bogus>");
    assert_eq!(lex(&["foo", "-L"], true), "| <foo> <-L>");
}

#[test]
fn the_marker_takes_the_next_argument_that_is_no_option() {
    check(&["-t", "!#:+", "a"], "tcp-service=a |");
    check(&["-t", "!#:+", "-n", "a", "b"], "tcp-service=a numeric | <b>");
    check(&["-t", "x!#:+y!#:+", "a"], "tcp-service=xaya |");
    check(&["-t", "!#:+"], "tcp-service=!#:+ |");
    check(&["-t", "x!#:+y!#:+", "", "a"], "tcp-service=xy | <a>");
    check(&["-t", "!#:+", "-", "a"], "tcp-service=a | <->");
}

#[test]
fn a_value_takes_what_the_marker_took_once_more() {
    check(&["-t", "!#:+", "-p", "60"], "tcp-service=60 persistent=60 |");
    check(&["-t!#:+", "-r", "a"], "tcp-service=a real-server=a |");
    check(&["-t!#:+", "-r!#:+", "a", "b"], "tcp-service=a real-server=b |");
    check(&["-t!#:+", "-n", "a", "-r", "b"], "tcp-service=a numeric real-server=b |");
}

#[test]
fn events_come_one_at_a_time() {
    let arguments: Arguments = ["-h", "--junk"].iter().collect();
    let first = Lexer::new(arguments.argv(), false).next();
    assert!(matches!(first, Some(Ok(Event { option, value: None })) if option.long == "help"));
}
