// SPDX-License-Identifier: MIT OR Apache-2.0
//! Values that the kernel would misread are refused before anything is written.

use std::time::Duration;

use ipvs_types::{
    Granularity, MAX_PERSISTENCE, Persistence, Scheduler, ServiceConfig, ServiceFlags,
    TimeoutsChange,
};

use crate::wire::encode;
use crate::{Error, ErrorKind, Operation};

/// The message of the refusal of `operation`.
fn refusal(operation: Operation) -> String {
    let mut out = vec![1, 2, 3, 4];
    let error = encode::request(&mut out, 34, 1, false, &operation.into()).expect_err("refused");
    assert_eq!(out, [1, 2, 3, 4], "the buffer is as it was");
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(matches!(&error, Error::Invalid { request, .. } if **request == operation.into()));
    error.to_string()
}

fn service(key: &str, persistence: Persistence) -> Operation {
    Operation::CreateService {
        service: key.parse().expect("a service"),
        config: ServiceConfig::new(Scheduler::RR).persistence(persistence),
    }
}

#[test]
fn persistence_timeouts() {
    let too_long = Persistence::new(MAX_PERSISTENCE + Duration::from_secs(1));
    assert_eq!(
        refusal(service("fwmark/7", too_long)),
        "create service fwmark/7: persistence timeout 4294968 s is too long: give at most 4294967 s"
    );
    let fraction = Persistence::new(Duration::from_millis(1500));
    assert_eq!(
        refusal(service("fwmark/7", fraction)),
        "create service fwmark/7: persistence timeout 1.5 s has a fraction: give whole seconds, at \
         most 4294967"
    );
    let longest = service("fwmark/7", Persistence::new(MAX_PERSISTENCE));
    assert!(encode::request(&mut Vec::new(), 34, 1, false, &longest.into()).is_ok());
}

#[test]
fn granularity_of_the_other_family() {
    let minute = Persistence::new(Duration::from_secs(60));
    let prefix = Granularity::ipv6(64).expect("in range");
    assert_eq!(
        refusal(service("tcp/192.0.2.1:80", minute.granularity(prefix))),
        "create service tcp/192.0.2.1:80: persistence granularity /64 is an IPv6 prefix but the \
         service is IPv4: give a netmask such as 255.255.255.0"
    );
    let mask = minute.granularity(Granularity::ipv4([255, 255, 0, 0].into()));
    let Operation::CreateService { service: key, config } = service("fwmark6/7", mask) else {
        panic!("made above")
    };
    let update = Operation::UpdateService { service: key, config, mask: ServiceFlags::all() };
    assert_eq!(
        refusal(update),
        "update service fwmark6/7: persistence granularity 255.255.0.0 is an IPv4 netmask but the \
         service is IPv6: give a prefix from /1 to /128"
    );
}

#[test]
fn timeouts_of_the_director() {
    let change = |tcp_fin| Operation::SetTimeouts {
        change: TimeoutsChange { tcp_fin: Some(tcp_fin), ..TimeoutsChange::default() },
    };
    let range = "give whole seconds from 1 to 2147483647";
    assert_eq!(
        refusal(change(Duration::ZERO)),
        format!("set timeouts: tcp_fin timeout 0 s would be left as it is: {range}")
    );
    assert_eq!(
        refusal(change(Duration::from_millis(250))),
        format!("set timeouts: tcp_fin timeout 0.25 s has a fraction: {range}")
    );
    assert_eq!(
        refusal(change(Duration::from_secs(1 << 31))),
        format!("set timeouts: tcp_fin timeout 2147483648 s is too long: {range}")
    );
    let longest = change(Duration::from_secs((1 << 31) - 1));
    assert!(encode::request(&mut Vec::new(), 34, 1, false, &longest.into()).is_ok());
}

#[test]
fn a_refused_request_leaves_those_before_it_alone() {
    let mut out = Vec::new();
    encode::request(&mut out, 34, 1, false, &Operation::Flush.into()).expect("valid");
    let before = out.clone();
    let bad = service("fwmark/7", Persistence::new(Duration::MAX));
    assert!(encode::request(&mut out, 34, 2, false, &bad.into()).is_err());
    assert_eq!(out, before);
}
