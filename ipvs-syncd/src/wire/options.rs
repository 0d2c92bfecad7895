// SPDX-License-Identifier: MIT OR Apache-2.0
//! Options of version 1 entries.

use std::iter::FusedIterator;

use ipvs_types::EngineName;
use nom::{IResult, Parser};

use super::FaultKind;
use super::v0::SEQUENCES;
use crate::{ByteOrder, Sequences};

const SEQ_DATA: u8 = 1;
const PE_DATA: u8 = 2;
const PE_NAME: u8 = 3;
/// Who doesn't know the type may pass over the option.
const MAY_PASS: u8 = 0x40;

/// The options of an entry, as bytes. As an iterator it ends with the first that can't be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options<'d>(pub(super) &'d [u8]);

/// One option as it stands in the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RawOption<'d> {
    /// The type.
    pub kind: u8,
    /// The data, 1 to 255 bytes.
    pub data: &'d [u8],
}

/// What the type of an option means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Meaning {
    /// Sequence numbers (`IPVS_OPT_SEQ_DATA`).
    Sequences,
    /// Data of the persistence engine (`IPVS_OPT_PE_DATA`).
    EngineData,
    /// Name of the persistence engine (`IPVS_OPT_PE_NAME`).
    EngineName,
    /// Unknown, and to be passed over.
    Optional,
    /// Unknown, and reason to skip the entry.
    Mandatory,
}

impl RawOption<'_> {
    /// What the type means. Bit 0x80 is part of it: 0x81 is unknown.
    pub const fn meaning(&self) -> Meaning {
        match self.kind & !MAY_PASS {
            SEQ_DATA => Meaning::Sequences,
            PE_DATA => Meaning::EngineData,
            PE_NAME => Meaning::EngineName,
            _ if self.kind & MAY_PASS != 0 => Meaning::Optional,
            _ => Meaning::Mandatory,
        }
    }
}

impl<'d> Iterator for Options<'d> {
    type Item = Result<RawOption<'d>, FaultKind>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let read = one(self.0);
        self.0 = read.as_ref().map_or(&[], |(rest, _)| *rest);
        Some(read.map(|(_, option)| option))
    }
}

impl FusedIterator for Options<'_> {}

fn one(input: &[u8]) -> Result<(&[u8], RawOption<'_>), FaultKind> {
    let &[kind, length, ref after @ ..] = input else {
        return Err(FaultKind::OptionShort);
    };
    if length == 0 {
        return Err(FaultKind::OptionEmpty(kind));
    }
    let taken: IResult<_, _> = nom::bytes::complete::take(length).parse(after);
    let overrun = FaultKind::OptionOverrun { kind, length, left: after.len() };
    taken.map(|(rest, data)| (rest, RawOption { kind, data })).map_err(|_| overrun)
}

/// What the known options say.
#[derive(Debug, Default)]
pub(super) struct Known<'d> {
    pub sequences: Option<Sequences>,
    pub engine_data: Option<&'d [u8]>,
    pub engine_name: Option<&'d [u8]>,
    pub refused: Option<u8>,
}

impl<'d> Known<'d> {
    /// Reads as a kernel does: nothing behind an option that it refuses.
    pub fn read(options: Options<'d>) -> Result<Self, FaultKind> {
        let mut known = Self::default();
        for option in options {
            let option = option?;
            match option.meaning() {
                Meaning::Sequences => {
                    let sequences = sequences(option.data)?;
                    once(&mut known.sequences, option.kind, sequences)?;
                }
                Meaning::EngineData => once(&mut known.engine_data, option.kind, option.data)?,
                Meaning::EngineName => {
                    if option.data.len() > EngineName::MAX_LEN {
                        return Err(FaultKind::LongEngineName(option.data.len() as u8));
                    }
                    once(&mut known.engine_name, option.kind, option.data)?;
                }
                Meaning::Optional => {}
                Meaning::Mandatory => {
                    known.refused = Some(option.kind);
                    break;
                }
            }
        }
        Ok(known)
    }
}

fn sequences(data: &[u8]) -> Result<Sequences, FaultKind> {
    let wrong = FaultKind::SequencesLength(data.len() as u8);
    match super::v0::sequences(ByteOrder::Big, data) {
        Ok(([], sequences)) => Ok(sequences),
        _ => Err(wrong),
    }
}

fn once<T>(place: &mut Option<T>, kind: u8, value: T) -> Result<(), FaultKind> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(FaultKind::OptionRepeated(kind)),
    }
}

/// Appends an option. `data` has at most 255 bytes.
fn write(out: &mut Vec<u8>, kind: u8, data: &[u8]) {
    out.extend([kind, data.len() as u8]);
    out.extend(data);
}

/// Appends sequence numbers.
pub(super) fn write_sequences(out: &mut Vec<u8>, sequences: Sequences) {
    out.extend([SEQ_DATA, SEQUENCES as u8]);
    super::v0::write_sequences(out, sequences, ByteOrder::Big);
}

/// Appends the data of an engine.
pub(super) fn write_engine_data(out: &mut Vec<u8>, data: &[u8]) {
    write(out, PE_DATA, data);
}

/// Appends the name of an engine.
pub(super) fn write_engine_name(out: &mut Vec<u8>, name: &[u8]) {
    write(out, PE_NAME, name);
}
