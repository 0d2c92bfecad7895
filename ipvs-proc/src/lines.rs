// SPDX-License-Identifier: MIT OR Apache-2.0
//! Lines of a reader, in a buffer of fixed size.

use std::io::{self, Read};
use std::ops::Range;

/// How much is read at once. The kernel gives at most 4 KiB whatever is asked for; a saved copy is read
/// in larger pieces.
const CAPACITY: usize = 64 * 1024;

/// The next line, as a part of [`Buffered::bytes`].
pub(crate) enum Line {
    /// A line, without its end.
    Whole(Range<usize>),
    /// The last line, which has no end.
    Cut(Range<usize>),
    /// The beginning of a line that is longer than the buffer; the rest of it was read over.
    Long(Range<usize>),
    /// No line any more.
    End,
}

pub(crate) struct Buffered<R> {
    reader: R,
    buffer: Box<[u8]>,
    /// What of the buffer was not handed out yet.
    unread: Range<usize>,
}

impl<R: Read> Buffered<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self { reader, buffer: vec![0; CAPACITY].into(), unread: 0..0 }
    }

    #[inline]
    pub(crate) fn bytes(&self, line: &Range<usize>) -> &[u8] {
        &self.buffer[line.clone()]
    }

    /// What was read but not handed out yet, from the beginning of a line on. For who knows the length
    /// of the line without looking for its end, and then calls [`skip`](Self::skip).
    #[inline]
    pub(crate) fn ahead(&self) -> &[u8] {
        &self.buffer[self.unread.clone()]
    }

    /// Hands out a line of `length`, its end counted, of what is [`ahead`](Self::ahead).
    #[inline]
    pub(crate) fn skip(&mut self, length: usize) {
        self.unread.start += length;
    }

    #[inline]
    pub(crate) fn next(&mut self) -> io::Result<Line> {
        match memchr::memchr(b'\n', &self.buffer[self.unread.clone()]) {
            Some(length) => Ok(Line::Whole(self.take(length))),
            None => self.next_over_edge(),
        }
    }

    /// Hands out `length` bytes and the line's end.
    #[inline]
    fn take(&mut self, length: usize) -> Range<usize> {
        let start = self.unread.start;
        self.unread.start += length + 1;
        start..start + length
    }

    #[cold]
    fn next_over_edge(&mut self) -> io::Result<Line> {
        self.buffer.copy_within(self.unread.clone(), 0);
        self.unread = 0..self.unread.len();
        loop {
            let known = self.unread.end;
            if known == self.buffer.len() {
                return self.long();
            }
            let count = read(&mut self.reader, &mut self.buffer[known..])?;
            if count == 0 {
                self.unread = 0..0;
                return Ok(if known == 0 { Line::End } else { Line::Cut(0..known) });
            }
            self.unread.end += count;
            if let Some(found) = memchr::memchr(b'\n', &self.buffer[known..known + count]) {
                return Ok(Line::Whole(self.take(known + found)));
            }
        }
    }

    /// Keeps the first half of the buffer, and reads over the rest of the line through the other.
    fn long(&mut self) -> io::Result<Line> {
        let half = self.buffer.len() / 2;
        loop {
            let count = read(&mut self.reader, &mut self.buffer[half..])?;
            let read = half..half + count;
            let found = memchr::memchr(b'\n', &self.buffer[read.clone()]);
            self.unread = match found {
                Some(length) => half + length + 1..read.end,
                None => 0..0,
            };
            if found.is_some() {
                return Ok(Line::Long(0..half));
            }
            if count == 0 {
                return Ok(Line::Cut(0..half));
            }
        }
    }
}

fn read(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match reader.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}
