// SPDX-License-Identifier: MIT OR Apache-2.0
//! Differential tests with neli, another netlink library: each reads what the other writes.

use std::io::Cursor;
use std::net::IpAddr;

use ipvs_types::*;
use neli::attr::Attribute;
use neli::consts::nl::NlmF;
use neli::genl::{
    AttrTypeBuilder, GenlAttrHandle, Genlmsghdr, GenlmsghdrBuilder, Nlattr, NlattrBuilder,
};
use neli::nl::{NlPayload, Nlmsghdr, NlmsghdrBuilder};
use neli::types::{Buffer, GenlBuffer};
use neli::{FromBytes, Size, ToBytes};
use proptest::prelude::*;

use super::{answer, strategy};
use crate::wire::frame::{Answer, Frames};
use crate::wire::{decode, encode};
use crate::{DestEntry, Operation, Request, ServiceEntry};

type Message = Nlmsghdr<u16, Genlmsghdr<u8, u16>>;
type Handle<'a> = GenlAttrHandle<'a, u16>;

fn bytes(handle: &Handle<'_>, number: u16) -> Option<Vec<u8>> {
    handle.get_attribute(number).map(|attribute| attribute.payload().as_ref().to_vec())
}

fn nest<'a>(handle: &'a Handle<'_>, number: u16) -> Handle<'a> {
    handle.get_nested_attributes(number).expect("a nest")
}

fn native32(handle: &Handle<'_>, number: u16) -> Option<u32> {
    handle.get_attr_payload_as(number).ok()
}

fn native16(handle: &Handle<'_>, number: u16) -> Option<u16> {
    handle.get_attr_payload_as(number).ok()
}

fn big16(handle: &Handle<'_>, number: u16) -> Option<u16> {
    Some(u16::from_be_bytes(bytes(handle, number)?.try_into().ok()?))
}

fn name(handle: &Handle<'_>, number: u16) -> Option<Vec<u8>> {
    let mut name = bytes(handle, number)?;
    assert_eq!(name.pop(), Some(0), "a NUL at the end");
    Some(name)
}

fn address(handle: &Handle<'_>, number: u16, family: u16) -> IpAddr {
    let bytes: [u8; 16] = bytes(handle, number).expect("an address").try_into().expect("16 bytes");
    if family == 10 {
        return bytes.into();
    }
    assert_eq!(bytes[4..], [0; 12]);
    let [a, b, c, d, ..] = bytes;
    [a, b, c, d].into()
}

fn key(service: &Handle<'_>) -> ServiceKey {
    let family = native16(service, 1).expect("a family");
    match native32(service, 5) {
        Some(mark) => ServiceKey::Fwmark {
            mark: mark.try_into().expect("not zero"),
            family: if family == 2 { Family::Ipv4 } else { Family::Ipv6 },
        },
        None => ServiceKey::Address {
            protocol: Protocol(native16(service, 2).expect("a protocol")),
            address: address(service, 3, family),
            port: big16(service, 4).expect("a port"),
        },
    }
}

/// Compares the configuration in a SERVICE nest; gives the flags' mask.
fn assert_service(service: &Handle<'_>, family: Family, config: &ServiceConfig) -> u32 {
    let ServiceConfig { scheduler, flags, persistence, engine, .. } = *config;
    assert_eq!(name(service, 6).expect("a scheduler"), scheduler.as_bytes());
    assert_eq!(name(service, 11), engine.map(|engine| engine.as_bytes().to_vec()));
    let both: [u8; 8] = bytes(service, 7).expect("flags").try_into().expect("8 bytes");
    let (word, mask) = both.split_at(4);
    let word = u32::from_ne_bytes(word.try_into().expect("4 bytes"));
    assert_eq!(word, flags.bits() & !3 | u32::from(persistence.is_some()));
    let seconds = persistence.map_or(0, |p| p.timeout.as_secs());
    assert_eq!(native32(service, 8).map(u64::from), Some(seconds));
    let granularity = persistence.map_or(Granularity::HOST, |p| p.granularity);
    match family {
        Family::Ipv4 => {
            let mask: [u8; 4] = bytes(service, 9).expect("a mask").try_into().expect("4 bytes");
            assert_eq!(granularity, Granularity::ipv4(mask.into()));
        }
        Family::Ipv6 => {
            let prefix = native32(service, 9).expect("a prefix") as u8;
            assert_eq!(Ok(granularity), Granularity::ipv6(prefix));
        }
    }
    u32::from_ne_bytes(mask.try_into().expect("4 bytes"))
}

/// As the kernel reads it: what is left out is that of the service, or zero.
fn assert_dest(dest: &Handle<'_>, service: Family, key: DestKey, config: Option<&DestConfig>) {
    let same = if service == Family::Ipv4 { 2 } else { 10 };
    let family = native16(dest, 11).unwrap_or(same);
    assert_eq!(family, if key.address.is_ipv4() { 2 } else { 10 });
    assert_eq!(DestKey::new(address(dest, 1, family), big16(dest, 2).expect("a port")), key);
    let raw = config.map(|config| config.forward.raw());
    assert_eq!(native32(dest, 3), raw.map(|raw| raw.method.number().into()));
    assert_eq!(native32(dest, 4), config.map(|config| config.weight));
    assert_eq!(native32(dest, 5), config.map(|c| c.upper_threshold.map_or(0, u32::from)));
    assert_eq!(native32(dest, 6), config.map(|c| c.lower_threshold.map_or(0, u32::from)));
    let tunnel = raw.map(|raw| (raw.tunnel_type, raw.tunnel_port, raw.tunnel_flags.bits()));
    let sent = (
        dest.get_attr_payload_as::<u8>(13).unwrap_or(0),
        big16(dest, 14).unwrap_or(0),
        native16(dest, 15).unwrap_or(0),
    );
    assert_eq!(sent, tunnel.unwrap_or_default());
}

fn assert_daemon(daemon: &Handle<'_>, config: &DaemonConfig) {
    assert_eq!(name(daemon, 2).expect("an interface"), config.interface.as_bytes());
    assert_eq!(native32(daemon, 3), Some(config.sync_id.get()));
    assert_eq!(native16(daemon, 4), config.max_len.map(u16::from));
    assert_eq!(native16(daemon, 7), config.port.map(u16::from));
    assert_eq!(daemon.get_attr_payload_as::<u8>(8).ok(), config.ttl.map(u8::from));
    let (v4, v6) = match config.group {
        Some(IpAddr::V4(group)) => (Some(group.octets().to_vec()), None),
        Some(IpAddr::V6(group)) => (None, Some(group.octets().to_vec())),
        None => (None, None),
    };
    assert_eq!((bytes(daemon, 5), bytes(daemon, 6)), (v4, v6));
}

/// The command and form that a request must have.
fn command(request: &Request) -> (u8, bool) {
    let Request::Change(operation) = request else {
        return match request {
            Request::ListServices => (4, true),
            Request::GetService(_) => (4, false),
            Request::ListDests(_) => (8, true),
            Request::ListDaemons => (11, true),
            Request::GetTimeouts => (13, false),
            Request::GetInfo => (15, false),
            _ => panic!("not a request to the family"),
        };
    };
    let number = match operation {
        Operation::CreateService { .. } => 1,
        Operation::UpdateService { .. } => 2,
        Operation::DeleteService { .. } => 3,
        Operation::CreateDest { .. } => 5,
        Operation::UpdateDest { .. } => 6,
        Operation::DeleteDest { .. } => 7,
        Operation::StartDaemon { .. } => 9,
        Operation::StopDaemon { .. } => 10,
        Operation::SetTimeouts { .. } => 12,
        Operation::Zero { .. } => 16,
        Operation::Flush => 17,
    };
    (number, false)
}

fn assert_attributes(top: &Handle<'_>, request: &Request) {
    let count = |handle: &Handle<'_>| handle.get_attrs().len();
    let key_only = |service: ServiceKey| {
        let read = nest(top, 1);
        assert_eq!(key(&read), service);
        assert_eq!(count(&read), if service.protocol().is_some() { 4 } else { 2 });
    };
    match request {
        Request::GetService(service) | Request::ListDests(service) => key_only(*service),
        Request::Change(Operation::CreateService { service, config }) => {
            assert_eq!(key(&nest(top, 1)), *service);
            assert_eq!(assert_service(&nest(top, 1), service.family(), config), u32::MAX);
        }
        Request::Change(Operation::UpdateService { service, config, mask }) => {
            assert_eq!(key(&nest(top, 1)), *service);
            let read = assert_service(&nest(top, 1), service.family(), config);
            assert_eq!(read, mask.bits() | 3);
        }
        Request::Change(Operation::DeleteService { service }) => key_only(*service),
        Request::Change(
            Operation::CreateDest { service, dest, config }
            | Operation::UpdateDest { service, dest, config },
        ) => {
            key_only(*service);
            assert_dest(&nest(top, 2), service.family(), *dest, Some(config));
        }
        Request::Change(Operation::DeleteDest { service, dest }) => {
            key_only(*service);
            assert_dest(&nest(top, 2), service.family(), *dest, None);
        }
        Request::Change(Operation::StartDaemon { config }) => {
            let state = if config.role == DaemonRole::Master { 1 } else { 2 };
            assert_eq!(native32(&nest(top, 3), 1), Some(state));
            assert_daemon(&nest(top, 3), config);
        }
        Request::Change(Operation::StopDaemon { role }) => {
            let state = if *role == DaemonRole::Master { 1 } else { 2 };
            assert_eq!(native32(&nest(top, 3), 1), Some(state));
            assert_eq!(count(&nest(top, 3)), 1);
        }
        Request::Change(Operation::SetTimeouts { change }) => {
            let seconds = |t: Option<std::time::Duration>| t.map(|t| t.as_secs() as u32);
            assert_eq!(native32(top, 4), seconds(change.tcp));
            assert_eq!(native32(top, 5), seconds(change.tcp_fin));
            assert_eq!(native32(top, 6), seconds(change.udp));
        }
        Request::Change(Operation::Zero { service: Some(service) }) => key_only(*service),
        _ => assert_eq!(count(top), 0),
    }
}

fn leaf(kind: u16, payload: &[u8]) -> Nlattr<u16, Buffer> {
    let kind = AttrTypeBuilder::default().nla_type(kind).build().expect("a type");
    let payload = Buffer::from(payload.to_vec());
    NlattrBuilder::default().nla_type(kind).nla_payload(payload).build().expect("an attribute")
}

/// A nest in neli's manner, which flags it.
fn nested(kind: u16, inner: Vec<Nlattr<u16, Buffer>>) -> Nlattr<u16, Buffer> {
    inner.iter().fold(leaf(kind, &[]), |nest, attribute| nest.nest(attribute).expect("it fits"))
}

/// A datagram with one message in neli's manner.
fn datagram(command: u8, attributes: Vec<Nlattr<u16, Buffer>>) -> Vec<u8> {
    let attributes: GenlBuffer<u16, Buffer> = attributes.into_iter().collect();
    let message = GenlmsghdrBuilder::default().cmd(command).version(1).attrs(attributes);
    let message = message.build().expect("a generic netlink message");
    let message = NlmsghdrBuilder::default()
        .nl_type(34_u16)
        .nl_flags(NlmF::MULTI)
        .nl_payload(NlPayload::Payload(message));
    let message = message.build().expect("a netlink message");
    let mut buffer = Cursor::new(vec![0; message.padded_size()]);
    message.to_bytes(&mut buffer).expect("it fits");
    buffer.into_inner()
}

fn address_bytes(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(v4) => [&v4.octets()[..], &[0; 12]].concat(),
        IpAddr::V6(v6) => v6.octets().to_vec(),
    }
}

fn stats(stats: &Stats) -> Vec<Nlattr<u16, Buffer>> {
    let (sums, rates) = (stats.counters, stats.rates);
    let numbers = [
        (sums.connections, false),
        (sums.in_packets, false),
        (sums.out_packets, false),
        (sums.in_bytes, true),
        (sums.out_bytes, true),
        (rates.connections, false),
        (rates.in_packets, false),
        (rates.out_packets, false),
        (rates.in_bytes, false),
        (rates.out_bytes, false),
    ];
    let wide = stats.width == CounterWidth::Bits64;
    let attributes =
        numbers.iter().zip(1..).map(|((value, always), number)| match wide || *always {
            true => leaf(number, &value.to_ne_bytes()),
            false => leaf(number, &(*value as u32).to_ne_bytes()),
        });
    vec![nested(if wide { 12 } else { 10 }, attributes.collect())]
}

fn service_in_neli(entry: &ServiceEntry) -> Vec<u8> {
    let ServiceEntry { key, config, .. } = entry;
    let family = if key.family() == Family::Ipv4 { 2_u16 } else { 10 };
    let mut list = vec![leaf(1, &family.to_ne_bytes())];
    match *key {
        ServiceKey::Fwmark { mark, .. } => list.push(leaf(5, &mark.get().to_ne_bytes())),
        ServiceKey::Address { protocol, address, port } => list.extend([
            leaf(2, &protocol.0.to_ne_bytes()),
            leaf(3, &address_bytes(address)),
            leaf(4, &port.to_be_bytes()),
        ]),
    }
    list.push(leaf(6, &[config.scheduler.as_bytes(), &[0]].concat()));
    let word = config.flags.bits() | 2 | u32::from(config.persistence.is_some());
    list.push(leaf(7, &[word.to_ne_bytes(), [255; 4]].concat()));
    if let Some(Persistence { timeout, granularity }) = config.persistence {
        list.push(leaf(8, &(timeout.as_secs() as u32).to_ne_bytes()));
        let mask = match key.family() {
            Family::Ipv4 => granularity.ipv4_mask().expect("a mask").octets(),
            Family::Ipv6 => u32::from(granularity.ipv6_prefix().expect("a prefix")).to_ne_bytes(),
        };
        list.push(leaf(9, &mask));
    }
    list.extend(config.engine.map(|engine| leaf(11, &[engine.as_bytes(), &[0]].concat())));
    list.extend(stats(&entry.stats));
    list.extend(entry.unknown.iter().map(|unknown| leaf(unknown.number, &unknown.payload)));
    datagram(1, vec![nested(1, list)])
}

fn dest_in_neli(entry: &DestEntry) -> Vec<u8> {
    let DestEntry { key, config, .. } = entry;
    let raw = config.forward.raw();
    let family = if key.family() == Family::Ipv4 { 2_u16 } else { 10 };
    let threshold = |threshold: Option<std::num::NonZeroU32>| threshold.map_or(0, u32::from);
    let mut list = vec![
        leaf(11, &family.to_ne_bytes()),
        leaf(1, &address_bytes(key.address)),
        leaf(2, &key.port.to_be_bytes()),
        leaf(3, &u32::from(raw.method.number()).to_ne_bytes()),
        leaf(4, &config.weight.to_ne_bytes()),
        leaf(5, &threshold(config.upper_threshold).to_ne_bytes()),
        leaf(6, &threshold(config.lower_threshold).to_ne_bytes()),
        leaf(7, &entry.active.to_ne_bytes()),
        leaf(8, &entry.inactive.to_ne_bytes()),
        leaf(9, &entry.persistent.to_ne_bytes()),
        leaf(13, &[raw.tunnel_type]),
        leaf(14, &raw.tunnel_port.to_be_bytes()),
        leaf(15, &raw.tunnel_flags.bits().to_ne_bytes()),
    ];
    list.extend(stats(&entry.stats));
    list.extend(entry.unknown.iter().map(|unknown| leaf(unknown.number, &unknown.payload)));
    datagram(5, vec![nested(2, list)])
}

/// The attributes of the one message in `datagram`.
fn data(datagram: &[u8]) -> &[u8] {
    let frame = Frames::new(datagram).next().expect("a message").expect("well framed");
    let Ok(Answer::Data { attributes, .. }) = frame.answer() else { panic!("a family's") };
    attributes
}

proptest! {
    #[test]
    fn neli_reads_every_request_as_it_was_meant(request in strategy::request(), ack: bool) {
        let mut out = Vec::new();
        encode::request(&mut out, 34, 77, ack, &request).expect("a value that can be sent");
        let message = Message::from_bytes(&mut Cursor::new(&out)).expect("neli reads it");
        prop_assert_eq!((*message.nl_type(), *message.nl_seq()), (34, 77));
        prop_assert_eq!(message.nl_flags().contains(NlmF::ACK), ack);
        let payload = message.get_payload().expect("a payload");
        let dump = message.nl_flags().contains(NlmF::DUMP);
        prop_assert_eq!((*payload.cmd(), dump), command(&request));
        prop_assert_eq!(*payload.version(), 1);
        assert_attributes(&payload.attrs().get_attr_handle(), &request);
    }

    #[test]
    fn a_service_that_neli_writes(entry in strategy::service_entry()) {
        prop_assert_eq!(decode::service(data(&service_in_neli(&entry))), Ok(entry));
    }

    #[test]
    fn a_destination_that_neli_writes(entry in strategy::dest_entry()) {
        prop_assert_eq!(decode::dest(data(&dest_in_neli(&entry)), Family::Ipv4), Ok(entry));
    }

    #[test]
    fn neli_reads_what_the_enums_write(entry in strategy::service_entry()) {
        let message = answer::service_message(answer::service_attributes(&entry));
        let bytes = answer::bytes(&message);
        let generic = [&[1, 1, 0, 0][..], &bytes].concat();
        let length = (generic.len() as u32 + 16).to_ne_bytes();
        let header = [&length[..], &[34, 0, 2, 0], &[0; 8]].concat();
        let datagram = [header, generic].concat();
        let message = Message::from_bytes(&mut Cursor::new(&datagram)).expect("neli reads it");
        let payload = message.get_payload().expect("a payload");
        let top = payload.attrs().get_attr_handle();
        prop_assert_eq!(key(&nest(&top, 1)), entry.key);
    }
}
