// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ipvsadm-save` and `ipvsadm-restore`, which are shell scripts around the C tool.

use ipvs_netlink::{Error, Ipvs, Operation};

use super::argv::{Arguments, Argv};
use super::fault::Fault;
use super::session::Session;
use super::streams::{Io, World};

/// The arguments of `ipvsadm` that those of `ipvsadm-save` stand for.
///
/// # Errors
/// An option other than `-n` and `--full`: a two-line help, exit status 1.
pub fn save(name: &[u8], argv: Argv<'_>) -> Result<Arguments, Fault> {
    let (mut numeric, mut full) = (None, None);
    for argument in argv.iter() {
        match argument {
            b"-n" => numeric = Some("-n"),
            b"--full" => full = Some("--full"),
            [b'-', ..] => return Err(save_help(name)),
            _ => {}
        }
    }
    Ok([Some("-S"), numeric, full].into_iter().flatten().collect())
}

/// Whether `ipvsadm-restore` is to restore all or nothing. Its other arguments mean nothing.
pub fn is_atomic(argv: Argv<'_>) -> bool {
    argv.iter().any(|argument| argument == b"--atomic")
}

fn save_help(name: &[u8]) -> Fault {
    let start = name.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
    let after = ": Script to save the IPVS table to stdout.\n   \
        With the -n option, prints out the table in numeric format.";
    let mut fault = Fault::quoting("", &name[start..], after);
    fault.status = 1;
    fault
}

/// `ipvsadm-restore` of `rules`: without lines that start with `#`, after clearing the table.
pub fn restore(
    rules: &[u8],
    io: &mut Io<'_>,
    world: &World<'_>,
    connect: impl FnOnce() -> Result<Ipvs, Error>,
) -> u8 {
    let rules: Vec<&[u8]> =
        rules.split_inclusive(|byte| *byte == b'\n').filter(|line| line[0] != b'#').collect();
    let rules = rules.concat();
    let program = b"ipvsadm";
    let mut session = match Session::open(program, world, io, connect) {
        Ok(session) => session,
        Err(status) => return status,
    };
    // The script ignores whether clearing worked; the reason is on standard error.
    session.change(Operation::Flush, io);
    session.restore(&mut rules.as_slice(), io)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saved(arguments: &[&str]) -> String {
        let arguments: Arguments = arguments.iter().collect();
        match save(b"/sbin/ipvsadm-save", arguments.argv()) {
            Ok(arguments) => format!("{} arguments", arguments.argv().len()),
            Err(fault) => format!("{}: {fault}", fault.status),
        }
    }

    #[test]
    fn arguments_of_save() {
        assert_eq!(saved(&[]), "1 arguments");
        assert_eq!(saved(&["foo", "-n", "-n"]), "2 arguments");
        assert_eq!(saved(&["--full", "-n"]), "3 arguments");
        let help = "1: ipvsadm-save: Script to save the IPVS table to stdout.\n   With the -n \
            option, prints out the table in numeric format.";
        assert_eq!(saved(&["-n", "--help"]), help);
        assert_eq!(saved(&["--"]), help);
    }
}
