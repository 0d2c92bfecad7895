// SPDX-License-Identifier: MIT OR Apache-2.0
//! The connection table of a kernel in memory: what a backup does with messages, timers, templates and
//! the packets of clients. After `ip_vs_sync.c` and `ip_vs_conn.c`.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use ipvs_proc::Connection as Listed;
use ipvs_syncd::surgery::Director;
use ipvs_syncd::table::listed;
use ipvs_syncd::{Backup, Connection, ConnectionFlags, Encoder, Rules, Verdict, Version};
use ipvs_types::{Protocol, SyncId};

pub const ID: u8 = 9;
const TICK: Duration = Duration::from_millis(4);
const MINUTE: Duration = Duration::from_secs(60);

/// An entry of the table. A new one gets a new number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub number: u32,
    pub connection: Connection<'static>,
    timeout: Duration,
    end: Duration,
    /// The number of its template.
    template: Option<u32>,
}

/// Packets of a client, at this interval.
pub struct Flow {
    pub connection: Connection<'static>,
    pub every: Duration,
    /// Where a new connection goes; `None` if these packets can't begin one.
    pub new: Option<SocketAddr>,
    /// The template of which new connections are.
    pub template: Option<Connection<'static>>,
}

/// Entries that get their whole time again by a packet between the message that ends them and the next
/// tick: so many, after so many others.
#[derive(Default)]
pub struct Races {
    pub spared: usize,
    pub count: usize,
}

impl Races {
    fn next(&mut self) -> bool {
        if self.spared > 0 {
            self.spared -= 1;
            return false;
        }
        let races = self.count > 0;
        self.count -= usize::from(races);
        races
    }
}

pub struct Table {
    /// The newest first, as in the buckets of the kernel.
    pub entries: Vec<Entry>,
    pub flows: Vec<Flow>,
    /// So many of the first datagrams are lost.
    pub lose: usize,
    /// So many readings, of which every other one shows nothing: a kernel that lost its place.
    pub blind: usize,
    /// Packets that come at the wrong moment.
    pub races: Races,
    /// So many replaced entries are held when the tick comes.
    pub held: usize,
    /// The user wants an end after so many pauses.
    pub patience: usize,
    /// Everything that was sent.
    pub sent: Vec<Vec<u8>>,
    rules: Rules,
    now: Duration,
    next: u32,
}

fn same(a: &Connection<'_>, b: &Connection<'_>) -> bool {
    a.protocol == b.protocol && a.client() == b.client() && a.service() == b.service()
}

impl Table {
    pub fn new(rules: Rules) -> Self {
        let (entries, flows, sent) = (Vec::new(), Vec::new(), Vec::new());
        let (lose, blind, patience, now, next) = (0, 0, usize::MAX, Duration::ZERO, 0);
        let (races, held) = (Races::default(), 0);
        Self { entries, flows, lose, blind, races, held, patience, sent, rules, now, next }
    }

    /// Adds an entry, of a template or not; returns its number.
    pub fn add(&mut self, connection: Connection<'static>, template: Option<u32>) -> u32 {
        self.next += 1;
        let timeout = lifetime(&connection);
        let (number, end) = (self.next, self.now + timeout);
        self.entries.insert(0, Entry { number, connection, timeout, end, template });
        number
    }

    pub fn has(&self, number: u32) -> bool {
        self.entries.iter().any(|entry| entry.number == number)
    }

    /// The entry that a packet finds: one whose client port is known.
    pub fn found(&self, connection: &Connection<'_>) -> Option<&Entry> {
        self.entries.iter().find(|entry| is_found(entry, connection))
    }

    pub fn listed(&self) -> Vec<Listed<'static>> {
        self.entries.iter().map(|entry| self.line(entry)).collect()
    }

    fn line(&self, entry: &Entry) -> Listed<'static> {
        let left = entry.end.saturating_sub(self.now).as_secs();
        Listed { expires: Duration::from_secs(left), ..listed(&entry.connection) }
    }

    fn accept(&mut self, message: Connection<'static>) {
        let template = message.is_template();
        let found = self.entries.iter_mut().find(|entry| match template {
            true => entry.connection.is_template() && same(&entry.connection, &message),
            false => is_found(entry, &message),
        });
        let inactive = message.flags.contains(ConnectionFlags::INACTIVE);
        match found {
            Some(entry) if template || entry.connection.dest() == message.dest() => {
                entry.connection.flags.set(ConnectionFlags::INACTIVE, inactive);
                entry.connection.state = message.state;
                entry.timeout = lifetime(&message);
                entry.end = self.now + entry.timeout;
                return;
            }
            Some(_) if inactive => return,
            // The entry that takes its place is found by packets in its stead, unless it is hidden.
            Some(_)
                if message.flags.contains(ConnectionFlags::NO_CLIENT_PORT) && self.races.next() => {
            }
            Some(entry) if self.held > 0 => {
                self.held -= 1;
                entry.timeout = MINUTE;
                entry.end = self.now + MINUTE;
            }
            Some(entry) => entry.end = self.now,
            None => {}
        }
        self.add(message, None);
    }

    fn expire(&mut self) {
        let due = |entry: &Entry, now| entry.end <= now;
        let now = self.now;
        // Members first, as those of a template hold it.
        self.entries.retain(|entry| entry.connection.is_template() || !due(entry, now));
        let members: Vec<_> = self.entries.iter().filter_map(|entry| entry.template).collect();
        for entry in self.entries.iter_mut().filter(|entry| members.contains(&entry.number)) {
            if due(entry, now) {
                (entry.timeout, entry.end) = (MINUTE, now + MINUTE);
            }
        }
        self.entries.retain(|entry| !due(entry, now));
    }

    fn packet(&mut self, flow: usize) {
        let Flow { connection, new, template, .. } = &self.flows[flow];
        let (connection, new, template) = (connection.clone(), *new, template.clone());
        let now = self.now;
        if let Some(entry) = self.entries.iter_mut().find(|entry| is_found(entry, &connection)) {
            entry.timeout = entry.connection.named_state().default_timeout();
            entry.end = now + entry.timeout;
            return;
        }
        let Some(mut dest) = new else { return };
        let mut number = None;
        if let Some(template) = template {
            let pin = self
                .entries
                .iter_mut()
                .find(|entry| entry.connection.is_template() && same(&entry.connection, &template));
            match pin {
                Some(pin) => {
                    dest = pin.connection.dest();
                    pin.end = now + pin.timeout;
                    number = Some(pin.number);
                }
                None => {
                    let template = at(&template, dest).timeout(Duration::from_secs(600));
                    number = Some(self.add(template, None));
                }
            }
        }
        self.add(at(&connection, dest).timeout(Duration::ZERO), number);
    }
}

fn is_found(entry: &Entry, connection: &Connection<'_>) -> bool {
    let known = !entry.connection.flags.contains(ConnectionFlags::NO_CLIENT_PORT);
    !entry.connection.is_template()
        && known == (connection.client_port != 0)
        && same(&entry.connection, connection)
}

/// The same at another destination.
pub fn at(connection: &Connection<'static>, dest: SocketAddr) -> Connection<'static> {
    let ends = (connection.client(), connection.service());
    let moved = Connection::new(connection.protocol, ends.0, ends.1, dest).expect("one family");
    moved.flags(connection.flags).state(connection.state).timeout(connection.timeout)
}

fn lifetime(connection: &Connection<'_>) -> Duration {
    match connection.timeout {
        Duration::ZERO => connection.named_state().default_timeout(),
        timeout => timeout,
    }
}

impl Director for Table {
    type Error = Infallible;

    fn encoder(&self) -> Encoder {
        Encoder::new(Version::V1, ID)
    }

    fn send(&mut self, datagram: &[u8]) -> Result<(), Infallible> {
        self.sent.push(datagram.to_vec());
        if self.lose > 0 {
            self.lose -= 1;
            return Ok(());
        }
        let backup = Backup::new(self.rules).sync_id(SyncId::new(ID));
        let verdicts: Vec<_> = backup.receive(datagram).collect();
        for verdict in verdicts {
            match verdict {
                Verdict::Accepted(connection) => self.accept(connection.into_owned()),
                dropped @ Verdict::Dropped { .. } => panic!("{dropped:?}"),
            }
        }
        Ok(())
    }

    fn visit(&mut self, see: &mut dyn FnMut(&Listed<'_>)) -> Result<(), Infallible> {
        let sees = self.blind.is_multiple_of(2);
        self.blind = self.blind.saturating_sub(1);
        if sees {
            self.listed().iter().for_each(see);
        }
        Ok(())
    }

    fn pause(&mut self, time: Duration) {
        self.patience = self.patience.saturating_sub(1);
        let end = self.now + time;
        while self.now < end {
            let before = self.now;
            let passed = before.as_nanos() / TICK.as_nanos();
            let tick = TICK * (passed as u32 + 1);
            self.now = tick.min(end);
            for flow in 0..self.flows.len() {
                let every = self.flows[flow].every.as_nanos();
                if before.as_nanos() / every != self.now.as_nanos() / every {
                    self.packet(flow);
                }
            }
            if self.now == tick {
                self.expire();
            }
        }
    }

    fn interrupted(&self) -> bool {
        self.patience == 0
    }
}

/// A connection as a client makes it.
pub fn connection(protocol: Protocol, ends: [&str; 3], state: u16) -> Connection<'static> {
    let [client, service, dest] = ends.map(|end| end.parse().expect("an address and port"));
    let inactive = protocol == Protocol::UDP || state != active(protocol);
    let mut made =
        Connection::new(protocol, client, service, dest).expect("one family").state(state);
    made.flags.set(ConnectionFlags::INACTIVE, inactive);
    made
}

const fn active(protocol: Protocol) -> u16 {
    if protocol.number() == Protocol::SCTP.number() { 8 } else { 1 }
}
