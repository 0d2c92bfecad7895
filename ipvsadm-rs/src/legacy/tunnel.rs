// SPDX-License-Identifier: MIT OR Apache-2.0
//! Tunnel types and the options that go with each.

use std::num::NonZeroU16;

use ipvs_netlink::types::{Tunnel, TunnelFlags};

use super::fault::Fault;
use super::matrix::Field::{self, *};
use super::matrix::{Fields, Rule};

/// A tunnel type (`--tun-type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TunnelType {
    /// IP in IP.
    #[default]
    Ipip,
    /// Generic UDP encapsulation.
    Gue,
    /// Generic routing encapsulation.
    Gre,
}

/// All options of tunnels.
pub const OPTIONS: Fields = Fields::of(&[TunType, TunPort, TunNocsum, TunCsum, TunRemcsum]);
const DETAILS: Fields = Fields::of(&[TunPort, TunNocsum, TunCsum, TunRemcsum]);
const CHECKSUMS: &[Field] = &[TunNocsum, TunCsum, TunRemcsum];

impl TunnelType {
    /// The type of this name.
    pub fn parse(name: &[u8]) -> Option<Self> {
        match name {
            b"ipip" => Some(Self::Ipip),
            b"gue" => Some(Self::Gue),
            b"gre" => Some(Self::Gre),
            _ => None,
        }
    }

    fn rule(self) -> (&'static str, Rule) {
        match self {
            Self::Ipip => ("ipip", Rule::new(&[], &[], &[])),
            Self::Gue => ("gue", Rule::new(&[TunPort], &[], CHECKSUMS)),
            Self::Gre => ("gre", Rule::new(&[], &[], &[TunNocsum, TunCsum])),
        }
    }

    /// The tunnel of this type with the given options.
    pub fn build(self, given: Fields, port: Option<NonZeroU16>) -> Result<Tunnel, Fault> {
        let (name, rule) = self.rule();
        rule.check(given, DETAILS, format_args!("'{name}' tunnel type"))?;
        let flags = if given.has(TunCsum) {
            TunnelFlags::CSUM
        } else if given.has(TunRemcsum) {
            TunnelFlags::REMCSUM
        } else {
            TunnelFlags::empty()
        };
        Ok(match (self, port) {
            (Self::Gue, Some(port)) => Tunnel::Gue { port, flags },
            (Self::Gre, _) => Tunnel::Gre { flags },
            // The rule of GUE requires a port.
            (Self::Ipip | Self::Gue, _) => Tunnel::Ipip,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_has_its_options() {
        let port = NonZeroU16::new(6080);
        let build = |kind: TunnelType, given: &[Field]| {
            let port = port.filter(|_| given.contains(&TunPort));
            kind.build(Fields::of(given), port).map_err(|fault| fault.to_string())
        };
        let gue = |flags| Ok(Tunnel::Gue { port: port.expect("not zero"), flags });
        assert_eq!(build(TunnelType::Ipip, &[TunType]), Ok(Tunnel::Ipip));
        assert_eq!(build(TunnelType::Gue, &[TunPort]), gue(TunnelFlags::empty()));
        assert_eq!(build(TunnelType::Gue, &[TunPort, TunCsum]), gue(TunnelFlags::CSUM));
        assert_eq!(build(TunnelType::Gue, &[TunPort, TunRemcsum]), gue(TunnelFlags::REMCSUM));
        for (kind, given, complaint) in [
            (
                TunnelType::Gue,
                &[TunCsum][..],
                "You need to supply the 'tun-port' option for the 'gue' tunnel type",
            ),
            (TunnelType::Ipip, &[TunCsum], "Illegal 'tun-csum' option with the 'ipip' tunnel type"),
            (TunnelType::Gre, &[TunPort], "Illegal 'tun-port' option with the 'gre' tunnel type"),
            (
                TunnelType::Gue,
                &[TunPort, TunCsum, TunRemcsum],
                "The option 'tun-remcsum' conflicts with the 'tun-csum' option in the 'gue' tunnel type",
            ),
        ] {
            assert_eq!(build(kind, given), Err(complaint.to_owned()));
        }
    }
}
