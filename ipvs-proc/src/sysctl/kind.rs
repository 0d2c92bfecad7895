// SPDX-License-Identifier: MIT OR Apache-2.0
//! The kinds of sysctls: how they are read, what they accept, and when two values mean the same.

use std::collections::BTreeSet;
use std::fmt;

use super::cpus::Cpus;
use super::value::{Value, decimal};

/// What a sysctl holds and accepts. `Display` is the accepted values in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// Off (0) or on (1). The kernel takes every other number for on, too.
    Flag,
    /// A defense against overload: 0 off, 1 and 2 automatic, 3 always on. The kernel itself changes
    /// between 1 (memory suffices) and 2 (it is short).
    Defense,
    /// A number from `min` to `max`.
    Integer {
        /// The least.
        min: i32,
        /// The greatest.
        max: i32,
    },
    /// A power of two from 1 to `max`.
    PowerOfTwo {
        /// The greatest.
        max: i32,
    },
    /// A number of the machine's word size.
    Unsigned,
    /// Two numbers, the first less than the second, or the second 0.
    Threshold,
    /// A set of processors.
    Cpus,
    /// A set of numbers from 0 to `max`, such as `200,253-254`, or none.
    Numbers {
        /// The greatest.
        max: u8,
    },
    /// Any text of one line, or none.
    Text,
}

impl Kind {
    /// Every number from 0.
    pub(super) const NATURAL: Self = Self::Integer { min: 0, max: i32::MAX };
    /// Seconds that the kernel keeps as ticks in a C `int`, at the least number of ticks a second.
    pub(super) const SECONDS: Self = Self::Integer { min: 0, max: i32::MAX / 100 };

    /// The value that a text of the kernel or a person stands for. What is not of this kind becomes
    /// [`Value::Text`]; whether it is in range is another question: [`Kind::accepts`].
    pub fn read(self, text: &str) -> Value {
        let text = text.trim_ascii();
        let typed = match self {
            Self::Flag | Self::Defense | Self::Integer { .. } | Self::PowerOfTwo { .. } => {
                decimal(text).map(Value::Integer)
            }
            Self::Unsigned => decimal(text).map(Value::Unsigned),
            Self::Threshold => pair(text),
            Self::Cpus => Cpus::parse(text).map(Value::Cpus),
            Self::Numbers { .. } | Self::Text => None,
        };
        typed.unwrap_or_else(|| Value::Text(text.to_owned()))
    }

    /// Whether the kernel takes the value for what it says.
    pub fn accepts(self, value: &Value) -> bool {
        match (self, value) {
            (Self::Flag, Value::Integer(number)) => *number >= 0,
            (Self::Defense, Value::Integer(number)) => (0..=3).contains(number),
            (Self::Integer { min, max }, Value::Integer(number)) => (min..=max).contains(number),
            (Self::PowerOfTwo { max }, Value::Integer(number)) => {
                (1..=max).contains(number) && number.count_ones() == 1
            }
            (Self::Unsigned, Value::Unsigned(_)) | (Self::Cpus, Value::Cpus(_)) => true,
            (Self::Threshold, Value::Pair(threshold, period)) => {
                *threshold >= 0 && *period >= 0 && (threshold < period || *period == 0)
            }
            (Self::Numbers { max }, Value::Text(text)) => numbers(text, max).is_some(),
            (Self::Text, Value::Text(text)) => !text.contains(char::is_control),
            _ => false,
        }
    }

    /// Whether both values are the same setting, though the kernel may show one for the other.
    pub fn same(self, wanted: &Value, shown: &Value) -> bool {
        match (self, wanted, shown) {
            (Self::Defense, Value::Integer(1 | 2), Value::Integer(1 | 2)) => true,
            (Self::Cpus, Value::Cpus(wanted), Value::Cpus(shown)) => {
                wanted.settles_as(shown) || shown.settles_as(wanted)
            }
            (Self::Numbers { max }, Value::Text(wanted), Value::Text(shown)) => {
                wanted == shown
                    || numbers(wanted, max).is_some_and(|set| numbers(shown, max) == Some(set))
            }
            _ => wanted == shown,
        }
    }
}

fn pair(text: &str) -> Option<Value> {
    let mut numbers = text.split_ascii_whitespace();
    let pair = Value::Pair(decimal(numbers.next()?)?, decimal(numbers.next()?)?);
    numbers.next().is_none().then_some(pair)
}

/// The set that a list with ranges stands for.
fn numbers(text: &str, max: u8) -> Option<BTreeSet<u8>> {
    let mut set = BTreeSet::new();
    for part in text.split(',').filter(|_| !text.is_empty()) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let number = |text: &str| text.parse::<u8>().ok().filter(|number| *number <= max);
        let (first, last) = (number(first)?, number(last)?);
        if first > last {
            return None;
        }
        set.extend(first..=last);
    }
    Some(set)
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("0 (off) or 1 (on)"),
            Self::Defense => f.write_str("0 (off), 1 or 2 (automatic) or 3 (always)"),
            Self::Integer { min, max } => write!(f, "a whole number from {min} to {max}"),
            Self::PowerOfTwo { max } => write!(f, "a power of two from 1 to {max}"),
            Self::Unsigned => write!(f, "a whole number from 0 to {}", u64::MAX),
            Self::Threshold => f.write_str(
                "two whole numbers from 0, the first less than the second unless that is 0",
            ),
            Self::Cpus => f.write_str("a list of processors such as 0-3,8, or all"),
            Self::Numbers { max } => {
                write!(f, "a list of whole numbers from 0 to {max} such as 1,7-9")
            }
            Self::Text => f.write_str("a line of text"),
        }
    }
}
