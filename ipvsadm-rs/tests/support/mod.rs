// SPDX-License-Identifier: MIT OR Apache-2.0
//! Runs the program in process.
#![allow(dead_code, reason = "each test file uses its part")]

pub mod shell;

use std::sync::LazyLock;

use ipvs_netlink::{Error, Ipvs};
use ipvsadm_rs::legacy::argv::Arguments;
use ipvsadm_rs::legacy::described::Described;
use ipvsadm_rs::legacy::streams::{Io, World};
use ipvsadm_rs::program;

/// What a run left behind.
#[derive(Debug, PartialEq, Eq)]
pub struct Outcome {
    pub stdout: String,
    pub stderr: String,
    pub status: u8,
}

/// Runs `name` with `arguments`; returns standard output, standard error and the exit status.
pub fn raw(
    name: &str,
    arguments: &[impl AsRef<[u8]>],
    stdin: &[u8],
    world: &World<'_>,
    connect: impl FnOnce() -> Result<Ipvs, Error>,
) -> (Vec<u8>, Vec<u8>, u8) {
    let arguments: Arguments = arguments.iter().collect();
    let (mut stdin, mut stdout, mut stderr) = (stdin, Vec::new(), Vec::new());
    let mut io = Io { stdin: &mut stdin, stdout: &mut stdout, stderr: &mut stderr, columns: None };
    let status = program::run(name.as_bytes(), arguments.argv(), &mut io, world, connect);
    (stdout, stderr, status)
}

/// The same, as text.
pub fn run(
    name: &str,
    arguments: &[impl AsRef<[u8]>],
    stdin: &[u8],
    world: &World<'_>,
    connect: impl FnOnce() -> Result<Ipvs, Error>,
) -> Outcome {
    let (stdout, stderr, status) = raw(name, arguments, stdin, world, connect);
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Outcome { stdout: text(stdout), stderr: text(stderr), status }
}

pub const NO_CONNECTIONS: &str =
    "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n";

/// The machine on which the scenarios were observed: its `/etc/hosts` and `/etc/services`, and a
/// list of connections.
pub fn fixture(connections: &str) -> Described {
    Described::new(include_str!("hosts"), include_str!("services"), Some(connections.to_owned()))
}

/// That machine without connections, as a script or as a person sees it.
pub fn world(hints: bool) -> World<'static> {
    static HOST: LazyLock<Described> = LazyLock::new(|| fixture(NO_CONNECTIONS));
    World { host: &*HOST, posixly_correct: false, hints }
}
