// SPDX-License-Identifier: MIT OR Apache-2.0
//! The tracker on live sockets, in network namespaces.

#[path = "support/network.rs"]
mod network;

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use ipvs_syncd::live::{Event, Live};
use ipvs_syncd::socket::{Listen, ReceiveError, Receiver};
use ipvs_syncd::tracker::{Alarm, Change, Watch};
use network::{Network, datagrams, group, v4};

fn live(network: &Network, change: impl FnOnce(&mut Watch)) -> Live {
    let listen = Listen::new("eth0".parse().expect("a name"));
    let receiver = network.on(1, || Receiver::open(&[listen])).expect("sockets");
    let mut watch = Watch::default();
    change(&mut watch);
    Live::new(receiver, watch)
}

/// Steps until the condition holds, or for two minutes; returns what alarms came.
fn until(live: &mut Live, done: impl Fn(&Live) -> bool) -> Vec<(Change, Alarm)> {
    let (mut alarms, start) = (Vec::new(), Instant::now());
    while !done(live) && start.elapsed() < Duration::from_secs(120) {
        let stepped = live.step(Duration::from_millis(100), |event| {
            if let Event::Alarm(event) = event {
                alarms.push((event.change, event.alarm));
            }
            Ok::<(), ReceiveError>(())
        });
        stepped.expect("sound sockets");
    }
    alarms
}

/// Sends at 50,000 connections a second. A busy machine may not follow; then it is said how many
/// datagrams were lost. How many a quiet one loses is for the tests in virtual machines.
#[test]
fn what_a_fast_master_sends_is_heard_or_counted_as_lost() {
    let Some(network) = Network::new() else { return };
    let mut live = live(&network, |watch| watch.max_connections = 1 << 18);
    let socket = network.sender(0, group());
    let all = datagrams(150_000);
    let count = all.len() as u64;
    let (heard, end) = mpsc::channel();
    let sender = thread::spawn(move || {
        let start = Instant::now();
        for (number, datagram) in (0..).zip(&all) {
            // When it is due at 150,000 connections in 3 s, evenly.
            let due = Duration::from_secs(3) * number / all.len() as u32;
            thread::sleep(due.saturating_sub(start.elapsed()));
            socket.send(datagram).expect("sent");
        }
        // What was lost is told with the next datagram that is heard.
        while end.recv_timeout(Duration::from_millis(200)).is_err() {
            socket.send(&all[0]).expect("sent");
        }
    });
    let received = |live: &Live| {
        let reception = live.summary().reception;
        (reception.datagrams, reception.lost)
    };
    let alarms = until(&mut live, |live| {
        let (datagrams, lost) = received(live);
        datagrams + lost > count
    });
    heard.send(()).expect("it sends still");
    sender.join().expect("it sends");
    let ((datagrams, lost), held) = (received(&live), live.tracker().summary().mirror.held);
    assert_eq!(alarms, []);
    assert!(datagrams + lost > count, "{datagrams} heard, {lost} lost of {count}");
    assert!(held.connections == 150_000 || lost > 0, "{held:?}");
    assert_eq!(live.tracker().summary().streams[0].key.sender, v4(0));
}

#[test]
fn silence_is_noticed_without_a_datagram_and_ends_with_one() {
    let Some(network) = Network::new() else { return };
    let mut live = live(&network, |watch| watch.silence = Some(Duration::from_secs(2)));
    let silence = Alarm::Silence { sync_id: None };
    let alarmed = |live: &Live| !live.tracker().summary().alarms.is_empty();
    assert_eq!(until(&mut live, alarmed), [(Change::Raised, silence)]);
    network.sender(0, group()).send(&datagrams(1)[0]).expect("sent");
    assert_eq!(until(&mut live, |live| !alarmed(live)), [(Change::Cleared, silence)]);
}
