// SPDX-License-Identifier: MIT OR Apache-2.0
//! Listings by one process while another restores.

use std::collections::BTreeSet;
use std::fmt;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;

use super::root::{Root, Tool};
use super::station::{Station, Surroundings};
use crate::case::Failure;
use crate::command;

/// Services that are there before, with two destinations each.
const OLD: usize = 100;
/// Services that are restored, with nine destinations each: 10,000 rules.
const NEW: usize = 1000;

/// A service, or a destination of one.
type Rule = (String, Option<String>);

/// What the listings showed.
#[derive(Debug, Clone, Default)]
pub struct Races {
    /// Listings that ended well: all were a state on the way.
    pub listed: usize,
    /// Those that said that they could not settle.
    pub refused: usize,
    /// How many rules of the restore there were, in different listings.
    pub states: BTreeSet<usize>,
}

impl fmt::Display for Races {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { listed, refused, .. } = self;
        let between = self.between();
        write!(
            f,
            "{listed} listings right ({between} different states on the way), {refused} refused"
        )
    }
}

fn rules(net: u8, services: usize, dests: usize) -> Vec<Rule> {
    let address =
        |net: u8, number: usize| format!("10.{net}.{}.{}", number / 250, number % 250 + 1);
    (0..services)
        .flat_map(|service| {
            let key = format!("{}:80", address(net, service));
            let dest = move |dest| Some(format!("{}:8080", address(100 + dest, service)));
            let dests = (0..u8::try_from(dests).unwrap_or(u8::MAX)).map(dest);
            std::iter::once(None).chain(dests).map(move |dest| (key.clone(), dest))
        })
        .collect()
}

fn text(rules: &[Rule]) -> String {
    let line = |(service, dest): &Rule| match dest {
        None => format!("-A -t {service} -s wlc\n"),
        Some(dest) => format!("-a -t {service} -r {dest} -m -w 1\n"),
    };
    rules.iter().map(line).collect()
}

/// Reads what `-Ln` or `-Sn` printed.
fn parse(listing: &str) -> Result<Vec<Rule>, Failure> {
    let mut service = String::new();
    let mut rules = Vec::new();
    for line in listing.lines() {
        let words: Vec<_> = line.split_ascii_whitespace().collect();
        match words.as_slice() {
            ["IP" | "Prot", ..] | ["->", "RemoteAddress:Port", ..] => {}
            ["TCP", key, "wlc"] | ["-A", "-t", key, "-s", "wlc"] => {
                service = (*key).to_owned();
                rules.push((service.clone(), None));
            }
            ["->", dest, "Masq", "1", "0", "0"] => {
                rules.push((service.clone(), Some((*dest).to_owned())));
            }
            ["-a", "-t", key, "-r", dest, "-m", "-w", "1"] => {
                rules.push(((*key).to_owned(), Some((*dest).to_owned())));
            }
            _ => return Err(Failure::new(format!("`{line}` is in a listing"))),
        }
    }
    Ok(rules)
}

impl Races {
    /// How many different states the listings showed that were neither the first nor the last.
    pub fn between(&self) -> usize {
        self.states.iter().filter(|count| **count > 0 && **count < NEW * 10).count()
    }
}

/// Restores 10,000 rules with one tool, beside some that are there, while ours lists in a loop. The
/// rules come in `pieces`, of which each waits for a listing to begin: the more, the more there is
/// to see on the way.
///
/// # Errors
/// A listing that ended well shows what never was: more or less than the old rules and the first so
/// many of the new ones; or one failed for another reason than that it could not settle.
pub fn restore_while_listing(restorer: Tool, pieces: usize) -> Result<Races, Failure> {
    let (old, new) = (rules(1, OLD, 2), rules(2, NEW, 9));
    let root = Root::new(restorer)?;
    Station::fresh(&root, Surroundings::default(), |_| {
        restore(&old)?;
        let mut races = Races::default();
        thread::scope(|scope| {
            // The writer is done when it hears no more of listings.
            let (begin, begins) = mpsc::channel();
            let new = &new;
            let writer = scope.spawn(move || restore_in(pieces, new, &begins));
            for option in ["-Sn", "-Ln"].into_iter().cycle() {
                if begin.send(()).is_err() {
                    break;
                }
                look(option, &old, new, &mut races)?;
            }
            writer.join().unwrap_or_else(|_| Err(Failure::new("the writer panicked")))
        })?;
        look("-Sn", &old, &new, &mut races)?;
        if races.states.last() != Some(&new.len()) {
            return Err(Failure::new(format!("in the end there are {:?}", races.states.last())));
        }
        Ok(races)
    })
}

fn restore_in(pieces: usize, rules: &[Rule], begins: &Receiver<()>) -> Result<(), Failure> {
    for piece in rules.chunks(rules.len().div_ceil(pieces)) {
        // Of listings that began before, none is under way any more.
        while begins.try_recv().is_ok() {}
        begins.recv()?;
        restore(piece)?;
    }
    Ok(())
}

fn restore(rules: &[Rule]) -> Result<(), Failure> {
    let mut command = Command::new("/sbin/ipvsadm");
    let input = text(rules);
    command::exec(command.arg("-R"), "ipvsadm -R", input.as_bytes(), command::TIMEOUT * 10)?
        .success()
        .map(drop)
}

fn look(option: &str, old: &[Rule], new: &[Rule], races: &mut Races) -> Result<(), Failure> {
    let mut command = Command::new(super::root::OURS);
    command.arg(option).stdin(Stdio::null());
    let output = command::exec(&mut command, option, &[], command::TIMEOUT)?;
    if output.status != 0 {
        let error = output.error_text();
        // The heading comes before the table is read.
        if parse(&output.text())?.is_empty() && error.contains("was changed by others") {
            races.refused += 1;
            return Ok(());
        }
        return Err(Failure::new(format!("{option}: status {}: {error}", output.status)));
    }
    let seen = parse(&output.text())?;
    let count = seen.len().checked_sub(old.len());
    let expected = count
        .filter(|count| *count <= new.len())
        .map(|count| old.iter().chain(&new[..count]).collect::<BTreeSet<_>>());
    let set: BTreeSet<_> = seen.iter().collect();
    match (count, expected) {
        (Some(count), Some(expected)) if set == expected => {
            races.listed += 1;
            races.states.insert(count);
            Ok(())
        }
        _ => Err(Failure::new(describe(option, &seen, &set, old, new))),
    }
}

/// What is wrong with a listing.
fn describe(
    option: &str,
    seen: &[Rule],
    set: &BTreeSet<&Rule>,
    old: &[Rule],
    new: &[Rule],
) -> String {
    let missing_old = old.iter().filter(|rule| !set.contains(rule)).count();
    let last = new.iter().rposition(|rule| set.contains(rule)).map_or(0, |at| at + 1);
    let missing: Vec<_> = new[..last].iter().filter(|rule| !set.contains(rule)).collect();
    format!(
        "{option} shows no state that was: {} rules, {} of them double, {missing_old} old ones missing, \
         and of the first {last} new ones {} are missing, such as {:?}",
        seen.len(),
        seen.len() - set.len(),
        missing.len(),
        &missing[..missing.len().min(5)]
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_read_back() {
        let rules = rules(3, 2, 2);
        assert_eq!(rules.len(), 6);
        assert_eq!(parse(&text(&rules)).map_err(|failure| failure.to_string()), Ok(rules.clone()));
        let listing = "Prot LocalAddress:Port Scheduler Flags\n\
            \x20 -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n\
            TCP  10.3.0.1:80 wlc\n  -> 10.100.0.1:8080  Masq  1  0  0\n";
        assert_eq!(parse(listing).map_err(|failure| failure.to_string()), Ok(rules[..2].to_vec()));
    }
}
