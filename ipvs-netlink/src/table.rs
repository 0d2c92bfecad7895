// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whole listings: services with their destinations.
//!
//! The kernel resumes a long dump by counting entries and never says when somebody changed the table
//! meanwhile: entries are then lost or doubled in silence. A listing that must be right is therefore
//! read until two reads agree.

use ipvs_types::{DestConfig, DestKey, ServiceConfig, ServiceKey};

use crate::{DestEntry, Error, Ipvs, ServiceEntry};

/// A service with its destinations, in the kernel's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceTable {
    /// The service.
    pub service: ServiceEntry,
    /// Its destinations, newest first.
    pub dests: Vec<DestEntry>,
}

/// All services with their destinations.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    /// The services.
    pub services: Vec<ServiceTable>,
}

impl ServiceTable {
    fn same_rules(&self, other: &Self) -> bool {
        let dest = |d: &DestEntry| -> (DestKey, DestConfig) { (d.key, d.config) };
        let head = |t: &Self| -> (ServiceKey, ServiceConfig) { (t.service.key, t.service.config) };
        head(self) == head(other) && self.dests.iter().map(dest).eq(other.dests.iter().map(dest))
    }
}

impl Table {
    /// Whether both hold the same services and destinations with the same configuration in the same
    /// order; what is counted does not matter.
    pub fn same_rules(&self, other: &Self) -> bool {
        self.services.len() == other.services.len()
            && self.services.iter().zip(&other.services).all(|(a, b)| a.same_rules(b))
    }
}

impl Ipvs {
    /// How many reads [`Ipvs::settled_table`] makes before it gives up.
    pub const SETTLE_READS: usize = 32;

    /// All services with their destinations. One read: if somebody changes the table meanwhile, it
    /// may lack entries.
    ///
    /// # Errors
    /// When the kernel refuses, or the conversation fails.
    pub fn table(&mut self) -> Result<Table, Error> {
        self.backend.table()
    }

    /// All services with their destinations, read until two reads in a row agree in every key,
    /// configuration and position, so that the listing is a state that the table really had.
    ///
    /// The order counts because it tells: a destination that was removed and added again moves to
    /// the front. What can't be seen is a change that is exactly undone between the two reads.
    ///
    /// # Errors
    /// [`Error::Unsettled`] after [`Ipvs::SETTLE_READS`] reads without two that agree.
    pub fn settled_table(&mut self) -> Result<Table, Error> {
        let mut last = self.table()?;
        for _ in 1..Self::SETTLE_READS {
            let next = self.table()?;
            if next.same_rules(&last) {
                return Ok(next);
            }
            last = next;
        }
        Err(Error::Unsettled { reads: Self::SETTLE_READS })
    }
}
