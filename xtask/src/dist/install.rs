// SPDX-License-Identifier: MIT OR Apache-2.0
//! The package on a real kernel: installed, used, removed, in roots of their own in one guest.

use std::process::ExitCode;

use anyhow::Result;

use super::{deb, fixture};
use crate::HARNESS_FAILED;
use crate::tally::Tally;
use crate::vm::options::Options;
use crate::vm::{setup, test};

/// `cargo xtask dist test`.
pub fn main(options: Options) -> Result<ExitCode> {
    let tally = checks(&options)?;
    println!("{tally}");
    Ok(ExitCode::from(if tally.failed == 0 { 0 } else { HARNESS_FAILED }))
}

/// Makes the package, tries it, and counts the results.
///
/// # Errors
/// The package is not as it must be, or the host fails; what fails in the guest is counted.
pub fn checks(options: &Options) -> Result<Tally> {
    setup::implied()?;
    let package = deb::package()?;
    let fixture = fixture::packages()?;
    test::packages(options, &package, &fixture)
}
