// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ipvsadm sysctl` and its table against the sysctls of the running kernel.

use std::fs;
use std::path::Path;

use ipvs_proc::sysctl::{Exists, Kind, Name, Preset, Sysctls, Value, known};

use crate::case::{Case, Failure};
use crate::ctx::{Ctx, Kernel};
use crate::modules;

/// The tests of this module.
pub const CASES: &[Case] = &[
    Case::new("sysctl::the_table_knows_what_the_kernel_has", the_table_knows),
    Case::new("sysctl::a_fresh_namespace_has_the_defaults", defaults),
    Case::new("sysctl::set_and_get_agree_with_the_kernel", set_and_get),
    Case::new("sysctl::a_file_brings_everything_back", round_trip),
    Case::new("sysctl::bad_values_are_refused_with_range_and_unit", bad_values),
    Case::new("sysctl::a_refusal_of_the_kernel_rolls_back", roll_back),
    Case::new("sysctl::every_limit_is_taken_as_it_is", limits).timeout(120),
];

const DIRECTORY: &str = "/proc/sys/net/ipv4/vs";
const CLIENT_ADDRESSES: &str = "/proc/sys/net/ca";

/// Whether this kernel must have it in a namespace of root's.
fn expected(exists: Exists, kernel: Kernel) -> bool {
    match exists {
        Exists::Always => true,
        Exists::Since(major, minor) => kernel >= Kernel { major, minor },
        Exists::When(_) => false,
    }
}

fn the_table_knows(ctx: &mut Ctx) -> Result<(), Failure> {
    let _modules = modules::shared(&[])?;
    let mut files = Vec::new();
    for (directory, prefix) in [(DIRECTORY, ""), (CLIENT_ADDRESSES, "net.ca.")] {
        // The second is there while the module `ip_vs_ca` is loaded.
        if prefix.is_empty() || Path::new(directory).exists() {
            for entry in fs::read_dir(directory)? {
                let file = entry?.file_name();
                files.push(format!("{prefix}{}", file.to_string_lossy()).parse::<Name>()?);
            }
        }
    }
    files.sort();
    assert_eq!(Sysctls::default().list()?, files);
    for name in &files {
        let known = name.description().ok_or_else(|| Failure::new(format!("{name} is new")))?;
        let conditional = matches!(known.exists, Exists::When(_));
        assert!(conditional || expected(known.exists, ctx.kernel()), "{name}: {}", known.exists);
    }
    for known in known().filter(|known| known.name.starts_with("net.ipv4.vs.")) {
        let here = files.iter().any(|name| name.as_str() == known.name);
        assert!(here || !expected(known.exists, ctx.kernel()), "{} is missing", known.name);
    }
    Ok(())
}

fn defaults(ctx: &mut Ctx) -> Result<(), Failure> {
    let _modules = modules::shared(&[])?;
    // The harness switches the estimator off on some kernels.
    ctx.run("echo 1 >/proc/sys/net/ipv4/vs/run_estimation")?;
    let output = ctx.cmd("ipvsadm sysctl diff")?;
    assert_eq!((output.text(), output.error_text(), output.status), Default::default());
    for (name, value) in Sysctls::default().snapshot()?.iter() {
        let known = name.description().ok_or_else(|| Failure::new(format!("{name} is new")))?;
        known.check(value)?;
        if let Preset::Namespaces { others, .. } = known.default {
            assert_eq!(value.to_string(), others, "{name}");
        }
    }
    Ok(())
}

fn read(name: &str) -> Result<String, Failure> {
    Ok(fs::read_to_string(format!("{DIRECTORY}/{name}"))?)
}

fn set_and_get(ctx: &mut Ctx) -> Result<(), Failure> {
    let printed = ctx.run("ipvsadm sysctl set 'sync_threshold=1 100' conntrack=1 sync_ports=4")?;
    assert_eq!(
        printed,
        "net.ipv4.vs.conntrack: 0 -> 1\nnet.ipv4.vs.sync_ports: 1 -> 4\n\
         net.ipv4.vs.sync_threshold: 3 50 -> 1 100\n"
    );
    assert_eq!((read("sync_threshold")?, read("conntrack")?), ("1\t100\n".into(), "1\n".into()));
    let shown = ctx.run("ipvsadm sysctl get sync_threshold")?;
    assert!(shown.contains("net.ipv4.vs.sync_threshold  1 100  *        3 50 "), "{shown}");
    // The kernel itself makes 1 of 2 while there is memory.
    ctx.run("ipvsadm sysctl set drop_entry=2 secure_tcp=2")?;
    assert_eq!(ctx.run("ipvsadm sysctl set drop_entry=1 --dry-run")?, "");
    // A related setting, and another namespace's: that of the reader.
    let related = ctx.run("ipvsadm sysctl get --related")?;
    assert!(related.contains("net.ipv4.conf.lo.rp_filter "), "{related}");
    let elsewhere = ctx.run("unshare -n ipvsadm sysctl get conntrack --json")?;
    assert!(elsewhere.contains("\"value\": 0"), "{elsewhere}");
    // One with a name, from here.
    let mut topology = ctx.topology();
    let blue = topology.host("blue")?;
    let name = blue.namespace();
    ctx.run(&format!("ipvsadm sysctl set sync_ports=2 --netns {name}"))?;
    assert_eq!(blue.run("cat /proc/sys/net/ipv4/vs/sync_ports")?, "2\n");
    assert_eq!(read("sync_ports")?, "4\n");
    let path = format!("/run/netns/{name}");
    let shown = ctx.run(&format!("ipvsadm sysctl --netns {path} get sync_ports"))?;
    assert!(shown.contains("net.ipv4.vs.sync_ports  2 "), "{shown}");
    Ok(())
}

/// A value other than the default for everything that is not the machine's.
fn others(ctx: &Ctx) -> Vec<&'static str> {
    let mut all = vec![
        "am_droprate=20",
        "amemthresh=2048",
        "backup_only=1",
        "cache_bypass=1",
        "conn_reuse_mode=3",
        "conntrack=1",
        "drop_entry=3",
        "drop_packet=3",
        "expire_nodest_conn=1",
        "expire_quiescent_template=1",
        "ignore_tunneled=1",
        "nat_icmp_send=1",
        "pmtu_disc=0",
        "schedule_icmp=1",
        "secure_tcp=3",
        "sloppy_sctp=1",
        "sloppy_tcp=1",
        "snat_reroute=0",
        "sync_persist_mode=1",
        "sync_ports=64",
        "sync_qlen_max=12345",
        "sync_refresh_period=10",
        "sync_retries=3",
        "sync_sock_size=65536",
        "sync_threshold=0 0",
        "sync_version=0",
    ];
    if ctx.kernel() >= (Kernel { major: 6, minor: 2 }) {
        all.push("est_nice=-5");
    }
    if ctx.kernel() >= (Kernel { major: 7, minor: 2 }) {
        all.extend(["conn_lfactor=1", "conn_max=1000", "svc_lfactor=8"]);
    }
    all
}

fn round_trip(ctx: &mut Ctx) -> Result<(), Failure> {
    let file = ctx.directory().join("saved.json");
    let file = file.display();
    let sysctls = Sysctls::default();
    let fresh = sysctls.snapshot()?;
    ctx.run(&format!("ipvsadm sysctl save {file}"))?;
    let assignments = others(ctx);
    let words: Vec<_> = assignments.iter().map(|word| format!("'{word}'")).collect();
    let printed = ctx.run(&format!("ipvsadm sysctl set {}", words.join(" ")))?;
    assert_eq!(printed.lines().count(), assignments.len(), "{printed}");
    let changed = sysctls.snapshot()?;
    let different = ctx.cmd(&format!("ipvsadm sysctl diff {file}"))?;
    assert_eq!(different.text().lines().count(), 1 + assignments.len(), "{}", different.text());
    assert_eq!(different.status, 1);

    let text = ctx.run("ipvsadm sysctl save")?;
    let planned = ctx.cmd_with_input("ipvsadm sysctl load - --dry-run", text.as_bytes())?;
    assert_eq!(planned.success()?, "");
    let planned = ctx.run(&format!("ipvsadm sysctl load --dry-run {file}"))?;
    assert_eq!(sysctls.snapshot()?, changed);
    assert_eq!(ctx.run(&format!("ipvsadm sysctl load {file}"))?, planned);
    assert_eq!(planned.lines().count(), assignments.len(), "{planned}");
    assert_eq!(sysctls.snapshot()?.diff(&fresh), []);
    assert_eq!(sysctls.restore(&changed)?.len(), assignments.len());
    assert_eq!(sysctls.snapshot()?.diff(&changed), []);
    Ok(())
}

fn bad_values(ctx: &mut Ctx) -> Result<(), Failure> {
    let before = Sysctls::default().snapshot()?;
    for (assignment, told) in [
        ("drop_entry=4", "`4` is not accepted: give 0 (off), 1 or 2 (automatic) or 3 (always)"),
        ("sync_ports=3", "`3` is not accepted: give a power of two from 1 to 64 (threads)"),
        ("sync_refresh_period=-1", "give a whole number from 0 to 21474836 (seconds)"),
        (
            "amemthresh=1 2",
            "`1 2` is not accepted: give a whole number from 0 to 2147483647 (pages)",
        ),
        ("sync_threshold=5", "`5` is not accepted: give two whole numbers"),
    ] {
        let output = ctx.cmd(&format!("ipvsadm sysctl set pmtu_disc=0 '{assignment}'"))?;
        let text = output.error_text();
        assert_eq!((output.status, text.lines().count()), (1, 1), "{text}");
        assert!(text.contains(told) && text.ends_with("; nothing was changed\n"), "{text}");
    }
    assert_eq!(Sysctls::default().snapshot()?, before);
    Ok(())
}

/// The kernel's limit of seconds depends on its ticks; that of this library on the least number.
fn roll_back(ctx: &mut Ctx) -> Result<(), Failure> {
    let before = Sysctls::default().snapshot()?;
    let output =
        ctx.cmd("ipvsadm sysctl set conntrack=1 pmtu_disc=0 sync_refresh_period=21474836")?;
    let text = output.error_text();
    assert!(text.contains("sync_refresh_period: the kernel refuses `21474836`: "), "{text}");
    assert!(text.ends_with("; everything was rolled back\n"), "{text}");
    assert_eq!(output.status, 1);
    assert_eq!(Sysctls::default().snapshot()?, before);
    Ok(())
}

/// The least and the greatest value of every kind, as the kernel shows it afterwards.
fn limits(ctx: &mut Ctx) -> Result<(), Failure> {
    let sysctls = Sysctls::default();
    for name in sysctls.list()? {
        let known = name.description().ok_or_else(|| Failure::new(format!("{name} is new")))?;
        let values = match known.kind {
            // Its greatest value is the kernel's business: see above.
            Kind::Integer { max, .. } if max == i32::MAX / 100 => vec![Value::Integer(2_147_483)],
            Kind::Integer { min, max } => vec![Value::Integer(min), Value::Integer(max)],
            Kind::PowerOfTwo { max } => vec![Value::Integer(max)],
            Kind::Flag => vec![Value::Integer(0), Value::Integer(1)],
            Kind::Defense => (0..=3).map(Value::Integer).collect(),
            Kind::Unsigned => vec![Value::Unsigned(0), Value::Unsigned(u64::MAX)],
            Kind::Threshold => vec![Value::Pair(0, 0), Value::Pair(i32::MAX - 1, i32::MAX)],
            Kind::Cpus => vec![known.parse("all")?, known.parse("0")?],
            _ => vec![],
        };
        for value in values {
            sysctls.set(&name, &value)?;
        }
    }
    // And what the kernel says about what the library refuses: it would have been a misreading.
    ctx.run("echo 1 2 >/proc/sys/net/ipv4/vs/amemthresh")?;
    assert_eq!(read("amemthresh")?, "1\n");
    ctx.run("echo 010 >/proc/sys/net/ipv4/vs/amemthresh")?;
    assert_eq!(read("amemthresh")?, "8\n");
    Ok(())
}
