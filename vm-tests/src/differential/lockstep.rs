// SPDX-License-Identifier: MIT OR Apache-2.0
//! Random command lines, one after the other, through both tools.

use std::fmt;

use super::order::{self, permuted};
use super::root::{Root, Tool};
use super::station::{Seen, Station, Surroundings};
use crate::case::Failure;
use crate::model::State;
use crate::words::Line;

/// After so many lines both start over with fresh namespaces.
const ROUND: usize = 200;
/// After so many lines the kernel's states are compared.
const LOOK: usize = 10;

/// What was compared.
#[derive(Debug, Clone, Copy, Default)]
pub struct Compared {
    /// Command lines.
    pub lines: usize,
    /// Those among them that succeeded.
    pub succeeded: usize,
    /// States of the kernel.
    pub states: usize,
    /// Rounds that had to run again.
    pub again: usize,
}

impl fmt::Display for Compared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lines, succeeded, states, again } = self;
        write!(f, "{lines} random lines equal ({succeeded} succeed), {states} states equal")?;
        match again {
            0 => Ok(()),
            _ => write!(f, "; {again} rounds ran again"),
        }
    }
}

/// What a tool did with a line.
struct Step {
    seen: Seen,
    /// What ours did with it in the C tool's namespace, where only there the order is the same.
    beside: Option<Seen>,
    /// The state after it, where one was taken.
    state: Option<State>,
}

/// Where the lines run.
struct Setting {
    c: Root,
    ours: Root,
    surroundings: Surroundings,
}

/// Sends lines through both tools and compares all that they do.
///
/// # Errors
/// The first difference, with as few lines before it as show it.
pub fn in_lockstep(lines: &[Line], surroundings: Surroundings) -> Result<Compared, Failure> {
    let (c, ours) = (Root::new(Tool::C)?, Root::new(Tool::Ours)?);
    let setting = Setting { c, ours, surroundings };
    let mut compared = Compared::default();
    for round in lines.chunks(ROUND) {
        let steps = setting.steps(&setting.c, round, LOOK)?;
        let ours = setting.steps(&setting.ours, round, LOOK)?;
        if let Some((at, what)) = setting.first_difference(round, &steps, &ours)? {
            let Some((history, what)) = setting.shortest(&round[..=at])? else {
                // See `scenario::ATTEMPTS`; the next lines of the round run again as well.
                compared.again += 1;
                compared.add(&in_lockstep_again(&setting, round, &ours, &what)?);
                continue;
            };
            let history: Vec<_> = history.iter().map(Line::to_string).collect();
            return Err(Failure::new(format!(
                "after {} lines:\n{}\n{what}",
                compared.lines + at,
                history.join("\n")
            )));
        }
        compared.add(&steps);
    }
    Ok(compared)
}

/// Runs a round once more whose difference did not show again. Only the C tool may do something
/// else this time.
fn in_lockstep_again(
    setting: &Setting,
    round: &[Line],
    before: &[Step],
    first: &str,
) -> Result<Vec<Step>, Failure> {
    let steps = setting.steps(&setting.c, round, LOOK)?;
    let ours = setting.steps(&setting.ours, round, LOOK)?;
    for ((line, before), again) in round.iter().zip(before).zip(&ours) {
        if !before.is_repeated_by(again) {
            let (before, again) = (&before.seen, &again.seen);
            let text = format!("{line}\n--- ours\n{before}--- ours again\n{again}");
            return Err(Failure::new(format!("first\n{first}\nthen {text}")));
        }
    }
    match setting.first_difference(round, &steps, &ours)? {
        None => Ok(steps),
        Some((at, what)) => {
            Err(Failure::new(format!("first\n{first}\nthen {}\n{what}", round[at])))
        }
    }
}

impl Step {
    /// Whether the same line did the same, but for the order that the kernel gives.
    fn is_repeated_by(&self, again: &Self) -> bool {
        permuted(&self.seen, &again.seen) && self.state == again.state
    }
}

impl Compared {
    fn add(&mut self, steps: &[Step]) {
        self.lines += steps.len();
        self.succeeded += steps.iter().filter(|step| step.seen.status == 0).count();
        self.states += steps.iter().filter(|step| step.state.is_some()).count();
    }
}

impl Setting {
    /// One tool's steps in a fresh namespace, with a look at the state every `look` lines.
    fn steps(&self, root: &Root, lines: &[Line], look: usize) -> Result<Vec<Step>, Failure> {
        Station::fresh(root, self.surroundings, |station| {
            let mut steps = Vec::with_capacity(lines.len());
            for (number, line) in lines.iter().enumerate() {
                let seen = station.line(line)?;
                let lists = order::of_the_kernel(line) && line.input.is_empty();
                let beside = lists.then(|| station.line_by_ours(line)).transpose()?;
                let last = number + 1 == lines.len();
                let state = ((number + 1) % look == 0 || last).then(|| station.state());
                steps.push(Step { seen, beside, state: state.transpose()? });
            }
            Ok(steps)
        })
    }

    /// Compares the steps of both tools.
    fn first_difference(
        &self,
        lines: &[Line],
        c: &[Step],
        ours: &[Step],
    ) -> Result<Option<(usize, String)>, Failure> {
        for (at, (c, ours)) in c.iter().zip(ours).enumerate() {
            let beside = c.beside.as_ref().unwrap_or(&c.seen);
            let in_order = c.seen == ours.seen
                || permuted(&c.seen, &ours.seen)
                    && (order::of_the_kernel(&lines[at]) || self.alike_beside(&lines[..=at])?);
            for (alike, ours) in [(in_order, &ours.seen), (c.seen == *beside, beside)] {
                if !alike {
                    return Ok(Some((at, format!("--- C\n{}--- ours\n{ours}", c.seen))));
                }
            }
            if let (Some(one), Some(other)) = (&c.state, &ours.state)
                && one != other
            {
                let differences = one.differences(other).join("\n");
                return Ok(Some((at, format!("--- state: C / ours\n{differences}\n"))));
            }
        }
        Ok(None)
    }

    /// Whether both tools do the same with the last line in one namespace: sorting is not a total
    /// order, so that a listing may depend on the kernel's order, which no two namespaces share.
    fn alike_beside(&self, lines: &[Line]) -> Result<bool, Failure> {
        let Some((last, before)) = lines.split_last().filter(|(last, _)| last.input.is_empty())
        else {
            return Ok(false);
        };
        Station::fresh(&self.c, self.surroundings, |station| {
            before.iter().try_for_each(|line| station.line(line).map(drop))?;
            let state = station.state()?;
            let alike = station.line(last)? == station.line_by_ours(last)?;
            Ok(alike && station.state()? == state)
        })
    }

    /// The shortest end of `lines` that shows a difference.
    fn shortest<'a>(&self, lines: &'a [Line]) -> Result<Option<(&'a [Line], String)>, Failure> {
        for length in [1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, ROUND] {
            let end = &lines[lines.len().saturating_sub(length)..];
            let (c, ours) = (self.steps(&self.c, end, 1)?, self.steps(&self.ours, end, 1)?);
            if let Some((at, what)) = self.first_difference(end, &c, &ours)? {
                return Ok(Some((&end[..=at], what)));
            }
        }
        Ok(None)
    }
}
