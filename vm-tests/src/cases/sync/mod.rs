// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ipvs-syncd` and the kernel's sync daemons.

mod bulk;
mod busy;
mod coverage;
mod failover;
mod surgery;
mod transfer;

use crate::case::Case;

/// The tests of this module.
pub const CASES: &[&[Case]] =
    &[bulk::CASES, busy::CASES, coverage::CASES, failover::CASES, surgery::CASES];
