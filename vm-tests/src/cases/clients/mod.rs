// SPDX-License-Identifier: MIT OR Apache-2.0
//! Programs and scripts in daily use that live on `ipvsadm`, with ours in its place and, for
//! comparison, with the C tool.

pub mod init_script;
pub mod keepalived;
pub mod kernel_script;
pub mod ldirectord;
pub mod monitors;
