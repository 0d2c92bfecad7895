// SPDX-License-Identifier: MIT OR Apache-2.0
//! A change in words. One list of fields a noun serves both its creation and its changes.

use std::fmt;
use std::time::Duration;

use ipvs_types::{
    DaemonConfig, DestConfig, Forward, RawForward, ServiceConfig, ServiceFlags, TimeoutsChange,
    Tunnel, TunnelFlags,
};

use super::Change;
use crate::Operation as Op;

/// A field's name and value; `None` is absent or off.
type Fields = Vec<(&'static str, Option<String>)>;

pub(super) fn line(change: &Change, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let old = change.undo.first();
    match (&change.operation, old) {
        (Op::CreateService { service, config }, _) => {
            write!(f, "+ service {service}: {}", all(of_service(config)))
        }
        (
            Op::UpdateService { service, config, .. },
            Some(Op::UpdateService { config: old, .. }),
        ) => {
            write!(f, "~ service {service}: {}", differing(of_service(old), of_service(config)))
        }
        (Op::DeleteService { service }, Some(Op::CreateService { config, .. })) => {
            let dests = change.undo.len() - 1;
            let s = if dests == 1 { "" } else { "s" };
            write!(f, "- service {service}: {}, {dests} destination{s}", all(of_service(config)))
        }
        (Op::CreateDest { service, dest, config }, _) => {
            write!(f, "+ destination {dest} of {service}: {}", all(of_dest(config)))
        }
        (Op::UpdateDest { service, dest, config }, Some(Op::UpdateDest { config: old, .. })) => {
            let what = differing(of_dest(old), of_dest(config));
            write!(f, "~ destination {dest} of {service}: {what}")
        }
        (Op::DeleteDest { service, dest }, Some(Op::CreateDest { config, .. })) => {
            write!(f, "- destination {dest} of {service}: {}", all(of_dest(config)))
        }
        (Op::StartDaemon { config }, _) => {
            write!(f, "+ {} daemon: {}", config.role, all(of_daemon(config)))
        }
        (Op::StopDaemon { role }, Some(Op::StartDaemon { config })) => {
            write!(f, "- {role} daemon: {}", all(of_daemon(config)))
        }
        (Op::SetTimeouts { change }, Some(Op::SetTimeouts { change: old })) => {
            write!(f, "~ timeouts: {}", differing(of_timeouts(old), of_timeouts(change)))
        }
        (operation, _) => write!(f, "~ {operation}"),
    }
}

fn all(fields: Fields) -> String {
    let present = fields.into_iter().filter_map(|(name, value)| Some((name, value?)));
    present.map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join(", ")
}

fn differing(old: Fields, new: Fields) -> String {
    let text = |value: Option<String>| value.unwrap_or_else(|| "none".into());
    let pairs = old.into_iter().zip(new).filter(|(old, new)| old.1 != new.1);
    let words =
        pairs.map(|((name, old), (_, new))| format!("{name} {} -> {}", text(old), text(new)));
    words.collect::<Vec<_>>().join(", ")
}

fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs())
}

fn of_service(config: &ServiceConfig) -> Fields {
    let persistence =
        config.persistence.map(|p| format!("{} per {}", seconds(p.timeout), p.granularity));
    let flags = config.flags;
    vec![
        ("scheduler", Some(config.scheduler.to_string())),
        ("flags", (flags != ServiceFlags::empty()).then(|| bitflags_text(flags))),
        ("persistence", persistence),
        ("engine", config.engine.map(|engine| engine.to_string())),
    ]
}

fn bitflags_text(flags: ServiceFlags) -> String {
    let named = [
        (ServiceFlags::ONE_PACKET, "one-packet"),
        (ServiceFlags::SCHED1, "sched1"),
        (ServiceFlags::SCHED2, "sched2"),
        (ServiceFlags::SCHED3, "sched3"),
    ];
    let mut words = Vec::new();
    let mut rest = flags;
    for (flag, name) in named {
        if rest.contains(flag) {
            words.push(name.to_owned());
            rest -= flag;
        }
    }
    if rest != ServiceFlags::empty() {
        words.push(format!("{:#x}", rest.bits()));
    }
    words.join("+")
}

fn of_dest(config: &DestConfig) -> Fields {
    vec![
        ("forward", Some(forward(config.forward))),
        ("weight", Some(config.weight.to_string())),
        ("upper threshold", config.upper_threshold.map(|n| n.to_string())),
        ("lower threshold", config.lower_threshold.map(|n| n.to_string())),
    ]
}

fn forward(forward: Forward) -> String {
    match forward {
        Forward::Masq => "masq".into(),
        Forward::Local => "local".into(),
        Forward::Route => "route".into(),
        Forward::Bypass => "bypass".into(),
        Forward::Tunnel(Tunnel::Ipip) => "tunnel ipip".into(),
        Forward::Tunnel(Tunnel::Gue { port, flags }) => {
            format!("tunnel gue port {port}{}", tunnel_flags(flags))
        }
        Forward::Tunnel(Tunnel::Gre { flags }) => format!("tunnel gre{}", tunnel_flags(flags)),
        other => {
            let RawForward { method, tunnel_type, tunnel_port, tunnel_flags } = other.raw();
            let (method, flags) = (method.number(), tunnel_flags.bits());
            format!("method {method} type {tunnel_type} port {tunnel_port} flags {flags:#x}")
        }
    }
}

fn tunnel_flags(flags: TunnelFlags) -> String {
    match flags.bits() {
        0 => String::new(),
        1 => " csum".into(),
        2 => " remcsum".into(),
        bits => format!(" flags {bits:#x}"),
    }
}

fn of_daemon(config: &DaemonConfig) -> Fields {
    vec![
        ("interface", Some(config.interface.to_string())),
        ("sync id", Some(config.sync_id.get().to_string())),
        ("message length", config.max_len.map(|n| n.to_string())),
        ("group", config.group.map(|group| group.to_string())),
        ("port", config.port.map(|n| n.to_string())),
        ("ttl", config.ttl.map(|n| n.to_string())),
    ]
}

fn of_timeouts(change: &TimeoutsChange) -> Fields {
    vec![
        ("tcp", change.tcp.map(seconds)),
        ("tcp_fin", change.tcp_fin.map(seconds)),
        ("udp", change.udp.map(seconds)),
    ]
}
