// SPDX-License-Identifier: MIT OR Apache-2.0
//! Conversations without input or output: each takes the kernel's answers until it is complete.

use std::collections::HashSet;
use std::hash::Hash;

use crate::wire::WireError;
use crate::wire::frame::{Answer, Frames};
use crate::wire::number::netlink;
use crate::{Error, Operation, Outcome, Refusal, Request};

/// How far an exchange is after an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    More,
    /// Nothing else comes.
    Complete,
    /// Nothing else is wanted, though it comes.
    Enough,
}

/// A question or a chunk of changes that waits for its answers.
pub(crate) trait Exchange {
    type Output;

    /// What to name in an error.
    fn request(&self) -> Request;

    /// How many operations have a known outcome, for an error in mid-conversation.
    fn confirmed(&self) -> usize {
        0
    }

    /// What is listed changed while the answer of this number was made.
    fn interrupted(&mut self, _seq: u32) {}

    /// Takes one answer with its sequence number; answers to others are ignored.
    fn take(&mut self, seq: u32, answer: Answer<'_>) -> Result<Progress, Error>;

    /// The result, once complete.
    fn finish(self) -> Result<Self::Output, Error>;
}

/// Feeds the messages of one datagram to an exchange.
pub(crate) fn feed(exchange: &mut impl Exchange, datagram: &[u8]) -> Result<Progress, Error> {
    for frame in Frames::new(datagram) {
        let frame = frame.map_err(|error| malformed(exchange.request(), &error))?;
        let answer = frame.answer().map_err(|error| malformed(exchange.request(), &error))?;
        if frame.flags & netlink::F_DUMP_INTR != 0 && frame.kind != netlink::ERROR {
            exchange.interrupted(frame.seq);
        }
        match exchange.take(frame.seq, answer)? {
            Progress::More => {}
            end => return Ok(end),
        }
    }
    Ok(Progress::More)
}

pub(super) fn malformed(request: Request, error: &WireError) -> Error {
    Error::Malformed { request: Box::new(request), what: error.to_string() }
}

pub(super) fn refused(
    request: Request,
    errno: crate::Errno,
    ext_ack: Option<crate::ExtAck>,
) -> Error {
    Refusal { request, errno, ext_ack }.into()
}

/// A question with one message for an answer.
pub(crate) struct Query<T, F> {
    request: Request,
    seq: u32,
    decode: F,
    answer: Option<T>,
}

impl<T, F: Fn(&[u8]) -> Result<T, WireError>> Query<T, F> {
    pub(crate) fn new(request: Request, seq: u32, decode: F) -> Self {
        Self { request, seq, decode, answer: None }
    }
}

impl<T, F: Fn(&[u8]) -> Result<T, WireError>> Exchange for Query<T, F> {
    type Output = T;

    fn request(&self) -> Request {
        self.request
    }

    fn take(&mut self, seq: u32, answer: Answer<'_>) -> Result<Progress, Error> {
        if seq != self.seq {
            return Ok(Progress::More);
        }
        match answer {
            Answer::Data { attributes, .. } => {
                let value = (self.decode)(attributes).map_err(|e| malformed(self.request, &e))?;
                self.answer = Some(value);
                Ok(Progress::Complete)
            }
            Answer::Nack { errno, ext_ack } => Err(refused(self.request, errno, ext_ack)),
            Answer::Ack => Err(no_answer(self.request)),
            _ => Ok(Progress::More),
        }
    }

    fn finish(self) -> Result<T, Error> {
        self.answer.ok_or_else(|| no_answer(self.request))
    }
}

fn no_answer(request: Request) -> Error {
    let what = "it acknowledges the question without answering it".into();
    Error::Malformed { request: Box::new(request), what }
}

/// A dump: messages until the kernel says that it is done.
pub(crate) struct Listing<T, F> {
    request: Request,
    seq: u32,
    decode: F,
    items: Vec<T>,
}

impl<T, F: Fn(&[u8]) -> Result<T, WireError>> Listing<T, F> {
    pub(crate) fn new(request: Request, seq: u32, decode: F) -> Self {
        Self { request, seq, decode, items: Vec::new() }
    }
}

impl<T, F: Fn(&[u8]) -> Result<T, WireError>> Exchange for Listing<T, F> {
    type Output = Vec<T>;

    fn request(&self) -> Request {
        self.request
    }

    fn take(&mut self, seq: u32, answer: Answer<'_>) -> Result<Progress, Error> {
        if seq != self.seq {
            return Ok(Progress::More);
        }
        match answer {
            Answer::Data { attributes, .. } => {
                let item = (self.decode)(attributes).map_err(|e| malformed(self.request, &e))?;
                self.items.push(item);
                Ok(Progress::More)
            }
            Answer::Done { errno: None, .. } => Ok(Progress::Complete),
            Answer::Done { errno: Some(errno), ext_ack } | Answer::Nack { errno, ext_ack } => {
                Err(refused(self.request, errno, ext_ack))
            }
            _ => Ok(Progress::More),
        }
    }

    fn finish(self) -> Result<Vec<T>, Error> {
        Ok(self.items)
    }
}

/// Drops later entries with a key that was there before: the kernel repeats entries when somebody
/// adds others during a dump.
pub(crate) fn each_once<T, K: Eq + Hash>(items: &mut Vec<T>, key: impl Fn(&T) -> K) {
    if items.len() > 1 {
        let mut seen = HashSet::with_capacity(items.len());
        items.retain(|item| seen.insert(key(item)));
    }
}

/// A chunk of changes in one datagram, followed by a fence ([`fence`]): the kernel reports each
/// failure, in order, so that silence before the fence's answer means success.
///
/// [`fence`]: crate::wire::encode::fence
pub(crate) struct Changes<'a> {
    operations: &'a [Operation],
    first_seq: u32,
    outcomes: Vec<Outcome>,
}

impl<'a> Changes<'a> {
    /// The changes with numbers from `first_seq` on; the fence has the number after the last.
    pub(crate) fn new(operations: &'a [Operation], first_seq: u32) -> Self {
        Self { operations, first_seq, outcomes: Vec::with_capacity(operations.len()) }
    }
}

impl Exchange for Changes<'_> {
    type Output = Vec<Outcome>;

    fn request(&self) -> Request {
        Request::Change(self.operations[self.outcomes.len().min(self.operations.len() - 1)])
    }

    fn confirmed(&self) -> usize {
        self.outcomes.len()
    }

    fn take(&mut self, seq: u32, answer: Answer<'_>) -> Result<Progress, Error> {
        let index = seq.wrapping_sub(self.first_seq) as usize;
        if index == self.operations.len() {
            self.outcomes.resize(index, Ok(()));
            return Ok(Progress::Complete);
        }
        if let (Some(operation), Answer::Nack { errno, ext_ack }) =
            (self.operations.get(index), answer)
            && index >= self.outcomes.len()
        {
            let request = Request::Change(*operation);
            self.outcomes.resize(index, Ok(()));
            self.outcomes.push(Err(Box::new(Refusal { request, errno, ext_ack })));
        }
        Ok(Progress::More)
    }

    fn finish(self) -> Result<Vec<Outcome>, Error> {
        Ok(self.outcomes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Errno;

    const FLUSH: Operation = Operation::Flush;

    fn nack(errno: Errno) -> Answer<'static> {
        Answer::Nack { errno, ext_ack: None }
    }

    #[test]
    fn silence_before_the_fence_is_success() -> Result<(), Error> {
        let operations = [FLUSH; 4];
        // Across the end of the numbers, too.
        let first = u32::MAX - 1;
        let mut changes = Changes::new(&operations, first);
        let strangers = [first.wrapping_sub(1), first.wrapping_add(5)];
        for seq in strangers {
            assert_eq!(changes.take(seq, nack(Errno::EPERM))?, Progress::More);
        }
        assert_eq!(changes.take(first.wrapping_add(1), nack(Errno::ESRCH))?, Progress::More);
        assert_eq!(changes.confirmed(), 2);
        assert_eq!(changes.take(first.wrapping_add(1), nack(Errno::EPERM))?, Progress::More);
        assert_eq!(changes.take(first.wrapping_add(4), Answer::Ack)?, Progress::Complete);
        let errnos: Vec<_> =
            changes.finish()?.iter().map(|o| o.as_ref().err().map(|r| r.errno)).collect();
        assert_eq!(errnos, [None, Some(Errno::ESRCH), None, None]);
        Ok(())
    }

    #[test]
    fn an_answer_to_somebody_else_is_not_ours() -> Result<(), Error> {
        let mut query = Query::new(Request::GetInfo, 7, |bytes: &[u8]| Ok(bytes.len()));
        let data = |attributes| Answer::Data { command: 14, attributes };
        assert_eq!(query.take(6, data(&[1]))?, Progress::More);
        assert_eq!(query.take(6, nack(Errno::EPERM))?, Progress::More);
        assert_eq!(query.take(7, data(&[1, 2]))?, Progress::Complete);
        assert_eq!(query.finish()?, 2);
        let mut empty = Query::new(Request::GetInfo, 7, |bytes: &[u8]| Ok(bytes.len()));
        assert!(matches!(empty.take(7, Answer::Ack), Err(Error::Malformed { .. })));
        Ok(())
    }

    #[test]
    fn a_listing_that_breaks_off_is_an_error() -> Result<(), Error> {
        let done = |errno| Answer::Done { errno, ext_ack: None };
        let new = || Listing::new(Request::ListServices, 1, |bytes: &[u8]| Ok(bytes.len()));
        let mut listing = new();
        let data = Answer::Data { command: 1, attributes: &[0; 3] };
        assert_eq!(listing.take(1, data)?, Progress::More);
        assert_eq!(listing.take(1, done(None))?, Progress::Complete);
        assert_eq!(listing.finish()?, [3]);
        let error = new().take(1, done(Some(Errno::ENOMEM))).expect_err("broken off");
        assert_eq!(error.errno(), Some(Errno::ENOMEM));
        Ok(())
    }
}
