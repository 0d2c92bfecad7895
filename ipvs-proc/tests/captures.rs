// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every captured file: read, compared with a stored reading, and printed again to the byte.

mod support;

use std::fs;
use std::num::NonZeroU32;
use std::time::Duration;

use insta::assert_json_snapshot;
use ipvs_proc::*;
use ipvs_types::{Counters, Family, Protocol};
use support::{KERNELS, capture, render};

/// The text of a capture.
fn text(kernel: &str, file: ProcFile) -> String {
    fs::read_to_string(capture(kernel).path(file)).expect("a capture")
}

fn read<D: Document>(kernel: &str) -> D {
    capture(kernel).read().unwrap_or_else(|error| panic!("{kernel}: {error}"))
}

/// All connections; the continuation of persistence data is skipped.
fn connections(kernel: &str, layout: Layout) -> (Vec<Connection<'static>>, Skipped) {
    let mut all = capture(kernel).connections(layout).expect("a capture").bad_lines(BadLines::Skip);
    let read = all.by_ref().collect::<Result<_, _>>().expect("readable");
    (read, all.skipped().clone())
}

#[test]
fn tables() {
    for kernel in KERNELS {
        let table: Table = read(kernel);
        assert_eq!(render::table(&table), text(kernel, ProcFile::Table));
        assert_eq!(table.services.len(), 15, "{kernel}");
        assert_eq!(table.services.iter().map(|service| service.dests.len()).sum::<usize>(), 12);
        assert_json_snapshot!(format!("table-{kernel}"), table);
    }
}

#[test]
fn a_service_as_each_kernel_shows_it() {
    let hz = NonZeroU32::new(250).expect("not zero");
    for kernel in KERNELS {
        let table: Table = read(kernel);
        let find = |identity| {
            let found = table.services.iter().find(|service| service.identity == identity);
            found.expect("in every capture")
        };
        let v6 = find(Identity::Address {
            protocol: Protocol::TCP,
            address: "fd01::100".parse().expect("address"),
            port: 81,
        });
        let persistence = v6.persistence.expect("it is persistent");
        assert_eq!(persistence.timeout(hz), Duration::from_secs(600));
        let prefix = persistence.granularity(Family::Ipv6).and_then(|g| g.ipv6_prefix());
        assert_eq!(prefix, Some(64));
        assert_eq!(v6.dests[0].key.to_string(), "[fd02::2]:8080");
        let v4 = find(Identity::Address {
            protocol: Protocol::TCP,
            address: [10, 1, 0, 100].into(),
            port: 81,
        });
        let mask = v4.persistence.and_then(|p| p.granularity(Family::Ipv4)?.ipv4_mask());
        assert_eq!(mask, Some([255, 255, 255, 0].into()));
        let mark = find(Identity::Fwmark(u32::MAX));
        assert_eq!((mark.scheduler.to_string().as_str(), mark.one_packet), ("sh", true));
        assert_eq!(mark.identity.family(), None);
    }
}

#[test]
fn a_new_namespace_has_only_headings() {
    for (kernel, size) in KERNELS.into_iter().zip([4096, 4096, 0]) {
        let path = capture(kernel).dir().join("empty-netns-ip_vs.txt");
        let text = fs::read_to_string(path).expect("a capture");
        // The capture goes on with the heading of the connections.
        let (heading, connections) = text.split_at(text.find("Pro ").expect("the second file"));
        assert_eq!(
            Table::parse(heading),
            Ok(Table { version: "1.2.1".into(), size, services: vec![] })
        );
        assert_eq!(Connections::new(connections.as_bytes(), Layout::Plain).count(), 0);
    }
}

#[test]
fn apps_and_counters() {
    for kernel in KERNELS {
        let apps: Apps = read(kernel);
        assert_eq!(render::apps(&apps), text(kernel, ProcFile::Apps));
        assert_json_snapshot!(format!("apps-{kernel}"), apps);
        let totals: Totals = read(kernel);
        assert_eq!(render::totals(&totals), text(kernel, ProcFile::Stats));
        assert_json_snapshot!(format!("totals-{kernel}"), totals);
        let percpu: PerCpu = read(kernel);
        assert_eq!(render::percpu(&percpu), text(kernel, ProcFile::StatsPercpu));
        assert_json_snapshot!(format!("percpu-{kernel}"), percpu);
        assert_eq!((totals.counters.connections, percpu.cpus.len()), (0x13, 2), "{kernel}");
        assert_eq!(percpu.cpus.iter().map(|cpu| cpu.counters.connections).sum::<u64>(), 0x13);
    }
    let Counters { in_packets, out_bytes, .. } = read::<Totals>("7.2").counters;
    assert_eq!((in_packets, out_bytes), (0x46, 0xe61));
}

/// A server's counters after twelve connections of the test `ca::accept_and_getpeername_name_the_client`.
#[test]
fn client_addresses() {
    for kernel in KERNELS {
        let stats: CaStats = read(kernel);
        assert_eq!(render::ca_stats(&stats), text(kernel, ProcFile::CaStats));
        assert_eq!((stats.version.as_str(), stats.cpus.len()), ("3.0.0", 2), "{kernel}");
        assert_eq!((stats.total("conn_new"), stats.total("getname_ok")), (Some(12), Some(20)));
        assert_json_snapshot!(format!("client-addresses-{kernel}"), stats);
    }
}

#[test]
fn status() {
    let status: Status = read("7.2");
    assert_eq!(render::status(&status), text("7.2", ProcFile::Status));
    assert_eq!((status.connections, status.services), (Some(20), Some(15)));
    assert!(status.other.is_empty());
    assert_json_snapshot!("status-7.2", status);
}

#[test]
fn connections_of_every_kernel() {
    for kernel in KERNELS {
        for layout in [Layout::Plain, Layout::Sync] {
            let (read, skipped) = connections(kernel, layout);
            let heading = if layout == Layout::Plain { render::PLAIN } else { render::SYNC };
            let mut again = heading.as_bytes().to_vec();
            for connection in &read {
                render::connection(&mut again, connection);
            }
            // Nothing but the line "z" is lost.
            let captured = text(kernel, layout.file()).replacen("\nz\n", "\n", 1);
            assert_eq!(String::from_utf8(again).expect("UTF-8"), captured, "{kernel} {layout:?}");
            assert_eq!(read.len(), 20, "{kernel} {layout:?}");
            assert_eq!(read.iter().filter(|connection| connection.is_template()).count(), 7);
            assert_eq!(skipped.count, u64::from(layout == Layout::Plain));
            assert_eq!(skipped.cut_off, None);
            assert_json_snapshot!(format!("{}-{kernel}", layout.file()), read);
        }
    }
}

#[test]
fn a_continuation_is_a_bad_line() {
    let mut all = capture("7.2").connections(Layout::Plain).expect("a capture");
    let error = all.by_ref().find_map(Result::err).expect("the line `z`");
    assert_eq!(error.to_string(), "ip_vs_conn, line 21, column 1: expected a protocol, found `z`");
    assert!(all.next().is_none(), "an error ends it");
}

#[test]
fn records_survive_json() {
    for kernel in KERNELS {
        let (read, _) = connections(kernel, Layout::Plain);
        let json = serde_json::to_string(&read).expect("JSON");
        assert_eq!(serde_json::from_str::<Vec<Connection<'_>>>(&json).expect("the same"), read);
        let table: Table = self::read(kernel);
        let json = serde_json::to_string(&table).expect("JSON");
        assert_eq!(serde_json::from_str::<Table>(&json).expect("the same"), table);
    }
}

#[test]
fn what_filters_find() {
    let found = |filter: Filter| {
        let all = capture("7.2").connections(Layout::Plain).expect("a capture");
        all.bad_lines(BadLines::Skip).filter_by(filter).count()
    };
    assert_eq!(found(Filter::new()), 20);
    assert_eq!(found(Filter::new().protocol(Protocol::UDP)), 6);
    assert_eq!(found(Filter::new().protocol(Protocol(50))), 1);
    assert_eq!(found(Filter::new().client("10.1.0.2".parse().expect("an address"))), 10);
    assert_eq!(found(Filter::new().client("fd01::/16".parse().expect("a network"))), 4);
    assert_eq!(found(Filter::new().service("fwmark/66".parse().expect("a mark"))), 2);
    assert_eq!(found(Filter::new().service("10.1.0.100:81".parse().expect("a socket"))), 2);
    assert_eq!(found(Filter::new().dest("[fd02::2]:8080".parse().expect("a socket"))), 2);
    assert_eq!(found(Filter::new().state("TIME_WAIT").state("LISTEN")), 5);
    let minutes = |range: std::ops::RangeInclusive<u64>| {
        Duration::from_secs(range.start() * 60)..=Duration::from_secs(range.end() * 60)
    };
    assert_eq!(found(Filter::new().expires(minutes(10..=60))), 2);
}
