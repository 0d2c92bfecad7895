// SPDX-License-Identifier: MIT OR Apache-2.0
//! Errors: what was asked, what the kernel answered, and what to do about it.

use std::fmt;
use std::io;
use std::time::Duration;

use ipvs_types::{DestKey, ServiceKey};

use crate::errno::Errno;
use crate::{Feature, Operation, Request};

/// Why a conversation with the kernel, or a request in it, failed.
///
/// `Display` is one line for people and names the remedy; [`kind`](Error::kind) is for programs.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The kernel understood the request and refused it.
    #[error(transparent)]
    Refused(Box<Refusal>),
    /// The service has no such destination (the kernel can only be asked for all of them).
    #[error("destination {dest} of {service}: no such destination: list them with `ipvsadm -Ln`")]
    NoSuchDest {
        /// Which service.
        service: ServiceKey,
        /// Which destination.
        dest: DestKey,
    },
    /// The running kernel has no IPVS.
    #[error("the kernel has no IPVS: load it with `modprobe ip_vs` (CONFIG_IP_VS)")]
    ModuleMissing,
    /// The netlink family is gone from under this client; nothing works any more with it.
    #[error(
        "the module ip_vs was unloaded, or loaded anew, since this conversation with it began: load it \
         if need be (`modprobe ip_vs`), and open a new client"
    )]
    ModuleUnloaded,
    /// The caller may not administer IPVS in this namespace.
    #[error(
        "no permission to {request}: run as root, or with CAP_NET_ADMIN in the namespace's owner"
    )]
    PermissionDenied {
        /// What was asked.
        request: Box<Request>,
    },
    /// The network namespace could not be entered.
    #[error("network namespace `{name}`: {source}: {remedy}")]
    Namespace {
        /// The name, pid or path that was given.
        name: String,
        /// Why.
        source: io::Error,
        /// What to do.
        remedy: &'static str,
    },
    /// This backend or kernel can't express what was asked; nothing was sent.
    #[error("{request}: the {backend} interface has no {feature}; {remedy}")]
    Unsupported {
        /// What was asked.
        request: Box<Request>,
        /// What it would need.
        feature: Feature,
        /// Which backend.
        backend: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// A value that can't be sent without being misread; nothing was sent.
    #[error("{request}: {what}")]
    Invalid {
        /// What was asked.
        request: Box<Request>,
        /// Which value, and what is accepted.
        what: String,
    },
    /// No answer in time. Whether a change was carried out is not known.
    #[error("{request}: no answer from the kernel within {} s; read the state again", after.as_secs_f32())]
    Timeout {
        /// What was asked.
        request: Box<Request>,
        /// How long was waited.
        after: Duration,
    },
    /// Others changed the table so often that no two reads agreed.
    #[error(
        "the table was changed by others during each of {reads} reads: try again when they pause, \
         or accept a listing that may be incomplete"
    )]
    Unsettled {
        /// How many complete reads were made.
        reads: usize,
    },
    /// Answers were lost: operations from number `confirmed` on may or may not have been done.
    #[error(
        "{request}: answers from the kernel were lost after {confirmed} confirmed operations; read \
         the state again"
    )]
    OutcomeUnknown {
        /// The first request whose outcome is not known.
        request: Box<Request>,
        /// How many operations before it have a known outcome.
        confirmed: usize,
    },
    /// The kernel's answer is not what its interface says.
    #[error("{request}: the kernel's answer can't be read: {what}")]
    Malformed {
        /// What was asked.
        request: Box<Request>,
        /// What is wrong with the answer.
        what: String,
    },
    /// A system call failed.
    #[error("{doing}: {source}")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// Why it failed.
        source: io::Error,
    },
}

/// The kind of an [`Error`], for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// No such virtual service.
    NoSuchService,
    /// No such destination.
    NoSuchDest,
    /// No such sync daemon is running.
    NoSuchDaemon,
    /// Service, destination or daemon exists already.
    AlreadyExists,
    /// Scheduler or persistence engine unknown and not loadable.
    UnknownModule,
    /// No such network interface.
    NoSuchInterface,
    /// A value that the kernel or this library refuses.
    Invalid,
    /// No such connection.
    NoSuchConnection,
    /// It is in use.
    Busy,
    /// Not possible here.
    Unsupported,
    /// No permission.
    PermissionDenied,
    /// The kernel has no IPVS.
    ModuleMissing,
    /// IPVS was unloaded, or loaded anew: the client has to be opened again.
    ModuleUnloaded,
    /// No such namespace, or it can't be entered.
    Namespace,
    /// No answer in time.
    Timeout,
    /// No two reads agreed.
    Unsettled,
    /// Answers were lost.
    OutcomeUnknown,
    /// Unreadable answer.
    Malformed,
    /// Anything else; see the errno.
    Other,
}

/// What the kernel said about a refusal beyond the number (`NETLINK_EXT_ACK`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExtAck {
    /// The kernel's message.
    pub message: Option<String>,
    /// Offset in bytes of the offending attribute, from the start of the request.
    pub offset: Option<u32>,
}

/// The kernel's refusal of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusal {
    /// What was asked.
    pub request: Request,
    /// The kernel's error number.
    pub errno: Errno,
    /// The kernel's explanation, where it gave one.
    pub ext_ack: Option<ExtAck>,
}

impl Refusal {
    /// The refusal of `request` with `errno`.
    pub fn new(request: impl Into<Request>, errno: Errno) -> Self {
        Self { request: request.into(), errno, ext_ack: None }
    }

    /// The kind of refusal. The same number means different things for different requests.
    pub fn kind(&self) -> ErrorKind {
        use Operation as Op;
        let Request::Change(operation) = &self.request else {
            return match self.errno {
                Errno::ESRCH => ErrorKind::NoSuchService,
                Errno::ENOENT if self.request.names_connection() => ErrorKind::NoSuchConnection,
                // So does generic netlink answer to the number of a family that is gone.
                Errno::ENOENT if !self.request.names_family() => ErrorKind::ModuleUnloaded,
                Errno::EBUSY | Errno::EAGAIN if self.request.names_connection() => ErrorKind::Busy,
                errno => generic_kind(errno),
            };
        };
        match (self.errno, operation) {
            (Errno::ESRCH, Op::StopDaemon { .. }) => ErrorKind::NoSuchDaemon,
            (Errno::ESRCH, _) => ErrorKind::NoSuchService,
            (Errno::ENOENT, Op::UpdateDest { .. } | Op::DeleteDest { .. }) => ErrorKind::NoSuchDest,
            (Errno::ENOENT, _) => ErrorKind::UnknownModule,
            (errno, _) => generic_kind(errno),
        }
    }

    /// What the number means for this request, and what to do.
    pub fn explanation(&self) -> String {
        crate::error_text::explain(self)
    }
}

fn generic_kind(errno: Errno) -> ErrorKind {
    match errno {
        Errno::EEXIST => ErrorKind::AlreadyExists,
        Errno::ENODEV => ErrorKind::NoSuchInterface,
        Errno::EINVAL | Errno::ERANGE | Errno::EFAULT => ErrorKind::Invalid,
        Errno::EPERM | Errno::EACCES => ErrorKind::PermissionDenied,
        Errno::EOPNOTSUPP | Errno::EAFNOSUPPORT => ErrorKind::Unsupported,
        Errno::ENOPROTOOPT => ErrorKind::ModuleMissing,
        _ => ErrorKind::Other,
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.request, self.explanation(), self.errno)?;
        match self.ext_ack.as_ref().and_then(|ack| ack.message.as_ref()) {
            Some(message) => write!(f, "; the kernel says: {message}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Refusal {}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal.kind() {
            // EACCES is a security module's, which root does not help against.
            ErrorKind::PermissionDenied if refusal.errno == Errno::EPERM => {
                Self::PermissionDenied { request: Box::new(refusal.request) }
            }
            ErrorKind::ModuleMissing => Self::ModuleMissing,
            ErrorKind::ModuleUnloaded => Self::ModuleUnloaded,
            _ => Self::Refused(Box::new(refusal)),
        }
    }
}

impl From<Box<Refusal>> for Error {
    fn from(refusal: Box<Refusal>) -> Self {
        (*refusal).into()
    }
}

impl Error {
    /// The kind of error, for programs.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Refused(refusal) => refusal.kind(),
            Self::NoSuchDest { .. } => ErrorKind::NoSuchDest,
            Self::ModuleMissing => ErrorKind::ModuleMissing,
            Self::ModuleUnloaded => ErrorKind::ModuleUnloaded,
            Self::PermissionDenied { .. } => ErrorKind::PermissionDenied,
            Self::Namespace { .. } => ErrorKind::Namespace,
            Self::Unsupported { .. } => ErrorKind::Unsupported,
            Self::Invalid { .. } => ErrorKind::Invalid,
            Self::Timeout { .. } => ErrorKind::Timeout,
            Self::Unsettled { .. } => ErrorKind::Unsettled,
            Self::OutcomeUnknown { .. } => ErrorKind::OutcomeUnknown,
            Self::Malformed { .. } => ErrorKind::Malformed,
            Self::Io { .. } => ErrorKind::Other,
        }
    }

    /// The error number, where a kernel gave one.
    pub fn errno(&self) -> Option<Errno> {
        match self {
            Self::Refused(refusal) => Some(refusal.errno),
            Self::NoSuchDest { .. } | Self::ModuleUnloaded => Some(Errno::ENOENT),
            Self::ModuleMissing => Some(Errno::ENOPROTOOPT),
            Self::PermissionDenied { .. } => Some(Errno::EPERM),
            Self::Namespace { source, .. } | Self::Io { source, .. } => {
                source.raw_os_error().map(Errno)
            }
            _ => None,
        }
    }
}
