// SPDX-License-Identifier: MIT OR Apache-2.0
//! Listings while another process changes the table.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use ipvs_netlink::fake::{Kernel, Release};
use ipvs_netlink::types::{DestConfig, DestKey, Forward, Scheduler, ServiceConfig, ServiceKey};
use ipvs_netlink::{ErrorKind, Ipvs, Operation, Ruleset};

use crate::case::{Case, Failure};
use crate::ctx::Ctx;
use crate::netns;

/// The tests of this module.
pub const CASES: &[Case] = &[
    Case::new("settled::every_listing_is_a_state_that_was", every_listing).timeout(600),
    Case::new("settled::while_services_of_others_go", while_services_of_others_go).timeout(600),
];

const CHANGES: u16 = 1000;
const SERVICES: u16 = 30;
/// How many changes an added thing lives.
const LIFE: u16 = 101;

fn service(port: u16) -> ServiceKey {
    ServiceKey::tcp(([192, 0, 2, 1], port).into())
}

fn dest(host: u8, port: u16) -> DestKey {
    DestKey::new([10, 0, 0, host].into(), port)
}

/// The table before the changes: long enough for several datagrams.
fn base() -> Vec<Operation> {
    let config = DestConfig::new(Forward::Masq);
    let mut operations = Vec::new();
    for port in 1..=SERVICES {
        let service = service(port);
        let rr = ServiceConfig::new(Scheduler::RR);
        operations.push(Operation::CreateService { service, config: rr });
        for host in 1..=if port == 1 { 100 } else { 2 } {
            operations.push(Operation::CreateDest { service, dest: dest(host, 80), config });
        }
    }
    operations
}

/// Change number `step` for the C tool and as an operation. No entry ever returns to what it was.
fn change(step: u16) -> (String, Operation) {
    let config = DestConfig::new(Forward::Masq);
    let old = step.checked_sub(LIFE).filter(|old| *old > 0);
    let web = service(1);
    match (step % 5, old) {
        (1, _) => {
            let line = format!("-a -t 192.0.2.1:1 -r 10.0.0.100:{step} -m\n");
            (line, Operation::CreateDest { service: web, dest: dest(100, step), config })
        }
        (2, Some(old)) => {
            let line = format!("-d -t 192.0.2.1:1 -r 10.0.0.100:{old}\n");
            (line, Operation::DeleteDest { service: web, dest: dest(100, old) })
        }
        (3, _) => {
            let service = service(10_000 + step);
            let config = ServiceConfig::new(Scheduler::RR);
            let line = format!("-A -t 192.0.2.1:{} -s rr\n", 10_000 + step);
            (line, Operation::CreateService { service, config })
        }
        (4, Some(old)) => {
            let service = service(10_000 + old);
            let line = format!("-D -t 192.0.2.1:{}\n", 10_000 + old);
            (line, Operation::DeleteService { service })
        }
        _ => {
            let (port, weight) = (step % SERVICES + 1, u32::from(step) + 1);
            let line = format!("-e -t 192.0.2.1:{port} -r 10.0.0.1:80 -m -w {weight}\n");
            let (service, dest) = (service(port), dest(1, 80));
            (line, Operation::UpdateDest { service, dest, config: config.weight(weight) })
        }
    }
}

/// From a hail of changes to moments of rest.
fn pause(step: u16) -> Duration {
    Duration::from_millis(match step {
        0..300 => 0,
        300..600 => 5,
        600..850 => 40,
        _ => 150,
    })
}

fn feed_c_tool() -> Result<(), Failure> {
    let mut tool = Command::new("ipvsadm-c").arg("-R").stdin(Stdio::piped()).spawn()?;
    let mut pipe = tool.stdin.take().ok_or_else(|| Failure::new("no pipe"))?;
    for step in 1..=CHANGES {
        pipe.write_all(change(step).0.as_bytes())?;
        thread::sleep(pause(step));
    }
    drop(pipe);
    let status = tool.wait()?;
    if status.success() { Ok(()) } else { Err(Failure::new(format!("ipvsadm-c: {status}"))) }
}

fn every_listing(_: &mut Ctx) -> Result<(), Failure> {
    let mut ipvs = Ipvs::open()?;
    let imagined = Kernel::new(Release::Linux6_12);
    for operation in base() {
        ipvs.change(operation)?;
        imagined.change(operation)?;
    }
    let mut states: Vec<Ruleset> = vec![imagined.ruleset()];
    for step in 1..=CHANGES {
        imagined.change(change(step).1)?;
        states.push(imagined.ruleset());
    }
    let done = AtomicBool::new(false);
    let (mut settled, mut unsettled, mut at) = (0, 0, 0);
    let mut seen = BTreeSet::new();
    thread::scope(|scope| -> Result<(), Failure> {
        let writer = scope.spawn(|| {
            let outcome = feed_c_tool();
            done.store(true, Ordering::Release);
            outcome
        });
        while !done.load(Ordering::Acquire) {
            match ipvs.ruleset() {
                Ok(state) => {
                    let found = states[at..].iter().position(|known| *known == state);
                    let Some(ahead) = found else {
                        return Err(Failure::new(format!(
                            "listing {settled} is no state from {at} on: {state:?}"
                        )));
                    };
                    (settled, at) = (settled + 1, at + ahead);
                    seen.insert(at);
                }
                Err(error) if error.kind() == ErrorKind::Unsettled => unsettled += 1,
                Err(error) => return Err(error.into()),
            }
        }
        writer.join().unwrap_or_else(|_| Err(Failure::new("the writer panicked")))
    })?;
    let states_seen = seen.len();
    println!("{settled} listings settled on {states_seen} states, {unsettled} gave up");
    assert!(states_seen >= 20, "only {states_seen} states were seen: nothing was shown");
    assert_eq!(ipvs.ruleset()?, states[usize::from(CHANGES)]);
    Ok(())
}

/// Some datagrams of a listing.
const MANY: u16 = 1000;
const ELSEWHERE: u16 = 300;
const ROUNDS: u16 = 6;
/// How many for each listing that is settled: enough that some lack services wherever they can.
const PLAIN_DUMPS: u16 = 5;

fn add(port: u16) -> Operation {
    let config = ServiceConfig::new(Scheduler::RR);
    Operation::CreateService { service: service(port), config }
}

/// Services of another namespace, added together and taken away one by one: some go during most of
/// the listings, which take some 100 ms here.
fn come_and_go() -> Result<(), Failure> {
    netns::unshare()?;
    let mut ipvs = Ipvs::open()?;
    for round in 0..ROUNDS {
        ipvs.commit(&(1..=ELSEWHERE).map(add).collect::<Vec<_>>())?;
        for port in 1..=ELSEWHERE {
            ipvs.change(Operation::DeleteService { service: service(port) })?;
            thread::sleep(Duration::from_millis(u64::from(port * 7 + round) % 40));
        }
    }
    Ok(())
}

/// Kernels before 7 find their place in a listing by counting the services of all namespaces, and
/// leave some out when others have gone. Two reads in a row lack the same if both were made of
/// datagrams of the same size.
fn while_services_of_others_go(ctx: &mut Ctx) -> Result<(), Failure> {
    let (mut best, mut alone) = (Ipvs::open()?, Ipvs::options().only_netlink().open()?);
    best.commit(&(1..=MANY).map(add).collect::<Vec<_>>())?;
    let want = best.ruleset()?;
    let whole = |services: usize| services == usize::from(MANY);
    assert!(whole(want.services().len()));
    let (mut times, mut lacking, mut unsettled) = (0, 0, 0);
    thread::scope(|scope| -> Result<(), Failure> {
        let elsewhere = scope.spawn(come_and_go);
        while !elsewhere.is_finished() {
            // The socket options tell what is missing.
            assert!(whole(best.table()?.services.len()), "listing {times} is incomplete");
            let diff = want.diff(&best.ruleset()?);
            assert!(diff.is_empty(), "listing {times}: {diff}");
            for _ in 0..PLAIN_DUMPS {
                lacking += u32::from(!whole(alone.services()?.len()));
            }
            match alone.ruleset() {
                Ok(state) => assert_eq!(want.diff(&state).to_string(), "", "listing {times}"),
                Err(error) if error.kind() == ErrorKind::Unsettled => unsettled += 1,
                Err(error) => return Err(error.into()),
            }
            times += 1;
        }
        elsewhere.join().unwrap_or_else(|_| Err(Failure::new("the other namespace panicked")))
    })?;
    let dumps = times * PLAIN_DUMPS;
    println!("{lacking} of {dumps} plain dumps lacked services, {unsettled} of {times} gave up");
    assert_eq!(lacking > 0, ctx.kernel().major < 7, "{lacking} dumps lacked services");
    Ok(())
}
