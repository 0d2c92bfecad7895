// SPDX-License-Identifier: MIT OR Apache-2.0
//! How long templates last that are put back.

use std::time::Duration;

use ipvs_netlink::Ruleset;

use super::Heading;
use crate::Connection;
use crate::table::{Directory, listed};

/// The services of the heading; none where they are in another form than a [`Ruleset`].
pub(super) fn services(heading: &Heading) -> Directory {
    let heading = serde_json::to_value(heading).unwrap_or_default();
    let rules = heading.get("services").cloned().unwrap_or_default();
    serde_json::from_value::<Ruleset>(rules)
        .map_or_else(|_| Directory::default(), |rules| Directory::from(&rules))
}

/// A template with at least the timeout of its service, where that is known; a connection as it is.
pub(super) fn lasting(
    connection: Connection<'static>,
    services: &Directory,
) -> Connection<'static> {
    let bound = services.binding(&listed(&connection)).filter(|_| connection.is_template());
    let whole = bound.and_then(|bound| bound.persistence).unwrap_or(Duration::ZERO);
    let longest = connection.timeout.max(whole);
    connection.timeout(longest)
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use ipvs_netlink::types::{DestConfig, Forward, Persistence, Scheduler, ServiceConfig};
    use ipvs_netlink::{DestEntry, ServiceEntry, ServiceTable, Table};
    use ipvs_types::Protocol;
    use serde_json::{Value, json};

    use super::super::{Checkpoint, Left};
    use super::*;
    use crate::ConnectionFlags;

    fn ruleset() -> Value {
        let config = ServiceConfig::new(Scheduler::RR)
            .persistence(Persistence::new(Duration::from_secs(3600)));
        let key = "tcp/192.0.2.1:80".parse().expect("a service");
        let dest = "10.1.0.2:80".parse().expect("a destination");
        let dests = vec![DestEntry::new(dest, DestConfig::new(Forward::Masq))];
        let service = ServiceEntry::new(key, config);
        let table = Table { services: vec![ServiceTable { service, dests }] };
        json!(Ruleset::from(table))
    }

    /// What is left after `age` seconds of a template of the service, of one of no service, and of a
    /// connection of the service.
    fn left(services: Value, age: u64) -> (Vec<(String, u64)>, usize) {
        let connection = |client: &str, dest: &str| {
            let ends = [client, "192.0.2.1:80", dest].map(|end| end.parse().expect("an address"));
            Connection::new(Protocol::TCP, ends[0], ends[1], ends[2]).expect("one family")
        };
        let template =
            |client: &str, dest: &str| connection(client, dest).flags(ConnectionFlags::TEMPLATE);
        let all = [
            template("10.0.0.1:0", "10.1.0.2:80"),
            template("10.0.0.2:0", "10.1.0.9:80"),
            connection("10.0.0.1:1", "10.1.0.2:80"),
        ];
        let taken = SystemTime::now();
        let heading = Heading::new(taken, None, services);
        let connections =
            all.into_iter().map(|one| one.timeout(Duration::from_secs(20)).into_owned()).collect();
        let Left { connections, expired, .. } =
            Checkpoint { heading, connections }.left(taken + Duration::from_secs(age));
        let shown = connections.iter().map(|one| (one.client().to_string(), one.timeout.as_secs()));
        (shown.collect(), expired)
    }

    #[test]
    fn templates_are_put_back_with_the_timeout_of_their_service() {
        let shown = |seconds: [u64; 3]| {
            let clients = ["10.0.0.1:0", "10.0.0.2:0", "10.0.0.1:1"];
            clients.into_iter().map(str::to_owned).zip(seconds).collect::<Vec<_>>()
        };
        assert_eq!(left(ruleset(), 5), (shown([3600, 15, 15]), 0));
        // What has expired meanwhile stays away.
        assert_eq!(left(ruleset(), 20), (vec![], 3));
        for unknown in [Value::Null, json!([]), json!({"version": 99})] {
            assert_eq!(left(unknown, 5), (shown([15, 15, 15]), 0));
        }
    }
}
