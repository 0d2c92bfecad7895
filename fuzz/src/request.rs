// SPDX-License-Identifier: MIT OR Apache-2.0
//! Requests and what has no module of its own.

use std::net::IpAddr;
use std::num::{NonZeroU8, NonZeroU16};
use std::time::Duration;

use arbitrary::{Arbitrary, Result, Unstructured};
use ipvs_netlink::types::{
    DaemonConfig, DaemonRole, InterfaceName, ServiceFlags, SyncId, TimeoutsChange,
};
use ipvs_netlink::{Operation, Request};

use crate::dest::{dest_config, dest_key};
use crate::service::{name, service_config, service_key};

/// A request to the family.
#[derive(Debug)]
pub struct AnyRequest(pub Request);

impl<'a> Arbitrary<'a> for AnyRequest {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(Self(match u.int_in_range(0..=16)? {
            0 => Request::ListServices,
            1 => Request::GetService(service_key(u)?),
            2 => Request::ListDests(service_key(u)?),
            3 => Request::ListDaemons,
            4 => Request::GetTimeouts,
            5 => Request::GetInfo,
            _ => Request::Change(operation(u)?),
        }))
    }
}

fn operation(u: &mut Unstructured<'_>) -> Result<Operation> {
    let service = service_key(u)?;
    Ok(match u.int_in_range(0..=10)? {
        0 => Operation::CreateService { service, config: service_config(u, service)? },
        1 => {
            // Bits of the mask that stand for no flag can't be asked for.
            let mask = ServiceFlags::from_kernel(u.arbitrary()?);
            Operation::UpdateService { service, config: service_config(u, service)?, mask }
        }
        2 => Operation::DeleteService { service },
        3 => Operation::CreateDest { service, dest: dest_key(u)?, config: dest_config(u)? },
        4 => Operation::UpdateDest { service, dest: dest_key(u)?, config: dest_config(u)? },
        5 => Operation::DeleteDest { service, dest: dest_key(u)? },
        6 => Operation::StartDaemon { config: daemon(u)? },
        7 => Operation::StopDaemon { role: role(u)? },
        8 => Operation::SetTimeouts { change: timeouts(u)? },
        9 => Operation::Zero { service: u.arbitrary::<bool>()?.then_some(service) },
        _ => Operation::Flush,
    })
}

fn role(u: &mut Unstructured<'_>) -> Result<DaemonRole> {
    u.choose(&[DaemonRole::Master, DaemonRole::Backup]).copied()
}

fn daemon(u: &mut Unstructured<'_>) -> Result<DaemonConfig> {
    let interface = name(u, 15, |bytes| InterfaceName::new(bytes).ok())?;
    let other = || "eth0".parse().map_err(|_| arbitrary::Error::IncorrectFormat);
    let mut daemon = DaemonConfig::new(role(u)?, interface.map_or_else(other, Ok)?);
    daemon.sync_id = SyncId::observed(u.arbitrary()?);
    daemon.max_len = NonZeroU16::new(u.arbitrary()?);
    daemon.group = u.arbitrary::<Option<IpAddr>>()?;
    daemon.port = NonZeroU16::new(u.arbitrary()?);
    daemon.ttl = NonZeroU8::new(u.arbitrary()?);
    Ok(daemon)
}

fn timeouts(u: &mut Unstructured<'_>) -> Result<TimeoutsChange> {
    let mut timeout = || u.arbitrary::<Option<u64>>().map(|t| t.map(duration));
    Ok(TimeoutsChange { tcp: timeout()?, tcp_fin: timeout()?, udp: timeout()? })
}

/// Mostly whole seconds; one in eight has a fraction.
pub(crate) fn duration(bits: u64) -> Duration {
    let seconds = if bits & 8 == 0 { bits >> 36 } else { bits >> 4 };
    match bits & 7 {
        7 => Duration::from_millis(seconds),
        _ => Duration::from_secs(seconds),
    }
}
