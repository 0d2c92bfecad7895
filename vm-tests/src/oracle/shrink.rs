// SPDX-License-Identifier: MIT OR Apache-2.0
//! From a case that shows a difference to a small one.

use super::compare::{Mismatch, Verdict, compare};
use super::programs::Theirs;
use super::state::State;
use super::{Case, Line};

/// How many cases may be run in search of a smaller one.
const BUDGET: usize = 1500;

/// A small case that differs, too.
pub(super) fn shrink(tool: &Theirs, mut found: Box<Mismatch>) -> Box<Mismatch> {
    let mut left = BUDGET;
    'smaller: loop {
        for case in smaller(&found.case) {
            if left == 0 || case == found.case || case.line.left_out().is_some() {
                continue;
            }
            left -= 1;
            if let Ok(Verdict::Different(mismatch)) = compare(tool, &case) {
                found = mismatch;
                continue 'smaller;
            }
        }
        return found;
    }
}

/// Cases that are a little smaller, the smallest first.
fn smaller(case: &Case) -> Vec<Case> {
    let with_state = |state: State| Case { state, ..case.clone() };
    let with_line = |line: Line| Case { line, ..case.clone() };
    let mut cases = vec![with_state(State::default())];
    cases.extend(states(&case.state).into_iter().map(with_state));
    cases.extend(lines(&case.line).into_iter().map(with_line));
    cases.push(Case { name: case.line.tool.name().into(), ..case.clone() });
    cases
}

fn states(state: &State) -> Vec<State> {
    let State { info, timeouts, connections, .. } = State::default();
    let mut states = vec![
        State { info, ..state.clone() },
        State { timeouts, ..state.clone() },
        State { connections, ..state.clone() },
        State { failure: None, ..state.clone() },
    ];
    states.extend(without_one(&state.daemons, |daemons| State { daemons, ..state.clone() }));
    states.extend(without_one(&state.refused, |refused| State { refused, ..state.clone() }));
    states.extend(without_one(&state.services, |services| State { services, ..state.clone() }));
    for (i, table) in state.services.iter().enumerate() {
        states.extend(without_one(&table.dests, |dests| {
            let mut state = state.clone();
            state.services[i].dests = dests;
            state
        }));
        let mut plain = state.clone();
        plain.services[i].service.stats = Default::default();
        plain.services[i].dests.iter_mut().for_each(|dest| dest.stats = Default::default());
        states.push(plain);
    }
    if let Some(text) = &state.connections {
        let lines: Vec<_> = text.split_inclusive('\n').collect();
        // Never the heading, or it would come back with the usual state, over and over.
        if let [head, connections @ ..] = lines.as_slice() {
            states.extend(without_one(connections, |connections| {
                let connections = Some([*head].into_iter().chain(connections).collect());
                State { connections, ..state.clone() }
            }));
        }
    }
    states
}

fn lines(line: &Line) -> Vec<Line> {
    let mut lines = Vec::new();
    lines.extend(without_one(&line.arguments, |arguments| Line { arguments, ..line.clone() }));
    let parts: Vec<_> = line.input.split_inclusive(|byte| *byte == b'\n').collect();
    lines.extend(without_one(&parts, |parts| Line { input: parts.concat(), ..line.clone() }));
    let parts: Vec<_> = line.input.split_inclusive(|byte| *byte == b' ').collect();
    lines.extend(without_one(&parts, |parts| Line { input: parts.concat(), ..line.clone() }));
    lines.extend(without_one(&line.input, |input| Line { input, ..line.clone() }));
    for (i, word) in line.arguments.iter().enumerate() {
        lines.extend(without_one(word, |word| {
            let mut line = line.clone();
            line.arguments[i] = word;
            line
        }));
    }
    lines.push(Line { posixly_correct: false, ..line.clone() });
    lines
}

/// Everything that lacks one of the items.
fn without_one<T: Clone, U>(items: &[T], make: impl Fn(Vec<T>) -> U) -> Vec<U> {
    (0..items.len())
        .map(|left_out| {
            let rest = items.iter().enumerate().filter(|(i, _)| *i != left_out);
            make(rest.map(|(_, item)| item.clone()).collect())
        })
        .collect()
}
