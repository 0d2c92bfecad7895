// SPDX-License-Identifier: MIT OR Apache-2.0
//! From an operation to option number and value, or the reason why this interface can't say it.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use ipvs_types::{
    DaemonConfig, DestConfig, DestKey, Family, Forward, MAX_PERSISTENCE, Protocol, ServiceConfig,
    ServiceFlags, ServiceKey, TimeoutsChange, Tunnel,
};

use super::layout::{Key, Writer, daemon};
use crate::{Error, Feature, Operation, Request};

const BASE: i32 = 1152;
const REMEDY: &str = "use netlink, as root of the initial user namespace";

/// One `setsockopt`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) option: i32,
    pub(super) value: Vec<u8>,
}

/// What can't be said here.
pub(super) fn unsupported(request: &Request, feature: Feature) -> Error {
    Error::Unsupported {
        request: Box::new(*request),
        feature,
        backend: "socket option",
        remedy: REMEDY,
    }
}

fn invalid(request: &Request, what: &str) -> Error {
    Error::Invalid { request: Box::new(*request), what: what.into() }
}

/// The key of `service`; the kernel compares the protocol of a fwmark service too, and `protocol`
/// is the guess.
pub(super) fn key(
    request: &Request,
    service: ServiceKey,
    fwmark_protocol: Protocol,
) -> Result<Key, Error> {
    match service {
        ServiceKey::Address { protocol, address: IpAddr::V4(address), port } => {
            if ![Protocol::TCP, Protocol::UDP, Protocol::SCTP].contains(&protocol) {
                return Err(unsupported(request, Feature::AnyProtocol));
            }
            Ok(Key { protocol: protocol.number(), address, port, mark: 0 })
        }
        ServiceKey::Fwmark { mark, family: Family::Ipv4 } => Ok(Key {
            protocol: fwmark_protocol.number(),
            address: Ipv4Addr::UNSPECIFIED,
            port: 0,
            mark: mark.get(),
        }),
        _ => Err(unsupported(request, Feature::Ipv6)),
    }
}

fn check_service(request: &Request, config: &ServiceConfig) -> Result<(), Error> {
    if config.engine.is_some() {
        return Err(unsupported(request, Feature::PersistenceEngine));
    }
    let Some(persistence) = config.persistence else { return Ok(()) };
    if !persistence.granularity.fits(Family::Ipv4) {
        return Err(invalid(request, "an IPv6 prefix can't be the netmask of an IPv4 service"));
    }
    if persistence.timeout > MAX_PERSISTENCE || persistence.timeout.subsec_nanos() != 0 {
        let seconds = persistence.timeout.as_secs_f64();
        let what = format!("persistence timeout {seconds} s: whole seconds up to 4294967");
        return Err(invalid(request, &what));
    }
    Ok(())
}

fn check_dest(request: &Request, dest: DestKey, config: &DestConfig) -> Result<Ipv4Addr, Error> {
    let IpAddr::V4(address) = dest.address else {
        return Err(unsupported(request, Feature::Ipv6));
    };
    let plain = matches!(config.forward, Forward::Tunnel(Tunnel::Ipip))
        || config.forward.raw() == ipvs_types::RawForward::plain(config.forward.method());
    if plain { Ok(address) } else { Err(unsupported(request, Feature::TunnelOptions)) }
}

fn check_daemon(request: &Request, config: &DaemonConfig) -> Result<(), Error> {
    let mut plain = DaemonConfig::new(config.role, config.interface);
    plain.sync_id = config.sync_id;
    if *config == plain { Ok(()) } else { Err(unsupported(request, Feature::DaemonOptions)) }
}

fn seconds(request: &Request, value: Option<Duration>) -> Result<u32, Error> {
    let Some(value) = value else { return Ok(0) };
    match i32::try_from(value.as_secs()) {
        Ok(seconds) if value.subsec_nanos() == 0 => Ok(seconds as u32),
        _ => {
            let what = format!("timeout {} s: whole seconds up to 2147483647", value.as_secs_f64());
            Err(invalid(request, &what))
        }
    }
}

fn timeouts(request: &Request, change: &TimeoutsChange) -> Result<Vec<u8>, Error> {
    let mut writer = Writer::default();
    for value in [change.tcp, change.tcp_fin, change.udp] {
        writer = writer.u32(seconds(request, value)?);
    }
    Ok(writer.finish())
}

/// The call for `operation`, with `fwmark_protocol` as the protocol of a fwmark service.
pub(super) fn call(operation: &Operation, fwmark_protocol: Protocol) -> Result<Call, Error> {
    let request = &Request::Change(*operation);
    let key = |service| key(request, service, fwmark_protocol);
    let (number, value) = match operation {
        Operation::CreateService { service, config } => {
            check_service(request, config)?;
            (2, key(*service)?.service(Some(config)))
        }
        Operation::UpdateService { service, config, mask } => {
            check_service(request, config)?;
            let all = ServiceFlags::all() - ServiceFlags::from_bits_retain(ServiceFlags::RESERVED);
            if !mask.contains(all) {
                return Err(unsupported(request, Feature::FlagMask));
            }
            (3, key(*service)?.service(Some(config)))
        }
        Operation::DeleteService { service } => (4, key(*service)?.service(None)),
        Operation::Flush => (5, Vec::new()),
        Operation::CreateDest { service, dest, config } => {
            let address = check_dest(request, *dest, config)?;
            (7, key(*service)?.dest((address, dest.port), config))
        }
        Operation::DeleteDest { service, dest } => {
            let config = DestConfig::new(Forward::Masq);
            let address = check_dest(request, *dest, &config)?;
            (8, key(*service)?.dest((address, dest.port), &config))
        }
        Operation::UpdateDest { service, dest, config } => {
            let address = check_dest(request, *dest, config)?;
            (9, key(*service)?.dest((address, dest.port), config))
        }
        Operation::SetTimeouts { change } => (10, timeouts(request, change)?),
        Operation::StartDaemon { config } => {
            check_daemon(request, config)?;
            (11, daemon(config.role, config.interface.as_bytes(), config.sync_id))
        }
        Operation::StopDaemon { role } => (12, daemon(*role, b"", ipvs_types::SyncId::new(0))),
        Operation::Zero { service } => (15, zero(request, *service, fwmark_protocol)?),
    };
    Ok(Call { option: BASE + number, value })
}

/// A key of only zeroes means everything here.
fn zero(
    request: &Request,
    service: Option<ServiceKey>,
    fwmark_protocol: Protocol,
) -> Result<Vec<u8>, Error> {
    let everything =
        Key { protocol: 0, address: Ipv4Addr::UNSPECIFIED, port: 0, mark: 0 }.service(None);
    let Some(service) = service else { return Ok(everything) };
    let key = key(request, service, fwmark_protocol)?;
    if key.address.is_unspecified() && key.port == 0 && key.mark == 0 {
        return Err(invalid(request, "the socket options read 0.0.0.0:0 as all services"));
    }
    Ok(key.service(None))
}
