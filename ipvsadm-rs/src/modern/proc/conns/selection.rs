// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which connections.

use std::time::Duration;

use clap::Args;
use ipvs_netlink::types::{ParseError, Protocol};
use ipvs_proc::{Filter, Network, ServiceFilter, State};

use crate::modern::failure::Failure;

/// Conditions; all hold.
#[derive(Debug, Args)]
#[command(next_help_heading = "Only connections")]
pub(in crate::modern) struct Selection {
    /// Of this protocol: tcp, udp, sctp or proto and a number; proto0 are templates of fwmarks
    #[arg(long, value_parser = protocol)]
    protocol: Option<Protocol>,
    /// From this client: ADDRESS[/LENGTH] or ADDRESS:PORT
    #[arg(long, value_name = "ADDRESS")]
    client: Option<ServiceFilter>,
    /// From this port of clients; templates have port 0
    #[arg(long, value_name = "PORT")]
    client_port: Option<u16>,
    /// To this virtual service: ADDRESS[/LENGTH] or ADDRESS:PORT
    #[arg(long, value_name = "ADDRESS", conflicts_with = "fwmark")]
    service: Option<ServiceFilter>,
    /// Templates of this firewall mark
    #[arg(long, value_name = "MARK")]
    fwmark: Option<u32>,
    /// At this destination: ADDRESS[/LENGTH] or ADDRESS:PORT
    #[arg(long, value_name = "ADDRESS")]
    dest: Option<ServiceFilter>,
    /// In this state, by the kernel's name; several with commas: SYN_RECV,SYNACK
    #[arg(long, value_delimiter = ',')]
    state: Vec<String>,
    /// With less than so many seconds left
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    expires_under: Option<u64>,
    /// With more than so many seconds left
    #[arg(long, value_name = "SECONDS")]
    expires_over: Option<u64>,
}

fn protocol(text: &str) -> Result<Protocol, ParseError> {
    text.to_ascii_lowercase().parse()
}

impl Selection {
    /// The same as a filter.
    pub(in crate::modern) fn filter(&self) -> Result<Filter, Failure> {
        let mut filter = Filter::new();
        if let Some(protocol) = self.protocol {
            filter = filter.protocol(protocol);
        }
        let mut port_of_address = None;
        if let Some(client) = self.client {
            let (network, port) = address(client, "--client")?;
            filter = filter.client(network);
            port_of_address = port;
        }
        match (port_of_address, self.client_port) {
            (Some(_), Some(_)) => {
                let text = "--client has a port, and so has --client-port (see --help)";
                return Err(Failure::usage(text));
            }
            (Some(port), None) | (None, Some(port)) => filter = filter.client_port(port),
            (None, None) => {}
        }
        if let Some(service) = self.service.or(self.fwmark.map(ServiceFilter::Fwmark)) {
            filter = filter.service(service);
        }
        if let Some(dest) = self.dest {
            address(dest, "--dest")?;
            filter = filter.dest(dest);
        }
        for name in &self.state {
            let name = name.to_ascii_uppercase();
            if !State::is_name(&name) {
                let text = format!(
                    "--state {name}: there is no such state: give one that `ipvsadm -Lc` shows, such as \
                     ESTABLISHED"
                );
                return Err(Failure::usage(text));
            }
            filter = filter.state(name);
        }
        if self.expires_under.is_some() || self.expires_over.is_some() {
            // Whole seconds. Nothing has more than u64::MAX of them, hence an empty range there.
            let least = self.expires_over.map_or(Some(0), |over| over.checked_add(1));
            let most = self.expires_under.map_or(u64::MAX, |under| under.saturating_sub(1));
            let (least, most) = least.map_or((1, 0), |least| (least, most));
            filter = filter.expires(Duration::from_secs(least)..=Duration::from_secs(most));
        }
        Ok(filter)
    }
}

/// Only services have firewall marks.
fn address(filter: ServiceFilter, option: &str) -> Result<(Network, Option<u16>), Failure> {
    match filter {
        ServiceFilter::Address(network, port) => Ok((network, port)),
        ServiceFilter::Fwmark(_) => {
            Err(Failure::usage(format!("{option} takes an address, no firewall mark (see --help)")))
        }
    }
}
