// SPDX-License-Identifier: MIT OR Apache-2.0
//! The grammar, texts and exit statuses of the C ipvsadm, so that scripts don't notice.

pub mod argv;
pub mod command;
pub mod draft;
mod fault;
pub mod host;
mod inet;
pub mod matrix;
mod number;
pub mod options;
pub mod popt;
mod resolve;
mod sched_flags;
pub mod services_file;
mod tunnel;

#[cfg(test)]
pub(crate) mod test_host;

pub use fault::Fault;
