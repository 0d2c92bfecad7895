// SPDX-License-Identifier: MIT OR Apache-2.0
//! How much of the master's table the backup holds.

use std::fmt;

use ipvs_syncd::coverage::{ServiceCoverage, Tally};
use prometheus_client::registry::Unit;

use super::Snapshot;
use super::families::{Family, Labels, MAX_SERVICES, Writer, family};

impl Snapshot {
    pub(super) fn coverage(&self, writer: &mut Writer<'_>) -> fmt::Result {
        let Some(compared) = &self.coverage else { return Ok(()) };
        let help = "When the tables were read last, since the Unix epoch";
        let at = Family { name: "coverage_timestamp", unit: Some(Unit::Seconds), help };
        writer.gauge(at, compared.at.as_secs_f64())?;
        let help = "Whether the tables can be read";
        let readable = f64::from(u8::from(compared.coverage.is_some()));
        writer.gauge(family("coverage_readable", help), readable)?;
        let Some(coverage) = &compared.coverage else { return Ok(()) };

        let help = "How much of what the master would send the backup holds, from 0 to 1";
        let unit = Some(Unit::Other("ratio".to_owned()));
        let ratio = Family { name: "coverage", unit, help };
        writer.gauge(ratio, coverage.total.percent() / 100.0)?;
        let help = "Entries by what became of them; withheld: what the master would not send";
        let withheld = (vec![("fate", "withheld".to_owned())], coverage.withheld as f64);
        let all = fates(&coverage.total, &[]).into_iter().chain([withheld]);
        writer.gauges(family("coverage_entries", help), all)?;
        let help = "The same by service of the master, those with the most missing";
        // They come in that order.
        let worst = coverage.services.iter().take(MAX_SERVICES);
        let worst = worst.flat_map(|ServiceCoverage { service, tally, .. }| {
            fates(tally, &[("service", service.to_string())])
        });
        writer.gauges(family("coverage_service_entries", help), worst)?;
        match &coverage.missing_services {
            None => Ok(()),
            Some(services) => {
                let help = "Services of the master that the backup does not have";
                writer.gauge(family("coverage_missing_services", help), services.len() as f64)
            }
        }
    }
}

fn fates(tally: &Tally, labels: &[(&'static str, String)]) -> Vec<(Labels, f64)> {
    let fates = [
        ("held", tally.held),
        ("elsewhere", tally.elsewhere),
        ("missing", tally.missing),
        ("extra", tally.extra),
    ];
    let sample = |(fate, entries): (&str, u64)| {
        ([labels, &[("fate", fate.to_owned())]].concat(), entries as f64)
    };
    fates.map(sample).into()
}
