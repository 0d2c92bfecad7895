// SPDX-License-Identifier: MIT OR Apache-2.0
//! A whole message of the family.

use netlink_packet_core::{DecodeError, Emitable, NlasIterator, Parseable, ParseableParametrized};
use netlink_packet_generic::{GenlFamily, GenlHeader};

use super::payload::emit_all;
use super::{Command, InfoAttribute, IpvsAttribute};
use crate::wire::number::message as number;

/// A message of the generic netlink family `IPVS`, without its headers.
///
/// It fits into the crates of the rust-netlink family: wrap it in
/// [`GenlMessage`](netlink_packet_generic::GenlMessage) and that in
/// [`NetlinkMessage`](netlink_packet_core::NetlinkMessage).
///
/// # Losslessness
/// Parsing fails only where attributes don't fit together; what is well-framed but not understood,
/// or not in the form in which this library would write it, becomes `Other`. A parsed message is
/// written again with the same bytes. The one exception: bytes that pad a top-level attribute to a
/// multiple of four are written as zero.
///
/// # Panics
/// Writing a message panics when an attribute's payload is longer than 65,531 bytes, because its
/// length field has 16 bits. A parsed message never has one.
///
/// # Examples
/// The request behind `ipvsadm -D -f 7`:
///
/// ```
/// use ipvs_netlink::wire::{Command, IpvsAttribute, IpvsMessage, Nest, ServiceAttribute};
/// use netlink_packet_core::{NetlinkMessage, NLM_F_ACK, NLM_F_REQUEST};
/// use netlink_packet_generic::GenlMessage;
///
/// let service = Nest::from(vec![ServiceAttribute::Family(2), ServiceAttribute::Fwmark(7)]);
/// let message = IpvsMessage {
///     command: Command::DelService,
///     attributes: vec![IpvsAttribute::Service(service)],
/// };
/// let mut generic = GenlMessage::from_payload(message);
/// generic.set_resolved_family_id(34);
/// let mut request = NetlinkMessage::from(generic);
/// request.header.flags = NLM_F_REQUEST | NLM_F_ACK;
/// request.finalize();
/// let mut bytes = vec![0; request.buffer_len()];
/// request.serialize(&mut bytes);
/// let read = NetlinkMessage::<GenlMessage<IpvsMessage>>::deserialize(&bytes)?;
/// assert_eq!(read, request);
/// # Ok::<(), netlink_packet_core::DecodeError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IpvsMessage {
    /// What is asked or answered.
    pub command: Command,
    /// The top-level attributes in their order.
    pub attributes: Vec<IpvsAttribute>,
}

impl GenlFamily for IpvsMessage {
    fn family_name() -> &'static str {
        number::FAMILY
    }

    fn command(&self) -> u8 {
        self.command.into()
    }

    fn version(&self) -> u8 {
        number::VERSION
    }
}

impl Emitable for IpvsMessage {
    fn buffer_len(&self) -> usize {
        self.attributes.as_slice().buffer_len()
    }

    fn emit(&self, buffer: &mut [u8]) {
        emit_all(&self.attributes, buffer);
    }
}

impl ParseableParametrized<[u8], GenlHeader> for IpvsMessage {
    fn parse_with_param(bytes: &[u8], header: GenlHeader) -> Result<Self, DecodeError> {
        let command = Command::from(header.cmd);
        let attributes = NlasIterator::new(bytes).map(|nla| {
            let nla = nla?;
            match command {
                Command::SetInfo => InfoAttribute::parse(&nla).map(IpvsAttribute::Info),
                _ => IpvsAttribute::parse(&nla),
            }
        });
        Ok(Self { command, attributes: attributes.collect::<Result<_, _>>()? })
    }
}
