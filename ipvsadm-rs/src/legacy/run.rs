// SPDX-License-Identifier: MIT OR Apache-2.0
//! Carries commands out.

use std::io::{self, Read, Write};
use std::net::IpAddr;
use std::ops::ControlFlow;

use ipvs_netlink::types::ServiceKey;
use ipvs_netlink::{Error, Info, Ipvs, Operation, ServiceTable, Version};

use super::argv::Argv;
use super::command::{self, Command, Listing, Subject};
use super::fault::{Fault, LISTING, REFUSED, USAGE};
use super::host::Host;
use super::list::connections::{self, ConnectionsError};
use super::list::names::Names;
use super::list::{order, rules, state, table};
use super::options::Verb;
use super::popt::Lexer;
use super::restore::Lines;
use super::{help, kernel_text};

/// The standard streams.
pub struct Io<'a> {
    /// Where a restore reads.
    pub stdin: &'a mut dyn Read,
    /// Listings.
    pub stdout: &'a mut dyn Write,
    /// Complaints.
    pub stderr: &'a mut dyn Write,
}

impl Io<'_> {
    /// Writes to standard output. A failure passes unnoticed, as in the C tool: its users close
    /// pipes early.
    fn print(&mut self, text: &[u8]) {
        let _ = self.stdout.write_all(text);
    }

    /// Writes a line to standard error, in one piece. There is nowhere to report a failure to.
    fn warn(&mut self, text: &[u8]) {
        let _ = self.stderr.write_all(&[text, b"\n"].concat());
    }

    /// Reports a fault and returns its exit status.
    pub fn complain(&mut self, fault: &Fault) -> u8 {
        self.warn(fault.text());
        fault.status
    }
}

/// What a run depends on besides its arguments and the kernel.
pub struct World<'a> {
    /// Names and the list of connections.
    pub host: &'a dyn Host,
    /// Whether options end at the first positional argument.
    pub posixly_correct: bool,
    /// Whether a line with the remedy follows what the kernel refuses.
    pub hints: bool,
}

/// The oldest version of the kernel's code that the C tool does not warn of.
const MINIMUM: Version = Version(0x01_01_04);
/// How many changes of a restore are sent together.
const BATCH: usize = 1024;

/// Runs `ipvsadm`, called `program`, with `argv`; returns the exit status.
pub fn command_line(
    program: &[u8],
    argv: &Argv,
    io: &mut Io<'_>,
    world: &World<'_>,
    connect: impl FnOnce() -> Result<Ipvs, Error>,
) -> u8 {
    let mut lexer = Lexer::new(argv, world.posixly_correct);
    let first = (!argv.is_empty()).then(|| command::verb(&mut lexer, program));
    if let Some(Ok((verb, _))) = first
        && let Some(text) = overview(verb, program)
    {
        io.print(&text);
        return 0;
    }
    let mut session = match Session::open(program, world, io, connect) {
        Ok(session) => session,
        Err(status) => return status,
    };
    let command = match first {
        None => Ok(Command::List(Listing::DEFAULT)),
        Some(Err(fault)) => Err(fault),
        Some(Ok((verb, value))) => {
            command::parse(verb, value.as_deref(), &mut lexer, program, world.host)
        }
    };
    match command {
        Ok(Command::Restore) => session.restore_stdin(io),
        Ok(command) => session.carry_out(command, io),
        Err(fault) => io.complain(&fault),
    }
}

/// The text of commands that need no kernel.
fn overview(verb: Verb, program: &[u8]) -> Option<Vec<u8>> {
    match verb {
        Verb::Help => Some(help::text(program)),
        Verb::Version => Some(help::VERSION.into()),
        _ => None,
    }
}

/// A conversation with the kernel for the commands of one run.
pub struct Session<'w> {
    ipvs: Ipvs,
    info: Info,
    program: &'w [u8],
    world: &'w World<'w>,
}

impl<'w> Session<'w> {
    /// Connects, or says why not and returns the exit status.
    pub fn open(
        program: &'w [u8],
        world: &'w World<'w>,
        io: &mut Io<'_>,
        connect: impl FnOnce() -> Result<Ipvs, Error>,
    ) -> Result<Self, u8> {
        let opened = connect().and_then(|mut ipvs| {
            let info = ipvs.info()?;
            Ok((ipvs, info))
        });
        let (ipvs, info) = opened.map_err(|error| {
            let reason = kernel_text::of_error(&error);
            io.warn(format!("Can't initialize ipvs: {reason}").as_bytes());
            io.warn(b"Are you sure that IP Virtual Server is built in the kernel or as module?");
            hint(&error, world, io);
            USAGE
        })?;
        if info.version < MINIMUM {
            let text = format!(
                "Warning: IPVS version mismatch: \n  Kernel compiled with IPVS version {}\n  \
                 ipvsadm v1.31  requires minimum IPVS version {MINIMUM}\n",
                info.version
            );
            io.warn(text.as_bytes());
        }
        Ok(Self { ipvs, info, program, world })
    }

    fn carry_out(&mut self, command: Command, io: &mut Io<'_>) -> u8 {
        match command {
            Command::Change(operation) => self.change(operation, io),
            Command::List(listing) => self.list(&listing, io),
            Command::Save { numeric } => self.save(numeric, io),
            Command::Restore => io.complain(&Fault::hint(self.program)),
        }
    }

    /// Asks the kernel for a change and returns the exit status.
    pub fn change(&mut self, operation: Operation, io: &mut Io<'_>) -> u8 {
        match self.ipvs.change(operation) {
            Ok(()) => 0,
            Err(error) => self.refused(&error, io, REFUSED),
        }
    }

    fn refused(&self, error: &Error, io: &mut Io<'_>, status: u8) -> u8 {
        io.warn(kernel_text::of_error(error).as_bytes());
        hint(error, self.world, io);
        status
    }

    fn list(&mut self, listing: &Listing, io: &mut Io<'_>) -> u8 {
        let mut names = Names::new(self.world.host, listing.numeric);
        let text = match listing.subject {
            Subject::Connections => return self.connections(listing, &mut names, io),
            Subject::Table => self.table(listing, &mut names),
            Subject::Service(service) => self.service(service, listing, &mut names),
            Subject::Timeouts => {
                self.ipvs.timeouts().map(|timeouts| state::timeouts(&timeouts).into())
            }
            Subject::Daemons => self
                .ipvs
                .daemons()
                .map(|daemons| daemons.iter().map(state::daemon).collect::<String>().into_bytes()),
        };
        match text {
            Ok(text) => {
                io.print(&text);
                0
            }
            Err(error) => self.refused(&error, io, LISTING),
        }
    }

    fn table(&mut self, listing: &Listing, names: &mut Names<'_>) -> Result<Vec<u8>, Error> {
        let mut services = self.ipvs.table()?.services;
        arrange(&mut services, listing.sorted, names);
        let mut text = Vec::with_capacity(room(&services));
        table::banner(&mut text, self.info);
        table::title(&mut text, listing.columns);
        for service in &services {
            table::service(&mut text, service, listing, names);
        }
        Ok(text)
    }

    fn service(
        &mut self,
        key: ServiceKey,
        listing: &Listing,
        names: &mut Names<'_>,
    ) -> Result<Vec<u8>, Error> {
        let service = self.ipvs.service(key)?;
        let dests = self.ipvs.dests(key)?;
        let mut services = [ServiceTable { service, dests }];
        arrange(&mut services, listing.sorted, names);
        let mut text = Vec::with_capacity(room(&services));
        table::title(&mut text, listing.columns);
        table::service(&mut text, &services[0], listing, names);
        Ok(text)
    }

    fn connections(&self, listing: &Listing, names: &mut Names<'_>, io: &mut Io<'_>) -> u8 {
        let complaint = match self.world.host.connections() {
            Err(_) => "cannot open file /proc/net/ip_vs_conn".to_owned(),
            Ok(mut input) => {
                let details = listing.persistent_conn;
                match connections::write(io.stdout, &mut *input, names, details) {
                    Ok(()) => return 0,
                    Err(ConnectionsError::Empty) => {
                        "unexpected input from /proc/net/ip_vs_conn".to_owned()
                    }
                    Err(ConnectionsError::Read(error)) => {
                        format!("cannot read file /proc/net/ip_vs_conn: {error}")
                    }
                }
            }
        };
        io.warn(complaint.as_bytes());
        LISTING
    }

    fn save(&mut self, numeric: bool, io: &mut Io<'_>) -> u8 {
        let mut services = match self.ipvs.table() {
            Ok(table) => table.services,
            Err(error) => return self.refused(&error, io, LISTING),
        };
        let mut names = Names::new(self.world.host, numeric);
        arrange(&mut services, true, &mut names);
        let mut text = Vec::with_capacity(room(&services));
        for service in &services {
            rules::service(&mut text, service, &mut names);
        }
        io.print(&text);
        0
    }

    fn restore_stdin(&mut self, io: &mut Io<'_>) -> u8 {
        let Io { stdin, stdout, stderr } = io;
        let mut output = Io { stdin: &mut io::empty(), stdout: *stdout, stderr: *stderr };
        self.restore(*stdin, &mut output)
    }

    /// Carries out the lines of `input`; the exit status is that of the last.
    ///
    /// Changes are gathered and sent together. Everything that could be told apart from one by one
    /// is preserved: complaints come in the order of lines, and whatever is gathered is sent before
    /// a line that lists, before a fault, and before waiting for more input.
    pub fn restore(&mut self, input: &mut dyn Read, io: &mut Io<'_>) -> u8 {
        let mut lines = Lines::new(input);
        let mut argv = Argv::default();
        let mut run = Run { gathered: Vec::with_capacity(BATCH), status: 0 };
        loop {
            while lines.take(&mut argv) {
                if let ControlFlow::Break(status) = self.line(&argv, &mut run, io) {
                    return status;
                }
            }
            if let ControlFlow::Break(status) = self.send(&mut run, io) {
                return status;
            }
            match lines.fill() {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    io.warn(format!("cannot read standard input: {error}").as_bytes());
                    return USAGE;
                }
            }
        }
        if lines.take_rest(&mut argv)
            && let ControlFlow::Break(status) = self.line(&argv, &mut run, io)
        {
            return status;
        }
        match self.send(&mut run, io) {
            ControlFlow::Break(status) => status,
            ControlFlow::Continue(()) => run.status,
        }
    }

    /// One line of a restore; breaks with the exit status if it ends the restore.
    fn line(&mut self, argv: &Argv, run: &mut Run, io: &mut Io<'_>) -> ControlFlow<u8> {
        if argv.is_empty() {
            return ControlFlow::Continue(());
        }
        let mut lexer = Lexer::new(argv, self.world.posixly_correct);
        let command = command::verb(&mut lexer, self.program).and_then(|(verb, value)| {
            if let Some(text) = overview(verb, self.program) {
                return Ok(Err(text));
            }
            let host = self.world.host;
            command::parse(verb, value.as_deref(), &mut lexer, self.program, host).map(Ok)
        });
        if let Ok(Ok(Command::Change(operation))) = command {
            run.gathered.push(operation);
            return match run.gathered.len() {
                BATCH.. => self.send(run, io),
                _ => ControlFlow::Continue(()),
            };
        }
        self.send(run, io)?;
        match command {
            Ok(Ok(Command::Restore)) => ControlFlow::Break(io.complain(&Fault::hint(self.program))),
            Ok(Ok(command)) => {
                run.status = self.carry_out(command, io);
                match run.status {
                    LISTING => ControlFlow::Break(LISTING),
                    _ => ControlFlow::Continue(()),
                }
            }
            Ok(Err(overview)) => {
                io.print(&overview);
                ControlFlow::Break(0)
            }
            Err(fault) => {
                run.status = io.complain(&fault);
                if fault.ends_restore {
                    return ControlFlow::Break(run.status);
                }
                ControlFlow::Continue(())
            }
        }
    }

    /// Sends what was gathered; breaks if the conversation with the kernel failed.
    fn send(&mut self, run: &mut Run, io: &mut Io<'_>) -> ControlFlow<u8> {
        if run.gathered.is_empty() {
            return ControlFlow::Continue(());
        }
        let sent = self.ipvs.commit(&run.gathered);
        match sent {
            Ok(outcomes) => {
                for outcome in outcomes {
                    run.status = match outcome {
                        Ok(()) => 0,
                        Err(refusal) => self.refused(&refusal.into(), io, REFUSED),
                    };
                }
            }
            // One change can't be expressed and nothing was sent: find it, and do the others.
            Err(Error::Invalid { .. } | Error::Unsupported { .. }) => {
                for &operation in &run.gathered {
                    run.status = self.change(operation, io);
                }
            }
            Err(error) => return ControlFlow::Break(self.refused(&error, io, REFUSED)),
        }
        run.gathered.clear();
        ControlFlow::Continue(())
    }
}

/// How far a restore is.
struct Run {
    gathered: Vec<Operation>,
    status: u8,
}

fn hint(error: &Error, world: &World<'_>, io: &mut Io<'_>) {
    if world.hints {
        io.warn(format!("  hint: {}", kernel_text::remedy(error)).as_bytes());
    }
}

/// Sorts a table if wanted, and looks up its names.
fn arrange(services: &mut [ServiceTable], sorted: bool, names: &mut Names<'_>) {
    if sorted {
        order::sort_services(services);
        services.iter_mut().for_each(|table| order::sort_dests(&mut table.dests));
    }
    names.look_up(services.iter().flat_map(addresses));
}

fn addresses(table: &ServiceTable) -> impl Iterator<Item = IpAddr> {
    let own = match table.service.key {
        ServiceKey::Address { address, .. } => Some(address),
        ServiceKey::Fwmark { .. } => None,
    };
    own.into_iter().chain(table.dests.iter().map(|dest| dest.key.address))
}

/// About how long the text of a table becomes.
fn room(services: &[ServiceTable]) -> usize {
    256 + services.iter().map(|table| 96 + 96 * table.dests.len()).sum::<usize>()
}
