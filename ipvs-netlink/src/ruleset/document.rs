// SPDX-License-Identifier: MIT OR Apache-2.0
//! The serde form of a ruleset: lists instead of maps (so that duplicates are seen and named), and
//! a version.

use ipvs_types::{DaemonConfig, DestConfig, DestKey, ServiceConfig, ServiceKey, Timeouts};
use serde::{Deserialize, Serialize};

use super::check::InvalidRuleset;
use super::{Ruleset, ServiceRules};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    version: u32,
    services: Vec<Service>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    timeouts: Option<Timeouts>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    daemons: Option<Vec<DaemonConfig>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Service {
    service: ServiceKey,
    config: ServiceConfig,
    #[serde(default)]
    destinations: Vec<Destination>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Destination {
    destination: DestKey,
    config: DestConfig,
}

impl TryFrom<Document> for Ruleset {
    type Error = InvalidRuleset;

    fn try_from(document: Document) -> Result<Self, InvalidRuleset> {
        if document.version != Self::VERSION {
            return Err(InvalidRuleset::Version { found: document.version });
        }
        let mut rules = Self::new();
        for Service { service, config, destinations } in document.services {
            rules.add_service(service, config)?;
            for Destination { destination, config } in destinations {
                rules.add_dest(service, destination, config)?;
            }
        }
        rules.set_timeouts(document.timeouts)?;
        rules.set_daemons(document.daemons)?;
        rules.check()?;
        Ok(rules)
    }
}

impl From<Ruleset> for Document {
    fn from(rules: Ruleset) -> Self {
        let dest = |(destination, config): (DestKey, &DestConfig)| Destination {
            destination,
            config: *config,
        };
        let service = |(service, rules): (ServiceKey, ServiceRules)| Service {
            service,
            config: rules.config,
            destinations: rules.dests_in_order().map(dest).collect(),
        };
        Self {
            version: Ruleset::VERSION,
            services: rules.services.into_iter().map(service).collect(),
            timeouts: rules.timeouts,
            daemons: rules.daemons.map(|daemons| daemons.into_values().collect()),
        }
    }
}
