// SPDX-License-Identifier: MIT OR Apache-2.0
//! All connections that were chosen, each as it is read: there may be millions.

use std::io::{self, Write};
use std::ops::ControlFlow;

use ipvs_netlink::ConnectionListing;
use ipvs_proc::{Connection, Layout, Origin};

use super::service;
use crate::legacy::streams::Io;
use crate::modern::{Outcome, unwritten};
use crate::output::{escape, json};

/// Prints them as JSON: the records of `ipvs_proc`, one a line.
pub(super) fn json(chosen: &mut ConnectionListing<'_>, io: &mut Io<'_>) -> Outcome {
    let mut stream = json::Stream::new(io.stdout, "connections");
    each(chosen, |connection| stream.push(connection))?;
    stream.finish().map(|()| 0).map_err(|error| unwritten(&error))
}

/// Prints them as a table. Its columns have the widths that nearly all IPv4 connections fit into: to fit
/// them to the contents, as other tables do, all rows would have to be in memory.
pub(super) fn table(
    chosen: &mut ConnectionListing<'_>,
    layout: Layout,
    io: &mut Io<'_>,
) -> Outcome {
    let last = match layout {
        Layout::Plain => "ENGINE",
        Layout::Sync => "ORIGIN",
    };
    let heading = ["PROTOCOL", "CLIENT", "SERVICE", "DEST", "STATE", "EXPIRES", last];
    let mut heading = Some(heading.map(str::to_owned));
    each(chosen, |connection| {
        if let Some(heading) = heading.take() {
            write(io.stdout, &heading)?;
        }
        write(io.stdout, &columns(connection))
    })?;
    io.stdout.flush().map(|()| 0).map_err(|error| unwritten(&error))
}

/// Goes through them until one can't be written.
fn each(
    chosen: &mut ConnectionListing<'_>,
    mut show: impl FnMut(&Connection<'_>) -> io::Result<()>,
) -> Outcome {
    let ended = chosen.visit(|connection| match show(connection) {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => ControlFlow::Break(error),
    })?;
    match ended {
        ControlFlow::Continue(()) => Ok(0),
        ControlFlow::Break(error) => Err(unwritten(&error)),
    }
}

fn columns(connection: &Connection<'_>) -> [String; 7] {
    let Connection { protocol, client, dest, state, expires, origin, engine, .. } = connection;
    let last = match (origin, engine) {
        (Some(Origin::Local), _) => "local".to_owned(),
        (Some(Origin::Sync), _) => "sync".to_owned(),
        (None, Some(engine)) => {
            let [name, data] = [engine.name.as_bytes(), &engine.data].map(escape::printable);
            format!("{name} {data}")
        }
        (None, None) => String::new(),
    };
    [
        protocol.to_string(),
        client.to_string(),
        service(connection.service),
        dest.to_string(),
        escape::printable(state.name().as_bytes()),
        expires.as_secs().to_string(),
        last,
    ]
}

fn write(out: &mut dyn Write, columns: &[String; 7]) -> io::Result<()> {
    let [protocol, client, service, dest, state, expires, last] = columns;
    let line = format!(
        "{protocol:<8}  {client:<21}  {service:<21}  {dest:<21}  {state:<11}  {expires:>7}  {last}"
    );
    out.write_all(format!("{}\n", line.trim_end()).as_bytes())
}
