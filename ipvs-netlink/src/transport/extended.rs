// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the netlink backend does with patched kernels and the add-on module.

use std::ops::ControlFlow;

use ipvs_types::ServiceKey;

use super::listener::GroupListener;
use super::netlink::Netlink;
use crate::ext::{
    Announced, Connection, ConnectionFilter, ConnectionKey, Deleted, Extended, Extent, Listener,
    Snapshot, unsupported,
};
use crate::wire::WireError;
use crate::wire::decode::{NetlinkFamily, family_id, netlink_family};
use crate::wire::ext::{decode, number};
use crate::{Backend, Errno, Error, Feature, Request};

impl Netlink {
    /// The family of a patched kernel. It belongs to `ip_vs` itself: it is there by now, or nowhere. To ask
    /// for it by its name would let the kernel look for a module, which takes milliseconds.
    fn find_patched(&mut self) -> Result<Option<NetlinkFamily>, Error> {
        if self.patched.is_none() {
            let mut families =
                self.main.list(0, Request::ListFamilies, netlink_family, |found| found.id)?;
            families.retain(|found| found.name == number::FAMILY.as_bytes());
            self.patched = families.pop();
        }
        Ok(self.patched.clone())
    }

    /// The number of that family.
    fn patched_id(&self, request: Request, feature: Feature) -> Result<u16, Error> {
        let missing = || unsupported(request, feature, self.name());
        self.patched.as_ref().map(|family| family.id).ok_or_else(missing)
    }

    /// Asks `ipvs_ext` about one connection. `ENOENT` is its word for none such, and generic netlink's
    /// for no such family: only a family that is there answers another question.
    fn query_connection<T>(
        &mut self,
        request: Request,
        feature: Feature,
        read: impl Fn(&[u8]) -> Result<T, WireError>,
    ) -> Result<T, Error> {
        let family = self.patched_id(request, feature)?;
        let answer = self.main.query(family, request, read);
        if is_missing(&answer) {
            self.main.query(family, Request::GetFeatures, decode::announced)?;
        }
        answer
    }
}

fn is_missing<T>(answer: &Result<T, Error>) -> bool {
    matches!(answer, Err(Error::Refused(refusal)) if refusal.errno == Errno::ENOENT)
}

impl Extended for Netlink {
    fn announced(&mut self) -> Result<Option<Announced>, Error> {
        match self.find_patched()? {
            None => Ok(None),
            Some(family) => {
                self.main.query(family.id, Request::GetFeatures, decode::announced).map(Some)
            }
        }
    }

    fn has_add_on(&mut self) -> Result<bool, Error> {
        match self.main.query(0, Request::ResolveAddOn, family_id) {
            Ok(id) => self.add_on = Some(id),
            Err(Error::Refused(refusal)) if refusal.errno == Errno::ENOENT => self.add_on = None,
            Err(error) => return Err(error),
        }
        Ok(self.add_on.is_some())
    }

    fn visit_connections(
        &mut self,
        filter: &ConnectionFilter,
        visit: &mut dyn FnMut(Connection) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        let request = Request::ListConnections(*filter);
        let family = self.patched_id(request, Feature::ListConnections)?;
        self.services.first().visit(family, request, decode::connection, visit)
    }

    fn connection(&mut self, key: ConnectionKey) -> Result<Connection, Error> {
        let request = Request::GetConnection(key);
        self.query_connection(request, Feature::ListConnections, decode::connection)
    }

    fn count_connections(&mut self, filter: &ConnectionFilter) -> Result<u32, Error> {
        let request = Request::CountConnections(*filter);
        let family = self.patched_id(request, Feature::CountConnections)?;
        self.main.query(family, request, decode::count)
    }

    fn delete_connection(&mut self, key: ConnectionKey) -> Result<(), Error> {
        let request = Request::DeleteConnection(key);
        self.query_connection(request, Feature::DeleteConnection, decode::deleted).map(|_| ())
    }

    fn delete_connection_by_add_on(&mut self, key: ConnectionKey) -> Result<(), Error> {
        let request = Request::DeleteConnectionByAddOn(key);
        let missing = unsupported(request, Feature::DeleteConnection, self.name());
        let Some(family) = self.add_on else { return Err(missing) };
        let answer = self.main.order(family, request);
        if !is_missing(&answer) {
            return answer;
        }
        // No such connection, or no such family: the module can go and come back under a new number.
        self.has_add_on()?;
        match self.add_on {
            None => Err(missing),
            Some(same) if same == family => answer,
            Some(moved) => self.main.order(moved, request),
        }
    }

    fn delete_connections(&mut self, filter: Option<&ConnectionFilter>) -> Result<Deleted, Error> {
        let request = Request::DeleteConnections(filter.copied());
        let family = self.patched_id(request, Feature::DeleteConnections)?;
        self.main.query(family, request, decode::deleted)
    }

    fn snapshot(
        &mut self,
        service: Option<ServiceKey>,
        extent: Extent,
    ) -> Result<Option<Snapshot>, Error> {
        let request = Request::Snapshot { service, extent };
        let family = self.patched_id(request, Feature::Snapshot)?;
        self.services.first().snapshot(family, request)
    }

    fn listen(&mut self) -> Result<Box<dyn Listener>, Error> {
        let family = self.patched_id(Request::Listen, Feature::Events)?;
        let group = self.patched.as_ref().and_then(|family| family.group(number::GROUP));
        let group = group.ok_or_else(|| Error::Malformed {
            request: Box::new(Request::Listen),
            what: "the family ipvs_ext has no group `config`".to_owned(),
        })?;
        Ok(Box::new(GroupListener::join(family, group)?))
    }
}

#[cfg(test)]
mod tests;
