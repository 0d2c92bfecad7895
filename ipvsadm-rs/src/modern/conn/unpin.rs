// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ipvsadm conn unpin`

use std::net::IpAddr;
use std::str::FromStr;

use clap::Args;
use ipvs_netlink::types::ParseError;
use ipvs_netlink::{Error, Ipvs};
use ipvs_proc::{Connection, Filter, Network, ServiceFilter};
use ipvs_syncd::surgery::{Granularities, Plan};

use super::choice::LIMIT;
use super::surgery::Surgery;
use crate::legacy::streams::Io;
use crate::modern::Outcome;

/// Free persistent clients: their next connection may go to any server
///
/// Ends the connections that belong to the client's templates, then the templates. In a service whose
/// netmask takes several clients for one, all of them are freed.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Unpin {
    /// The client, or with a length all templates of that network
    #[arg(value_name = "CLIENT[/LENGTH]", required = true)]
    clients: Vec<Client>,
    /// Only of this virtual service: ADDRESS or ADDRESS:PORT
    #[arg(long, value_name = "ADDRESS", conflicts_with = "fwmark")]
    service: Option<ServiceFilter>,
    /// Only of this firewall mark
    #[arg(long, value_name = "MARK")]
    fwmark: Option<u32>,
    /// Refuse if more than so many templates match
    #[arg(long, value_name = "COUNT", default_value_t = LIMIT)]
    limit: usize,
    #[command(flatten)]
    surgery: Surgery,
}

/// Whose templates.
#[derive(Debug, Clone, Copy)]
enum Client {
    /// Those that hold this client.
    Host(IpAddr),
    /// Those whose address is one of these.
    Network(Network),
}

impl FromStr for Client {
    type Err = ParseError;

    fn from_str(s: &str) -> Result<Self, ParseError> {
        s.parse().map(Self::Host).or_else(|_| s.parse().map(Self::Network))
    }
}

impl Unpin {
    pub(super) fn run(
        self,
        io: &mut Io<'_>,
        connect: impl FnOnce() -> Result<Ipvs, Error>,
    ) -> Outcome {
        let service = self.service.or(self.fwmark.map(ServiceFilter::Fwmark));
        let filter = service.map_or_else(Filter::new, |service| Filter::new().service(service));
        self.surgery.run(self.surgery.open(connect)?, io, |site| {
            let granularities = Granularities::from(&site.survey.table);
            let wanted = |client: &Client, listed: &Connection<'_>| match client {
                Client::Host(address) => granularities.pin(listed).holds(*address),
                Client::Network(network) => network.contains(listed.client.ip()),
            };
            let templates = site.read(
                |listed| {
                    listed.is_template()
                        && filter.matches(listed)
                        && self.clients.iter().any(|client| wanted(client, listed))
                },
                self.limit,
            )?;
            let pins = templates.into_iter().map(|listed| {
                let pin = granularities.pin(&listed);
                (listed, pin)
            });
            Ok(Plan::unpin(pins, &site.directory))
        })
    }
}
