// SPDX-License-Identifier: MIT OR Apache-2.0
//! The one table of options: it feeds the lexer, the checks, the messages and the help.

use super::matrix::Field::{self, *};
use Setting as S;
use Topic as T;
use Value::{No, Optional, Required};

/// What an invocation shall do; the first option says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// `-A`
    AddService,
    /// `-E`
    EditService,
    /// `-D`
    DeleteService,
    /// `-C`
    Flush,
    /// `-L`, `-l`
    List,
    /// `-a`
    AddServer,
    /// `-d`
    DeleteServer,
    /// `-e`
    EditServer,
    /// `--set`
    Set,
    /// `--start-daemon`
    StartDaemon,
    /// `--stop-daemon`
    StopDaemon,
    /// `-R`
    Restore,
    /// `-S`
    Save,
    /// `-Z`
    Zero,
    /// `-h`
    Help,
    /// `-v`
    Version,
}

impl Verb {
    /// Whether nothing after it on the command line matters, and no kernel is asked.
    pub const fn acts_at_once(self) -> bool {
        matches!(self, Self::Help | Self::Version)
    }
}

/// What an option that is not a command sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    /// `-t`
    Tcp,
    /// `-u`
    Udp,
    /// `--sctp-service`
    Sctp,
    /// `-f`
    Fwmark,
    /// `-6`
    Ipv6,
    /// `-s`
    Scheduler,
    /// `-b`
    SchedFlags,
    /// `-p`
    Persistent,
    /// `-M`
    Netmask,
    /// `--pe`
    Engine,
    /// `-r`
    RealServer,
    /// `-g`
    Route,
    /// `-i`
    Tunnel,
    /// `-m`
    Masq,
    /// `-w`
    Weight,
    /// `-x`
    UpperThreshold,
    /// `-y`
    LowerThreshold,
    /// `--tun-type`
    TunType,
    /// `--tun-port`
    TunPort,
    /// `--mcast-interface`
    McastInterface,
    /// `--mcast-group`
    McastGroup,
    /// `--mcast-port`
    McastPort,
    /// `--mcast-ttl`
    McastTtl,
    /// `--syncid`
    SyncId,
    /// `--sync-maxlen`
    SyncMaxlen,
    /// An option that is only there or not.
    Flag,
}

/// Command or setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Says what to do.
    Command(Verb),
    /// Says how; the field is its place in the option matrix (`-6` and `--sort` have none).
    Setting(Setting, Option<Field>),
}

/// Whether an option takes a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// None.
    No,
    /// Always; what the help calls it.
    Required(&'static str),
    /// The next word, unless it starts with `-`.
    Optional(&'static str),
}

/// Where the help lists an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// What to do.
    Commands,
    /// Which virtual service.
    Service,
    /// How a virtual service balances.
    Balancing,
    /// Which real server, and how traffic reaches it.
    Server,
    /// What a listing shows.
    Listing,
    /// How rules are saved and restored.
    Rules,
    /// The sync daemon.
    Daemon,
    /// Accepted, but not worth mentioning.
    Hidden,
}

/// One option.
#[derive(Debug, PartialEq, Eq)]
pub struct OptionSpec {
    /// Letters; more than one are synonyms.
    pub short: &'static [u8],
    /// The long name, without dashes.
    pub long: &'static str,
    /// Whether it takes a value.
    pub value: Value,
    /// What it means.
    pub role: Role,
    /// Its place in the help.
    pub topic: Topic,
    /// Its line in the help.
    pub help: &'static str,
}

const fn command(
    short: &'static [u8],
    long: &'static str,
    value: Value,
    verb: Verb,
    help: &'static str,
) -> OptionSpec {
    OptionSpec { short, long, value, role: Role::Command(verb), topic: T::Commands, help }
}

const fn valued(
    short: &'static [u8],
    long: &'static str,
    value: &'static str,
    (setting, field): (Setting, Field),
    topic: Topic,
    help: &'static str,
) -> OptionSpec {
    let role = Role::Setting(setting, Some(field));
    OptionSpec { short, long, value: Required(value), role, topic, help }
}

const fn flag(
    short: &'static [u8],
    long: &'static str,
    field: Field,
    topic: Topic,
    help: &'static str,
) -> OptionSpec {
    let role = Role::Setting(Setting::Flag, Some(field));
    OptionSpec { short, long, value: No, role, topic, help }
}

const fn method(
    short: &'static [u8],
    long: &'static str,
    setting: Setting,
    help: &'static str,
) -> OptionSpec {
    let role = Role::Setting(setting, Some(ForwardingMethod));
    OptionSpec { short, long, value: No, role, topic: T::Server, help }
}

/// All options, in the order of the help.
#[rustfmt::skip]
pub static OPTIONS: &[OptionSpec] = &[
    command(b"A", "add-service", No, Verb::AddService, "create a virtual service"),
    command(b"E", "edit-service", No, Verb::EditService, "replace the settings of a virtual service"),
    command(b"D", "delete-service", No, Verb::DeleteService, "remove a virtual service and its servers"),
    command(b"C", "clear", No, Verb::Flush, "remove every virtual service"),
    command(b"a", "add-server", No, Verb::AddServer, "add a real server to a virtual service"),
    command(b"e", "edit-server", No, Verb::EditServer, "replace the settings of a real server"),
    command(b"d", "delete-server", No, Verb::DeleteServer, "remove a real server"),
    command(b"Ll", "list", No, Verb::List, "show services, connections, timeouts or daemons"),
    command(b"Z", "zero", No, Verb::Zero, "set the counters of one service or all to zero"),
    command(b"S", "save", No, Verb::Save, "write the rules to standard output"),
    command(b"R", "restore", No, Verb::Restore, "carry out the rules on standard input"),
    command(b"", "set", No, Verb::Set, "change timeouts: tcp tcpfin udp, seconds, 0 keeps"),
    command(b"", "start-daemon", Required("state"), Verb::StartDaemon, "start the master or backup sync daemon"),
    command(b"", "stop-daemon", Required("state"), Verb::StopDaemon, "stop the master or backup sync daemon"),
    command(b"h", "help", No, Verb::Help, "show this overview"),
    command(b"v", "version", No, Verb::Version, "show the version"),

    valued(b"t", "tcp-service", "host[:port]", (S::Tcp, ServiceAddress), T::Service, "TCP service"),
    valued(b"u", "udp-service", "host[:port]", (S::Udp, ServiceAddress), T::Service, "UDP service"),
    valued(b"", "sctp-service", "host[:port]", (S::Sctp, ServiceAddress), T::Service, "SCTP service"),
    valued(b"f", "fwmark-service", "mark", (S::Fwmark, ServiceAddress), T::Service, "packets with this firewall mark, 1 to 4294967295"),
    OptionSpec { short: b"6", long: "ipv6", value: No, role: Role::Setting(S::Ipv6, None), topic: T::Service, help: "after -f: the IPv6 packets with that mark" },

    valued(b"s", "scheduler", "name", (S::Scheduler, Scheduler), T::Balancing, "scheduler, for example rr, wlc (default), sh, mh"),
    valued(b"b", "sched-flags", "flags", (S::SchedFlags, SchedFlags), T::Balancing, "scheduler flags, separated by commas"),
    OptionSpec { short: b"p", long: "persistent", value: Optional("seconds"), role: Role::Setting(S::Persistent, Some(Persistent)), topic: T::Balancing, help: "keep clients on their server (default 360)" },
    valued(b"M", "netmask", "mask", (S::Netmask, Netmask), T::Balancing, "clients that count as one: netmask, or IPv6 prefix"),
    valued(b"", "pe", "name", (S::Engine, Pe), T::Balancing, "persistence engine, for example sip"),
    flag(b"o", "ops", Ops, T::Balancing, "schedule every UDP packet anew"),

    valued(b"r", "real-server", "host[:port]", (S::RealServer, RealServer), T::Server, "the real server"),
    method(b"g", "gatewaying", S::Route, "direct routing (default)"),
    method(b"i", "ipip", S::Tunnel, "tunneling"),
    method(b"m", "masquerading", S::Masq, "masquerading (NAT)"),
    valued(b"w", "weight", "number", (S::Weight, Weight), T::Server, "capacity (default 1, 0 is quiesced)"),
    valued(b"x", "u-threshold", "number", (S::UpperThreshold, UThreshold), T::Server, "no new connections from this many on"),
    valued(b"y", "l-threshold", "number", (S::LowerThreshold, LThreshold), T::Server, "new connections again below this many"),
    valued(b"", "tun-type", "type", (S::TunType, TunType), T::Server, "ipip (default), gue or gre"),
    valued(b"", "tun-port", "port", (S::TunPort, TunPort), T::Server, "destination port of a gue tunnel"),
    flag(b"", "tun-nocsum", TunNocsum, T::Server, "tunnel without checksum"),
    flag(b"", "tun-csum", TunCsum, T::Server, "tunnel with checksum"),
    flag(b"", "tun-remcsum", TunRemcsum, T::Server, "gue tunnel with remote checksum"),
    flag(b"", "keep-port", KeepPort, T::Server, "-g, -i: the port of -r, not the service's"),

    flag(b"n", "numeric", Numeric, T::Listing, "numbers instead of names"),
    flag(b"c", "connection", Connection, T::Listing, "current connections"),
    flag(b"", "stats", Stats, T::Listing, "counters"),
    flag(b"", "rate", Rate, T::Listing, "rates"),
    flag(b"", "thresholds", Thresholds, T::Listing, "connection thresholds"),
    flag(b"", "persistent-conn", PersistentConn, T::Listing, "persistent connections"),
    flag(b"", "tun-info", TunInfo, T::Listing, "tunnels"),
    flag(b"", "timeout", Timeout, T::Listing, "the timeouts"),
    flag(b"", "daemon", Daemon, T::Listing, "the sync daemons"),
    flag(b"X", "exact", Exact, T::Listing, "do not shorten numbers"),
    flag(b"", "nosort", Nosort, T::Listing, "in the kernel's order"),
    flag(b"", "unprivileged", Unprivileged, T::Listing, "what a user other than root may see"),
    flag(b"", "verbose", Verbose, T::Listing, "say on standard error where the list comes from"),
    OptionSpec { short: b"", long: "sort", value: No, role: Role::Setting(S::Flag, None), topic: T::Hidden, help: "" },

    flag(b"", "full", Full, T::Rules, "-S: all state, also thresholds, timeouts, daemons"),
    flag(b"", "atomic", Atomic, T::Rules, "-R: make the state equal to the rules, all or nothing"),

    valued(b"", "syncid", "id", (S::SyncId, Syncid), T::Daemon, "0 (default) to 255; daemons of one id talk"),
    valued(b"", "sync-maxlen", "bytes", (S::SyncMaxlen, SyncMaxlen), T::Daemon, "longest sync message"),
    valued(b"", "mcast-interface", "name", (S::McastInterface, McastInterface), T::Daemon, "interface (default eth0)"),
    valued(b"", "mcast-group", "address", (S::McastGroup, McastGroup), T::Daemon, "multicast group (default 224.0.0.81)"),
    valued(b"", "mcast-port", "port", (S::McastPort, McastPort), T::Daemon, "UDP port (default 8848)"),
    valued(b"", "mcast-ttl", "hops", (S::McastTtl, McastTtl), T::Daemon, "hop limit (default 1)"),
];

/// The option of each letter.
static LETTERS: [Option<&OptionSpec>; 128] = letters();

const fn letters() -> [Option<&'static OptionSpec>; 128] {
    let mut index = [None; 128];
    let mut option = 0;
    while option < OPTIONS.len() {
        let short = OPTIONS[option].short;
        let mut i = 0;
        while i < short.len() {
            index[short[i] as usize] = Some(&OPTIONS[option]);
            i += 1;
        }
        option += 1;
    }
    index
}

/// The option with this letter.
pub fn by_letter(letter: u8) -> Option<&'static OptionSpec> {
    *LETTERS.get(usize::from(letter))?
}

/// The option with exactly this long name.
pub fn by_name(name: &[u8]) -> Option<&'static OptionSpec> {
    OPTIONS.iter().find(|option| option.long.as_bytes() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_and_names_are_unique_and_found() {
        for option in OPTIONS {
            assert_eq!(by_name(option.long.as_bytes()), Some(option));
            for letter in option.short {
                assert_eq!(by_letter(*letter), Some(option), "-{}", *letter as char);
            }
        }
        assert_eq!(by_letter(b'q'), None);
        assert_eq!(by_letter(0xff), None);
        assert_eq!(by_name(b"lis"), None);
        assert_eq!(by_name(b""), None);
    }
}
