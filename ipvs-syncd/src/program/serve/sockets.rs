// SPDX-License-Identifier: MIT OR Apache-2.0
//! All that is opened before privileges are given up.

use std::io;
use std::net::{SocketAddr, TcpListener};

use ipvs_netlink::{Ipvs, Netns};
use ipvs_syncd::socket::{self, ReceiveError, Receiver};
use listenfd::ListenFd;

use super::config::{Config, Hear, Http, Listen, Number, Text};

/// Why something can't be opened.
#[derive(Debug, thiserror::Error)]
pub(super) enum OpenError {
    /// The sockets that hear messages.
    #[error(transparent)]
    Receive(#[from] ReceiveError),
    /// The namespace, or the kernel's daemons.
    #[error(transparent)]
    Kernel(#[from] ipvs_netlink::Error),
    /// The endpoint for Prometheus.
    #[error("http.listen: {address}: {source}; choose another with --http, or --no-http")]
    Http { address: SocketAddr, source: io::Error },
    /// What systemd has opened.
    #[error("the socket from systemd: {0}; it has to be a stream of TCP")]
    Activated(#[source] io::Error),
}

/// The sockets that hear messages.
pub(super) fn receiver(listen: &Listen) -> Result<Receiver, OpenError> {
    let each = listen.interfaces.iter().map(|Text(interface)| {
        let mut one = socket::Listen::new(*interface);
        (Text(one.group), Number(one.port)) = (listen.group, listen.port);
        Number(one.port_count) = listen.ports;
        one.hear = match listen.hear {
            Hear::Group => socket::Hear::Group,
            Hear::Wire => socket::Hear::Wire,
        };
        one
    });
    let each: Vec<_> = each.collect();
    let receiver = match &listen.netns {
        Some(netns) => Netns::from(netns.as_str()).run(|| Receiver::open(&each))?,
        None => Receiver::open(&each),
    };
    Ok(receiver?)
}

/// The endpoint for Prometheus, if there is to be one: the socket that systemd has opened, or our own.
pub(super) fn http(http: &Http) -> Result<Option<TcpListener>, OpenError> {
    if !http.enabled {
        return Ok(None);
    }
    if let Some(listener) =
        ListenFd::from_env().take_tcp_listener(0).map_err(OpenError::Activated)?
    {
        // It comes as a socket that doesn't wait if systemd was told so.
        listener.set_nonblocking(false).map_err(OpenError::Activated)?;
        return Ok(Some(listener));
    }
    let Text(address) = http.listen;
    TcpListener::bind(address).map(Some).map_err(|source| OpenError::Http { address, source })
}

/// The conversation about daemons, if they are to be looked at.
pub(super) fn kernel(config: &Config) -> Result<Option<Ipvs>, OpenError> {
    if !config.process.daemon_states {
        return Ok(None);
    }
    Ok(Some(match &config.listen.netns {
        Some(netns) => Ipvs::in_netns(netns.as_str())?,
        None => Ipvs::open()?,
    }))
}
