// SPDX-License-Identifier: MIT OR Apache-2.0
//! The distribution's C tool on a real kernel: what the differential tests compare with.

use crate::case::{Case, Failure};
use crate::ctx::Ctx;

/// The tests of this module.
pub const CASES: &[Case] = &[
    Case::new("reference::empty_listing", empty_listing),
    Case::new("reference::services_stay_in_their_namespace", services_stay),
    Case::new("reference::save_clear_restore", save_clear_restore),
    Case::new("reference::unknown_scheduler", unknown_scheduler),
];

fn empty_listing(ctx: &mut Ctx) -> Result<(), Failure> {
    let output = ctx.cmd("ipvsadm-c -Ln")?;
    assert_eq!(output.status, 0, "{}", output.error_text());
    let text = output.text();
    let (banner, rest) = text.split_once('\n').unwrap_or_default();
    assert!(banner.starts_with("IP Virtual Server version 1.2.1 (size="), "{banner}");
    let expected = "Prot LocalAddress:Port Scheduler Flags\n\
        \x20 -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n";
    assert_eq!(rest, expected);
    Ok(())
}

fn services_stay(ctx: &mut Ctx) -> Result<(), Failure> {
    let mut topology = ctx.topology();
    let (a, b) = (topology.host("a")?, topology.host("b")?);
    a.run("ipvsadm-c -A -t 192.0.2.1:80 -s rr")?;
    b.run("ipvsadm-c -A -u 192.0.2.2:53 -s wlc")?;
    assert_eq!(a.run("ipvsadm-c -Sn")?, "-A -t 192.0.2.1:80 -s rr\n");
    assert_eq!(b.run("ipvsadm-c -Sn")?, "-A -u 192.0.2.2:53 -s wlc\n");
    assert_eq!(ctx.run("ipvsadm-c -Sn")?, "");
    Ok(())
}

fn save_clear_restore(ctx: &mut Ctx) -> Result<(), Failure> {
    let rules = "-A -t 192.0.2.1:80 -s rr\n\
        -a -t 192.0.2.1:80 -r 127.0.0.2:80 -m -w 1\n\
        -a -t 192.0.2.1:80 -r 127.0.0.3:80 -m -w 2\n";
    assert_eq!(ctx.cmd_with_input("ipvsadm-c -R", rules.as_bytes())?.status, 0);
    assert_eq!(ctx.run("ipvsadm-c -Sn")?, rules);
    ctx.run("ipvsadm-c -C")?;
    assert_eq!(ctx.run("ipvsadm-c -Sn")?, "");
    Ok(())
}

fn unknown_scheduler(ctx: &mut Ctx) -> Result<(), Failure> {
    let output = ctx.cmd("ipvsadm-c -A -t 192.0.2.1:80 -s nonsense")?;
    assert_eq!(output.status, 255, "{output:?}");
    assert_eq!(output.stdout, b"");
    assert_eq!(output.error_text(), "Scheduler or persistence engine not found\n");
    Ok(())
}
