// SPDX-License-Identifier: MIT OR Apache-2.0
//! Persistent clients: their templates, and the connections that these hold.

use super::*;

#[test]
fn a_resting_client_is_freed() {
    let mut table = Table::new(Rules::Strict);
    let pin = table.add(template(TEMPLATE), None);
    let [one, two] = ["10.0.0.1:1", "10.0.0.200:2"];
    for client in [one, two] {
        table.add(connection(UDP, [client, DNS[1], DNS[2]], 0), Some(pin));
    }
    // Of another client, another destination, another service.
    let others = [
        table.add(connection(UDP, ["10.0.1.1:1", DNS[1], DNS[2]], 0), None),
        table.add(connection(UDP, ["10.0.0.1:3", DNS[1], "10.1.0.3:53"], 0), None),
        table.add(connection(TCP, WEB, 1), None),
    ];
    assert_eq!(unpin(&mut table, pin), Outcome::Unpinned { connections: 2 });
    assert_eq!(table.entries.len(), others.len());
    assert!(others.iter().all(|number| table.has(*number)));
}

#[test]
fn a_client_that_talks_all_the_time_is_freed() {
    for every in [990, 10_000, 90_000, 700_000] {
        let mut table = Table::new(Rules::Strict);
        let pin = table.add(template(TEMPLATE), None);
        let number = table.add(connection(UDP, DNS, 0), Some(pin));
        table.flows = vec![Flow {
            connection: connection(UDP, DNS, 0),
            every: Duration::from_micros(every),
            new: Some(address("10.1.0.3:53")),
            template: Some(template(TEMPLATE)),
        }];
        let outcome = unpin(&mut table, pin);
        assert!(matches!(outcome, Outcome::Unpinned { .. }), "{every}: {outcome:?}");
        assert!(!table.has(pin) && !table.has(number));
        // It is scheduled like any other.
        table.flows[0].every = Duration::from_millis(8);
        ipvs_syncd::surgery::Director::pause(&mut table, Duration::from_millis(40));
        let found = table.found(&table.flows[0].connection).expect("made anew");
        assert_eq!(found.connection.dest(), address("10.1.0.3:53"), "{every}");
    }
}

/// A packet that comes between the message that ends a connection and the next tick, once at each of
/// the messages, and once too often.
#[test]
fn a_packet_at_the_wrong_moment_is_noticed() {
    let cases = [(0, 1, true), (1, 1, true), (1, 3, true), (1, 10_000, false)];
    for (spared, count, freed) in cases {
        let mut table = Table::new(Rules::Strict);
        let pin = table.add(template(TEMPLATE), None);
        table.add(connection(UDP, DNS, 0), Some(pin));
        table.flows = vec![Flow {
            connection: connection(UDP, DNS, 0),
            every: Duration::from_millis(8),
            new: Some(address("10.1.0.3:53")),
            template: Some(template(TEMPLATE)),
        }];
        table.races = Races { spared, count };
        let outcome = unpin(&mut table, pin);
        let found = table.found(&table.flows[0].connection).expect("there").connection.dest();
        assert_eq!(outcome != Outcome::Stayed, freed, "{spared} {count}: {outcome:?}");
        assert_eq!(found == address("10.1.0.3:53"), freed, "{spared} {count}: {found}");
    }
}

#[test]
fn the_template_of_a_mark_takes_what_no_address_accounts_for() {
    let mut table = Table::new(Rules::Strict);
    let mark = template(["10.0.0.0:0", "0.0.0.66:0", "10.1.0.7:0"]);
    let pin = table.add(Connection { protocol: Protocol(0), ..mark }, None);
    let ends = ["10.0.0.9:4000", "198.51.100.5:443", "10.1.0.7:443"];
    table.add(connection(TCP, ends, 1), Some(pin));
    let stays = table.add(connection(UDP, DNS, 0), None);
    assert_eq!(unpin(&mut table, pin), Outcome::Unpinned { connections: 1 });
    assert_eq!(table.entries.len(), 1);
    assert!(table.has(stays));
}

#[test]
fn a_template_with_connections_can_not_be_deleted() {
    let mut table = Table::new(Rules::Strict);
    let pin = table.add(template(TEMPLATE), None);
    assert_eq!(delete(&mut table, &[pin]), [Outcome::Ended]);
    let pin = table.add(template(TEMPLATE), None);
    table.add(connection(UDP, DNS, 0), Some(pin));
    assert_eq!(delete(&mut table, &[pin]), [Outcome::Stayed]);
}
