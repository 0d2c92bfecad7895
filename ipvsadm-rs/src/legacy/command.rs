// SPDX-License-Identifier: MIT OR Apache-2.0
//! A command line as a typed command; the checks come in the C tool's order.

use std::borrow::Cow;

use ipvs_netlink::Operation;
use ipvs_netlink::types::{
    DaemonConfig, DaemonRole, DestConfig, DestKey, Family, Forward, InterfaceName, Method,
    Persistence, Protocol, Scheduler, ServiceConfig, ServiceFlags, ServiceKey, TimeoutsChange,
};

use super::draft::{self, Draft};
use super::fault::Fault;
use super::host::Host;
use super::matrix::{self, Field};
use super::options::{Role, Verb};
use super::popt::{Event, LexError, Lexer};
use super::{sched_flags, tunnel};

/// What a command line asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// A change of the kernel's state.
    Change(Operation),
    /// A listing.
    List(Listing),
    /// Services as everybody may see them, all or one.
    ListUnprivileged(Listing),
    /// The rules as commands.
    Save {
        /// Numbers instead of names.
        numeric: bool,
        /// With all that the kernel holds, numbers only.
        full: bool,
    },
    /// Commands on standard input.
    Restore {
        /// As one state: only what differs is changed, all of it or nothing.
        atomic: bool,
    },
}

/// What to list, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listing {
    /// What.
    pub subject: Subject,
    /// Which columns.
    pub columns: Columns,
    /// Numbers instead of names.
    pub numeric: bool,
    /// Numbers in full.
    pub exact: bool,
    /// By address, not in the kernel's order.
    pub sorted: bool,
    /// Connections with their persistence data.
    pub persistent_conn: bool,
    /// With a word on standard error of where the list comes from.
    pub verbose: bool,
}

/// What is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// All services.
    Table,
    /// One service.
    Service(ServiceKey),
    /// The connections.
    Connections,
    /// The timeouts.
    Timeouts,
    /// The sync daemons.
    Daemons,
}

/// The columns of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Columns {
    /// Method, weight, connections.
    Plain,
    /// Counters.
    Stats,
    /// Rates.
    Rate,
    /// Thresholds.
    Thresholds,
    /// Persistent connections.
    PersistentConn,
    /// Tunnels.
    TunInfo,
}

/// A command and the value it may have.
pub type Start<'a> = (Verb, Option<Cow<'a, [u8]>>);

/// The command of a line with the value it may have: its first option.
#[inline]
pub fn verb<'a>(lexer: &mut Lexer<'a>, program: &[u8]) -> Result<Start<'a>, Fault> {
    match lexer.next() {
        Some(Ok(Event { option, value })) => match option.role {
            Role::Command(verb) => Ok((verb, value)),
            Role::Setting(..) => Err(Fault::hint(program)),
        },
        Some(Err(_)) | None => Err(Fault::hint(program)),
    }
}

/// The rest of a line whose command is `verb`.
///
/// Help and version are not for here: they act before anything else is looked at.
pub fn parse(
    verb: Verb,
    value: Option<&[u8]>,
    lexer: &mut Lexer<'_>,
    program: &[u8],
    host: &dyn Host,
) -> Result<Command, Fault> {
    let role = daemon_role(verb, value)?;
    let mut draft = Draft::default();
    while let Some(event) = lexer.next() {
        let Event { option, value } =
            event.map_err(|error| complaint(lexer, error).at(lexer.place()))?;
        match option.role {
            Role::Setting(setting, field) => {
                let set = draft.set((setting, field), value.as_deref(), host);
                set.map_err(|fault| fault.at(lexer.place()))?;
            }
            Role::Command(_) => {
                let fault = Fault::quoting("invalid option `", lexer.consumed(), "'");
                return Err(fault.at(lexer.place()));
            }
        }
    }
    let mut positional = lexer.positional().iter().copied();
    let timeouts = match verb {
        Verb::Set => timeouts(&mut positional, lexer)?,
        _ => TimeoutsChange::default(),
    };
    if let Some(argument) = positional.next() {
        return Err(about(Fault::quoting("unexpected argument ", argument, ""), lexer, argument));
    }
    let flags = sched_flags::parse(&draft.sched_flags, draft.scheduler)?;
    matrix::check(verb, draft.given)?;
    Ok(Command::Change(match verb {
        Verb::AddService => {
            let (service, config) = service_config(&draft, flags)?;
            Operation::CreateService { service, config }
        }
        Verb::EditService => {
            let (service, config) = service_config(&draft, flags)?;
            Operation::UpdateService { service, config, mask: ServiceFlags::all() }
        }
        Verb::DeleteService => Operation::DeleteService { service: required(key(&draft))? },
        Verb::AddServer => {
            let (service, dest, config) = dest_config(&draft)?;
            Operation::CreateDest { service, dest, config }
        }
        Verb::EditServer => {
            let (service, dest, config) = dest_config(&draft)?;
            Operation::UpdateDest { service, dest, config }
        }
        Verb::DeleteServer => {
            let (service, dest) = (required(key(&draft))?, required(draft.dest)?);
            Operation::DeleteDest { service, dest }
        }
        Verb::Set => Operation::SetTimeouts { change: timeouts },
        Verb::StartDaemon => Operation::StartDaemon { config: daemon_config(&draft, role)? },
        Verb::StopDaemon => Operation::StopDaemon { role },
        Verb::Zero => Operation::Zero { service: key(&draft).filter(|key| !is_nowhere(key)) },
        Verb::Flush => Operation::Flush,
        Verb::Save => {
            let (numeric, full) = (draft.given.has(Field::Numeric), draft.given.has(Field::Full));
            return Ok(Command::Save { numeric, full });
        }
        Verb::Restore => {
            return Ok(Command::Restore { atomic: draft.given.has(Field::Atomic) });
        }
        Verb::List if draft.given.has(Field::Unprivileged) => {
            return Ok(Command::ListUnprivileged(listing(&draft)));
        }
        Verb::List => return Ok(Command::List(listing(&draft))),
        Verb::Help | Verb::Version => return Err(Fault::hint(program)),
    }))
}

/// The fault with the place of its argument.
fn about(fault: Fault, lexer: &Lexer<'_>, argument: &[u8]) -> Fault {
    match lexer.place_of(argument) {
        Some(word) => fault.at(word),
        None => fault,
    }
}

fn complaint(lexer: &Lexer<'_>, error: LexError) -> Fault {
    Fault::popt(lexer.consumed(), error.text())
}

/// What the matrix made sure of. Were it wrong, the catch-all of the C tool says so.
fn required<T>(value: Option<T>) -> Result<T, Fault> {
    value.ok_or_else(|| Fault::usage("a required option is missing"))
}

fn daemon_role(verb: Verb, value: Option<&[u8]>) -> Result<DaemonRole, Fault> {
    match (verb, value) {
        (Verb::StartDaemon | Verb::StopDaemon, Some(b"master")) => Ok(DaemonRole::Master),
        (Verb::StartDaemon | Verb::StopDaemon, Some(b"backup")) => Ok(DaemonRole::Backup),
        (Verb::StartDaemon, _) => Err(Fault::usage("illegal start-daemon parameter specified")),
        (Verb::StopDaemon, _) => Err(Fault::usage("illegal start_daemon specified")),
        _ => Ok(DaemonRole::Master),
    }
}

fn timeouts<'a>(
    words: &mut impl Iterator<Item = &'a [u8]>,
    lexer: &Lexer<'_>,
) -> Result<TimeoutsChange, Fault> {
    let (Some(tcp), Some(tcp_fin), Some(udp)) = (words.next(), words.next(), words.next()) else {
        return Err(Fault::usage("--set option requires 3 timeout values"));
    };
    // Zero keeps what is set.
    let read = |word: &[u8]| {
        let timeout = draft::timeout(word, 0).map_err(|fault| about(fault, lexer, word))?;
        Ok(Some(timeout).filter(|timeout| !timeout.is_zero()))
    };
    Ok(TimeoutsChange { tcp: read(tcp)?, tcp_fin: read(tcp_fin)?, udp: read(udp)? })
}

fn key(draft: &Draft) -> Option<ServiceKey> {
    if let Some(mark) = draft.mark {
        return Some(ServiceKey::fwmark(mark, draft.family));
    }
    let (address, port) = draft.address?;
    Some(ServiceKey::Address { protocol: draft.protocol?, address, port })
}

/// Address and port all zero: to the C tool, and the kernel, no service at all.
fn is_nowhere(key: &ServiceKey) -> bool {
    matches!(key, ServiceKey::Address { address, port: 0, .. } if address.is_unspecified())
}

fn service_config(
    draft: &Draft,
    flags: ServiceFlags,
) -> Result<(ServiceKey, ServiceConfig), Fault> {
    let key = required(key(draft))?;
    if key.port() == Some(0) && draft.persistent.is_none() {
        return Err(Fault::usage("Zero port specified for non-persistent service"));
    }
    let one_packet = draft.given.has(Field::Ops);
    if one_packet && key.protocol().is_some_and(|protocol| protocol != Protocol::UDP) {
        return Err(Fault::usage("One-Packet Scheduling is only for UDP virtual services"));
    }
    let mut config = ServiceConfig::new(draft.scheduler.unwrap_or(Scheduler::WLC));
    config.flags = flags;
    config.flags.set(ServiceFlags::ONE_PACKET, one_packet);
    config.engine = draft.engine;
    config.persistence = draft.persistent.map(|timeout| {
        Persistence::new(timeout).granularity(match key.family() {
            Family::Ipv4 => draft.mask4,
            Family::Ipv6 => draft.mask6,
        })
    });
    Ok((key, config))
}

fn dest_config(draft: &Draft) -> Result<(ServiceKey, DestKey, DestConfig), Fault> {
    let (service, mut dest) = (required(key(draft))?, required(draft.dest)?);
    if let Some(port) = service.port()
        && draft.method != Method::MASQ
        && !draft.given.has(Field::KeepPort)
    {
        dest.port = port;
    }
    let tunnelled = draft.method == Method::TUNNEL;
    if dest.family() != service.family() && !tunnelled {
        return Err(Fault::usage("Different address family is allowed only for tunneling servers"));
    }
    if draft.given.meets(tunnel::OPTIONS) && !tunnelled {
        return Err(Fault::usage("Tunnel options conflict with forward method"));
    }
    let forward = match draft.method {
        Method::MASQ => Forward::Masq,
        Method::TUNNEL => Forward::Tunnel(draft.tunnel.build(draft.given, draft.tunnel_port)?),
        _ => Forward::Route,
    };
    let config = DestConfig::new(forward).weight(draft.weight).thresholds(draft.upper, draft.lower);
    Ok((service, dest, config))
}

fn daemon_config(draft: &Draft, role: DaemonRole) -> Result<DaemonConfig, Fault> {
    let interface = draft.interface.or_else(|| InterfaceName::new("eth0").ok());
    let mut config = DaemonConfig::new(role, required(interface)?);
    config.sync_id = draft.sync_id;
    config.max_len = draft.max_len;
    config.group = draft.group;
    config.port = draft.mcast_port;
    config.ttl = draft.ttl;
    Ok(config)
}

fn listing(draft: &Draft) -> Listing {
    let has = |field| draft.given.has(field);
    let subject = if has(Field::Connection) {
        Subject::Connections
    } else if let Some(service) = key(draft) {
        Subject::Service(service)
    } else if has(Field::Timeout) {
        Subject::Timeouts
    } else if has(Field::Daemon) {
        Subject::Daemons
    } else {
        Subject::Table
    };
    let columns = [
        (Field::Stats, Columns::Stats),
        (Field::Rate, Columns::Rate),
        (Field::Thresholds, Columns::Thresholds),
        (Field::PersistentConn, Columns::PersistentConn),
        (Field::TunInfo, Columns::TunInfo),
    ];
    let columns = columns.into_iter().find(|(field, _)| has(*field));
    Listing {
        subject,
        columns: columns.map_or(Columns::Plain, |(_, columns)| columns),
        numeric: has(Field::Numeric),
        exact: has(Field::Exact),
        sorted: !has(Field::Nosort),
        persistent_conn: has(Field::PersistentConn),
        verbose: has(Field::Verbose),
    }
}

impl Listing {
    /// The listing of a command line without arguments.
    pub const DEFAULT: Self = Self {
        subject: Subject::Table,
        columns: Columns::Plain,
        numeric: false,
        exact: false,
        sorted: true,
        persistent_conn: false,
        verbose: false,
    };
}
