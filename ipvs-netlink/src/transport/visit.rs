// SPDX-License-Identifier: MIT OR Apache-2.0
//! A dump whose entries are shown as they come, in constant memory.

use std::ops::ControlFlow;

use super::exchange::{Exchange, Progress, malformed, refused};
use crate::wire::WireError;
use crate::wire::frame::Answer;
use crate::{Error, Request};

/// A dump that goes on until its end, or until `show` breaks.
pub(super) struct Visit<F, S> {
    request: Request,
    seq: u32,
    decode: F,
    show: S,
}

impl<T, F, S> Visit<F, S>
where
    F: Fn(&[u8]) -> Result<T, WireError>,
    S: FnMut(T) -> ControlFlow<()>,
{
    pub(super) fn new(request: Request, seq: u32, decode: F, show: S) -> Self {
        Self { request, seq, decode, show }
    }
}

impl<T, F, S> Exchange for Visit<F, S>
where
    F: Fn(&[u8]) -> Result<T, WireError>,
    S: FnMut(T) -> ControlFlow<()>,
{
    type Output = ();

    fn request(&self) -> Request {
        self.request
    }

    fn take(&mut self, seq: u32, answer: Answer<'_>) -> Result<Progress, Error> {
        match answer {
            _ if seq != self.seq => Ok(Progress::More),
            Answer::Data { attributes, .. } => {
                // Without a `?` in between, which would move each item once more.
                match (self.decode)(attributes).map(&mut self.show) {
                    Ok(ControlFlow::Continue(())) => Ok(Progress::More),
                    Ok(ControlFlow::Break(())) => Ok(Progress::Enough),
                    Err(error) => Err(malformed(self.request, &error)),
                }
            }
            Answer::Done { errno: None, .. } => Ok(Progress::Complete),
            Answer::Done { errno: Some(errno), ext_ack } | Answer::Nack { errno, ext_ack } => {
                Err(refused(self.request, errno, ext_ack))
            }
            _ => Ok(Progress::More),
        }
    }

    fn finish(self) -> Result<(), Error> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Errno;
    use crate::ext::ConnectionFilter;

    const REQUEST: fn() -> Request = || Request::ListConnections(ConnectionFilter::default());

    #[test]
    fn it_ends_where_the_visitor_does() -> Result<(), Error> {
        let mut seen = Vec::new();
        let read = |bytes: &[u8]| Ok(bytes.len());
        let mut visit = Visit::new(REQUEST(), 7, read, |length| {
            seen.push(length);
            if length == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        let data = |attributes| Answer::Data { command: 2, attributes };
        assert_eq!(visit.take(6, data(&[0; 9]))?, Progress::More, "not ours");
        assert_eq!(visit.take(7, data(&[0; 1]))?, Progress::More);
        assert_eq!(visit.take(7, data(&[0; 2]))?, Progress::Enough);
        visit.finish()?;
        assert_eq!(seen, [1, 2]);
        Ok(())
    }

    #[test]
    fn a_dump_that_breaks_off_is_an_error() -> Result<(), Error> {
        let new = || Visit::new(REQUEST(), 7, |_: &[u8]| Ok(()), |()| ControlFlow::Continue(()));
        let done = |errno| Answer::Done { errno, ext_ack: None };
        assert_eq!(new().take(7, done(None))?, Progress::Complete);
        let error = new().take(7, done(Some(Errno::ENOMEM))).expect_err("broken off");
        assert_eq!(error.errno(), Some(Errno::ENOMEM));
        Ok(())
    }
}
