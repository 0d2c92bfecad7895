// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ipvsadm conn delete`: by a command of the kernel where it has one, else by messages.

use std::ops::ControlFlow;

use clap::Args;
use ipvs_netlink::ext::{Connection as Known, ConnectionFilter, ConnectionKey};
use ipvs_netlink::types::{DaemonConfig, DaemonRole};
use ipvs_netlink::{Error, Ipvs};
use ipvs_proc::{Connection, Layout};
use ipvs_syncd::surgery::{Caution, Plan};

use super::choice::Choice;
use super::direct::{self, Entry};
use super::ending::{self, Ending};
use super::means::{self, Means};
use super::surgery::{Open, Surgery};
use crate::legacy::streams::Io;
use crate::modern::failure::Failure;
use crate::modern::proc::bad_lines;
use crate::modern::{Outcome, signals};

/// End connections and templates
///
/// Packets of an ended TCP connection are answered with a reset; UDP clients are scheduled anew. A
/// template that connections belong to stays: use `unpin`.
///
/// Where the kernel deletes them itself, what a connection belonged to (the control connection of FTP data, a
/// template that is not assured) ends with the last of its connections.
///
/// A kernel with the family ipvs_ext, or with the module ip_vs_connctl, deletes them itself; otherwise
/// its backup daemon is told.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Delete {
    #[command(flatten)]
    choice: Choice,
    #[command(flatten)]
    surgery: Surgery,
    /// Say on standard error by what means they are deleted
    #[arg(long)]
    verbose: bool,
}

impl Delete {
    pub(super) fn run(
        self,
        io: &mut Io<'_>,
        connect: impl FnOnce() -> Result<Ipvs, Error>,
    ) -> Outcome {
        // What is not said clearly is refused before anybody is asked.
        self.choice.filter()?;
        let mut open = self.surgery.open(connect)?;
        let means =
            if self.surgery.of_copies() { Means::Sync } else { Means::best(&mut open.ipvs)? };
        match means {
            Means::Netlink => {
                self.say(means, &mut open, io)?;
                let chosen = self.choose(&mut open.ipvs)?;
                self.carry_out(chosen, means, open.ipvs, io)
            }
            Means::Module => {
                let (chosen, skipped) = open.read(&self.choice.filter()?, self.choice.limit())?;
                // It knows no templates.
                let Some(chosen) = entries(chosen) else { return self.by_messages(open, io) };
                self.say(means, &mut open, io)?;
                bad_lines::report(&skipped, false, io)?;
                self.carry_out(chosen, means, open.ipvs, io)
            }
            Means::Sync => self.by_messages(open, io),
        }
    }

    fn by_messages(&self, mut open: Open, io: &mut Io<'_>) -> Outcome {
        self.say(Means::Sync, &mut open, io)?;
        self.surgery.run(open, io, |site| {
            let filter = self.choice.filter()?;
            Ok(Plan::delete(self.choice.read(filter, site)?, &site.directory))
        })
    }

    fn say(&self, means: Means, open: &mut Open, io: &mut Io<'_>) -> Result<(), Failure> {
        if self.verbose {
            means::say(open.ipvs.tier()?, means.words(), io);
        }
        Ok(())
    }

    /// What matches, connections before what controls them.
    fn choose(&self, ipvs: &mut Ipvs) -> Result<Vec<Entry>, Failure> {
        let filter = self.choice.filter()?;
        let mut found: Vec<(Known, Connection<'static>)> = Vec::new();
        let ended = ipvs.visit_connections(&ConnectionFilter::covering(&filter), |known| {
            let shown = known.listed(Layout::Plain);
            if filter.matches(&shown) {
                found.push((known, shown));
            }
            match found.len() > self.choice.limit() {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        })?;
        if ended.is_break() {
            return Err(self.choice.too_many());
        }
        ending::sort(&mut found, |(known, _)| known);
        Ok(found.into_iter().map(|(known, shown)| Entry::known(shown, known)).collect())
    }

    fn carry_out(
        &self,
        mut chosen: Vec<Entry>,
        means: Means,
        mut ipvs: Ipvs,
        io: &mut Io<'_>,
    ) -> Outcome {
        let cautions = cautions(&mut ipvs)?;
        let mut outcome = Ok(());
        if !self.surgery.dry_run() {
            let stop = signals::stop()?;
            let mut ending = Ending::new(&mut ipvs, &chosen);
            outcome = direct::delete(&mut chosen, &stop, |entry| ending.end(entry));
        }
        // What was done before a failure is told in any case.
        let status = direct::report(&chosen, &cautions, means.name(), &self.surgery, io)?;
        outcome?;
        Ok(status)
    }
}

/// The same with their keys; `None` if there is a template among them.
fn entries(chosen: Vec<Connection<'static>>) -> Option<Vec<Entry>> {
    chosen
        .into_iter()
        .map(|one| ConnectionKey::of_listed(&one).map(|key| Entry::new(one, key)))
        .collect()
}

/// What may surprise where others have the same connections.
fn cautions(ipvs: &mut Ipvs) -> Result<Vec<Caution>, Error> {
    let caution = |daemon: DaemonConfig| match daemon.role {
        DaemonRole::Master => Caution::PeersKeep(daemon.interface),
        DaemonRole::Backup => Caution::MasterElsewhere(daemon.interface),
    };
    Ok(ipvs.daemons()?.into_iter().map(caution).collect())
}

#[cfg(test)]
mod tests {
    use ipvs_netlink::ext::Features;
    use ipvs_netlink::fake::{Kernel, Release};
    use ipvs_netlink::types::{Method, Protocol};

    use super::*;
    use crate::modern::conn::direct::Fate;

    fn connection(port: u16) -> Known {
        let client = ([10, 0, 0, 1], port).into();
        let key = ConnectionKey::new(Protocol::TCP, client, ([192, 0, 2, 1], 80).into());
        Known::new(key, ([10, 1, 0, 2], 80).into(), Method::MASQ)
    }

    #[test]
    fn the_module_deletes_connections() -> Result<(), Error> {
        let kernel = Kernel::new(Release::Linux6_12);
        kernel.set_add_on(true);
        kernel.add_connection(connection(1));
        kernel.add_connection(connection(2));
        let mut ipvs = Ipvs::with_backend(kernel.clone());
        assert_eq!(Means::best(&mut ipvs)?, Means::Module);
        let shown = connection(1).listed(Layout::Plain);
        let chosen = entries(vec![shown]).expect("no template");
        let mut ending = Ending::new(&mut ipvs, &chosen);
        assert_eq!(ending.end(&chosen[0])?, Fate::Ended);
        assert_eq!(ending.end(&chosen[0])?, Fate::EndedBefore);
        assert_eq!(kernel.connections(), [connection(2)]);

        let mut template = connection(3);
        template.key.template = true;
        let both = [connection(1), template].map(|one| one.listed(Layout::Plain));
        assert!(entries(both.to_vec()).is_none());
        Ok(())
    }

    #[test]
    fn the_best_means_is_taken() {
        let best = |features, add_on| {
            let kernel = Kernel::new(Release::Linux6_12);
            kernel.set_features(features);
            kernel.set_add_on(add_on);
            Means::best(&mut Ipvs::with_backend(kernel)).expect("known")
        };
        assert_eq!(best(None, false), Means::Sync);
        assert_eq!(best(None, true), Means::Module);
        assert_eq!(best(Some(Features::all_known()), true), Means::Netlink);
        assert_eq!(best(Some(Features::CONN_GET), false), Means::Sync);
        assert_eq!(best(Some(Features::CONN_GET), true), Means::Module);
    }
}
