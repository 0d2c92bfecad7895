// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ipvs-syncd` and the kernel's sync daemons.

mod bulk;
mod coverage;
mod surgery;

use crate::case::Case;

/// Why most of these do not run by themselves yet.
const TRIAL: &str = "passed on 7.2 at most, not yet on 6.1 and 6.12";

/// The tests of this module.
pub const CASES: &[&[Case]] = &[bulk::CASES, coverage::CASES, surgery::CASES];
