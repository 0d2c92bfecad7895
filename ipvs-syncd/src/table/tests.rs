// SPDX-License-Identifier: MIT OR Apache-2.0
use std::time::Duration;

use ipvs_netlink::types::{
    DestConfig, Forward, Method, Persistence, Scheduler, ServiceConfig, ServiceKey, Timeouts,
    Tunnel,
};
use ipvs_netlink::{DestEntry, ServiceEntry, ServiceTable, Table};
use ipvs_proc::{Connection as Listed, Document as _, Layout};

use super::{Conversion, Converted, Directory, Inexpressible, Lifetime, Withheld};
use crate::{Backup, Encoder, Rules, Verdict, Version};

fn service(key: &str, dests: &[(&str, Forward)]) -> ServiceTable {
    let key: ServiceKey = key.parse().expect("a service");
    let persistence = Persistence::new(Duration::from_secs(600));
    let config = ServiceConfig::new(Scheduler::RR).persistence(persistence);
    let dest = |&(key, forward)| DestEntry::new(key_of(key), DestConfig::new(forward));
    ServiceTable {
        service: ServiceEntry::new(key, config),
        dests: dests.iter().map(dest).collect(),
    }
}

fn key_of(text: &str) -> ipvs_netlink::types::DestKey {
    text.parse().expect("a destination")
}

fn directory() -> Directory {
    let tunnel = Forward::Tunnel(Tunnel::Ipip);
    let services = vec![
        service("tcp/192.0.2.1:80", &[("10.1.0.2:8080", Forward::Masq), ("10.1.0.3:80", tunnel)]),
        service("tcp/192.0.2.1:21", &[("10.1.0.2:21", Forward::Local)]),
        service("tcp/192.0.2.1:0", &[("10.1.0.9:0", Forward::Route)]),
        service("udp/192.0.2.1:53", &[("10.1.0.2:53", Forward::Route)]),
        service("fwmark/66", &[("10.1.0.4:0", Forward::Route)]),
        service("fwmark6/66", &[("[fd00::4]:0", tunnel)]),
        service("tcp/[fd00::1]:80", &[("[fd00::2]:80", Forward::Masq)]),
    ];
    Directory::from(&Table { services })
}

fn listed(line: &str) -> Listed<'_> {
    Listed::parse(line.as_bytes(), Layout::Plain).expect("a connection")
}

fn shown(line: &str) -> String {
    let directory = directory();
    let listed = listed(line);
    match Conversion::new(&directory).convert(&listed) {
        Err(error) => error.to_string(),
        Ok(Converted { connection, binding, withheld }) => {
            // And back; what is over lives for a second more in a message.
            let mut back = super::listed(&connection);
            back.expires = listed.expires;
            assert_eq!(back, listed);
            let binding = binding.map_or("-".to_owned(), |binding| binding.service.to_string());
            let withheld = withheld.map_or(String::new(), |withheld| format!("; {withheld}"));
            format!("{connection} [{binding}]{withheld}")
        }
    }
}

#[test]
fn methods_and_flags_are_the_kernels() {
    for (line, expected) in [
        (
            "TCP 0A000001 9C40 C0000201 0050 0A010002 1F90 ESTABLISHED     899",
            "TCP 10.0.0.1:40000 > 192.0.2.1:80 > 10.1.0.2:8080 ESTABLISHED masq 899s \
             [tcp/192.0.2.1:80]",
        ),
        (
            "TCP 0A000001 9C40 C0000201 0050 0A010003 0050 FIN_WAIT          0",
            "TCP 10.0.0.1:40000 > 192.0.2.1:80 > 10.1.0.3:80 FIN_WAIT tunnel 1s no-output \
             inactive [tcp/192.0.2.1:80]",
        ),
        // Passive FTP, then a port that only the service of all ports has.
        (
            "TCP 0A000001 9C40 C0000201 C350 0A010002 C350 ESTABLISHED     899",
            "TCP 10.0.0.1:40000 > 192.0.2.1:50000 > 10.1.0.2:50000 ESTABLISHED local 899s \
             no-output [tcp/192.0.2.1:21]",
        ),
        (
            "TCP 0A000001 9C40 C0000201 0051 0A010009 0051 ESTABLISHED     899",
            "TCP 10.0.0.1:40000 > 192.0.2.1:81 > 10.1.0.9:81 ESTABLISHED route 899s no-output \
             [tcp/192.0.2.1:0]",
        ),
        // Only the destination tells that a mark brought it.
        (
            "UDP 0A000001 9C40 C6336401 0035 0A010004 0035 UDP             299",
            "UDP 10.0.0.1:40000 > 198.51.100.1:53 > 10.1.0.4:53 UDP route 299s no-output \
             inactive mark 66 [fwmark/66]",
        ),
        (
            "IP  0A000000 0000 00000042 0000 0A010004 0000 ASSURED         111",
            "IP 10.0.0.0:0 > fwmark 66 > 10.1.0.4:0 ASSURED route 111s template no-output \
             inactive mark 66 [fwmark/66]",
        ),
        // The server is gone.
        (
            "UDP 0A000001 9C40 C0000201 0035 0A010007 0035 UDP             299",
            "UDP 10.0.0.1:40000 > 192.0.2.1:53 > 10.1.0.7:53 UDP masq 299s inactive [-]",
        ),
        (
            "UDP 0A000000 0000 C0000201 0035 0A010002 0035 NONE            111 sip a b",
            "UDP 10.0.0.0:0 > 192.0.2.1:53 > 10.1.0.2:53 NONE route 111s template no-output \
             inactive engine sip \"a b\" [udp/192.0.2.1:53]",
        ),
    ] {
        assert_eq!(shown(line), expected);
    }
}

#[test]
fn a_mark_of_ipv6_stands_in_the_first_bits() {
    let line = "IP  fd00:0000:0000:0000:0000:0000:0000:0009 0000 \
                0000:0042:0000:0000:0000:0000:0000:0000 0000 \
                fd00:0000:0000:0000:0000:0000:0000:0004 0000 NONE            111";
    let expected = "IP [fd00::9]:0 > fwmark 66 > [fd00::4]:0 NONE tunnel 111s template no-output \
                    inactive mark 66 [fwmark6/66]";
    assert_eq!(shown(line), expected);
}

#[test]
fn what_a_master_does_not_send_is_told() {
    for (line, expected) in [
        (
            "TCP 0A000001 9C40 C0000201 0050 0A010002 1F90 SYN_RECV         59",
            "in state SYN_RECV, in which a master sends nothing",
        ),
        (
            "TCP 0A000001 0000 C0000201 0014 0A010002 0014 LISTEN          119",
            "announced by FTP, its client port not known yet",
        ),
        (
            "TCP 0A000000 0000 C0000201 0050 0A010002 FFFF NONE             59",
            "a template that no longer counts",
        ),
    ] {
        let shown = shown(line);
        assert_eq!(shown.split_once("; ").expect("a reason").1, expected);
    }
    let held = |state: &str| {
        let line = format!("SCTP 0A000001 9C40 C0000201 0050 0A010002 1F90 {state:<11}  59");
        let listed = listed(&line);
        let converted = Conversion::new(&directory()).convert(&listed).expect("sayable").withheld;
        matches!(converted, Some(Withheld::State(_)))
    };
    assert!(held("C-WAIT") && held("REJECTED"));
    assert!(!held("ESTABLISHED") && !held("CLOSED"));
}

#[test]
fn what_no_message_can_say_is_told() {
    let directory = directory();
    let error = |line: &str| Conversion::new(&directory).convert(&listed(line)).expect_err("why");
    for (line, expected) in [
        (
            "TCP 0A000001 9C40 C0000201 0050 fd00:0000:0000:0000:0000:0000:0000:0004 0050 \
             ESTABLISHED     899",
            Inexpressible::MixedFamilies,
        ),
        (
            "ICMP 0A000001 9C40 C0000201 0050 0A010002 0050 ERR!            899",
            Inexpressible::Protocol(ipvs_netlink::types::Protocol(1)),
        ),
        ("TCP 0A000001 9C40 C0000201 0050 0A010002 0050 ERR!            899", Inexpressible::State),
        (
            "UDP 0A000001 0000 C0000201 0050 0A010002 0050 NONE            899 sip ",
            Inexpressible::EngineData(0),
        ),
    ] {
        assert_eq!(error(line), expected, "{line}");
    }
    // The one state of AH.
    let ah = "IP_51 0A000001 9C40 C0000201 0050 0A010002 0050 ERR!            899";
    assert!(Conversion::new(&directory).convert(&listed(ah)).is_ok());
}

#[test]
fn whole_timeouts_are_those_that_the_director_has() {
    let directory = directory();
    let set = Timeouts {
        tcp: Duration::from_secs(1000),
        tcp_fin: Duration::from_secs(100),
        udp: Duration::from_secs(50),
    };
    let conversion = Conversion::new(&directory).lifetime(Lifetime::Whole);
    let seconds = |conversion: Conversion<'_>, line: &str| {
        conversion.convert(&listed(line)).expect("sayable").connection.timeout.as_secs()
    };
    for (line, default, changed) in [
        ("TCP 0A000001 9C40 C0000201 0050 0A010002 1F90 ESTABLISHED       9", 900, 1000),
        ("TCP 0A000001 9C40 C0000201 0050 0A010002 1F90 FIN_WAIT          9", 120, 100),
        ("TCP 0A000001 9C40 C0000201 0050 0A010002 1F90 CLOSE_WAIT        9", 60, 60),
        ("UDP 0A000001 9C40 C0000201 0035 0A010002 0035 UDP               9", 300, 50),
        ("TCP 0A000001 0000 C0000201 0050 0A010002 1F90 ASSURED           9", 600, 600),
    ] {
        assert_eq!(seconds(conversion, line), default, "{line}");
        assert_eq!(seconds(conversion.timeouts(set), line), changed, "{line}");
    }
}

#[test]
fn sent_templates_last_as_long_as_those_of_their_service() {
    let directory = directory();
    let seconds = |lifetime, line: &str| {
        let conversion = Conversion::new(&directory).lifetime(lifetime);
        conversion.convert(&listed(line)).expect("sayable").connection.timeout.as_secs()
    };
    for (line, remaining, left) in [
        ("TCP 0A000001 0000 C0000201 0050 0A010002 1F90 ASSURED          20", 20, 600),
        ("IP  0A000001 0000 00000042 0000 0A010004 0000 ASSURED          20", 20, 600),
        // The service had a longer timeout before.
        ("TCP 0A000001 0000 C0000201 0050 0A010002 1F90 ASSURED         700", 700, 700),
        // It is about to go, its destination is gone, or it is none.
        ("TCP 0A000001 0000 C0000201 0050 0A010002 1F90 ASSURED           0", 1, 1),
        ("TCP 0A000001 0000 C0000201 0050 0A010007 1F90 ASSURED          20", 20, 20),
        ("TCP 0A000001 9C40 C0000201 0050 0A010002 1F90 ESTABLISHED      20", 20, 20),
    ] {
        assert_eq!(seconds(Lifetime::Remaining, line), remaining, "{line}");
        assert_eq!(seconds(Lifetime::Left, line), left, "{line}");
    }
}

#[test]
fn the_unprivileged_table_tells_methods_too() {
    let text = "IP Virtual Server version 1.2.1 (size=4096)\n\
                Prot LocalAddress:Port Scheduler Flags\n\
                \u{20} -> RemoteAddress:Port Forward Weight ActiveConn InActConn\n\
                UDP  C0000201:0035 rr\n\
                \u{20} -> 0A010002:0035      Route   1      0          0\n\
                FWM  00000042 rr\n\
                \u{20} -> 0A010004:0000      Tunnel  1      0          0\n";
    let directory = Directory::from(&ipvs_proc::Table::parse(text).expect("a table"));
    let method = |line: &str| directory.binding(&listed(line)).map(|binding| binding.method);
    let line = "UDP 0A000001 9C40 C0000201 0035 0A010002 0035 UDP             299";
    assert_eq!(method(line), Some(Method::ROUTE));
    let line = "TCP 0A000001 9C40 C6336401 0050 0A010004 0050 ESTABLISHED     299";
    assert_eq!(method(line), Some(Method::TUNNEL));
    let line = "TCP 0A000001 9C40 C0000201 0050 0A010002 0050 ESTABLISHED     299";
    assert_eq!(method(line), None);
}

#[test]
fn a_backup_takes_what_was_converted() {
    let line = "TCP 0A000000 0000 C0000201 0050 0A010003 0050 ASSURED         111";
    let directory = directory();
    let listed = listed(line);
    let converted = Conversion::new(&directory).convert(&listed).expect("sayable");
    let mut encoder = Encoder::new(Version::V1, 7);
    encoder.push(&converted.connection).expect("sayable");
    let datagram = encoder.finish().expect("one waits");
    let taken: Vec<_> = Backup::new(Rules::Strict).receive(&datagram).collect();
    assert_eq!(taken, [Verdict::Accepted(converted.connection)]);
}
