// SPDX-License-Identifier: MIT OR Apache-2.0
//! The smallest set of operations between two states, in an order that hurts traffic least:
//! everything is added and changed before anything is removed, and a service that is new gets its
//! destinations at once.

use std::collections::{BTreeMap, HashMap};

use ipvs_types::{
    DaemonConfig, DaemonRole, DestConfig, DestKey, ServiceFlags, ServiceKey, TimeoutsChange,
};

use super::read::{Listing, Order};
use super::{Change, PlanOptions, Ruleset, ServiceRules};
use crate::Operation as Op;
use crate::daemon::clamp_message_length;

/// The changes that make `have` into `want`. Destinations that have to be made follow the order of
/// `want_order` where it knows them.
pub(super) fn changes(
    have: &Listing,
    want: &Ruleset,
    want_order: &Order,
    options: PlanOptions,
) -> Vec<Change> {
    let diff = Diff { have, want, want_order, options };
    let mut steps = Vec::new();
    let (stops, starts) = diff.daemons();
    // A destination of another family than its service can't be made while a daemon runs.
    let stop_early = diff.creates_mixed_dest();
    diff.timeouts(&mut steps);
    if stop_early {
        steps.extend(stops.iter().cloned());
    }
    diff.additions(&mut steps);
    diff.removals(&mut steps);
    if !stop_early {
        steps.extend(stops);
    }
    steps.extend(starts);
    steps
}

struct Diff<'a> {
    have: &'a Listing,
    want: &'a Ruleset,
    want_order: &'a Order,
    options: PlanOptions,
}

impl Diff<'_> {
    fn had(&self, service: ServiceKey) -> Option<&ServiceRules> {
        self.have.rules.services.get(&service)
    }

    fn creates_mixed_dest(&self) -> bool {
        self.want.mixed_dests().any(|(service, dest)| {
            self.had(service).is_none_or(|had| !had.dests.contains_key(&dest))
        })
    }

    fn timeouts(&self, steps: &mut Vec<Change>) {
        let managed = self.options.parts(self.want).timeouts;
        let (Some(have), Some(want)) = (self.have.rules.timeouts, self.want.timeouts) else {
            return;
        };
        if managed && have != want {
            steps.push(Change {
                operation: Op::SetTimeouts { change: TimeoutsChange::between(have, want) },
                undo: vec![Op::SetTimeouts { change: TimeoutsChange::between(want, have) }],
            });
        }
    }

    fn additions(&self, steps: &mut Vec<Change>) {
        for (&service, want) in &self.want.services {
            match self.had(service) {
                None => steps.push(Change {
                    operation: Op::CreateService { service, config: want.config },
                    undo: vec![Op::DeleteService { service }],
                }),
                Some(had) if had.config != want.config => {
                    let mask = ServiceFlags::all();
                    steps.push(Change {
                        operation: Op::UpdateService { service, config: want.config, mask },
                        undo: vec![Op::UpdateService { service, config: had.config, mask }],
                    });
                }
                Some(_) => {}
            }
            self.dest_additions(service, want, steps);
        }
    }

    fn dest_additions(&self, service: ServiceKey, want: &ServiceRules, steps: &mut Vec<Change>) {
        let none = BTreeMap::new();
        let had = self.had(service).map_or(&none, |rules| &rules.dests);
        let new = want.dests.iter().filter(|(dest, _)| !had.contains_key(dest));
        for (dest, config) in in_making_order(new, self.want_order.get(&service)) {
            steps.push(Change {
                operation: Op::CreateDest { service, dest, config },
                undo: vec![Op::DeleteDest { service, dest }],
            });
        }
        for (&dest, &config) in &want.dests {
            if let Some(&old) = had.get(&dest).filter(|&&old| old != config) {
                steps.push(Change {
                    operation: Op::UpdateDest { service, dest, config },
                    undo: vec![Op::UpdateDest { service, dest, config: old }],
                });
            }
        }
    }

    fn removals(&self, steps: &mut Vec<Change>) {
        if !self.options.prune() {
            return;
        }
        for (&service, had) in &self.have.rules.services {
            let Some(want) = self.want.services.get(&service) else { continue };
            let gone = had.dests.iter().filter(|(dest, _)| !want.dests.contains_key(dest));
            let made = in_making_order(gone, self.have.order.get(&service));
            // Newest first, so that undoing in reverse brings them back in their order.
            for (dest, config) in made.into_iter().rev() {
                steps.push(Change {
                    operation: Op::DeleteDest { service, dest },
                    undo: vec![Op::CreateDest { service, dest, config }],
                });
            }
        }
        for (&service, had) in &self.have.rules.services {
            if !self.want.services.contains_key(&service) {
                let mut undo = vec![Op::CreateService { service, config: had.config }];
                let dests = in_making_order(had.dests.iter(), self.have.order.get(&service));
                let make = |(dest, config)| Op::CreateDest { service, dest, config };
                undo.extend(dests.into_iter().map(make));
                steps.push(Change { operation: Op::DeleteService { service }, undo });
            }
        }
    }

    /// A daemon can't be changed, only stopped and started anew.
    fn daemons(&self) -> (Vec<Change>, Vec<Change>) {
        let (mut stops, mut starts) = (Vec::new(), Vec::new());
        let managed = self.options.parts(self.want).daemons;
        let (true, Some(have), Some(want)) =
            (managed, &self.have.rules.daemons, &self.want.daemons)
        else {
            return (stops, starts);
        };
        for role in [DaemonRole::Master, DaemonRole::Backup] {
            let (running, wanted) = (have.get(&role), want.get(&role));
            if let (Some(running), Some(wanted)) = (running, wanted)
                && satisfied(wanted, running)
            {
                continue;
            }
            if let Some(&config) = running.filter(|_| wanted.is_some() || self.options.prune()) {
                let (operation, undo) = (Op::StopDaemon { role }, Op::StartDaemon { config });
                stops.push(Change { operation, undo: vec![undo] });
            }
            if let Some(&config) = wanted {
                let (operation, undo) = (Op::StartDaemon { config }, Op::StopDaemon { role });
                starts.push(Change { operation, undo: vec![undo] });
            }
        }
        (stops, starts)
    }
}

/// The destinations (sorted by key) in the order in which they have to be made so that the kernel,
/// which puts the newest first, lists them in `order`; those that it lacks are made last and listed
/// first, sorted by key.
fn in_making_order<'a>(
    dests: impl Iterator<Item = (&'a DestKey, &'a DestConfig)>,
    order: Option<&Vec<DestKey>>,
) -> Vec<(DestKey, DestConfig)> {
    let mut newest_first: Vec<_> = dests.map(|(dest, config)| (*dest, *config)).collect();
    if let Some(order) = order.filter(|_| newest_first.len() > 1) {
        let places: HashMap<_, _> = order.iter().zip(0..).collect();
        // Stable: what has no place stays sorted by key, in front.
        newest_first.sort_by_key(|(dest, _)| places.get(dest).map_or(-1i64, |&place| place));
    }
    newest_first.reverse();
    newest_first
}

/// Whether `running` is what `wanted` asks for, given that the kernel brings a message length into
/// its range instead of refusing it.
fn satisfied(wanted: &DaemonConfig, running: &DaemonConfig) -> bool {
    let adjusted = |config: &DaemonConfig| {
        let mut adjusted = *config;
        adjusted.max_len = config.max_len.map(|len| clamp_message_length(config, len));
        adjusted
    };
    adjusted(wanted).is_satisfied_by(&adjusted(running))
}
