// SPDX-License-Identifier: MIT OR Apache-2.0
//! The connections of a stock and of a patched kernel in one guest: how long it takes to get at them.
//!
//! `cargo xtask kernel bench` runs it in a guest that has not loaded `ip_vs` yet. Only the ratios mean
//! anything.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use ipvs_netlink::Ipvs;
use ipvs_netlink::ext::Tier;
use vm_tests::many::{self, MANY, Times, ratio};
use vm_tests::{Failure, command};

/// The patched module in the directory that host and guest share.
const PATCHED: &str = "patched/ip_vs.ko";

fn run(line: &str) -> Result<(), Failure> {
    command::run(line, &[], command::TIMEOUT)?.success().map(drop)
}

fn tier() -> Result<Tier, Failure> {
    Ok(Ipvs::open()?.tier()?)
}

fn stock() -> Result<Duration, Failure> {
    run("modprobe ip_vs")?;
    match tier()? {
        Tier::Stock => {}
        other => return Err(Failure::new(format!("the kernel's own module is {other:?}"))),
    }
    many::make()?;
    let time = many::timed(2, &MANY, many::by_proc)?;
    run("rmmod ip_vs")?;
    Ok(time)
}

fn patched(module: &Path) -> Result<Times, Failure> {
    run(&format!("insmod {}", module.display()))?;
    match tier()? {
        Tier::Patched { .. } => {}
        other => return Err(Failure::new(format!("the patched module is {other:?}"))),
    }
    many::make()?;
    Times::measure()
}

fn measure() -> Result<(), Failure> {
    let share = std::env::var_os("IPVS_VM")
        .ok_or_else(|| Failure::new("this runs in a virtual machine: cargo xtask kernel bench"))?;
    let before = stock()?;
    let Times { proc, dump, count, delete } = patched(&Path::new(&share).join(PATCHED))?;
    println!("{MANY} connections | time | of the dump\n---|---|---");
    for (what, time) in [
        ("stock, /proc/net/ip_vs_conn", before),
        ("patched, /proc/net/ip_vs_conn", proc),
        ("patched, dump", dump),
        ("patched, a tenth counted", count),
        ("patched, a tenth deleted", delete),
    ] {
        println!("{what} | {time:.2?} | {:.3}", ratio(time, dump));
    }
    Ok(())
}

fn main() -> ExitCode {
    match measure() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("vm-walk: {failure}");
            ExitCode::FAILURE
        }
    }
}
