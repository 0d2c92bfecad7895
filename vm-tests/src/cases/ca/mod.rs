// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ip_vs_ca` on a server and `ip_vs_toa` on a director that hides clients: the server sees them.

mod peers;
mod spoof;
mod udp;
mod unload;

use std::fs;
use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use crate::case::{Case, Failure};
use crate::ctx::Ctx;
use crate::full_nat::{self, FullNat, SERVICES, director_for};
use crate::topology::Host;
use crate::{http, modules, wait};
use peers::{Client, Names, Teller};

/// What all of these tests need.
const MODULES: [&str; 2] = ["ip_vs_toa", "ip_vs_ca"];

/// The tests of this module.
pub const CASES: &[Case] = &[
    Case::new("ca::nginx_logs_the_client", nginx),
    Case::new("ca::accept_and_getpeername_name_the_client", |ctx| tcp(ctx, true)),
    Case::new("ca::tcp_works_without_checksum_offload", |ctx| tcp(ctx, false)),
    Case::new("ca::udp_servers_see_and_answer_the_client", |ctx| udp::run(ctx, true)),
    Case::new("ca::udp_works_without_checksum_offload", |ctx| udp::run(ctx, false)),
    Case::new("ca::a_wrong_kind_is_not_believed", wrong_kind),
    Case::new("ca::an_untrusted_director_is_not_believed", untrusted),
    Case::new("ca::an_idle_connection_keeps_its_client", idle),
    Case::new("ca::a_full_table_forgets_nobody", full),
    Case::new("ca::what_clients_say_of_themselves_vanishes", spoof::run),
    Case::new("ca::who_goes_past_the_balancer_is_not_believed", spoof::past_the_balancer),
    Case::new("ca::a_port_of_another_client_has_no_name", reused),
    Case::new("ca::unloading_under_load_is_safe", unload::run).timeout(400),
];

/// A web server as Debian ships it.
fn nginx(ctx: &mut Ctx) -> Result<(), Failure> {
    let _modules = modules::shared(&MODULES)?;
    let site = FullNat::build(ctx.topology())?;
    let directory = ctx.directory().display().to_string();
    let config = ctx.directory().join("nginx.conf");
    fs::write(
        &config,
        format!(
            "user root; pid {directory}/pid; error_log {directory}/error;\n\
             events {{ worker_connections 64; }}\n\
             http {{ log_format peer '$remote_addr'; access_log {directory}/access peer;\n\
             client_body_temp_path {directory}/1; proxy_temp_path {directory}/2;\n\
             fastcgi_temp_path {directory}/3; uwsgi_temp_path {directory}/4;\n\
             scgi_temp_path {directory}/5;\n\
             server {{ listen 80; listen [::]:80 ipv6only=on; return 200 'hello'; }} }}\n"
        ),
    )?;
    let line = full_nat::program("nginx", &format!("-c {}", config.display()))?;
    // It goes to the background with all of its output in files.
    site.server.run(&format!("{line} -e {directory}/error"))?;
    for service in SERVICES {
        let address = service.parse()?;
        assert_eq!(site.client.inside(|| http::get(address))?, "hello");
    }
    wait::until("nginx's log", &"192.0.2.10\n2001:db8:1::10\n".to_owned(), || {
        Ok(fs::read_to_string(ctx.directory().join("access"))?)
    })?;
    site.server.run(&format!("kill $(cat {directory}/pid)"))?;
    Ok(())
}

fn names(client: &Host, service: SocketAddr) -> Result<Names, Failure> {
    client.inside(|| Client::connect(service)?.names())
}

/// Both calls name the client.
fn assert_seen(names: &Names) {
    assert_eq!((names.accepted, names.peer), (names.own, names.own));
}

/// Both calls name the director.
fn assert_hidden(names: &Names, service: SocketAddr) -> Result<(), Failure> {
    let director = director_for(service)?;
    assert_eq!((names.accepted.ip(), names.peer.ip()), (director, director), "{names:?}");
    Ok(())
}

/// Sockets of each family and of both, twice: for accept(2) and accept4(2). Then data both ways.
fn tcp(ctx: &mut Ctx, offload: bool) -> Result<(), Failure> {
    let _modules = modules::shared(&MODULES)?;
    let site = FullNat::build(ctx.topology())?;
    if !offload {
        site.without_offload()?;
    }
    for (listen, services) in [
        ("0.0.0.0:80", &SERVICES[..1]),
        ("[2001:db8:2::1]:80", &SERVICES[1..]),
        ("[::]:80", &SERVICES),
    ] {
        let _server = Teller::start(&site.server, listen)?;
        for service in services {
            let service = service.parse()?;
            for _ in 0..2 {
                assert_seen(&names(&site.client, service)?);
            }
            site.client.inside(|| Client::connect(service)?.echo(1_000_000))?;
        }
    }
    // Three connections to each of four listening addresses: the option is in the SYN and in the ACK.
    assert!(site.server_count("syn_recv_sock_ip_vs_ca")? >= 12);
    assert_eq!(site.server_count("conn_new")?, 12);
    assert_eq!(site.server_count("getname_ok")?, 12 + 8);
    assert_eq!(site.server_count("nmissed")?, 0);
    assert!(site.director_count("toa_added")? >= 24);
    assert!(site.director_count("mss_lowered")? >= 12);
    for row in ["toa_no_room", "toa_too_long", "toa_no_memory", "table_full"] {
        assert_eq!(site.director_count(row)?, 0, "{row}");
    }
    let snmp = site.server.run("cat /proc/net/snmp")?;
    let errors: Vec<_> = snmp.lines().filter(|line| line.starts_with("Tcp:")).collect();
    let column = errors[0].split(' ').position(|word| word == "InErrs").unwrap_or_default();
    assert_eq!(errors[1].split(' ').nth(column), Some("0"), "{snmp}");
    Ok(())
}

fn wrong_kind(ctx: &mut Ctx) -> Result<(), Failure> {
    let _modules = modules::shared(&MODULES)?;
    let site = FullNat::build(ctx.topology())?;
    let _server = Teller::start(&site.server, "[::]:80")?;
    let kinds = || site.server.run("cat /proc/sys/net/ca/tcpopt_addr");
    assert_eq!(kinds()?, "200,254\n");
    // The director sends 254.
    site.server.sysctl("net.ca.tcpopt_addr", "200")?;
    assert_eq!(kinds()?, "200\n");
    for service in SERVICES {
        let service = service.parse()?;
        assert_hidden(&names(&site.client, service)?, service)?;
    }
    assert!(site.server_count("syn_recv_sock_no_ip_vs_ca")? >= 2);
    assert_eq!(site.server_count("conn_new")?, 0);
    site.server.sysctl("net.ca.tcpopt_addr", "200,254")?;
    for service in SERVICES {
        assert_seen(&names(&site.client, service.parse()?)?);
    }
    let refused = site.server.sysctl("net.ca.tcpopt_addr", "256");
    assert!(refused.is_err(), "an option's kind has eight bits");
    Ok(())
}

fn untrusted(ctx: &mut Ctx) -> Result<(), Failure> {
    let _modules = modules::shared(&MODULES)?;
    let site = FullNat::build(ctx.topology())?;
    let _server = Teller::start(&site.server, "[::]:80")?;
    site.server.sysctl("net.ca.trusted", "10.0.0.9, 2001:db8:2::100/120")?;
    for service in SERVICES {
        let service = service.parse()?;
        assert_hidden(&names(&site.client, service)?, service)?;
    }
    assert!(site.server_count("untrusted")? >= 2);
    assert_eq!(site.server_count("conn_new")?, 0);
    site.server.sysctl("net.ca.trusted", "10.0.0.248/29,2001:db8:2::/64")?;
    for service in SERVICES {
        assert_seen(&names(&site.client, service.parse()?)?);
    }
    for wrong in [
        "10.0.0.0/33",
        "director",
        "10.0.0.1;10.0.0.2",
        "10.0.0.1:80",
        "::/129",
        "::1;",
        "10.0.0.1/",
    ] {
        assert!(site.server.sysctl("net.ca.trusted", wrong).is_err(), "{wrong}");
    }
    let kept = site.server.run("cat /proc/sys/net/ca/trusted")?;
    assert_eq!(kept, "10.0.0.248/29,2001:db8:2::/64\n");
    Ok(())
}

fn idle(ctx: &mut Ctx) -> Result<(), Failure> {
    let _modules = modules::shared(&MODULES)?;
    let site = FullNat::build(ctx.topology())?;
    let _server = Teller::start(&site.server, "[::]:80")?;
    site.server.sysctl("net.ca.tcp_timeout", "1")?;
    let mut clients = Vec::new();
    for service in SERVICES {
        let service = service.parse()?;
        clients.push(site.client.inside(|| Client::connect(service))?);
    }
    for client in &mut clients {
        assert_seen(&client.names()?);
    }
    wait::until("connections whose time was over", &true, || {
        Ok(site.server_count("tcp_kept")? >= 4)
    })?;
    thread::sleep(Duration::from_secs(2));
    for client in &mut clients {
        assert_seen(&client.names()?);
    }
    assert_eq!(site.server_count("conn_del")?, 0);
    drop(clients);
    wait::until("closed connections", &2, || site.server_count("conn_del"))
}

fn full(ctx: &mut Ctx) -> Result<(), Failure> {
    let _modules = modules::shared(&MODULES)?;
    let site = FullNat::build(ctx.topology())?;
    let _server = Teller::start(&site.server, "[::]:80")?;
    site.server.sysctl("net.ca.max_entries", "1")?;
    let service = SERVICES[0].parse()?;
    let mut first = site.client.inside(|| Client::connect(service))?;
    assert_hidden(&names(&site.client, service)?, service)?;
    assert_seen(&first.names()?);
    // The SYN and the ACK of the second.
    assert!(site.server_count("table_full")? >= 2);
    assert_eq!(site.server_count("conn_new")?, 1);
    Ok(())
}

/// Who says nothing of itself gets the director's port that a named client had before.
fn reused(ctx: &mut Ctx) -> Result<(), Failure> {
    let _modules = modules::shared(&MODULES)?;
    let site = FullNat::build(ctx.topology())?;
    let _server = Teller::start(&site.server, "[::]:80")?;
    for (service, port) in SERVICES.iter().zip([40_001, 40_002]) {
        let service: SocketAddr = service.parse()?;
        let connect = || site.client.inside(|| Client::connect_from(service, port));
        site.server.sysctl("net.ca.tcpopt_addr", "254")?;
        let mut first = connect()?;
        assert_seen(&first.names()?);
        first.reset()?;
        // What the director says of the second is nothing to the server.
        site.server.sysctl("net.ca.tcpopt_addr", "200")?;
        assert_hidden(&connect()?.names()?, service)?;
    }
    Ok(())
}
