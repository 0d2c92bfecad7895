// SPDX-License-Identifier: MIT OR Apache-2.0
//! What our patches give: connections, events and snapshots by netlink (`cargo xtask vm test --patched`).

mod conns;
mod events;
mod resume;
mod snapshot;
mod speed;

use crate::case::Case;
pub(super) use conns::some;

/// The tests of this module.
pub const CASES: &[&[Case]] =
    &[conns::CASES, events::CASES, resume::CASES, snapshot::CASES, speed::CASES];

/// What older kernels lack, for which there is only the patch to `/proc`.
const EXTENSION: &str = "our family ipvs_ext";
