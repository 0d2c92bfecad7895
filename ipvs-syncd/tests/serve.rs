// SPDX-License-Identifier: MIT OR Apache-2.0
//! The service as a process: what it hears in a network namespace, tells systemd, shows, and logs.

#[path = "support/network.rs"]
mod network;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use ipvs_syncd::{Connection, Encoder, Version};
use ipvs_types::Protocol;
use network::Network;
use serde_json::Value;
use tempfile::TempDir;

const GROUP: &str = "224.0.0.81:8848";
/// The user `nobody`.
const NOBODY: &str = "65534";

fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ipvs-syncd"));
    for name in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "JOURNAL_STREAM", "LISTEN_FDS"] {
        command.env_remove(name);
    }
    command
}

fn message(sync_id: u8) -> Vec<u8> {
    let parse = |text: &str| text.parse().expect("an address and port");
    let [client, service, dest] = ["10.9.0.9:1000", "192.0.2.1:80", "10.1.0.2:80"].map(parse);
    let tcp = Connection::new(Protocol::TCP, client, service, dest).expect("one family");
    let mut encoder = Encoder::new(Version::V1, sync_id);
    assert_eq!(encoder.push(&tcp.state(1)), Ok(None));
    encoder.finish().expect("one connection")
}

/// Until it is so, or for ten seconds.
fn until<T>(mut what: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + Duration::from_secs(10);
    loop {
        let found = what();
        if found.is_some() || Instant::now() > end {
            return found;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A running service, its configuration, and what stands for systemd.
struct Service {
    directory: TempDir,
    systemd: UnixDatagram,
    told: Vec<String>,
    child: Option<Child>,
}

impl Service {
    /// One whose log is a file.
    fn start(network: &Network, config: &str, change: impl FnOnce(&mut Command)) -> Self {
        let log = |directory: &TempDir| {
            Stdio::from(fs::File::create(directory.path().join("log")).expect("a file"))
        };
        Self::logging_to(log, network, config, change)
    }

    fn logging_to(
        log: impl FnOnce(&TempDir) -> Stdio,
        network: &Network,
        config: &str,
        change: impl FnOnce(&mut Command),
    ) -> Self {
        let directory = TempDir::new().expect("a directory");
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).expect("opened");
        let notify = directory.path().join("notify");
        let systemd = UnixDatagram::bind(&notify).expect("a socket");
        fs::set_permissions(&notify, fs::Permissions::from_mode(0o777)).expect("opened");
        systemd.set_nonblocking(true).expect("set");
        let file = directory.path().join("config");
        fs::write(&file, config).expect("written");
        let mut command = command();
        command.arg("serve").arg("--config").arg(&file).args(["--netns", network.name(1)]);
        command.args(["--interface", "eth0", "--log-format", "json", "--http", "127.0.0.1:0"]);
        command.env("NOTIFY_SOCKET", &notify).stdin(Stdio::null());
        change(&mut command);
        command.stderr(log(&directory));
        let child = Some(command.spawn().expect("it runs"));
        Self { directory, systemd, told: Vec::new(), child }
    }

    fn pid(&self) -> u32 {
        self.child.as_ref().expect("it runs").id()
    }

    fn signal(&self, name: &str) {
        let status =
            Command::new("kill").args([format!("-{name}"), self.pid().to_string()]).status();
        assert!(status.expect("kill runs").success());
    }

    /// Waits until systemd is told this, and forgets what came until then.
    fn tells(&mut self, wanted: &str) {
        let found = until(|| {
            let mut bytes = [0; 4096];
            while let Ok(length) = self.systemd.recv(&mut bytes) {
                let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
                self.told.extend(text.lines().map(str::to_owned));
            }
            let place = self.told.iter().position(|line| line.starts_with(wanted))?;
            Some(self.told.drain(..=place).count())
        });
        assert!(found.is_some(), "{wanted}: {:?}\n{}", self.told, self.log_text());
    }

    fn log_text(&self) -> String {
        fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }

    /// The events with this message, or its beginning.
    fn log(&self, message: &str) -> Vec<Value> {
        let text = self.log_text();
        // The last line may be half written.
        let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
        let events = whole.lines().map(|line| serde_json::from_str(line).expect("JSON"));
        let begins =
            |event: &Value| event["message"].as_str().is_some_and(|m| m.starts_with(message));
        events.filter(begins).collect()
    }

    fn logs(&self, message: &str) -> Value {
        let event = until(|| self.log(message).into_iter().next_back());
        event.unwrap_or_else(|| panic!("{message}: {}", self.log_text()))
    }

    fn address(&self) -> SocketAddr {
        address(&self.logs("metrics at"))
    }

    /// Waits until a line of the metrics is this one.
    fn shows(&self, line: &str) {
        let address = self.address();
        let shown = until(|| get(address, "/metrics").lines().any(|own| own == line).then_some(()));
        assert!(shown.is_some(), "{line}\n{}", get(address, "/metrics"));
    }

    /// What /proc says of the process, by field.
    fn status(&self, field: &str) -> String {
        let text = fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("it runs");
        let line = text.lines().find_map(|line| line.strip_prefix(&format!("{field}:")));
        line.expect(field).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Ends it by a signal; returns the exit status and how long it took.
    fn stop(&mut self, signal: &str) -> (Option<i32>, Duration) {
        let start = Instant::now();
        self.signal(signal);
        let status = self.child.take().expect("it runs").wait().expect("it ends");
        (status.code(), start.elapsed())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The address that an event names.
fn address(event: &Value) -> SocketAddr {
    event["address"].as_str().and_then(|text| text.parse().ok()).expect("an address")
}

fn get(address: SocketAddr, path: &str) -> String {
    let mut client = TcpStream::connect(address).expect("connected");
    write!(client, "GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").expect("sent");
    let mut text = String::new();
    client.read_to_string(&mut text).expect("an answer");
    text
}

#[test]
fn datagrams_come_in_and_metrics_go_out() {
    let Some(network) = Network::new() else { return };
    let config = "[watch]\nknown_senders = ['10.9.0.1']\nsync_id = 7\n";
    let mut service = Service::start(&network, config, |command| {
        command.env("WATCHDOG_USEC", "2000000");
    });
    service.tells("READY=1");
    service.tells("WATCHDOG=1");
    service.tells("WATCHDOG=1");

    let master = network.sender(0, GROUP.parse().expect("a group"));
    for sync_id in [7, 7, 8] {
        master.send(&message(sync_id)).expect("sent");
    }
    service.shows("ipvs_sync_datagrams_total 3");
    let labels = "sender=\"10.9.0.1\",sync_id=\"7\"";
    service.shows(&format!("ipvs_sync_messages_total{{{labels},version=\"1\"}} 2"));
    service.shows(&format!("ipvs_sync_refreshed_entries_total{{{labels}}} 1"));
    service.shows("ipvs_sync_entries_total{sender=\"other\",sync_id=\"other\"} 1");
    service.shows("ipvs_sync_alarms{kind=\"sync_id_mismatch\"} 1.0");
    service.shows("ipvs_sync_alarms{kind=\"unknown_sender\"} 0.0");
    service.shows("ipvs_sync_mirror_entries{service=\"tcp/192.0.2.1:80\",kind=\"connection\"} 1.0");
    assert!(get(service.address(), "/healthz").starts_with("HTTP/1.1 200 OK"));
    assert!(get(service.address(), "/").starts_with("HTTP/1.1 404 "));
    let alarm = service.logs("alarm: ");
    assert_eq!((&alarm["level"], &alarm["kind"]), (&"WARN".into(), &"sync_id_mismatch".into()));
    assert_eq!((&alarm["sender"], &alarm["sync_id"]), (&"10.9.0.1".into(), &8.into()));
    service.tells("STATUS=");

    let (status, time) = service.stop("TERM");
    assert_eq!(status, Some(0), "{}", service.log_text());
    assert!(time < Duration::from_secs(1), "{time:?}");
    service.tells("STOPPING=1");
    let end = service.logs("stopped");
    assert_eq!((&end["messages"], &end["connections"]), (&3.into(), &1.into()));
}

#[test]
fn nobody_has_to_read_the_log() {
    let Some(network) = Network::new() else { return };
    let config = "[watch]\nsync_id = 7\n";
    let mut service = Service::logging_to(|_| Stdio::piped(), &network, config, |_| {});
    let log = service.child.as_mut().and_then(|child| child.stderr.take()).expect("a pipe");
    let metrics = BufReader::new(log).lines().find_map(|line| {
        let event: Value = serde_json::from_str(&line.expect("text")).expect("JSON");
        let found = event["message"].as_str().is_some_and(|text| text.starts_with("metrics at"));
        found.then(|| address(&event))
    });
    // Here the reader is gone. What comes now is told to it: an alarm, a reload, the end.
    let metrics = metrics.expect("an address");
    service.tells("READY=1");
    let master = network.sender(0, GROUP.parse().expect("a group"));
    master.send(&message(8)).expect("sent");
    let line = "ipvs_sync_alarms{kind=\"sync_id_mismatch\"} 1.0";
    let shown = until(|| get(metrics, "/metrics").lines().any(|own| own == line).then_some(()));
    assert_eq!(shown, Some(()));
    service.signal("HUP");
    service.tells("RELOADING=1");
    service.tells("READY=1");
    assert_eq!(service.stop("TERM").0, Some(0));
}

#[test]
fn privileges_are_given_up() {
    let Some(network) = Network::new() else { return };
    let ids = |id: &str| [id; 4].join(" ");
    let mut service = Service::start(&network, "", |_| {});
    service.tells("READY=1");
    for field in ["Uid", "Gid"] {
        assert_eq!(service.status(field), ids(NOBODY));
    }
    assert_eq!(service.status("Groups"), "");
    for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
        assert_eq!(service.status(set), "0".repeat(16), "{set}");
    }
    assert_eq!(service.status("NoNewPrivs"), "1");
    // The threads that talk to clients have no more.
    let tasks = fs::read_dir(format!("/proc/{}/task", service.pid())).expect("it runs");
    let tasks: Vec<_> = tasks.map(|task| task.expect("a thread").path().join("status")).collect();
    assert!(tasks.len() > 1);
    for task in tasks {
        let text = fs::read_to_string(task).expect("it runs");
        assert!(text.contains("\nCapEff:\t0000000000000000\n"), "{text}");
        assert!(text.contains(&format!("\nUid:\t{}\n", ids(NOBODY).replace(' ', "\t"))), "{text}");
    }
    assert_eq!(service.stop("INT").0, Some(0));
}

#[test]
fn states_of_daemons_need_ipvs_and_one_capability() {
    let Some(network) = Network::new() else { return };
    let mut service = Service::start(&network, "", |command| {
        command.arg("--daemon-states");
    });
    let end = until(|| {
        let ended = service.child.as_mut().and_then(|child| child.try_wait().expect("a child"));
        ended.map(Some).or_else(|| (!service.log("listening").is_empty()).then_some(None))
    });
    match end.expect("it starts or fails") {
        // The kernel has no IPVS, and the service says so.
        Some(status) => {
            assert_eq!(status.code(), Some(1));
            assert_eq!(service.logs("the kernel has no IPVS")["level"], "ERROR");
        }
        None => {
            assert_eq!(service.status("Uid"), [NOBODY; 4].join(" "));
            // CAP_NET_ADMIN is number 12.
            assert_eq!(service.status("CapEff"), "0000000000001000");
            service.shows("ipvs_sync_daemons_readable 1.0");
        }
    }
}

#[test]
fn coverage_is_compared_again_and_again() {
    let Some(network) = Network::new() else { return };
    let tables = TempDir::new().expect("a directory");
    fs::set_permissions(tables.path(), fs::Permissions::from_mode(0o755)).expect("opened");
    let master = "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData
TCP 0A010002 9C41 0A010064 0051 0A020002 0050 ESTABLISHED     890
TCP 0A010002 9C42 0A010064 0051 0A020002 0050 ESTABLISHED     880
";
    let head = "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Origin Expires\n";
    let line = "TCP 0A010002 9C41 0A010064 0051 0A020002 0050 ESTABLISHED SYNC       870\n";
    let (backup, other) = (tables.path().join("backup"), tables.path().join("master"));
    fs::write(&other, master).expect("written");
    fs::write(&backup, format!("{head}{line}")).expect("written");
    let config = format!(
        "coverage = {{ master = '{}', backup = '{}', interval_seconds = 1 }}",
        other.display(),
        backup.display()
    );
    let mut service = Service::start(&network, &config, |_| {});
    service.shows("ipvs_sync_coverage_ratio 0.5");
    service.shows("ipvs_sync_coverage_entries{fate=\"missing\"} 1.0");
    service.shows(
        "ipvs_sync_coverage_service_entries{service=\"tcp/10.1.0.100:81\",fate=\"held\"} 1.0",
    );
    fs::write(&backup, format!("{head}{line}{}", line.replace("9C41", "9C42"))).expect("written");
    service.shows("ipvs_sync_coverage_ratio 1.0");
    fs::remove_file(&other).expect("removed");
    service.shows("ipvs_sync_coverage_readable 0.0");
    let warning = service.logs("coverage: ");
    assert!(warning["message"].as_str().is_some_and(|text| text.contains("master")), "{warning}");
    assert_eq!(service.stop("TERM").0, Some(0));
}

#[test]
fn a_reload_changes_what_it_can_and_a_bad_one_nothing() {
    let Some(network) = Network::new() else { return };
    let config = "[watch]\nsync_id = 7\n";
    let mut service = Service::start(&network, config, |_| {});
    service.tells("READY=1");
    let master = network.sender(0, GROUP.parse().expect("a group"));
    master.send(&message(7)).expect("sent");
    service.shows("ipvs_sync_datagrams_total 1");
    assert_eq!(service.log("alarm: "), Vec::<Value>::new());

    let file = service.directory.path().join("config");
    fs::write(&file, "[watch]\nsync_id = 700\n").expect("written");
    service.signal("HUP");
    service.tells("RELOADING=1");
    service.tells("MONOTONIC_USEC=");
    service.tells("READY=1");
    let error = service.logs("the configuration stays as it was: ");
    let text = error["message"].as_str().expect("a text");
    assert!(text.contains("config:2:11: sync_id: ") && error["level"] == "ERROR", "{text}");
    master.send(&message(7)).expect("sent");
    service.shows("ipvs_sync_datagrams_total 2");
    assert_eq!(service.log("alarm: "), Vec::<Value>::new());

    fs::write(&file, "watch.sync_id = 8\nlisten.port = 9000\n").expect("written");
    service.signal("HUP");
    service.tells("READY=1");
    assert_eq!(service.logs("a change of ")["key"], "listen");
    service.logs("configuration reloaded");
    master.send(&message(7)).expect("sent");
    service.shows("ipvs_sync_datagrams_total 3");
    assert_eq!(service.logs("alarm: ")["kind"], "sync_id_mismatch");

    // The level too: what is quiet now was not before.
    fs::write(&file, "log.level = 'error'\n").expect("written");
    service.signal("HUP");
    service.tells("READY=1");
    assert_eq!(service.stop("TERM").0, Some(0));
    assert_eq!(service.log("stopped"), Vec::<Value>::new());
}

#[test]
fn a_socket_from_systemd_goes_before_our_own() {
    let Some(network) = Network::new() else { return };
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    // As from a unit of systemd, which doesn't wait.
    listener.set_nonblocking(true).expect("set");
    let address = listener.local_addr().expect("its address");
    let mut service = Service::start(&network, "", |command| {
        // A shell makes it the third file and says for whom it is; both are up to whoever starts a process.
        let script = "exec 3<&0 0</dev/null; LISTEN_FDS=1 LISTEN_PID=$$ exec \"$0\" \"$@\"";
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(script).arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        shell.stdin(OwnedFd::from(listener));
        *command = shell;
    });
    service.tells("READY=1");
    assert!(get(address, "/healthz").starts_with("HTTP/1.1 200 OK"));
    assert_eq!(service.stop("TERM").0, Some(0));
}

fn outcome(arguments: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } =
        command().arg("serve").args(arguments).output().expect("it runs");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    (status.code(), text(stdout), text(stderr))
}

#[test]
fn check_prints_what_counts() {
    let directory = TempDir::new().expect("a directory");
    let file = directory.path().join("config");
    fs::write(&file, "listen.interfaces = ['eth9']\nwatch.sync_id = 3\n").expect("written");
    let file = file.to_str().expect("text");
    let (status, printed, said) = outcome(&["--check", "--config", file, "--sync-id", "4"]);
    assert_eq!((status, said.as_str()), (Some(0), ""));
    assert!(printed.contains("[watch]\n") && printed.contains("\nsync_id = 4\n"), "{printed}");
    assert!(printed.contains("interfaces = [\"eth9\"]\n"), "{printed}");
    fs::write(file, &printed).expect("written");
    assert_eq!(outcome(&["--check", "-c", file]), (Some(0), printed, String::new()));

    let fails = |arguments: &[&str], status: i32, says: &str| {
        let outcome = outcome(arguments);
        assert_eq!((outcome.0, outcome.1.as_str()), (Some(status), ""));
        assert!(outcome.2.starts_with("ipvs-syncd: ") && outcome.2.contains(says), "{}", outcome.2);
        assert_eq!(outcome.2.lines().count(), 1, "{}", outcome.2);
    };
    fails(&["--check"], 2, "listen.interfaces: there is none");
    fails(&["--sync-id", "256"], 2, "expected a whole number from 0 to 255");
    fs::write(file, "[listen]\ninterface = 'eth1'\n").expect("written");
    fails(&["--config", file], 2, "config:2:1: unknown field `interface`, expected one of");
    fails(&["--config", "/nonexistent"], 2, "/nonexistent: No such file");
}

#[test]
fn what_can_not_be_opened_is_told() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let taken = taken.local_addr().expect("its address").to_string();
    let cases: [(&[&str], &str); 3] = [
        (&["--interface", "nosuch0"], "there is no interface nosuch0"),
        (&["--interface", "lo", "--http", &taken], "choose another with --http, or --no-http"),
        (&["--interface", "lo", "--netns", "no-such-one"], "no-such-one"),
    ];
    for (arguments, says) in cases {
        let (status, _, said) = outcome(arguments);
        assert!(status == Some(1) && said.contains(says) && said.contains("ERROR"), "{said}");
    }
}
