// SPDX-License-Identifier: MIT OR Apache-2.0
//! `cargo xtask demo`: real HTTP requests through a real kernel's IPVS, driven by our `ipvsadm`.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use crate::case::Failure;
use crate::http::{self, Server};
use crate::topology::Host;

mod network;
mod stats;

use network::{Method, Network, Service};

/// The tool that is shown; found on PATH.
const IPVSADM: &str = "ipvsadm";
/// Requests of each client to each service: a multiple of the servers and of the weights' sum.
const REQUESTS: u64 = 30;
/// The kernel sums its counters up every two seconds; a busy emulated one may be later.
const SAMPLING: Duration = Duration::from_secs(20);

/// Answers per server's name.
type Answers = BTreeMap<String, u64>;

/// Runs the demonstration and returns the closing line.
///
/// # Errors
/// The first thing that is not as it should be.
pub fn run() -> Result<String, Failure> {
    let start = Instant::now();
    println!("{}", network::PICTURE);
    step(start, "building the network: seven namespaces, two segments");
    let network = Network::build()?;
    let servers = network.servers.iter().map(|host| Server::start(host, network::PORT));
    let servers = servers.collect::<Result<Vec<_>, _>>()?;

    step(start, "creating four virtual services on the director");
    for service in &network::SERVICES {
        shown(&network.director, &format!("-A -t {} -s {}", service.address, service.scheduler))?;
        for (destination, weight) in service.destinations() {
            let flag = match service.method {
                Method::Masquerading => "-m",
                Method::DirectRouting => "-g",
            };
            let address = service.address;
            shown(
                &network.director,
                &format!("-a -t {address} -r {destination} {flag} -w {weight}"),
            )?;
        }
    }

    let clients = network.clients.len() as u64;
    let total = REQUESTS * clients * network::SERVICES.len() as u64;
    step(start, &format!("sending {total} HTTP requests from {clients} clients"));
    let mut shares = Vec::new();
    for service in &network::SERVICES {
        let answers = requests(&network.clients, service)?;
        report(service, &answers);
        shares.push((service, answers));
    }
    let served: u64 = servers.iter().map(Server::served).sum();
    expect("requests that the servers say they answered", served, total)?;

    step(start, "waiting for the kernel to sum its counters up, every two seconds");
    counters(&network.director, &shares, clients * REQUESTS)?;

    step(start, "saving, clearing and restoring the table");
    restored(&network.director)?;
    requests(&network.clients, &network::SERVICES[0])
        .map_err(|failure| failure.context("after the restore"))?;
    println!("  and the restored services answer");
    let seconds = start.elapsed().as_secs();
    Ok(format!(
        "All is well: {total} requests answered, every one in the kernel's counters, and the table \
         is the same after save, clear and restore ({seconds} s)."
    ))
}

fn step(start: Instant, what: &str) {
    println!("\n[{:5.1} s] {what}", start.elapsed().as_secs_f64());
}

/// Runs the tool on a host, showing the command.
fn shown(host: &Host, arguments: &str) -> Result<String, Failure> {
    println!("  {}# {IPVSADM} {arguments}", host.name);
    host.run(&format!("{IPVSADM} {arguments}"))
}

/// All clients at once; each sends its requests one after the other.
fn requests(clients: &[Host], service: &Service) -> Result<Answers, Failure> {
    let address: SocketAddr = service.address.parse()?;
    let send = || {
        let mut answers = Answers::new();
        for _ in 0..REQUESTS {
            *answers.entry(http::get(address)?).or_default() += 1;
        }
        Ok::<_, Failure>(answers)
    };
    let results: Vec<_> = thread::scope(|scope| {
        let workers: Vec<_> =
            clients.iter().map(|client| scope.spawn(move || client.inside(send))).collect();
        workers.into_iter().map(thread::ScopedJoinHandle::join).collect()
    });
    let mut sum = Answers::new();
    for result in results {
        let answers = result.map_err(|_| Failure::new("a client panicked"))??;
        for (name, count) in answers {
            *sum.entry(name).or_default() += count;
        }
    }
    Ok(sum)
}

fn report(service: &Service, answers: &Answers) {
    let total: u64 = answers.values().sum();
    let shares: Vec<_> = answers
        .iter()
        .map(|(name, count)| format!("{name} {count} ({} %)", count * 100 / total.max(1)))
        .collect();
    println!("  {:<22} {:<22} {}", service.address, service.title(), shares.join("  "));
}

/// Waits until the counters show all the requests, prints them and compares them with what the
/// clients saw.
fn counters(director: &Host, shares: &[(&Service, Answers)], requests: u64) -> Result<(), Failure> {
    let deadline = Instant::now() + SAMPLING;
    let listing = loop {
        let listing = director.run(&format!("{IPVSADM} -Ln --stats"))?;
        let table = stats::parse(&listing)?;
        if shares.iter().all(|(service, _)| table.connections(service.address) >= requests)
            || Instant::now() > deadline
        {
            break listing;
        }
        thread::sleep(Duration::from_millis(250));
    };
    println!("  {}# {IPVSADM} -Ln --stats", director.name);
    println!("{listing}");
    let table = stats::parse(&listing)?;
    for (service, answers) in shares {
        let address = service.address;
        expect(&format!("Conns of {address}"), table.connections(address), requests)?;
        for ((destination, _), host) in service.destinations().zip(network::SERVERS) {
            let counted = table.destination(address, destination);
            let seen = answers.get(host).copied().unwrap_or_default();
            if seen == 0 {
                return Err(Failure::new(format!("{address}: {host} got no request at all")));
            }
            expect(&format!("Conns of {address} -> {destination}"), counted, seen)?;
        }
    }
    println!("  every counter equals what the clients saw");
    Ok(())
}

fn restored(director: &Host) -> Result<(), Failure> {
    let rules = shown(director, "-Sn")?;
    let before = director.run(&format!("{IPVSADM} -Ln"))?;
    print!("{rules}");
    shown(director, "-C")?;
    expect("rules after the clearing", director.run(&format!("{IPVSADM} -Sn"))?.as_str(), "")?;
    println!("  {}# {IPVSADM} -R <saved", director.name);
    director.cmd_with_input(&format!("{IPVSADM} -R"), rules.as_bytes())?.success()?;
    expect("rules after the restore", director.run(&format!("{IPVSADM} -Sn"))?, rules)?;
    let after = shown(director, "-Ln")?;
    print!("{after}");
    expect("listing after the restore", stats::rules(&after), stats::rules(&before))?;
    println!("  the same table as before (connection counts aside, which belong to the past)");
    Ok(())
}

fn expect<T: PartialEq + std::fmt::Debug>(
    what: &str,
    found: T,
    expected: T,
) -> Result<(), Failure> {
    if found == expected {
        return Ok(());
    }
    Err(Failure::new(format!("{what}: {found:?}, not {expected:?}")))
}
