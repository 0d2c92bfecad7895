// SPDX-License-Identifier: MIT OR Apache-2.0
//! Values that say what they may be, alike in the file and on the command line.

use std::fmt;
use std::marker::PhantomData;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use ipvs_syncd::tracker::ServicePattern;
use ipvs_types::InterfaceName;
use serde::de::{self, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tracing_subscriber::filter::LevelFilter;

/// A whole number of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(in super::super) struct Number<T, const MIN: u32, const MAX: u32>(pub(in super::super) T);

impl<T: TryFrom<u32>, const MIN: u32, const MAX: u32> Number<T, MIN, MAX> {
    fn of(number: u64) -> Option<Self> {
        let number = u32::try_from(number).ok()?;
        let number = (MIN..=MAX).contains(&number).then_some(number)?;
        T::try_from(number).map(Self).ok()
    }
}

impl<T: TryFrom<u32>, const MIN: u32, const MAX: u32> FromStr for Number<T, MIN, MAX> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.parse().ok().and_then(Self::of);
        number.ok_or_else(|| format!("expected a whole number from {MIN} to {MAX}"))
    }
}

impl<'de, T: TryFrom<u32>, const MIN: u32, const MAX: u32> Deserialize<'de>
    for Number<T, MIN, MAX>
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Numbers<T, const MIN: u32, const MAX: u32>(PhantomData<T>);
        impl<T: TryFrom<u32>, const MIN: u32, const MAX: u32> Visitor<'_> for Numbers<T, MIN, MAX> {
            type Value = Number<T, MIN, MAX>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a whole number from {MIN} to {MAX}")
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
                let wrong = || E::invalid_value(Unexpected::Signed(number), &self);
                u64::try_from(number).ok().and_then(Number::of).ok_or_else(wrong)
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
                Number::of(number)
                    .ok_or_else(|| E::invalid_value(Unexpected::Unsigned(number), &self))
            }
        }
        deserializer.deserialize_i64(Numbers(PhantomData))
    }
}

/// What is written as a text.
pub(in super::super) trait Textual: FromStr + fmt::Display {
    /// What it looks like.
    const EXPECTED: &'static str;
}

impl Textual for IpAddr {
    const EXPECTED: &'static str = "an address such as 10.0.0.1 or 2001:db8::1";
}

impl Textual for SocketAddr {
    const EXPECTED: &'static str = "an address and port such as 127.0.0.1:9740 or [::1]:9740";
}

impl Textual for ServicePattern {
    const EXPECTED: &'static str = "a service such as 192.0.2.1, 192.0.2.1:80 or [2001:db8::1]:80";
}

impl Textual for InterfaceName {
    const EXPECTED: &'static str = "an interface such as eth1";
}

impl Textual for LevelFilter {
    const EXPECTED: &'static str = "off, error, warn, info, debug or trace";
}

/// Such a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Text<T>(pub(in super::super) T);

impl<T: Textual> FromStr for Text<T> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.parse().map(Text).map_err(|_| format!("expected {}", T::EXPECTED))
    }
}

impl<T: Textual> fmt::Display for Text<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T: Textual> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de, T: Textual> Deserialize<'de> for Text<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Texts<T>(PhantomData<T>);
        impl<T: Textual> Visitor<'_> for Texts<T> {
            type Value = Text<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(T::EXPECTED)
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                let wrong = |_| E::invalid_value(Unexpected::Str(text), &self);
                text.parse().map(Text).map_err(wrong)
            }
        }
        deserializer.deserialize_str(Texts(PhantomData))
    }
}
