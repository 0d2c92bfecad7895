// SPDX-License-Identifier: MIT OR Apache-2.0
//! From requests to bytes, without allocation once the buffer has grown.

mod daemon;
mod dest;
pub(super) mod service;
mod timeouts;

use ipvs_types::ServiceFlags;

use crate::wire::ext::encode as ext;
use crate::wire::ext::number::{add_on, command as extended};
use crate::wire::number::{command, controller, message, netlink};
use crate::wire::write::Writer;
use crate::{Error, Operation, Request};

/// Whether a request is carried out or answered with a listing.
const DO: u16 = netlink::F_REQUEST;
const DUMP: u16 = netlink::F_REQUEST | netlink::F_DUMP;

/// Appends `request` to `out` as one complete netlink message, a multiple of four bytes long.
///
/// `family` is the number of the request's family (not used by requests to the controller), `seq` comes
/// back in the answers, and with `ack` success is answered too.
///
/// # Errors
/// [`Error::Invalid`] for a value that the kernel would misread; `out` is then as it was.
pub(crate) fn request(
    out: &mut Vec<u8>,
    family: u16,
    seq: u32,
    ack: bool,
    request: &Request,
) -> Result<(), Error> {
    check(request)?;
    let (command, form) = form(request);
    let flags = form | if ack { netlink::F_ACK } else { 0 };
    let (family, version) = match request {
        Request::ResolveFamily | Request::ResolveAddOn | Request::ListFamilies => {
            (controller::FAMILY, controller::VERSION)
        }
        _ => (family, message::VERSION),
    };
    let mut writer = Writer::message(out, (family, flags, seq), (command, version));
    attributes(&mut writer, request);
    writer.finish();
    Ok(())
}

/// Appends a message that does nothing and is acknowledged: everything before it is then settled.
///
/// The kernel reports each failed change, but for one: it answers nothing at all when a change ends
/// with `EINTR`, as the stopping of a sync daemon does whose thread had no time to run yet (the
/// daemon is stopped nevertheless). So a change must not be what an answer is awaited of.
pub(crate) fn fence(out: &mut Vec<u8>, seq: u32) {
    let flags = netlink::F_REQUEST | netlink::F_ACK;
    out.extend_from_slice(&(netlink::HEADER as u32).to_ne_bytes());
    out.extend_from_slice(&netlink::NOOP.to_ne_bytes());
    out.extend_from_slice(&flags.to_ne_bytes());
    out.extend_from_slice(&seq.to_ne_bytes());
    out.extend_from_slice(&[0; 4]); // to the kernel
}

/// Refuses what the kernel would misread.
///
/// # Errors
/// [`Error::Invalid`] with the value and what is accepted.
pub(crate) fn check(request: &Request) -> Result<(), Error> {
    let verdict = match request {
        Request::Change(
            Operation::CreateService { service, config }
            | Operation::UpdateService { service, config, .. },
        ) => service::check(service, config),
        Request::Change(Operation::SetTimeouts { change }) => timeouts::check(change),
        Request::GetConnection(key)
        | Request::DeleteConnection(key)
        | Request::DeleteConnectionByAddOn(key) => ext::check_key(key),
        Request::ListConnections(filter) | Request::CountConnections(filter) => {
            ext::check_filter(filter)
        }
        Request::DeleteConnections(Some(filter)) => ext::check_selective(filter),
        _ => Ok(()),
    };
    verdict.map_err(|what| Error::Invalid { request: Box::new(*request), what })
}

/// The command, and the flags that select its form.
fn form(request: &Request) -> (u8, u16) {
    match request {
        Request::Change(operation) => (change_command(operation), DO),
        Request::ListServices => (command::GET_SERVICE, DUMP),
        Request::GetService(_) => (command::GET_SERVICE, DO),
        Request::ListDests(_) => (command::GET_DEST, DUMP),
        Request::ListDaemons => (command::GET_DAEMON, DUMP),
        Request::GetTimeouts => (command::GET_CONFIG, DO),
        Request::GetInfo => (command::GET_INFO, DO),
        Request::ResolveFamily | Request::ResolveAddOn => (controller::GETFAMILY, DO),
        Request::ListFamilies => (controller::GETFAMILY, DUMP),
        // To listen takes no message; the probe stands for it.
        Request::GetFeatures | Request::Listen => (extended::FEATURES, DO),
        Request::ListConnections(_) => (extended::CONN_GET, DUMP),
        Request::GetConnection(_) => (extended::CONN_GET, DO),
        Request::CountConnections(_) => (extended::CONN_COUNT, DO),
        Request::DeleteConnection(_) | Request::DeleteConnections(_) => (extended::CONN_DEL, DO),
        Request::DeleteConnectionByAddOn(_) => (add_on::DELETE, DO | netlink::F_ACK),
        Request::Snapshot { .. } => (extended::SNAPSHOT, DUMP),
    }
}

fn change_command(operation: &Operation) -> u8 {
    match operation {
        Operation::CreateService { .. } => command::NEW_SERVICE,
        Operation::UpdateService { .. } => command::SET_SERVICE,
        Operation::DeleteService { .. } => command::DEL_SERVICE,
        Operation::CreateDest { .. } => command::NEW_DEST,
        Operation::UpdateDest { .. } => command::SET_DEST,
        Operation::DeleteDest { .. } => command::DEL_DEST,
        Operation::StartDaemon { .. } => command::NEW_DAEMON,
        Operation::StopDaemon { .. } => command::DEL_DAEMON,
        Operation::SetTimeouts { .. } => command::SET_CONFIG,
        Operation::Zero { .. } => command::ZERO,
        Operation::Flush => command::FLUSH,
    }
}

fn attributes(w: &mut Writer<'_>, request: &Request) {
    match request {
        Request::Change(operation) => change(w, operation),
        Request::GetService(key) | Request::ListDests(key) => service::key_nest(w, key),
        Request::ResolveFamily => w.name(controller::FAMILY_NAME, message::FAMILY.as_bytes()),
        Request::ListServices | Request::ListDaemons => {}
        Request::GetTimeouts | Request::GetInfo => {}
        Request::ListFamilies | Request::GetFeatures | Request::Listen => {}
        Request::ResolveAddOn => w.name(controller::FAMILY_NAME, add_on::FAMILY.as_bytes()),
        Request::GetConnection(key) | Request::DeleteConnection(key) => ext::key_nest(w, key),
        Request::ListConnections(filter) | Request::CountConnections(filter) => {
            ext::filter_nest(w, filter);
        }
        Request::DeleteConnections(filter) => ext::deletion(w, filter.as_ref()),
        Request::DeleteConnectionByAddOn(key) => ext::add_on_key(w, key),
        Request::Snapshot { service, extent } => ext::snapshot(w, service.as_ref(), *extent),
    }
}

fn change(w: &mut Writer<'_>, operation: &Operation) {
    match operation {
        Operation::CreateService { service, config } => {
            service::full_nest(w, service, config, u32::MAX);
        }
        Operation::UpdateService { service, config, mask } => {
            service::full_nest(w, service, config, mask.bits() | ServiceFlags::RESERVED);
        }
        Operation::DeleteService { service } => service::key_nest(w, service),
        Operation::CreateDest { service, dest, config }
        | Operation::UpdateDest { service, dest, config } => {
            service::key_nest(w, service);
            dest::full_nest(w, dest, config, service.family());
        }
        Operation::DeleteDest { service, dest } => {
            service::key_nest(w, service);
            dest::key_nest(w, dest, service.family());
        }
        Operation::StartDaemon { config } => daemon::full_nest(w, config),
        Operation::StopDaemon { role } => daemon::key_nest(w, *role),
        Operation::SetTimeouts { change } => timeouts::attributes(w, change),
        Operation::Zero { service: Some(service) } => service::key_nest(w, service),
        Operation::Zero { service: None } | Operation::Flush => {}
    }
}
