// SPDX-License-Identifier: MIT OR Apache-2.0
//! Values that a shell can complete.

use clap::builder::PossibleValue;

/// Long name of the option, and its values with what they mean.
type Values = (&'static str, &'static [(&'static str, &'static str)]);

const VALUES: &[Values] = &[
    ("start-daemon", DAEMONS),
    ("stop-daemon", DAEMONS),
    ("scheduler", SCHEDULERS),
    ("sched-flags", FLAGS),
    ("pe", &[("sip", "calls of SIP, by Call-ID")]),
    ("tun-type", &[("ipip", "IP in IP"), ("gue", "generic UDP encapsulation"), ("gre", "GRE")]),
];

const DAEMONS: &[(&str, &str)] =
    &[("master", "sends connections"), ("backup", "receives connections")];

const SCHEDULERS: &[(&str, &str)] = &[
    ("rr", "in turn"),
    ("wrr", "in turn, by weight"),
    ("lc", "fewest connections"),
    ("wlc", "fewest connections, by weight"),
    ("lblc", "by destination address, unless overloaded"),
    ("lblcr", "by destination address, to a set of servers"),
    ("dh", "hash of the destination address"),
    ("sh", "hash of the source address"),
    ("sed", "shortest expected delay"),
    ("nq", "an idle server, else shortest expected delay"),
    ("fo", "the highest weight only"),
    ("ovf", "the highest weight until it is full"),
    ("mh", "Maglev hash of the source address"),
    ("twos", "the better of two at random"),
];

const FLAGS: &[(&str, &str)] = &[
    ("sh-fallback", "sh: next server where one is unavailable"),
    ("sh-port", "sh: hash the port too"),
    ("mh-fallback", "mh: next server where one is unavailable"),
    ("mh-port", "mh: hash the port too"),
    ("flag-1", "first flag of other schedulers"),
    ("flag-2", "second flag of other schedulers"),
    ("flag-3", "third flag of other schedulers"),
];

/// The option whose value is the name of a network interface.
pub const INTERFACE: &str = "mcast-interface";

/// What the option with this long name may be given; nothing where only a person can know.
pub fn of(option: &str) -> Vec<PossibleValue> {
    let values = VALUES.iter().find(|(name, _)| *name == option).map_or(&[][..], |(_, all)| *all);
    values.iter().map(|(value, help)| PossibleValue::new(*value).help(*help)).collect()
}
