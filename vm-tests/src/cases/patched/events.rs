// SPDX-License-Identifier: MIT OR Apache-2.0
//! Events: what others do, by either interface, and too much of it.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use ipvs_netlink::ext::{Event, Happening, Notice};
use ipvs_netlink::types::{DestConfig, DestKey, Forward, Scheduler, ServiceConfig, ServiceKey};
use ipvs_netlink::{ErrorKind, Ipvs, Ruleset};
use serde_json::Value;

use crate::case::{Case, Failure};
use crate::command;
use crate::ctx::Ctx;
use crate::differential::refuse_generic_netlink;
use crate::wait;

use super::EXTENSION;

/// The tests of this module.
pub const CASES: &[Case] = &[
    Case::new("patched::the_monitor_sees_the_c_tool_over_both_interfaces", monitor)
        .patched()
        .since(6, 12, EXTENSION),
    Case::new("patched::a_burst_ends_in_the_state_of_a_fresh_dump", burst)
        .patched()
        .since(6, 12, EXTENSION)
        .timeout(1500),
];

/// What the C tool does, and what the monitor calls it.
const STEPS: [(&str, &str); 9] = [
    ("-A -t 192.0.2.1:80 -s wlc", "create_service"),
    ("-a -t 192.0.2.1:80 -r 127.0.0.1:80 -m -w 3", "create_destination"),
    ("-e -t 192.0.2.1:80 -r 127.0.0.1:80 -m -w 5", "update_destination"),
    ("-E -t 192.0.2.1:80 -s rr -p 60", "update_service"),
    ("--set 100 0 0", "set_timeouts"),
    ("-Z", "zero"),
    ("-d -t 192.0.2.1:80 -r 127.0.0.1:80", "delete_destination"),
    ("-D -t 192.0.2.1:80", "delete_service"),
    ("-C", "flush"),
];

fn lines(file: &Path) -> Result<Vec<Value>, Failure> {
    let text = fs::read_to_string(file).unwrap_or_default();
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

fn monitor(ctx: &mut Ctx) -> Result<(), Failure> {
    let file = ctx.directory().join("monitor.json");
    let namespace = fs::File::open("/proc/thread-self/ns/net")?;
    let line = format!(
        "exec ipvsadm monitor --json --verbose --count {} > {}",
        2 * STEPS.len(),
        file.display()
    );
    let output = thread::scope(|scope| {
        let monitor = scope.spawn(|| command::run(&line, &[], Duration::from_secs(200)));
        wait::until("the monitor's snapshot", &1, || Ok(lines(&file)?.len()))?;
        for (step, _) in STEPS {
            ctx.run(&format!("ipvsadm-c {step}"))?;
        }
        // A thread's children can't do what it has given up.
        let legacy = scope.spawn(|| -> Result<(), Failure> {
            refuse_generic_netlink()?;
            STEPS.iter().try_for_each(|(step, _)| ctx.run(&format!("ipvsadm-c {step}")).map(drop))
        });
        legacy.join().map_err(|_| Failure::new("a thread panicked"))??;
        monitor.join().map_err(|_| Failure::new("a thread panicked"))?
    })?;
    drop(namespace);
    assert!(output.error_text().contains("patched kernel (ipvs_ext)"), "{}", output.error_text());
    output.success()?;
    let lines = lines(&file)?;
    assert_eq!((&lines[0]["event"], &lines[0]["means"]), (&"snapshot".into(), &"events".into()));
    let seen: Vec<_> = lines[1..].iter().map(|line| line["operation"].as_str()).collect();
    let expected: Vec<_> = STEPS.iter().chain(&STEPS).map(|(_, name)| Some(*name)).collect();
    assert_eq!(seen, expected);
    let numbers: Vec<_> = lines.iter().filter_map(|line| line["genid"].as_u64()).collect();
    assert!(numbers.windows(2).all(|two| two[1] == two[0] + 1), "{numbers:?}");
    // Netlink says who asked, the socket options can't.
    let known: Vec<_> = lines[1..].iter().map(|line| line["port"].is_u64()).collect();
    assert_eq!(known, [[true; STEPS.len()], [false; STEPS.len()]].concat());
    assert_eq!(lines[3]["config"]["weight"], 5);
    Ok(())
}

/// Changes, in batches.
const CHANGES: usize = 100_000;
const SERVICES: u16 = 20;
const DESTS: u8 = 50;

fn service(number: u16) -> Result<ServiceKey, Failure> {
    Ok(format!("tcp/192.0.2.1:{}", 1000 + number).parse()?)
}

fn dest(number: u8) -> Result<DestKey, Failure> {
    Ok(format!("127.0.0.{}:80", 1 + number).parse()?)
}

/// Weights that change all the time, and services that come and go; counts the changes.
fn storm(count: &AtomicUsize) -> Result<(), Failure> {
    let mut ipvs = Ipvs::open()?;
    let config = DestConfig::new(Forward::Masq);
    for number in 0..SERVICES {
        ipvs.create_service(service(number)?, ServiceConfig::new(Scheduler::RR))?;
        for other in 0..DESTS {
            ipvs.create_dest(service(number)?, dest(other)?, config)?;
        }
    }
    let done = usize::from(SERVICES) * (1 + usize::from(DESTS));
    count.store(done, Ordering::SeqCst);
    let mut weight: u16 = 1;
    for _ in 0..(CHANGES - done) / usize::from(DESTS) {
        weight = weight % 1000 + 1;
        let key = service(weight % SERVICES)?;
        let mut batch = ipvs.batch();
        for other in 0..DESTS {
            batch = batch.update_dest(
                key,
                dest(other)?,
                config.weight(u32::from(weight) + u32::from(other)),
            );
        }
        batch.commit()?.all_done()?;
        count.fetch_add(usize::from(DESTS), Ordering::SeqCst);
    }
    Ok(())
}

/// A listener that is too slow for them knows in the end what a fresh dump tells.
fn burst(_: &mut Ctx) -> Result<(), Failure> {
    let mut ipvs = Ipvs::open()?;
    let mut events = ipvs.events()?;
    let (mut known, mut overruns, mut told) = (Ruleset::new(), 0, 0);
    let mut follow = |notice: Notice| match notice {
        Notice::Snapshot(snapshot) => known = snapshot.into_ruleset(),
        Notice::Event(event) => {
            told += 1;
            if let Happening::Done(operation) = event.happening {
                known.follow(&operation);
            }
        }
        _ => overruns += 1,
    };
    let count = AtomicUsize::new(0);
    follow(events.next_within(Duration::from_secs(5))?.ok_or_else(|| Failure::new("nothing"))?);
    thread::scope(|scope| {
        let storm = scope.spawn(|| storm(&count));
        // By then the kernel's queue is full.
        while count.load(Ordering::SeqCst) < CHANGES / 2 && !storm.is_finished() {
            thread::sleep(wait::POLL);
        }
        loop {
            match events.next_within(Duration::from_secs(2)) {
                Ok(Some(notice)) => follow(notice),
                Ok(None) if storm.is_finished() => break,
                Ok(None) => {}
                // In the storm there may be no moment for a snapshot: it is asked for again.
                Err(error) if error.kind() == ErrorKind::Unsettled && !storm.is_finished() => {}
                Err(error) => return Err(error.into()),
            }
        }
        storm.join().map_err(|_| Failure::new("the changing thread panicked"))?
    })?;
    println!("{CHANGES} changes: {told} events, {overruns} overruns");
    assert!(overruns > 0, "the queue was never full");
    assert_eq!(known, Ipvs::open()?.ruleset()?);
    // From there on it hears each change again.
    let weight = DestConfig::new(Forward::Masq).weight(7);
    Ipvs::open()?.batch().update_dest(service(3)?, dest(3)?, weight).commit()?.all_done()?;
    Ipvs::open()?.delete_service(service(4)?)?;
    for _ in 0..2 {
        match events.next_within(Duration::from_secs(5))? {
            Some(Notice::Event(Event { happening: Happening::Done(operation), .. })) => {
                known.follow(&operation);
            }
            other => return Err(Failure::new(format!("no event: {other:?}"))),
        }
    }
    assert_eq!(known, Ipvs::open()?.ruleset()?);
    Ok(())
}
