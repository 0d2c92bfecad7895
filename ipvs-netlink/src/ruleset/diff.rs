// SPDX-License-Identifier: MIT OR Apache-2.0
//! The smallest set of operations between two states, in an order that hurts traffic least:
//! everything is added and changed before anything is removed, and a service that is new gets its
//! destinations at once.

use ipvs_types::{
    DaemonConfig, DaemonRole, DestConfig, DestKey, ServiceFlags, ServiceKey, TimeoutsChange,
};

use super::{Change, PlanOptions, Ruleset, ServiceRules};
use crate::Operation as Op;
use crate::daemon::clamp_message_length;

/// The changes that make `have` into `want`.
pub(super) fn changes(have: &Ruleset, want: &Ruleset, options: PlanOptions) -> Vec<Change> {
    let diff = Diff { have, want, options };
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
    have: &'a Ruleset,
    want: &'a Ruleset,
    options: PlanOptions,
}

impl Diff<'_> {
    fn had(&self, service: ServiceKey) -> Option<&ServiceRules> {
        self.have.services.get(&service)
    }

    fn creates_mixed_dest(&self) -> bool {
        self.want.mixed_dests().any(|(service, dest)| {
            self.had(service).is_none_or(|had| !had.dests.contains_key(&dest))
        })
    }

    fn timeouts(&self, steps: &mut Vec<Change>) {
        let managed = self.options.manages_timeouts();
        let (Some(have), Some(want)) = (self.have.timeouts, self.want.timeouts) else {
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
        let had = self.had(service);
        let old = |dest| had.and_then(|rules| rules.dest(dest));
        for (dest, &config) in want.dests_in_order().filter(|(dest, _)| old(*dest).is_none()) {
            steps.push(Change {
                operation: Op::CreateDest { service, dest, config },
                undo: vec![Op::DeleteDest { service, dest }],
            });
        }
        for (&dest, &config) in &want.dests {
            if let Some(&old) = old(dest).filter(|&&old| old != config) {
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
        for (&service, had) in &self.have.services {
            let Some(want) = self.want.services.get(&service) else { continue };
            // Newest first, so that undoing in reverse brings them back in their order.
            let gone = had.dests_in_order().rev().filter(|(dest, _)| want.dest(*dest).is_none());
            for (dest, &config) in gone {
                steps.push(Change {
                    operation: Op::DeleteDest { service, dest },
                    undo: vec![Op::CreateDest { service, dest, config }],
                });
            }
        }
        for (&service, had) in &self.have.services {
            if !self.want.services.contains_key(&service) {
                let mut undo = vec![Op::CreateService { service, config: had.config }];
                let make = |(dest, &config): (DestKey, &DestConfig)| Op::CreateDest {
                    service,
                    dest,
                    config,
                };
                undo.extend(had.dests_in_order().map(make));
                steps.push(Change { operation: Op::DeleteService { service }, undo });
            }
        }
    }

    /// A daemon can't be changed, only stopped and started anew.
    fn daemons(&self) -> (Vec<Change>, Vec<Change>) {
        let (mut stops, mut starts) = (Vec::new(), Vec::new());
        let managed = self.options.manages_daemons();
        let (true, Some(have), Some(want)) = (managed, &self.have.daemons, &self.want.daemons)
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
