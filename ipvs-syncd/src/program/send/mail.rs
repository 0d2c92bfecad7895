// SPDX-License-Identifier: MIT OR Apache-2.0
//! Datagrams from connections, and their delivery.

use std::num::NonZeroU32;
use std::thread;
use std::time::Instant;

use ipvs_syncd::socket::{Pace, Sender};
use ipvs_syncd::{Connection, EncodeError, Encoder, Version};

use super::group::Route;
use super::progress::Progress;
use crate::program::failure::Failure;

/// A datagram, and how many connections it tells of.
pub(super) struct Parcel {
    pub(super) bytes: Vec<u8>,
    pub(super) connections: u32,
}

/// Datagrams in the making. In memory they take some 40 bytes per IPv4 connection.
pub(super) struct Mail {
    encoder: Encoder,
    version: Version,
    /// Connections in the datagram that is not full yet.
    waiting: u32,
    parcels: Vec<Parcel>,
}

impl Mail {
    /// None yet.
    pub(super) const fn new(route: &Route) -> Self {
        Self::with(route.encoder(), route.version)
    }

    /// None yet, and none to be sent: only this version matters.
    pub(super) const fn unsent(version: Version) -> Self {
        Self::with(Encoder::new(version, 0), version)
    }

    const fn with(encoder: Encoder, version: Version) -> Self {
        Self { encoder, version, waiting: 0, parcels: Vec::new() }
    }

    /// Adds a connection; version 0 loses what it has no place for.
    ///
    /// # Errors
    /// When the version can't say it.
    pub(super) fn push(&mut self, connection: &Connection<'_>) -> Result<(), EncodeError> {
        let full = match self.version {
            Version::V1 => self.encoder.push(connection)?,
            Version::V0 => {
                let reduced = connection.reduced_to_v0().ok_or(EncodeError::Ipv6)?;
                self.encoder.push(&reduced)?
            }
        };
        if let Some(bytes) = full {
            self.parcels.push(Parcel { bytes, connections: self.waiting });
            self.waiting = 0;
        }
        self.waiting += 1;
        Ok(())
    }

    /// All datagrams.
    pub(super) fn close(mut self) -> Vec<Parcel> {
        let last = self.encoder.finish();
        self.parcels.extend(last.map(|bytes| Parcel { bytes, connections: self.waiting }));
        self.parcels
    }
}

/// Sends datagrams at a pace.
pub(super) struct Courier {
    sender: Sender,
    pace: Pace,
    start: Instant,
}

impl Courier {
    /// One that sends so many connections a second.
    pub(super) fn new(route: &Route, rate: NonZeroU32) -> Result<Self, Failure> {
        let sender = Sender::open(&route.target)?;
        Ok(Self { sender, pace: Pace::new(rate), start: Instant::now() })
    }

    /// Sends all.
    pub(super) fn deliver(
        &mut self,
        parcels: &[Parcel],
        progress: &mut Progress,
    ) -> Result<(), Failure> {
        for parcel in parcels {
            // A backup's buffer holds so many datagrams, however few connections they tell of.
            let weight = parcel.connections.max(Pace::PER_DATAGRAM);
            let wait = self.pace.wait(self.start.elapsed(), weight);
            thread::sleep(wait);
            self.sender.send(&parcel.bytes)?;
            progress.add(parcel.connections);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use ipvs_syncd::socket::Target;
    use ipvs_syncd::{ConnectionFlags, Datagram};
    use ipvs_types::Protocol;

    use super::*;

    fn route(version: Version) -> Route {
        let target = Target::new("lo".parse().expect("a name"));
        Route { target, sync_id: 1, version, max_len: 1472 }
    }

    fn mail(version: Version) -> Mail {
        Mail::new(&route(version))
    }

    fn connection(port: u16, ends: [&str; 3]) -> Connection<'static> {
        let [client, service, dest] = ends.map(|end| format!("{end}:{port}").parse().expect("it"));
        Connection::new(Protocol::TCP, client, service, dest).expect("one family")
    }

    #[test]
    fn parcels_know_how_many_they_tell_of() {
        let mut mail = mail(Version::V1);
        for port in 0..100 {
            let connection = connection(port, ["10.0.0.1", "192.0.2.1", "10.1.0.2"]);
            mail.push(&connection).expect("sayable");
        }
        let parcels = mail.close();
        let said: Vec<_> = parcels.iter().map(|parcel| parcel.connections).collect();
        assert_eq!(said, [40, 40, 20]);
        for Parcel { bytes, connections } in &parcels {
            let header = Datagram::parse(bytes).expect("a message").header();
            assert_eq!(u32::from(header.count), *connections);
        }
    }

    #[test]
    fn version_0_loses_what_it_has_no_place_for() {
        let mut mail = mail(Version::V0);
        let v6 = connection(80, ["[fd00::1]", "[fd00::2]", "[fd00::3]"]);
        assert_eq!(mail.push(&v6), Err(EncodeError::Ipv6));
        let template = connection(80, ["10.0.0.1", "192.0.2.1", "10.1.0.2"])
            .flags(ConnectionFlags::TEMPLATE)
            .mark(1)
            .timeout(Duration::from_secs(9))
            .engine(&b"sip"[..], &b"x"[..]);
        mail.push(&template).expect("sayable");
        let parcels = mail.close();
        assert_eq!((parcels.len(), parcels[0].bytes.len()), (1, 28));
    }
}
