// SPDX-License-Identifier: MIT OR Apache-2.0
//! Laws of the nouns: every text and every raw form is the inverse of its reader.

use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;

use ipvs_types::*;
use proptest::prelude::*;

fn family() -> impl Strategy<Value = Family> {
    prop_oneof![Just(Family::Ipv4), Just(Family::Ipv6)]
}

fn service_key() -> impl Strategy<Value = ServiceKey> {
    prop_oneof![
        (any::<u16>(), any::<IpAddr>(), any::<u16>()).prop_map(|(protocol, address, port)| {
            ServiceKey::Address { protocol: Protocol(protocol), address, port }
        }),
        (any::<NonZeroU32>(), family()).prop_map(|(mark, family)| ServiceKey::fwmark(mark, family)),
    ]
}

proptest! {
    #[test]
    fn a_service_key_is_read_back_from_its_text(key in service_key()) {
        prop_assert_eq!(key.to_string().parse::<ServiceKey>(), Ok(key));
    }

    #[test]
    fn a_destination_key_is_read_back_from_its_text(address: IpAddr, port: u16) {
        let key = DestKey::new(address, port);
        prop_assert_eq!(key.to_string().parse::<DestKey>(), Ok(key));
    }

    #[test]
    fn text_of_any_kind_never_panics(text in ".{0,40}") {
        let _ = (text.parse::<ServiceKey>(), text.parse::<DestKey>(), text.parse::<Protocol>());
        let _ = (text.parse::<Granularity>(), text.parse::<Scheduler>());
    }

    #[test]
    fn whatever_forwarding_the_kernel_stores_is_carried(
        flags: u32, tunnel_type in 0u8..4, tunnel_port in prop_oneof![Just(0u16), any::<u16>()],
        tunnel_flags in prop_oneof![Just(0u16), any::<u16>()],
    ) {
        let raw = RawForward {
            method: Method::from_flags(flags),
            tunnel_type,
            tunnel_port,
            tunnel_flags: TunnelFlags::from_bits_retain(tunnel_flags),
        };
        let forward = Forward::from(raw);
        prop_assert_eq!(forward.raw(), raw);
        let json = serde_json::to_string(&forward).expect("serialises");
        prop_assert_eq!(serde_json::from_str::<Forward>(&json).expect("reads back"), forward);
    }

    #[test]
    fn a_service_configuration_survives_json(
        name in "[a-z]{0,15}", word: u32, seconds in 0u64..=4_294_967, mask: u32,
    ) {
        let mut config = ServiceConfig::new(Scheduler::new(&name).expect("short"))
            .flags(ServiceFlags::from_kernel(word));
        if word & 1 == 1 {
            config = config.persistence(
                Persistence::new(std::time::Duration::from_secs(seconds))
                    .granularity(Granularity::ipv4(Ipv4Addr::from_bits(mask))),
            );
        }
        let json = serde_json::to_string(&config).expect("serialises");
        prop_assert_eq!(serde_json::from_str::<ServiceConfig>(&json).expect("reads back"), config);
        prop_assert_eq!(config.flags.to_kernel(false), word & !3);
    }
}

#[test]
fn a_named_forwarding_method_is_never_other() {
    for method in 0..5 {
        let raw = RawForward::plain(Method::from_flags(method));
        assert!(!matches!(Forward::from(raw), Forward::Other(_)), "{raw:?}");
        assert!(OtherForward::try_from(raw).is_err(), "{raw:?}");
    }
    let masq_with_port = RawForward { tunnel_port: 6080, ..RawForward::plain(Method::MASQ) };
    assert!(matches!(Forward::from(masq_with_port), Forward::Other(_)));
}

#[test]
fn one_granularity_has_one_form() {
    assert_eq!(Granularity::ipv4(Ipv4Addr::BROADCAST), Granularity::HOST);
    assert_eq!(Granularity::ipv6(128), Ok(Granularity::HOST));
    assert!(Granularity::ipv6(0).is_err());
    assert!(Granularity::ipv6(129).is_err());
    let net24 = Granularity::ipv4(Ipv4Addr::new(255, 255, 255, 0));
    assert!(net24.fits(Family::Ipv4) && !net24.fits(Family::Ipv6));
}

#[test]
fn names_have_the_lengths_of_the_kernels_buffers() {
    assert!(Scheduler::new([b'a'; 15]).is_ok() && Scheduler::new([b'a'; 16]).is_err());
    assert!(EngineName::new([b'a'; 16]).is_ok() && EngineName::new([b'a'; 17]).is_err());
    assert!(InterfaceName::new([b'a'; 15]).is_ok() && InterfaceName::new([b'a'; 16]).is_err());
    assert!(EngineName::new("").is_err() && InterfaceName::new("").is_err());
    let message = Scheduler::new("a\0b").expect_err("NUL").to_string();
    assert_eq!(
        message,
        "`a\0b` is not a valid scheduler name: expected at most 15 bytes, none of them NUL"
    );
}

#[test]
fn what_a_daemon_leaves_open_is_the_kernels_default() {
    let wanted = DaemonConfig::new(DaemonRole::Backup, "eth0".parse().expect("name"));
    let mut running = wanted;
    running.group = Some(DaemonConfig::DEFAULT_GROUP);
    running.max_len = std::num::NonZeroU16::new(1472);
    assert!(wanted.is_satisfied_by(&running));
    running.ttl = std::num::NonZeroU8::new(3);
    assert!(!wanted.is_satisfied_by(&running));
}

#[test]
fn states_have_the_kernels_numbers_and_names() {
    assert_eq!((TemplateState::ALL.len(), TcpState::ALL.len(), SctpState::ALL.len()), (2, 11, 14));
    for (number, state) in (0..).zip(TcpState::ALL) {
        assert_eq!((state.number(), TcpState::from_number(number)), (number, Some(*state)));
        assert_eq!(TcpState::from_name(state.name()), Some(*state));
    }
    for (number, state) in (0..).zip(SctpState::ALL) {
        assert_eq!((state.number(), SctpState::from_number(number)), (number, Some(*state)));
        assert_eq!(SctpState::from_name(state.name()), Some(*state));
    }
    assert_eq!(TcpState::from_number(7), Some(TcpState::CloseWait));
    assert_eq!(SctpState::from_number(13).map(SctpState::name), Some("CLOSED"));
    assert_eq!(TemplateState::from_number(1), Some(TemplateState::Assured));
    assert_eq!(TcpState::from_number(11), None);
    let json = serde_json::to_string(&TcpState::SynAck).expect("serialises");
    assert_eq!(json, "\"SYNACK\"");
}
