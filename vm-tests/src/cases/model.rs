// SPDX-License-Identifier: MIT OR Apache-2.0
//! Ten thousand random operations against the running kernel and its model.

use std::time::Duration;

use ipvs_netlink::fake::Release;
use ipvs_netlink::types::{DestConfig, Forward, Scheduler, ServiceConfig};
use ipvs_netlink::{Errno, Ipvs};

use crate::case::{Case, Failure};
use crate::ctx::{Ctx, Kernel};
use crate::model;

/// The tests of this module.
pub const CASES: &[Case] = &[
    Case::new("model::ten_thousand_steps", |ctx| steps(ctx, 10_000, 20_260_101)).timeout(600),
    Case::new("model::two_thousand_other_steps", |ctx| steps(ctx, 2000, 7)).timeout(600),
];

/// Which set of rules the running kernel follows.
fn release(kernel: Kernel) -> Release {
    match (kernel.major, kernel.minor) {
        (..=6, ..=1) => Release::Linux6_1,
        (..=6, _) => Release::Linux6_12,
        _ => Release::Linux7_2,
    }
}

fn steps(ctx: &mut Ctx, steps: usize, seed: u64) -> Result<(), Failure> {
    for line in model::SETUP {
        ctx.run(line)?;
    }
    // IPv6 addresses of the interfaces are usable a moment after they came up.
    ctx.run(
        "for i in $(seq 50); do ip -6 addr show tentative | grep -q . || break; sleep 0.2; done",
    )?;
    // A busy host makes module lookups and the end of a daemon slow; that is no difference.
    let mut kernel = Ipvs::options().timeout(Duration::from_secs(60)).open()?;
    let imagined = model::kernel(release(ctx.kernel()));
    imagined.set_threshold_limit(has_threshold_limit(&mut kernel)?);
    let mut imagined = Ipvs::with_backend(imagined);
    match model::run(&mut kernel, &mut imagined, steps, seed) {
        Ok(report) => {
            println!("{report}");
            assert!(report.operations >= steps);
            Ok(())
        }
        Err(mismatch) => Err(Failure::new(mismatch.to_string())),
    }
}

/// Thresholds above `INT_MAX` are refused since some patch level of each series (not by 6.1.176, by
/// 6.1.192), which the version that a test knows does not tell.
fn has_threshold_limit(kernel: &mut Ipvs) -> Result<bool, Failure> {
    let service = "tcp/192.0.2.1:80".parse()?;
    kernel.create_service(service, ServiceConfig::new(Scheduler::RR))?;
    let config = DestConfig::new(Forward::Masq).thresholds(1 << 31, 0);
    let result = kernel.create_dest(service, "10.0.0.2:80".parse()?, config);
    kernel.delete_service(service)?;
    match result {
        Ok(()) => Ok(false),
        Err(error) if error.errno() == Some(Errno::EINVAL) => Ok(true),
        Err(error) => Err(error.into()),
    }
}
