// SPDX-License-Identifier: MIT OR Apache-2.0
//! The values of a command line, gathered and checked option by option.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::{NonZeroU8, NonZeroU16, NonZeroU32};
use std::ops::RangeInclusive;
use std::time::Duration;

use ipvs_netlink::types::{
    DestKey, EngineName, Family, Granularity, InterfaceName, Method, Protocol, Scheduler, SyncId,
};

use super::fault::Fault;
use super::host::Host;
use super::matrix::{Field, Fields};
use super::number;
use super::options::Setting;
use super::resolve;
use super::tunnel::TunnelType;

/// The longest timeout of the command line: 31 days, in seconds.
pub const MAX_TIMEOUT: i64 = 31 * 24 * 60 * 60;
/// The timeout of `-p` without a value.
const DEFAULT_PERSISTENCE: Duration = Duration::from_secs(360);

/// What was said so far.
#[derive(Debug)]
pub struct Draft {
    /// Which options were given.
    pub given: Fields,
    /// The protocol of the service; for a fwmark, that of port names.
    pub protocol: Option<Protocol>,
    /// Address and port of the service.
    pub address: Option<(IpAddr, u16)>,
    /// The mark of a fwmark service.
    pub mark: Option<NonZeroU32>,
    /// The family of the service.
    pub family: Family,
    /// The netmask for an IPv4 service.
    pub mask4: Granularity,
    /// The prefix for an IPv6 service.
    pub mask6: Granularity,
    /// The scheduler, unless it is the default.
    pub scheduler: Option<Scheduler>,
    /// The list of scheduler flags, unread.
    pub sched_flags: Vec<u8>,
    /// Persistence.
    pub persistent: Option<Duration>,
    /// The persistence engine.
    pub engine: Option<EngineName>,
    /// The real server.
    pub dest: Option<DestKey>,
    /// The forwarding method.
    pub method: Method,
    /// The weight.
    pub weight: u32,
    /// The upper threshold, 0 for none.
    pub upper: u32,
    /// The lower threshold, 0 for none.
    pub lower: u32,
    /// The tunnel type.
    pub tunnel: TunnelType,
    /// The tunnel port.
    pub tunnel_port: Option<NonZeroU16>,
    /// The interface of a sync daemon, unless it is the default.
    pub interface: Option<InterfaceName>,
    /// The sync id.
    pub sync_id: SyncId,
    /// The longest sync message.
    pub max_len: Option<NonZeroU16>,
    /// The multicast group.
    pub group: Option<IpAddr>,
    /// The multicast port.
    pub mcast_port: Option<NonZeroU16>,
    /// The hop limit of multicasts.
    pub ttl: Option<NonZeroU8>,
}

impl Default for Draft {
    fn default() -> Self {
        Self {
            given: Fields::default(),
            protocol: None,
            address: None,
            mark: None,
            family: Family::Ipv4,
            mask4: Granularity::HOST,
            mask6: Granularity::HOST,
            scheduler: None,
            sched_flags: Vec::new(),
            persistent: None,
            engine: None,
            dest: None,
            method: Method::ROUTE,
            weight: 1,
            upper: 0,
            lower: 0,
            tunnel: TunnelType::Ipip,
            tunnel_port: None,
            interface: None,
            sync_id: SyncId::new(0),
            max_len: None,
            group: None,
            mcast_port: None,
            ttl: None,
        }
    }
}

impl Draft {
    /// Takes one option. `value` is there if the option was given one.
    pub fn set(
        &mut self,
        (setting, field): (Setting, Option<Field>),
        value: Option<&[u8]>,
        host: &dyn Host,
    ) -> Result<(), Fault> {
        if let Some(field) = field
            && !self.given.insert(field)
        {
            return Err(Fault::usage(format!("multiple '{}' options specified", field.name())));
        }
        let text = value.unwrap_or_default();
        match setting {
            Setting::Flag => {}
            Setting::Tcp => self.set_service(text, Protocol::TCP, host)?,
            Setting::Udp => self.set_service(text, Protocol::UDP, host)?,
            Setting::Sctp => self.set_service(text, Protocol::SCTP, host)?,
            Setting::Fwmark => self.set_mark(text)?,
            Setting::Ipv6 => self.set_ipv6()?,
            Setting::Scheduler => {
                self.scheduler = Scheduler::new(first(text, Scheduler::MAX_LEN)).ok();
                self.scheduler.take_if(|_| text.is_empty());
            }
            Setting::SchedFlags => self.sched_flags = first(text, 127).to_vec(),
            Setting::Persistent => self.persistent = Some(persistence(value)?),
            Setting::Netmask => self.set_netmask(text, host)?,
            Setting::Engine => self.engine = EngineName::new(first(text, EngineName::MAX_LEN)).ok(),
            Setting::RealServer => self.set_dest(text, host)?,
            Setting::Route => self.method = Method::ROUTE,
            Setting::Tunnel => self.method = Method::TUNNEL,
            Setting::Masq => self.method = Method::MASQ,
            Setting::Weight => self.weight = small(text, "weight")?,
            Setting::UpperThreshold => self.upper = small(text, "u_threshold")?,
            Setting::LowerThreshold => self.lower = small(text, "l_threshold")?,
            Setting::TunType => {
                let kind = TunnelType::parse(text);
                self.tunnel = kind.ok_or_else(|| illegal("tunnel type"))?;
            }
            Setting::TunPort => self.tunnel_port = Some(port(text, "tunnel port")?),
            Setting::McastInterface => {
                self.interface = InterfaceName::new(first(text, InterfaceName::MAX_LEN)).ok();
            }
            Setting::McastGroup => self.group = Some(multicast(text)?),
            Setting::McastPort => self.mcast_port = Some(port(text, "mcast-port")?),
            Setting::McastTtl => {
                let ttl: u8 = checked(text, 1..=255, "mcast-ttl")?;
                self.ttl = NonZeroU8::new(ttl);
            }
            Setting::SyncId => self.sync_id = SyncId::new(checked(text, 0..=255, "syncid")?),
            Setting::SyncMaxlen => {
                let length: u16 = checked(text, 1..=65507, "sync-maxlen")?;
                self.max_len = NonZeroU16::new(length);
            }
        }
        Ok(())
    }

    fn set_service(
        &mut self,
        text: &[u8],
        protocol: Protocol,
        host: &dyn Host,
    ) -> Result<(), Fault> {
        let (address, port) = resolve::endpoint(text, Some(protocol), host)
            .ok_or_else(|| illegal("virtual server address[:port]"))?;
        self.protocol = Some(protocol);
        self.family = Family::of(address);
        self.address = Some((address, port.unwrap_or(0)));
        Ok(())
    }

    fn set_mark(&mut self, text: &[u8]) -> Result<(), Fault> {
        let mark = number::in_range(text, 1..=i64::from(u32::MAX));
        self.mark = mark.and_then(|mark| NonZeroU32::new(mark as u32));
        if self.mark.is_none() {
            return Err(Fault::quoting("invalid fwmark value `", text, "' specified"));
        }
        self.protocol = Some(Protocol::TCP);
        Ok(())
    }

    fn set_ipv6(&mut self) -> Result<(), Fault> {
        if self.mark.is_none() {
            // The C tool ends this message with an empty line.
            return Err(Fault::usage("-6 used before -f\n"));
        }
        self.family = Family::Ipv6;
        self.mask6 = Granularity::HOST;
        Ok(())
    }

    fn set_netmask(&mut self, text: &[u8], host: &dyn Host) -> Result<(), Fault> {
        match self.family {
            Family::Ipv6 => {
                let prefix = u8::try_from(number::atoi(text)).ok().map(Granularity::ipv6);
                let Some(Ok(mask)) = prefix else { return Err(illegal("ipv6 netmask")) };
                self.mask6 = mask;
            }
            // If an IPv6 service follows, this is forgotten; for IPv4 it counts.
            Family::Ipv4 => {
                let mask = resolve::ipv4(text, host)
                    .ok_or_else(|| illegal("virtual server persistent mask"))?;
                self.mask4 = Granularity::ipv4(mask);
            }
        }
        Ok(())
    }

    fn set_dest(&mut self, text: &[u8], host: &dyn Host) -> Result<(), Fault> {
        let (address, port) = resolve::endpoint(text, self.protocol, host)
            .ok_or_else(|| illegal("real server address[:port]"))?;
        let service_port = self.address.map_or(0, |(_, port)| port);
        self.dest = Some(DestKey::new(address, port.unwrap_or(service_port)));
        Ok(())
    }
}

fn illegal(what: &str) -> Fault {
    Fault::usage(format!("illegal {what} specified"))
}

fn first(text: &[u8], length: usize) -> &[u8] {
    &text[..text.len().min(length)]
}

fn checked<N: TryFrom<i64>>(
    text: &[u8],
    range: RangeInclusive<i64>,
    what: &str,
) -> Result<N, Fault> {
    let number = number::in_range(text, range).and_then(|number| number.try_into().ok());
    number.ok_or_else(|| illegal(what))
}

fn small(text: &[u8], what: &str) -> Result<u32, Fault> {
    checked(text, 0..=i64::from(i32::MAX), what)
}

fn port(text: &[u8], what: &str) -> Result<NonZeroU16, Fault> {
    let port: u16 = checked(text, 1..=i64::from(u16::MAX), what)?;
    NonZeroU16::new(port).ok_or_else(|| illegal(what))
}

/// A timeout in seconds, at least `least`.
pub fn timeout(text: &[u8], least: i64) -> Result<Duration, Fault> {
    let seconds = number::in_range(text, least..=MAX_TIMEOUT);
    let seconds = seconds.and_then(|seconds| u64::try_from(seconds).ok());
    seconds
        .map(Duration::from_secs)
        .ok_or_else(|| Fault::quoting("invalid timeout value `", text, "' specified"))
}

fn persistence(value: Option<&[u8]>) -> Result<Duration, Fault> {
    value.map_or(Ok(DEFAULT_PERSISTENCE), |text| timeout(text, 1))
}

fn multicast(text: &[u8]) -> Result<IpAddr, Fault> {
    let word = std::str::from_utf8(text).unwrap_or_default();
    if text.contains(&b':') {
        let group = word.parse().ok().filter(Ipv6Addr::is_multicast).map(IpAddr::V6);
        return group.ok_or_else(|| Fault::quoting("invalid IPv6 mcast-group `", text, "'"));
    }
    let group = word.parse().ok().filter(Ipv4Addr::is_multicast).map(IpAddr::V4);
    group.ok_or_else(|| Fault::quoting("invalid IPv4 mcast-group `", text, "'"))
}
