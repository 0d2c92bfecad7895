// SPDX-License-Identifier: MIT OR Apache-2.0
//! The connections of a namespace, none left out.

use std::collections::BTreeMap;

use ipvs_proc::{Connection, Layout, Root, Virtual};

use crate::case::Failure;

/// Kernels before 7 find their place again between two reads by counting the connections of all
/// namespaces: when one comes or goes elsewhere, a line is left out. Not thrice, it is to be hoped.
const READINGS: usize = 3;

/// All connections and templates of the calling thread's namespace, as they were read last.
///
/// # Errors
/// They can't be read.
pub fn connections() -> Result<Vec<Connection<'static>>, Failure> {
    let mut found = BTreeMap::new();
    for _ in 0..READINGS {
        for connection in Root::thread().connections(Layout::Plain)? {
            let c = connection?;
            let service = match c.service {
                Virtual::Address(address) => (Some(address), 0),
                Virtual::Fwmark { mark, .. } => (None, mark),
            };
            let key = (c.protocol, c.client, service, c.dest, c.is_template());
            found.insert(key, c.into_owned());
        }
    }
    Ok(found.into_values().collect())
}
