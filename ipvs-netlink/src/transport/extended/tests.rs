// SPDX-License-Identifier: MIT OR Apache-2.0
//! Families that go and come back under another number, played by a thread at the end of a socket.

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use netlink_sys::{Socket, SocketAddr, protocols::NETLINK_USERSOCK};

use super::super::channel::{Channel, Windows};
use super::super::turns::Turns;
use super::*;
use crate::wire::ext::number::{command, message};
use crate::wire::number::{controller, netlink};
use crate::{ErrorKind, Operation};

const WAIT: Duration = Duration::from_secs(5);

/// The numbers of the families now, and what was asked.
#[derive(Default)]
struct Families {
    patched: Option<u16>,
    add_on: Option<u16>,
    /// Whether there is the connection that is asked for.
    connection: bool,
    asked: Vec<u16>,
}

type Shared = Arc<Mutex<Families>>;

fn header(kind: u16, seq: [u8; 4], payload: &[u8]) -> Vec<u8> {
    let length = (netlink::HEADER + payload.len()) as u32;
    let (kind, flags) = (kind.to_ne_bytes(), [0; 2]);
    [&length.to_ne_bytes()[..], &kind, &flags, &seq, &[0; 4], payload].concat()
}

fn attribute(number: u16, payload: &[u8]) -> Vec<u8> {
    let length = (netlink::ATTRIBUTE_HEADER + payload.len()) as u16;
    let padding = vec![0; payload.len().next_multiple_of(4) - payload.len()];
    [&length.to_ne_bytes()[..], &number.to_ne_bytes(), payload, &padding].concat()
}

impl Families {
    /// What the kernel answers; `Err` is the code of a refusal or, with 0, an acknowledgement.
    fn answer(&mut self, kind: u16, request: &[u8]) -> Result<(u8, Vec<u8>), i32> {
        self.asked.push(kind);
        let missing = -Errno::ENOENT.0;
        if kind == controller::FAMILY {
            let id = self.add_on.ok_or(missing)?;
            return Ok((1, attribute(controller::FAMILY_ID, &id.to_ne_bytes())));
        }
        let order = request[netlink::HEADER];
        match order {
            command::FEATURES if Some(kind) == self.patched => {
                let features = attribute(message::FEATURES, &7_u64.to_ne_bytes());
                let [rows, count] = [message::CONN_TAB_SIZE, message::CONN_COUNT]
                    .map(|number| attribute(number, &1_u32.to_ne_bytes()));
                Ok((order, [features, rows, count].concat()))
            }
            command::CONN_DEL if Some(kind) == self.patched && self.connection => {
                Ok((order, attribute(message::COUNT, &1_u32.to_ne_bytes())))
            }
            _ if Some(kind) == self.add_on && self.connection => Err(0),
            _ => Err(missing),
        }
    }
}

/// A backend that found `families`, and talks to a thread that plays them until nobody asks any more.
fn backend(families: Families) -> (Shared, Netlink) {
    let (patched, add_on) = (families.patched, families.add_on);
    let shared = Arc::new(Mutex::new(families));
    let mut kernel = Socket::new(NETLINK_USERSOCK).expect("a socket");
    let address = kernel.bind_auto().expect("a port");
    rustix::net::sockopt::set_socket_timeout(
        &kernel,
        rustix::net::sockopt::Timeout::Recv,
        Some(WAIT),
    )
    .expect("a limit");
    let played = Arc::clone(&shared);
    thread::spawn(move || {
        while let Ok((request, from)) = kernel.recv_from_full() {
            let (kind, seq) = ([request[4], request[5]], [8, 9, 10, 11].map(|at| request[at]));
            let kind = u16::from_ne_bytes(kind);
            let answer = match played.lock().expect("no panic").answer(kind, &request) {
                Ok((command, data)) => {
                    header(kind, seq, &[&[command, 1, 0, 0][..], &data].concat())
                }
                Err(code) => {
                    let echo = &request[..netlink::HEADER];
                    header(netlink::ERROR, seq, &[&code.to_ne_bytes()[..], echo].concat())
                }
            };
            kernel.send_to(&answer, &from, 0).expect("sent");
        }
    });
    let open = || {
        let to = SocketAddr::new(address.port_number(), 0);
        Channel::connect(NETLINK_USERSOCK, to, Windows::widest(), WAIT).expect("connected")
    };
    let family =
        |id| NetlinkFamily { name: number::FAMILY.as_bytes().to_vec(), id, groups: Vec::new() };
    let patched = patched.map(family);
    let (main, services) = (open(), Turns::of([open(), open()]));
    (shared, Netlink { family: 20, main, services, glance: None, patched, add_on })
}

fn key() -> ConnectionKey {
    let client = "198.51.100.7:40000".parse().expect("a socket");
    ConnectionKey::new(
        ipvs_types::Protocol::TCP,
        client,
        "192.0.2.10:80".parse().expect("a socket"),
    )
}

fn change(shared: &Shared, change: impl FnOnce(&mut Families)) {
    change(&mut shared.lock().expect("no panic"));
}

/// What was asked since it was looked at last.
fn asked(shared: &Shared) -> Vec<u16> {
    std::mem::take(&mut shared.lock().expect("no panic").asked)
}

#[test]
fn the_add_on_moves_and_goes() {
    let start = Families { add_on: Some(30), connection: true, ..Families::default() };
    let (shared, mut netlink) = backend(start);
    let mut delete = || netlink.delete_connection_by_add_on(key()).map_err(|error| error.kind());
    assert_eq!((delete(), asked(&shared)), (Ok(()), vec![30]));

    change(&shared, |families| families.connection = false);
    let missing = Err(ErrorKind::NoSuchConnection);
    assert_eq!((delete(), asked(&shared)), (missing, vec![30, 16]), "the connection's");

    change(&shared, |families| (families.add_on, families.connection) = (Some(31), true));
    assert_eq!((delete(), asked(&shared)), (Ok(()), vec![30, 16, 31]), "loaded anew");
    assert_eq!((delete(), asked(&shared)), (Ok(()), vec![31]), "the new number is kept");
    change(&shared, |families| (families.add_on, families.connection) = (Some(32), false));
    assert_eq!((delete(), asked(&shared)), (missing, vec![31, 16, 32]), "both");

    change(&shared, |families| families.add_on = None);
    let unsupported = Err(ErrorKind::Unsupported);
    assert_eq!((delete(), asked(&shared)), (unsupported, vec![32, 16]));
    assert_eq!((delete(), asked(&shared)), (unsupported, vec![]), "the number is forgotten");
}

#[test]
fn the_patched_family_goes() {
    let start = Families { patched: Some(30), connection: true, ..Families::default() };
    let (shared, mut netlink) = backend(start);
    assert_eq!(netlink.delete_connection(key()).map_err(|error| error.kind()), Ok(()));
    assert_eq!(asked(&shared), [30]);

    change(&shared, |families| families.connection = false);
    for result in [netlink.delete_connection(key()), netlink.connection(key()).map(drop)] {
        assert_eq!(result.map_err(|error| error.kind()), Err(ErrorKind::NoSuchConnection));
    }
    assert_eq!(asked(&shared), [30; 4], "each time it proves that it is there");

    // Whether or not it comes back: all numbers of this client are old ones.
    for now in [None, Some(31)] {
        change(&shared, |families| families.patched = now);
        let all = ConnectionFilter::new();
        let results = [
            netlink.announced().map(drop),
            netlink.visit_connections(&all, &mut |_| ControlFlow::Continue(())),
            netlink.connection(key()).map(drop),
            netlink.count_connections(&all).map(drop),
            netlink.delete_connection(key()),
            netlink.delete_connections(None).map(drop),
            netlink.snapshot(None, Extent::Rules).map(drop),
            netlink.services().map(drop),
        ];
        for result in results {
            assert_eq!(result.map_err(|error| error.kind()), Err(ErrorKind::ModuleUnloaded));
        }
    }
}

/// The kernel that this runs on says the same of a number that no family has.
#[test]
fn this_kernel_calls_a_missing_family_so() -> Result<(), Error> {
    let mut channel = Channel::open(WAIT)?;
    let error = channel.query(0x3fe, Request::GetFeatures, decode::announced);
    assert_eq!(error.expect_err("no such family").kind(), ErrorKind::ModuleUnloaded);

    // A change is not taken for one of a destination or a module that is missing.
    let services = Turns::open(WAIT)?;
    let mut netlink = Netlink {
        family: 0x3fe,
        main: channel,
        services,
        glance: None,
        patched: None,
        add_on: None,
    };
    for count in [1, 2, 300] {
        let outcomes = netlink.commit(&vec![Operation::Flush; count]);
        assert!(matches!(outcomes, Err(Error::ModuleUnloaded)), "{outcomes:?}");
    }
    Ok(())
}
