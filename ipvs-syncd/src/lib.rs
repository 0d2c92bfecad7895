// SPDX-License-Identifier: MIT OR Apache-2.0
//! Monitor for the connection-synchronisation daemon of the Linux kernel's IPVS.
//!
//! There is nothing here yet. Starting, stopping and listing the kernel's sync daemons is in
//! `ipvs-netlink`; decoding their messages will be here.
#![forbid(unsafe_code)]
