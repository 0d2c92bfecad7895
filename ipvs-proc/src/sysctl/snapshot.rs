// SPDX-License-Identifier: MIT OR Apache-2.0
//! All sysctls of a moment.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde::{Deserialize as Derive, Serialize};

use super::kind::Kind;
use super::name::Name;
use super::value::Value;

/// Values by name. As a serde value it is a map; unknown names are kept as text.
///
/// ```
/// use ipvs_proc::sysctl::Snapshot;
/// let old: Snapshot = serde_json::from_str(r#"{"net.ipv4.vs.drop_entry": 1, "conntrack": 0}"#)?;
/// let new: Snapshot = serde_json::from_str(r#"{"drop_entry": 2, "net.ipv4.vs.conntrack": 1}"#)?;
/// // The kernel itself changes 1 into 2 and back.
/// let differences = old.diff(&new);
/// assert_eq!(differences.len(), 1);
/// assert_eq!(differences[0].to_string(), "net.ipv4.vs.conntrack: 0 -> 1");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Snapshot(BTreeMap<Name, Value>);

/// What one sysctl is on both sides. `Display` is a line for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Which.
    pub name: Name,
    /// On the left side, or the default; `None` where it does not exist.
    pub from: Option<Value>,
    /// On the right side.
    pub to: Option<Value>,
}

impl Snapshot {
    /// The value of this name.
    pub fn get(&self, name: &Name) -> Option<&Value> {
        self.0.get(name)
    }

    /// Puts a value in; returns the one that was there.
    pub fn insert(&mut self, name: Name, value: Value) -> Option<Value> {
        self.0.insert(name, value)
    }

    /// Everything, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&Name, &Value)> {
        self.0.iter()
    }

    /// What is another setting in `other`, or there only on one side; by name.
    pub fn diff(&self, other: &Self) -> Vec<Difference> {
        let mut names: Vec<_> = self.0.keys().chain(other.0.keys()).collect();
        names.sort_unstable();
        names.dedup();
        let different = |name: &&Name| match (self.get(name), other.get(name)) {
            (Some(from), Some(to)) => !same(name, from, to),
            _ => true,
        };
        let sides = |name: &Name| Difference {
            name: name.clone(),
            from: self.get(name).cloned(),
            to: other.get(name).cloned(),
        };
        names.into_iter().filter(different).map(sides).collect()
    }

    /// What a new namespace would not have; by name. Nothing is said about unknown sysctls and about
    /// those whose default depends on the machine.
    pub fn changed(&self) -> Vec<Difference> {
        let changed = |(name, value): (&Name, &Value)| {
            let description = name.description()?;
            let from = match description.default {
                super::Preset::Fixed(text) => text,
                super::Preset::Namespaces { others, .. } => others,
                super::Preset::Varies(_) => return None,
            };
            let from = Some(description.kind.read(from));
            let difference = || Difference { name: name.clone(), from, to: Some(value.clone()) };
            (description.is_default(value) == Some(false)).then(difference)
        };
        self.iter().filter_map(changed).collect()
    }
}

/// Whether both are the same setting.
pub(super) fn same(name: &Name, wanted: &Value, shown: &Value) -> bool {
    match name.description() {
        Some(description) => description.kind.same(wanted, shown),
        None => wanted == shown,
    }
}

/// The type of a name's values.
pub(super) fn kind(name: &Name) -> Kind {
    name.description().map_or(Kind::Text, |description| description.kind)
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = |value: &Option<Value>| match value {
            Some(value) => value.to_string(),
            None => "absent".to_owned(),
        };
        write!(f, "{}: {} -> {}", self.name, side(&self.from), side(&self.to))
    }
}

/// A value as formats with types have it.
#[derive(Derive)]
#[serde(untagged, expecting = "expected a number, two numbers, or text")]
enum Raw {
    Signed(i64),
    Unsigned(u64),
    Pair(i64, i64),
    Text(String),
}

impl Raw {
    fn text(self) -> String {
        match self {
            Self::Signed(number) => number.to_string(),
            Self::Unsigned(number) => number.to_string(),
            Self::Pair(first, second) => format!("{first} {second}"),
            Self::Text(text) => text,
        }
    }
}

/// A name that is there twice, in whatever spelling, is an error.
impl<'de> Deserialize<'de> for Snapshot {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Snapshot;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map from names of sysctls to values")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Snapshot, A::Error> {
                let mut all = BTreeMap::new();
                while let Some((name, raw)) = map.next_entry::<Name, Raw>()? {
                    match all.entry(name) {
                        Entry::Vacant(place) => {
                            let value = kind(place.key()).read(&raw.text());
                            place.insert(value);
                        }
                        Entry::Occupied(place) => {
                            let name = place.key();
                            return Err(A::Error::custom(format!("{name} is there twice")));
                        }
                    }
                }
                Ok(Snapshot(all))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}
