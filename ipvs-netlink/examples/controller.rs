// SPDX-License-Identifier: MIT OR Apache-2.0
//! A controller in a nutshell: for every new desired state, plan the difference, apply it whole or
//! not at all, and be sure. Runs on a kernel in memory, without root:
//! `cargo run --example controller --features fake`.

use std::error::Error;

use ipvs_netlink::fake::{Fault, Kernel, Release};
use ipvs_netlink::types::{DestConfig, DestKey, Forward, Scheduler, ServiceConfig, ServiceKey};
use ipvs_netlink::{ApplyError, Errno, Ipvs, Ruleset};

/// What the controller wants for a set of healthy servers.
fn desired(service: ServiceKey, servers: &[(&str, u32)]) -> Result<Ruleset, Box<dyn Error>> {
    let mut rules = Ruleset::new();
    rules.add_service(service, ServiceConfig::new(Scheduler::WLC))?;
    for (server, weight) in servers {
        let dest: DestKey = server.parse()?;
        rules.add_dest(service, dest, DestConfig::new(Forward::Masq).weight(*weight))?;
    }
    Ok(rules)
}

fn reconcile(ipvs: &mut Ipvs, want: &Ruleset) -> Result<(), Box<dyn Error>> {
    let plan = ipvs.plan(want)?;
    if plan.is_empty() {
        println!("  nothing to do");
        return Ok(());
    }
    print!("{plan}");
    match plan.apply(ipvs) {
        Ok(applied) => applied.verify(ipvs)?,
        // Somebody else was faster: a real controller plans again at its next turn.
        Err(ApplyError::Stale { differences }) => println!("  others changed: {differences}"),
        // All is as before, or the error says what is not.
        Err(error) => println!("  failed: {error}"),
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let kernel = Kernel::new(Release::Linux6_12);
    // On a real director: Ipvs::open()?
    let mut ipvs = Ipvs::with_backend(kernel.clone());
    let web: ServiceKey = "tcp/192.0.2.10:80".parse()?;

    let two = desired(web, &[("10.0.0.2:8080", 1), ("10.0.0.3:8080", 1)])?;
    let three = desired(web, &[("10.0.0.2:8080", 1), ("10.0.0.3:8080", 2), ("10.0.0.4:8080", 1)])?;

    println!("two servers are healthy:");
    reconcile(&mut ipvs, &two)?;
    println!("nothing has happened:");
    reconcile(&mut ipvs, &two)?;
    println!("a third one comes, but the kernel has no memory for it:");
    kernel.inject(0, Fault::Refuse(Errno::ENOMEM));
    reconcile(&mut ipvs, &three)?;
    println!("the next turn:");
    reconcile(&mut ipvs, &three)?;
    Ok(())
}
