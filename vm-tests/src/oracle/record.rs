// SPDX-License-Identifier: MIT OR Apache-2.0
//! Requests as text, as `vm-tests/oracle/kernel.c` writes them.

use ipvs_netlink::Operation;
use ipvs_netlink::types::{
    DaemonConfig, DestConfig, DestKey, Family, ServiceConfig, ServiceFlags, ServiceKey,
};

use super::script::{address, family, hex, mask, role};

/// The text of a change.
pub(super) fn change(operation: &Operation) -> String {
    match operation {
        Operation::CreateService { service, config } => {
            format!("change add-service {} {}", key(service), balancing(service, config))
        }
        Operation::UpdateService { service, config, mask } => {
            // The C tool always changes all flags.
            let only = if *mask == ServiceFlags::all() { "" } else { " some flags" };
            format!("change update-service {} {}{only}", key(service), balancing(service, config))
        }
        Operation::DeleteService { service } => format!("change delete-service {}", key(service)),
        Operation::CreateDest { service, dest, config } => {
            format!("change add-dest {} {} {}", key(service), self::dest(dest), forwarding(config))
        }
        Operation::UpdateDest { service, dest, config } => {
            format!(
                "change update-dest {} {} {}",
                key(service),
                self::dest(dest),
                forwarding(config)
            )
        }
        Operation::DeleteDest { service, dest } => {
            format!("change delete-dest {} {}", key(service), self::dest(dest))
        }
        Operation::StartDaemon { config } => format!("change start-daemon {}", daemon(config)),
        Operation::StopDaemon { role } => format!("change stop-daemon {}", self::role(*role)),
        Operation::SetTimeouts { change } => {
            let all = [change.tcp, change.tcp_fin, change.udp];
            let [tcp, fin, udp] = all.map(|time| time.map_or(0, |time| time.as_secs()));
            format!("change set-timeouts {tcp} {fin} {udp}")
        }
        Operation::Zero { service: Some(service) } => format!("change zero {}", key(service)),
        Operation::Zero { service: None } => "change zero".to_owned(),
        Operation::Flush => "change flush".to_owned(),
        other => format!("change unknown to the C tool: {other:?}"),
    }
}

/// The text of a question for one service.
pub(super) fn service(service: &ServiceKey) -> String {
    format!("read service {}", key(service))
}

fn key(service: &ServiceKey) -> String {
    let af = family(service.family());
    match service {
        ServiceKey::Address { protocol, address, port } => {
            format!("protocol {} {af} {} {port}", protocol.number(), self::address(*address))
        }
        ServiceKey::Fwmark { mark, .. } => format!("mark {af} {mark}"),
    }
}

fn balancing(service: &ServiceKey, config: &ServiceConfig) -> String {
    let persistence = &config.persistence;
    let timeout = persistence.as_ref().map_or(0, |persistence| persistence.timeout.as_secs());
    let mask = persistence.as_ref().map_or(0, |persistence| mask(persistence, service.family()));
    let engine = config.engine.as_ref().map_or(&b""[..], |engine| engine.as_bytes());
    let (scheduler, engine) = (hex(config.scheduler.as_bytes()), hex(engine));
    let flags = config.flags.to_kernel(persistence.is_some());
    format!("{scheduler} flags {flags:x} timeout {timeout} mask {mask} {engine}")
}

fn dest(dest: &DestKey) -> String {
    format!("{} {} {}", family(dest.family()), address(dest.address), dest.port)
}

fn forwarding(config: &DestConfig) -> String {
    let raw = config.forward.raw();
    let upper = config.upper_threshold.map_or(0, u32::from);
    let lower = config.lower_threshold.map_or(0, u32::from);
    let (method, weight) = (raw.method.number(), config.weight);
    let tunnel = format!("{} {} {}", raw.tunnel_type, raw.tunnel_port, raw.tunnel_flags.bits());
    format!("method {method} weight {weight} thresholds {upper} {lower} tunnel {tunnel}")
}

fn daemon(daemon: &DaemonConfig) -> String {
    let group = daemon.group.map_or(String::new(), |group| {
        format!(" {} {}", family(Family::of(group)), address(group))
    });
    format!(
        "{} {} {} {} {} {}{group}",
        role(daemon.role),
        hex(daemon.interface.as_bytes()),
        daemon.sync_id.get(),
        daemon.max_len.map_or(0, u16::from),
        daemon.port.map_or(0, u16::from),
        daemon.ttl.map_or(0, u8::from),
    )
}
