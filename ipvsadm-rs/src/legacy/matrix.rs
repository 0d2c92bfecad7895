// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which options go with which command.

use std::fmt;

use super::fault::Fault;
use super::options::Verb;

/// An option's place in the matrix, in the order in which the C tool checks them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the option of that name")]
pub enum Field {
    Numeric,
    Connection,
    ServiceAddress,
    Scheduler,
    Persistent,
    Netmask,
    RealServer,
    ForwardingMethod,
    Weight,
    UThreshold,
    LThreshold,
    McastInterface,
    Timeout,
    Daemon,
    Stats,
    Rate,
    Thresholds,
    PersistentConn,
    Nosort,
    Syncid,
    Exact,
    Ops,
    Pe,
    SchedFlags,
    McastGroup,
    McastPort,
    McastTtl,
    SyncMaxlen,
    TunInfo,
    TunType,
    TunPort,
    TunNocsum,
    TunCsum,
    TunRemcsum,
    KeepPort,
    Full,
    Atomic,
    Unprivileged,
    Verbose,
}

use Field::*;

#[rustfmt::skip]
const FIELDS: [(Field, &str); 39] = [
    (Numeric, "numeric"), (Connection, "connection"), (ServiceAddress, "service-address"),
    (Scheduler, "scheduler"), (Persistent, "persistent"), (Netmask, "netmask"),
    (RealServer, "real-server"), (ForwardingMethod, "forwarding-method"), (Weight, "weight"),
    (UThreshold, "u-threshold"), (LThreshold, "l-threshold"), (McastInterface, "mcast-interface"),
    (Timeout, "timeout"), (Daemon, "daemon"), (Stats, "stats"), (Rate, "rate"),
    (Thresholds, "thresholds"), (PersistentConn, "persistent-conn"), (Nosort, "nosort"),
    (Syncid, "syncid"), (Exact, "exact"), (Ops, "ops"), (Pe, "pe"), (SchedFlags, "sched-flags"),
    (McastGroup, "mcast-group"), (McastPort, "mcast-port"), (McastTtl, "mcast-ttl"),
    (SyncMaxlen, "sync-maxlen"), (TunInfo, "tun-info"), (TunType, "tun-type"),
    (TunPort, "tun-port"), (TunNocsum, "tun-nocsum"), (TunCsum, "tun-csum"),
    (TunRemcsum, "tun-remcsum"), (KeepPort, "keep-port"), (Full, "full"), (Atomic, "atomic"),
    (Unprivileged, "unprivileged"), (Verbose, "verbose"),
];

impl Field {
    /// The name in messages.
    pub fn name(self) -> &'static str {
        FIELDS[self as usize].1
    }
}

/// A set of options.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fields(u64);

impl Fields {
    /// The set of these.
    pub const fn of(fields: &[Field]) -> Self {
        let (mut bits, mut i) = (0, 0);
        while i < fields.len() {
            bits |= 1 << fields[i] as u32;
            i += 1;
        }
        Self(bits)
    }

    const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Adds `field`; false if it was in already.
    pub fn insert(&mut self, field: Field) -> bool {
        let before = self.0;
        self.0 |= 1 << field as u32;
        self.0 != before
    }

    /// Whether `field` is in.
    pub const fn has(self, field: Field) -> bool {
        self.0 & 1 << field as u32 != 0
    }

    /// Whether both have a field in common.
    pub const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// What goes with one command or tunnel type.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule {
    required: Fields,
    optional: Fields,
    one_of: Fields,
}

impl Rule {
    pub(super) const fn new(required: &[Field], optional: &[Field], one_of: &[Field]) -> Self {
        let (required, optional) = (Fields::of(required), Fields::of(optional));
        Self { required, optional, one_of: Fields::of(one_of) }
    }

    const fn allowed(self) -> Fields {
        self.required.or(self.optional).or(self.one_of)
    }

    /// Checks those of the fields `given` that are `among` these; `place` ends the message.
    #[inline]
    pub(super) fn check(
        self,
        given: Fields,
        among: Fields,
        place: fmt::Arguments<'_>,
    ) -> Result<(), Fault> {
        let given = given.0 & among.0;
        let chosen = given & self.one_of.0;
        let several = chosen & chosen.wrapping_sub(1) != 0;
        match given & !self.allowed().0 == 0 && self.required.0 & !given == 0 && !several {
            true => Ok(()),
            false => self.violation(given, place),
        }
    }

    /// Goes through `given` field by field and reports the first violation.
    #[cold]
    fn violation(self, given: u64, place: fmt::Arguments<'_>) -> Result<(), Fault> {
        let allowed = self.allowed().0;
        let mut chosen: Option<Field> = None;
        for (field, name) in FIELDS {
            let (here, bit) = (Fields(given).has(field), Fields::of(&[field]));
            if !here && self.required.meets(bit) {
                return Err(Fault::usage(format!(
                    "You need to supply the '{name}' option for the {place}"
                )));
            }
            if here && allowed & bit.0 == 0 {
                return Err(Fault::usage(format!("Illegal '{name}' option with the {place}")));
            }
            if here && self.one_of.meets(bit) {
                if let Some(earlier) = chosen {
                    return Err(Fault::usage(format!(
                        "The option '{name}' conflicts with the '{}' option in the {place}",
                        earlier.name()
                    )));
                }
                chosen = Some(field);
            }
        }
        Ok(())
    }
}

fn rule(verb: Verb) -> (&'static str, Rule) {
    const SERVICE: Rule =
        Rule::new(&[ServiceAddress], &[Scheduler, Persistent, Netmask, Ops, Pe, SchedFlags], &[]);
    #[rustfmt::skip]
    const SERVER: Rule = Rule::new(
        &[ServiceAddress, RealServer],
        &[ForwardingMethod, Weight, UThreshold, LThreshold, TunType, TunPort, TunNocsum, TunCsum,
            TunRemcsum, KeepPort],
        &[],
    );
    #[rustfmt::skip]
    const LIST: Rule = Rule::new(
        &[],
        &[Numeric, Stats, Rate, Thresholds, PersistentConn, Nosort, Syncid, Exact, TunInfo,
            Unprivileged, Verbose],
        &[Connection, ServiceAddress, Timeout, Daemon],
    );
    const DAEMON: Rule =
        Rule::new(&[], &[McastInterface, Syncid, McastGroup, McastPort, McastTtl, SyncMaxlen], &[]);
    const NOTHING: Rule = Rule::new(&[], &[], &[]);
    match verb {
        Verb::AddService => ("add-service", SERVICE),
        Verb::EditService => ("edit-service", SERVICE),
        Verb::DeleteService => ("delete-service", Rule::new(&[ServiceAddress], &[], &[])),
        Verb::Flush => ("flush", NOTHING),
        Verb::List => ("list", LIST),
        Verb::AddServer => ("add-server", SERVER),
        Verb::DeleteServer => ("delete-server", Rule::new(&[ServiceAddress, RealServer], &[], &[])),
        Verb::EditServer => ("edit-server", SERVER),
        Verb::Set => ("set", NOTHING),
        Verb::StartDaemon => ("start-daemon", DAEMON),
        Verb::StopDaemon => ("stop-daemon", Rule::new(&[], &[Syncid], &[])),
        Verb::Restore => ("restore", Rule::new(&[], &[Atomic], &[])),
        Verb::Save => ("save", Rule::new(&[], &[Numeric, Full], &[])),
        Verb::Zero => ("zero", Rule::new(&[], &[ServiceAddress], &[])),
        Verb::Help => ("help", NOTHING),
        Verb::Version => ("version", NOTHING),
    }
}

/// Checks the options given to a command.
pub(super) fn check(verb: Verb, given: Fields) -> Result<(), Fault> {
    let (name, rule) = rule(verb);
    rule.check(given, Fields(u64::MAX), format_args!("'{name}' command"))?;
    let observing = Fields::of(&[Connection, Timeout, Daemon]);
    let counting = Fields::of(&[Stats, Rate, Thresholds]);
    let conflict = given.meets(observing) && given.meets(counting)
        || given.meets(Fields::of(&[Timeout, Daemon])) && given.has(PersistentConn);
    if verb == Verb::List && conflict {
        return Err(Fault::usage("options conflicts in the list command"));
    }
    match given.has(Unprivileged) {
        true => unprivileged(given),
        false => Ok(()),
    }
}

/// Everything that `/proc/net/ip_vs` does not show conflicts with listing it.
fn unprivileged(given: Fields) -> Result<(), Fault> {
    let shown = Fields::of(&[ServiceAddress, Numeric, Nosort, Exact, Unprivileged]);
    match FIELDS.iter().find(|(field, _)| given.has(*field) && !shown.has(*field)) {
        Some((_, name)) => Err(Fault::usage(format!(
            "The option '{name}' conflicts with the 'unprivileged' option in the 'list' command: \
             without privilege there is only the plain list of services"
        ))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaint(verb: Verb, given: &[Field]) -> String {
        match check(verb, Fields::of(given)) {
            Ok(()) => "fine".into(),
            Err(fault) => fault.to_string(),
        }
    }

    #[test]
    fn the_order_of_fields_is_their_number() {
        for (number, (field, _)) in FIELDS.iter().enumerate() {
            assert_eq!(*field as usize, number);
        }
    }

    #[test]
    fn the_first_violation_in_matrix_order_is_reported() {
        for (verb, given, expected) in [
            (Verb::AddService, &[ServiceAddress][..], "fine"),
            (
                Verb::AddService,
                &[Numeric],
                "Illegal 'numeric' option with the 'add-service' command",
            ),
            (
                Verb::AddService,
                &[UThreshold],
                "You need to supply the 'service-address' option for the 'add-service' command",
            ),
            (
                Verb::List,
                &[Scheduler, ForwardingMethod],
                "Illegal 'scheduler' option with the 'list' command",
            ),
            (
                Verb::List,
                &[Daemon, Timeout],
                "The option 'daemon' conflicts with the 'timeout' option in the 'list' command",
            ),
            (
                Verb::List,
                &[Connection, Timeout, Daemon],
                "The option 'timeout' conflicts with the 'connection' option in the 'list' command",
            ),
            (Verb::List, &[Connection, Stats], "options conflicts in the list command"),
            (Verb::List, &[Daemon, PersistentConn], "options conflicts in the list command"),
            (Verb::List, &[Connection, PersistentConn], "fine"),
            (Verb::List, &[Syncid], "fine"),
            (Verb::List, &[Unprivileged, Numeric, Nosort, Exact, ServiceAddress], "fine"),
            (
                Verb::List,
                &[Unprivileged, Rate],
                "The option 'rate' conflicts with the 'unprivileged' option in the 'list' command: \
                 without privilege there is only the plain list of services",
            ),
            (Verb::List, &[Verbose, Connection], "fine"),
            (Verb::Save, &[Verbose], "Illegal 'verbose' option with the 'save' command"),
            (Verb::Flush, &[Timeout], "Illegal 'timeout' option with the 'flush' command"),
            (Verb::Save, &[Numeric], "fine"),
            (
                Verb::AddServer,
                &[ServiceAddress],
                "You need to supply the 'real-server' option for the 'add-server' command",
            ),
        ] {
            assert_eq!(complaint(verb, given), expected, "{verb:?} {given:?}");
        }
    }
}
