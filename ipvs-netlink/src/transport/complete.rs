// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a dump of services left out, put where it belongs.

use std::collections::{HashMap, HashSet};

use ipvs_types::ServiceKey;

use crate::{Error, ServiceEntry};

/// Adds to a dump those of the `known` services that it lacks. Both are in the kernel's order, but
/// the dump may have services that are not known. `ask` returns `None` for one that is gone.
pub(super) fn complete(
    listed: &mut Vec<ServiceEntry>,
    known: &[ServiceKey],
    mut ask: impl FnMut(ServiceKey) -> Result<Option<ServiceEntry>, Error>,
) -> Result<(), Error> {
    let mut rest = listed.iter();
    if known.iter().all(|key| rest.any(|entry| entry.key == *key)) {
        return Ok(());
    }
    let present: HashSet<_> = listed.iter().map(|entry| entry.key).collect();
    let mut before = None;
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    for key in known {
        if present.contains(key) {
            before = Some(*key);
        } else if let Some(entry) = ask(*key)? {
            found.entry(before).or_default().push(entry);
        }
    }
    let mut whole = found.remove(&None).unwrap_or_default();
    for entry in listed.drain(..) {
        let behind = found.remove(&Some(entry.key)).unwrap_or_default();
        whole.push(entry);
        whole.extend(behind);
    }
    *listed = whole;
    Ok(())
}

#[cfg(test)]
mod tests {
    use ipvs_types::{Scheduler, ServiceConfig};

    use super::*;

    fn key(port: u16) -> ServiceKey {
        ServiceKey::tcp(([192, 0, 2, 1], port).into())
    }

    fn entry(port: u16) -> ServiceEntry {
        ServiceEntry::new(key(port), ServiceConfig::new(Scheduler::RR))
    }

    /// The completed dump, and what was asked for; even ones are gone.
    fn completed(listed: &[u16], known: &[u16]) -> (Vec<ServiceKey>, Vec<ServiceKey>) {
        let mut services: Vec<_> = listed.iter().map(|port| entry(*port)).collect();
        let known: Vec<_> = known.iter().map(|port| key(*port)).collect();
        let mut asked = Vec::new();
        let gone: Vec<_> = (0..100).step_by(2).map(key).collect();
        complete(&mut services, &known, |key| {
            asked.push(key);
            let config = ServiceConfig::new(Scheduler::RR);
            Ok((!gone.contains(&key)).then(|| ServiceEntry::new(key, config)))
        })
        .expect("answers");
        (services.into_iter().map(|entry| entry.key).collect(), asked)
    }

    fn keys(ports: &[u16]) -> Vec<ServiceKey> {
        ports.iter().map(|port| key(*port)).collect()
    }

    #[test]
    fn nobody_is_asked_when_all_are_there() {
        for known in [&[][..], &[5, 1, 7], &[5, 7], &[1]] {
            assert_eq!(completed(&[5, 1, 7], known), (keys(&[5, 1, 7]), vec![]));
        }
        // In another order: moved meanwhile, but there.
        assert_eq!(completed(&[5, 1, 7], &[7, 5]), (keys(&[5, 1, 7]), vec![]));
    }

    #[test]
    fn what_was_left_out_comes_to_its_place() {
        let known = [9, 5, 3, 4, 1, 7, 11];
        // 99 is one that the other source does not show.
        let (whole, asked) = completed(&[5, 99, 1], &known);
        assert_eq!(whole, keys(&[9, 5, 3, 99, 1, 7, 11]));
        assert_eq!(asked, keys(&[9, 3, 4, 7, 11]));
        assert_eq!(completed(&[], &[3, 4, 5]).0, keys(&[3, 5]));
    }
}
