// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which connections: the conditions of `ipvsadm proc conns`.

use clap::Args;
use ipvs_proc::{Filter, Network, ServiceFilter};
use ipvs_types::{ParseError, Protocol};

use crate::program::failure::Failure;

/// Conditions; all hold.
#[derive(Debug, Args)]
#[command(next_help_heading = "Only connections")]
pub(super) struct Selection {
    /// Of this protocol: tcp, udp, sctp or proto and a number; proto0 are templates of fwmarks
    #[arg(long, value_parser = protocol)]
    protocol: Option<Protocol>,
    /// From this client: ADDRESS[/LENGTH] or ADDRESS:PORT
    #[arg(long, value_name = "ADDRESS")]
    client: Option<ServiceFilter>,
    /// To this virtual service: ADDRESS[/LENGTH] or ADDRESS:PORT
    #[arg(long, value_name = "ADDRESS", conflicts_with = "fwmark")]
    service: Option<ServiceFilter>,
    /// Templates of this firewall mark
    #[arg(long, value_name = "MARK")]
    fwmark: Option<u32>,
    /// At this destination: ADDRESS[/LENGTH] or ADDRESS:PORT
    #[arg(long, value_name = "ADDRESS")]
    dest: Option<ServiceFilter>,
    /// In this state, by the kernel's name; several with commas: ESTABLISHED,FIN_WAIT
    #[arg(long, value_delimiter = ',')]
    state: Vec<String>,
}

fn protocol(text: &str) -> Result<Protocol, ParseError> {
    text.to_ascii_lowercase().parse()
}

impl Selection {
    /// The same as a filter.
    pub(super) fn filter(&self) -> Result<Filter, Failure> {
        let mut filter = Filter::new();
        if let Some(protocol) = self.protocol {
            filter = filter.protocol(protocol);
        }
        if let Some(client) = self.client {
            let (network, port) = address(client, "--client")?;
            filter = filter.client(network);
            if let Some(port) = port {
                filter = filter.client_port(port);
            }
        }
        if let Some(service) = self.service.or(self.fwmark.map(ServiceFilter::Fwmark)) {
            filter = filter.service(service);
        }
        if let Some(dest) = self.dest {
            address(dest, "--dest")?;
            filter = filter.dest(dest);
        }
        for name in &self.state {
            filter = filter.state(name.to_ascii_uppercase());
        }
        Ok(filter)
    }
}

/// Only services have firewall marks.
fn address(filter: ServiceFilter, option: &str) -> Result<(Network, Option<u16>), Failure> {
    match filter {
        ServiceFilter::Address(network, port) => Ok((network, port)),
        ServiceFilter::Fwmark(_) => Err(Failure::not_understood(format!(
            "{option} takes an address, no firewall mark (see --help)"
        ))),
    }
}
