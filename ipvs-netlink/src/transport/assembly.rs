// SPDX-License-Identifier: MIT OR Apache-2.0
//! A snapshot from its messages.

use ipvs_types::{DaemonConfig, Timeouts};

use super::exchange::{Exchange, Progress, malformed, refused};
use crate::ext::Snapshot;
use crate::wire::ext::decode::{self, Part, Told};
use crate::wire::frame::Answer;
use crate::{Error, Request, ServiceTable, Table};

/// What came so far.
pub(super) struct Assembly {
    request: Request,
    seq: u32,
    head: Option<(u32, Timeouts, Vec<DaemonConfig>)>,
    table: Table,
    interrupted: bool,
}

impl Assembly {
    pub(super) fn new(request: Request, seq: u32) -> Self {
        let table = Table::default();
        Self { request, seq, head: None, table, interrupted: false }
    }

    fn add(&mut self, told: Told) -> Result<(), Error> {
        // The kernel says so, too; this does not depend on it.
        self.interrupted |= self.head.as_ref().is_some_and(|(genid, ..)| *genid != told.genid);
        if self.interrupted {
            // The rest may not fit together.
            return Ok(());
        }
        match told.part {
            Part::Head { timeouts, daemons } => self.head = Some((told.genid, timeouts, daemons)),
            Part::Service { service, dests } => {
                self.table.services.push(ServiceTable { service: *service, dests });
            }
            Part::More { service, dests } => match self.table.services.last_mut() {
                Some(last) if last.service.key == service => last.dests.extend(dests),
                _ => return Err(self.odd("it goes on with a service that it did not begin")),
            },
        }
        Ok(())
    }

    fn odd(&self, what: &str) -> Error {
        Error::Malformed { request: Box::new(self.request), what: what.to_owned() }
    }
}

impl Exchange for Assembly {
    /// `None` if the configuration changed meanwhile.
    type Output = Option<Snapshot>;

    fn request(&self) -> Request {
        self.request
    }

    fn interrupted(&mut self, seq: u32) {
        self.interrupted |= seq == self.seq;
    }

    fn take(&mut self, seq: u32, answer: Answer<'_>) -> Result<Progress, Error> {
        match answer {
            _ if seq != self.seq => Ok(Progress::More),
            Answer::Data { attributes, .. } => {
                let told = decode::part(attributes).map_err(|e| malformed(self.request, &e))?;
                self.add(told)?;
                Ok(Progress::More)
            }
            Answer::Done { errno: None, .. } => Ok(Progress::Complete),
            Answer::Done { errno: Some(errno), ext_ack } | Answer::Nack { errno, ext_ack } => {
                Err(refused(self.request, errno, ext_ack))
            }
            _ => Ok(Progress::More),
        }
    }

    fn finish(self) -> Result<Option<Snapshot>, Error> {
        if self.interrupted {
            return Ok(None);
        }
        match self.head {
            Some((genid, timeouts, daemons)) => {
                Ok(Some(Snapshot { genid, table: self.table, timeouts, daemons }))
            }
            None => Err(self.odd("it has no beginning")),
        }
    }
}

/// The snapshot that these answers and the end make.
#[cfg(test)]
pub(crate) fn assembled<'a>(
    request: Request,
    answers: impl Iterator<Item = Answer<'a>>,
) -> Result<Option<Snapshot>, Error> {
    let mut assembly = Assembly::new(request, 7);
    for answer in answers {
        assert_eq!(assembly.take(7, answer)?, Progress::More);
    }
    assert_eq!(assembly.take(7, Answer::Done { errno: None, ext_ack: None })?, Progress::Complete);
    assembly.finish()
}

#[cfg(all(test, target_endian = "little"))]
mod tests {
    use super::super::exchange::feed;
    use super::*;
    use crate::ext::Extent;

    const REQUEST: Request = Request::Snapshot { service: None, extent: Extent::Rules };

    fn u32(number: u16, value: u32) -> Vec<u8> {
        [&8_u16.to_le_bytes()[..], &number.to_le_bytes(), &value.to_le_bytes()].concat()
    }

    /// The first message of a snapshot of this number.
    fn head(genid: u32) -> Vec<u8> {
        [u32(3, genid), u32(17, 900), u32(18, 120), u32(19, 300)].concat()
    }

    /// A service by mark without settings, as in a message that goes on with one.
    fn more(genid: u32) -> Vec<u8> {
        let family = [6, 0, 1, 0, 2, 0, 0, 0];
        let nest = [&[20, 0, 14, 0x80], &family[..], &u32(5, 7)].concat();
        [u32(3, genid), nest].concat()
    }

    fn data(attributes: &[u8]) -> Answer<'_> {
        Answer::Data { command: 8, attributes }
    }

    #[test]
    fn what_does_not_fit_together_is_an_error() {
        let text = |messages: &[Vec<u8>]| {
            let error = assembled(REQUEST, messages.iter().map(|m| data(m))).expect_err("odd");
            error.to_string()
        };
        assert!(text(&[]).ends_with("it has no beginning"));
        assert!(text(&[head(1), more(1)]).ends_with("a service that it did not begin"));
    }

    #[test]
    fn a_change_meanwhile_is_no_error() -> Result<(), Error> {
        let both = [head(1), more(2)];
        assert_eq!(
            assembled(REQUEST, both.iter().map(|m| data(m)).take(1))?.map(|s| s.genid),
            Some(1)
        );
        // It goes on with a service which it did not begin: the number tells why.
        assert_eq!(assembled(REQUEST, both.iter().map(|m| data(m)))?, None);
        let mut assembly = Assembly::new(REQUEST, 7);
        assembly.take(7, data(&both[0]))?;
        assembly.interrupted(6);
        assert!(!assembly.interrupted, "not ours");
        assembly.interrupted(7);
        assembly.take(7, data(&both[1]))?;
        assert_eq!(assembly.finish()?, None);
        Ok(())
    }

    #[test]
    fn the_flag_of_any_message_counts() -> Result<(), Error> {
        for flagged in 0..3 {
            let mut datagram = Vec::new();
            let done = 0_u32.to_le_bytes().to_vec();
            let first = [vec![8, 1, 0, 0], head(1)].concat();
            for (i, (kind, payload)) in [(40_u16, first), (3, done)].into_iter().enumerate() {
                let flags = if i == flagged { 0x12_u16 } else { 0x2 };
                datagram.extend((16 + payload.len() as u32).to_le_bytes());
                datagram.extend(kind.to_le_bytes());
                datagram.extend(flags.to_le_bytes());
                datagram.extend([7, 0, 0, 0, 0, 0, 0, 0]);
                datagram.extend(payload);
            }
            let mut assembly = Assembly::new(REQUEST, 7);
            assert_eq!(feed(&mut assembly, &datagram)?, Progress::Complete);
            assert_eq!(assembly.finish()?.is_some(), flagged == 2, "{flagged}");
        }
        Ok(())
    }
}
