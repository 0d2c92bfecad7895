// SPDX-License-Identifier: MIT OR Apache-2.0
//! Plan, show, do, report.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::path::PathBuf;

use clap::Args;
use ipvs_netlink::types::Protocol;
use ipvs_netlink::{Error, Ipvs, Netns};
use ipvs_proc::{Connection, Filter, Readings, Root, Skipped, Virtual};
use ipvs_syncd::surgery::{Place, Plan, Report, Session, Survey};
use ipvs_syncd::table::Directory;

use super::choice::too_many;
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
    readings: Readings,
    skipped: Skipped,
}

impl Site {
    /// The connections that are wanted.
    pub(super) fn read(
        &mut self,
        wanted: impl Fn(&Connection<'_>) -> bool,
        limit: usize,
    ) -> Result<Vec<Connection<'static>>, Failure> {
        let (found, skipped) = read(&self.place, &self.readings, wanted, limit)?;
        self.skipped = skipped;
        Ok(found)
    }
}

/// The connections that are wanted, each once, and what could not be read.
fn read(
    place: &Place,
    readings: &Readings,
    wanted: impl Fn(&Connection<'_>) -> bool,
    limit: usize,
) -> Result<(Vec<Connection<'static>>, Skipped), Failure> {
    let (mut found, mut known) = (Vec::new(), HashSet::new());
    let mut readings = readings.clone();
    loop {
        let before = found.len();
        let mut connections = place.connections()?;
        let ended = connections.visit(|listed| {
            if wanted(listed) && known.insert(identity(listed)) {
                found.push(listed.clone().into_owned());
            }
            if found.len() > limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        if ended.is_break() {
            return Err(too_many(limit));
        }
        if !readings.another(found.len() > before) {
            return Ok((found, connections.skipped().clone()));
        }
    }
}

/// What no other entry has. Templates of a persistence engine may differ in its data only.
fn identity(
    listed: &Connection<'_>,
) -> (Protocol, SocketAddr, Virtual, SocketAddr, Option<Vec<u8>>) {
    let data = listed.engine.as_ref().map(|engine| engine.data.to_vec());
    (listed.protocol, listed.client, listed.service, listed.dest, data)
}

/// A kernel, and where its connections are listed.
pub(super) struct Open {
    pub(super) ipvs: Ipvs,
    place: Place,
    readings: Readings,
}

impl Open {
    /// The connections that match, and what could not be read.
    pub(super) fn read(
        &self,
        filter: &Filter,
        limit: usize,
    ) -> Result<(Vec<Connection<'static>>, Skipped), Failure> {
        read(&self.place, &self.readings, |listed| filter.matches(listed), limit)
    }

    /// What is found there.
    fn site(&mut self) -> Result<Site, Failure> {
        let survey = Survey::take(&mut self.ipvs, &self.place)?;
        let directory = Directory::from(&survey.table);
        let (place, readings) = (self.place.clone(), self.readings.clone());
        Ok(Site { survey, directory, place, readings, skipped: Skipped::default() })
    }
}

impl Surgery {
    /// Carries out what `plan` makes of the site.
    pub(super) fn run(
        &self,
        mut open: Open,
        io: &mut Io<'_>,
        plan: impl FnOnce(&mut Site) -> Result<Plan, Failure>,
    ) -> Outcome {
        let mut site = open.site()?;
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
            false => perform(plan, open.ipvs, &site)?,
        };
        print(io, &show::report(&report, &site.survey, style))?;
        Ok(if report.is_complete() { 0 } else { INCOMPLETE })
    }

    /// Opens the kernel that it is about.
    pub(super) fn open(
        &self,
        connect: impl FnOnce() -> Result<Ipvs, Error>,
    ) -> Result<Open, Failure> {
        let (place, readings) = match (&self.netns, &self.root) {
            (Some(netns), _) => (Place::netns(netns.clone()), Readings::of_running()),
            (None, Some(dir)) => (Place::at(Root::at(dir)), Readings::of_copy()),
            (None, None) => (Place::here(), Readings::of_running()),
        };
        let ipvs = match &self.netns {
            Some(netns) => Ipvs::in_netns(netns.clone())?,
            None => connect()?,
        };
        Ok(Open { ipvs, place, readings })
    }

    /// Whether nothing is to be done.
    pub(super) const fn dry_run(&self) -> bool {
        self.dry_run
    }

    /// Whether programs read the result.
    pub(super) const fn json(&self) -> bool {
        self.json
    }

    /// Whether the connections are those of copies.
    pub(super) const fn of_copies(&self) -> bool {
        self.root.is_some()
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

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const LISTING: &str = "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n\
         TCP 0A000001 9C40 C0000201 0050 0A010002 0050 ESTABLISHED     800\n\
         TCP 0A000002 9C40 C0000201 0050 0A010002 0050 ESTABLISHED     801\n";

    #[test]
    fn what_several_readings_list_is_there_once() {
        let proc = tempfile::tempdir().expect("a directory");
        fs::create_dir(proc.path().join("net")).expect("a directory");
        fs::write(proc.path().join("net/ip_vs_conn"), LISTING).expect("a file");
        let place = Place::at(Root::at(proc.path()));
        for readings in [Readings::of_copy(), Readings::of_release("6.12.95")] {
            let found = |limit| read(&place, &readings, |_| true, limit);
            let (connections, skipped) = found(2).expect("two");
            let clients: Vec<_> = connections.iter().map(|c| c.client.to_string()).collect();
            assert_eq!(clients, ["10.0.0.1:40000", "10.0.0.2:40000"]);
            assert_eq!(skipped, Skipped::default());
            assert!(found(1).is_err());
        }
    }
}
