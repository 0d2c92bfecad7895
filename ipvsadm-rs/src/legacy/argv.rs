// SPDX-License-Identifier: MIT OR Apache-2.0
//! Arguments as bytes: parts of one buffer, so that a restored line costs no allocation.

use std::ops::Range;

/// What arguments that need a second look contain.
pub(super) const MARK: u8 = b'!';

/// The arguments of one command line or of one restored line, without the program's name.
#[derive(Debug, Clone, Copy)]
pub struct Argv<'a> {
    bytes: &'a [u8],
    words: &'a [Range<usize>],
    marked: bool,
}

impl<'a> Argv<'a> {
    /// The arguments at these places of `bytes`; `marked` if one of them contains [`MARK`].
    pub(super) const fn new(bytes: &'a [u8], words: &'a [Range<usize>], marked: bool) -> Self {
        Self { bytes, words, marked }
    }

    /// Whether [`MARK`] is in one of the arguments. Known beforehand, because it hardly ever is.
    pub(super) const fn marked(&self) -> bool {
        self.marked
    }

    /// The argument at `index`.
    pub fn get(&self, index: usize) -> Option<&'a [u8]> {
        self.bytes.get(self.words.get(index)?.clone())
    }

    /// How many arguments there are.
    pub const fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// The arguments before the first that starts with `#`.
    pub(super) fn without_comment(self) -> Self {
        let comment = self.iter().position(|word| word.starts_with(b"#"));
        Self { words: &self.words[..comment.unwrap_or(self.len())], ..self }
    }

    /// The line of text that the argument at `index` stands in, and its offset there.
    pub(super) fn line_of(&self, index: usize) -> (&'a [u8], usize) {
        let place = self.words.get(index).map_or(0, |word| word.start);
        let is_end = |byte: &u8| *byte == b'\n';
        let start = self.bytes[..place].iter().rposition(is_end).map_or(0, |end| end + 1);
        let length = self.bytes[start..].iter().position(is_end);
        let line = &self.bytes[start..length.map_or(self.bytes.len(), |length| start + length)];
        (line, place - start)
    }

    /// The arguments in order.
    pub fn iter(&self) -> impl Iterator<Item = &'a [u8]> {
        (0..self.len()).filter_map(|index| self.get(index))
    }
}

/// Arguments that are gathered one by one.
///
/// ```
/// use ipvsadm_rs::legacy::argv::Arguments;
/// let arguments: Arguments = ["-L", "-n"].iter().collect();
/// assert_eq!(arguments.argv().get(1), Some(&b"-n"[..]));
/// ```
#[derive(Debug, Default, Clone)]
pub struct Arguments {
    bytes: Vec<u8>,
    words: Vec<Range<usize>>,
}

impl Arguments {
    /// The arguments.
    pub fn argv(&self) -> Argv<'_> {
        Argv::new(&self.bytes, &self.words, self.bytes.contains(&MARK))
    }
}

impl<A: AsRef<[u8]>> FromIterator<A> for Arguments {
    fn from_iter<I: IntoIterator<Item = A>>(arguments: I) -> Self {
        let mut all = Self::default();
        for argument in arguments {
            let start = all.bytes.len();
            all.bytes.extend_from_slice(argument.as_ref());
            all.words.push(start..all.bytes.len());
        }
        all
    }
}
