// SPDX-License-Identifier: MIT OR Apache-2.0
//! The table as commands that make it again (`-S`).
//!
//! The C tool's form loses some of it. The full form keeps everything; with [`preamble`], it is the
//! whole state.

use ipvs_netlink::types::{DaemonConfig, DaemonRole, Method, ServiceFlags, ServiceKey, Timeouts};
use ipvs_netlink::{DestEntry, ServiceEntry, ServiceTable};

use super::names::Names;
use super::{label, text, tunnel};
use crate::legacy::sched_flags;

/// How much a rule tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// What the C tool writes.
    Legacy,
    /// Everything.
    Full,
}

/// Writes a service and its destinations.
pub fn service(out: &mut Vec<u8>, table: &ServiceTable, names: &mut Names<'_>, form: Form) {
    service_rule(out, &table.service, names, form);
    let mut rule = |dest| dest_rule(out, &table.service, dest, names, form);
    match form {
        Form::Legacy => table.dests.iter().for_each(&mut rule),
        // A restore makes the last one the newest, and the kernel lists the newest first.
        Form::Full => table.dests.iter().rev().for_each(&mut rule),
    }
}

/// Writes timeouts and sync daemons. That a daemon does not run is said, too.
pub fn preamble(out: &mut Vec<u8>, timeouts: &Timeouts, daemons: &[DaemonConfig]) {
    for role in [DaemonRole::Master, DaemonRole::Backup] {
        match daemons.iter().find(|daemon| daemon.role == role) {
            Some(daemon) => start(out, daemon),
            None => out.extend_from_slice(format!("--stop-daemon {role}\n").as_bytes()),
        }
    }
    out.extend_from_slice(b"--set");
    for timeout in [timeouts.tcp, timeouts.tcp_fin, timeouts.udp] {
        out.push(b' ');
        text::number(out, timeout.as_secs());
    }
    out.push(b'\n');
}

fn start(out: &mut Vec<u8>, daemon: &DaemonConfig) {
    // With `=`, an interface called `ipvsadm` is not dropped as that word is.
    let (role, interface, id) = (daemon.role, daemon.interface, daemon.sync_id.get());
    let mut line = format!("--start-daemon {role} --mcast-interface={interface} --syncid {id}");
    let mut option = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            line += &format!(" --{name} {value}");
        }
    };
    option("sync-maxlen", daemon.max_len.map(|length| length.to_string()));
    option("mcast-group", daemon.group.map(|group| group.to_string()));
    option("mcast-port", daemon.port.map(|port| port.to_string()));
    option("mcast-ttl", daemon.ttl.map(|ttl| ttl.to_string()));
    out.extend_from_slice(line.as_bytes());
    out.push(b'\n');
}

fn subject(out: &mut Vec<u8>, key: &ServiceKey, names: &mut Names<'_>, form: Form) {
    match (key, form) {
        (ServiceKey::Fwmark { mark, family }, Form::Full) => {
            label::fwmark(out, *family, |out| text::number(out, mark.get().into()));
        }
        _ => label::saved(out, key, names),
    }
}

fn service_rule(out: &mut Vec<u8>, entry: &ServiceEntry, names: &mut Names<'_>, form: Form) {
    let config = &entry.config;
    out.extend_from_slice(b"-A ");
    subject(out, &entry.key, names, form);
    out.extend_from_slice(b" -s ");
    label::scheduler(out, config.scheduler);
    if let Some(persistence) = config.persistence {
        out.extend_from_slice(b" -p ");
        text::number(out, persistence.timeout.as_secs());
        label::mask(out, b" -M ", entry.key.family(), config);
    }
    if let Some(engine) = config.engine {
        out.extend_from_slice(b" --pe ");
        out.extend_from_slice(engine.as_bytes());
    }
    if config.flags.contains(ServiceFlags::ONE_PACKET) {
        out.extend_from_slice(b" -o");
    }
    if sched_flags::any(config.flags) {
        out.extend_from_slice(b" -b ");
        match form {
            Form::Legacy => sched_flags::write(out, config.flags, config.scheduler),
            Form::Full => sched_flags::write_all(out, config.flags),
        }
    }
    out.push(b'\n');
}

fn dest_rule(
    out: &mut Vec<u8>,
    service: &ServiceEntry,
    entry: &DestEntry,
    names: &mut Names<'_>,
    form: Form,
) {
    out.extend_from_slice(b"-a ");
    subject(out, &service.key, names, form);
    out.extend_from_slice(b" -r ");
    names.endpoint(out, (entry.key.address, entry.key.port), service.key.protocol());
    out.push(b' ');
    out.extend_from_slice(tunnel::option(&entry.config.forward));
    out.extend_from_slice(b" -w ");
    text::signed(out, entry.config.weight);
    tunnel::saved(out, &entry.config.forward);
    if form == Form::Full {
        dest_details(out, service, entry);
    }
    out.push(b'\n');
}

/// What the C tool leaves out of the rule of a destination.
fn dest_details(out: &mut Vec<u8>, service: &ServiceEntry, entry: &DestEntry) {
    let config = &entry.config;
    for (option, threshold) in [(" -x ", config.upper_threshold), (" -y ", config.lower_threshold)]
    {
        if let Some(threshold) = threshold {
            out.extend_from_slice(option.as_bytes());
            text::number(out, u64::from(threshold.get()));
        }
    }
    let own_port = service.key.port().is_some_and(|port| port != entry.key.port);
    if own_port && config.forward.method() != Method::MASQ {
        out.extend_from_slice(b" --keep-port");
    }
}
