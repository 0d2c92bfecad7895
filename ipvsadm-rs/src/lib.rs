// SPDX-License-Identifier: MIT OR Apache-2.0
//! The `ipvsadm` program as a library, so that tests run it in process, against a kernel in memory.
//!
//! [`program::run`] is the whole of it: arguments and standard streams in, exit status out.
#![forbid(unsafe_code)]

pub mod legacy;
pub mod modern;
mod output;
pub mod program;
