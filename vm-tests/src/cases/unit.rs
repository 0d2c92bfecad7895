// SPDX-License-Identifier: MIT OR Apache-2.0
//! The package's systemd unit under a real systemd: `cargo xtask dist test`.

use std::fs;

use super::package;
use crate::case::{Case, Failure};
use crate::ctx::Ctx;
use crate::root::Root;
use crate::systemd::Systemd;

/// The tests of this module.
pub const CASES: &[Case] = &[
    Case::new("unit::restores_at_boot_and_saves_at_stop", boot_and_stop).timeout(900),
    Case::new("unit::failures_lose_nothing", failures).timeout(900),
    Case::new("unit::the_monitor_runs_without_privileges", monitor).timeout(900),
];

/// A target that wants what is enabled for an ordinary boot, and not what the host has enabled.
const TARGET: &str = "rules.target";

/// A root with our package, the unit enabled, and an interface for sync daemons.
fn installed(ctx: &Ctx) -> Result<Root, Failure> {
    ctx.run(
        "ip link add sync0 type dummy && ip link set sync0 up && ip addr add 192.0.2.1/24 dev sync0",
    )?;
    let root = package::root(ctx)?;
    root.run("set -e; rm -rf /etc/systemd/system/*.wants; dpkg -i /packages/ours.deb")?;
    let enabled = root.cmd("systemctl is-enabled ipvsadm-rs")?.text();
    assert_eq!(enabled, "disabled\n", "the package has enabled the unit");
    root.run("systemctl enable ipvsadm-rs")?;
    fs::write(
        root.path().join("etc/systemd/system").join(TARGET),
        "[Unit]\nRequires=basic.target\nAfter=basic.target\n",
    )?;
    root.run(
        "cd /etc/systemd/system; [ -L multi-user.target.wants/ipvsadm-rs.service ] &&
        mv multi-user.target.wants rules.target.wants",
    )?;
    Ok(root)
}

const STATE: &str = "--start-daemon backup --mcast-interface sync0 --syncid 9
    --set 1000 100 200
    -A -t 192.0.2.1:80 -s wrr -p 600
    -a -t 192.0.2.1:80 -r 192.0.2.2:8080 -m -w 3 -x 100 -y 50
    -a -t 192.0.2.1:80 -r 192.0.2.3:8080 -m -w 0
    -A -f 4294967295 -s mh -b mh-port
    -A -u [2001:db8::1]:5060 -p 60 --pe sip\n";

fn state(root: &Root) -> Result<String, Failure> {
    root.run("ipvsadm -S --full")
}

fn rules(root: &Root) -> Result<String, Failure> {
    root.run("cat /etc/ipvsadm.rules")
}

fn boot_and_stop(ctx: &mut Ctx) -> Result<(), Failure> {
    let root = installed(ctx)?;
    let empty = state(&root)?;
    fs::write(root.path().join("etc/ipvsadm.rules"), format!("# by hand\n{STATE}"))?;
    let systemd = Systemd::boot(&root, TARGET)?;
    let booted = state(&root)?;
    assert!(booted.contains("-A -f 4294967295 -s mh -b flag-2\n"), "{booted}");
    assert!(
        booted.contains("--start-daemon backup --mcast-interface=sync0 --syncid 9"),
        "{booted}"
    );
    assert!(booted.contains("-r 192.0.2.2:8080 -m -w 3 -x 100 -y 50\n"), "{booted}");

    root.run("ipvsadm -A -t 192.0.2.1:443; ipvsadm -D -f 4294967295; ipvsadm --set 2000 0 0")?;
    let changed = state(&root)?;
    systemd.run("systemctl stop ipvsadm-rs")?;
    assert_eq!(state(&root)?, changed, "stopping changed the state");
    assert_eq!(rules(&root)?, changed);
    assert!(root.run("cat /etc/ipvsadm.rules.old")?.starts_with("# by hand\n"));
    assert_eq!(
        root.run("ls -d /etc/ipvsadm.rules* | wc -l; stat -c %a /etc/ipvsadm.rules")?,
        "2\n644\n"
    );

    root.run(
        "ipvsadm -R --atomic <<<'-C'; ipvsadm --stop-daemon backup; ipvsadm --set 900 120 300",
    )?;
    assert_eq!(state(&root)?, empty);
    systemd.run("systemctl start ipvsadm-rs")?;
    assert_eq!(state(&root)?, changed);
    systemd.run("systemctl reload ipvsadm-rs")?;
    assert_eq!(state(&root)?, changed);
    // The package goes: the unit saves a last time, the table stays.
    systemd.run("dpkg -r ipvsadm-rs")?;
    assert_eq!(rules(&root)?, changed);
    let kept = ctx.run("ipvsadm -S --full")?;
    assert_eq!(kept, changed);
    Ok(())
}

fn failures(ctx: &mut Ctx) -> Result<(), Failure> {
    let root = installed(ctx)?;
    // Without rules there is nothing to restore; what is made by hand is not touched, and saved.
    fs::write(root.path().join("etc/ipvsadm.rules"), "# empty rules file for ipvsadm\n")?;
    root.run("ipvsadm -A -t 192.0.2.9:80")?;
    let by_hand = state(&root)?;
    let systemd = Systemd::boot(&root, TARGET)?;
    assert_eq!(state(&root)?, by_hand);
    assert_eq!(systemd.run("systemctl is-active ipvsadm-rs")?, "active\n");
    systemd.run("systemctl stop ipvsadm-rs")?;
    assert_eq!(rules(&root)?, by_hand);

    let bad = "-A -t 192.0.2.1:80\n-A -t 192.0.2.1:nonsense\n";
    fs::write(root.path().join("etc/ipvsadm.rules"), bad)?;
    assert_ne!(systemd.cmd("systemctl start ipvsadm-rs")?.status, 0);
    let told = systemd.run("systemctl status ipvsadm-rs || true")?;
    assert!(told.contains("/etc/ipvsadm.rules:2:7: "), "{told}");
    assert_eq!(state(&root)?, by_hand);
    systemd.run("systemctl stop ipvsadm-rs")?;
    assert_eq!(rules(&root)?, bad, "rules that could not be restored were overwritten");

    // A save that fails half-way.
    fs::write(root.path().join("etc/ipvsadm.rules"), &by_hand)?;
    systemd.run("systemctl start ipvsadm-rs")?;
    systemd.run(
        "printf '#!/bin/sh\\necho half a rule\\nexit 1\\n' >/run/fails; chmod +x /run/fails
        mount --bind /run/fails /usr/sbin/ipvsadm; systemctl stop ipvsadm-rs",
    )?;
    let result = systemd.run("systemctl show -P Result ipvsadm-rs; umount /usr/sbin/ipvsadm")?;
    assert_eq!(result, "exit-code\n");
    assert_eq!(rules(&root)?, by_hand);
    assert_eq!(
        root.run("ls -d /etc/ipvsadm.rules*")?,
        "/etc/ipvsadm.rules\n/etc/ipvsadm.rules.old\n"
    );
    Ok(())
}

/// A page of the monitor.
fn page(systemd: &Systemd, path: &str) -> Result<String, Failure> {
    systemd.run(&format!(
        "exec 3<>/dev/tcp/127.0.0.1/9740; printf 'GET {path} HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3"
    ))
}

fn monitor(ctx: &mut Ctx) -> Result<(), Failure> {
    let root = installed(ctx)?;
    ctx.run("ip link set lo up")?;
    let enabled = root.cmd("systemctl is-enabled ipvs-syncd")?.text();
    assert_eq!(enabled, "disabled\n", "the package has enabled the unit");
    let systemd = Systemd::boot(&root, TARGET)?;
    // Without a configuration it says what is missing, and is not started again and again.
    assert_ne!(systemd.cmd("systemctl start ipvs-syncd")?.status, 0);
    assert_eq!(systemd.cmd("systemctl is-failed ipvs-syncd")?.text(), "failed\n");
    let told = systemd.run("systemctl status ipvs-syncd || true")?;
    assert!(told.contains("/etc/ipvs-syncd.toml: No such file"), "{told}");

    let file = root.path().join("etc/ipvs-syncd.toml");
    let config = "listen = { interfaces = ['sync0'], hear = 'wire' }\nwatch.silence_seconds = 2\n";
    fs::write(&file, config)?;
    systemd.run("systemctl start ipvs-syncd")?;
    let pid = systemd.run("systemctl show -P MainPID ipvs-syncd")?;
    let status = systemd.run(&format!("cat /proc/{}/status", pid.trim()))?;
    for nothing in ["CapEff:\t0000000000000000", "CapPrm:\t0000000000000000", "NoNewPrivs:\t1"] {
        assert!(status.lines().any(|line| line == nothing), "{nothing}: {status}");
    }
    assert!(!status.contains("\nUid:\t0\t"), "{status}");
    assert!(page(&systemd, "/healthz")?.starts_with("HTTP/1.1 200 OK"));
    systemd.run("sleep 5")?;
    let metrics = page(&systemd, "/metrics")?;
    assert!(metrics.contains("\nipvs_sync_alarms{kind=\"silence\"} 1.0\n"), "{metrics}");

    fs::write(&file, config.replace("2", "1000"))?;
    systemd.run("systemctl reload ipvs-syncd; sleep 3")?;
    let metrics = page(&systemd, "/metrics")?;
    assert!(metrics.contains("\nipvs_sync_alarms{kind=\"silence\"} 0.0\n"), "{metrics}");
    systemd.run("systemctl stop ipvs-syncd")?;
    assert_eq!(systemd.run("systemctl show -P Result ipvs-syncd")?, "success\n");
    Ok(())
}
