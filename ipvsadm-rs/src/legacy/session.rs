// SPDX-License-Identifier: MIT OR Apache-2.0
//! Carries single commands out.

use std::net::IpAddr;

use ipvs_netlink::types::ServiceKey;
use ipvs_netlink::{Detail, Error, Feature, Info, Ipvs, Operation, ServiceTable, Support, Version};

use super::command::{Columns, Command, Listing, Subject};
use super::fault::{Fault, LISTING, REFUSED, USAGE};
use super::kernel_text;
use super::list::connections::{self, ConnectionsError};
use super::list::names::Names;
use super::list::{order, rules, state, table};
use super::streams::{Io, World};
use super::unprivileged;

/// The oldest version of the kernel's code that the C tool does not warn of.
const MINIMUM: Version = Version(0x01_01_04);
/// A conversation with the kernel for the commands of one run.
pub struct Session<'w> {
    pub(super) ipvs: Ipvs,
    info: Info,
    pub(super) program: &'w [u8],
    pub(super) world: &'w World<'w>,
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
            let text = format!(
                "Can't initialize ipvs: {reason}\n\
                 Are you sure that IP Virtual Server is built in the kernel or as module?"
            );
            world.tell(&error, &text, io);
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

    pub(super) fn carry_out(&mut self, command: Command, io: &mut Io<'_>) -> u8 {
        match command {
            Command::Change(operation) => self.change(operation, io),
            Command::List(listing) => self.list(&listing, io),
            Command::ListUnprivileged(listing) => unprivileged::list(&listing, self.world, io),
            Command::Save { full: true, .. } => self.save_full(io),
            Command::Save { numeric, full: false } => self.save(numeric, io),
            Command::Restore { .. } => io.complain(&Fault::hint(self.program)),
        }
    }

    /// Asks the kernel for a change and returns the exit status.
    pub fn change(&mut self, operation: Operation, io: &mut Io<'_>) -> u8 {
        match self.ipvs.change(operation) {
            Ok(()) => 0,
            Err(error) => self.refused(&error, io, REFUSED),
        }
    }

    pub(super) fn refused(&self, error: &Error, io: &mut Io<'_>, status: u8) -> u8 {
        self.world.tell(error, &kernel_text::of_error(error), io);
        status
    }

    /// Says which kernel it is, and how it is asked.
    fn say_source(&mut self, subject: Subject, io: &mut Io<'_>) {
        let source = match subject {
            Subject::Connections => "connections are read from /proc/net/ip_vs_conn",
            Subject::Timeouts => "the timeouts are one answer",
            Subject::Daemons => "the sync daemons are one answer",
            Subject::Table | Subject::Service(_) => match self.ipvs.supports(Feature::Snapshot) {
                Support::Supported => "the table is one snapshot",
                _ => "the table is read until two readings agree",
            },
        };
        let way = self.ipvs.backend_name();
        match self.ipvs.tier() {
            Ok(tier) => io.warn(format!("ipvsadm: {tier}, {way}: {source}").as_bytes()),
            Err(error) => io.warn(format!("ipvsadm: {way}: {source}: {error}").as_bytes()),
        }
    }

    fn list(&mut self, listing: &Listing, io: &mut Io<'_>) -> u8 {
        if listing.verbose {
            self.say_source(listing.subject, io);
        }
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
            Err(error) => {
                // The banner needs no table.
                if let Subject::Table = listing.subject {
                    let mut banner = Vec::new();
                    table::banner(&mut banner, self.info.version, self.info.connection_table_size);
                    io.print(&banner);
                }
                self.refused(&error, io, LISTING)
            }
        }
    }

    fn table(&mut self, listing: &Listing, names: &mut Names<'_>) -> Result<Vec<u8>, Error> {
        let mut services = self.ipvs.settled(detail(listing.columns))?.services;
        arrange(&mut services, listing.sorted, names);
        let mut text = Vec::with_capacity(room(&services));
        table::banner(&mut text, self.info.version, self.info.connection_table_size);
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
        let mut services = [self.ipvs.settled_service(key, detail(listing.columns))?];
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
        let mut services = match self.ipvs.settled(Detail::PLAIN.with_tunnels()) {
            Ok(table) => table.services,
            Err(error) => return self.refused(&error, io, LISTING),
        };
        let mut names = Names::new(self.world.host, numeric);
        arrange(&mut services, true, &mut names);
        let mut text = Vec::with_capacity(room(&services));
        for service in &services {
            rules::service(&mut text, service, &mut names, rules::Form::Legacy);
        }
        io.print(&text);
        0
    }
}

/// What has to be read for these columns.
fn detail(columns: Columns) -> Detail {
    match columns {
        Columns::Plain | Columns::Thresholds | Columns::PersistentConn => Detail::PLAIN,
        Columns::Stats => Detail::PLAIN.with_counters(),
        Columns::Rate => Detail::PLAIN.with_rates(),
        Columns::TunInfo => Detail::PLAIN.with_tunnels(),
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
