// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ipvsadm proc conns` takes no more memory for many connections than for few.
//!
//! A test binary of its own: the kernel's account of a process is measured, and other tests would
//! count.

mod support;

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use ipvsadm_rs::legacy::argv::Arguments;
use ipvsadm_rs::legacy::streams::Io;
use ipvsadm_rs::program;

/// The greatest size that this process had in memory, in KiB.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("in every status");
    line.split_ascii_whitespace().nth(1).and_then(|size| size.parse().ok()).expect("a number")
}

/// Counts lines, and keeps nothing.
#[derive(Default)]
struct Lines(usize);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.iter().filter(|byte| **byte == b'\n').count();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes so many connections to `root`, of which every tenth has persistence data, and shows them in
/// every way.
fn show(root: &Path, count: u32) {
    let file = fs::File::create(root.join("net/ip_vs_conn")).expect("a file");
    let mut file = BufWriter::new(file);
    let heading = support::NO_CONNECTIONS;
    file.write_all(heading.as_bytes()).expect("room");
    for n in 0..count {
        let engine = if n % 10 == 0 { " sip some-call-id@10.1.0.2" } else { "" };
        let (client, port) = (0x0a00_0000 + n / 1000, 40000 + n % 1000);
        writeln!(
            file,
            "UDP {client:08X} {port:04X} 0A010064 13C4 0A020002 13C4 UDP             228{engine}"
        )
        .expect("room");
    }
    file.into_inner().expect("room");
    let root = root.display().to_string();
    let count = count as usize;
    for (options, lines) in [
        (&["--json"][..], count + 2),
        (&[], count + 1),
        (&["--by", "dest"], 2),
        (&["--histogram"], 10),
    ] {
        let line = [&["proc", "conns", "--root", &root], options].concat();
        let arguments: Arguments = line.iter().collect();
        let (mut stdout, mut stderr) = (Lines::default(), Lines::default());
        let mut io =
            Io { stdin: &mut io::empty(), stdout: &mut stdout, stderr: &mut stderr, columns: None };
        let world = support::world(false);
        let connect = || panic!("{options:?} asks IPVS");
        let status = program::run(b"ipvsadm", arguments.argv(), &mut io, &world, connect);
        assert_eq!((status, stdout.0, stderr.0), (0, lines, 0), "{options:?}");
    }
}

#[test]
fn many_connections_in_constant_memory() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    fs::create_dir(dir.path().join("net")).expect("a directory");
    show(dir.path(), 1000);
    let before = peak();
    show(dir.path(), 200_000);
    let grown = peak() - before;
    // One record is over 100 bytes: were they kept, it would be 20 MB.
    assert!(grown < 1024, "{grown} KiB more than for a thousand");
}
