// SPDX-License-Identifier: MIT OR Apache-2.0
//! A kernel that writes down what it is asked and answers from the state.

use std::sync::{Arc, Mutex, PoisonError};

use ipvs_netlink::types::{DaemonConfig, ServiceKey, Timeouts};
use ipvs_netlink::{
    Backend, DestEntry, Error, Feature, Info, Operation, Outcome, Refusal, Request, ServiceEntry,
    Support,
};

use super::record;
use super::state::{Question, State};

/// The requests so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Calls(Arc<Mutex<Vec<String>>>);

impl Calls {
    /// What was requested, a line each.
    pub fn taken(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn write(&self, call: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(call);
    }
}

/// The kernel.
pub(super) struct Recorder {
    pub state: State,
    pub calls: Calls,
    pub changes: usize,
}

impl Recorder {
    pub fn new(state: State, calls: Calls) -> Self {
        Self { state, calls, changes: 0 }
    }

    fn asked(&self, question: Question, call: String, request: Request) -> Result<(), Error> {
        self.calls.write(call);
        match self.state.failure_of(question) {
            None => Ok(()),
            Some(errno) => Err(Error::Refused(Box::new(Refusal::new(request, errno)))),
        }
    }
}

impl Backend for Recorder {
    fn name(&self) -> &'static str {
        "recorder"
    }

    fn commit(&mut self, operations: &[Operation]) -> Result<Vec<Outcome>, Error> {
        let outcomes = operations.iter().map(|operation| {
            self.calls.write(record::change(operation));
            let nth = self.changes;
            self.changes += 1;
            match self.state.refused.iter().find(|(refused, _)| *refused == nth) {
                None => Ok(()),
                Some((_, errno)) => Err(Box::new(Refusal::new(*operation, *errno))),
            }
        });
        Ok(outcomes.collect())
    }

    fn services(&mut self) -> Result<Vec<ServiceEntry>, Error> {
        self.asked(Question::Services, "read services".to_owned(), Request::ListServices)?;
        Ok(self.state.services.iter().map(|table| table.service.clone()).collect())
    }

    fn service(&mut self, service: ServiceKey) -> Result<ServiceEntry, Error> {
        let request = Request::GetService(service);
        self.asked(Question::Service, record::service(&service), request)?;
        let found = self.state.services.iter().find(|table| table.service.key == service);
        let missing = || Refusal::new(request, ipvs_netlink::Errno::ESRCH);
        found.map(|table| table.service.clone()).ok_or_else(|| Error::Refused(Box::new(missing())))
    }

    // Not written down: the C tool asks for destinations in the sorted order of services, which
    // nobody can tell.
    fn dests(&mut self, service: ServiceKey) -> Result<Vec<DestEntry>, Error> {
        let found = self.state.services.iter().find(|table| table.service.key == service);
        Ok(found.map(|table| table.dests.clone()).unwrap_or_default())
    }

    fn daemons(&mut self) -> Result<Vec<DaemonConfig>, Error> {
        self.asked(Question::Daemons, "read daemons".to_owned(), Request::ListDaemons)?;
        Ok(self.state.daemons.clone())
    }

    fn timeouts(&mut self) -> Result<Timeouts, Error> {
        self.asked(Question::Timeouts, "read timeouts".to_owned(), Request::GetTimeouts)?;
        Ok(self.state.timeouts)
    }

    fn info(&mut self) -> Result<Info, Error> {
        Ok(self.state.info)
    }

    fn supports(&mut self, _: Feature) -> Support {
        Support::Supported
    }
}
