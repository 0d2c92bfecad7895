// SPDX-License-Identifier: MIT OR Apache-2.0
//! Many changes in few system calls.

use ipvs_types::{DestConfig, DestKey, ServiceConfig, ServiceFlags, ServiceKey};

use crate::{Error, Ipvs, Operation, Outcome, Refusal};

/// Operations that are sent together, in order.
///
/// Not a transaction: the kernel carries out each on its own, and a refused one does not stop the
/// rest. For all or nothing see plans.
#[must_use = "a batch does nothing until it is committed"]
pub struct Batch<'a> {
    ipvs: &'a mut Ipvs,
    operations: Vec<Operation>,
}

impl<'a> Batch<'a> {
    pub(crate) fn new(ipvs: &'a mut Ipvs) -> Self {
        Self { ipvs, operations: Vec::new() }
    }

    /// Appends an operation.
    pub fn push(mut self, operation: Operation) -> Self {
        self.operations.push(operation);
        self
    }

    /// Appends the making of a service.
    pub fn create_service(self, service: ServiceKey, config: ServiceConfig) -> Self {
        self.push(Operation::CreateService { service, config })
    }

    /// Appends the replacement of a service's configuration.
    pub fn update_service(self, service: ServiceKey, config: ServiceConfig) -> Self {
        self.push(Operation::UpdateService { service, config, mask: ServiceFlags::all() })
    }

    /// Appends the removal of a service.
    pub fn delete_service(self, service: ServiceKey) -> Self {
        self.push(Operation::DeleteService { service })
    }

    /// Appends the making of a destination.
    pub fn create_dest(self, service: ServiceKey, dest: DestKey, config: DestConfig) -> Self {
        self.push(Operation::CreateDest { service, dest, config })
    }

    /// Appends the replacement of a destination's configuration.
    pub fn update_dest(self, service: ServiceKey, dest: DestKey, config: DestConfig) -> Self {
        self.push(Operation::UpdateDest { service, dest, config })
    }

    /// Appends the removal of a destination.
    pub fn delete_dest(self, service: ServiceKey, dest: DestKey) -> Self {
        self.push(Operation::DeleteDest { service, dest })
    }

    /// Sends the batch and waits for the fate of every operation.
    ///
    /// # Errors
    /// Only when the conversation failed, or a value could not be sent (then nothing was); what the
    /// kernel refused is in the report.
    pub fn commit(self) -> Result<Report, Error> {
        let outcomes = self.ipvs.commit(&self.operations)?;
        Ok(Report { outcomes })
    }
}

/// What became of the operations of a batch, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "refused operations are in the report"]
pub struct Report {
    outcomes: Vec<Outcome>,
}

impl Report {
    /// One outcome an operation, in the order of the batch.
    pub fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }

    /// The refused operations with their positions in the batch.
    pub fn refusals(&self) -> impl Iterator<Item = (usize, &Refusal)> {
        self.outcomes
            .iter()
            .enumerate()
            .filter_map(|(i, outcome)| Some((i, &**outcome.as_ref().err()?)))
    }

    /// Success if nothing was refused.
    ///
    /// # Errors
    /// The first refusal.
    pub fn all_done(self) -> Result<(), Error> {
        for outcome in self.outcomes {
            outcome?;
        }
        Ok(())
    }
}
