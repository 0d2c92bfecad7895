// SPDX-License-Identifier: MIT OR Apache-2.0
//! Serde form of bytes that are mostly text: a text where they are UTF-8, otherwise a list of numbers.
//! Nothing is lost, and people can read it.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Deserialize)]
#[serde(untagged)]
enum Form {
    Text(String),
    Bytes(Vec<u8>),
}

pub(crate) fn serialize<S: Serializer>(value: &[u8], s: S) -> Result<S::Ok, S::Error> {
    match std::str::from_utf8(value) {
        Ok(text) => s.serialize_str(text),
        Err(_) => value.serialize(s),
    }
}

pub(crate) fn deserialize<'de, 'l, D: Deserializer<'de>>(d: D) -> Result<Cow<'l, [u8]>, D::Error> {
    Form::deserialize(d).map(|form| match form {
        Form::Text(text) => Cow::Owned(text.into_bytes()),
        Form::Bytes(bytes) => Cow::Owned(bytes),
    })
}
