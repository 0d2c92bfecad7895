// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is told of lines that were left out.

use ipvs_proc::{LineError, Skipped};

use crate::legacy::streams::Io;
use crate::modern::failure::{Failure, REFUSED};
use crate::modern::{Outcome, warn};

/// Reports what was left out, in one line, and decides about the exit status.
pub(in crate::modern) fn report(skipped: &Skipped, strict: bool, io: &mut Io<'_>) -> Outcome {
    let Some(text) = text(skipped) else { return Ok(0) };
    if skipped.cut_off.is_some() {
        return Err(Failure::refused(text));
    }
    warn(io, &text);
    Ok(if strict { REFUSED } else { 0 })
}

fn text(skipped: &Skipped) -> Option<String> {
    let first = skipped.first.as_ref()?;
    let what = match skipped.count {
        1 => "1 line left out".to_owned(),
        count => format!("{count} lines left out, the first"),
    };
    // The end of the text may be the first bad line, or one after others.
    let end = skipped.cut_off.as_ref().filter(|cut_off| *cut_off != first);
    let end = end.map(|cut_off| format!("; {cut_off}")).unwrap_or_default();
    Some(format!("{what}: {first}{end}"))
}

/// The same summary of a file that was read as a whole.
pub(super) fn summary(errors: Vec<LineError>) -> Skipped {
    let cut_off = errors.iter().find(|error| matches!(error, LineError::CutOff { .. })).cloned();
    Skipped { count: errors.len() as u64, first: errors.into_iter().next(), cut_off }
}
