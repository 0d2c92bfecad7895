// SPDX-License-Identifier: MIT OR Apache-2.0
//! The connections of a director in a file, to be put back (feature `checkpoint`).
//!
//! The file has JSON lines: first a heading, then a connection each, then the end.
//!
//! ```json
//! {"checkpoint":{"schema":1,"time":1760000000.5,"kernel":"6.12.95","services":{…}}}
//! {"connection":{"protocol":"tcp","client":"10.0.0.1:40000",…,"timeout_seconds":899,…}}
//! {"end":{"connections":1}}
//! ```
//!
//! ```
//! use std::time::{Duration, SystemTime};
//!
//! use ipvs_syncd::Connection;
//! use ipvs_syncd::checkpoint::{Checkpoint, Heading, Writer};
//! use ipvs_types::Protocol;
//!
//! let ends = ["10.0.0.1:9".parse()?, "192.0.2.1:80".parse()?, "10.1.0.2:80".parse()?];
//! let connection = Connection::new(Protocol::TCP, ends[0], ends[1], ends[2])?;
//! let connection = connection.timeout(Duration::from_secs(900));
//! let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_760_000_000);
//!
//! let mut writer = Writer::new(Vec::new(), Heading::new(now, None, serde_json::Value::Null))?;
//! writer.push(&connection)?;
//! let bytes = writer.finish()?;
//!
//! // A minute later:
//! let checkpoint = Checkpoint::parse(&bytes[..])?;
//! let left = checkpoint.left(now + Duration::from_secs(60));
//! assert_eq!(left.connections, [connection.timeout(Duration::from_secs(840))]);
//! assert_eq!(left.expired, 0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod form;
mod persistence;
mod read;
mod write;

use std::time::{Duration, SystemTime};

use crate::Connection;

pub use error::CheckpointError;
pub use form::Heading;
pub use write::Writer;

/// A checkpoint that was read as a whole.
#[derive(Debug, Clone)]
pub struct Checkpoint {
    /// When and where it was taken.
    pub heading: Heading,
    /// The connections and templates, with what was left of their timeouts then.
    pub connections: Vec<Connection<'static>>,
}

/// What is left of a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// How long ago it was taken.
    pub age: Duration,
    /// The connections that have not expired, with what is left of their timeouts; templates first, so
    /// that they are there before their clients' next connections.
    ///
    /// Templates have at least the whole timeout of their service, where the heading has the services
    /// as [`ipvs_netlink::Ruleset`]: the kernel keeps what a message says as a template's timeout for
    /// good, and what is left would be too short for the client's next pause.
    pub connections: Vec<Connection<'static>>,
    /// How many have expired.
    pub expired: usize,
}

impl Checkpoint {
    /// What is left of it at `now`.
    pub fn left(self, now: SystemTime) -> Left {
        let age = self.heading.age(now);
        let before = self.connections.len();
        let services = persistence::services(&self.heading);
        let all = self.connections.into_iter().filter_map(|connection| shortened(connection, age));
        let all = all.map(|connection| persistence::lasting(connection, &services));
        let mut connections: Vec<_> = all.collect();
        connections.sort_by_key(|connection| !connection.is_template());
        Left { age, expired: before - connections.len(), connections }
    }
}

/// The connection with what is left of its timeout after `age`.
fn shortened(connection: Connection<'static>, age: Duration) -> Option<Connection<'static>> {
    let left = connection.timeout.as_secs().checked_sub(age.as_secs()).filter(|left| *left > 0)?;
    Some(connection.timeout(Duration::from_secs(left)))
}

#[cfg(test)]
mod tests {
    use ipvs_types::Protocol;
    use serde_json::json;

    use super::*;

    fn connections() -> Vec<Connection<'static>> {
        let end = |text: &str| text.parse().expect("an address");
        let connection = |port| {
            let client = format!("10.0.0.1:{port}");
            let [service, dest] = ["192.0.2.1:80", "10.1.0.2:80"].map(end);
            Connection::new(Protocol::TCP, end(&client), service, dest)
                .expect("one family")
                .state(1)
                .timeout(Duration::from_secs(900))
        };
        vec![connection(1), connection(2).engine(&b"sip"[..], &b"\xff\n"[..])]
    }

    fn written() -> String {
        let heading = Heading::new(SystemTime::now(), Some("6.12".to_owned()), json!([]));
        let mut writer = Writer::new(Vec::new(), heading).expect("memory");
        for connection in connections() {
            writer.push(&connection).expect("memory");
        }
        String::from_utf8(writer.finish().expect("memory")).expect("text")
    }

    fn error(text: &str) -> String {
        Checkpoint::parse(text.as_bytes()).map(drop).expect_err("it is bad").to_string()
    }

    #[test]
    fn what_is_written_is_read() {
        let read = Checkpoint::parse(written().as_bytes()).expect("readable");
        assert_eq!((read.heading.kernel(), read.connections), (Some("6.12"), connections()));
    }

    #[test]
    fn errors_name_the_place() {
        let good = written();
        assert_eq!(error(""), "line 1: the file ends without its last line; is the copy complete?");
        assert_eq!(
            error(&good.replace("{\"schema\":1", "{\"schema\":2")),
            "line 1: a checkpoint of version 2; this program reads version 1"
        );
        let without_end = &good[..good.find("{\"end\"").expect("an end")];
        assert!(error(without_end).starts_with("line 4: the file ends without its last line"));
        assert_eq!(
            error(&good.replace("{\"connections\":2}", "{\"connections\":3}")),
            "line 4: 3 connections should be there, not 2; is the copy complete?"
        );
        let bad = error(&good.replace("10.0.0.1:2\"", "10.0.0.1\""));
        assert!(bad.starts_with("line 3, column "), "{bad}");
        assert!(!bad.contains(" at line "), "{bad}");
        assert_eq!(error(&format!("{good}x")), "line 5: something after the end");
        let long = good.replace(":900,", ":4294967296,");
        assert!(error(&long).starts_with("line 2: a timeout of"), "{}", error(&long));
    }

    #[test]
    fn timeouts_shrink_with_age_and_run_out() {
        let connection = connections()[0].clone().timeout(Duration::from_secs(100));
        let left = |age| {
            let connection = shortened(connection.clone(), Duration::from_secs_f64(age));
            connection.map(|connection| connection.timeout.as_secs())
        };
        assert_eq!((left(0.0), left(98.7)), (Some(100), Some(2)));
        assert_eq!((left(99.0), left(100.0), left(1e6)), (Some(1), None, None));
    }
}
