// SPDX-License-Identifier: MIT OR Apache-2.0
//! An order: done or refused, and nothing to tell.

use super::exchange::{Exchange, Progress, refused};
use crate::wire::frame::Answer;
use crate::{Error, Request};

/// An order that waits for its acknowledgement.
pub(super) struct Order {
    request: Request,
    seq: u32,
}

impl Order {
    pub(super) fn new(request: Request, seq: u32) -> Self {
        Self { request, seq }
    }
}

impl Exchange for Order {
    type Output = ();

    fn request(&self) -> Request {
        self.request
    }

    fn take(&mut self, seq: u32, answer: Answer<'_>) -> Result<Progress, Error> {
        match answer {
            _ if seq != self.seq => Ok(Progress::More),
            Answer::Ack => Ok(Progress::Complete),
            Answer::Nack { errno, ext_ack } => Err(refused(self.request, errno, ext_ack)),
            _ => Ok(Progress::More),
        }
    }

    fn finish(self) -> Result<(), Error> {
        Ok(())
    }
}
