// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is printed of it: a line each.

use std::time::{SystemTime, UNIX_EPOCH};

use ipvs_netlink::Seen;
use serde_json::json;

use super::record::members;
use crate::legacy::streams::Io;
use crate::modern::{Outcome, print};
use crate::output::{escape, json as document};

/// For programs or people.
pub(super) struct Show {
    json: bool,
    means: &'static str,
}

impl Show {
    pub(super) fn new(json: bool, means: &'static str) -> Self {
        Self { json, means }
    }

    /// Prints it with the time.
    pub(super) fn print(&self, seen: &Seen, io: &mut Io<'_>) -> Outcome {
        let now = SystemTime::now();
        match self.json {
            true => {
                let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
                let mut members = members(seen, self.means);
                members.insert("time".to_owned(), json!(since.as_secs_f64()));
                print(io, &document::line(members))
            }
            false => {
                let time = humantime::format_rfc3339_millis(now);
                print(io, &format!("{time}  {}\n", escape::printable(text(seen).as_bytes())))
            }
        }
    }
}

fn text(seen: &Seen) -> String {
    match seen {
        Seen::Snapshot { rules, .. } => {
            let services = rules.services();
            let count = services.len();
            let dests: usize = services.map(|(_, rules)| rules.dests().len()).sum();
            format!("= {} with {}", plural(count, "service"), plural(dests, "destination"))
        }
        Seen::Change { change, .. } => change.to_string(),
        Seen::Overrun(overrun) => format!("! {overrun}"),
        Seen::Other { command, .. } => {
            format!("? command {command}, which this program does not know")
        }
        _ => "? something that this program does not know".to_owned(),
    }
}

fn plural(count: usize, noun: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{s}")
}
