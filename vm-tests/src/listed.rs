// SPDX-License-Identifier: MIT OR Apache-2.0
//! The connections of a namespace, none left out.

use std::collections::BTreeMap;

use ipvs_proc::{Connection, Layout, Readings, Root, Virtual};

use crate::case::Failure;

/// All connections and templates of the calling thread's namespace, as they were read last.
///
/// # Errors
/// They can't be read.
pub fn connections() -> Result<Vec<Connection<'static>>, Failure> {
    let mut found = BTreeMap::new();
    let mut readings = Readings::of_running();
    loop {
        let known = found.len();
        for connection in Root::thread().connections(Layout::Plain)? {
            let c = connection?;
            let service = match c.service {
                Virtual::Address(address) => (Some(address), 0),
                Virtual::Fwmark { mark, .. } => (None, mark),
            };
            let key = (c.protocol, c.client, service, c.dest, c.is_template());
            found.insert(key, c.into_owned());
        }
        if !readings.another(found.len() > known) {
            break;
        }
    }
    Ok(found.into_values().collect())
}
