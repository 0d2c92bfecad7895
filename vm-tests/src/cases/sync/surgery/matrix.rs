// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every protocol, method and family: one of several connections is ended, another steered, and the
//! others stay. Prints rows of the table in docs/connection-surgery.md.

use std::collections::BTreeSet;

use ipvs_netlink::Ipvs;
use ipvs_netlink::types::{Method, Protocol, SctpState, ServiceKey, TcpState};
use ipvs_syncd::{Connection, ConnectionFlags};

use super::table::{LONG, connections, daemons, make};
use crate::case::Failure;
use crate::ctx::Ctx;
use crate::topology::Host;

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
/// Connections of each kind, the first of which will end and the second move.
const CLIENTS: u16 = 4;

pub(super) fn run(ctx: &mut Ctx) -> Result<(), Failure> {
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
    for (number, kind) in kinds.iter().enumerate() {
        let results = [kind.delete(&director, number)?, kind.steer(&director, number)?];
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
        self.end(1, number, client, 40000 + client)
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

    /// Ends the connection of the first client; what is wrong with the outcome.
    fn delete(&self, director: &Host, number: usize) -> Result<Option<String>, Failure> {
        let client = self.client(number, 1);
        let command = format!("ipvsadm conn delete --client {client} --protocol {}", self.protocol);
        self.check(director, &command, |line| (!line.contains(&client)).then(|| line.to_owned()))
    }

    /// Moves the connection of the second client to the second destination, where it must count as
    /// UDP does, or as what is open.
    fn steer(&self, director: &Host, number: usize) -> Result<Option<String>, Failure> {
        let client = self.client(number, 2);
        let (old, new) = (self.dest(number, 1), self.dest(number, 2));
        let command = format!(
            "ipvsadm conn steer --force --client {client} --protocol {} --to {new}",
            self.protocol
        );
        let fault = self.check(director, &command, |line| {
            Some(if line.contains(&client) { line.replace(&old, &new) } else { line.to_owned() })
        })?;
        if fault.is_some() {
            return Ok(fault);
        }
        let key: ServiceKey = format!("{}/{}", self.protocol, self.service(number)).parse()?;
        let dest = director.inside(|| Ok(Ipvs::open()?.dest(key, new.parse()?)?))?;
        let active = u32::from(self.protocol != Protocol::UDP);
        let counts = (dest.active, dest.inactive);
        let right = counts == (active, 1 - active) && dest.config.forward.method() == self.method.1;
        Ok((!right).then(|| format!("{counts:?} connections at {:?}", dest.config.forward)))
    }

    /// Runs a command after which every line is what `change` makes of it, or gone, and the daemons are
    /// what they were.
    fn check(
        &self,
        director: &Host,
        command: &str,
        change: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<String>, Failure> {
        let (before, daemons_before) = (connections(director)?, daemons(director)?);
        let output = director.cmd(command)?;
        let after = connections(director)?;
        let expected: BTreeSet<_> = before.iter().filter_map(|line| change(line)).collect();
        assert_ne!(expected, before, "{command}: nothing to do");
        if output.status != 0 {
            let said = [output.text(), output.error_text()].concat();
            return Ok(Some(format!("status {}: {said}", output.status)));
        }
        if daemons(director)? != daemons_before {
            return Ok(Some(format!("{command}: the daemons are not what they were")));
        }
        let differences: Vec<_> = expected.symmetric_difference(&after).collect();
        Ok((!differences.is_empty()).then(|| format!("{command}: {differences:?}")))
    }
}
