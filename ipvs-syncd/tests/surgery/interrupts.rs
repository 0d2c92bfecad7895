// SPDX-License-Identifier: MIT OR Apache-2.0
//! What an interrupted run leaves, and says.

use super::*;

#[test]
fn an_interrupted_run_says_what_it_does_not_know() {
    let mut table = Table::new(Rules::Strict);
    let number = table.add(connection(TCP, WEB, 1), None);
    table.patience = 1;
    assert_eq!(delete(&mut table, &[number]), [Outcome::Interrupted]);
}

#[test]
fn an_interrupt_ends_a_round() {
    let mut table = Table::new(Rules::Strict);
    // Of 36 bytes each, 40 in a datagram: 50 datagrams, of which 32 go at once.
    for port in 1..=2000 {
        let client = format!("10.0.0.1:{port}");
        table.add(connection(TCP, [&client, WEB[1], WEB[2]], 1), None);
    }
    table.patience = 1;
    let report = perform(Plan::delete(table.listed(), &directory()), &mut table);
    assert_eq!(table.sent.len(), 32);
    assert_eq!(report.done.len(), 2000);
    assert!(report.done.iter().all(|done| done.outcome == Outcome::Interrupted));
}

#[test]
fn an_interrupt_leaves_no_connection_whose_packets_are_dropped() {
    let (mut dropped, mut patience) = (0, 1);
    loop {
        let mut table = Table::new(Rules::Strict);
        let connection = connection(UDP, DNS, 0);
        let every = Duration::from_millis(10);
        let flow = Flow { connection: connection.clone(), every, new: None, template: None };
        (table.flows, table.held, table.patience) = (vec![flow], usize::MAX, patience);
        let number = table.add(connection.clone(), None);
        let outcomes = delete(&mut table, &[number]);
        let found = table.found(&table.flows[0].connection).expect("one");
        assert_eq!(found.connection.dest(), connection.dest(), "after {patience} pauses");
        dropped += usize::from(found.number != number);
        if outcomes == [Outcome::Stayed] {
            break;
        }
        assert_eq!(outcomes, [Outcome::Interrupted], "after {patience} pauses");
        patience += 1;
    }
    assert!(dropped > 0);
}
