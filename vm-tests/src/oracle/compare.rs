// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whether two runs are the same.

use std::fmt;
use std::io;

use super::programs::{Ran, Theirs, ours};
use super::{Case, differences};

/// What a comparison found.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// Calls, texts and status are equal.
    Equal,
    /// They differ as docs/compatibility.md says.
    OnPurpose(&'static str),
    /// They differ.
    Different(Box<Mismatch>),
}

/// A case on which the programs differ.
#[derive(Debug, Clone, PartialEq)]
pub struct Mismatch {
    /// The case.
    pub case: Case,
    /// What the C tool did.
    pub theirs: Ran,
    /// What ours did.
    pub ours: Ran,
}

/// Runs both programs.
///
/// # Errors
/// When the C tool can't be started.
pub(super) fn compare(tool: &Theirs, case: &Case) -> io::Result<Verdict> {
    let (theirs, ours) = (tool.run(case)?, ours(case));
    if theirs == ours {
        return Ok(Verdict::Equal);
    }
    Ok(match differences::reason(case, &theirs, &ours) {
        Some(why) => Verdict::OnPurpose(why),
        None => Verdict::Different(Box::new(Mismatch { case: case.clone(), theirs, ours })),
    })
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.case)?;
        let Self { theirs, ours, .. } = self;
        let mut show = |what: &str, theirs: String, ours: String| match theirs == ours {
            true => Ok(()),
            false => writeln!(f, "  {what} of the C tool:\n{theirs}  {what} of ours:\n{ours}"),
        };
        let indented = |text: &str| text.lines().map(|line| format!("    {line}\n")).collect();
        let text = |bytes: &[u8]| -> String {
            let lines = bytes.split_inclusive(|byte| *byte == b'\n');
            lines.map(|line| format!("    {}\n", line.escape_ascii())).collect()
        };
        show("requests", indented(&theirs.calls.join("\n")), indented(&ours.calls.join("\n")))?;
        show("standard output", text(&theirs.stdout), text(&ours.stdout))?;
        show("standard error", text(&theirs.stderr), text(&ours.stderr))?;
        let status = |status| format!("    {status}\n");
        show("status", status(theirs.status), status(ours.status))
    }
}
