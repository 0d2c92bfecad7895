// SPDX-License-Identifier: MIT OR Apache-2.0
//! Bad texts: what is wrong, where, and what is made of the rest.

mod support;

use std::io::{self, Read};

use ipvs_proc::*;
use support::render::{PLAIN, SYNC};

const TABLE: &str = "IP Virtual Server version 1.2.1 (size=0)\nProt LocalAddress:Port Scheduler \
                     Flags\n  -> RemoteAddress:Port Forward Weight ActiveConn InActConn\n";

fn why<D: Document>(text: &str) -> String {
    match D::parse(text) {
        Ok(_) => "well-formed".into(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn bad_services() {
    let why = |lines: &str| why::<Table>(&format!("{TABLE}{lines}"));
    assert_eq!(
        why("TCP  0A00000G:0050 rr\n"),
        "ip_vs, line 4, column 6: expected an address with its port, found `0A00000G:0050 rr`"
    );
    assert_eq!(
        why("TCP  0A000001:0050\n"),
        "ip_vs, line 4, column 19: expected a scheduler, found ``"
    );
    assert_eq!(
        why("FWM  7 rr\n"),
        "ip_vs, line 4, column 1: expected a firewall mark, found `FWM  7 rr`"
    );
    assert_eq!(
        why("TCP  0A000001:0050 rr  persistent 9 FFFF\n"),
        "ip_vs, line 4, column 37: expected a netmask of eight digits, found `FFFF`"
    );
    assert_eq!(
        why("TCP  0A000001:0050 rr what\n"),
        "ip_vs, line 4, column 23: expected the end of the line, found `what`"
    );
    assert_eq!(
        why("  -> 0A000002:0050 Masq 1 0 0\n"),
        "ip_vs, line 4, column 3: expected a service before this destination, found \
         `-> 0A000002:0050 Masq 1 0 0`"
    );
    assert_eq!(
        why("TCP  0A000001:0050 rr\n  -> 0A000002:0050 Masq x 0 0\n"),
        "ip_vs, line 5, column 25: expected a weight, found `x 0 0`"
    );
}

#[test]
fn a_skipped_service_takes_its_destinations_along() {
    let text = format!(
        "{TABLE}TCP  0A000001:0050 rr\nTCP  nonsense rr\n  -> 0A000002:0050 Masq 1 0 0\n\
         UDP  0A000001:0050 rr\n  -> 0A000003:0050 Masq 1 0 0\n"
    );
    let (table, skipped) = Table::parse_skipping(&text);
    let lines: Vec<u64> = skipped.iter().map(|error| error.at().line).collect();
    assert_eq!(lines, [5, 6]);
    let dests: Vec<usize> = table.services.iter().map(|service| service.dests.len()).collect();
    assert_eq!(dests, [0, 1]);
}

#[test]
fn a_text_that_was_cut_off_is_known_as_such() {
    fn cut<D: Document + std::fmt::Debug>(text: &str) -> Place {
        match D::parse(text) {
            Err(LineError::CutOff { at, .. }) => at,
            other => panic!("{text:?}: {other:?}"),
        }
    }
    assert_eq!(cut::<Table>("").line, 1);
    assert_eq!(cut::<Table>("IP Virtual Server version 1.2.1 (size=0)\n").line, 2);
    let place = cut::<Table>(&format!("{TABLE}TCP  0A000001:00"));
    assert_eq!((place.line, place.column), (4, 17));
    assert_eq!(cut::<Apps>("").line, 1);
    assert_eq!(cut::<Status>("").line, 1);
    let root = support::capture("7.2");
    let text = |file| std::fs::read_to_string(root.path(file)).expect("a capture");
    // These have a fixed end: wherever they are cut, it shows.
    let (stats, percpu) = (text(ProcFile::Stats), text(ProcFile::StatsPercpu));
    for at in 0..stats.len() {
        cut::<Totals>(&stats[..at]);
    }
    for at in 0..percpu.len() {
        cut::<PerCpu>(&percpu[..at]);
    }
    let status = text(ProcFile::Status);
    for at in 0..status.len() {
        cut::<Status>(&status[..at]);
    }
    cut::<CaStats>("IP_VS_CA(2)\n CPU0\nconn_new :1\n");
}

#[test]
fn bad_counters() {
    let root = support::capture("7.2");
    let text = std::fs::read_to_string(root.path(ProcFile::Stats)).expect("a capture");
    assert_eq!(
        why::<Totals>(&text.replacen("1383", "138G", 1)),
        "ip_vs_stats, line 3, column 40: expected a hexadecimal number, found `138G              \
         E61`"
    );
    assert_eq!(
        why::<Totals>(&(text.clone() + "more\n")),
        "ip_vs_stats, line 7, column 1: expected the end of the text, found `more`"
    );
    assert_eq!(
        why::<Totals>(&text.replacen("Incoming", "Coming", 1)),
        "ip_vs_stats, line 1, column 1: expected Total Incoming Outgoing Incoming Outgoing, found \
         `   Total Coming Outgoing         Incoming         Outgoing`"
    );
    assert_eq!(
        why::<Status>("Conn buckets:\t512 (9 bits, lfactor x)\n"),
        "ip_vs_status, line 1, column 36: expected a number, found `x)`"
    );
}

/// The error of a single line.
fn bad_line(layout: Layout, line: &[u8]) -> String {
    let heading = if layout == Layout::Plain { PLAIN } else { SYNC };
    let text = [heading.as_bytes(), line].concat();
    match Connections::new(&text[..], layout).next() {
        Some(Err(error)) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn bad_connections() {
    let why = |line: &str| bad_line(Layout::Plain, line.as_bytes());
    let start = "TCP 0A010002 9C41 0A010064 0051 0A020002 0050 TIME_WAIT       ";
    assert_eq!(why("\n"), "ip_vs_conn, line 2, column 1: expected a protocol, found ``");
    assert_eq!(
        why("FOO 0A010002 9C41 0A010064 0051 0A020002 0050 X 1\n"),
        "ip_vs_conn, line 2, column 1: expected a protocol, found `FOO 0A010002 9C41 0A010064 0051 \
         0A020002 0050 X 1`"
    );
    assert_eq!(
        why("TCP 0A010002 09C41 \n"),
        "ip_vs_conn, line 2, column 14: expected a port of four digits, found `09C41 `"
    );
    assert_eq!(
        why(&format!("{start}10x\n")),
        "ip_vs_conn, line 2, column 63: expected seconds, found `10x`"
    );
    assert_eq!(
        why(&format!("{start}4294967296\n")),
        "ip_vs_conn, line 2, column 63: expected seconds, found `4294967296`"
    );
    assert_eq!(
        why(&format!("{start}106 sip\n")),
        "ip_vs_conn, line 2, column 67: expected a persistence engine, a blank and its data, found \
         `sip`"
    );
    assert_eq!(
        why("TCP 0A010002 9C41 0A010064 0051 0A020002 0050 TIME\x0bWAIT 106\n"),
        "ip_vs_conn, line 2, column 47: expected a state, found `TIME\u{b}WAIT 106`"
    );
    // Names of engines are the kernel's own.
    assert_eq!(
        why(&format!("{start}106 sïp x\n")),
        "ip_vs_conn, line 2, column 67: expected a persistence engine, a blank and its data, found \
         `sïp x`"
    );
    assert_eq!(
        why(&format!("{start}10")),
        "ip_vs_conn, line 2, column 65: the text ends where the end of the line should be; is the \
         copy complete?"
    );
    let sync = "TCP 0A010002 9C41 0A010064 0051 0A020002 0050 TIME_WAIT   ";
    let why = |line: &str| bad_line(Layout::Sync, line.as_bytes());
    assert_eq!(
        why(&format!("{sync}MINE        106\n")),
        "ip_vs_conn_sync, line 2, column 59: expected LOCAL or SYNC, found `MINE        106`"
    );
    assert_eq!(
        why(&format!("{sync}SYNC        106 sip x\n")),
        "ip_vs_conn_sync, line 2, column 74: expected the end of the line, found ` sip x`"
    );
}

#[test]
fn the_wrong_file_is_refused_even_by_whoever_skips() {
    for text in ["", "Pro", SYNC, "nonsense\n"] {
        let mut read = Connections::new(text.as_bytes(), Layout::Plain).bad_lines(BadLines::Skip);
        assert!(matches!(read.next(), Some(Err(StreamError::Line(_)))), "{text:?}");
        assert!(read.next().is_none());
    }
}

#[test]
fn a_cut_is_counted_and_named() {
    let text = format!("{PLAIN}z\nTCP 0A010002 9C41");
    let mut read = Connections::new(text.as_bytes(), Layout::Plain).bad_lines(BadLines::Skip);
    assert!(read.next().is_none());
    let skipped = read.skipped();
    assert_eq!(skipped.count, 2);
    assert_eq!(skipped.first.as_ref().expect("`z`").at().line, 2);
    let cut = skipped.cut_off.as_ref().expect("the last line").at();
    assert_eq!((cut.line, cut.column), (3, 18));
}

#[test]
fn endless_lines_take_no_memory_and_hide_nothing() {
    let good = "TCP 0A010002 9C41 0A010064 0051 0A020002 0050 TIME_WAIT       106\n";
    for length in [65_534, 65_535, 65_536, 65_537, 98_304, 131_072, 1_000_000] {
        let text = format!("{PLAIN}{good}{}\n{good}", "x".repeat(length));
        let mut read = Connections::new(text.as_bytes(), Layout::Plain).bad_lines(BadLines::Skip);
        assert_eq!(read.by_ref().filter(|found| found.is_ok()).count(), 2, "{length}");
        assert_eq!(read.skipped().count, 1);
        let text = format!("{PLAIN}{}", "x".repeat(length));
        let error = Connections::new(text.as_bytes(), Layout::Plain).next();
        assert!(
            matches!(error, Some(Err(StreamError::Line(LineError::CutOff { .. })))),
            "{length}"
        );
    }
}

/// A reader of few bytes at a time, with interruptions, which fails in the end.
struct Hard<'t>(&'t [u8], u8);

impl Read for Hard<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.1 = self.1.wrapping_add(1);
        match self.1 % 3 {
            0 => Err(io::ErrorKind::Interrupted.into()),
            _ if self.0.is_empty() => Err(io::ErrorKind::BrokenPipe.into()),
            _ => self.0.read(&mut buffer[..7]),
        }
    }
}

#[test]
fn readers_may_be_slow_and_fail() {
    let good = "TCP 0A010002 9C41 0A010064 0051 0A020002 0050 TIME_WAIT       106\n";
    let text = format!("{PLAIN}{}", good.repeat(50));
    let mut read = Connections::new(Hard(text.as_bytes(), 0), Layout::Plain);
    assert_eq!(read.by_ref().take_while(Result::is_ok).count(), 50);
    assert!(read.next().is_none());
    let mut read = Connections::new(Hard(text.as_bytes(), 0), Layout::Plain);
    assert!(matches!(read.nth(50), Some(Err(StreamError::Read { .. }))));
}

#[test]
fn roots_say_what_is_missing() {
    let nowhere = Root::at("/nonexistent").read::<Table>().expect_err("no such directory");
    assert!(nowhere.to_string().starts_with("there is no /nonexistent: "), "{nowhere}");
    let here = Root::at(support::capture("6.1").dir());
    let status = here.open(ProcFile::Status).expect_err("6.1 has none").to_string();
    assert!(status.contains("net/ip_vs_status: kernels before 7.1 have no such file"), "{status}");
    // Its `net` has other files.
    let other = Root::at(here.dir().join("net")).read::<CaStats>().expect_err("no real server");
    let ca = other.to_string();
    assert!(ca.ends_with("load the module with `modprobe ip_vs_ca`"), "{ca}");
    assert_eq!(here.sysctls().expect("a place"), here.dir().join("sys/net/ipv4/vs"));
    assert_eq!(Root::process(1).sysctls(), None);
    assert_eq!(Root::process(1).path(ProcFile::Table), std::path::Path::new("/proc/1/net/ip_vs"));
}
