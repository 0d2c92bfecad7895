// SPDX-License-Identifier: MIT OR Apache-2.0
//! Connections of every kernel: by netlink where it lists them so, else from its files in `/proc`.

mod narrow;
mod record;

use std::ops::ControlFlow;

use ipvs_proc::{
    BadLines, Connection, Count, Filter, Layout, Root, RootError, Skipped, StreamError,
};

use crate::ext::ConnectionFilter;
use crate::netns::OpenNetns;
use crate::{Error, Feature, Ipvs, Support};

/// By what means connections are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListedBy {
    /// The kernel shows them in answer to a request, with a filter of its own: patched kernels.
    Netlink,
    /// `/proc/net/ip_vs_conn` or `ip_vs_conn_sync` is read.
    Proc,
}

/// Why connections can't be listed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListingError {
    /// The conversation with the kernel failed, or its namespace can't be entered.
    #[error(transparent)]
    Kernel(#[from] Error),
    /// The file in `/proc` can't be opened.
    #[error(transparent)]
    Root(#[from] RootError),
    /// It can't be read, or a line of it is bad.
    #[error(transparent)]
    Stream(#[from] StreamError),
}

/// The connections and templates that match a filter, on every kernel; made by [`Ipvs::list_connections`].
///
/// Each call asks the kernel anew. What it shows is of no one moment, and before 7.1 `/proc` leaves some out
/// while others come and go: [`ipvs_proc::Readings`] says how often to read such a kernel.
///
/// ```
/// use ipvs_netlink::ext::{Connection, ConnectionKey, Features};
/// use ipvs_netlink::fake::{Kernel, Release};
/// use ipvs_netlink::proc::Filter;
/// use ipvs_netlink::types::{Method, Protocol};
/// use ipvs_netlink::{Ipvs, ListedBy};
///
/// let kernel = Kernel::new(Release::Linux6_12);
/// kernel.set_features(Some(Features::all_known()));
/// let key = ConnectionKey::new(Protocol::TCP, "198.51.100.7:40000".parse()?, "192.0.2.1:80".parse()?);
/// kernel.add_connection(Connection::new(key, "10.0.0.2:8080".parse()?, Method::MASQ));
///
/// let mut ipvs = Ipvs::with_backend(kernel);
/// let mut listing = ipvs.list_connections(Filter::new().service("192.0.2.1:80".parse()?))?;
/// assert_eq!(listing.by(), ListedBy::Netlink);
/// assert_eq!(listing.count()?.connections, 1);
/// assert_eq!(listing.connections()?[0].client, "198.51.100.7:40000".parse()?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct ConnectionListing<'i> {
    source: Source<'i>,
    wanted: Filter,
    layout: Layout,
    bad_lines: BadLines,
    skipped: Skipped,
}

#[derive(Debug)]
enum Source<'i> {
    Netlink(&'i mut Ipvs),
    Netns(&'i OpenNetns),
    Files(Root),
}

impl Ipvs {
    /// The connections that match, by netlink where the kernel lists them so, else from
    /// `/proc/net/ip_vs_conn` of the namespace that was named when this client was opened, or else of the
    /// calling thread's.
    ///
    /// # Errors
    /// When it can't be found out what the kernel can.
    pub fn list_connections(&mut self, wanted: Filter) -> Result<ConnectionListing<'_>, Error> {
        let source = match self.supports(Feature::ListConnections) {
            Support::Supported => Source::Netlink(self),
            Support::Unsupported => match &self.netns {
                Some(netns) => Source::Netns(netns),
                None => Source::Files(Root::thread()),
            },
            Support::Unknown(error) => return Err(error),
        };
        Ok(ConnectionListing::new(source, wanted))
    }
}

impl ConnectionListing<'static> {
    /// The connections in the files below `root`: for whoever may not ask the kernel otherwise, or has
    /// copies.
    pub fn of_files(root: Root, wanted: Filter) -> Self {
        Self::new(Source::Files(root), wanted)
    }
}

impl<'i> ConnectionListing<'i> {
    fn new(source: Source<'i>, wanted: Filter) -> Self {
        Self {
            source,
            wanted,
            layout: Layout::Plain,
            bad_lines: BadLines::default(),
            skipped: Skipped::default(),
        }
    }

    /// Shows them as the file of this layout does; at first [`Layout::Plain`], with persistence data. Who
    /// reads those from a file may be shown lines that clients forged.
    #[must_use]
    pub fn layout(self, layout: Layout) -> Self {
        Self { layout, ..self }
    }

    /// What to do about bad lines of a file; at first they are refused.
    #[must_use]
    pub fn bad_lines(self, bad_lines: BadLines) -> Self {
        Self { bad_lines, ..self }
    }

    /// By what means.
    pub const fn by(&self) -> ListedBy {
        match self.source {
            Source::Netlink(_) => ListedBy::Netlink,
            Source::Netns(_) | Source::Files(_) => ListedBy::Proc,
        }
    }

    /// What was left out of the latest reading because it was bad.
    pub const fn skipped(&self) -> &Skipped {
        &self.skipped
    }

    /// Shows each as it comes, in constant memory, until `visit` breaks.
    ///
    /// # Errors
    /// When the conversation with the kernel fails, or the file can't be opened or read.
    pub fn visit<B>(
        &mut self,
        mut visit: impl FnMut(&Connection<'_>) -> ControlFlow<B>,
    ) -> Result<ControlFlow<B>, ListingError> {
        let layout = self.layout;
        self.skipped = Skipped::default();
        let file = match &mut self.source {
            Source::Netlink(ipvs) => {
                let ended =
                    ipvs.visit_connections(&ConnectionFilter::covering(&self.wanted), |one| {
                        let shown = one.listed(layout);
                        match self.wanted.matches(&shown) {
                            true => visit(&shown),
                            false => ControlFlow::Continue(()),
                        }
                    })?;
                return Ok(ended);
            }
            // A file belongs to the namespace in which it was opened.
            Source::Netns(netns) => netns.run(|| Root::thread().connections(layout))??,
            Source::Files(root) => root.connections(layout)?,
        };
        let mut file = file.bad_lines(self.bad_lines).filter_by(self.wanted.clone());
        let ended = file.visit(visit);
        self.skipped = file.skipped().clone();
        Ok(ended?)
    }

    /// All of them.
    ///
    /// # Errors
    /// As [`visit`](Self::visit), which needs less memory.
    pub fn connections(&mut self) -> Result<Vec<Connection<'static>>, ListingError> {
        let mut all = Vec::new();
        let _ = self.visit(|connection| {
            all.push(connection.clone().into_owned());
            ControlFlow::<()>::Continue(())
        })?;
        Ok(all)
    }

    /// How many they are: the kernel counts where it can and knows all conditions, which takes a fraction
    /// of the time.
    ///
    /// # Errors
    /// As [`visit`](Self::visit).
    pub fn count(&mut self) -> Result<Count, ListingError> {
        if let Source::Netlink(ipvs) = &mut self.source
            && let Some(exact) = ConnectionFilter::exactly(&self.wanted)
            && matches!(ipvs.supports(Feature::CountConnections), Support::Supported)
        {
            return Ok(counted(ipvs, &exact)?);
        }
        let mut count = Count::default();
        let _ = self.visit(|connection| {
            count.add(connection);
            ControlFlow::<()>::Continue(())
        })?;
        Ok(count)
    }
}

fn counted(ipvs: &mut Ipvs, filter: &ConnectionFilter) -> Result<Count, Error> {
    let mut count = |templates| ipvs.count_connections(&filter.templates(templates)).map(u64::from);
    Ok(Count { connections: count(false)?, templates: count(true)? })
}
