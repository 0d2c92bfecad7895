// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every protocol, method and family: one of several connections is ended, another steered, and the
//! others stay. Prints rows of the table in docs/connection-surgery.md.

use std::collections::BTreeSet;

use ipvs_netlink::Ipvs;
use ipvs_netlink::types::{Method, Protocol, SctpState, ServiceKey, TcpState};
use ipvs_syncd::{Connection, ConnectionFlags};

use crate::case::Failure;
use crate::connections::{LONG, connections, daemons, make};
use crate::ctx::Ctx;
use crate::topology::Host;
use crate::wait;

use super::by_messages;

/// One row of the table.
struct Kind {
    protocol: Protocol,
    method: (&'static str, Method),
    ipv6: bool,
}

const METHODS: [(&str, Method); 3] =
    [("masq", Method::MASQ), ("route", Method::ROUTE), ("tunnel", Method::TUNNEL)];
const PROTOCOLS: [Protocol; 3] = [Protocol::TCP, Protocol::UDP, Protocol::SCTP];
const PORT: u16 = 5000;
/// The clients' ports come after it.
const FIRST_CLIENT: u16 = 40000;
/// Connections of each kind, the first of which will end and the second move.
const CLIENTS: u16 = 4;
/// The destinations that nobody has (`surgery/message.rs` of ipvs-syncd).
const NOWHERE: [&str; 4] = [" > 240.0.0.1:9 ", " > [100::1]:9 ", " > 127.0.0.1:1 ", " > [::1]:1 "];

pub(super) fn run(ctx: &mut Ctx) -> Result<(), Failure> {
    let _messages = by_messages()?;
    let mut topology = ctx.topology();
    let director = topology.host("director")?;
    let kinds: Vec<_> = PROTOCOLS
        .into_iter()
        .flat_map(|protocol| METHODS.map(|method| (protocol, method)))
        .flat_map(|(protocol, method)| [false, true].map(|ipv6| Kind { protocol, method, ipv6 }))
        .collect();
    let mut made = Vec::new();
    for (number, kind) in kinds.iter().enumerate() {
        kind.serve(&director, number)?;
        for client in 1..=CLIENTS {
            made.push(kind.connection(number, client, 1)?);
        }
    }
    make(&director, &made)?;
    let (mut rows, mut wrong) = (Vec::new(), Vec::new());
    let deleted = delete(&director, &kinds)?;
    for ((number, kind), deleted) in kinds.iter().enumerate().zip(deleted) {
        let results = [deleted, kind.steer(&director, number)?];
        let cells = results.each_ref().map(|fault| if fault.is_none() { "yes" } else { "no" });
        let (name, kernel) = (kind.name(), ctx.kernel());
        rows.push(format!("| {kernel} | {name} | {} |", cells.join(" | ")));
        wrong.extend(results.into_iter().flatten().map(|fault| format!("{name}: {fault}")));
    }
    println!("| kernel | protocol | method | family | delete | steer |\n{}", rows.join("\n"));
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(Failure::new(wrong.join("\n"))),
    }
}

impl Kind {
    fn name(&self) -> String {
        let family = if self.ipv6 { "IPv6" } else { "IPv4" };
        format!("{} | {} | {family}", self.protocol, self.method.0)
    }

    fn address(&self, net: u16, number: usize, host: u16) -> String {
        match self.ipv6 {
            true => format!("2001:db8:{net}:{number}::{host}"),
            false => format!("10.{net}.{number}.{host}"),
        }
    }

    fn end(&self, net: u16, number: usize, host: u16, port: u16) -> String {
        let address = self.address(net, number, host);
        if self.ipv6 { format!("[{address}]:{port}") } else { format!("{address}:{port}") }
    }

    fn service(&self, number: usize) -> String {
        self.end(2, number, 100, PORT)
    }

    fn dest(&self, number: usize, server: u16) -> String {
        self.end(3, number, server, PORT)
    }

    fn client(&self, number: usize, client: u16) -> String {
        self.end(1, number, client, FIRST_CLIENT + client)
    }

    /// A service with two destinations.
    fn serve(&self, director: &Host, number: usize) -> Result<(), Failure> {
        let option = match self.protocol {
            Protocol::TCP => "-t",
            Protocol::UDP => "-u",
            _ => "--sctp-service",
        };
        let method = match self.method.1 {
            Method::MASQ => "-m",
            Method::ROUTE => "-g",
            _ => "-i",
        };
        let service = format!("{option} {}", self.service(number));
        director.run(&format!("ipvsadm -A {service} -s rr"))?;
        for server in [1, 2] {
            let dest = self.dest(number, server);
            director.run(&format!("ipvsadm -a {service} -r {dest} {method}"))?;
        }
        Ok(())
    }

    fn connection(
        &self,
        number: usize,
        client: u16,
        server: u16,
    ) -> Result<Connection<'static>, Failure> {
        let ends = [self.client(number, client), self.service(number), self.dest(number, server)];
        let [client, service, dest] = ends.each_ref().map(|end| end.parse());
        let (state, flags) = match self.protocol {
            Protocol::TCP => (TcpState::Established.number(), ConnectionFlags::empty()),
            Protocol::UDP => (0, ConnectionFlags::INACTIVE),
            _ => (SctpState::Established.number(), ConnectionFlags::empty()),
        };
        let connection = Connection::new(self.protocol, client?, service?, dest?)?;
        Ok(connection.method(self.method.1).state(state).flags(flags).timeout(LONG))
    }

    /// Moves the connection of the second client to the second destination, where it must count as
    /// UDP does, or as what is open; what is wrong with the outcome.
    fn steer(&self, director: &Host, number: usize) -> Result<Option<String>, Failure> {
        let client = self.client(number, 2);
        let (old, new) = (self.dest(number, 1), self.dest(number, 2));
        let command = format!(
            "ipvsadm conn steer --force --client {client} --protocol {} --to {new}",
            self.protocol
        );
        let (daemons_before, before) = (daemons(director)?, connections(director)?);
        let output = director.cmd(&command)?;
        let said = [output.text(), output.error_text()].concat();
        let moved = |line: &String| match line.contains(&format!(" {client} ")) {
            true => line.replace(&old, &new),
            false => line.clone(),
        };
        let expected: BTreeSet<_> = before.iter().map(moved).collect();
        assert_ne!(expected, before, "{command}: nothing to do");
        assert_eq!(daemons(director)?, daemons_before, "{command}: {said}");
        if output.status != 0 || !connections(director)?.is_superset(&expected) {
            return Ok(Some(format!("status {}: {said}", output.status)));
        }
        // Now and then the kernel gives the old entry another minute, beside the new one.
        if let Err(failure) = wait::until("the old entry", &expected, || connections(director)) {
            return Ok(Some(format!("{failure}: {said}")));
        }
        let key: ServiceKey = format!("{}/{}", self.protocol, self.service(number)).parse()?;
        let dest = director.inside(|| Ok(Ipvs::open()?.dest(key, new.parse()?)?))?;
        let active = u32::from(self.protocol != Protocol::UDP);
        let counts = (dest.active, dest.inactive);
        let right = counts == (active, 1 - active) && dest.config.forward.method() == self.method.1;
        Ok((!right).then(|| format!("{counts:?} connections at {:?}", dest.config.forward)))
    }
}

/// Ends the connections of the first client of each kind, and no other; what is wrong with each kind.
fn delete(director: &Host, kinds: &[Kind]) -> Result<Vec<Option<String>>, Failure> {
    let port = FIRST_CLIENT + 1;
    let command = format!("ipvsadm conn delete --client-port {port}");
    let clients: Vec<_> =
        kinds.iter().enumerate().map(|(number, kind)| kind.client(number, 1)).collect();
    let chosen = |line: &str| clients.iter().any(|client| line.contains(&format!(" {client} ")));
    let (daemons_before, before) = (daemons(director)?, connections(director)?);
    let output = director.cmd(&command)?;
    let said = [output.text(), output.error_text()].concat();
    // What does not go at once is replaced by an entry to nowhere, for a second.
    wait::until("entries to nowhere", &false, || {
        let replaced = |line: &String| NOWHERE.iter().any(|dest| line.contains(dest));
        Ok(connections(director)?.iter().any(replaced))
    })?;
    let after = connections(director)?;
    let rest = |lines: &BTreeSet<String>| {
        lines.iter().filter(|line| !chosen(line)).cloned().collect::<BTreeSet<_>>()
    };
    assert_eq!(rest(&after), rest(&before), "{command}: others have changed: {said}");
    assert_eq!(daemons(director)?, daemons_before, "{command}: {said}");
    assert_eq!(before.len() - rest(&before).len(), kinds.len(), "{before:?}");
    let wrong = |client: &String| {
        let line = after.iter().find(|line| line.contains(&format!(" {client} ")));
        line.map(|line| format!("{command}: {line}: {said}"))
    };
    let faults: Vec<_> = clients.iter().map(wrong).collect();
    assert_eq!(output.status == 0, faults.iter().all(Option::is_none), "{command}: {said}");
    Ok(faults)
}
