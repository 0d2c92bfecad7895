// SPDX-License-Identifier: MIT OR Apache-2.0
//! The file as three kernels printed it.

use ipvs_proc::{Identity, LineError, Persistence, Table};
use ipvs_types::Protocol;
use proptest::prelude::*;

const CAPTURES: [&str; 3] = [
    include_str!("fixtures/linux-6.1/ip_vs.txt"),
    include_str!("fixtures/linux-6.12/ip_vs.txt"),
    include_str!("fixtures/linux-7.2/ip_vs.txt"),
];

#[test]
fn every_kernel_shows_the_same_services() {
    for text in CAPTURES {
        let table = Table::parse(text).expect("well-formed");
        let lines = text.lines().skip(3);
        let dests = lines.clone().filter(|line| line.contains("->")).count();
        assert_eq!(table.services.len(), lines.count() - dests);
        assert_eq!(table.services.iter().map(|s| s.dests.len()).sum::<usize>(), dests);
        let find = |identity| table.services.iter().find(|s| s.identity == identity);
        let v6 = find(Identity::Address {
            protocol: Protocol::TCP,
            address: "fd01::100".parse().expect("address"),
            port: 81,
        });
        let v6 = v6.expect("the persistent IPv6 service");
        let persistence = Persistence { jiffies: 150_000, mask: 0x4000_0000 };
        assert_eq!(v6.persistence, Some(persistence));
        assert_eq!(v6.dests[0].key.to_string(), "[fd02::2]:8080");
        let mark = find(Identity::Fwmark(u32::MAX)).expect("the largest mark");
        assert_eq!((mark.scheduler.as_str(), mark.one_packet), ("sh", true));
        let any = |number| {
            let wanted = Protocol(number);
            table.services.iter().any(
                |s| matches!(s.identity, Identity::Address { protocol, .. } if protocol == wanted),
            )
        };
        assert!(any(47) && any(58) && any(132));
    }
}

#[test]
fn an_empty_namespace_has_only_the_heading() {
    let text = "IP Virtual Server version 1.2.1 (size=0)\nProt LocalAddress:Port Scheduler Flags\n  \
                -> RemoteAddress:Port Forward Weight ActiveConn InActConn\n";
    assert_eq!(Table::parse(text), Ok(Table { size: 0, services: vec![] }));
}

#[test]
fn an_error_names_line_column_and_text() {
    let text = CAPTURES[0].replacen("rr", "", 1);
    assert_ne!(text, CAPTURES[0]);
    let error = Table::parse(&text).expect_err("a service without scheduler");
    assert_eq!((error.line, error.expected), (4, "a service"));
    let broken = "IP Virtual Server version 1.2.1 (size=0)\n\n\nTCP  0A00000G:0050 rr\n";
    let expected =
        LineError { line: 4, column: 6, expected: "a service", text: "0A00000G:0050 rr".into() };
    assert_eq!(Table::parse(broken), Err(expected));
    let orphan = "IP Virtual Server version 1.2.1 (size=0)\n\n\n  -> 0A000002:0050 Masq 1 0 0\n";
    let error = Table::parse(orphan).expect_err("a destination without service");
    assert_eq!((error.line, error.expected), (4, "a service before this destination"));
    assert!(Table::parse("").is_err());
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in ".{0,200}") {
        let _ = Table::parse(&text);
    }

    #[test]
    fn no_damage_makes_it_panic(which in 0usize..3, at: prop::sample::Index, with: char) {
        let mut chars: Vec<char> = CAPTURES[which].chars().collect();
        let index = at.index(chars.len());
        chars[index] = with;
        let _ = Table::parse(&chars.into_iter().collect::<String>());
    }
}
