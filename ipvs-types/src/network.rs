// SPDX-License-Identifier: MIT OR Apache-2.0
//! Networks: addresses with the first bits in common.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use crate::ParseError;

/// Addresses that agree in their first bits.
///
/// Text form: `10.0.0.0/8`, `fd00::/8`, or an address alone.
///
/// ```
/// use ipvs_types::Network;
/// let network: Network = "10.1.0.0/16".parse()?;
/// assert!(network.contains("10.1.2.3".parse().expect("an address")));
/// assert!(!network.contains("::1".parse().expect("an address")));
/// assert!("10.1.0.0/33".parse::<Network>().is_err());
/// # Ok::<(), ipvs_types::ParseError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network {
    address: IpAddr,
    /// At most the address's bits.
    prefix: u8,
}

impl Network {
    /// The addresses that agree with `address` in the first `prefix` bits.
    ///
    /// # Errors
    /// When the address has fewer bits.
    pub fn new(address: IpAddr, prefix: u8) -> Result<Self, ParseError> {
        if prefix > bits(address) {
            let text = format!("{address}/{prefix}");
            return Err(ParseError::new("network", text, "at most /32 for IPv4, /128 for IPv6"));
        }
        Ok(Self { address, prefix })
    }

    /// Any of the addresses, as it was given: bits after the prefix need not be zero.
    pub const fn address(&self) -> IpAddr {
        self.address
    }

    /// How many of the first bits agree.
    pub const fn prefix(&self) -> u8 {
        self.prefix
    }

    /// Whether `address` is one of them; never if it is of the other family.
    #[inline]
    pub fn contains(&self, address: IpAddr) -> bool {
        let free = u32::from(bits(self.address) - self.prefix);
        match (self.address, address) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                (network.to_bits() ^ address.to_bits()).checked_shr(free).unwrap_or(0) == 0
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                (network.to_bits() ^ address.to_bits()).checked_shr(free).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

const fn bits(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        Self { address, prefix: bits(address) }
    }
}

impl FromStr for Network {
    type Err = ParseError;

    fn from_str(s: &str) -> Result<Self, ParseError> {
        let bad = || ParseError::new("network", s, "an address, or an address, `/` and a prefix");
        match s.split_once('/') {
            None => s.parse().map(IpAddr::into).map_err(|_| bad()),
            Some((address, prefix)) => {
                Self::new(address.parse().map_err(|_| bad())?, prefix.parse().map_err(|_| bad())?)
            }
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}
