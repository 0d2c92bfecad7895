// SPDX-License-Identifier: MIT OR Apache-2.0
//! Ten thousand random operations against the running kernel and its model.

use ipvs_netlink::Ipvs;
use ipvs_netlink::fake::Release;

use crate::case::{Case, Failure};
use crate::ctx::{Ctx, Kernel};
use crate::model;

/// The tests of this module.
pub const CASES: &[Case] = &[
    Case::new("model::ten_thousand_steps", |ctx| steps(ctx, 10_000, 20_260_101)).timeout(600),
    Case::new("model::two_thousand_other_steps", |ctx| steps(ctx, 2000, 7)).timeout(300),
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
    let mut kernel = Ipvs::open()?;
    let mut imagined = Ipvs::with_backend(model::kernel(release(ctx.kernel())));
    match model::run(&mut kernel, &mut imagined, steps, seed) {
        Ok(report) => {
            println!("{report}");
            assert!(report.operations >= steps);
            Ok(())
        }
        Err(mismatch) => Err(Failure::new(mismatch.to_string())),
    }
}
