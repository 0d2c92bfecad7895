// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which daemon surgery uses, when it uses none, and what it leaves behind. The kernel is one in memory;
//! the socket is real, in a network namespace of the test's own: without root those tests say so and do
//! nothing.

use std::fs;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use ipvs_netlink::fake::{Kernel, Release};
use ipvs_netlink::types::{
    DaemonConfig, DaemonRole, DestConfig, Forward, Scheduler, ServiceConfig, SyncId, Tunnel,
};
use ipvs_netlink::{ErrorKind, Ipvs, Netns, Operation};
use ipvs_proc::Root;
use ipvs_syncd::surgery::{Access, Caution, Conflict, Place, Session, SessionError, Survey};
use tempfile::TempDir;

fn daemon(role: DaemonRole, interface: &str) -> DaemonConfig {
    DaemonConfig::new(role, interface.parse().expect("a name"))
}

/// What surgery finds on a kernel where these daemons run.
fn survey(kernel: &Kernel, backup_only: &str) -> Result<Survey, SessionError> {
    let directory = sysctls(backup_only);
    Survey::take(&mut Ipvs::with_backend(kernel.clone()), &Place::at(Root::at(directory.path())))
}

fn sysctls(backup_only: &str) -> TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    let vs = directory.path().join("sys/net/ipv4/vs");
    fs::create_dir_all(&vs).expect("a directory");
    fs::write(vs.join("backup_only"), backup_only).expect("a file");
    directory
}

fn kernel(daemons: &[DaemonConfig]) -> Kernel {
    let kernel = Kernel::new(Release::Linux7_2);
    for config in daemons {
        kernel.change(Operation::StartDaemon { config: *config }).expect("started");
    }
    kernel
}

#[test]
fn without_a_backup_one_on_lo_is_started() {
    let found = survey(&kernel(&[]), "0\n").expect("a way");
    assert!(matches!(found.access, Access::Temporary(_)));
    assert_eq!(found.access.target().to_string(), "224.0.0.81:18848 on lo");
    assert_eq!(found.cautions(), []);

    let master = daemon(DaemonRole::Master, "eth0");
    let found = survey(&kernel(&[master]), "0\n").expect("a way");
    assert!(matches!(found.access, Access::Temporary(_)));
    assert_eq!(found.cautions(), [Caution::PeersKeep(master.interface)]);
}

#[test]
fn a_backup_that_runs_is_used_as_it_is() {
    let mut backup = daemon(DaemonRole::Backup, "eth0");
    backup.sync_id = SyncId::new(7);
    backup.group = Some("ff02::81".parse().expect("a group"));
    let found = survey(&kernel(&[backup]), "1\n").expect("a way");
    assert!(matches!(found.access, Access::Running(_)));
    assert_eq!(found.access.target().to_string(), "[ff02::81]:8848 on eth0");
    assert_eq!(found.cautions(), [Caution::MasterElsewhere(backup.interface)]);
    assert_eq!(found.access.daemon().sync_id, SyncId::new(7));
}

#[test]
fn what_is_not_safe_is_refused() {
    let refusal = |kernel: &Kernel, backup_only: &str| match survey(kernel, backup_only) {
        Err(SessionError::Conflict(conflict)) => conflict,
        other => panic!("{other:?}"),
    };
    let conflict = refusal(&kernel(&[daemon(DaemonRole::Master, "eth0")]), "1\n");
    assert_eq!(conflict, Conflict::BackupOnly);

    let mut deaf = daemon(DaemonRole::Backup, "eth0");
    deaf.sync_id = SyncId::observed(300);
    let conflict = refusal(&kernel(&[deaf]), "0\n");
    assert!(matches!(conflict, Conflict::SyncId { sync_id, .. } if sync_id.get() == 300));

    let mixed = kernel(&[]);
    let mut ipvs = Ipvs::with_backend(mixed.clone());
    let service = "tcp/192.0.2.1:80".parse().expect("a service");
    ipvs.create_service(service, ServiceConfig::new(Scheduler::RR)).expect("made");
    let dest = "[fd00::2]:80".parse().expect("a destination");
    let config = DestConfig::new(Forward::Tunnel(Tunnel::Ipip));
    ipvs.create_dest(service, dest, config).expect("made");
    assert_eq!(refusal(&mixed, "0\n"), Conflict::MixedFamilies { service, dest });
}

/// A namespace with `lo` up, removed when dropped.
struct Namespace(String);

impl Namespace {
    /// `None` without the privilege for it.
    fn new(name: &str) -> Option<Self> {
        let namespace = Self(format!("{name}{}", std::process::id()));
        if !ip(&format!("netns add {}", namespace.0)) {
            eprintln!("skipped: making network namespaces needs root and iproute2");
            return None;
        }
        assert!(ip(&format!("-n {} link set lo up", namespace.0)));
        Some(namespace)
    }

    fn open(&self, kernel: &Kernel) -> Result<Session, SessionError> {
        let ipvs = Ipvs::with_backend(kernel.clone());
        let place = Place::netns(Netns::from(self.0.as_str()));
        let found = survey(kernel, "0\n")?;
        Session::open(ipvs, place, &found, Arc::new(AtomicBool::new(false)))
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        ip(&format!("netns del {}", self.0));
    }
}

fn ip(line: &str) -> bool {
    Command::new("ip").args(line.split(' ')).status().is_ok_and(|status| status.success())
}

fn running(kernel: &Kernel) -> Vec<DaemonConfig> {
    Ipvs::with_backend(kernel.clone()).daemons().expect("an answer")
}

#[test]
fn daemons_are_left_as_they_were_found() {
    let Some(namespace) = Namespace::new("surgery") else { return };
    let master = daemon(DaemonRole::Master, "eth0");
    let kernel = kernel(&[master]);
    let before = running(&kernel);
    let session = namespace.open(&kernel).expect("a session");
    assert_eq!(running(&kernel).len(), 2);
    // The one that was started is known to a second run, which leaves it to the first.
    let second = survey(&kernel, "0\n").expect("a way");
    assert!(second.cautions().contains(&Caution::LeftBehind));
    drop(namespace.open(&kernel).expect("another session"));
    assert_eq!(running(&kernel).len(), 2);
    session.close().expect("closed");
    assert_eq!(running(&kernel), before);
    // The same without `close`.
    drop(namespace.open(&kernel).expect("a session"));
    assert_eq!(running(&kernel), before);
}

#[test]
fn a_daemon_that_somebody_else_started_since_goes_on() {
    let Some(namespace) = Namespace::new("surgeryb") else { return };
    let kernel = kernel(&[]);
    let session = namespace.open(&kernel).expect("a session");
    let mut ipvs = Ipvs::with_backend(kernel.clone());
    ipvs.stop_daemon(DaemonRole::Backup).expect("stopped");
    ipvs.start_daemon(daemon(DaemonRole::Backup, "eth0")).expect("started");
    session.close().expect("closed");
    assert_eq!(running(&kernel).len(), 1);
}

#[test]
fn a_daemon_that_can_not_be_started_or_stopped_is_told() {
    use ipvs_netlink::Errno;
    use ipvs_netlink::fake::Fault;
    let Some(namespace) = Namespace::new("surgeryc") else { return };
    let kernel = kernel(&[]);
    kernel.inject(0, Fault::Refuse(Errno::EADDRINUSE));
    assert!(matches!(namespace.open(&kernel), Err(SessionError::Ipvs(_))));
    let session = namespace.open(&kernel).expect("a session");
    kernel.inject(0, Fault::Refuse(Errno::EPERM));
    let error = session.close().expect_err("refused");
    assert!(error.to_string().contains("`ipvsadm --stop-daemon backup`"), "{error}");
    let SessionError::Stop(source) = error else { panic!("{error}") };
    assert_eq!(source.kind(), ErrorKind::PermissionDenied);
}
