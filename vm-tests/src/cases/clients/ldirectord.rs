// SPDX-License-Identifier: MIT OR Apache-2.0
//! ldirectord: real health checks, real traffic, and `ipvsadm` called for every change.

use std::fs;
use std::path::{Path, PathBuf};

use crate::case::{Case, Failure};
use crate::command;
use crate::ctx::Ctx;
use crate::http::Server;
use crate::installation::{Installation, PATH, Tool};
use crate::site::Site;
use crate::topology::Host;
use crate::wait;

/// The tests of this module.
pub const CASES: &[Case] =
    &[Case::new("clients::ldirectord_has_its_way", has_its_way).timeout(600).only(7, 2, ALONE)];

/// It takes a minute, and the version of the kernel makes no difference to it. Up to 6.x, all
/// namespaces share the kernel's tables, and the C tool lists a service twice when another test adds
/// one at the wrong moment.
const ALONE: &str = "long, and the C tool needs tables that other tests don't share";

const WEB: &str = "tcp/192.0.2.100:80";
const API: &str = "tcp/192.0.2.100:81";
const SIX: &str = "tcp/[2001:db8:1::100]:80";
const MARK: &str = "fwmark/7";

/// Perl's hashes have another order in each process, and ldirectord goes by that order. Without the
/// last setting it makes it and starts itself once more.
const ENVIRONMENT: &str = "PERL_HASH_SEED=0 PERL_PERTURB_KEYS=0 PERLIO=perlio";

const CONFIG: &str = r#"
checkinterval=1
checktimeout=10
negotiatetimeout=20
autoreload=no
logfile="DIRECTORY/log"

virtual=192.0.2.100:80
	real=10.0.0.1:80 masq 1
	real=10.0.0.2:80 masq 2
	fallback=127.0.0.1:80 gate
	quiescent=yes
	service=http
	request="health"
	receive="^s[12]$"
	checktype=negotiate
	scheduler=wrr
	protocol=tcp

virtual=192.0.2.100:81
	real=10.0.0.1:81 masq 1 l:10 u:100
	real=10.0.0.2:81 masq 1
	quiescent=no
	checktype=connect
	scheduler=rr
	protocol=tcp

virtual6=[2001:db8:1::100]:80
	real6=[2001:db8:2::1]:82 masq 10
	quiescent=yes
	service=http
	request="health"
	receive="^s1$"
	checktype=negotiate
	scheduler=wlc
	persistent=60
	netmask=64
	protocol=tcp

virtual=7
	real=10.0.0.1 masq 3
	checktype=on
	scheduler=sh
	persistent=90
	netmask=255.255.255.0
	protocol=fwm
"#;

/// With both tools it does the same, which its log tells, and the tables are the same.
fn has_its_way(ctx: &mut Ctx) -> Result<(), Failure> {
    let (site, other) = (Site::build(ctx.topology())?, Site::build(ctx.topology())?);
    let directory = ctx.directory();
    let [ours, theirs] = Tool::both(|tool| {
        let site = if tool == Tool::Ours { &site } else { &other };
        alone(site, tool, directory)
    })?;
    assert_eq!(ours, theirs);
    Ok(())
}

/// What it logs as the last thing of all that [`play`] makes it do.
const LAST: &str = "Deleted fallback server: 127.0.0.1:80";
/// What it logs when it has put away its services.
const END: &str = "Linux Director Daemon terminated on signal: TERM";

/// The tables and the log with one tool.
fn alone(site: &Site, tool: Tool, directory: &Path) -> Result<(Vec<String>, String), Failure> {
    let installation = Installation::new(tool, directory)?;
    let played = play(site, &installation);
    let log = log(&installation)?;
    let played = played.map_err(|failure| Failure::new(format!("{failure}\n{log}")))?;
    // So it says when a program that it called did not succeed.
    assert!(!log.contains("failed"), "{log}");
    // The signal may interrupt a check, which then finds a server down: what comes after it is a matter
    // of chance.
    let (before, after) = log.split_at(played.1.len());
    assert_eq!(before, played.1);
    assert!(after.contains(END), "{log}");
    Ok(played)
}

/// What ldirectord did, without the times, and without how it was called: that has the tool's name.
fn log(installation: &Installation) -> Result<String, Failure> {
    let text = fs::read_to_string(installation.directory().join("log"))?;
    let lines = text.lines().map(|line| line.split_once("] ").map_or(line, |(_, event)| event));
    let events = lines.filter(|event| !event.starts_with("Invoking ldirectord"));
    Ok(events.collect::<Vec<_>>().join("\n"))
}

/// Breaks and mends servers, one after the other, and returns the tables that `ipvsadm` shows, and the
/// log up to then.
fn play(site: &Site, installation: &Installation) -> Result<(Vec<String>, String), Failure> {
    let [web, mut api, six] = [site.serve(80)?, site.serve(81)?, site.serve(82)?];
    let sorry = Server::start(&site.director, 80)?;
    let mut tables = Vec::new();
    let mut look = || -> Result<(), Failure> {
        tables.push(site.director.run(&format!("{PATH}; ipvsadm -Sn"))?);
        Ok(())
    };
    // What was there before: a service and a server to be changed, a server to be kept, and one to be
    // removed.
    site.director.run(&format!(
        "{PATH}; ipvsadm -A -t 192.0.2.100:80 -s rr && \
         ipvsadm -a -t 192.0.2.100:80 -r 10.0.0.9:80 -m && \
         ipvsadm -a -t 192.0.2.100:80 -r 10.0.0.1:80 -m && \
         ipvsadm -a -t 192.0.2.100:80 -r 10.0.0.2:80 -m -w 5"
    ))?;
    let daemon = Daemon::start(&site.director, installation)?;

    let all_web = ["10.0.0.1:80=1", "10.0.0.2:80=2"];
    let all_api = ["10.0.0.1:81=1 10..100", "10.0.0.2:81=1"];
    site.expect("the start", WEB, &all_web)?;
    site.expect("the start", API, &all_api)?;
    site.expect("the start", SIX, &["[2001:db8:2::1]:82=10"])?;
    site.expect("the start", MARK, &["10.0.0.1:0=3"])?;
    look()?;
    site.expect_answers(WEB, &[("s1", 2), ("s2", 4)])?;
    site.expect_answers(API, &[("s1", 2), ("s2", 2)])?;
    site.expect_answers(SIX, &[("s1", 1)])?;

    web[1].say("closed for inventory");
    site.expect("a wrong page", WEB, &["10.0.0.1:80=1", "10.0.0.2:80=0"])?;
    look()?;
    site.expect_answers(WEB, &[("s1", 4)])?;

    drop(api.remove(1));
    site.expect("a closed port", API, &all_api[..1])?;
    look()?;
    site.expect_answers(API, &[("s1", 2)])?;
    api.push(Server::start(&site.servers[1], 81)?);
    site.expect("an open port", API, &all_api)?;
    look()?;
    site.expect_answers(API, &[("s1", 2), ("s2", 2)])?;

    six[0].say("out of order");
    site.expect("a wrong page", SIX, &["[2001:db8:2::1]:82=0"])?;
    web[0].say("out of order");
    let none = ["10.0.0.1:80=0", "10.0.0.2:80=0", "127.0.0.1:80=1"];
    site.expect("the fallback", WEB, &none)?;
    look()?;
    site.expect_answers(WEB, &[("director", 2)])?;
    web[1].say("s2");
    site.expect("a good page", WEB, &["10.0.0.1:80=0", "10.0.0.2:80=2"])?;
    look()?;
    site.expect_answers(WEB, &[("s2", 2)])?;
    assert_eq!(sorry.served(), 2);
    // It does, then logs.
    let last = |line: &str| line.starts_with(LAST);
    wait::until("the last event in the log", &true, || {
        Ok(log(installation)?.lines().last().is_some_and(last))
    })?;
    let log = log(installation)?;

    daemon.stop()?;
    assert_eq!(site.services()?, 0);
    Ok((tables, log))
}

/// A running ldirectord, as the system's scripts start it; killed when dropped.
struct Daemon<'a> {
    host: &'a Host,
    name: String,
}

impl<'a> Daemon<'a> {
    fn start(host: &'a Host, installation: &Installation) -> Result<Self, Failure> {
        let directory = installation.directory().display().to_string();
        let name = format!("{:?}", installation.tool());
        fs::create_dir_all("/etc/ha.d")?;
        fs::write(Path::new("/etc/ha.d").join(&name), CONFIG.replace("DIRECTORY", &directory))?;
        let daemon = Self { host, name };
        daemon.call("start")?;
        Ok(daemon)
    }

    /// Calls ldirectord in a session of its own: what a command leaves behind in its own is killed.
    fn call(&self, verb: &str) -> Result<(), Failure> {
        let line = format!("{PATH}; {ENVIRONMENT} setsid --wait ldirectord {} {verb}", self.name);
        let call = || command::run(&line, &[], wait::PATIENCE)?.success();
        self.host.inside(call).map(drop)
    }

    fn stop(&self) -> Result<(), Failure> {
        self.call("stop")?;
        // It removes its file as the last thing.
        wait::until("the file with its process id", &false, || Ok(self.pid_file().exists()))
    }

    fn pid_file(&self) -> PathBuf {
        Path::new("/run").join(format!("ldirectord.{}.pid", self.name))
    }
}

impl Drop for Daemon<'_> {
    fn drop(&mut self) {
        // Fails when it has ended, as it should have.
        let _ = self.host.cmd(&format!("kill -KILL $(cat {})", self.pid_file().display()));
    }
}
