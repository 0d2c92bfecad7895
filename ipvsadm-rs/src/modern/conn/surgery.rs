// SPDX-License-Identifier: MIT OR Apache-2.0
//! Plan, show, do, report.

use std::ops::ControlFlow;
use std::path::PathBuf;

use clap::Args;
use ipvs_netlink::{Error, Ipvs, Netns};
use ipvs_proc::{Connection, Root, Skipped};
use ipvs_syncd::surgery::{Place, Plan, Report, Session, Survey};
use ipvs_syncd::table::Directory;

use super::show;
use crate::legacy::streams::Io;
use crate::modern::failure::{Failure, INCOMPLETE};
use crate::modern::proc::bad_lines;
use crate::modern::{Outcome, netns, print, signals, warn};

/// Where, and how it is shown.
#[derive(Debug, Args)]
pub(super) struct Surgery {
    /// Show what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Print JSON: {"schema": 1, "surgery": ...}
    #[arg(long)]
    json: bool,
    /// Enter this network namespace: NAME (see `ip netns`), PID or PATH
    #[arg(long, value_name = "NS", value_parser = netns::parse, conflicts_with = "root")]
    netns: Option<Netns>,
    /// A directory in the place of /proc, with net/ip_vs_conn in it, for --dry-run
    #[arg(long, value_name = "DIR", requires = "dry_run")]
    root: Option<PathBuf>,
}

/// What was found there.
pub(super) struct Site {
    pub(super) survey: Survey,
    pub(super) directory: Directory,
    place: Place,
    skipped: Skipped,
}

impl Site {
    /// The connections that are wanted.
    pub(super) fn read(
        &mut self,
        wanted: impl Fn(&Connection<'_>) -> bool,
        limit: usize,
    ) -> Result<Vec<Connection<'static>>, Failure> {
        let mut found = Vec::new();
        let mut connections = self.place.connections()?;
        let ended = connections.visit(|listed| {
            if wanted(listed) {
                found.push(listed.clone().into_owned());
            }
            if found.len() > limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        if ended.is_break() {
            let text = format!("more than {limit} entries match: narrow it, or raise --limit");
            return Err(Failure::refused(text));
        }
        self.skipped = connections.skipped().clone();
        Ok(found)
    }
}

impl Surgery {
    /// Carries out what `plan` makes of the site.
    pub(super) fn run(
        &self,
        io: &mut Io<'_>,
        connect: impl FnOnce() -> Result<Ipvs, Error>,
        plan: impl FnOnce(&mut Site) -> Result<Plan, Failure>,
    ) -> Outcome {
        let (mut ipvs, place) = self.open(connect)?;
        let survey = Survey::take(&mut ipvs, &place)?;
        let directory = Directory::from(&survey.table);
        let mut site = Site { survey, directory, place, skipped: Skipped::default() };
        let plan = plan(&mut site)?;
        bad_lines::report(&site.skipped, false, io)?;
        if plan.is_empty() && plan.left_alone().is_empty() {
            warn(io, "no such connection");
        } else {
            site.survey.cautions().iter().for_each(|caution| warn(io, &caution.to_string()));
        }
        let style = show::Style { json: self.json, columns: io.columns };
        if self.dry_run {
            return print(io, &show::plan(&plan, &site.survey, style));
        }
        let report = match plan.is_empty() {
            true => Report::from(plan),
            false => perform(plan, ipvs, &site)?,
        };
        print(io, &show::report(&report, &site.survey, style))?;
        Ok(if report.is_complete() { 0 } else { INCOMPLETE })
    }

    fn open(
        &self,
        connect: impl FnOnce() -> Result<Ipvs, Error>,
    ) -> Result<(Ipvs, Place), Failure> {
        match (&self.netns, &self.root) {
            (Some(netns), _) => Ok((Ipvs::in_netns(netns.clone())?, Place::netns(netns.clone()))),
            (None, Some(dir)) => Ok((connect()?, Place::at(Root::at(dir)))),
            (None, None) => Ok((connect()?, Place::here())),
        }
    }
}

fn perform(plan: Plan, ipvs: Ipvs, site: &Site) -> Result<Report, Failure> {
    let interrupted = signals::stop()?;
    let mut session = Session::open(ipvs, site.place.clone(), &site.survey, interrupted)?;
    let report = plan.perform(&site.directory, &mut session);
    // Whatever came of it, the daemon goes first.
    session.close()?;
    Ok(report?)
}
