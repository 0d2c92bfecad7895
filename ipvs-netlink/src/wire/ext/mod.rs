// SPDX-License-Identifier: MIT OR Apache-2.0
//! The bytes of the families `ipvs_ext` (patched kernels) and `ipvs_connctl` (an add-on module); see
//! `kernel-patches/PROTOCOL.md`.

pub(crate) mod decode;
pub(super) mod encode;
pub(crate) mod number;
#[cfg(all(test, target_endian = "little"))]
mod tests;
