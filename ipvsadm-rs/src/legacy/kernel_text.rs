// SPDX-License-Identifier: MIT OR Apache-2.0
//! The C tool's texts for what the kernel refuses: scripts match them.

use std::io;

use ipvs_netlink::{Errno, Error, Feature, Operation as Op, Refusal, Request};

/// What the C tool says about this error.
///
/// It knows error numbers only. What has none (no answer in time, an unreadable one) is told in the
/// library's words.
pub fn of_error(error: &Error) -> String {
    match error {
        Error::Refused(refusal) => of_refusal(refusal),
        // What the C tool refuses over the socket options; the rest it drops without a word.
        Error::Unsupported { feature: Feature::Ipv6 | Feature::PersistenceEngine, .. } => {
            of_number(Errno::EAFNOSUPPORT)
        }
        _ => match error.errno() {
            Some(errno) => of_number(errno),
            None => error.to_string(),
        },
    }
}

/// What the C tool says about this refusal.
pub fn of_refusal(refusal: &Refusal) -> String {
    match specific(&refusal.request, refusal.errno) {
        Some(text) => text.to_owned(),
        None => of_number(refusal.errno),
    }
}

fn specific(request: &Request, errno: Errno) -> Option<&'static str> {
    use Request::{Change, GetService, ListDests, ListServices};
    Some(match (errno, request) {
        (Errno::EEXIST, Change(Op::CreateService { .. })) => "Service already exists",
        (Errno::EEXIST, Change(Op::CreateDest { .. })) => "Destination already exists",
        (Errno::EEXIST, Change(Op::StartDaemon { .. })) => "Daemon has already run",
        (Errno::ENOENT, Change(Op::CreateService { .. } | Op::UpdateService { .. })) => {
            "Scheduler or persistence engine not found"
        }
        (Errno::ENOENT, Change(Op::UpdateDest { .. } | Op::DeleteDest { .. })) => {
            "No such destination"
        }
        (
            Errno::ESRCH,
            Change(Op::CreateDest { .. } | Op::UpdateDest { .. } | Op::DeleteDest { .. }),
        ) => "Service not defined",
        (Errno::ESRCH, Change(Op::StopDaemon { .. })) => "No daemon is running",
        (
            Errno::ESRCH,
            Change(Op::UpdateService { .. } | Op::DeleteService { .. } | Op::Zero { .. })
            | GetService(_)
            | ListServices
            | ListDests(_),
        ) => "No such service",
        _ => return None,
    })
}

fn of_number(errno: Errno) -> String {
    let fixed = match errno {
        Errno::EPERM => "Permission denied (you must be root)",
        Errno::EINVAL => {
            "Invalid operation.  Possibly wrong module version, address not unicast, ..."
        }
        Errno::ENOPROTOOPT => "Protocol not available",
        Errno::ENOMEM => "Memory allocation problem",
        Errno::EOPNOTSUPP => "Operation not supported with IPv6",
        Errno::EAFNOSUPPORT => "Operation not supported with specified address family",
        Errno::EMSGSIZE => "Module is wrong version",
        Errno(number) => return system_text(number),
    };
    fixed.to_owned()
}

/// The C library's text, which std follows with the number in brackets.
fn system_text(number: i32) -> String {
    let text = io::Error::from_raw_os_error(number).to_string();
    match text.find(" (os error") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ipvs_netlink::types::DaemonRole;

    fn text(request: impl Into<Request>, errno: Errno) -> String {
        of_refusal(&Refusal::new(request, errno))
    }

    #[test]
    fn a_number_means_different_things() {
        let service = "tcp/10.0.0.1:80".parse().expect("a service");
        let dest = "10.0.0.2:80".parse().expect("a destination");
        let delete = Op::DeleteService { service };
        let delete_dest = Op::DeleteDest { service, dest };
        assert_eq!(text(delete, Errno::ESRCH), "No such service");
        assert_eq!(text(delete_dest, Errno::ESRCH), "Service not defined");
        assert_eq!(text(delete_dest, Errno::ENOENT), "No such destination");
        let stop = Op::StopDaemon { role: DaemonRole::Master };
        assert_eq!(text(stop, Errno::ESRCH), "No daemon is running");
        assert_eq!(text(Request::GetService(service), Errno::ESRCH), "No such service");
        assert_eq!(text(Request::ListServices, Errno::ESRCH), "No such service");
        assert_eq!(text(Request::ListDaemons, Errno::ESRCH), "No such process");
        assert_eq!(text(delete_dest, Errno::ERANGE), "Numerical result out of range");
        assert_eq!(text(stop, Errno::ENODEV), "No such device");
    }

    #[test]
    fn errors_without_a_refusal() {
        let request = Box::new(Request::GetInfo);
        assert_eq!(of_error(&Error::ModuleMissing), "Protocol not available");
        let denied = Error::PermissionDenied { request };
        assert_eq!(of_error(&denied), "Permission denied (you must be root)");
    }
}
