// SPDX-License-Identifier: MIT OR Apache-2.0
//! A caller that is killed in the middle of a batch.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use ipvs_netlink::fake::{Kernel, Release};
use ipvs_netlink::types::{DestConfig, DestKey, Forward, Scheduler, ServiceConfig, ServiceKey};
use ipvs_netlink::{Ipvs, Operation, Ruleset};

use crate::case::{Case, Failure};
use crate::ctx::Ctx;

/// The tests of this module.
pub const CASES: &[Case] = &[
    Case::new("interrupted::a_plan_completes_a_killed_restore", killed_restore).timeout(600),
    Case::new("interrupted::a_refused_plan_is_rolled_back", refused_plan),
];

fn service(port: u16) -> ServiceKey {
    ServiceKey::tcp(([192, 0, 2, 1], port).into())
}

/// Rules as the restore reads them and as operations, in the same order.
fn rules(services: u16, dests: u8) -> (String, Vec<Operation>) {
    let (mut text, mut operations) = (String::new(), Vec::new());
    for port in 1..=services {
        let service = service(port);
        text += &format!("-A -t 192.0.2.1:{port} -s rr\n");
        let rr = ServiceConfig::new(Scheduler::RR);
        operations.push(Operation::CreateService { service, config: rr });
        for host in 1..=dests {
            text += &format!("-a -t 192.0.2.1:{port} -r 10.0.0.{host}:80 -m -w 1\n");
            let dest = DestKey::new([10, 0, 0, host].into(), 80);
            let config = DestConfig::new(Forward::Masq);
            operations.push(Operation::CreateDest { service, dest, config });
        }
    }
    (text, operations)
}

fn after(operations: &[Operation]) -> Result<Ruleset, Failure> {
    let imagined = Kernel::new(Release::Linux6_12);
    for operation in operations {
        imagined.change(*operation)?;
    }
    Ok(imagined.ruleset())
}

fn entries(state: &Ruleset) -> usize {
    state.services().map(|(_, rules)| 1 + rules.dests().len()).sum()
}

fn killed_restore(ctx: &mut Ctx) -> Result<(), Failure> {
    let (text, operations) = rules(200, 100);
    let file = ctx.directory().join("rules");
    std::fs::write(&file, text)?;
    let mut ipvs = Ipvs::open()?;
    let mut caller = Command::new("ipvsadm")
        .arg("-R")
        .stdin(std::fs::File::open(&file)?)
        .stdout(Stdio::null())
        .spawn()?;
    let start = Instant::now();
    while ipvs.services()?.len() < 20 {
        assert!(start.elapsed() < Duration::from_secs(60), "the restore does not get going");
    }
    caller.kill()?;
    caller.wait()?;
    let have = ipvs.ruleset()?;
    let done = entries(&have);
    println!("killed after {done} of {} operations", operations.len());
    assert!(done < operations.len(), "the restore was faster than the kill");
    assert_eq!(have, after(&operations[..done])?, "the kernel holds a prefix of the batch");
    let want = after(&operations)?;
    let plan = ipvs.plan(&want)?;
    assert_eq!(plan.len(), operations.len() - done, "only what is missing is planned");
    plan.apply(&mut ipvs)?.verify(&mut ipvs)?;
    assert_eq!(ipvs.ruleset()?, want);
    assert!(ipvs.plan(&want)?.is_empty());
    Ok(())
}

/// The last of many operations is refused by the real kernel: everything is as before.
fn refused_plan(_: &mut Ctx) -> Result<(), Failure> {
    let mut ipvs = Ipvs::open()?;
    for operation in rules(5, 5).1 {
        ipvs.change(operation)?;
    }
    let before = ipvs.ruleset()?;
    let mut want = after(&rules(20, 20).1)?;
    want.remove_service(service(2));
    let unknown = ServiceConfig::new("nosuch".parse()?);
    want.add_service("udp/192.0.2.9:53".parse()?, unknown)?;
    let error = ipvs.plan(&want)?.apply(&mut ipvs).expect_err("an unknown scheduler");
    let message = error.to_string();
    assert!(message.contains("scheduler `nosuch`"), "{message}");
    assert_eq!(message.lines().count(), 1, "{message}");
    assert_eq!(ipvs.ruleset()?, before);
    Ok(())
}
