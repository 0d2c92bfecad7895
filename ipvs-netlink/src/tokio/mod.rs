// SPDX-License-Identifier: MIT OR Apache-2.0
//! The same client, asynchronous (feature `tokio`).
//!
//! An [`AsyncIpvs`] owns a thread with a blocking [`Ipvs`]. The kernel answers in microseconds, so
//! there is nothing to overlap; what matters to an asynchronous program is that no executor thread
//! waits, and that a future can be dropped at any time: the thread brings the conversation to its
//! end, so that no half-read listing is left on the socket. Dropping a future therefore does not
//! undo its change.

mod extended;
mod verbs;
mod watch;

pub use watch::AsyncWatch;

use std::fmt;
use std::sync::mpsc;

use tokio::sync::oneshot;

use crate::{Error, Ipvs, Options};

type Job = Box<dyn FnOnce(&mut Ipvs) + Send>;

/// A conversation with the kernel's IPVS in one network namespace, for asynchronous programs.
///
/// ```no_run
/// # async fn example() -> Result<(), ipvs_netlink::Error> {
/// use ipvs_netlink::{AsyncIpvs, Ipvs};
/// let mut ipvs = AsyncIpvs::open(Ipvs::options().netns("blue")).await?;
/// for service in ipvs.services().await? {
///     println!("{} {}", service.key, service.config.scheduler);
/// }
/// # Ok(())
/// # }
/// ```
pub struct AsyncIpvs {
    jobs: mpsc::Sender<Job>,
}

impl fmt::Debug for AsyncIpvs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncIpvs").finish_non_exhaustive()
    }
}

impl AsyncIpvs {
    /// Opens a client; see [`Options::open`]. Without a namespace among the options it is that of
    /// the calling thread.
    ///
    /// # Errors
    /// As [`Options::open`].
    pub async fn open(options: Options) -> Result<Self, Error> {
        // A new thread inherits the namespace of its maker.
        Self::start(move || options.open()).await
    }

    /// A client that works through `ipvs`, for example one on a kernel in memory.
    ///
    /// # Errors
    /// When no thread can be had.
    pub async fn with(ipvs: Ipvs) -> Result<Self, Error> {
        Self::start(move || Ok(ipvs)).await
    }

    async fn start(
        open: impl FnOnce() -> Result<Ipvs, Error> + Send + 'static,
    ) -> Result<Self, Error> {
        let (jobs, inbox) = mpsc::channel::<Job>();
        let (opened, outcome) = oneshot::channel();
        let work = move || match open() {
            Ok(mut ipvs) => {
                let _ = opened.send(Ok(()));
                for job in inbox {
                    job(&mut ipvs);
                }
            }
            Err(error) => {
                let _ = opened.send(Err(error));
            }
        };
        std::thread::Builder::new()
            .name("ipvs".into())
            .spawn(work)
            .map_err(|source| Error::Io { doing: "start a thread", source })?;
        outcome.await.unwrap_or_else(|_| Err(gone()))?;
        Ok(Self { jobs })
    }

    /// Does `work` with the blocking client: anything that has no method here, such as a plan, or
    /// several steps that shall not be interleaved with others.
    ///
    /// # Errors
    /// Those of `work`.
    pub async fn run<T: Send + 'static, E: From<Error> + Send + 'static>(
        &self,
        work: impl FnOnce(&mut Ipvs) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        let (done, outcome) = oneshot::channel();
        let job = Box::new(move |ipvs: &mut Ipvs| {
            let _ = done.send(work(ipvs));
        });
        self.jobs.send(job).map_err(|_| gone())?;
        outcome.await.unwrap_or_else(|_| Err(gone().into()))
    }
}

fn gone() -> Error {
    Error::Io {
        doing: "talk to the client's thread",
        source: std::io::Error::other("it ended unexpectedly; open a new client"),
    }
}
