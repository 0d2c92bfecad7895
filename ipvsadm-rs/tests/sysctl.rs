// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ipvsadm sysctl`, and which command lines are of the modern grammar.

mod support;

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use ipvs_netlink::fake::{Kernel, Release};
use ipvs_netlink::{Error, Ipvs};
use serde_json::{Value, json};
use support::{Outcome, world};
use tempfile::TempDir;

const LINUX_7_2: &str = include_str!("../../ipvs-proc/tests/fixtures/sysctl-7.2.txt");
const LINUX_6_1: &str = include_str!("../../ipvs-proc/tests/fixtures/sysctl-6.1.txt");

/// A directory in the place of `/proc`.
struct Proc(TempDir);

impl Proc {
    fn new(text: &str) -> Self {
        let proc = Self(tempfile::tempdir().expect("a temporary directory"));
        fs::create_dir_all(proc.vs()).expect("a directory");
        for (name, value) in text.lines().filter_map(|line| line.split_once('\t')) {
            fs::write(proc.vs().join(name), format!("{value}\n")).expect("a file");
        }
        proc
    }

    fn vs(&self) -> PathBuf {
        self.0.path().join("sys/net/ipv4/vs")
    }

    fn value(&self, name: &str) -> String {
        fs::read_to_string(self.vs().join(name)).expect("readable")
    }

    /// Runs `ipvsadm sysctl` there. IPVS itself is never asked.
    fn run_with(&self, arguments: &[&str], stdin: &str) -> Outcome {
        let root = self.0.path().display().to_string();
        let arguments = [&["sysctl"], arguments, &["--root", &root]].concat();
        let connect = || -> Result<Ipvs, Error> { panic!("{arguments:?} asks IPVS") };
        support::run("ipvsadm", &arguments, stdin.as_bytes(), &world(false), connect)
    }

    fn run(&self, arguments: &[&str]) -> Outcome {
        self.run_with(arguments, "")
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }
}

fn printed(text: &str) -> Outcome {
    Outcome { stdout: text.to_owned(), stderr: String::new(), status: 0 }
}

fn failed(status: u8, text: &str) -> Outcome {
    Outcome { stdout: String::new(), stderr: format!("ipvsadm: {text}\n"), status }
}

#[test]
fn bare_words_that_are_not_ours_stay_with_the_c_tool() {
    let kernel = Kernel::new(Release::Linux6_12);
    let connect = || Ok(Ipvs::with_backend(kernel.clone()));
    let run = |name, arguments: &[&str]| support::run(name, arguments, b"", &world(false), connect);
    for arguments in [&["sysctls"][..], &["help"], &["", "sysctl"], &["Sysctl", "get"]] {
        let outcome = run("ipvsadm", arguments);
        let expected = "Try `ipvsadm -h' or 'ipvsadm --help' for more information.\n";
        assert_eq!((outcome.stderr.as_str(), outcome.status), (expected, 255), "{arguments:?}");
    }
    let outcome = run("ipvsadm", &["-Ln", "sysctl"]);
    assert_eq!((outcome.stderr.as_str(), outcome.status), ("unexpected argument sysctl\n", 2));
    // The other programs have no words.
    let outcome = run("ipvsadm-save", &["sysctl", "get"]);
    assert!(!outcome.stderr.contains("sysctl get"), "{outcome:?}");
    let outcome = support::run("ipvsadm", &["-R"], b"sysctl get\n", &world(false), connect);
    assert_ne!(outcome.status, 0);
}

#[test]
fn get_shows_all_with_default_unit_and_meaning() {
    let proc = Proc::new(LINUX_7_2);
    let all = proc.run(&["get"]);
    assert_eq!((all.stderr.as_str(), all.status), ("", 0));
    assert_eq!(all.stdout.lines().count(), 1 + LINUX_7_2.lines().count());
    assert!(!all.stdout.contains('*') && !all.stdout.contains(" \n"), "{}", all.stdout);
    fs::write(proc.vs().join("amemthresh"), "9\n").expect("written");
    assert_eq!(
        proc.run(&["get", "amemthresh", "net.ipv4.vs.sync_threshold"]),
        printed(
            "\
NAME                        VALUE  CHANGED  DEFAULT  UNIT     MEANING
net.ipv4.vs.amemthresh      9      *        1024     pages    free memory below which defenses start
net.ipv4.vs.sync_threshold  3 50            3 50     packets  first packet to sync, and of how many again
"
        )
    );
}

#[test]
fn the_table_and_the_json_have_the_same_fields() {
    let proc = Proc::new(LINUX_7_2);
    let table = proc.run(&["get", "conntrack"]).stdout.to_lowercase();
    let mut heading: Vec<_> = table.lines().next().unwrap_or("").split_whitespace().collect();
    heading.sort_unstable();
    let document = proc.run(&["get", "--json", "conntrack"]).stdout;
    let document: Value = serde_json::from_str(&document).expect("JSON");
    let members: Vec<_> = document["sysctls"][0].as_object().expect("an object").keys().collect();
    assert_eq!(members, heading);
    assert_eq!(
        document,
        json!({"schema": 1, "sysctls": [{
            "name": "net.ipv4.vs.conntrack", "value": 0, "changed": false, "default": 0,
            "unit": null, "meaning": "keep netfilter's connection tracking entries",
        }]})
    );
}

#[test]
fn related_settings_are_shown_where_they_are() {
    let proc = Proc::new(LINUX_6_1);
    fs::write(proc.0.path().join("sys/net/ipv4/ip_forward"), "1\n").expect("written");
    let outcome = proc.run(&["get", "--related", "--json"]);
    let document: Value = serde_json::from_str(&outcome.stdout).expect("JSON");
    let value = |name: &str| {
        let all = document["sysctls"].as_array().expect("an array");
        all.iter().find(|row| row["name"] == name).expect(name)["value"].clone()
    };
    assert_eq!(value("net.ipv4.ip_forward"), json!(1));
    assert_eq!(value("net.core.rmem_max"), Value::Null);
}

#[test]
fn set_changes_all_or_none() {
    let proc = Proc::new(LINUX_6_1);
    assert_eq!(
        proc.run(&["set", "--dry-run", "conntrack=1"]),
        printed("net.ipv4.vs.conntrack: 0 -> 1\n")
    );
    assert_eq!(proc.value("conntrack"), "0\n");
    assert_eq!(
        proc.run(&["set", "sync_threshold=1 100", "net.ipv4.vs.conntrack=1", "drop_entry=0"]),
        printed("net.ipv4.vs.conntrack: 0 -> 1\nnet.ipv4.vs.sync_threshold: 3 50 -> 1 100\n")
    );
    assert_eq!(proc.value("sync_threshold"), "1 100\n");
    let refused = failed(
        1,
        "net.ipv4.vs.est_nice: not in this kernel: since Linux 6.2; net.ipv4.vs.sync_ports: `3` is \
         not accepted: give a power of two from 1 to 64 (threads); nothing was changed",
    );
    for dry in [&[][..], &["--dry-run"]] {
        // est_nice=0 is its default: a file may have it, but who sets it wants to know.
        let line = [&["set", "conntrack=0", "sync_ports=3", "est_nice=0"], dry].concat();
        assert_eq!(proc.run(&line), refused);
    }
    assert_eq!(proc.value("conntrack"), "1\n");
}

#[test]
fn a_file_keeps_everything() {
    let proc = Proc::new(LINUX_7_2);
    let file = proc.path("saved.json");
    assert_eq!(proc.run(&["save", &file]), printed(""));
    let text = fs::read_to_string(&file).expect("readable");
    assert_eq!(proc.run(&["save"]), printed(&text));
    let document: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(document["schema"], 1);
    assert_eq!(document["sysctls"]["net.ipv4.vs.sync_threshold"], json!([3, 50]));

    assert_eq!(proc.run(&["diff", &file]), printed(""));
    assert_eq!(proc.run(&["diff"]), printed(""));
    assert_eq!(proc.run(&["load", &file]), printed(""));
    assert_eq!(proc.run(&["set", "conntrack=1", "secure_tcp=3"]).status, 0);
    let different = Outcome {
        stdout: "\
NAME                    EXPECTED  NOW
net.ipv4.vs.conntrack   0         1
net.ipv4.vs.secure_tcp  0         3
"
        .to_owned(),
        stderr: String::new(),
        status: 1,
    };
    assert_eq!(proc.run(&["diff", &file]), different);
    assert_eq!(proc.run(&["diff"]), different);
    assert_eq!(proc.run_with(&["diff", "-"], &text), different);
    let outcome = proc.run(&["diff", "--json"]);
    let document: Value = serde_json::from_str(&outcome.stdout).expect("JSON");
    let first = json!({"name": "net.ipv4.vs.conntrack", "expected": 0, "now": 1});
    assert_eq!((&document["differences"][0], outcome.status), (&first, 1));

    let changes = printed("net.ipv4.vs.conntrack: 1 -> 0\nnet.ipv4.vs.secure_tcp: 3 -> 0\n");
    assert_eq!(proc.run(&["load", &file, "--dry-run"]), changes);
    assert_eq!(proc.value("secure_tcp"), "3\n");
    assert_eq!(proc.run_with(&["load", "-"], &text), changes);
    assert_eq!(proc.run(&["diff"]), printed(""));
}

#[test]
fn files_that_can_not_be_loaded_change_nothing() {
    let proc = Proc::new(LINUX_6_1);
    let load = |text: &str| {
        let outcome = proc.run_with(&["load", "-"], text);
        assert_eq!((outcome.stdout.as_str(), outcome.status), ("", 1), "{text}");
        assert_eq!(outcome.stderr.lines().count(), 1, "{outcome:?}");
        outcome.stderr
    };
    let newer = load(r#"{"schema": 2, "sysctls": {"conntrack": 1}}"#);
    assert!(newer.contains("schema 2, but this version reads 1"), "{newer}");
    for text in ["", "{}", "[1]", "{\"sysctls\": {}}", "conntrack=1\n"] {
        assert!(load(text).contains("not what `ipvsadm sysctl save` writes"), "{text}");
    }
    let twice = load("{\"schema\": 1, \"sysctls\": {\"conntrack\": 1,\n\"conntrack\": 0}}");
    assert!(twice.contains("net.ipv4.vs.conntrack is there twice at line 2 "), "{twice}");
    // What 7.2 saved: defaults of what is not here are no obstacle, other values are.
    let newer = Proc::new(LINUX_7_2);
    newer.run(&["set", "conntrack=1", "est_nice=5"]);
    let text = newer.run(&["save"]).stdout;
    let outcome = proc.run_with(&["load", "-"], &text);
    let told = outcome.stderr.lines().collect::<Vec<_>>();
    let absent = |name: &str, end: &str| {
        format!("ipvsadm: net.ipv4.vs.{name}: not in this kernel: since Linux 6.2; {end}")
    };
    let expected = [absent("est_cpulist", "left out"), absent("est_nice", "nothing was changed")];
    assert_eq!((told, outcome.status), (expected.iter().map(String::as_str).collect(), 1));
    assert_eq!(proc.value("conntrack"), "0\n");
    let missing = proc.path("missing");
    let outcome = proc.run(&["load", &missing]);
    assert!(outcome.stderr.starts_with(&format!("ipvsadm: {missing}: No such file")));
}

/// A file that forgets what is written to it plays the kernel that holds something else.
#[test]
fn a_refused_load_is_rolled_back() {
    let proc = Proc::new("conntrack\t0\n");
    symlink("/dev/null", proc.vs().join("sync_ports")).expect("a link");
    let text = r#"{"schema": 1, "sysctls": {"conntrack": 1, "sync_ports": 4}}"#;
    let outcome = proc.run_with(&["load", "-"], text);
    let expected = "but the kernel holds ``";
    assert!(outcome.stderr.contains(expected), "{outcome:?}");
    assert!(outcome.stderr.ends_with("; everything was rolled back\n"), "{outcome:?}");
    assert_eq!((outcome.stdout.as_str(), outcome.status), ("", 1));
    assert_eq!(proc.value("conntrack"), "0\n");
}

#[test]
fn a_saved_file_takes_the_place_of_the_older_one_as_a_whole() {
    let proc = Proc::new(LINUX_7_2);
    let (file, link) = (proc.path("saved.json"), proc.path("link.json"));
    fs::write(&file, "older").expect("writable");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).expect("ours");
    symlink("saved.json", &link).expect("a link");
    let mut older = fs::File::open(&file).expect("readable");
    assert_eq!(proc.run(&["save", &link]), printed(""));
    assert_eq!(fs::read_link(&link).expect("still a link"), Path::new("saved.json"));
    assert_eq!(fs::metadata(&file).expect("there").permissions().mode() & 0o777, 0o640);
    assert_eq!(fs::read_to_string(&file).expect("readable"), proc.run(&["save"]).stdout);
    // Who had it open still reads what it was.
    let mut text = String::new();
    older.read_to_string(&mut text).expect("readable");
    assert_eq!(text, "older");
    // A device stays one.
    assert_eq!(proc.run(&["save", "/dev/null"]), printed(""));
    assert!(!fs::metadata("/dev/null").expect("there").is_file());
    let nowhere = proc.path("none/saved.json");
    let outcome = proc.run(&["save", &nowhere]);
    assert_eq!(outcome.status, 1);
    assert!(outcome.stderr.contains(&nowhere), "{outcome:?}");
    // Nothing else is left.
    let names = fs::read_dir(proc.0.path()).expect("readable").count();
    assert_eq!(names, ["sys", "saved.json", "link.json"].len());
}

/// What is not here has its default as far as anybody can tell; `diff` and `load` agree on that.
#[test]
fn a_newer_kernels_file_is_loaded_and_then_does_not_differ() {
    let newer = Proc::new(&format!("{LINUX_7_2}lblc_expiration\t86400\n"));
    let file = newer.path("saved.json");
    assert_eq!(newer.run(&["save", &file]), printed(""));
    let older = Proc::new(LINUX_6_1);
    // It depends on the machine's memory.
    fs::write(older.vs().join("sync_qlen_max"), newer.value("sync_qlen_max")).expect("writable");
    let left_out =
        "ipvsadm: net.ipv4.vs.est_cpulist: not in this kernel: since Linux 6.2; left out\n";
    for (command, stderr) in [("diff", ""), ("load", left_out), ("diff", "")] {
        let outcome = older.run(&[command, &file]);
        assert_eq!((outcome.stderr.as_str(), outcome.status), (stderr, 0), "{command}");
        assert_eq!(outcome.stdout, "", "{command}");
    }
    // Another value than the default is not nothing.
    fs::write(newer.vs().join("est_nice"), "5\n").expect("writable");
    assert_eq!(newer.run(&["save", &file]), printed(""));
    assert_eq!(older.run(&["diff", &file]).status, 1);
    assert_eq!(older.run(&["load", &file]).status, 1);
}

#[test]
fn all_processors_are_asked_for_each_time() {
    let proc = Proc::new("est_cpulist\t0\n");
    let changed = printed("net.ipv4.vs.est_cpulist: 0 -> all\n");
    assert_eq!(proc.run(&["set", "est_cpulist=all"]), changed);
    assert_eq!(proc.value("est_cpulist"), "all\n");
}

#[test]
fn mistakes_are_one_line_and_status_2() {
    let proc = Proc::new(LINUX_6_1);
    let nothing = "'ipvsadm sysctl' requires a subcommand but one was not provided [subcommands: \
        get, set, diff, save, load] (see --help)";
    assert_eq!(proc.run(&[]), failed(2, nothing));
    assert_eq!(
        proc.run(&["set", "conntrack"]).stderr,
        "ipvsadm: `conntrack` is no NAME=VALUE (see --help)\n"
    );
    let twice = failed(2, "net.ipv4.vs.conntrack is given twice");
    assert_eq!(proc.run(&["set", "conntrack=1", "net.ipv4.vs.conntrack=0"]), twice);
    for line in [&["frob"][..], &["set"], &["get", "--frob"], &["load"], &["save", "a", "b"]] {
        let outcome = proc.run(line);
        assert_eq!((outcome.stdout.as_str(), outcome.status), ("", 2), "{line:?}");
        assert_eq!(outcome.stderr.lines().count(), 1, "{outcome:?}");
        assert!(outcome.stderr.ends_with(" (see --help)\n"), "{outcome:?}");
    }
    let unknown = "`../ip_forward` is no sysctl of IPVS: `ipvsadm sysctl get` lists them";
    assert_eq!(proc.run(&["get", "../ip_forward"]), failed(1, unknown));
    let nowhere = Proc(tempfile::tempdir().expect("a temporary directory"));
    let outcome = nowhere.run(&["get"]);
    assert!(outcome.stderr.contains("`modprobe ip_vs`") && outcome.status == 1, "{outcome:?}");
}

#[test]
fn every_command_has_help_that_fits_a_terminal() {
    let proc = Proc::new(LINUX_6_1);
    for command in [&[][..], &["get"], &["set"], &["diff"], &["save"], &["load"]] {
        let outcome = proc.run(&[command, &["--help"]].concat());
        assert_eq!((outcome.stderr.as_str(), outcome.status), ("", 0));
        assert!(outcome.stdout.contains("Usage: ipvsadm sysctl"), "{}", outcome.stdout);
        assert!(outcome.stdout.lines().all(|line| line.len() <= 100), "{}", outcome.stdout);
    }
}
