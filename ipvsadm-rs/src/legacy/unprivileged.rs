// SPDX-License-Identifier: MIT OR Apache-2.0
//! `-L --unprivileged`: the table for users who may not ask the kernel's IPVS, from `/proc/net/ip_vs`.

use super::argv::Argv;
use super::fault::LISTING;
use super::list::names::Names;
use super::list::unprivileged;
use super::streams::{Io, World};

/// What the list lacks.
const LACKS: &str = "ipvsadm: /proc/net/ip_vs does not tell scheduler flags, persistence engines, \
    -o of IPv6 services, and whether a fwmark service without -g or -m servers is IPv6; \
    persistence is in jiffies, not seconds";

/// Whether the line may ask for it: then it must be read before anybody connects.
pub(super) fn is_asked(argv: Argv<'_>) -> bool {
    argv.iter().any(|word| word == b"--unprivileged")
}

/// Lists all services, and tells on standard error what the list lacks.
pub(super) fn list(numeric: bool, sorted: bool, world: &World<'_>, io: &mut Io<'_>) -> u8 {
    match world.host.table() {
        Ok(table) => {
            let mut names = Names::new(world.host, numeric);
            io.print(&unprivileged::table(&table, sorted, &mut names));
            io.warn(LACKS.as_bytes());
            0
        }
        Err(error) => {
            io.warn(format!("ipvsadm: {error}").as_bytes());
            LISTING
        }
    }
}
