// SPDX-License-Identifier: MIT OR Apache-2.0
//! Any command line, any rules, any list of connections, against a kernel in memory.
#![no_main]

use std::io::{self, BufRead, Cursor};
use std::net::{IpAddr, Ipv4Addr};

use ipvs_netlink::Ipvs;
use ipvs_netlink::fake::{Kernel, Release};
use ipvs_netlink::types::Protocol;
use ipvsadm_rs::legacy::argv::Arguments;
use ipvsadm_rs::legacy::host::{Host, NoAnswer};
use ipvsadm_rs::legacy::streams::{Io, World};
use ipvsadm_rs::modern::is_word;
use ipvsadm_rs::program;

/// A machine without names.
struct Nameless(Vec<u8>);

impl Host for Nameless {
    fn address_of(&self, _: &str) -> Option<Ipv4Addr> {
        None
    }
    fn name_of(&self, _: IpAddr) -> Result<Option<String>, NoAnswer> {
        Ok(None)
    }
    fn local_name_of(&self, _: IpAddr) -> Option<String> {
        None
    }
    fn port_of(&self, _: &[u8], _: Protocol) -> Option<u16> {
        None
    }
    fn service_of(&self, _: u16, _: Protocol) -> Option<String> {
        None
    }
    fn connections(&self) -> io::Result<Box<dyn BufRead>> {
        Ok(Box::new(Cursor::new(self.0.clone())))
    }
    fn table(&self) -> Result<ipvs_proc::Table, ipvs_proc::ReadError> {
        Ok(ipvs_proc::Table::default())
    }
}

/// Standard output, whether there was anything on standard error, and the status.
fn run(kernel: &Kernel, words: &[&[u8]], stdin: &[u8], connections: &[u8]) -> (Vec<u8>, bool, u8) {
    let host = Nameless(connections.to_vec());
    let world = World { host: &host, posixly_correct: false, hints: false };
    let arguments: Arguments = words.iter().collect();
    let (mut stdin, mut stdout, mut stderr) = (stdin, Vec::new(), Vec::new());
    let mut io = Io { stdin: &mut stdin, stdout: &mut stdout, stderr: &mut stderr, columns: None };
    let connect = || Ok(Ipvs::with_backend(kernel.clone()));
    let status = program::run(b"ipvsadm", arguments.argv(), &mut io, &world, connect);
    assert!(status == 0 || !stderr.is_empty(), "{words:?} fails without a word");
    (stdout, !stderr.is_empty(), status)
}

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let kernel = Kernel::new(Release::Linux7_2);
    let Some((kind, input)) = input.split_first() else { return };
    match kind % 4 {
        0 => {
            run(&kernel, &[b"-R"], input, b"");
        }
        1 => {
            run(&kernel, &[b"-R"], b"-A -t 10.0.0.1:80\n-a -t 10.0.0.1:80 -r 10.0.0.2\n", b"");
            let before = kernel.ruleset();
            let (_, complained, status) = run(&kernel, &[b"-R", b"--atomic"], input, b"");
            assert_eq!(complained, status != 0);
            assert!(status == 0 || kernel.ruleset() == before, "half applied");
        }
        2 => {
            let words: Vec<&[u8]> = input.split(|byte| *byte == 0).collect();
            // The modern grammar writes files of this machine, and settings of its kernel.
            if is_word(words[0]) {
                return;
            }
            run(&kernel, &words, b"", b"");
        }
        _ => {
            run(&kernel, &[b"-Lnc"], b"", input);
            run(&kernel, &[b"-Lc", b"--persistent-conn"], b"", input);
        }
    }
    // Whatever the table holds now is saved and restored whole.
    let (rules, _, status) = run(&kernel, &[b"-S", b"--full"], b"", b"");
    assert_eq!(status, 0);
    let other = Kernel::new(Release::Linux7_2);
    let (_, _, status) = run(&other, &[b"-R", b"--atomic"], &rules, b"");
    assert_eq!((status, other.ruleset()), (0, kernel.ruleset()));
});
