// SPDX-License-Identifier: MIT OR Apache-2.0
//! Connections from a reader, one by one, in constant memory.

use std::fmt;
use std::io::Read;
use std::ops::{ControlFlow, Range};

use super::raw::Fault;
use super::{Connection, Filter, Layout};
use crate::error::Place;
use crate::lines::{Buffered, Line};
use crate::{LineError, StreamError};

/// What to do about a line that is not of the file's form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BadLines {
    /// Report the first, and end.
    #[default]
    Refuse,
    /// Leave them out, and count them ([`Connections::skipped`]).
    Skip,
}

/// The lines that were left out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Skipped {
    /// How many.
    pub count: u64,
    /// The first.
    pub first: Option<LineError>,
    /// The text was cut off: it ends within a line. That is counted too.
    pub cut_off: Option<LineError>,
}

/// The connections in a reader of `ip_vs_conn` or `ip_vs_conn_sync`, in the kernel's order.
///
/// It takes the same memory for any number of them: one buffer of 64 KiB. After an error it ends.
/// The kernel hands out pieces of 4 KiB, and connections come and go between them: the whole is no
/// consistent view. Kernels before 7.1 start from the beginning for each piece, so that reading takes a
/// time that grows with the square of the number of connections; and 7.1 and later may leave out or
/// repeat some while they change the size of the table. Kernels before 7.1 leave some out while others, of
/// any namespace, come and go: [`Readings`](crate::Readings) says how often to read.
///
/// ```
/// use ipvs_proc::{BadLines, Connections, Filter, Layout};
/// let text = "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData
/// TCP 0A010002 9C41 0A010064 0051 0A020002 0050 TIME_WAIT       106
/// UDP 0A010002 0000 0A010064 13C4 0A020002 13C4 ASSURED         230 sip x y
/// z
/// ";
/// let read = || Connections::new(text.as_bytes(), Layout::Plain);
/// assert!(read().last().expect("an error").is_err());
///
/// let mut skipping = read().bad_lines(BadLines::Skip);
/// assert_eq!(skipping.by_ref().count(), 2);
/// assert_eq!(skipping.skipped().count, 1);
///
/// let filter = Filter::new().client("10.1.0.0/16".parse()?).state("TIME_WAIT");
/// let found: Vec<_> = read().bad_lines(BadLines::Skip).filter_by(filter).collect();
/// assert_eq!(found[0].as_ref().expect("a connection").client.to_string(), "10.1.0.2:40001");
/// # Ok::<(), ipvs_types::ParseError>(())
/// ```
pub struct Connections<R> {
    lines: Buffered<R>,
    layout: Layout,
    bad_lines: BadLines,
    filter: Filter,
    skipped: Skipped,
    /// How many lines were read.
    line: u64,
    ended: bool,
}

impl<R: Read> Connections<R> {
    /// The connections in `reader`, whose text is of `layout`. It needs no buffer of its own.
    pub fn new(reader: R, layout: Layout) -> Self {
        Self {
            lines: Buffered::new(reader),
            layout,
            bad_lines: BadLines::default(),
            filter: Filter::default(),
            skipped: Skipped::default(),
            line: 0,
            ended: false,
        }
    }

    /// What to do about bad lines.
    pub fn bad_lines(self, bad_lines: BadLines) -> Self {
        Self { bad_lines, ..self }
    }

    /// Leaves out what `filter` does not match, before anything is allocated for it. Bad lines stay
    /// bad lines.
    pub fn filter_by(self, filter: Filter) -> Self {
        Self { filter, ..self }
    }

    /// What was left out so far because it was bad.
    pub fn skipped(&self) -> &Skipped {
        &self.skipped
    }

    /// Hands each connection to `visit` without allocating anything for it, until `visit` breaks. The
    /// next call, or the iterator, goes on with the next connection.
    ///
    /// # Errors
    /// As the iterator.
    pub fn visit<B>(
        &mut self,
        mut visit: impl FnMut(&Connection<'_>) -> ControlFlow<B>,
    ) -> Result<ControlFlow<B>, StreamError> {
        loop {
            // Most lines need no look for their end first. (What is made here is not moved: moving so
            // large a value takes a good part of the time.)
            if self.line > 0
                && !self.ended
                && let Some((connection, length)) =
                    &Connection::usual(self.lines.ahead(), self.layout)
            {
                self.line += 1;
                let flow = match self.filter.matches(connection) {
                    true => visit(connection),
                    false => ControlFlow::Continue(()),
                };
                self.lines.skip(*length);
                match flow {
                    ControlFlow::Continue(()) => continue,
                    flow => return Ok(flow),
                }
            }
            let Some(line) = self.advance()? else { return Ok(ControlFlow::Continue(())) };
            let fault = match &Connection::read(self.lines.bytes(&line), self.layout) {
                Ok(connection) => {
                    if self.filter.matches(connection)
                        && let ControlFlow::Break(value) = visit(connection)
                    {
                        return Ok(ControlFlow::Break(value));
                    }
                    continue;
                }
                Err(fault) => *fault,
            };
            self.bad(&line, fault)?;
        }
    }

    /// The next line below the heading.
    #[inline]
    fn advance(&mut self) -> Result<Option<Range<usize>>, StreamError> {
        if self.line == 0 && !self.ended {
            self.heading()?;
        }
        while !self.ended {
            match self.next_line()? {
                Line::Whole(line) => return Ok(Some(line)),
                Line::End => self.ended = true,
                Line::Cut(line) => {
                    self.ended = true;
                    let expected = "the end of the line";
                    let error =
                        LineError::cut_off(self.place(0), expected, self.lines.bytes(&line));
                    self.skipped.cut_off = Some(error.clone());
                    self.refuse(error)?;
                }
                Line::Long(line) => {
                    self.bad(&line, Fault { column: 0, expected: "a shorter line" })?
                }
            }
        }
        Ok(None)
    }

    /// Even whoever skips lines wants the right file.
    fn heading(&mut self) -> Result<(), StreamError> {
        let expected = self.layout.heading();
        let error = match self.next_line()? {
            Line::Whole(line) | Line::Long(line) => {
                let words = self.lines.bytes(&line);
                let same = |text: &str| {
                    text.split_ascii_whitespace().eq(expected.split_ascii_whitespace())
                };
                match std::str::from_utf8(words) {
                    Ok(text) if same(text) => return Ok(()),
                    _ => LineError::malformed(self.place(0), expected, words),
                }
            }
            Line::Cut(line) => LineError::cut_off(self.place(0), expected, self.lines.bytes(&line)),
            Line::End => LineError::cut_off(self.place(0), expected, b""),
        };
        self.ended = true;
        Err(error.into())
    }

    #[inline]
    fn next_line(&mut self) -> Result<Line, StreamError> {
        self.line += 1;
        self.lines.next().map_err(|source| {
            self.ended = true;
            StreamError::Read { file: self.layout.file(), source }
        })
    }

    fn place(&self, column: usize) -> Place {
        Place { file: self.layout.file(), line: self.line, column: column + 1 }
    }

    #[cold]
    fn bad(&mut self, line: &Range<usize>, fault: Fault) -> Result<(), LineError> {
        let text = self.lines.bytes(line);
        self.refuse(LineError::malformed(self.place(fault.column), fault.expected, text))
    }

    fn refuse(&mut self, error: LineError) -> Result<(), LineError> {
        if self.bad_lines == BadLines::Refuse {
            self.ended = true;
            return Err(error);
        }
        self.skipped.count += 1;
        self.skipped.first.get_or_insert(error);
        Ok(())
    }
}

impl<R: Read> Iterator for Connections<R> {
    type Item = Result<Connection<'static>, StreamError>;

    fn next(&mut self) -> Option<Self::Item> {
        let found = self.visit(|connection| ControlFlow::Break(connection.clone().into_owned()));
        match found {
            Ok(ControlFlow::Break(connection)) => Some(Ok(connection)),
            Ok(ControlFlow::Continue(())) => None,
            Err(error) => Some(Err(error)),
        }
    }
}

impl<R> fmt::Debug for Connections<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connections")
            .field("layout", &self.layout)
            .field("bad_lines", &self.bad_lines)
            .field("line", &self.line)
            .finish_non_exhaustive()
    }
}
