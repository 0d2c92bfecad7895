// SPDX-License-Identifier: MIT OR Apache-2.0
//! Splits arguments into options by the rules of libpopt, one option at a time.
//!
//! Laziness is part of the contract: an error in the value of an option comes before a syntax error
//! further right, and `-h` never looks at what follows it.

use std::borrow::Cow;

use super::argv::{Argv, MARK};
use super::options::{self, OptionSpec, Value};

/// An option as it was met.
#[derive(Debug, PartialEq, Eq)]
pub struct Event<'a> {
    /// Which option.
    pub option: &'static OptionSpec,
    /// Its value, where it has one.
    pub value: Option<Cow<'a, [u8]>>,
}

/// Why the arguments can't be split further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LexError {
    /// There is no such option.
    Unknown,
    /// The last argument is an option that needs a value.
    MissingValue,
    /// An option without value was given one.
    UnwantedValue,
}

impl LexError {
    /// libpopt's text.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Unknown => "unknown option",
            Self::MissingValue => "missing argument",
            Self::UnwantedValue => "option does not take an argument",
        }
    }
}

/// The lexer: an iterator of options that gathers positional arguments on its way.
#[derive(Debug)]
pub struct Lexer<'a> {
    argv: Argv<'a>,
    next: usize,
    bundle: &'a [u8],
    last: &'a [u8],
    positional: Vec<&'a [u8]>,
    taken: Vec<usize>,
    only_positional: bool,
    posixly_correct: bool,
}

/// Stands for the next argument that is no option, in any value. An accident of libpopt.
const NEXT_ARGUMENT: &[u8] = &[MARK, b'#', b':', b'+'];

impl<'a> Lexer<'a> {
    /// A lexer of `argv`. With `posixly_correct`, options end at the first positional argument.
    pub fn new(argv: Argv<'a>, posixly_correct: bool) -> Self {
        Self {
            argv,
            next: 0,
            bundle: b"",
            last: b"",
            positional: Vec::new(),
            taken: Vec::new(),
            only_positional: false,
            posixly_correct,
        }
    }

    /// The last argument that was used up: what messages name.
    pub fn consumed(&self) -> &'a [u8] {
        self.last
    }

    /// The index of the last argument that was used up.
    pub fn place(&self) -> usize {
        self.next.saturating_sub(1)
    }

    /// The index of this very argument.
    pub fn place_of(&self, argument: &[u8]) -> Option<usize> {
        (0..self.argv.len())
            .find(|index| self.argv.get(*index).is_some_and(|word| std::ptr::eq(word, argument)))
    }

    /// The positional arguments met so far; all of them once the iterator has ended.
    pub fn positional(&self) -> &[&'a [u8]] {
        &self.positional
    }

    /// The next argument, where an option may stand.
    #[inline]
    fn advance(&mut self) -> Option<&'a [u8]> {
        if !self.taken.is_empty() {
            self.skip_taken();
        }
        self.value()
    }

    /// The next argument, where a value stands: it may have been taken for another value before,
    /// which libpopt does not look at here.
    #[inline]
    fn value(&mut self) -> Option<&'a [u8]> {
        let argument = self.argv.get(self.next)?;
        self.next += 1;
        Some(argument)
    }

    #[cold]
    fn skip_taken(&mut self) {
        while self.taken.contains(&self.next) {
            self.next += 1;
        }
    }

    // A call would pass every event through memory.
    #[inline(always)]
    fn letter(&mut self, letter: u8) -> Result<Event<'a>, LexError> {
        let option = options::by_letter(letter).ok_or(LexError::Unknown)?;
        if option.value == Value::No {
            return match self.bundle.first() {
                Some(b'=') => Err(LexError::UnwantedValue),
                _ => Ok(Event { option, value: None }),
            };
        }
        let attached = std::mem::take(&mut self.bundle);
        let attached =
            (!attached.is_empty()).then(|| attached.strip_prefix(b"=").unwrap_or(attached));
        self.with_value(option, attached)
    }

    #[inline(never)]
    fn long(&mut self, text: &'a [u8]) -> Result<Event<'a>, LexError> {
        let equals = text.iter().position(|&byte| byte == b'=');
        let (name, attached) = match equals {
            Some(at) => (&text[..at], Some(&text[at + 1..])),
            None => (text, None),
        };
        let option = options::by_name(name).ok_or(LexError::Unknown)?;
        match (option.value, attached) {
            (Value::No, Some(_)) => Err(LexError::UnwantedValue),
            (Value::No, None) => Ok(Event { option, value: None }),
            _ => self.with_value(option, attached),
        }
    }

    #[inline]
    fn with_value(
        &mut self,
        option: &'static OptionSpec,
        attached: Option<&'a [u8]>,
    ) -> Result<Event<'a>, LexError> {
        let value = match (attached, option.value) {
            (Some(value), _) => value,
            (None, Value::Optional(_))
                if self.argv.get(self.next).is_none_or(|next| next.starts_with(b"-")) =>
            {
                return Ok(Event { option, value: None });
            }
            (None, _) => {
                self.last = self.value().ok_or(LexError::MissingValue)?;
                self.last
            }
        };
        let value = match self.argv.marked() {
            true => self.expand(value),
            false => Cow::Borrowed(value),
        };
        Ok(Event { option, value: Some(value) })
    }

    #[cold]
    fn expand(&mut self, value: &'a [u8]) -> Cow<'a, [u8]> {
        let marked = |value: &[u8]| value.windows(4).position(|w| w == NEXT_ARGUMENT);
        let Some(mut at) = marked(value) else { return Cow::Borrowed(value) };
        let found = (self.next..self.argv.len()).find(|index| {
            let argument = self.argv.get(*index).unwrap_or(b"-");
            !self.taken.contains(index) && !argument.starts_with(b"-")
        });
        let Some((index, argument)) = found.and_then(|at| Some((at, self.argv.get(at)?))) else {
            return Cow::Borrowed(value);
        };
        self.taken.push(index);
        let (mut expanded, mut rest) = (Vec::new(), value);
        loop {
            expanded.extend_from_slice(&rest[..at]);
            expanded.extend_from_slice(argument);
            rest = &rest[at + NEXT_ARGUMENT.len()..];
            match marked(rest) {
                Some(next) => at = next,
                None => break,
            }
        }
        expanded.extend_from_slice(rest);
        Cow::Owned(expanded)
    }
}

impl<'a> Iterator for Lexer<'a> {
    type Item = Result<Event<'a>, LexError>;

    /// Goes to the next option letter or long option; gathers positional arguments.
    // A call would pass every event through memory.
    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        while self.bundle.is_empty() {
            let argument = self.advance()?;
            self.last = argument;
            match argument {
                _ if self.only_positional => self.positional.push(argument),
                [b'-', b'-'] => self.only_positional = true,
                [b'-', b'-', long @ ..] => return Some(self.long(long)),
                [b'-', _, ..] => self.bundle = &argument[1..],
                _ => {
                    self.positional.push(argument);
                    self.only_positional = self.posixly_correct;
                }
            }
        }
        let (&letter, rest) = self.bundle.split_first()?;
        self.bundle = rest;
        Some(self.letter(letter))
    }
}

#[cfg(test)]
#[path = "popt_tests.rs"]
mod tests;
