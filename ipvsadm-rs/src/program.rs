// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which program this is: one binary answers to three names.

use ipvs_netlink::{Error, Ipvs};

use crate::legacy::argv::{Arguments, Argv};
use crate::legacy::streams::{Io, World};
use crate::legacy::{run, scripts};
use crate::modern;

/// A name that the binary goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// `ipvsadm`, and every name that is not one of the others.
    Ipvsadm,
    /// `ipvsadm-save`
    Save,
    /// `ipvsadm-restore`
    Restore,
}

impl Program {
    /// The program of this name, path or not.
    pub fn named(path: &[u8]) -> Self {
        if path.ends_with(b"ipvsadm-save") {
            Self::Save
        } else if path.ends_with(b"ipvsadm-restore") {
            Self::Restore
        } else {
            Self::Ipvsadm
        }
    }
}

/// Runs the program called `name` with `argv` and returns the exit status.
///
/// `connect` is called at most once, and not for `-h`, `-v` and words that need no IPVS.
pub fn run(
    name: &[u8],
    argv: Argv<'_>,
    io: &mut Io<'_>,
    world: &World<'_>,
    connect: impl FnOnce() -> Result<Ipvs, Error>,
) -> u8 {
    match Program::named(name) {
        Program::Ipvsadm if argv.get(0).is_some_and(modern::is_word) => {
            modern::run(argv, io, connect)
        }
        Program::Ipvsadm => run::command_line(name, argv, io, world, connect),
        Program::Save => match scripts::save(name, argv) {
            Ok(arguments) => run::command_line(b"ipvsadm", arguments.argv(), io, world, connect),
            Err(fault) => io.complain(&fault),
        },
        Program::Restore if scripts::is_atomic(argv) => {
            let arguments: Arguments = ["-R", "--atomic"].iter().collect();
            run::command_line(b"ipvsadm", arguments.argv(), io, world, connect)
        }
        Program::Restore => {
            let mut rules = Vec::new();
            // An unreadable standard input is an empty one, as to the script this replaces.
            let _ = io.stdin.read_to_end(&mut rules);
            scripts::restore(&rules, io, world, connect)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_paths() {
        assert_eq!(Program::named(b"/sbin/ipvsadm-save"), Program::Save);
        assert_eq!(Program::named(b"ipvsadm-restore"), Program::Restore);
        assert_eq!(Program::named(b"./lvs"), Program::Ipvsadm);
        assert_eq!(Program::named(b""), Program::Ipvsadm);
    }
}
