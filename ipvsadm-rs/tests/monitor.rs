// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ipvsadm monitor` on kernels that tell of changes, and on those that don't.

mod support;

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use ipvs_netlink::ext::Features;
use ipvs_netlink::fake::{Kernel, Release};
use ipvs_netlink::types::{
    DaemonConfig, DaemonRole, DestConfig, DestKey, Forward, Scheduler, ServiceConfig, ServiceKey,
    TimeoutsChange,
};
use ipvs_netlink::{Ipvs, Operation, Ruleset};
use ipvsadm_rs::legacy::argv::Arguments;
use ipvsadm_rs::legacy::streams::Io;
use ipvsadm_rs::program;
use serde_json::Value;
use support::world;

/// Standard output that others can look at meanwhile.
#[derive(Clone, Default)]
struct Screen(Arc<Mutex<Vec<u8>>>);

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Screen {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("no panic").clone()).expect("UTF-8")
    }

    fn wait_for_lines(&self, count: usize) {
        for _ in 0..2000 {
            if self.text().lines().count() >= count {
                return;
            }
            thread::sleep(Duration::from_millis(5));
        }
        panic!("no {count} lines: {}", self.text());
    }
}

/// What a run leaves behind while `others` does something to the kernel.
fn watched(
    kernel: &Kernel,
    words: &[&str],
    others: impl FnOnce(&Kernel, &Screen) + Send,
) -> (Vec<String>, String, u8) {
    let (screen, mut stderr) = (Screen::default(), Vec::new());
    let arguments: Arguments = [&["monitor"], words].concat().iter().collect();
    let connect = || Ok(Ipvs::with_backend(kernel.clone()));
    let status = thread::scope(|scope| {
        scope.spawn(|| others(kernel, &screen));
        let mut stdout = screen.clone();
        let (stdin, columns) = (&mut io::empty(), None);
        let mut io = Io { stdin, stdout: &mut stdout, stderr: &mut stderr, columns };
        program::run(b"ipvsadm", arguments.argv(), &mut io, &world(false), connect)
    });
    let lines = screen.text().lines().map(str::to_owned).collect();
    (lines, String::from_utf8(stderr).expect("UTF-8"), status)
}

fn kernel(features: Option<Features>) -> Kernel {
    let kernel = Kernel::new(Release::Linux6_12);
    kernel.set_features(features);
    kernel.change(create("tcp/192.0.2.1:80")).expect("new");
    kernel
}

fn key(text: &str) -> ServiceKey {
    text.parse().expect("service")
}

fn create(service: &str) -> Operation {
    let config = ServiceConfig::new(Scheduler::WLC);
    Operation::CreateService { service: key(service), config }
}

fn dest() -> DestKey {
    "10.0.0.2:8080".parse().expect("destination")
}

fn changes() -> Vec<Operation> {
    let (service, dest) = (key("tcp/192.0.2.1:80"), dest());
    let config = DestConfig::new(Forward::Masq);
    let udp = Some(Duration::from_secs(30));
    let master = DaemonConfig::new(DaemonRole::Master, "eth0".parse().expect("a name"));
    vec![
        Operation::CreateDest { service, dest, config },
        Operation::UpdateDest { service, dest, config: config.weight(7) },
        Operation::SetTimeouts { change: TimeoutsChange { udp, ..Default::default() } },
        Operation::StartDaemon { config: master },
        Operation::StopDaemon { role: DaemonRole::Master },
        Operation::DeleteDest { service, dest },
        Operation::Zero { service: None },
        Operation::Flush,
    ]
}

/// The time goes away.
fn untimed(line: &str) -> &str {
    let (time, text) = line.split_once("  ").expect("a time");
    assert!(time.len() == 24 && time.ends_with('Z') && time.contains('T'), "{line}");
    text
}

#[test]
fn each_change_is_a_line_with_what_was_before() {
    let kernel = kernel(Some(Features::all_known()));
    let (lines, stderr, status) = watched(&kernel, &["--count", "8"], |kernel, screen| {
        screen.wait_for_lines(1);
        changes().into_iter().for_each(|change| kernel.change(change).expect("done"));
    });
    assert_eq!((stderr.as_str(), status), ("", 0));
    let lines: Vec<_> = lines.iter().map(|line| untimed(line)).collect();
    assert_eq!(
        lines,
        [
            "= 1 service with 0 destinations",
            "+ destination 10.0.0.2:8080 of tcp/192.0.2.1:80: forward masq, weight 1",
            "~ destination 10.0.0.2:8080 of tcp/192.0.2.1:80: weight 1 -> 7",
            "~ timeouts: udp 300 s -> 30 s",
            "+ master daemon: interface eth0, sync id 0, message length 1472, group 224.0.0.81, \
             port 8848, ttl 1",
            "- master daemon: interface eth0, sync id 0, message length 1472, group 224.0.0.81, \
             port 8848, ttl 1",
            "- destination 10.0.0.2:8080 of tcp/192.0.2.1:80: forward masq, weight 7",
            "~ zero all counters",
            "~ flush all services",
        ]
    );
}

#[test]
fn programs_get_an_object_a_line_and_can_follow() {
    let kernel = kernel(Some(Features::all_known()));
    let words = ["--json", "--count", "8", "--verbose"];
    let (lines, stderr, status) = watched(&kernel, &words, |kernel, screen| {
        screen.wait_for_lines(1);
        changes().into_iter().for_each(|change| kernel.change(change).expect("done"));
    });
    assert_eq!(
        stderr,
        "ipvsadm: patched kernel (ipvs_ext): changes are seen by the kernel's events\n"
    );
    assert_eq!((status, lines.len()), (0, 9));
    let all: Vec<Value> =
        lines.iter().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert!(all.iter().all(|one| one["schema"] == 1 && one["time"].as_f64() > Some(1e9)));
    assert_eq!((&all[0]["event"], &all[0]["means"]), (&"snapshot".into(), &"events".into()));
    let rules: Ruleset = serde_json::from_value(all[0]["ruleset"].clone()).expect("a ruleset");
    assert_eq!(rules.services().len(), 1);
    let genids: Vec<_> = all.iter().map(|one| one["genid"].as_u64().expect("a number")).collect();
    assert_eq!(genids, [2, 3, 4, 5, 6, 7, 8, 9, 10]);
    let text = |i: usize, member: &str| all[i][member].as_str().unwrap_or_default().to_owned();
    let operations: Vec<_> = (1..9).map(|i| text(i, "operation")).collect();
    assert_eq!(
        operations,
        [
            "create_destination",
            "update_destination",
            "set_timeouts",
            "start_daemon",
            "stop_daemon",
            "delete_destination",
            "zero",
            "flush"
        ]
    );
    assert_eq!(text(2, "service"), "tcp/192.0.2.1:80");
    assert_eq!(text(2, "destination"), "10.0.0.2:8080");
    assert_eq!(all[2]["config"]["weight"], 7);
    assert_eq!(all[3]["timeouts"]["udp_seconds"], 30);
    assert_eq!((all[5]["role"].as_str(), all[7].get("service")), (Some("master"), None));
}

#[test]
fn a_stock_kernel_is_read_again_and_again() {
    let kernel = kernel(None);
    let words = ["--count", "2", "--interval", "0.01", "--verbose"];
    let (lines, stderr, status) = watched(&kernel, &words, |kernel, screen| {
        screen.wait_for_lines(1);
        kernel.change(changes()[0]).expect("done");
        screen.wait_for_lines(2);
        kernel.change(changes()[1]).expect("done");
    });
    assert_eq!(stderr, "ipvsadm: stock kernel: changes are seen by reading every 0.01 s\n");
    let lines: Vec<_> = lines.iter().map(|line| untimed(line)).collect();
    assert_eq!(
        (status, lines),
        (
            0,
            vec![
                "= 1 service with 0 destinations",
                "+ destination 10.0.0.2:8080 of tcp/192.0.2.1:80: forward masq, weight 1",
                "~ destination 10.0.0.2:8080 of tcp/192.0.2.1:80: weight 1 -> 7",
            ]
        )
    );
}

#[test]
fn an_overrun_is_told_and_the_configuration_again() {
    let kernel = kernel(Some(Features::all_known()));
    let words = ["--json", "--count", "1"];
    let (lines, _, status) = watched(&kernel, &words, |kernel, screen| {
        screen.wait_for_lines(1);
        // As if the kernel had had no memory for the messages in between.
        kernel.set_genid(9);
        kernel.change(create("udp/192.0.2.1:53")).expect("new");
        screen.wait_for_lines(3);
        kernel.change(Operation::Flush).expect("done");
    });
    let all: Vec<Value> =
        lines.iter().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let events: Vec<_> = all.iter().map(|one| one["event"].as_str().expect("a name")).collect();
    assert_eq!((status, &events[..]), (0, &["snapshot", "overrun", "snapshot", "change"][..]));
    assert_eq!((&all[1]["after"], &all[1]["missed"]), (&2.into(), &7.into()));
    assert_eq!(all[2]["ruleset"]["services"].as_array().map(Vec::len), Some(2));
}

/// Nobody tells a listener: it is found out in a silence.
#[test]
fn a_module_that_is_gone_ends_it() {
    for (features, words) in
        [(Some(Features::all_known()), &[][..]), (None, &["--interval", "0.01"])]
    {
        let kernel = kernel(features);
        let (lines, stderr, status) = watched(&kernel, words, |kernel, screen| {
            screen.wait_for_lines(1);
            kernel.unload();
        });
        assert_eq!((lines.len(), status), (1, 1));
        assert_eq!(
            stderr,
            "ipvsadm: the module ip_vs was unloaded, or loaded anew, since this conversation with it \
             began: load it if need be (`modprobe ip_vs`), and open a new client\n"
        );
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    for (words, text) in [
        (&["--interval", "0"][..], "seconds from 0.001 to 86400 (a day)"),
        (&["--interval=-1"], "seconds from 0.001 to 86400 (a day)"),
        (&["--interval", "1e19"], "seconds from 0.001 to 86400 (a day)"),
        (&["--interval", "86400.1"], "seconds from 0.001 to 86400 (a day)"),
        (&["--interval", "inf"], "seconds from 0.001 to 86400 (a day)"),
        (&["--interval", "NaN"], "seconds from 0.001 to 86400 (a day)"),
        (&["--count", "x"], "--count"),
        (&["--netns", ""], "--netns"),
        (&["frob"], "frob"),
    ] {
        let kernel = kernel(None);
        let (lines, stderr, status) = watched(&kernel, words, |_, _| {});
        assert_eq!((lines.len(), status), (0, 2), "{words:?}");
        assert!(stderr.contains(text) && stderr.lines().count() == 1, "{stderr}");
    }
}
