// SPDX-License-Identifier: MIT OR Apache-2.0
//! Sockets that hear groups, in network namespaces: what is heard, by whom, and what is lost.

#[path = "support/network.rs"]
mod network;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use ipvs_syncd::socket::{Hear, Listen, ReceiveError, Receiver};
use network::Network;

const GROUP4: &str = "224.0.0.81:8848";
const GROUP6: &str = "[ff02::81]:8848";

fn listen(group: &str, hear: Hear) -> Listen {
    let group: SocketAddr = group.parse().expect("a group");
    let mut listen = Listen::new("eth0".parse().expect("a name"));
    (listen.group, listen.port, listen.hear) = (group.ip(), group.port(), hear);
    listen
}

fn open(network: &Network, host: usize, listens: &[Listen]) -> Receiver {
    network.on(host, || Receiver::open(listens)).expect("sockets")
}

/// Senders, destinations and first bytes of what comes until there are `count`, or for two seconds.
fn hear(receiver: &mut Receiver, count: usize) -> Vec<(SocketAddr, SocketAddr, Vec<u8>)> {
    let (mut heard, start) = (Vec::new(), Instant::now());
    while heard.len() < count && start.elapsed() < Duration::from_secs(2) {
        let wait = Duration::from_millis(100);
        let received = receiver.receive(wait, |udp| {
            heard.push((udp.from, udp.to, udp.payload.to_vec()));
            Ok::<(), ReceiveError>(())
        });
        received.expect("sound sockets");
    }
    heard
}

#[test]
fn both_families_both_ways_from_the_other_host() {
    let Some(network) = Network::new() else { return };
    for group in [GROUP4, GROUP6] {
        for way in [Hear::Group, Hear::Wire] {
            let mut receiver = open(&network, 1, &[listen(group, way)]);
            let to: SocketAddr = group.parse().expect("a group");
            let socket = network.sender(0, to);
            socket.send(b"one").expect("sent");
            socket.send(b"").expect("sent");
            let heard = hear(&mut receiver, 2);
            let from = socket.local_addr().expect("an address");
            let same = |(a, b, _): &(SocketAddr, SocketAddr, _)| {
                (a.ip(), a.port(), b.ip(), b.port()) == (from.ip(), from.port(), to.ip(), to.port())
            };
            assert!(heard.iter().all(same), "{group} {way:?}: {heard:?}");
            let texts: Vec<_> = heard.iter().map(|(.., text)| &text[..]).collect();
            assert_eq!(texts, [&b"one"[..], b""], "{group} {way:?}");
        }
    }
}

#[test]
fn all_ports_and_no_others() {
    let Some(network) = Network::new() else { return };
    for way in [Hear::Group, Hear::Wire] {
        let mut wanted = listen(GROUP4, way);
        wanted.port_count = 4;
        let mut receiver = open(&network, 1, &[wanted]);
        for port in 8847..=8852u16 {
            let to = SocketAddr::new(wanted.group, port);
            network.sender(0, to).send(&port.to_be_bytes()).expect("sent");
        }
        // Another group on the same port, which the host is also a member of.
        network.ip(1, "address add 224.0.0.99/32 dev eth0 autojoin");
        network.sender(0, "224.0.0.99:8848".parse().expect("a group")).send(b"x").expect("sent");
        network.ip(1, "address del 224.0.0.99/32 dev eth0");
        let mut ports: Vec<_> = hear(&mut receiver, 5).iter().map(|(_, to, _)| to.port()).collect();
        ports.sort_unstable();
        assert_eq!(ports, [8848, 8849, 8850, 8851], "{way:?}");
    }
}

#[test]
fn a_master_is_heard_on_its_own_host_on_the_wire_only() {
    let Some(network) = Network::new() else { return };
    for group in [GROUP4, GROUP6] {
        let mut deaf = open(&network, 0, &[listen(group, Hear::Group)]);
        let mut wire = open(&network, 0, &[listen(group, Hear::Wire)]);
        let socket = network.sender(0, group.parse().expect("a group"));
        socket.send(b"own").expect("sent");
        let heard = hear(&mut wire, 1);
        let own = socket.local_addr().expect("an address");
        assert_eq!((heard[0].0.ip(), &heard[0].2[..]), (own.ip(), &b"own"[..]));
        assert_eq!(hear(&mut deaf, 1), []);
        assert_eq!(hear(&mut wire, 1), [], "it is heard once");
    }
}

#[test]
fn fragments_are_put_together_by_the_kernel_and_counted_on_the_wire() {
    let Some(network) = Network::new() else { return };
    for group in [GROUP4, GROUP6] {
        let mut whole = open(&network, 1, &[listen(group, Hear::Group)]);
        let mut wire = open(&network, 1, &[listen(group, Hear::Wire)]);
        let socket = network.sender(0, group.parse().expect("a group"));
        socket.send(&[7; 4000]).expect("sent");
        assert_eq!(hear(&mut whole, 1)[0].2, [7; 4000]);
        assert_eq!(hear(&mut wire, 1), []);
        let reception = wire.reception();
        assert_eq!((reception.fragmented, reception.datagrams), (1, 0), "{group}");
    }
}

#[test]
fn two_listeners_share_a_port() {
    let Some(network) = Network::new() else { return };
    let mut both = [0, 1].map(|_| open(&network, 1, &[listen(GROUP4, Hear::Group)]));
    network.sender(0, GROUP4.parse().expect("a group")).send(b"both").expect("sent");
    assert!(both.iter_mut().all(|receiver| hear(receiver, 1).len() == 1));
}

#[test]
fn what_is_not_fetched_in_time_is_counted() {
    let Some(network) = Network::new() else { return };
    for way in [Hear::Group, Hear::Wire] {
        let mut receiver = open(&network, 1, &[listen(GROUP4, way)]);
        let socket = network.sender(0, GROUP4.parse().expect("a group"));
        // Each takes more room than its bytes: 16 MiB hold far less than 60,000.
        let sent = 60_000;
        (0..sent).for_each(|_| assert_eq!(socket.send(&[0; 1000]).expect("sent"), 1000));
        let mut fetched = 0;
        while receiver.receive(Duration::ZERO, |_| Ok::<(), ReceiveError>(())).expect("sound") > 0 {
            fetched += 1;
        }
        assert!(fetched > 0);
        // Those at the end are told with the next that comes.
        socket.send(b"next").expect("sent");
        assert_eq!(hear(&mut receiver, 1).len(), 1);
        let reception = receiver.reception();
        assert!(reception.lost > 0, "{way:?}: {reception:?}");
        assert_eq!(reception.datagrams + reception.lost, sent + 1, "{way:?}: {reception:?}");
    }
}

#[test]
fn an_interface_that_is_gone_or_made_anew_is_noticed() {
    let Some(network) = Network::new() else { return };
    let receivers = [Hear::Group, Hear::Wire].map(|way| open(&network, 1, &[listen(GROUP4, way)]));
    let checked = || receivers.each_ref().map(|one| one.check().map_err(|error| error.to_string()));
    assert_eq!(checked(), [Ok(()), Ok(())]);
    let gone = "the interface eth0 is gone, or was made anew: start again".to_owned();
    network.ip(1, "link del eth0");
    assert_eq!(checked(), [Err(gone.clone()), Err(gone.clone())]);
    network.ip(1, "link add eth0 type veth peer name eth1");
    assert_eq!(checked(), [Err(gone.clone()), Err(gone)]);
}

#[test]
fn what_can_not_be_opened_says_why() {
    let Some(network) = Network::new() else { return };
    let error = |listen| network.on(1, || Receiver::open(&[listen])).expect_err("no").to_string();
    let mut nowhere = listen(GROUP4, Hear::Group);
    nowhere.interface = "eth7".parse().expect("a name");
    assert_eq!(
        error(nowhere),
        "there is no interface eth7 in this network namespace: see `ip link`"
    );
    assert_eq!(
        error(listen("10.0.0.1:8848", Hear::Wire)),
        "10.0.0.1 is no multicast group; the default is 224.0.0.81"
    );
    // A program that does not share.
    let _selfish = network.on(1, || std::net::UdpSocket::bind(GROUP4).expect("bound"));
    assert_eq!(
        error(listen(GROUP4, Hear::Group)),
        "can't listen to 224.0.0.81 port 8848 on eth0: binding to the port: Address already in use \
         (os error 98); another program holds the port without sharing it: see `ss -ulpn`"
    );
}
