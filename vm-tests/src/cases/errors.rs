// SPDX-License-Identifier: MIT OR Apache-2.0
//! What people read when something is wrong: one clear line that names the remedy. A kernel without
//! the module takes a guest of its own: `cargo xtask vm selftest`.

use ipvs_netlink::types::{Scheduler, ServiceConfig, ServiceKey};
use ipvs_netlink::{ErrorKind, Ipvs};

use crate::case::{Case, Failure};
use crate::ctx::Ctx;

/// The tests of this module.
pub const CASES: &[Case] = &[
    Case::new("errors::unknown_scheduler", unknown_scheduler),
    Case::new("errors::no_capability", no_capability),
    Case::new("errors::missing_namespace", missing_namespace),
    Case::new("errors::object_and_number", object_and_number),
];

fn unknown_scheduler(ctx: &mut Ctx) -> Result<(), Failure> {
    let mut ipvs = Ipvs::open()?;
    let service: ServiceKey = "tcp/192.0.2.1:80".parse()?;
    let config = ServiceConfig::new("nosuch".parse()?);
    let error = ipvs.create_service(service, config).expect_err("no such scheduler");
    assert_eq!(error.kind(), ErrorKind::UnknownModule);
    let expected = "create service tcp/192.0.2.1:80: the kernel has no scheduler `nosuch`: check \
        the name, or load its module (`modprobe ip_vs_nosuch`) (ENOENT)";
    assert_eq!(error.to_string(), expected);
    // The tool says what the C tool says, and the remedy to people.
    let line = "ipvsadm -A -t 192.0.2.1:80 -s nosuch";
    let plain = ctx.cmd(line)?;
    let reference = ctx.cmd(&line.replace("ipvsadm", "ipvsadm-c"))?;
    assert_eq!((plain.status, &plain.stderr), (reference.status, &reference.stderr));
    let told = ctx.cmd(&format!("IPVSADM_HINTS=1 {line}"))?.error_text();
    assert_eq!(told.lines().count(), 1, "{told}");
    assert!(told.contains("modprobe ip_vs_nosuch"), "{told}");
    Ok(())
}

fn no_capability(ctx: &mut Ctx) -> Result<(), Failure> {
    let drop = "setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --";
    let plain = ctx.cmd(&format!("{drop} ipvsadm -Ln"))?;
    let reference = ctx.cmd(&format!("{drop} ipvsadm-c -Ln"))?;
    assert_eq!(plain.status, reference.status);
    // The C tool runs modprobe first, which may complain on its own account.
    assert!(reference.stderr.ends_with(&plain.stderr), "{}", reference.error_text());
    assert_eq!(plain.error_text().lines().count(), 2, "{}", plain.error_text());
    let told = ctx.cmd(&format!("IPVSADM_HINTS=1 {drop} ipvsadm -Ln"))?;
    assert_ne!(told.status, 0);
    assert!(told.error_text().contains("CAP_NET_ADMIN"), "{}", told.error_text());
    Ok(())
}

fn missing_namespace(_: &mut Ctx) -> Result<(), Failure> {
    let error = Ipvs::in_netns("nosuch").expect_err("no such namespace");
    assert_eq!(error.kind(), ErrorKind::Namespace);
    let expected = "network namespace `nosuch`: No such file or directory (os error 2): see `ip \
        netns list`, or make it with `ip netns add`";
    assert_eq!(error.to_string(), expected);
    let file = Ipvs::in_netns("/etc/passwd").expect_err("no namespace").to_string();
    assert!(file.ends_with("this file is no network namespace"), "{file}");
    let gone = Ipvs::in_netns(4_000_000_u32).expect_err("no process").to_string();
    assert!(gone.contains("of process 4000000") && gone.contains("no such process"), "{gone}");
    Ok(())
}

/// Operation, object, reason, remedy, number.
fn object_and_number(_: &mut Ctx) -> Result<(), Failure> {
    let mut ipvs = Ipvs::open()?;
    let service: ServiceKey = "tcp/192.0.2.1:80".parse()?;
    let rr = ServiceConfig::new(Scheduler::RR);
    ipvs.create_service(service, rr)?;
    let error = ipvs.create_service(service, rr).expect_err("it exists");
    assert_eq!(error.errno(), Some(ipvs_netlink::Errno::EEXIST));
    let expected = "create service tcp/192.0.2.1:80: it exists already: change it with an update \
        (`ipvsadm -E`) (EEXIST)";
    assert_eq!(error.to_string(), expected);
    let nobody = ipvs.edit_dest(service, "10.0.0.9:80".parse()?, |config| config.weight = 0);
    let expected = "destination 10.0.0.9:80 of tcp/192.0.2.1:80: no such destination: list them \
        with `ipvsadm -Ln`";
    assert_eq!(nobody.expect_err("it does not exist").to_string(), expected);
    let missing = ipvs.delete_service("fwmark/9".parse()?).expect_err("it does not exist");
    let expected = "delete service fwmark/9: no such service: see `ipvsadm -Ln`, or create it (`ipvsadm -A`) (ESRCH)";
    assert_eq!(missing.to_string(), expected);
    Ok(())
}
