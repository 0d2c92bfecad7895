// SPDX-License-Identifier: MIT OR Apache-2.0
//! Real HTTP requests through a director.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use crate::case::{Case, Failure};
use crate::ctx::Ctx;
use crate::http::{self, Server};
use crate::lan::Lan;
use crate::site::Site;
use crate::topology::Host;

/// The tests of this module.
pub const CASES: &[Case] = &[
    Case::new("traffic::nat_ipv4_is_balanced", |ctx| {
        nat(ctx, "192.0.2.100:80", ["10.0.0.1", "10.0.0.2", "10.0.0.3"])
    }),
    Case::new("traffic::nat_ipv6_is_balanced", |ctx| {
        nat(ctx, "[2001:db8:1::100]:80", ["[2001:db8:2::1]", "[2001:db8:2::2]", "[2001:db8:2::3]"])
    }),
    Case::new("traffic::direct_routing_ipv4_is_balanced", |ctx| {
        direct(ctx, "192.0.2.100:80", ["192.0.2.1", "192.0.2.2", "192.0.2.3"])
    }),
    Case::new("traffic::direct_routing_ipv6_is_balanced", |ctx| {
        direct(
            ctx,
            "[2001:db8:1::100]:80",
            ["[2001:db8:1::1]", "[2001:db8:1::2]", "[2001:db8:1::3]"],
        )
    }),
];

/// Requests per test: a multiple of the number of servers.
const REQUESTS: u64 = 12;

/// Servers on a segment behind the director, which is their router.
fn nat(ctx: &mut Ctx, service: &str, servers: [&str; 3]) -> Result<(), Failure> {
    let site = Site::build(ctx.topology())?;
    balanced(&site.client, &site.director, &site.servers, service, servers, "-m")
}

/// Servers that have the service's address too and answer clients directly.
fn direct(ctx: &mut Ctx, service: &str, servers: [&str; 3]) -> Result<(), Failure> {
    let lan = Lan::build(ctx.topology())?;
    balanced(&lan.client, &lan.director, &lan.servers, service, servers, "-g")
}

fn balanced(
    client: &Host,
    director: &Host,
    backends: &[Host; 3],
    service: &str,
    addresses: [&str; 3],
    method: &str,
) -> Result<(), Failure> {
    director.run(&format!("ipvsadm-c -A -t {service} -s rr"))?;
    for address in addresses {
        director.run(&format!("ipvsadm-c -a -t {service} -r {address}:80 {method}"))?;
    }
    let servers = backends.iter().map(|host| Server::start(host, 80));
    let servers = servers.collect::<Result<Vec<_>, _>>()?;
    let address: SocketAddr = service.parse()?;
    let answers = client.inside(|| {
        let mut answers = BTreeMap::<String, u64>::new();
        for _ in 0..REQUESTS {
            *answers.entry(http::get(address)?).or_default() += 1;
        }
        Ok(answers)
    })?;
    let share = REQUESTS / 3;
    let expected = backends.iter().map(|host| (host.name.clone(), share)).collect();
    assert_eq!(answers, expected);
    let served: Vec<_> = servers.iter().map(Server::served).collect();
    assert_eq!(served, [share; 3]);
    Ok(())
}
