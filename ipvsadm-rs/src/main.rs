// SPDX-License-Identifier: MIT OR Apache-2.0
//! The `ipvsadm`, `ipvsadm-save` and `ipvsadm-restore` programs.
#![forbid(unsafe_code)]

use std::env;
use std::ffi::OsString;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::os::unix::ffi::OsStringExt;
use std::process::{Command, ExitCode, Stdio};

use ipvs_netlink::{Error, Ipvs};
use ipvsadm_rs::legacy::argv::Arguments;
use ipvsadm_rs::legacy::host::System;
use ipvsadm_rs::legacy::streams::{Io, World};
use ipvsadm_rs::program;

fn main() -> ExitCode {
    // A reader that goes away ends this program, as it ends a C one.
    sigpipe::reset();
    let mut arguments = env::args_os().map(OsString::into_vec);
    let name = arguments.next().unwrap_or_default();
    let arguments: Arguments = arguments.collect();
    let set = |name| env::var_os(name).is_some();
    let world = World {
        host: &System::default(),
        posixly_correct: set("POSIXLY_CORRECT") || set("POSIX_ME_HARDER"),
        hints: io::stderr().is_terminal() || env::var_os("IPVSADM_HINTS").is_some_and(|v| v == "1"),
    };
    let stdout = io::stdout();
    let columns = columns(&stdout);
    let mut stdout: Box<dyn Write + Send> = match stdout.is_terminal() {
        true => Box::new(stdout),
        false => Box::new(BufWriter::with_capacity(64 * 1024, stdout)),
    };
    let (stdin, stderr) = (&mut io::stdin(), &mut io::stderr());
    let mut io = Io { stdin, stdout: &mut stdout, stderr, columns };
    let status = program::run(&name, arguments.argv(), &mut io, &world, open);
    // Scripts rely on write errors passing unnoticed, as in the C tool.
    let _ = stdout.flush();
    ExitCode::from(status)
}

/// The width of a terminal, which some that are none of a window don't know.
fn columns(stdout: &io::Stdout) -> Option<u16> {
    let size = rustix::termios::tcgetwinsize(stdout).ok()?;
    Some(size.ws_col).filter(|columns| *columns > 0)
}

/// Opens IPVS; if the module isn't there, loads it and tries once more.
fn open() -> Result<Ipvs, Error> {
    let loaded = || {
        let mut modprobe = Command::new("/sbin/modprobe");
        let status = modprobe.args(["--", "ip_vs"]).stdin(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    };
    match Ipvs::open() {
        Err(Error::ModuleMissing) if loaded() => Ipvs::open(),
        result => result,
    }
}
