// SPDX-License-Identifier: MIT OR Apache-2.0
//! The comparison itself, without the C tool: that it sees differences, and both text forms.

use std::num::NonZeroU16;
use std::os::unix::fs::symlink;
use std::time::Duration;

use ipvs_netlink::types::{
    DestConfig, Forward, Granularity, Persistence, Scheduler, ServiceConfig, ServiceFlags,
    ServiceKey, Tunnel, TunnelFlags,
};
use ipvs_netlink::{DestEntry, Errno, Operation, ServiceEntry, ServiceTable};

use super::differences::reason;
use super::{Case, Limit, Question, Ran, State, record, run, script};
use crate::words::{Line, Tool};

#[test]
fn a_program_that_does_nothing_is_found_out() {
    let directory = std::env::temp_dir().join(format!("vm-oracle-test-{}", std::process::id()));
    std::fs::create_dir_all(&directory).expect("a directory");
    symlink("/bin/true", directory.join("ipvsadm")).expect("a link");
    let report = run(&directory, 1, Limit::Cases(200));
    std::fs::remove_dir_all(&directory).expect("it is there");
    let report = report.expect("it runs");
    assert!(report.mismatches.len() >= 5, "{report:?}");
    for mismatch in report.mismatches {
        // Without arguments the table is listed, which the other program does not do.
        assert!(mismatch.case.line.arguments.is_empty(), "{mismatch}");
        assert_eq!(mismatch.case.state, State::default(), "{mismatch}");
    }
}

#[test]
fn requests_as_text() {
    let mask = Granularity::ipv4([255, 255, 255, 0].into());
    let persistence = Persistence::new(Duration::from_secs(300)).granularity(mask);
    let config = ServiceConfig::new(Scheduler::SH).flags(ServiceFlags::SCHED1);
    let service: ServiceKey = "udp/10.0.0.1:53".parse().expect("a service");
    let create = Operation::CreateService { service, config: config.persistence(persistence) };
    assert_eq!(
        record::change(&create),
        "change add-service protocol 17 2 0a000001 53 7368 flags 9 timeout 300 mask 16777215 -"
    );
    let service: ServiceKey = "fwmark6/7".parse().expect("a service");
    let dest = "[2001:db8::2]:80".parse().expect("a destination");
    let port = NonZeroU16::new(6080).expect("not zero");
    let tunnel = Tunnel::Gue { port, flags: TunnelFlags::CSUM };
    let config = DestConfig::new(Forward::Tunnel(tunnel)).weight(5).thresholds(9, 0);
    assert_eq!(
        record::change(&Operation::CreateDest { service, dest, config }),
        "change add-dest mark 10 7 10 20010db8000000000000000000000002 80 method 2 weight 5 \
         thresholds 9 0 tunnel 1 6080 1"
    );
    assert_eq!(record::change(&Operation::Zero { service: None }), "change zero");
}

#[test]
fn states_as_text() {
    let service: ServiceKey = "tcp/[::1]:80".parse().expect("a service");
    let dest = "10.0.0.2:8080".parse().expect("a destination");
    let service = ServiceEntry::new(service, ServiceConfig::new(Scheduler::RR));
    let dests = vec![DestEntry::new(dest, DestConfig::new(Forward::Masq))];
    let state = State {
        services: vec![ServiceTable { service, dests }],
        refused: vec![(1, Errno::EEXIST)],
        failure: Some((Question::Daemons, Errno::EINVAL)),
        ..State::default()
    };
    let zeros = "0 0 0 0 0 0 0 0 0 0";
    let expected = format!(
        "info 66049 4096\ntimeouts 900 120 300\n\
         service 10 6 00000000000000000000000000000001 80 0 7272 0 0 0 - {zeros}\n\
         dest 2 0a000002 8080 0 1 0 0 0 0 0 0 0 0 {zeros}\nrefuse 1 17\nfail daemons 22\n"
    );
    assert_eq!(script::text(&state), expected);
}

#[test]
fn differences_on_purpose_are_narrow() {
    let ran = |stderr: &str, status| Ran {
        calls: vec!["read daemons".to_owned()],
        stdout: Vec::new(),
        stderr: stderr.into(),
        status,
    };
    let line = Line::new(Tool::Ipvsadm, vec![b"-L".to_vec(), b"--daemon".to_vec()], Vec::new());
    let failure = Some((Question::Daemons, Errno::EINVAL));
    let state = State { failure, ..State::default() };
    let case = Case { line, name: b"ipvsadm".to_vec(), state };
    assert!(reason(&case, &ran("", 1), &ran("why\n", 1)).is_some());
    assert!(reason(&case, &ran("", 1), &ran("why\n", 0)).is_none());
    assert!(reason(&case, &ran("", 0), &ran("why\n", 0)).is_none());
    assert!(reason(&case, &ran("", 1), &ran("why\nwhy\n", 1)).is_none());
    let usual = Case { state: State::default(), ..case };
    assert!(reason(&usual, &ran("", 1), &ran("why\n", 1)).is_none());
}

#[test]
fn one_warning_counts_as_two_in_a_restore_only() {
    let warning = "Warning: IPVS version mismatch: \n  old\n\n";
    let ran = |stderr: String| Ran {
        calls: Vec::new(),
        stdout: Vec::new(),
        stderr: stderr.into_bytes(),
        status: 0,
    };
    let (once, twice) = (format!("{warning}a\nb\n"), format!("{warning}a\n{warning}b\n"));
    for (tool, expected) in [(Tool::Restore, true), (Tool::Ipvsadm, false)] {
        let line = Line::new(tool, Vec::new(), Vec::new());
        let case = Case { line, name: tool.name().into(), state: State::default() };
        let found = reason(&case, &ran(twice.clone()), &ran(once.clone()));
        assert_eq!(found.is_some(), expected, "{tool:?}");
    }
}
