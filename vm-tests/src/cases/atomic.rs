// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ipvsadm -S --full` and `ipvsadm -R --atomic` on the running kernel: states are compared, not
//! texts.

use std::fs;

use ipvs_netlink::types::DestKey;
use ipvs_netlink::{Ipvs, Ruleset};

use crate::case::{Case, Failure};
use crate::ctx::Ctx;

/// The tests of this module.
pub const CASES: &[Case] = &[
    Case::new("atomic::a_full_save_brings_everything_back", everything).timeout(400),
    Case::new("atomic::the_c_tool_reads_a_full_save", full_save_for_c).timeout(400),
    Case::new("atomic::a_bad_line_in_the_middle_changes_nothing", bad_line),
    Case::new("atomic::a_refused_rule_rolls_back", refused),
    Case::new("atomic::only_the_difference_is_sent", difference).timeout(400),
];

/// All that `-S` of the C tool loses or gets wrong, and the rest. The sync daemons need an interface.
const RULES: &str = "\
-A -t 192.0.2.1:80 -s sh -p 60 -M 255.255.255.0 -b flag-2,flag-3
-a -t 192.0.2.1:80 -r 10.0.0.9:80 -i -w 1 --tun-type gue --tun-port 6080 --tun-remcsum
-a -t 192.0.2.1:80 -r 10.0.0.3:8080 -g -w 0 -x 10 -y 5 --keep-port
-a -t 192.0.2.1:80 -r 10.0.0.7:90 -m -w 2147483647
-A -t [2001:db8::1]:443 -s wlc -p 300 -M 64
-a -t [2001:db8::1]:443 -r [2001:db8::2]:443 -i -w 3 --tun-type gre --tun-csum
-A -u 192.0.2.1:5060 -s rr -p 100 --pe sip -o
-A -f 4294967295 -s mh -b flag-3
-a -f 4294967295 -r 10.0.0.8:0 -g -w 1
-A -f 2147483648 -6 -s nq
--set 1000 100 200
--start-daemon master --mcast-interface sync0 --syncid 9 --sync-maxlen 1400 --mcast-group 224.0.0.90 --mcast-port 8900 --mcast-ttl 3
--start-daemon backup --mcast-interface sync0 --syncid 7
";

fn interface(ctx: &Ctx) -> Result<(), Failure> {
    ctx.run("ip link add sync0 type dummy && ip addr add 192.0.2.99/24 dev sync0 && ip link set sync0 up")
        .map(drop)
}

/// The destinations of each service, in the kernel's order.
type Positions = Vec<(String, Vec<DestKey>)>;

fn positions(ipvs: &mut Ipvs) -> Result<Positions, Failure> {
    let mut all = Vec::new();
    for table in ipvs.settled_table()?.services {
        all.push((table.service.key.to_string(), table.dests.iter().map(|d| d.key).collect()));
    }
    all.sort();
    Ok(all)
}

fn state(ipvs: &mut Ipvs) -> Result<(Ruleset, Positions), Failure> {
    Ok((ipvs.ruleset()?, positions(ipvs)?))
}

fn everything(ctx: &mut Ctx) -> Result<(), Failure> {
    interface(ctx)?;
    let mut ipvs = Ipvs::open()?;
    let empty = ctx.run("ipvsadm -S --full")?;
    let restored = ctx.cmd_with_input("ipvsadm -R", RULES.as_bytes())?;
    assert_eq!((restored.error_text(), restored.status), (String::new(), 0));
    let before = state(&mut ipvs)?;
    assert_eq!((before.0.services().len(), before.0.daemons().map(|d| d.len())), (5, Some(2)));
    let saved = ctx.run("ipvsadm -S --full")?;
    let file = ctx.directory().join("rules");
    fs::write(&file, &saved)?;
    let file = file.display();

    // Over the same state, nothing is done: counters and connections would tell.
    ctx.run("ipvsadm -S --full | ipvsadm -R --atomic")?;
    assert_eq!(state(&mut ipvs)?, before);
    // From an empty table.
    ctx.run("ipvsadm -C; ipvsadm --set 1 2 3; ipvsadm --stop-daemon master")?;
    ctx.run(&format!("ipvsadm -R --atomic < {file}"))?;
    assert_eq!(state(&mut ipvs)?, before);
    // From another one, under the other names.
    ctx.run(
        "ipvsadm -D -t 192.0.2.1:80; ipvsadm -A -t 192.0.2.1:80; ipvsadm -A -t 192.0.2.7:1; \
         ipvsadm --stop-daemon backup",
    )?;
    let link = ctx.directory().join("ipvsadm-restore");
    ctx.run(&format!("ln -s $(command -v ipvsadm) {0}; {0} --atomic < {file}", link.display()))?;
    assert_eq!(state(&mut ipvs)?, before);
    assert_eq!(ctx.run("ipvsadm -S --full")?, saved);
    // And to nothing.
    fs::write(ctx.directory().join("rules"), &empty)?;
    ctx.run(&format!("ipvsadm -R --atomic < {file}"))?;
    assert_eq!(ctx.run("ipvsadm -S --full")?, empty);
    assert!(empty.starts_with("--stop-daemon master\n--stop-daemon backup\n--set "), "{empty}");
    Ok(())
}

/// But for `--keep-port`, which it does not know.
fn full_save_for_c(ctx: &mut Ctx) -> Result<(), Failure> {
    interface(ctx)?;
    let mut ipvs = Ipvs::open()?;
    let rules = RULES.replace(" --keep-port", "");
    ctx.cmd_with_input("ipvsadm -R", rules.as_bytes())?.success()?;
    let before = state(&mut ipvs)?;
    let saved = ctx.run("ipvsadm -S --full")?;
    ctx.run(
        "ipvsadm -C; ipvsadm --set 1 2 3; ipvsadm --stop-daemon master; ipvsadm --stop-daemon backup",
    )?;
    let outcome = ctx.cmd_with_input("ipvsadm-c -R", saved.as_bytes())?;
    assert_eq!((outcome.error_text(), outcome.status), (String::new(), 0));
    assert_eq!(state(&mut ipvs)?, before);
    Ok(())
}

fn bad_line(ctx: &mut Ctx) -> Result<(), Failure> {
    interface(ctx)?;
    let mut ipvs = Ipvs::open()?;
    ctx.cmd_with_input("ipvsadm -R", RULES.as_bytes())?.success()?;
    let before = state(&mut ipvs)?;
    let rules = "-A -t 192.0.2.5:80 -s rr\n-a -t 192.0.2.5:80 -r 10.0.0.1 -m -w heavy\n-C\n";
    let file = ctx.directory().join("rules");
    fs::write(&file, rules)?;
    let outcome = ctx.cmd(&format!("ipvsadm -R --atomic < {}", file.display()))?;
    let expected = format!(
        "{}:2:38: illegal weight specified: `heavy'; nothing was changed\n",
        file.display()
    );
    assert_eq!((outcome.error_text(), outcome.status), (expected, 2));
    let outcome = ctx.cmd_with_input("ipvsadm -R --atomic", rules.as_bytes())?;
    assert!(outcome.error_text().starts_with("standard input:2:38: "), "{}", outcome.error_text());
    assert_eq!(state(&mut ipvs)?, before);
    Ok(())
}

fn refused(ctx: &mut Ctx) -> Result<(), Failure> {
    interface(ctx)?;
    let mut ipvs = Ipvs::open()?;
    ctx.cmd_with_input("ipvsadm -R", RULES.as_bytes())?.success()?;
    let before = state(&mut ipvs)?;
    let rules = "--set 7 8 9\n-A -t 192.0.2.5:80 -s rr\n-A -t 192.0.2.6:80 -s nosuch\n";
    let outcome = ctx.cmd_with_input("ipvsadm -R --atomic", rules.as_bytes())?;
    let text = outcome.error_text();
    assert!(
        text.starts_with("standard input:3: create service tcp/192.0.2.6:80: ")
            && text.ends_with("; everything was rolled back\n"),
        "{text}"
    );
    assert_eq!(outcome.status, 255);
    assert_eq!(state(&mut ipvs)?, before);
    Ok(())
}

/// What stays must not be touched: a destination that were made anew would have moved to the front.
fn difference(ctx: &mut Ctx) -> Result<(), Failure> {
    let mut ipvs = Ipvs::open()?;
    let mut rules = String::new();
    for service in 0..100 {
        rules += &format!("-A -t 192.0.2.1:{} -s rr\n", service + 1);
        for dest in 1..=10 {
            rules += &format!("-a -t 192.0.2.1:{} -r 10.0.0.{dest}:80 -m -w 5\n", service + 1);
        }
    }
    ctx.cmd_with_input("ipvsadm -R --atomic", rules.as_bytes())?.success()?;
    let before = positions(&mut ipvs)?;
    let changed = rules
        .replacen("-r 10.0.0.3:80 -m -w 5", "-r 10.0.0.3:80 -m -w 6", 1)
        .replace("-a -t 192.0.2.1:50 -r 10.0.0.4:80 -m -w 5\n", "")
        + "-A -t 192.0.2.2:1 -s wlc\n";
    ctx.cmd_with_input("ipvsadm -R --atomic", changed.as_bytes())?.success()?;
    let after = positions(&mut ipvs)?;
    let mut expected = before;
    let fifty = expected.iter_mut().find(|(key, _)| key == "tcp/192.0.2.1:50");
    let gone: DestKey = "10.0.0.4:80".parse()?;
    fifty.ok_or_else(|| Failure::new("service 50"))?.1.retain(|dest| *dest != gone);
    expected.push(("tcp/192.0.2.2:1".into(), vec![]));
    expected.sort();
    assert_eq!(after, expected);
    let weight = ipvs.dests("tcp/192.0.2.1:1".parse()?)?;
    let weight =
        weight.iter().find(|d| d.key.to_string() == "10.0.0.3:80").map(|d| d.config.weight);
    assert_eq!(weight, Some(6));
    Ok(())
}
