// SPDX-License-Identifier: MIT OR Apache-2.0
//! The connections that were chosen, from a file or from a kernel that lists them itself.

use std::fs::File;
use std::ops::ControlFlow;

use ipvs_netlink::Ipvs;
use ipvs_netlink::ext::ConnectionFilter;
use ipvs_proc::{Connection, Connections, Filter, Layout, Skipped};

use super::listed;
use crate::modern::failure::Failure;

/// Where they come from.
pub(in crate::modern) enum Chosen<'i> {
    /// A file of the kernel, or a copy.
    File(Connections<File>),
    /// A patched kernel.
    Kernel(ByNetlink<'i>),
}

/// What a patched kernel is asked for.
pub(in crate::modern) struct ByNetlink<'i> {
    pub(in crate::modern) ipvs: &'i mut Ipvs,
    /// What the kernel looks at.
    pub(in crate::modern) narrowed: ConnectionFilter,
    /// All conditions.
    pub(in crate::modern) filter: Filter,
    /// Which of the two files it takes the place of.
    pub(in crate::modern) layout: Layout,
}

impl Chosen<'_> {
    /// Shows them one by one, until `visit` breaks.
    pub(in crate::modern) fn visit<B>(
        &mut self,
        mut visit: impl FnMut(&Connection<'_>) -> ControlFlow<B>,
    ) -> Result<ControlFlow<B>, Failure> {
        match self {
            Self::File(connections) => Ok(connections.visit(visit)?),
            Self::Kernel(ByNetlink { ipvs, narrowed, filter, layout }) => Ok(ipvs
                .visit_connections(narrowed, |connection| {
                    let shown = listed::listed(connection, *layout);
                    match filter.matches(&shown) {
                        true => visit(&shown),
                        false => ControlFlow::Continue(()),
                    }
                })?),
        }
    }

    /// What could not be read.
    pub(in crate::modern) fn skipped(&self) -> Skipped {
        match self {
            Self::File(connections) => connections.skipped().clone(),
            Self::Kernel(_) => Skipped::default(),
        }
    }
}
