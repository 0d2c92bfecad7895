// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the scenarios don't show: missing kernels, hints, slow and failing restores.

mod support;

use std::io::{self, Read};

use ipvs_netlink::fake::{Fault, Kernel, Release};
use ipvs_netlink::{Error, Ipvs, Request};
use ipvsadm_rs::legacy::argv::Arguments;
use ipvsadm_rs::legacy::streams::Io;
use ipvsadm_rs::program;
use support::{Outcome, world};

fn on(kernel: &Kernel, arguments: &[&str], stdin: &str) -> Outcome {
    let connect = || Ok(Ipvs::with_backend(kernel.clone()));
    support::run("ipvsadm", arguments, stdin.as_bytes(), &world(false), connect)
}

fn kernel() -> Kernel {
    Kernel::new(Release::Linux6_12)
}

#[test]
fn without_a_kernel_only_help_and_version_work() {
    let missing = || Err(Error::ModuleMissing);
    let denied = || Err(Error::PermissionDenied { request: Box::new(Request::GetInfo) });
    for arguments in [&["-Ln"][..], &["--bogus"], &["-A", "-t", "x"], &[]] {
        let outcome = support::run("ipvsadm", arguments, b"", &world(false), missing);
        assert_eq!(
            outcome.stderr,
            "Can't initialize ipvs: Protocol not available\nAre you sure that IP Virtual Server is \
             built in the kernel or as module?\n"
        );
        assert_eq!((outcome.stdout.as_str(), outcome.status), ("", 2), "{arguments:?}");
    }
    let outcome = support::run("ipvsadm-restore", &[""; 0], b"-C\n", &world(false), denied);
    assert!(outcome.stderr.starts_with("Can't initialize ipvs: Permission denied (you must be"));
    for option in ["-h", "--version"] {
        let outcome = support::run("ipvsadm", &[option, "--junk"], b"", &world(false), missing);
        assert!(outcome.stdout.starts_with("ipvsadm v1.31 "));
        assert_eq!((outcome.stderr.as_str(), outcome.status), ("", 0));
    }
}

#[test]
fn people_get_one_line_with_the_remedy() {
    let kernel = kernel();
    let connect = || Ok(Ipvs::with_backend(kernel.clone()));
    let line = ["-A", "-t", "10.0.0.1:80", "-s", "nosuch"];
    let outcome = support::run("ipvsadm", &line, b"", &world(true), connect);
    let expected = "ipvsadm: create service tcp/10.0.0.1:80: the kernel has no scheduler `nosuch`: \
        check the name, or load its module (`modprobe ip_vs_nosuch`) (ENOENT)\n";
    assert_eq!((outcome.stderr.as_str(), outcome.status), (expected, 255));
    let outcome =
        support::run("ipvsadm", &["-Ln"], b"", &world(true), || Err(Error::ModuleMissing));
    let expected =
        "ipvsadm: the kernel has no IPVS: load it with `modprobe ip_vs` (CONFIG_IP_VS)\n";
    assert_eq!((outcome.stderr.as_str(), outcome.status), (expected, 2));
}

/// An input that arrives in pieces and notes how many services there are when it is asked for more.
struct Slow<'k> {
    pieces: std::vec::IntoIter<&'static str>,
    kernel: &'k Kernel,
    seen: Vec<usize>,
}

impl Read for Slow<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.seen.push(self.kernel.ruleset().services().len());
        let piece = self.pieces.next().unwrap_or_default().as_bytes();
        buffer[..piece.len()].copy_from_slice(piece);
        Ok(piece.len())
    }
}

#[test]
fn a_restore_reads_everything_before_it_changes_anything() {
    let kernel = kernel();
    let pieces =
        vec!["-A -t 10.0.0.1:80\n-A -t 10.0.", "0.2:80\n", "-A -t 10.0.0.3:80\n-A -t 10.0.0.4:80"];
    let mut input = Slow { pieces: pieces.into_iter(), kernel: &kernel, seen: Vec::new() };
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let mut io = Io { stdin: &mut input, stdout: &mut stdout, stderr: &mut stderr, columns: None };
    let arguments: Arguments = ["-R"].iter().collect();
    let connect = || Ok(Ipvs::with_backend(kernel.clone()));
    assert_eq!(program::run(b"ipvsadm", arguments.argv(), &mut io, &world(false), connect), 0);
    assert_eq!(input.seen, [0, 0, 0, 0]);
    assert_eq!(kernel.ruleset().services().len(), 4);
}

/// An input that breaks off.
struct Broken(bool);

impl Read for Broken {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if std::mem::replace(&mut self.0, true) {
            return Err(io::Error::other("gone"));
        }
        let line = b"-A -t 10.0.0.1:80\n";
        buffer[..line.len()].copy_from_slice(line);
        Ok(line.len())
    }
}

#[test]
fn an_input_that_breaks_off_changes_nothing() {
    for arguments in [&["-R"][..], &["-R", "--atomic"]] {
        let kernel = kernel();
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let mut io = Io {
            stdin: &mut Broken(false),
            stdout: &mut stdout,
            stderr: &mut stderr,
            columns: None,
        };
        let arguments: Arguments = arguments.iter().collect();
        let connect = || Ok(Ipvs::with_backend(kernel.clone()));
        assert_eq!(program::run(b"ipvsadm", arguments.argv(), &mut io, &world(false), connect), 2);
        let text = String::from_utf8_lossy(&stderr);
        assert!(text.ends_with(": gone; nothing was changed\n"), "{text}");
        assert_eq!(kernel.ruleset().services().len(), 0);
    }
}

#[test]
fn complaints_come_in_the_order_of_lines() {
    let rules = "-A -t 10.0.0.1:80\n-A -t 10.0.0.1:80\n-D -t 10.0.0.9:80\n-Sn\n--bad\n\
        -a -t 10.0.0.9:80 -r 10.0.0.2 -w\n-d -t 10.0.0.1:80 -r 10.0.0.2\n";
    let outcome = on(&kernel(), &["-R"], rules);
    assert_eq!(outcome.stdout, "-A -t 10.0.0.1:80 -s wlc\n");
    // `--bad` is no command: that ends a restore. The lines after it are not read.
    assert_eq!(
        outcome.stderr,
        "Service already exists\nNo such service\nTry `ipvsadm -h' or 'ipvsadm --help' for more \
         information.\n"
    );
    assert_eq!(outcome.status, 255);
}

#[test]
fn a_syntax_error_goes_on_and_the_last_line_decides() {
    let rules = "-A -t 10.0.0.1:80 --bad\n-A -t 10.0.0.1:80\n";
    let outcome = on(&kernel(), &["-R"], rules);
    assert_eq!((outcome.stderr.as_str(), outcome.status), ("--bad: unknown option\n", 0));
    let outcome = on(&kernel(), &["-R"], "-A -t 10.0.0.1:80\n-A -t 10.0.0.1:80 --bad\n");
    assert_eq!(outcome.status, 255);
}

#[test]
fn a_failed_listing_ends_a_restore() {
    let kernel = kernel();
    let rules = "-A -t 10.0.0.1:80\n-Ln -t 10.0.0.9:80\n-A -t 10.0.0.2:80\n";
    let outcome = on(&kernel, &["-R"], rules);
    assert_eq!((outcome.stderr.as_str(), outcome.status), ("No such service\n", 1));
    assert_eq!(kernel.ruleset().services().len(), 1);
}

#[test]
fn a_version_in_a_restore_ends_it_well() {
    let kernel = kernel();
    let outcome = on(&kernel, &["-R"], "-A -t 10.0.0.1:80\n-v\n-A -t 10.0.0.2:80\n");
    assert_eq!(outcome.status, 0);
    assert_eq!(kernel.ruleset().services().len(), 1);
}

#[test]
fn timeouts_are_counted_before_they_are_read() {
    for (words, complaint) in [
        (&["--set", "a", "2"][..], "--set option requires 3 timeout values\n"),
        (&["--set", "1", "a", "b", "4"], "invalid timeout value `a' specified\n"),
        (&["--set", "1", "2", "3", "4"], "unexpected argument 4\n"),
    ] {
        let outcome = on(&kernel(), words, "");
        assert_eq!((outcome.stderr.as_str(), outcome.status), (complaint, 2), "{words:?}");
    }
}

#[test]
fn lost_answers_are_not_hidden() {
    let kernel = kernel();
    kernel.inject(1, Fault::LoseAnswers);
    let rules = "-A -t 10.0.0.1:80\n-A -t 10.0.0.2:80\n-A -t 10.0.0.3:80\n";
    let outcome = on(&kernel, &["-R"], rules);
    assert!(outcome.stderr.contains("answers from the kernel were lost"), "{}", outcome.stderr);
    assert_eq!((outcome.stderr.lines().count(), outcome.status), (1, 255));
}

#[test]
fn ipvsadm_restore_clears_first_and_skips_comments() {
    let kernel = kernel();
    on(&kernel, &["-A", "-t", "10.0.0.9:80"], "");
    let connect = || Ok(Ipvs::with_backend(kernel.clone()));
    let rules = b"# comment\n-A -t 10.0.0.1:80 -s rr\n\n#-A -t 10.0.0.2:80\n";
    let outcome = support::run("/sbin/ipvsadm-restore", &["-h"], rules, &world(false), connect);
    assert_eq!((outcome.stdout.as_str(), outcome.stderr.as_str(), outcome.status), ("", "", 0));
    assert_eq!(on(&kernel, &["-Sn"], "").stdout, "-A -t 10.0.0.1:80 -s rr\n");
}

#[test]
fn many_rules_survive_save_and_restore() {
    let kernel = kernel();
    let mut rules = String::new();
    for service in 0..30 {
        rules += &format!("-A -t 10.0.1.{service}:80 -s rr\n");
        for dest in 0..100 {
            rules += &format!("-a -t 10.0.1.{service}:80 -r 10.0.2.{dest}:80 -m -w {dest}\n");
        }
    }
    let outcome = on(&kernel, &["-R"], &rules);
    assert_eq!((outcome.stderr.as_str(), outcome.status), ("", 0));
    assert_eq!(on(&kernel, &["-Sn"], "").stdout, rules);
}
