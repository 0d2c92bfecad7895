// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is never sent to a kernel that does not announce it.
//!
//! A stock kernel takes any number from 0 to 7 for a forwarding method. A destination with number 5,
//! FULLNAT, then drops all packets in silence.

use ipvs_types::Method;

use super::needs::unsupported;
use crate::{Error, Feature, Ipvs, Operation};

impl Ipvs {
    /// Refuses FULLNAT where the kernel has not announced it; called before anything is sent.
    pub(crate) fn admit(&mut self, operations: &[Operation]) -> Result<(), Error> {
        let Some(operation) = operations.iter().find(|operation| is_fullnat(operation)) else {
            return Ok(());
        };
        match self.has_beyond_stock(Feature::Fullnat)? {
            Some(true) => Ok(()),
            _ => Err(unsupported((*operation).into(), Feature::Fullnat, self.backend.name())),
        }
    }
}

fn is_fullnat(operation: &Operation) -> bool {
    match operation {
        Operation::CreateDest { config, .. } | Operation::UpdateDest { config, .. } => {
            config.forward.method() == Method::FULLNAT
        }
        _ => false,
    }
}
