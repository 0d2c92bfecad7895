// SPDX-License-Identifier: MIT OR Apache-2.0
//! The table of services and destinations, in each choice of columns.

use std::fmt::Display;

use ipvs_netlink::types::{Counters, DestKey, Protocol, Rates};
use ipvs_netlink::{DestEntry, ServiceEntry, ServiceTable};

use super::names::Names;
use super::{label, text, tunnel};
use crate::legacy::command::{Columns, Listing};

/// Width of a destination in a listing; IPv4 ones are cut to it.
const DEST: usize = 28;

/// Writes the first line of a whole table.
pub fn banner(out: &mut Vec<u8>, version: impl Display, connection_table_size: u32) {
    let line = format!("IP Virtual Server version {version} (size={connection_table_size})\n");
    out.extend_from_slice(line.as_bytes());
}

/// Writes the two lines of headings.
pub fn title(out: &mut Vec<u8>, columns: Columns) {
    let address_only = "  -> RemoteAddress:Port";
    let (service, dest) = match columns {
        Columns::Plain => (
            "Prot LocalAddress:Port Scheduler Flags",
            "  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn",
        ),
        Columns::TunInfo => (
            "Prot LocalAddress:Port Scheduler Flags",
            "  -> RemoteAddress:Port           Forward TunnelInfo    Weight ActiveConn InActConn",
        ),
        Columns::Stats => (
            "Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes",
            address_only,
        ),
        Columns::Rate => (
            "Prot LocalAddress:Port                 CPS    InPPS   OutPPS    InBPS   OutBPS",
            address_only,
        ),
        Columns::Thresholds => (
            "Prot LocalAddress:Port            Uthreshold Lthreshold ActiveConn InActConn ",
            address_only,
        ),
        Columns::PersistentConn => (
            "Prot LocalAddress:Port            Weight    PersistConn ActiveConn InActConn ",
            address_only,
        ),
    };
    for line in [service, dest] {
        out.extend_from_slice(line.as_bytes());
        out.push(b'\n');
    }
}

/// Writes a service and its destinations.
pub fn service(out: &mut Vec<u8>, table: &ServiceTable, how: &Listing, names: &mut Names<'_>) {
    service_row(out, &table.service, how, names);
    let protocol = table.service.key.protocol();
    for dest in &table.dests {
        dest_row(out, dest, protocol, how, names);
    }
}

fn service_row(out: &mut Vec<u8>, entry: &ServiceEntry, how: &Listing, names: &mut Names<'_>) {
    let start = out.len();
    label::listed(out, &entry.key, names);
    match how.columns {
        Columns::Stats => {
            text::pad(out, start, label::WIDTH);
            counters(out, &entry.stats.counters, how.exact);
        }
        Columns::Rate => {
            text::pad(out, start, label::WIDTH);
            let Rates { connections, in_packets, out_packets, in_bytes, out_bytes } =
                entry.stats.rates;
            for value in [connections, in_packets, out_packets, in_bytes, out_bytes] {
                text::counter(out, value, how.exact);
            }
        }
        _ => label::settings(out, entry.key.family(), &entry.config),
    }
    out.push(b'\n');
}

fn dest_row(
    out: &mut Vec<u8>,
    entry: &DestEntry,
    protocol: Option<Protocol>,
    how: &Listing,
    names: &mut Names<'_>,
) {
    dest_label(out, entry.key, protocol, names);
    let config = &entry.config;
    let threshold = |value: Option<std::num::NonZeroU32>| value.map_or(0, u32::from);
    match how.columns {
        Columns::Plain | Columns::TunInfo => {
            text::left(out, 7, |out| out.extend_from_slice(tunnel::method(&config.forward)));
            if how.columns == Columns::TunInfo {
                text::left(out, 13, |out| tunnel::listed(out, &config.forward));
            }
            text::left(out, 6, |out| text::signed(out, config.weight));
            numbers(out, [(10, entry.active), (10, entry.inactive)]);
        }
        Columns::Thresholds => {
            let (upper, lower) = (config.upper_threshold, config.lower_threshold);
            numbers(out, [(10, threshold(upper)), (10, threshold(lower))]);
            numbers(out, [(10, entry.active), (10, entry.inactive)]);
        }
        Columns::PersistentConn => {
            numbers(out, [(9, config.weight), (11, entry.persistent)]);
            numbers(out, [(10, entry.active), (10, entry.inactive)]);
        }
        Columns::Stats => counters(out, &entry.stats.counters, how.exact),
        Columns::Rate => {
            let rates = &entry.stats.rates;
            for value in [rates.connections, rates.in_packets, rates.out_packets] {
                out.push(b' ');
                text::right(out, 8, value);
            }
            text::counter(out, rates.in_bytes, how.exact);
            text::counter(out, rates.out_bytes, how.exact);
        }
    }
    out.push(b'\n');
}

/// Writes what a row of a destination begins with.
pub fn dest_label(
    out: &mut Vec<u8>,
    key: DestKey,
    protocol: Option<Protocol>,
    names: &mut Names<'_>,
) {
    out.extend_from_slice(b"  -> ");
    let start = out.len();
    names.endpoint(out, (key.address, key.port), protocol);
    if key.address.is_ipv4() {
        text::cut(out, start, DEST);
    }
    text::pad(out, start, DEST);
}

fn counters(out: &mut Vec<u8>, counters: &Counters, exact: bool) {
    let Counters { connections, in_packets, out_packets, in_bytes, out_bytes } = *counters;
    for value in [connections, in_packets, out_packets, in_bytes, out_bytes] {
        text::counter(out, value, exact);
    }
}

fn numbers(out: &mut Vec<u8>, columns: [(usize, u32); 2]) {
    for (width, value) in columns {
        text::left(out, width, |out| text::number(out, value.into()));
    }
}
