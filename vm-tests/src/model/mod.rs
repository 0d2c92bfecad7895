// SPDX-License-Identifier: MIT OR Apache-2.0
//! Model-based test: the same random operations against a kernel and the kernel in memory, which
//! must answer alike and end up alike.
//!
//! The operations come from a small space of keys and values, so that they collide often, and
//! contain everything that the kernels refuse. A run depends on nothing but its seed. The namespace
//! of the real kernel has to be prepared with [`SETUP`]; everything in it is removed first.
//!
//! ```
//! use ipvs_netlink::Ipvs;
//! use ipvs_netlink::fake::Release;
//! use vm_tests::model;
//!
//! let mut one = Ipvs::with_backend(model::kernel(Release::Linux6_12));
//! let mut other = Ipvs::with_backend(model::kernel(Release::Linux6_12));
//! let report = model::run(&mut one, &mut other, 500, 1).expect("they are the same");
//! assert!(report.operations >= 500);
//! ```

mod answer;
mod random;
mod report;
mod run;
mod shrink;
mod space;
mod state;

use ipvs_netlink::Operation;
use ipvs_netlink::fake::{Interface, Kernel, Release};

pub use report::{Mismatch, Report, What};
pub use run::run;
pub use state::State;

/// What makes a fresh namespace the one that the model expects, as `ip` commands; IPv6 addresses
/// need a moment after them.
pub const SETUP: [&str; 4] = [
    "ip link set lo up",
    "ip link add dummy0 type dummy",
    "ip link set dummy0 up",
    "ip link add down0 type dummy",
];

/// Random operations from the model's space, without end.
pub fn operations(seed: u64) -> impl Iterator<Item = Operation> {
    let mut random = random::Random::new(seed);
    std::iter::repeat_with(move || random.operation())
}

/// The kernel in memory with the same interfaces.
///
/// # Panics
/// Never: the names are valid.
pub fn kernel(release: Release) -> Kernel {
    let kernel = Kernel::new(release);
    let name = |name: &str| name.parse().expect("a short literal");
    kernel.remove_interface(name("eth0"));
    kernel.set_interface(name("dummy0"), Interface::new(1500));
    kernel.set_interface(name("down0"), Interface::new(1500).down());
    kernel
}
