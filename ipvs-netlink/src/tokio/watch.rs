// SPDX-License-Identifier: MIT OR Apache-2.0
//! Changes of the configuration, for asynchronous programs.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::{AsyncIpvs, gone};
use crate::{Error, Ipvs, Seen, WatchedBy};

/// Changes that nobody has taken yet. When these are so many, the thread waits, and what the kernel can't
/// keep meanwhile is an overrun.
const WAITING: usize = 1024;
/// How often the thread looks whether anybody still listens.
const SLICE: Duration = Duration::from_millis(250);

/// Changes of the configuration as they happen, or soon after; made by [`AsyncIpvs::watch`].
///
/// When it is dropped, its thread ends within a quarter of a second.
#[derive(Debug)]
pub struct AsyncWatch {
    by: WatchedBy,
    seen: mpsc::Receiver<Result<Seen, Error>>,
}

impl AsyncIpvs {
    /// Watches the configuration with this client, which does nothing else from now on; see
    /// [`Ipvs::watch`].
    ///
    /// ```
    /// use std::time::Duration;
    /// use ipvs_netlink::fake::{Kernel, Release};
    /// use ipvs_netlink::{AsyncIpvs, Ipvs, Seen};
    ///
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// let kernel = Kernel::new(Release::Linux6_12);
    /// let ipvs = AsyncIpvs::with(Ipvs::with_backend(kernel)).await?;
    /// let mut watch = ipvs.watch(Duration::from_secs(1)).await?;
    /// assert!(matches!(watch.next().await?, Seen::Snapshot { .. }));
    /// # Ok::<(), ipvs_netlink::Error>(()) })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As the blocking method.
    pub async fn watch(self, interval: Duration) -> Result<AsyncWatch, Error> {
        let (opened, by) = oneshot::channel();
        let (sender, seen) = mpsc::channel(WAITING);
        let work = move |ipvs: &mut Ipvs| match ipvs.watch(interval) {
            Err(error) => drop(opened.send(Err(error))),
            Ok(mut watch) => {
                let _ = opened.send(Ok(watch.by()));
                while !sender.is_closed() {
                    if let Some(seen) = watch.next_within(SLICE).transpose()
                        && sender.blocking_send(seen).is_err()
                    {
                        break;
                    }
                }
            }
        };
        self.jobs.send(Box::new(work)).map_err(|_| gone())?;
        let by = by.await.unwrap_or_else(|_| Err(gone()))?;
        Ok(AsyncWatch { by, seen })
    }
}

impl AsyncWatch {
    /// By what means.
    pub const fn by(&self) -> WatchedBy {
        self.by
    }

    /// What comes next; waits for ever. The future can be dropped without losing anything.
    ///
    /// # Errors
    /// As [`Watch::next_within`](crate::Watch::next_within): the next call goes on, unless `ip_vs` was
    /// unloaded ([`Error::ModuleUnloaded`]), which needs a new client.
    pub async fn next(&mut self) -> Result<Seen, Error> {
        self.seen.recv().await.unwrap_or_else(|| Err(gone()))
    }
}
