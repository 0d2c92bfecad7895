// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ipvs-syncd serve`: the monitor as a service.

mod board;
mod config;
mod coverage;
mod http;
mod log;
mod manager;
mod metrics;
mod privileges;
mod service;
mod signals;
mod sockets;

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use self::config::{Config, Flags};
use self::service::{Service, Source};
use super::Outcome;
use super::failure::{FAILED, Failure};

const NOTES: &str = "\
The configuration is a file of TOML; flags go before it. Every key is told of in ipvs-syncd.toml,
which comes with the documentation. --check shows what counts in the end.

Signals: SIGHUP reads the configuration again; [watch], log.level and http.max_series count at once, the
rest after a restart, and a file that is wrong changes nothing. SIGTERM and SIGINT end the service.

Pages: /metrics for Prometheus (OpenMetrics); /healthz, status 200 while messages are looked at and 503
if that stands still. Neither asks for a password: http.listen is this host only unless you change it.
A socket from systemd (socket activation) goes before http.listen.

Started as root, it becomes `nobody`, or --user, once its sockets are open, and gives up all capabilities
(but CAP_NET_ADMIN with --daemon-states). The file has to be readable for that user to be read again.

Exit status: 0 ended by a signal; 1 failed; 2 the command line or configuration is not understood, so
that starting it again is of no use.";

/// Hear the sync messages of masters all the time: metrics, log, alarms
///
/// Neither changes IPVS nor sends anything to masters and backups.
#[derive(Debug, Args)]
#[command(after_help = NOTES)]
pub(super) struct Serve {
    /// The configuration file
    #[arg(long, short, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Read the configuration, print it as it counts, and end
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    flags: Flags,
}

impl Serve {
    /// Carries it out.
    pub(super) fn run(self, out: &mut dyn Write) -> Outcome {
        let Self { config: file, check, flags } = self;
        let config = Config::load(file.as_deref(), &flags).map_err(Failure::not_understood)?;
        privileges::check(&config.process.user).map_err(Failure::not_understood)?;
        if check {
            let text = config.text().map_err(Failure::failed)?;
            out.write_all(text.as_bytes()).map_err(Failure::output)?;
            return Ok(0);
        }
        let levels = log::start(&config.log).map_err(Failure::failed)?;
        // From here on all is told to the log, in its format.
        let served = Service::start(Source { file, flags }, config, levels)
            .and_then(|mut service| Ok(service.run()?));
        Ok(match served {
            Ok(()) => 0,
            Err(error) => {
                tracing::error!("{error}");
                FAILED
            }
        })
    }
}
