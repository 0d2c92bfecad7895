// SPDX-License-Identifier: MIT OR Apache-2.0
//! Answers, reduced to what must be equal.

use ipvs_netlink::types::{DestConfig, DestKey, ServiceConfig, ServiceKey};
use ipvs_netlink::{Errno, Error, ErrorKind, Ipvs, Operation, Refusal};

/// What became of a batch: a number for each refused operation, or why nothing was answered.
pub(super) type Answer = Result<Vec<Result<(), Errno>>, ErrorKind>;

pub(super) fn commit(ipvs: &mut Ipvs, operations: &[Operation]) -> Answer {
    let number = |refusal: Box<Refusal>| refusal.errno;
    match ipvs.commit(operations) {
        Ok(outcomes) => Ok(outcomes.into_iter().map(|outcome| outcome.map_err(number)).collect()),
        Err(error) => Err(error.kind()),
    }
}

/// What is said about one service: its configuration and its destinations, in order.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Question {
    service: Result<ServiceConfig, ErrorKind>,
    dests: Result<Vec<(DestKey, DestConfig)>, ErrorKind>,
}

pub(super) fn ask(ipvs: &mut Ipvs, service: ServiceKey) -> Question {
    let kind = |error: Error| error.kind();
    let dests = ipvs.dests(service).map_err(kind);
    Question {
        service: ipvs.service(service).map(|entry| entry.config).map_err(kind),
        dests: dests.map(|dests| dests.iter().map(|dest| (dest.key, dest.config)).collect()),
    }
}
