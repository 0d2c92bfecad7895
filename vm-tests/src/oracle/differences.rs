// SPDX-License-Identifier: MIT OR Apache-2.0
//! What differs on purpose (docs/compatibility.md) and can't be left out by the generator, because
//! it depends on what the kernel answers. As narrow as can be: each says how exactly both ended.

use super::Case;
use super::programs::Ran;
use super::state::Question;
use crate::words::Tool;

type Test = fn(&Case, theirs: &Ran, ours: &Ran) -> bool;

const WARNING: &[u8] = b"Warning: IPVS version mismatch: ";

const ON_PURPOSE: &[(&str, Test)] = &[
    ("the version needs no kernel", |case, theirs, ours| {
        let version = ours.stdout.starts_with(b"ipvsadm v1.31 ") && ours.stderr.is_empty();
        let failed = case.state.failure_of(Question::Init).is_some() && theirs.status == 2;
        let warned = theirs.stderr.starts_with(WARNING) && theirs.stdout == ours.stdout;
        version && ours.status == 0 && (failed || warned && theirs.status == 0)
    }),
    ("a refused listing of timeouts or daemons is told", |case, theirs, ours| {
        let refused = [Question::Timeouts, Question::Daemons]
            .iter()
            .any(|question| case.state.failure_of(*question).is_some());
        let told = Ran { stderr: Vec::new(), ..ours.clone() };
        let lines = ours.stderr.iter().filter(|byte| **byte == b'\n').count();
        let before = theirs.stderr.iter().filter(|byte| **byte == b'\n').count();
        refused
            && theirs.status == 1
            && lines == before + 1
            && ours.stderr.starts_with(&theirs.stderr)
            && told == Ran { stderr: Vec::new(), ..theirs.clone() }
    }),
    ("ipvsadm-restore is one run, not two", |case, theirs, ours| {
        let failed = case.state.failure_of(Question::Init).is_some();
        let twice = Ran { stderr: ours.stderr.repeat(2), ..ours.clone() };
        let once = |ran: &Ran| Ran { stderr: warned_once(&ran.stderr), ..ran.clone() };
        case.line.tool == Tool::Restore
            && (failed && *theirs == twice || once(theirs) == *ours && theirs != ours)
    }),
];

/// Why these two may differ, if they may.
pub(super) fn reason(case: &Case, theirs: &Ran, ours: &Ran) -> Option<&'static str> {
    ON_PURPOSE.iter().find(|(_, test)| test(case, theirs, ours)).map(|(why, _)| *why)
}

/// A text without the second warning of an old version.
fn warned_once(text: &[u8]) -> Vec<u8> {
    let starts: Vec<_> =
        (0..text.len()).filter(|start| text[*start..].starts_with(WARNING)).collect();
    let end = |start: usize| text[start..].windows(2).position(|end| end == b"\n\n");
    match starts[..] {
        [_, second] => {
            let end = end(second).map_or(text.len(), |end| second + end + 2);
            [&text[..second], &text[end..]].concat()
        }
        _ => text.to_vec(),
    }
}
