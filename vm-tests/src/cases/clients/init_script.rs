// SPDX-License-Identifier: MIT OR Apache-2.0
//! `/etc/init.d/ipvsadm` of Debian: rules and sync daemons over a restart of the system.

use std::fs;
use std::time::Duration;

use ipvs_netlink::types::{
    DaemonConfig, DaemonRole, DestConfig, Forward, Granularity, Persistence, Scheduler,
    ServiceConfig, ServiceFlags, SyncId, Tunnel, TunnelFlags,
};
use ipvs_netlink::{Ipvs, Ruleset};

use crate::case::{Case, Failure};
use crate::command;
use crate::ctx::{Ctx, Kernel};
use crate::installation::{Installation, PATH, Tool};
use crate::netns;
use crate::wait;

/// The tests of this module.
pub const CASES: &[Case] =
    &[Case::new("clients::init_script_keeps_the_state", keeps_the_state).timeout(600)];

const FIRST_WITH_OWN_TABLES: Kernel = Kernel { major: 7, minor: 0 };
const RULES: &str = "/etc/ipvsadm.rules";
const INTERFACE: &str = "sync0";
const SYNC_ID: u8 = 7;

/// Each step leaves the state that it should, and all that is printed is the same with both tools.
fn keeps_the_state(ctx: &mut Ctx) -> Result<(), Failure> {
    let directory = ctx.directory();
    let attempt = |tool| {
        netns::unshare()?;
        command::ip(&[], "link set lo up\nlink add sync0 type dummy\nlink set sync0 up")?;
        let _installed = Installation::new(tool, directory)?;
        play()
    };
    // Before, all namespaces share the kernel's tables, and the C tool lists and saves a service twice
    // when another test adds one at the wrong moment.
    if ctx.kernel() < FIRST_WITH_OWN_TABLES {
        return attempt(Tool::Ours).map(drop);
    }
    let [ours, theirs] = Tool::both(attempt)?;
    assert_eq!(ours, theirs);
    Ok(())
}

/// All that can be configured and that a saved file keeps.
fn rules() -> Result<Ruleset, Failure> {
    let mut rules = Ruleset::new();
    let (web, six) = ("tcp/192.0.2.10:80".parse()?, "udp/[2001:db8::1]:53".parse()?);
    let minute = Persistence::new(Duration::from_secs(60));
    let net24 = Granularity::ipv4([255, 255, 255, 0].into());
    let config = ServiceConfig::new(Scheduler::SH).persistence(minute.granularity(net24));
    rules.add_service(web, config.flags(ServiceFlags::SCHED1))?;
    rules.add_dest(web, "10.0.0.1:8080".parse()?, DestConfig::new(Forward::Masq).weight(3))?;
    rules.add_dest(web, "10.0.0.2:80".parse()?, DestConfig::new(Forward::Route).weight(0))?;
    let once = ServiceConfig::new(Scheduler::WLC).flags(ServiceFlags::ONE_PACKET);
    rules.add_service(six, once)?;
    rules.add_dest(six, "[2001:db8::7]:53".parse()?, DestConfig::new(Forward::Masq))?;
    let mark = "fwmark/5".parse()?;
    rules.add_service(mark, ServiceConfig::new(Scheduler::RR))?;
    let gre = Forward::Tunnel(Tunnel::Gre { flags: TunnelFlags::CSUM });
    rules.add_dest(mark, "10.0.0.3:0".parse()?, DestConfig::new(gre))?;
    Ok(rules)
}

/// Starts and stops the service, and returns all that was printed.
fn play() -> Result<String, Failure> {
    use DaemonRole::{Backup, Master};

    let (rules, nothing) = (rules()?, Ruleset::new());
    let mut printed = String::new();
    let mut call = |verb: &str| -> Result<(), Failure> {
        let line = format!("{PATH}; /etc/init.d/ipvsadm {verb}");
        let output = command::run(&line, &[], wait::PATIENCE)?;
        let (stdout, stderr) = (output.text(), output.error_text());
        printed += &format!("{verb}: {}\n{stdout}{stderr}", output.status);
        Ok(())
    };
    let mut ipvs = Ipvs::open()?;
    ipvs.plan(&rules)?.apply(&mut ipvs)?.verify(&mut ipvs)?;
    configure("true", "both")?;
    call("save")?;
    call("start")?;
    expect(&rules, &[Master, Backup])?;
    call("status")?;
    call("rate")?;
    call("stop")?;
    expect(&nothing, &[])?;
    call("start")?;
    expect(&rules, &[Master, Backup])?;
    call("restart")?;
    expect(&rules, &[Master, Backup])?;
    // What was changed by hand gives way to the file.
    ipvs.flush()?;
    call("reload")?;
    expect(&rules, &[Master, Backup])?;
    // Two daemons that run already.
    call("start")?;
    call("stop")?;

    configure("false", "master")?;
    call("start")?;
    expect(&nothing, &[Master])?;
    call("load")?;
    expect(&rules, &[Master])?;
    call("stop")?;
    expect(&rules, &[])?;
    // No daemon to stop.
    call("stop")?;
    configure("true", "backup")?;
    call("restart")?;
    expect(&rules, &[Backup])?;

    configure("true", "none")?;
    let saved = fs::read_to_string(RULES)?;
    let (first, rest) = saved.split_once("-A").unwrap_or_default();
    fs::write(RULES, format!("{first}-A -t 192.0.2.99:80 -s nonsense\n-A{rest}"))?;
    call("load")?;
    expect(&rules, &[Backup])?;
    fs::write(RULES, format!("{first}-A -t 192.0.2.99:99999\n-A{rest}"))?;
    call("load")?;
    expect(&nothing, &[Backup])?;
    fs::remove_file(RULES)?;
    call("start")?;
    call("nonsense")?;
    Ok(format!("{printed}{saved}{}", fs::read_to_string(RULES)?))
}

fn configure(auto: &str, daemon: &str) -> Result<(), Failure> {
    let settings = format!("AUTO={auto}\nDAEMON={daemon}\nIFACE={INTERFACE}\nSYNCID={SYNC_ID}\n");
    Ok(fs::write("/etc/default/ipvsadm", settings)?)
}

/// Compares the kernel's state with these services and these daemons.
fn expect(services: &Ruleset, daemons: &[DaemonRole]) -> Result<(), Failure> {
    let state = Ipvs::open()?.ruleset()?;
    let mut want = services.clone();
    want.set_timeouts(state.timeouts())?;
    let running: Vec<_> = state.daemons().into_iter().flatten().copied().collect();
    let wanted = daemons.iter().map(|&role| {
        let mut daemon = DaemonConfig::new(role, INTERFACE.parse()?);
        daemon.sync_id = SyncId::new(SYNC_ID);
        Ok::<_, Failure>(daemon)
    });
    let wanted = wanted.collect::<Result<Vec<_>, _>>()?;
    let as_wanted = wanted.iter().zip(&running).all(|(want, have)| want.is_satisfied_by(have));
    assert!(as_wanted && wanted.len() == running.len(), "{running:?}, not {daemons:?}");
    want.set_daemons(state.daemons().map(|_| running))?;
    assert_eq!(state, want);
    Ok(())
}
