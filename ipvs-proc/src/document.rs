// SPDX-License-Identifier: MIT OR Apache-2.0
//! Small files, which are read as a whole: everything but connections.

use crate::error::Place;
use crate::{LineError, ProcFile};

/// A file that is read as a whole.
///
/// ```
/// use ipvs_proc::{Apps, Document as _};
/// let text = "prot port    usecnt name\nTCP  21      0      ftp              \nwhat?\n";
/// assert!(Apps::parse(text).is_err());
/// let (apps, skipped) = Apps::parse_skipping(text);
/// assert_eq!((apps.apps.len(), skipped[0].at().line), (1, 3));
/// ```
pub trait Document: Sized {
    /// Which file.
    const FILE: ProcFile;

    /// What `lines` say. Only how bad lines are met differs between the readers below.
    ///
    /// # Errors
    /// When `lines` refuse a bad line.
    #[doc(hidden)]
    fn read(lines: &mut Lines<'_>) -> Result<Self, LineError>;

    /// Reads the whole text of the file.
    ///
    /// # Errors
    /// At the first line that is not of the file's form, or when the text was cut off: its last line
    /// has no end, or a line that every such file has is missing. A cut between two records that may
    /// also follow each other can't be seen.
    fn parse(text: &str) -> Result<Self, LineError> {
        Self::read(&mut Lines::new(Self::FILE, text, None))
    }

    /// The same, but leaves out what is bad, and tells about each such line.
    fn parse_skipping(text: &str) -> (Self, Vec<LineError>)
    where
        Self: Default,
    {
        let mut skipped = Vec::new();
        let value = Self::read(&mut Lines::new(Self::FILE, text, Some(&mut skipped)));
        // Nothing is refused, so nothing is lost here.
        (value.unwrap_or_default(), skipped)
    }
}

/// The lines of a text, and what becomes of bad ones.
#[derive(Debug)]
pub struct Lines<'t> {
    at: Place,
    rest: &'t str,
    /// The line that was read last.
    current: &'t str,
    /// Bad lines, if they are to be skipped.
    skipped: Option<&'t mut Vec<LineError>>,
}

impl<'t> Lines<'t> {
    fn new(file: ProcFile, text: &'t str, skipped: Option<&'t mut Vec<LineError>>) -> Self {
        Self { at: Place { file, line: 0, column: 1 }, rest: text, current: "", skipped }
    }

    /// The next line without its end. One that has no end is bad.
    pub(crate) fn line(&mut self) -> Result<Option<&'t str>, LineError> {
        if self.rest.is_empty() {
            self.current = "";
            return Ok(None);
        }
        self.at.line += 1;
        match self.rest.split_once('\n') {
            Some((line, rest)) => {
                (self.current, self.rest) = (line, rest);
                Ok(Some(line))
            }
            None => {
                self.current = self.rest;
                self.rest = "";
                let cut =
                    LineError::cut_off(self.at, "the end of the line", self.current.as_bytes());
                self.refuse(cut)?;
                Ok(None)
            }
        }
    }

    /// Whether there is no line any more.
    pub(crate) fn at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// Reads the rest line by line; what `take` refuses is bad.
    pub(crate) fn each(
        &mut self,
        mut take: impl FnMut(&'t str) -> Result<(), Fault<'t>>,
    ) -> Result<(), LineError> {
        while let Some(line) = self.line()? {
            self.check(take(line))?;
        }
        Ok(())
    }

    /// Reads the next line, which every such file has.
    pub(crate) fn required<T>(
        &mut self,
        expected: &'static str,
        take: impl FnOnce(&'t str) -> Result<T, Fault<'t>>,
    ) -> Result<Option<T>, LineError> {
        match self.line()? {
            Some(line) => self.check(take(line)),
            None if self.current.is_empty() => self.missing(expected).map(|()| None),
            None => Ok(None),
        }
    }

    /// Reads a line that consists of the words of `heading`.
    pub(crate) fn heading(&mut self, heading: &'static str) -> Result<(), LineError> {
        let same = |line: &str| line.split_ascii_whitespace().eq(heading.split_ascii_whitespace());
        self.required(heading, |line| match same(line) {
            true => Ok(()),
            false => Err(Fault { rest: line, expected: heading }),
        })?;
        Ok(())
    }

    /// Something that every such file has is not there.
    pub(crate) fn missing(&mut self, expected: &'static str) -> Result<(), LineError> {
        let at = Place { line: self.at.line + 1, ..self.at };
        self.refuse(LineError::cut_off(at, expected, b""))
    }

    fn check<T>(&mut self, taken: Result<T, Fault<'t>>) -> Result<Option<T>, LineError> {
        match taken {
            Ok(value) => Ok(Some(value)),
            Err(Fault { rest, expected }) => {
                // `rest` lies within the line, and need not go on to its end.
                let start = rest.as_ptr().addr().saturating_sub(self.current.as_ptr().addr());
                let column = start.min(self.current.len()) + 1;
                let at = Place { column, ..self.at };
                self.refuse(LineError::malformed(at, expected, self.current.as_bytes()))?;
                Ok(None)
            }
        }
    }

    fn refuse(&mut self, error: LineError) -> Result<(), LineError> {
        match &mut self.skipped {
            Some(skipped) => {
                skipped.push(error);
                Ok(())
            }
            None => Err(error),
        }
    }
}

/// Why a line is bad: what was expected instead of its rest.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fault<'t> {
    pub(crate) rest: &'t str,
    pub(crate) expected: &'static str,
}

impl<'t> nom::error::ParseError<&'t str> for Fault<'t> {
    fn from_error_kind(rest: &'t str, _: nom::error::ErrorKind) -> Self {
        Self { rest, expected: "the end of the line" }
    }

    fn append(_: &'t str, _: nom::error::ErrorKind, inner: Self) -> Self {
        inner
    }
}

impl<'t, E> nom::error::FromExternalError<&'t str, E> for Fault<'t> {
    fn from_external_error(rest: &'t str, kind: nom::error::ErrorKind, _: E) -> Self {
        nom::error::ParseError::from_error_kind(rest, kind)
    }
}
