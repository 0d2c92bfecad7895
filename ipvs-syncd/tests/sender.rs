// SPDX-License-Identifier: MIT OR Apache-2.0
//! The sending socket against a listener, in network namespaces of the test's own. Without root the
//! tests say so and do nothing.

#[path = "support/wire.rs"]
mod wire;

use std::io::{self, Read as _};
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use ipvs_syncd::socket::{Doing, SendError, Sender, Target};
use socket2::{Domain, Socket, Type};
use wire::{Wire, received};

fn eth0() -> Target {
    Target::new("eth0".parse().expect("a name"))
}

const FIRST: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 1);
const SECOND: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 2);

#[test]
fn the_group_hears_it_and_the_host_itself_does_not() {
    let Some(wire) = Wire::new("sync") else { return };
    let target = eth0().netns(wire.netns(0)).port(9000).thread(3);
    let there = wire.listen(1, "eth0", SECOND, target.address());
    let here = wire.listen(0, "eth0", FIRST, target.address());
    Sender::open(&target).expect("a socket").send(b"one").expect("sent");
    let got = received(&there);
    assert_eq!(got.len(), 1);
    assert_eq!((&got[0].0[..], got[0].1.ip()), (&b"one"[..], IpAddr::V4(FIRST)));
    assert_eq!(received(&here), []);
    // Unless it is asked for.
    Sender::open(&target.loopback(true)).expect("a socket").send(b"two").expect("sent");
    assert_eq!(received(&here).len(), 1);
    assert_eq!(received(&there).len(), 1);
}

#[test]
fn through_lo_the_host_hears_it_once() {
    let Some(wire) = Wire::new("synclo") else { return };
    for loopback in [false, true] {
        let target = Target::new("lo".parse().expect("a name")).netns(wire.netns(0));
        let target = target.loopback(loopback);
        let here = wire.listen(0, "lo", Ipv4Addr::LOCALHOST, target.address());
        Sender::open(&target).expect("a socket").send(b"one").expect("sent");
        assert_eq!(received(&here).len(), 1, "with loopback {loopback}");
    }
}

#[test]
fn without_time_to_live_only_the_host_itself_hears_it() {
    let Some(wire) = Wire::new("ttl") else { return };
    for group in ["224.0.0.81", "ff02::81"] {
        let group = group.parse().expect("a group");
        let target = eth0().group(group).netns(wire.netns(0)).ttl(0).loopback(true);
        let there = wire.listen(1, "eth0", SECOND, target.address());
        let here = wire.listen(0, "eth0", FIRST, target.address());
        Sender::open(&target).expect("a socket").send(b"one").expect("sent");
        assert_eq!(received(&here).len(), 1, "{target}");
        assert_eq!(received(&there), [], "{target}");
    }
}

#[test]
fn ipv6_goes_the_same_way() {
    let Some(wire) = Wire::new("sync6") else { return };
    let target = eth0().group("ff02::81".parse().expect("a group")).netns(wire.netns(0));
    let there = wire.listen(1, "eth0", SECOND, target.address());
    Sender::open(&target).expect("a socket").send(b"one").expect("sent");
    let got = received(&there);
    assert_eq!(got.len(), 1);
    assert!(got[0].1.is_ipv6());
}

#[test]
fn a_burst_of_the_default_pace_fits_into_a_default_buffer() {
    let Some(wire) = Wire::new("burst") else { return };
    let target = eth0().netns(wire.netns(0));
    // Nobody reads while it is sent: all must wait in the buffer.
    let there = wire.listen(1, "eth0", SECOND, target.address());
    let sender = Sender::open(&target).expect("a socket");
    for _ in 0..32 {
        sender.send(&[0; 1472]).expect("sent");
    }
    assert_eq!(received(&there).len(), 32);
    // How many would fit. Linux 6.18 takes 92.
    for _ in 0..400 {
        sender.send(&[0; 1472]).expect("sent");
    }
    let fit = received(&there).len();
    assert!((64..400).contains(&fit), "{fit}");
}

#[test]
fn failures_name_the_remedy() {
    let missing = Target::new("nosuch0".parse().expect("a name"));
    let error = Sender::open(&missing).expect_err("no such interface");
    assert!(matches!(error, SendError::Socket { doing: Doing::Bind, .. }), "{error}");
    assert!(error.to_string().contains("224.0.0.81:8848 on nosuch0"), "{error}");
    assert!(error.to_string().ends_with("see `ip link` for interfaces"), "{error}");

    let error = Sender::open(&eth0().group("192.0.2.1".parse().expect("an address")));
    assert!(matches!(error, Err(SendError::NotMulticast(_))));

    let error = Sender::open(&eth0().netns("no-such-namespace".into())).expect_err("none");
    assert!(matches!(error, SendError::Namespace(_)), "{error}");
}

/// A socket that gets every frame that arrives at this host.
fn frames(wire: &Wire, host: usize) -> Socket {
    // ETH_P_ALL, in network order.
    const EVERYTHING: i32 = u16::to_be(3) as i32;
    let open = || -> io::Result<Socket> {
        let socket = Socket::new(Domain::PACKET, Type::RAW, Some(EVERYTHING.into()))?;
        socket.set_read_timeout(Some(Duration::from_millis(500)))?;
        Ok(socket)
    };
    wire.netns(host).run(open).expect("the namespace").expect("a raw socket")
}

/// Whether the frames that a raw socket has got have this payload at their end.
fn on_the_wire(frames: &Socket, payload: &[u8]) -> bool {
    let mut buffer = [0; 2000];
    let mut next =
        || (&*frames).read(&mut buffer).map(|length| buffer[..length].ends_with(payload));
    std::iter::from_fn(|| next().ok()).fold(false, |found, here| found | here)
}

#[test]
fn with_a_time_to_live_of_0_only_the_host_itself_hears() {
    let Some(wire) = Wire::new("syncttl") else { return };
    for group in ["224.0.0.81", "ff02::81", "ff15::81"] {
        let target = eth0().group(group.parse().expect("a group")).netns(wire.netns(0));
        let target = target.loopback(true);
        let there = wire.listen(1, "eth0", SECOND, target.address());
        let here = wire.listen(0, "eth0", FIRST, target.address());
        let frames = frames(&wire, 1);
        Sender::open(&target.clone().ttl(0)).expect("a socket").send(b"none").expect("sent");
        assert_eq!(received(&here).len(), 1, "{group}");
        assert_eq!(received(&there), [], "{group}");
        assert!(!on_the_wire(&frames, b"none"), "{group}");
        // One more hop, and it is there.
        Sender::open(&target.ttl(1)).expect("a socket").send(b"some").expect("sent");
        assert_eq!(received(&there).len(), 1, "{group}");
        assert!(on_the_wire(&frames, b"some"), "{group}");
    }
}
