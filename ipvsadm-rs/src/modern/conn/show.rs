// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is printed of plans and reports.

use ipvs_syncd::surgery::{Access, Change, LeftAlone, Outcome, Plan, Report, Step, Survey};
use serde_json::{Value, json};

use super::rows::{self, Row};
use crate::output::json;

/// How many rows people are shown; programs get all.
pub(super) const ROWS: usize = 20;

/// For whom it is printed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    /// Programs.
    pub(super) json: bool,
    /// People with a terminal of this width.
    pub(super) columns: Option<u16>,
}

/// A plan that is not carried out.
pub(super) fn plan(plan: &Plan, survey: &Survey, style: Style) -> String {
    if style.json {
        return document(survey, json!(plan.steps()), json!(plan.left_alone()), true);
    }
    let planned = plan.steps().iter().map(|step| Row::new(&step.connection, change(step)));
    let rows: Vec<_> = planned.chain(left_alone(plan.left_alone())).collect();
    let (steps, left) = (plan.steps().len(), plan.left_alone().len());
    let summary = format!("would change {steps} of {}", steps + left);
    format!("{}{summary}; nothing was done\n", table(rows, style.columns))
}

/// What became of a plan. Of many entries only those are listed that did not become what was wanted.
pub(super) fn report(report: &Report, survey: &Survey, style: Style) -> String {
    if style.json {
        return document(survey, json!(report.done), json!(report.left_alone), false);
    }
    let few = report.done.len() <= ROWS;
    let shown = report.done.iter().filter(|done| few || !done.outcome.is_success());
    let done = shown.map(|done| Row::new(&done.step.connection, done.outcome.to_string()));
    let rows: Vec<_> = done.chain(left_alone(&report.left_alone)).collect();
    format!("{}{}\n", table(rows, style.columns), summary(report))
}

/// How many of each kind: `ended 3, still there 1, left alone 2`.
fn summary(report: &Report) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    let done = report.done.iter().map(|done| kind(done.outcome));
    for kind in done.chain(report.left_alone.iter().map(|_| "left alone")) {
        match counts.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, count)) => *count += 1,
            None => counts.push((kind, 1)),
        }
    }
    let parts: Vec<_> = counts.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
    if parts.is_empty() { "nothing to do".to_owned() } else { parts.join(", ") }
}

const fn kind(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Ended => "ended",
        Outcome::Renewed { .. } => "ended and made anew",
        Outcome::Moved => "moved",
        Outcome::EndedBefore => "ended by themselves",
        Outcome::Unpinned { .. } => "freed",
        Outcome::Restored => "restored",
        Outcome::Present => "there already",
        Outcome::Newer { .. } => "not restored for a newer one",
        Outcome::Absent => "did not arrive",
        Outcome::Stayed => "still there",
        _ => "interrupted",
    }
}

fn change(step: &Step) -> String {
    match step.change {
        Change::Move { to } => format!("would move to {to}"),
        Change::Unpin(_) => "would be freed, its connections ended".to_owned(),
        Change::Restore => "would be restored, unless it is there".to_owned(),
        _ => "would end".to_owned(),
    }
}

fn left_alone(entries: &[LeftAlone]) -> impl Iterator<Item = Row<'_>> {
    entries.iter().map(|left| Row::new(&left.connection, format!("left alone: {}", left.reason)))
}

pub(super) fn table(mut rows: Vec<Row<'_>>, columns: Option<u16>) -> String {
    let more = rows.len().saturating_sub(ROWS);
    rows.truncate(ROWS);
    let table = rows::table(&rows, columns);
    if more == 0 { table } else { format!("{table}and {more} more\n") }
}

fn document(survey: &Survey, steps: Value, left_alone: Value, dry_run: bool) -> String {
    let daemon = survey.access.daemon();
    let temporary = matches!(survey.access, Access::Temporary(_));
    let cautions: Vec<_> = survey.cautions().iter().map(ToString::to_string).collect();
    let body = json!({
        "dry_run": dry_run,
        "means": "sync",
        "daemon": {
            "interface": daemon.interface.to_string(),
            "sync_id": daemon.sync_id,
            "temporary": temporary,
        },
        "cautions": cautions,
        "entries": steps,
        "left_alone": left_alone,
    });
    json::document("surgery", body)
}
