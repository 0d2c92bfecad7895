// SPDX-License-Identifier: MIT OR Apache-2.0
//! What answers may lack, have twice or have in excess, and what they may not.

use ipvs_types::{CounterWidth, DestConfig, Family, Forward, Scheduler, ServiceConfig, Stats};
use netlink_packet_core::{DefaultNla, Nla};

use super::answer::{self, bytes};
use crate::wire::*;
use crate::{DestEntry, ServiceEntry};

fn entry() -> ServiceEntry {
    let mut entry = ServiceEntry::new(
        "tcp/192.0.2.1:80".parse().expect("a service"),
        ServiceConfig::new(Scheduler::RR),
    );
    entry.stats = full_stats();
    entry
}

fn dest_entry() -> DestEntry {
    let mut entry = DestEntry::new(
        "192.0.2.2:80".parse().expect("a destination"),
        DestConfig::new(Forward::Route),
    );
    entry.stats = full_stats();
    entry
}

/// Statistics with sums beyond 32 bits.
fn full_stats() -> Stats {
    let mut stats = Stats::default();
    stats.counters.connections = (1 << 33) + 5;
    stats.counters.in_bytes = 1 << 40;
    stats
}

fn service(attributes: Vec<ServiceAttribute>) -> Result<ServiceEntry, WireError> {
    decode::service(&bytes(&answer::service_message(attributes)))
}

fn dest(attributes: Vec<DestAttribute>) -> Result<DestEntry, WireError> {
    decode::dest(&bytes(&answer::dest_message(attributes)), Family::Ipv4)
}

fn daemon(attributes: Vec<DaemonAttribute>) -> Result<ipvs_types::DaemonConfig, WireError> {
    decode::daemon(&bytes(&answer::daemon_message(attributes)))
}

fn number(attribute: &impl Nla) -> u16 {
    attribute.kind() & 0x3fff
}

#[test]
fn a_missing_attribute_is_named() {
    let all = answer::service_attributes(&entry());
    let names: Vec<_> = all
        .iter()
        .filter_map(|left_out| {
            let kept = all.iter().filter(|a| number(*a) != number(left_out)).cloned().collect();
            service(kept).err().map(|error| error.to_string())
        })
        .collect();
    assert_eq!(
        names,
        [
            "IPVS_SVC_ATTR_AF at byte 4: missing",
            "IPVS_SVC_ATTR_PROTOCOL at byte 4: missing",
            "IPVS_SVC_ATTR_ADDR at byte 4: missing",
            "IPVS_SVC_ATTR_PORT at byte 4: missing",
            "IPVS_SVC_ATTR_SCHED_NAME at byte 4: missing",
            "IPVS_SVC_ATTR_FLAGS at byte 4: missing",
        ]
    );

    let all = answer::dest_attributes(&dest_entry());
    let names: Vec<_> = all
        .iter()
        .filter_map(|left_out| {
            let kept = all.iter().filter(|a| number(*a) != number(left_out)).cloned().collect();
            dest(kept).err().map(|error| error.what)
        })
        .collect();
    assert_eq!(
        names,
        [
            "IPVS_DEST_ATTR_ADDR",
            "IPVS_DEST_ATTR_PORT",
            "IPVS_DEST_ATTR_FWD_METHOD",
            "IPVS_DEST_ATTR_WEIGHT",
            "IPVS_DEST_ATTR_U_THRESH",
            "IPVS_DEST_ATTR_L_THRESH",
            "IPVS_DEST_ATTR_ACTIVE_CONNS",
            "IPVS_DEST_ATTR_INACT_CONNS",
            "IPVS_DEST_ATTR_PERSIST_CONNS",
        ]
    );
    assert_eq!(
        decode::service(&[]).expect_err("empty").to_string(),
        "IPVS_CMD_ATTR_SERVICE at byte 0: missing"
    );
    assert_eq!(
        decode::timeouts(&[]).expect_err("empty").to_string(),
        "IPVS_CMD_ATTR_TIMEOUT_TCP at byte 0: missing"
    );
    assert_eq!(
        decode::family_id(&[]).expect_err("empty").to_string(),
        "CTRL_ATTR_FAMILY_ID at byte 0: missing"
    );
}

#[test]
fn a_persistent_service_needs_timeout_and_netmask() {
    let persistent = ServiceAttribute::Flags { value: 3, mask: u32::MAX };
    let with = |left_out| {
        let mut all = answer::service_attributes(&entry());
        all.retain(|a| number(a) != left_out);
        all.push(persistent.clone());
        service(all).expect_err("incomplete").what
    };
    assert_eq!(with(8), "IPVS_SVC_ATTR_TIMEOUT");
    assert_eq!(with(9), "IPVS_SVC_ATTR_NETMASK");
}

#[test]
fn an_ipv6_prefix_out_of_range_is_an_error_only_where_it_counts() {
    let v6 = ServiceEntry { key: "fwmark6/7".parse().expect("a service"), ..entry() };
    for prefix in [0_u32, 129, 256, 0x8000_0000, u32::MAX] {
        let mut all = answer::service_attributes(&v6);
        all.push(ServiceAttribute::Netmask(prefix.to_ne_bytes()));
        assert_eq!(service(all.clone()), Ok(v6.clone()), "not persistent");
        all.push(ServiceAttribute::Flags { value: 3, mask: u32::MAX });
        let error = service(all).expect_err("persistent").to_string();
        let expected = format!(": {prefix}, expected a prefix length from 1 to 128");
        assert!(error.starts_with("IPVS_SVC_ATTR_NETMASK at byte "), "{error}");
        assert!(error.ends_with(&expected), "{error}");
    }
}

#[test]
fn old_kernels_send_less() {
    let mut all = answer::service_attributes(&entry());
    all.retain(|a| !matches!(a, ServiceAttribute::Stats64(_)));
    let read = service(all.clone()).expect("without STATS64").stats;
    assert_eq!(read.width, CounterWidth::Bits32);
    assert_eq!(read.counters.connections, 5, "wrapped");
    assert_eq!(read.counters.in_bytes, 1 << 40);
    all.retain(|a| !matches!(a, ServiceAttribute::Stats(_)));
    assert_eq!(service(all).expect_err("no statistics").what, "IPVS_SVC_ATTR_STATS");

    // Before 3.18 no family, before 5.2 no tunnel options.
    let mut all = answer::dest_attributes(&dest_entry());
    all.retain(|a| !matches!(number(a), 11 | 13..=15));
    assert_eq!(dest(all.clone()), Ok(dest_entry()));
    all.push(DestAttribute::Family(0));
    assert_eq!(dest(all), Ok(dest_entry()));
}

#[test]
fn of_doubles_the_last_counts() {
    let mut all = answer::service_attributes(&entry());
    all.push(ServiceAttribute::Port(81));
    assert_eq!(service(all).expect("valid").key.port(), Some(81));
}

#[test]
fn flags_and_lengths_that_newer_kernels_may_use() {
    let other =
        |kind, payload: &[u8]| ServiceAttribute::Other(DefaultNla::new(kind, payload.into()));
    let mut all = answer::service_attributes(&entry());
    all.push(other(4 | 0x4000, &[0x1f, 0x90])); // NLA_F_NET_BYTEORDER on the port
    all.push(other(2, &[17, 0, 0, 0])); // 4 bytes where 2 are needed
    all.push(other(3, &[192, 0, 2, 9])); // an IPv4 address in 4 bytes
    all.push(other(6, b"wlc")); // a name without NUL
    let message = answer::service_message(all);
    let mut flagged = bytes(&message);
    flagged[3] |= 0x80; // NLA_F_NESTED on the nest
    let read = decode::service(&flagged).expect("valid");
    assert_eq!(read.key.to_string(), "udp/192.0.2.9:8080");
    assert_eq!(read.config.scheduler, Scheduler::WLC);
    assert_eq!(read.unknown, []);
}

#[test]
fn values_that_no_kernel_sends_are_errors() {
    let with = |attribute| {
        let mut all = answer::service_attributes(&entry());
        all.push(attribute);
        service(all).expect_err("invalid").to_string()
    };
    let family = with(ServiceAttribute::Family(3));
    assert!(family.ends_with(": 3, expected 2 (IPv4) or 10 (IPv6)"), "{family}");
    let short = with(ServiceAttribute::Other(DefaultNla::new(4, vec![1])));
    assert!(short.ends_with(": 1 bytes where at least 2 are needed"), "{short}");
    let long = with(ServiceAttribute::Other(DefaultNla::new(6, vec![b'x'; 16])));
    assert!(long.contains("`xxxxxxxxxxxxxxxx` is not a valid scheduler name"), "{long}");

    let daemon_with = |attribute| {
        let wanted = ipvs_types::DaemonConfig::new(
            ipvs_types::DaemonRole::Master,
            "eth0".parse().expect("short"),
        );
        let mut all = answer::daemon_attributes(&wanted);
        all.push(attribute);
        daemon(all).expect_err("invalid").to_string()
    };
    let state = daemon_with(DaemonAttribute::State(3));
    assert!(state.ends_with(": 3, expected 1 (master) or 2 (backup)"), "{state}");
    let name = daemon_with(DaemonAttribute::Other(DefaultNla::new(2, vec![0])));
    assert!(name.contains("`` is not a valid interface name"), "{name}");

    let family = [6, 0, 1, 0, 15, 0, 0, 0];
    let error = decode::family_id(&family).expect_err("reserved").to_string();
    assert_eq!(error, "CTRL_ATTR_FAMILY_ID at byte 4: 15, expected 16 or more");
}

#[test]
fn fwmark_zero_is_an_address_service() {
    let mut all = answer::service_attributes(&entry());
    all.push(ServiceAttribute::Fwmark(0));
    assert_eq!(service(all), Ok(entry()));
}

#[test]
fn of_two_groups_the_ipv4_one_counts() {
    let mut wanted = ipvs_types::DaemonConfig::new(
        ipvs_types::DaemonRole::Backup,
        "eth0".parse().expect("short"),
    );
    wanted.group = "224.0.0.81".parse().ok();
    let mut all = answer::daemon_attributes(&wanted);
    all.push(DaemonAttribute::Group6("ff02::51".parse().expect("an address")));
    assert_eq!(daemon(all), Ok(wanted));
}
