// SPDX-License-Identifier: MIT OR Apache-2.0
//! The generic netlink backend.

use std::time::Duration;

use ipvs_types::{DaemonConfig, ServiceKey, Timeouts};

use super::channel::Channel;
use super::complete::complete;
use super::sockopt::Glance;
use super::turns::Turns;
use crate::ext::Extended;
use crate::wire::decode::NetlinkFamily;
use crate::wire::{WireError, decode, encode};
use crate::{
    Backend, DestEntry, Detail, Errno, Error, ErrorKind, Feature, Info, Operation, Outcome,
    Request, ServiceEntry, ServiceTable, Support, Table,
};

/// Operations in one datagram. More than 256 answers overflow the socket's default receive buffer.
const CHUNK: usize = 128;

/// The lists of services have sockets of their own, because the kernel builds datagrams as large as
/// the largest buffer that was ever offered: large ones pay for a long list of services, small ones
/// for the short lists of destinations that follow. One more, for socket options, is there to list
/// destinations where they tell enough. All are opened at once, in the namespace of the opening
/// thread.
pub(crate) struct Netlink {
    pub(super) family: u16,
    pub(super) main: Channel,
    pub(super) services: Turns,
    pub(super) glance: Option<Glance>,
    pub(super) patched: Option<NetlinkFamily>,
    pub(super) add_on: Option<u16>,
}

impl Netlink {
    /// Connects in the calling thread's network namespace and finds the family; `glance` allows
    /// socket options for listings.
    pub(crate) fn open(timeout: Duration, glance: bool) -> Result<Self, Error> {
        let mut main = Channel::open(timeout)?;
        let family = match main.query(0, Request::ResolveFamily, decode::family_id) {
            Err(Error::Refused(refusal)) if refusal.errno == Errno::ENOENT => {
                return Err(Error::ModuleMissing);
            }
            family => family?,
        };
        let glance = if glance { Glance::open() } else { None };
        let services = Turns::open(timeout)?;
        Ok(Self { family, main, services, glance, patched: None, add_on: None })
    }

    fn query<T>(
        &mut self,
        request: Request,
        read: impl Fn(&[u8]) -> Result<T, WireError>,
    ) -> Result<T, Error> {
        self.main.query(self.family, request, read)
    }

    /// Carries operations out, some at a time.
    fn change(&mut self, operations: &[Operation]) -> Result<Vec<Outcome>, Error> {
        if operations.len() <= CHUNK {
            return match operations {
                [] => Ok(Vec::new()),
                _ => self.main.change(self.family, operations),
            };
        }
        // All of it can be sent, or nothing is.
        operations.iter().try_for_each(|operation| encode::check(&Request::Change(*operation)))?;
        let mut outcomes = Vec::with_capacity(operations.len());
        for chunk in operations.chunks(CHUNK) {
            match self.main.change(self.family, chunk) {
                Ok(more) => outcomes.extend(more),
                Err(Error::OutcomeUnknown { request, confirmed }) => {
                    let confirmed = outcomes.len() + confirmed;
                    return Err(Error::OutcomeUnknown { request, confirmed });
                }
                Err(error) => return Err(error),
            }
        }
        Ok(outcomes)
    }

    /// A dump of services and, where the socket options tell, what it left out.
    fn all_services(&mut self) -> Result<Vec<ServiceEntry>, Error> {
        let Some(glance) = &mut self.glance else {
            return self.services();
        };
        glance.begin();
        let mut services = list_services(self.services.next(), self.family)?;
        complete(&mut services, glance.services(), |service| {
            let answer =
                self.main.query(self.family, Request::GetService(service), decode::service);
            match answer {
                Err(error) if error.kind() == ErrorKind::NoSuchService => Ok(None),
                answer => answer.map(Some),
            }
        })?;
        Ok(services)
    }

    /// Destinations as the kernel lists them: none also when the service does not exist.
    fn dests_or_none(&mut self, service: ServiceKey) -> Result<Vec<DestEntry>, Error> {
        let (request, family) = (Request::ListDests(service), service.family());
        let read = |bytes: &[u8]| decode::dest(bytes, family);
        self.main.list(self.family, request, read, |entry| entry.key)
    }

    /// The destinations of a service, from the cheapest source that shows `detail`.
    fn dests_in(
        &mut self,
        service: &ServiceEntry,
        detail: Detail,
    ) -> Result<Vec<DestEntry>, Error> {
        match self.glance.as_mut().and_then(|glance| glance.dests(service, detail)) {
            Some(dests) => Ok(dests),
            None => self.dests_or_none(service.key),
        }
    }
}

fn list_services(channel: &mut Channel, family: u16) -> Result<Vec<ServiceEntry>, Error> {
    channel.list(family, Request::ListServices, decode::service, |entry| entry.key)
}

impl Backend for Netlink {
    fn name(&self) -> &'static str {
        "netlink"
    }

    fn commit(&mut self, operations: &[Operation]) -> Result<Vec<Outcome>, Error> {
        let outcomes = self.change(operations)?;
        let missing =
            |outcome: &Outcome| matches!(outcome, Err(refusal) if refusal.errno == Errno::ENOENT);
        // No such destination or module, or no such family: only one that is there answers a question.
        if outcomes.iter().any(missing)
            && let Err(Error::ModuleUnloaded) = self.info()
        {
            return Err(Error::ModuleUnloaded);
        }
        Ok(outcomes)
    }

    fn services(&mut self) -> Result<Vec<ServiceEntry>, Error> {
        list_services(self.services.next(), self.family)
    }

    fn service(&mut self, service: ServiceKey) -> Result<ServiceEntry, Error> {
        self.query(Request::GetService(service), decode::service)
    }

    fn dests(&mut self, service: ServiceKey) -> Result<Vec<DestEntry>, Error> {
        let dests = self.dests_or_none(service)?;
        if dests.is_empty() {
            self.service(service)?;
        }
        Ok(dests)
    }

    fn daemons(&mut self) -> Result<Vec<DaemonConfig>, Error> {
        self.main.list(self.family, Request::ListDaemons, decode::daemon, |daemon| daemon.role)
    }

    fn timeouts(&mut self) -> Result<Timeouts, Error> {
        self.query(Request::GetTimeouts, decode::timeouts)
    }

    fn info(&mut self) -> Result<Info, Error> {
        self.query(Request::GetInfo, decode::info)
    }

    fn supports(&mut self, feature: Feature) -> Support {
        probe(self, feature)
    }

    fn extended(&mut self) -> Option<&mut dyn Extended> {
        Some(self)
    }

    fn table(&mut self) -> Result<Table, Error> {
        self.listing(Detail::FULL)
    }

    fn listing(&mut self, detail: Detail) -> Result<Table, Error> {
        let services = self.all_services()?;
        let mut table = Table { services: Vec::with_capacity(services.len()) };
        for service in services {
            let dests = self.dests_in(&service, detail)?;
            table.services.push(ServiceTable { service, dests });
        }
        Ok(table)
    }

    fn service_listing(
        &mut self,
        service: ServiceKey,
        detail: Detail,
    ) -> Result<ServiceTable, Error> {
        if let Some(glance) = &mut self.glance {
            glance.begin_one(service, detail);
        }
        let service = self.service(service)?;
        let dests = self.dests_in(&service, detail)?;
        Ok(ServiceTable { service, dests })
    }
}

/// What can be found out without changing anything: IPv6 by asking for a service that may well not
/// exist. Whether attributes are sent shows only in a listing.
fn probe(netlink: &mut Netlink, feature: Feature) -> Support {
    match feature {
        Feature::Ipv6 => {
            let nobody = std::net::SocketAddr::from((std::net::Ipv6Addr::UNSPECIFIED, 1));
            match netlink.service(ServiceKey::tcp(nobody)) {
                Ok(_) => Support::Supported,
                Err(error) => match error.kind() {
                    ErrorKind::NoSuchService => Support::Supported,
                    ErrorKind::Unsupported => Support::Unsupported,
                    _ => Support::Unknown(error),
                },
            }
        }
        Feature::Counters64 => match netlink.services() {
            Ok(services) => match services.first().map(|service| service.stats.width) {
                Some(ipvs_types::CounterWidth::Bits32) => Support::Unsupported,
                // Kernels since 4.1 have them; without a service there is nothing to look at.
                _ => Support::Supported,
            },
            Err(error) => Support::Unknown(error),
        },
        _ => Support::Supported,
    }
}
