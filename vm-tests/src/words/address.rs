// SPDX-License-Identifier: MIT OR Apache-2.0
//! Addresses of services, servers and multicast groups. Most come from a small pool, so that lines
//! meet each other's objects.

use proptest::prelude::*;

use super::pools::*;
use super::value::{Text, mostly, noise, number, one_of};

/// The address family that a line mostly stays in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    Four,
    Six,
}

/// Spellings of few virtual services.
pub(super) fn service(family: Family) -> Text {
    match family {
        Family::Four => pool("10.0.0.1:80", SERVICES_4, ODD_SERVICES_4),
        Family::Six => pool("[2001:db8::1]:80", SERVICES_6, ODD_SERVICES_6),
    }
}

/// Spellings of few real servers.
pub(super) fn server(family: Family) -> Text {
    match family {
        Family::Four => pool("10.0.0.2:80", SERVERS_4, ODD_SERVERS_4),
        Family::Six => pool("[2001:db8::2]:80", SERVERS_6, ODD_SERVERS_6),
    }
}

fn pool(first: &'static str, usual: &'static [&'static str], odd: &'static [&'static str]) -> Text {
    prop_oneof![
        15 => Just(first.as_bytes().to_vec()),
        15 => one_of(usual),
        8 => one_of(odd),
        2 => wrong(),
        1 => random(),
    ]
    .boxed()
}

/// What is no address.
fn wrong() -> Text {
    let listed = one_of(NO_ADDRESSES);
    prop_oneof![6 => listed, 1 => noise()].boxed()
}

/// Text made of the parts of addresses.
fn random() -> Text {
    let part = prop_oneof![
        (0..300_u32).prop_map(|n| n.to_string()),
        any::<u32>().prop_map(|n| n.to_string()),
        any::<u16>().prop_map(|n| format!("0x{n:x}")),
        any::<u8>().prop_map(|n| format!("0{n:o}")),
    ];
    let four = prop::collection::vec(part, 1..5).prop_map(|parts| parts.join("."));
    let six = (any::<u128>(), any::<u128>()).prop_map(|(bits, mask)| {
        std::net::Ipv6Addr::from_bits(bits & mask & mask.rotate_left(16)).to_string()
    });
    let host = prop_oneof![3 => four, 2 => six.clone(), 2 => six.prop_map(|a| format!("[{a}]")),
        2 => "[0-9a-fx.:\\[\\]% g]{0,24}"];
    let port = prop_oneof![4 => number(0..=65535), 1 => one_of(&["http", "sua", ""])];
    (host, proptest::option::weighted(0.8, port))
        .prop_map(|(host, port)| {
            let mut text = host.into_bytes();
            if let Some(port) = port {
                text.push(b':');
                text.extend(port);
            }
            text
        })
        .boxed()
}

/// Multicast groups of sync daemons.
pub(super) fn group() -> Text {
    let wrong = one_of(NO_GROUPS);
    let right =
        one_of(&["224.0.0.81", "239.255.255.255", "224.0.0.0", "ff02::81", "ff05::5", "FF0E:0::1"]);
    mostly(right, wrong)
}
