// SPDX-License-Identifier: MIT OR Apache-2.0
//! The grammar, texts and exit statuses of the C ipvsadm, so that scripts don't notice.
//!
//! Arguments become options ([`popt`], fed by the one table in [`options`]), options a checked
//! [`command`], a command requests to the kernel and text ([`session`]).

pub mod argv;
mod atomic;
pub mod command;
pub mod described;
mod desired;
mod draft;
mod fault;
pub mod help;
pub mod host;
pub mod hosts_file;
mod inet;
mod inet6;
mod kernel_text;
mod lines;
mod list;
pub mod matrix;
mod number;
pub mod options;
pub mod popt;
mod resolve;
mod restore;
pub mod run;
mod sched_flags;
mod script;
pub mod scripts;
pub mod services_file;
pub mod session;
pub mod streams;
mod tunnel;
mod unprivileged;

pub use fault::Fault;
