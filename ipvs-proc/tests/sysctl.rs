// SPDX-License-Identifier: MIT OR Apache-2.0
//! Sysctls: the table against what three kernels showed, and a directory as `/proc/sys`.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;

use ipvs_proc::sysctl::{
    Error, Exists, Kind, Name, Preset, RestoreError, Snapshot, Sysctls, Value, describe, known,
};
use proptest::prelude::*;
use tempfile::TempDir;

type Outcome = Result<(), Box<dyn std::error::Error>>;

const KERNELS: [(u16, u16, &str); 3] = [
    (6, 1, include_str!("fixtures/sysctl-6.1.txt")),
    (6, 12, include_str!("fixtures/sysctl-6.12.txt")),
    (7, 2, include_str!("fixtures/sysctl-7.2.txt")),
];

fn lines(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.lines().filter_map(|line| line.split_once('\t'))
}

/// A kernel's sysctls as files.
fn kernel(text: &str) -> (TempDir, Sysctls) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let vs = directory.path().join("net/ipv4/vs");
    fs::create_dir_all(&vs).expect("a directory");
    for (name, value) in lines(text) {
        fs::write(vs.join(name), format!("{value}\n")).expect("a file");
    }
    let sysctls = Sysctls::at(directory.path());
    (directory, sysctls)
}

fn name(text: &str) -> Name {
    text.parse().expect("a name")
}

fn snapshot(values: &[(&str, &str)]) -> Snapshot {
    let mut all = Snapshot::default();
    for (sysctl, value) in values {
        let kind = describe(sysctl).map_or(Kind::Text, |known| known.kind);
        all.insert(name(sysctl), kind.read(value));
    }
    all
}

#[test]
fn the_table_has_what_each_kernel_has() {
    for (major, minor, text) in KERNELS {
        let shown: BTreeSet<_> = lines(text).map(|(sysctl, _)| name(sysctl).to_string()).collect();
        assert!(shown.len() >= 29);
        for known in known().filter(|known| known.name.starts_with("net.ipv4.vs.")) {
            let here = match known.exists {
                Exists::Always => true,
                Exists::Since(since_major, since_minor) => {
                    (since_major, since_minor) <= (major, minor)
                }
                // The scheduler modules were loaded; the kernels have no debug messages.
                Exists::When(_) => known.name != "net.ipv4.vs.debug_level",
            };
            assert_eq!(shown.contains(known.name), here, "{} on {major}.{minor}", known.name);
        }
        for (sysctl, _) in lines(text) {
            assert!(describe(sysctl).is_some(), "{sysctl} on {major}.{minor}");
        }
    }
}

#[test]
fn the_kernels_start_with_the_defaults() {
    for (major, minor, text) in KERNELS {
        let (_directory, sysctls) = kernel(text);
        let snapshot = sysctls.snapshot().expect("readable");
        assert_eq!(snapshot.iter().count(), text.lines().count());
        assert_eq!(snapshot.changed(), [], "{major}.{minor}");
        for (sysctl, value) in snapshot.iter() {
            let known = sysctl.description().expect("known");
            assert!(known.check(value).is_ok(), "{sysctl} = {value}");
            let fixed = !matches!(known.default, Preset::Varies(_));
            assert_eq!(known.is_default(value), fixed.then_some(true), "{sysctl} = {value}");
            if let Preset::Namespaces { first, .. } = known.default {
                assert_eq!(value.to_string(), first);
            }
        }
    }
}

#[test]
fn defaults_are_accepted_values_and_names_are_in_order() {
    for known in known() {
        let texts = match known.default {
            Preset::Fixed(text) => vec![text],
            Preset::Namespaces { first, others } => vec![first, others],
            Preset::Varies(_) => continue,
        };
        for text in texts {
            assert!(known.parse(text).is_ok(), "{} = {text}", known.name);
        }
        assert!(!known.meaning.is_empty() && known.meaning.len() < 80, "{}", known.name);
    }
    let vs: Vec<_> = known().map(|known| known.name).filter(|n| n.contains(".vs.")).collect();
    assert!(vs.is_sorted());
}

#[test]
fn what_the_kernel_would_misread_is_refused() {
    let refused = [
        ("drop_entry", "1 2"),
        ("drop_entry", ""),
        ("drop_entry", "4"),
        ("drop_entry", "-1"),
        ("drop_entry", "on"),
        ("amemthresh", "010"),
        ("amemthresh", "0x10"),
        ("amemthresh", "+1"),
        ("amemthresh", "2147483648"),
        ("amemthresh", "-1"),
        ("conntrack", "-1"),
        ("sync_refresh_period", "-1"),
        ("sync_refresh_period", "21474837"),
        ("lblc_expiration", "2147483647"),
        ("sync_ports", "0"),
        ("sync_ports", "3"),
        ("sync_ports", "128"),
        ("sync_qlen_max", "-1"),
        ("sync_qlen_max", "18446744073709551616"),
        ("sync_threshold", "3"),
        ("sync_threshold", "50 3"),
        ("sync_threshold", "3 3"),
        ("sync_threshold", "-1 50"),
        ("sync_threshold", "3 50 9"),
        ("sync_version", "2"),
        ("sync_retries", "4"),
        ("est_nice", "20"),
        ("est_nice", "-21"),
        ("est_cpulist", ""),
        ("est_cpulist", "\n"),
        ("est_cpulist", "3-1"),
        ("est_cpulist", "0,"),
        ("est_cpulist", "x"),
        ("conn_max", "1073741825"),
        ("conn_lfactor", "9"),
        ("ca.tcpopt_addr", "256"),
        ("ca.tcpopt_addr", "254-200"),
        ("ca.tcpopt_addr", "200,"),
        ("ca.trusted", "10.0.0.0/8\n"),
    ];
    for (sysctl, text) in refused {
        let known = describe(sysctl).expect("known");
        // Blanks around a value are no part of it, but for a text of several lines.
        let value = match known.kind {
            Kind::Text => Value::Text(text.to_owned()),
            kind => kind.read(text),
        };
        let error = known.check(&value).expect_err(sysctl).to_string();
        assert!(error.starts_with(&format!("{}: `", known.name)), "{error}");
        assert!(known.unit.is_none_or(|unit| error.contains(unit)), "{error}");
    }
    let accepted = [
        ("drop_entry", "2"),
        ("sync_threshold", "0 0"),
        ("sync_threshold", "7\t0"),
        ("sync_ports", "64"),
        ("ca.tcpopt_addr", "200"),
        ("ca.tcpopt_addr", "200,253-254"),
        ("ca.tcpopt_addr", ""),
        ("sync_qlen_max", "18446744073709551615"),
        ("est_cpulist", "all"),
        ("est_nice", "-20"),
        ("sync_refresh_period", "21474836"),
        ("ca.trusted", ""),
    ];
    for (sysctl, text) in accepted {
        assert!(describe(sysctl).expect("known").parse(text).is_ok(), "{sysctl} = {text}");
    }
}

#[test]
fn messages_name_value_range_unit_and_remedy() {
    let message = |sysctl, text| describe(sysctl).unwrap().parse(text).unwrap_err().to_string();
    assert_eq!(
        message("sync_ports", "6"),
        "net.ipv4.vs.sync_ports: `6` is not accepted: give a power of two from 1 to 64 (threads)"
    );
    assert_eq!(
        message("est_cpulist", " "),
        "net.ipv4.vs.est_cpulist: `` is not accepted: give a list of processors such as 0-3,8, or \
         all (processors); to stop the counting set run_estimation=0"
    );
    assert_eq!(
        message("amemthresh", "0100"),
        "net.ipv4.vs.amemthresh: `0100` is not accepted: give a whole number from 0 to 2147483647 \
         (pages); leading zeros would mean octal"
    );
}

#[test]
fn names_have_short_forms_and_lead_nowhere_else() {
    assert_eq!(name("net.ipv4.vs.conntrack"), name("conntrack"));
    assert_eq!(name("ca.trusted").as_str(), "net.ca.trusted");
    for text in ["", "net.ipv4.vs.", "../conntrack", "net.ipv4.ip_forward", "a/b", "ca.", "ä"] {
        assert!(matches!(text.parse::<Name>(), Err(Error::Unknown { .. })), "{text}");
    }
}

#[test]
fn set_writes_one_line_and_only_what_is_there() -> Outcome {
    let (directory, sysctls) = kernel(KERNELS[0].2);
    sysctls.set(&name("lblc_expiration"), &Value::Integer(7))?;
    let file = directory.path().join("net/ipv4/vs/lblc_expiration");
    assert_eq!(fs::read_to_string(file)?, "7\n");

    let message = |sysctl, value| sysctls.set(&name(sysctl), &value).unwrap_err().to_string();
    assert_eq!(
        message("est_nice", Value::Integer(1)),
        "net.ipv4.vs.est_nice: not in this kernel: since Linux 6.2"
    );
    assert_eq!(
        message("ca.tcp_timeout", Value::Integer(1)),
        "net.ca.tcp_timeout: not in this kernel: load the module with `modprobe ip_vs_ca`"
    );
    assert!(message("debug_level", Value::Integer(1)).contains("CONFIG_IP_VS_DEBUG"));
    assert!(message("bogus", Value::Integer(1)).starts_with("`net.ipv4.vs.bogus` is no sysctl"));
    assert!(!directory.path().join("net/ipv4/vs/est_nice").exists());
    let empty = tempfile::tempdir()?;
    assert!(matches!(Sysctls::at(empty.path()).list(), Err(Error::NoneAtAll)));
    let missing = Sysctls::at(empty.path()).get(&name("conntrack"));
    assert!(missing.unwrap_err().to_string().contains("modprobe ip_vs`"));
    Ok(())
}

#[test]
fn unknown_sysctls_are_kept_as_text_but_not_set() -> Outcome {
    let (directory, sysctls) = kernel("conntrack\t0\nnew_in_9\t017 x\n");
    let before = sysctls.snapshot()?;
    assert_eq!(before.get(&name("new_in_9")), Some(&Value::Text("017 x".into())));
    let again: Snapshot = serde_json::from_str(&serde_json::to_string(&before)?)?;
    assert_eq!(again, before);
    assert_eq!(sysctls.restore(&again)?, []);
    fs::write(directory.path().join("net/ipv4/vs/new_in_9"), "018\n")?;
    let error = sysctls.restore(&again).unwrap_err().to_string();
    assert!(error.contains("new_in_9: not known to this version"), "{error}");
    let set = sysctls.set(&name("new_in_9"), &Value::Text("1".into()));
    assert!(matches!(set, Err(Error::Unchecked { .. })));
    Ok(())
}

#[test]
fn a_snapshot_goes_through_json_and_back() -> Outcome {
    for (_, _, text) in KERNELS {
        let (_directory, sysctls) = kernel(text);
        let before = sysctls.snapshot()?;
        let json = serde_json::to_string_pretty(&before)?;
        let threshold = "\"net.ipv4.vs.sync_threshold\": [\n    3,\n    50\n  ]";
        assert!(json.contains(threshold), "{json}");
        assert_eq!(serde_json::from_str::<Snapshot>(&json)?, before);
    }
    let most = snapshot(&[("sync_qlen_max", "18446744073709551615"), ("est_nice", "-20")]);
    assert_eq!(serde_json::from_str::<Snapshot>(&serde_json::to_string(&most)?)?, most);
    for bad in [
        r#"{"conntrack": 1, "net.ipv4.vs.conntrack": 1}"#,
        r#"{"../x": 1}"#,
        r#"{"conntrack": 1.5}"#,
        r#"{"sync_threshold": [1, 2, 3]}"#,
        "[]",
    ] {
        assert!(serde_json::from_str::<Snapshot>(bad).is_err(), "{bad}");
    }
    Ok(())
}

#[test]
fn a_restore_writes_what_differs() -> Outcome {
    let (_directory, sysctls) = kernel(KERNELS[2].2);
    let before = sysctls.snapshot()?;
    let wanted = [("conntrack", "1"), ("sync_threshold", "1 9"), ("sync_ports", "1")];
    let wanted = snapshot(&wanted);
    let plan = sysctls.plan(&wanted)?;
    let shown: Vec<_> = plan.iter().map(ToString::to_string).collect();
    let expected = ["net.ipv4.vs.conntrack: 0 -> 1", "net.ipv4.vs.sync_threshold: 3 50 -> 1 9"];
    assert_eq!(shown, expected);
    assert_eq!(sysctls.snapshot()?, before);
    assert_eq!(sysctls.restore(&wanted)?, plan);
    let changed: Vec<_> = sysctls.snapshot()?.changed().iter().map(ToString::to_string).collect();
    assert_eq!(changed, expected);
    assert_eq!(sysctls.restore(&wanted)?, []);
    assert_eq!(sysctls.restore(&before)?.len(), 2);
    assert_eq!(sysctls.snapshot()?, before);
    Ok(())
}

#[test]
fn automatic_modes_and_spellings_are_no_difference() -> Outcome {
    let (_directory, sysctls) = kernel("drop_entry\t1\nest_cpulist\t0-1\n");
    let same = snapshot(&[("drop_entry", "2"), ("est_cpulist", "1,0")]);
    assert_eq!(sysctls.restore(&same)?, []);
    // Whether this is all can't be told from it.
    let all = snapshot(&[("est_cpulist", "all")]);
    let shown: Vec<_> = sysctls.plan(&all)?.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["net.ipv4.vs.est_cpulist: 0-1 -> all"]);
    assert_eq!(all.diff(&sysctls.snapshot()?).iter().filter(|d| d.to.is_some()).count(), 1);
    assert_eq!(sysctls.restore(&snapshot(&[("drop_entry", "3")]))?.len(), 1);
    Ok(())
}

#[test]
fn everything_is_checked_before_anything_is_written() -> Outcome {
    let (directory, sysctls) = kernel(KERNELS[0].2);
    let before = sysctls.snapshot()?;
    let wanted = snapshot(&[("conntrack", "1"), ("sync_ports", "3"), ("est_nice", "5")]);
    let Err(RestoreError::Invalid(errors)) = sysctls.restore(&wanted) else {
        panic!("restored");
    };
    assert!(matches!(errors[..], [Error::Absent { .. }, Error::Value { .. }]), "{errors:?}");
    assert_eq!(sysctls.snapshot()?, before);
    // The default of what is not here is there all the same.
    assert_eq!(sysctls.restore(&snapshot(&[("est_nice", "0")]))?, []);
    // So is a value of another program's that this library would not set.
    fs::write(directory.path().join("net/ipv4/vs/sync_ports"), "128\n")?;
    assert_eq!(sysctls.restore(&snapshot(&[("sync_ports", "128")]))?, []);
    Ok(())
}

/// The kernel of the machine that runs the test plays the one that refuses.
#[test]
fn a_refusal_rolls_back() -> Outcome {
    for (file, sysctl, wanted, expected) in [
        // Takes -1000 to 1000.
        ("/proc/self/oom_score_adj", "sync_sock_size", "5000", "the kernel refuses `5000`"),
        // Forgets everything.
        ("/dev/null", "sync_sock_size", "5000", "but the kernel holds ``"),
        // Read-only for root, too.
        ("/proc/sys/kernel/ostype", "sync_sock_size", "5000", "no permission to write it"),
    ] {
        let (directory, sysctls) = kernel("amemthresh\t1024\nconntrack\t0\nsync_version\t1\n");
        symlink(file, directory.path().join("net/ipv4/vs").join(sysctl))?;
        let before = sysctls.snapshot()?;
        let wanted =
            [("amemthresh", "7"), ("conntrack", "1"), (sysctl, wanted), ("sync_version", "0")];
        let error = sysctls.restore(&snapshot(&wanted)).unwrap_err();
        let text = error.to_string();
        assert!(text.contains(expected), "{text}");
        assert!(text.ends_with("; everything was rolled back"), "{text}");
        let RestoreError::Failed { undone, .. } = error else { panic!("{text}") };
        assert!(undone.len() >= 2, "{undone:?}");
        assert_eq!(sysctls.snapshot()?, before);
    }
    Ok(())
}

#[test]
fn related_settings_may_be_missing() -> Outcome {
    let (directory, sysctls) = kernel("conntrack\t0\n");
    let conf = directory.path().join("net/ipv4/conf");
    for interface in ["all", "eth0.100"] {
        fs::create_dir_all(conf.join(interface))?;
        fs::write(conf.join(interface).join("rp_filter"), "2\n")?;
    }
    fs::write(directory.path().join("net/ipv4/ip_forward"), "1\n")?;
    let related = sysctls.related();
    let value = |name: &str| {
        let related = related.iter().find(|related| related.name.as_str() == name);
        related.unwrap_or_else(|| panic!("{name}")).value.clone()
    };
    assert_eq!(value("net.ipv4.ip_forward"), Some(Value::Integer(1)));
    assert_eq!(value("net.ipv4.conf.eth0/100.rp_filter"), Some(Value::Integer(2)));
    assert_eq!(value("net.ipv4.conf.all.arp_ignore"), None);
    assert_eq!(value("net.netfilter.nf_conntrack_max"), None);
    assert_eq!(related.len(), 6 + 2 * 5);
    Ok(())
}

fn noise() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[-+0-9 ,\tal]{0,12}", any::<i64>().prop_map(|n| n.to_string())]
}

proptest! {
    #[test]
    fn no_text_panics_and_accepted_values_read_back(text in noise(), index in 0..64_usize) {
        let all: Vec<_> = known().collect();
        let known = all[index % all.len()];
        let _ = text.parse::<Name>();
        if let Ok(value) = known.parse(&text) {
            let again = known.parse(&value.to_string());
            prop_assert_eq!(again.ok(), Some(value.clone()), "{}", known.name);
            let json = serde_json::json!({ known.name: value }).to_string();
            let snapshot: Snapshot = serde_json::from_str(&json).unwrap();
            prop_assert_eq!(snapshot.get(&name(known.name)), Some(&value));
        }
        let _ = serde_json::from_str::<Snapshot>(&text);
    }

    #[test]
    fn every_number_in_range_is_accepted(number in any::<i32>()) {
        for known in known() {
            if let Kind::Integer { min, max } = known.kind {
                let accepted = known.parse(&number.to_string()).is_ok();
                prop_assert_eq!(accepted, (min..=max).contains(&number));
            }
        }
    }
}

/// The kernel tells `est_cpulist` in the first read, as far as that has room, and nothing in the second. So
/// does a pipe of packets.
#[test]
fn a_long_value_is_read_at_once() -> Outcome {
    let (directory, sysctls) = kernel("conntrack\t0\n");
    let path = directory.path().join("net/ipv4/vs/est_cpulist");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &path,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
        0,
    )?;
    let list = "0,2,4,6,8,10,12,14,16,18,20,22,24,26";
    let writer = std::thread::spawn(move || -> std::io::Result<()> {
        let pipe = fs::OpenOptions::new().write(true).open(path)?;
        rustix::fs::fcntl_setfl(&pipe, rustix::fs::OFlags::DIRECT)?;
        rustix::io::write(pipe, format!("{list}\n").as_bytes()).map(drop)?;
        Ok(())
    });
    let value = sysctls.get(&"est_cpulist".parse()?)?;
    writer.join().expect("no panic")?;
    assert_eq!(value.to_string(), list);
    Ok(())
}

#[test]
fn a_newer_kernels_snapshot_is_restored_without_what_is_not_here() -> Outcome {
    let (_directory, sysctls) = kernel("conntrack\t0\n");
    let newer = snapshot(&[("conntrack", "1"), ("est_cpulist", "0-3"), ("est_nice", "0")]);
    let left: Vec<_> = sysctls.left_out(&newer).iter().map(ToString::to_string).collect();
    assert_eq!(left, ["net.ipv4.vs.est_cpulist: not in this kernel: since Linux 6.2"]);
    assert_eq!(sysctls.restore(&newer)?.len(), 1);
    assert!(sysctls.restore(&snapshot(&[("est_nice", "5")])).is_err());
    Ok(())
}
