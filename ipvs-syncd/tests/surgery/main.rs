// SPDX-License-Identifier: MIT OR Apache-2.0
//! Surgery on a kernel in memory.

mod clients;
mod interrupts;
#[path = "../support/kernel.rs"]
mod kernel;

use std::net::SocketAddr;
use std::time::Duration;

use ipvs_netlink::types::{
    DestConfig, Forward, Granularity, Persistence, Scheduler, ServiceConfig,
};
use ipvs_netlink::{DestEntry, ServiceEntry, ServiceTable};
use ipvs_proc::Connection as Listed;
use ipvs_syncd::surgery::{Granularities, Outcome, Plan, Reason, Report};
use ipvs_syncd::table::Directory;
use ipvs_syncd::{Connection, ConnectionFlags, Rules};
use ipvs_types::Protocol;
use kernel::{Flow, Races, Table, connection};
use proptest::prelude::*;

const UDP: Protocol = Protocol::UDP;
const TCP: Protocol = Protocol::TCP;
const SCTP: Protocol = Protocol::SCTP;
const DNS: [&str; 3] = ["10.0.0.1:5353", "192.0.2.1:53", "10.1.0.2:53"];
const DNS6: [&str; 3] = ["[fd00::1]:5353", "[2001:db8::1]:53", "[fd01::2]:53"];
const WEB: [&str; 3] = ["10.0.0.1:40000", "192.0.2.1:80", "10.1.0.2:8080"];
const WEB6: [&str; 3] = ["[fd00::1]:40000", "[2001:db8::1]:80", "[fd01::2]:8080"];
const TEMPLATE: [&str; 3] = ["10.0.0.0:0", "192.0.2.1:53", "10.1.0.2:53"];

/// Services for persistent clients, those of IPv4 by /24.
fn services() -> ipvs_netlink::Table {
    let entry = |key: &str, forward, dests: [&str; 2]| {
        let mask = Granularity::ipv4([255, 255, 255, 0].into());
        let mask = if key.contains('[') { Granularity::ipv6(64).expect("64") } else { mask };
        let persistence = Persistence::new(Duration::from_secs(600)).granularity(mask);
        let config = ServiceConfig::new(Scheduler::RR).persistence(persistence);
        let dest = |key: &str| DestEntry::new(key.parse().expect("dest"), DestConfig::new(forward));
        ServiceTable {
            service: ServiceEntry::new(key.parse().expect("a service"), config),
            dests: dests.map(dest).into(),
        }
    };
    let services = vec![
        entry("udp/192.0.2.1:53", Forward::Route, ["10.1.0.2:53", "10.1.0.3:53"]),
        entry("tcp/192.0.2.1:80", Forward::Masq, ["10.1.0.2:8080", "10.1.0.3:8080"]),
        entry("udp/[2001:db8::1]:53", Forward::Masq, ["[fd01::2]:53", "[fd01::3]:53"]),
        entry("udp/192.0.2.9:0", Forward::Masq, ["10.1.0.2:0", "10.1.0.3:0"]),
        entry("fwmark/66", Forward::Masq, ["10.1.0.7:0", "10.1.0.8:0"]),
    ];
    ipvs_netlink::Table { services }
}

fn directory() -> Directory {
    Directory::from(&services())
}

fn template(ends: [&str; 3]) -> Connection<'static> {
    let flags = ConnectionFlags::TEMPLATE | ConnectionFlags::INACTIVE;
    connection(UDP, ends, 0).flags(flags).state(1).timeout(Duration::from_secs(600))
}

/// The listed entry of this number.
fn line(table: &Table, number: u32) -> Listed<'static> {
    let at = table.entries.iter().position(|entry| entry.number == number);
    table.listed()[at.expect("an entry")].clone()
}

fn perform(plan: Plan, table: &mut Table) -> Report {
    match plan.perform(&directory(), table) {
        Ok(report) => report,
        Err(never) => match never {},
    }
}

fn delete(table: &mut Table, numbers: &[u32]) -> Vec<Outcome> {
    let chosen: Vec<_> = numbers.iter().map(|number| line(table, *number)).collect();
    let report = perform(Plan::delete(chosen, &directory()), table);
    assert_eq!(report.left_alone, []);
    report.done.iter().map(|done| done.outcome).collect()
}

fn steer(table: &mut Table, number: u32, to: &str) -> Outcome {
    let to = to.parse().expect("an address");
    let report = perform(Plan::steer([line(table, number)], to, false, &directory()), table);
    report.done[0].outcome
}

fn unpin(table: &mut Table, number: u32) -> Outcome {
    let pin = line(table, number);
    let members = Granularities::from(&services()).pin(&pin);
    perform(Plan::unpin([(pin, members)], &directory()), table).done[0].outcome
}

fn address(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

#[test]
fn exactly_the_chosen_connection_ends() {
    for rules in [Rules::Strict, Rules::Lax] {
        for (protocol, state) in [(TCP, 1), (TCP, 5), (UDP, 0), (SCTP, 8)] {
            for ends in [WEB, WEB6] {
                let mut table = Table::new(rules);
                let other = [ends[0].replace("40000", "40001"), ends[1].into(), ends[2].into()];
                let other = other.each_ref().map(String::as_str);
                let stays = table.add(connection(protocol, other, state), None);
                let goes = table.add(connection(protocol, ends, state), None);
                let before = table.entries[1].connection.clone();
                assert_eq!(delete(&mut table, &[goes]), [Outcome::Ended]);
                assert_eq!(table.entries.len(), 1);
                assert!(table.has(stays));
                assert_eq!(table.entries[0].connection, before);
            }
        }
    }
}

#[test]
fn a_connection_whose_packets_go_on_ends_all_the_same() {
    let flow = |protocol, ends, state, new: Option<&str>| Flow {
        connection: connection(protocol, ends, state),
        every: Duration::from_millis(100),
        new: new.map(address),
        template: None,
    };
    // What is in the middle of TCP begins no connection.
    let mut table = Table::new(Rules::Strict);
    table.flows = vec![flow(TCP, WEB, 1, None)];
    let number = table.add(connection(TCP, WEB, 1), None);
    assert_eq!(delete(&mut table, &[number]), [Outcome::Ended]);
    assert!(table.found(&table.flows[0].connection).is_none());
    // The next datagram does: to another destination, or to the same.
    for dest in ["10.1.0.3:53", DNS[2]] {
        let mut table = Table::new(Rules::Strict);
        table.flows = vec![flow(UDP, DNS, 0, Some(dest))];
        let number = table.add(connection(UDP, DNS, 0), None);
        let dest = address(dest);
        assert_eq!(delete(&mut table, &[number]), [Outcome::Renewed { dest }]);
        assert!(!table.has(number));
        let found = table.found(&table.flows[0].connection).expect("made anew");
        assert_eq!(found.connection.dest(), dest);
    }
}

#[test]
fn packets_that_leave_no_tick_without_them_do_not_save_a_connection() {
    for micros in [3900, 990, 310, 110] {
        let every = Duration::from_micros(micros);
        for (protocol, ends, state) in [(TCP, WEB, 1), (SCTP, WEB6, 8)] {
            let mut table = Table::new(Rules::Strict);
            let connection = connection(protocol, ends, state);
            let flow = Flow { connection: connection.clone(), every, new: None, template: None };
            table.flows = vec![flow];
            let number = table.add(connection, None);
            assert_eq!(delete(&mut table, &[number]), [Outcome::Ended], "{micros}");
            assert!(table.found(&table.flows[0].connection).is_none(), "{micros}");
        }
        for dest in ["10.1.0.3:53", DNS[2]].map(address) {
            let mut table = Table::new(Rules::Strict);
            let connection = connection(UDP, DNS, 0);
            let new = Some(dest);
            table.flows = vec![Flow { connection: connection.clone(), every, new, template: None }];
            let number = table.add(connection, None);
            assert_eq!(delete(&mut table, &[number]), [Outcome::Renewed { dest }], "{micros}");
            assert!(!table.has(number), "{micros}");
        }
    }
}

/// The kernel gives an entry a minute that is held when the tick comes, and packets find it.
#[test]
fn a_connection_that_was_held_at_the_tick_ends_all_the_same() {
    for held in [1, 2, 20] {
        for every in [10, 100] {
            let mut table = Table::new(Rules::Strict);
            let connection = connection(TCP, WEB, 1);
            let every = Duration::from_millis(every);
            let flow = Flow { connection: connection.clone(), every, new: None, template: None };
            (table.flows, table.held) = (vec![flow], held);
            let number = table.add(connection, None);
            assert_eq!(delete(&mut table, &[number]), [Outcome::Ended], "{held}");
            assert!(!table.has(number), "{held}");
        }
    }
}

#[test]
fn what_goes_on_in_spite_of_all_is_told_and_served() {
    for (protocol, ends, state) in [(TCP, WEB, 1), (SCTP, WEB6, 8), (UDP, DNS, 0)] {
        let mut table = Table::new(Rules::Strict);
        let connection = connection(protocol, ends, state);
        let every = Duration::from_millis(10);
        let flow = Flow { connection: connection.clone(), every, new: None, template: None };
        (table.flows, table.held) = (vec![flow], usize::MAX);
        let number = table.add(connection.clone(), None);
        assert_eq!(delete(&mut table, &[number]), [Outcome::Stayed]);
        assert!(table.has(number));
        let found = table.found(&table.flows[0].connection).expect("one");
        assert_eq!(found.connection.dest(), connection.dest(), "{protocol}");
    }
}

#[test]
fn what_a_reading_left_out_is_not_taken_for_ended() {
    for blind in [1, 3, 5] {
        let mut table = Table::new(Rules::Strict);
        let number = table.add(connection(TCP, WEB, 1), None);
        let flow = connection(TCP, WEB, 1);
        let every = Duration::from_millis(90);
        table.flows = vec![Flow { connection: flow, every, new: None, template: None }];
        table.blind = blind;
        assert_eq!(delete(&mut table, &[number]), [Outcome::Ended], "{blind}");
        assert!(!table.has(number), "{blind}");
    }
}

#[test]
fn lost_messages_are_sent_again() {
    let mut table = Table::new(Rules::Strict);
    table.lose = 1;
    let number = table.add(connection(TCP, WEB, 1), None);
    assert_eq!(delete(&mut table, &[number]), [Outcome::Ended]);
    table.lose = 2;
    let number = table.add(connection(UDP, DNS, 0), None);
    assert_eq!(steer(&mut table, number, "10.1.0.3:53"), Outcome::Moved);
}

#[test]
fn a_kernel_that_hears_nothing_is_reported() {
    let mut table = Table::new(Rules::Strict);
    table.lose = usize::MAX;
    let [web, dns] = [connection(TCP, WEB, 1), connection(UDP, DNS, 0)];
    let [web, dns] = [table.add(web, None), table.add(dns, None)];
    assert_eq!(delete(&mut table, &[web]), [Outcome::Stayed]);
    assert_eq!(steer(&mut table, dns, "10.1.0.3:53"), Outcome::Stayed);
    let pin = table.add(template(TEMPLATE), None);
    assert_eq!(unpin(&mut table, pin), Outcome::Stayed);
    assert!(!Outcome::Stayed.is_success());
}

#[test]
fn a_steered_connection_has_the_new_destination_and_is_not_active() {
    for (ends, to) in [(DNS, "10.1.0.3:53"), (DNS6, "[fd01::3]:53")] {
        let mut table = Table::new(Rules::Strict);
        let number = table.add(connection(UDP, ends, 0), None);
        assert_eq!(steer(&mut table, number, to), Outcome::Moved);
        let [entry] = &table.entries[..] else { panic!("{:?}", table.entries) };
        assert_eq!(entry.connection.dest(), address(to));
        assert!(entry.connection.flags.contains(ConnectionFlags::INACTIVE));
        assert!(!entry.connection.flags.contains(ConnectionFlags::NO_CLIENT_PORT));
    }
}

#[test]
fn destinations_of_port_0_keep_the_port_that_was_asked_for() {
    let mut table = Table::new(Rules::Strict);
    let ends = ["10.0.0.1:5353", "192.0.2.9:5000", "10.1.0.2:5000"];
    let number = table.add(connection(UDP, ends, 0), None);
    assert_eq!(steer(&mut table, number, "10.1.0.3:0"), Outcome::Moved);
    assert_eq!(table.entries[0].connection.dest(), address("10.1.0.3:5000"));
}

#[test]
fn what_can_not_or_should_not_move_is_left_alone() {
    let mut table = Table::new(Rules::Strict);
    let web = table.add(connection(TCP, WEB, 1), None);
    let pin = table.add(template(TEMPLATE), None);
    let dns = table.add(connection(UDP, DNS, 0), None);
    let reasons = |to: &str, reset| {
        let to = address(to);
        let chosen = [web, pin, dns].map(|number| line(&table, number));
        let plan = Plan::steer(chosen, to, reset, &directory());
        plan.left_alone().iter().map(|left| left.reason).collect::<Vec<_>>()
    };
    let nowhere = Reason::NoSuchDest(address("10.1.0.9:53"));
    assert_eq!(reasons("10.1.0.9:53", false), [Reason::WouldReset(TCP), Reason::Template, nowhere]);
    let there = [Reason::WouldReset(TCP), Reason::Template, Reason::AlreadyThere];
    assert_eq!(reasons("10.1.0.2:53", false), there);
    let wrong = Reason::NoSuchDest(address("10.1.0.3:53"));
    assert_eq!(reasons("10.1.0.3:53", true), [wrong, Reason::Template]);
    assert!(reasons("10.1.0.3:8080", true).contains(&Reason::NoSuchDest(address("10.1.0.3:8080"))));
}

/// Nothing arrives, so that whatever is said to be done is wrong.
#[test]
fn an_entry_that_is_listed_twice_is_one() {
    let mut table = Table::new(Rules::Strict);
    table.lose = usize::MAX;
    let web = table.add(connection(TCP, WEB, 1), None);
    let dns = table.add(connection(UDP, DNS, 0), None);
    let pin = table.add(template(TEMPLATE), None);
    let twice = |table: &Table, number| [line(table, number), line(table, number)];
    let outcomes = |plan, table: &mut Table| {
        let report = perform(plan, table);
        report.done.iter().map(|done| done.outcome).collect::<Vec<_>>()
    };
    let plan = Plan::delete(twice(&table, web), &directory());
    assert_eq!(outcomes(plan, &mut table), [Outcome::Stayed]);
    let plan = Plan::steer(twice(&table, dns), address("10.1.0.3:53"), false, &directory());
    assert_eq!(outcomes(plan, &mut table), [Outcome::Stayed]);
    let pins = twice(&table, pin);
    let pins = pins.map(|pin| (pin.clone(), Granularities::from(&services()).pin(&pin)));
    let plan = Plan::unpin(pins, &directory());
    assert_eq!(outcomes(plan, &mut table), [Outcome::Stayed]);
    let lost = connection(TCP, ["10.0.0.9:1", WEB[1], WEB[2]], 1);
    let plan = Plan::restore([lost.clone(), lost].map(|one| one.timeout(Duration::from_secs(100))));
    assert_eq!(outcomes(plan, &mut table), [Outcome::Absent]);
    let plan = Plan::steer(twice(&table, pin), address("10.1.0.3:53"), false, &directory());
    assert_eq!((plan.is_empty(), plan.left_alone().len()), (true, 1));
}

#[test]
fn an_entry_and_the_one_in_its_place_are_two() {
    let elsewhere = [DNS[0], DNS[1], "10.1.0.3:53"];
    let pair =
        |table: &mut Table| [DNS, elsewhere].map(|ends| table.add(connection(UDP, ends, 0), None));
    let mut deaf = Table::new(Rules::Strict);
    deaf.lose = usize::MAX;
    let both = pair(&mut deaf);
    assert_eq!(delete(&mut deaf, &both), [Outcome::Stayed; 2]);
    let [first, second] = both;
    assert_eq!(delete(&mut deaf, &[second, first]), [Outcome::Stayed; 2]);
}

#[test]
fn what_is_put_back_is_there_and_what_is_there_stays() {
    let mut table = Table::new(Rules::Strict);
    let moved = ["10.0.0.2:4000", "192.0.2.1:53", "10.1.0.3:53"];
    let was = ["10.0.0.2:4000", "192.0.2.1:53", "10.1.0.2:53"];
    let present = table.add(connection(TCP, WEB, 1).timeout(Duration::from_secs(900)), None);
    let newer = table.add(connection(UDP, moved, 0), None);
    let (before, lost) = (table.entries.clone(), connection(UDP, DNS, 0));
    let brief = ["10.0.0.3:4000", "192.0.2.1:53", "10.1.0.2:53"];
    let file = [
        template(TEMPLATE),
        connection(TCP, WEB, 4).timeout(Duration::from_secs(20)),
        connection(UDP, was, 0).timeout(Duration::from_secs(200)),
        lost.clone().timeout(Duration::from_secs(100)),
        connection(UDP, brief, 0).timeout(Duration::from_secs(1)),
    ];
    table.lose = 1;
    let report = perform(Plan::restore(file), &mut table);
    let outcomes: Vec<_> = report.done.iter().map(|done| done.outcome).collect();
    let dest = address(moved[2]);
    let [restored, ended] = [Outcome::Restored, Outcome::EndedBefore];
    assert_eq!(outcomes, [restored, Outcome::Present, Outcome::Newer { dest }, restored, ended]);
    assert_eq!((report.succeeded(), report.is_complete()), (4, false));
    for entry in before {
        assert!([present, newer].contains(&entry.number) && table.entries.contains(&entry));
    }
    let found = table.found(&lost).expect("restored");
    assert_eq!(found.connection, lost.timeout(Duration::from_secs(100)));
    // A kernel that takes nothing.
    let mut deaf = Table::new(Rules::Strict);
    deaf.lose = usize::MAX;
    let report = perform(Plan::restore([template(TEMPLATE)]), &mut deaf);
    assert_eq!(report.done[0].outcome, Outcome::Absent);
}

#[test]
fn a_plan_touches_nothing() {
    let mut table = Table::new(Rules::Strict);
    let number = table.add(connection(TCP, WEB, 1), None);
    let plan = Plan::delete([line(&table, number)], &directory());
    assert_eq!(plan.datagrams(kernel::ID).len(), 1);
    assert_eq!(table.sent.len(), 0);
    perform(plan.clone(), &mut table);
    assert_eq!(table.sent[..1], plan.datagrams(kernel::ID)[..]);
}

#[derive(Debug, Clone)]
struct Chosen {
    protocol: Protocol,
    client: u8,
    port: u16,
    state: u16,
    chosen: bool,
}

fn any_entry() -> impl Strategy<Value = Chosen> {
    let protocol = prop_oneof![Just((TCP, 11)), Just((UDP, 1)), Just((SCTP, 14))];
    (protocol, 0..4u8, 1..4u16, any::<prop::sample::Index>(), any::<bool>()).prop_map(
        |((protocol, states), client, port, state, chosen)| {
            let state = state.index(states) as u16;
            Chosen { protocol, client, port, state, chosen }
        },
    )
}

proptest! {
    #[test]
    fn whatever_is_chosen_ends_and_nothing_else(
        entries in prop::collection::vec(any_entry(), 0..40),
        lose in 0..2usize,
        lax: bool,
    ) {
        let mut table = Table::new(if lax { Rules::Lax } else { Rules::Strict });
        table.lose = lose;
        let (mut goes, mut stays) = (Vec::new(), Vec::new());
        for Chosen { protocol, client, port, state, chosen } in entries {
            let client = format!("10.0.0.{client}:{port}");
            let made = connection(protocol, [&client, WEB[1], WEB[2]], state);
            let long = made.timeout(Duration::from_secs(900));
            if table.found(&long).is_none() {
                let number = table.add(long, None);
                if chosen { goes.push(number) } else { stays.push(number) }
            }
        }
        let before = table.entries.clone();
        let outcomes = delete(&mut table, &goes);
        prop_assert!(outcomes.iter().all(|outcome| *outcome == Outcome::Ended));
        prop_assert_eq!(table.entries.len(), stays.len());
        let kept: Vec<_> = before.iter().filter(|entry| stays.contains(&entry.number)).collect();
        prop_assert!(kept.iter().zip(&table.entries).all(|(before, after)| *before == after));
    }
}
