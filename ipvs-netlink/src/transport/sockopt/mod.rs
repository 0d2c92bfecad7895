// SPDX-License-Identifier: MIT OR Apache-2.0
//! The legacy backend: socket options of an IPv4 socket.
//!
//! IPv4 only, counters of 32 bits, no persistence engines, no tunnel options, no daemon options. It
//! asks for the capability in the user namespace that owns the network namespace, so that it works
//! in unprivileged containers where netlink is refused.

mod call;
mod compose;
mod glance;
mod layout;
#[cfg(test)]
mod tests;

use std::os::fd::OwnedFd;

use ipvs_types::{DaemonConfig, Protocol, ServiceKey, Timeouts};
use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with};

use self::layout::Reader;
use super::census::Census;
use crate::{
    Backend, DestEntry, Errno, Error, Feature, Info, Operation, Outcome, Refusal, Request,
    ServiceEntry, Support, Version,
};

const GET_INFO: i32 = 1153;
const GET_SERVICES: i32 = 1154;
const GET_SERVICE: i32 = 1155;
const GET_DESTS: i32 = 1156;
const GET_TIMEOUT: i32 = 1158;
const GET_DAEMON: i32 = 1159;

/// Entries asked for beyond the expected number, so that a full answer means that there are more.
const SPARE: usize = 8;

/// Reads before a listing that does not fit the census is called incomplete.
const RECOUNTS: usize = 5;

/// With which protocol a fwmark service may have been made; netlink makes them as TCP.
const FWMARK_PROTOCOLS: [Protocol; 3] = [Protocol::TCP, Protocol::UDP, Protocol::SCTP];

pub(super) use self::glance::Glance;

pub(crate) struct Sockopt {
    socket: OwnedFd,
    census: Option<Census>,
}

impl Sockopt {
    /// Opens a socket in the calling thread's network namespace and makes sure that it lets us in.
    pub(crate) fn open() -> Result<Self, Error> {
        let mut sockopt = Self::without_census()?;
        sockopt.census = Census::open();
        sockopt.info()?;
        Ok(sockopt)
    }

    /// The same without any check: the services found may not be all.
    fn without_census() -> Result<Self, Error> {
        let socket =
            socket_with(AddressFamily::INET, SocketType::DGRAM, SocketFlags::CLOEXEC, None)
                .map_err(|errno| Error::Io { doing: "open a socket", source: errno.into() })?;
        Ok(Self { socket, census: None })
    }

    fn get(&self, request: Request, option: i32, mut buffer: Vec<u8>) -> Result<Vec<u8>, Error> {
        match call::get(&self.socket, option, &mut buffer) {
            Ok(()) => Ok(buffer),
            Err(errno) => Err(Refusal::new(request, errno).into()),
        }
    }

    /// One call; a fwmark service is tried with every protocol that it may have been made with.
    fn set(&self, operation: &Operation) -> Result<Outcome, Error> {
        let mut last = Errno::ESRCH;
        for protocol in protocols(operation) {
            let call = compose::call(operation, protocol)?;
            match call::set(&self.socket, call.option, &call.value) {
                Ok(()) => return Ok(Ok(())),
                // Its thread had no time to run; it is stopped nevertheless.
                Err(Errno::EINTR) if matches!(operation, Operation::StopDaemon { .. }) => {
                    return Ok(Ok(()));
                }
                Err(Errno::ESRCH) => {}
                Err(errno) => {
                    last = errno;
                    break;
                }
            }
        }
        Ok(Err(Box::new(Refusal::new(*operation, last))))
    }

    fn service_entries(&self) -> Result<Vec<u8>, Error> {
        let request = Request::ListServices;
        let info = self.get(request, GET_INFO, vec![0; 12])?;
        let mut room = Reader(&info).u32(8) as usize + SPARE;
        loop {
            let mut buffer = layout::Writer::default().u32(room as u32).u32(0).finish();
            buffer.resize(layout::SERVICES_HEADER + room * layout::SERVICE_ENTRY, 0);
            let buffer = self.get(request, GET_SERVICES, buffer)?;
            let entries = &buffer[layout::SERVICES_HEADER..];
            let used = used(entries, layout::SERVICE_ENTRY);
            if used < room {
                return Ok(entries[..used * layout::SERVICE_ENTRY].to_vec());
            }
            room *= 2;
        }
    }

    /// The entry of one service with the key under which the kernel knows it.
    fn service_entry(&self, service: ServiceKey) -> Result<Vec<u8>, Error> {
        let request = Request::GetService(service);
        let mut result = Err(Refusal::new(request, Errno::ESRCH).into());
        for protocol in fwmark_protocols(Some(service)) {
            let key = compose::key(&request, service, *protocol)?;
            result = self.get(request, GET_SERVICE, key.entry());
            if !matches!(&result, Err(Error::Refused(r)) if r.errno == Errno::ESRCH) {
                break;
            }
        }
        result
    }

    fn dest_entries(&self, service: ServiceKey, entry: &[u8]) -> Result<Vec<u8>, Error> {
        let request = Request::ListDests(service);
        let mut room = Reader(entry).dest_count() + SPARE;
        loop {
            let buffer = Reader(entry).key().dests(room);
            let buffer = self.get(request, GET_DESTS, buffer)?;
            let entries = &buffer[layout::DESTS_HEADER..];
            let used = used(entries, layout::DEST_ENTRY);
            if used < room {
                return Ok(entries[..used * layout::DEST_ENTRY].to_vec());
            }
            room *= 2;
        }
    }
}

fn protocols(operation: &Operation) -> impl Iterator<Item = Protocol> {
    let service = match operation {
        // It exists under none yet.
        Operation::CreateService { .. } => None,
        Operation::UpdateService { service, .. }
        | Operation::DeleteService { service }
        | Operation::CreateDest { service, .. }
        | Operation::UpdateDest { service, .. }
        | Operation::DeleteDest { service, .. } => Some(*service),
        Operation::Zero { service } => *service,
        _ => None,
    };
    fwmark_protocols(service).iter().copied()
}

fn fwmark_protocols(service: Option<ServiceKey>) -> &'static [Protocol] {
    match service {
        Some(ServiceKey::Fwmark { .. }) => &FWMARK_PROTOCOLS,
        _ => &FWMARK_PROTOCOLS[..1],
    }
}

/// The kernel does not say how many entries it filled in; the first untouched one ends them.
fn used(entries: &[u8], size: usize) -> usize {
    entries.chunks_exact(size).take_while(|entry| !Reader(entry).is_unused()).count()
}

impl Backend for Sockopt {
    fn name(&self) -> &'static str {
        "sockopt"
    }

    fn commit(&mut self, operations: &[Operation]) -> Result<Vec<Outcome>, Error> {
        for operation in operations {
            compose::call(operation, Protocol::TCP)?;
        }
        operations.iter().map(|operation| self.set(operation)).collect()
    }

    fn services(&mut self) -> Result<Vec<ServiceEntry>, Error> {
        for _ in 0..RECOUNTS {
            let entries = self.service_entries()?;
            let services: Vec<_> = entries
                .chunks_exact(layout::SERVICE_ENTRY)
                .map(|entry| Reader(entry).service())
                .collect();
            // It may count too few, see there, but never too many.
            let counted = self.census.as_mut().and_then(Census::take);
            if counted.is_none_or(|counted| counted <= services.len()) {
                return Ok(services);
            }
        }
        Err(compose::unsupported(&Request::ListServices, Feature::Ipv6))
    }

    fn service(&mut self, service: ServiceKey) -> Result<ServiceEntry, Error> {
        Ok(Reader(&self.service_entry(service)?).service())
    }

    fn dests(&mut self, service: ServiceKey) -> Result<Vec<DestEntry>, Error> {
        for _ in 0..RECOUNTS {
            let entry = self.service_entry(service)?;
            let entries = self.dest_entries(service, &entry)?;
            let dests: Vec<_> = entries
                .chunks_exact(layout::DEST_ENTRY)
                .map(|entry| Reader(entry).dest())
                .collect();
            // The count is of both families, the listing only of IPv4.
            if dests.len() == Reader(&entry).dest_count() {
                return Ok(dests);
            }
        }
        Err(compose::unsupported(&Request::ListDests(service), Feature::Ipv6))
    }

    fn daemons(&mut self) -> Result<Vec<DaemonConfig>, Error> {
        let buffer = self.get(Request::ListDaemons, GET_DAEMON, vec![0; 2 * layout::DAEMON])?;
        Ok(buffer.chunks_exact(layout::DAEMON).filter_map(|half| Reader(half).daemon()).collect())
    }

    fn timeouts(&mut self) -> Result<Timeouts, Error> {
        let buffer = self.get(Request::GetTimeouts, GET_TIMEOUT, vec![0; 12])?;
        Ok(Reader(&buffer).timeouts())
    }

    fn info(&mut self) -> Result<Info, Error> {
        let buffer = self.get(Request::GetInfo, GET_INFO, vec![0; 12])?;
        Ok(Info::new(Version(Reader(&buffer).u32(0)), Reader(&buffer).u32(4)))
    }

    fn supports(&mut self, feature: Feature) -> Support {
        // IPv4, TCP, UDP and SCTP with masquerading, routing and IP-in-IP is all there is.
        let _ = feature;
        Support::Unsupported
    }
}
