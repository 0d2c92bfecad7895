// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a kernel that lists connections itself can look at of a filter for its files.

use ipvs_proc::{Filter, ServiceFilter};
use ipvs_types::Protocol;

use crate::ext::{ConnectionFilter, End};

impl ConnectionFilter {
    /// The narrowest filter of the kernel that everything passes which `wanted` matches: states by name and
    /// the time left, for example, it can't look at.
    pub fn covering(wanted: &Filter) -> Self {
        let mut covering = Self::new();
        covering.protocol = wanted.protocol.filter(is_number);
        covering.client = End { network: wanted.client, port: wanted.client_port };
        covering.service = end(wanted.service);
        covering.dest = end(wanted.dest);
        let only_marks = is_mark(wanted.service) || wanted.protocol == Some(Protocol(0));
        if only_marks { covering.templates(true) } else { covering }
    }

    /// The filter of the kernel that matches the same as `wanted`, if there is one.
    pub fn exactly(wanted: &Filter) -> Option<Self> {
        let Filter { protocol, service, dest, states, expires, .. } = wanted;
        let odd = protocol.is_some_and(|protocol| protocol.0 == 0 || !is_number(&protocol));
        // A filter by address never matches a mark, which the kernel keeps in the address's place.
        let by_address = matches!(service, Some(ServiceFilter::Address(..))) && protocol.is_none();
        let partly = is_mark(*service) || is_mark(*dest) || odd || by_address;
        (!partly && states.is_empty() && expires.is_none()).then(|| Self::covering(wanted))
    }
}

/// Whether the kernel has room for it.
fn is_number(protocol: &Protocol) -> bool {
    protocol.0 < 256
}

fn is_mark(end: Option<ServiceFilter>) -> bool {
    matches!(end, Some(ServiceFilter::Fwmark(_)))
}

fn end(wanted: Option<ServiceFilter>) -> End {
    match wanted {
        Some(ServiceFilter::Address(network, port)) => End { network: Some(network), port },
        Some(ServiceFilter::Fwmark(_)) | None => End::default(),
    }
}
