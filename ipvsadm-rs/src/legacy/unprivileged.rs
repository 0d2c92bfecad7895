// SPDX-License-Identifier: MIT OR Apache-2.0
//! `-L --unprivileged`: the table for users who may not ask the kernel's IPVS, from `/proc/net/ip_vs`.

use ipvs_netlink::types::ServiceKey;
use ipvs_netlink::{Errno, Error, Refusal, Request};
use ipvs_proc::Table;

use super::argv::Argv;
use super::command::{Listing, Subject};
use super::fault::LISTING;
use super::host::Host;
use super::kernel_text;
use super::list::names::Names;
use super::list::unprivileged;
use super::streams::{Io, World};

/// How often the table is read before this gives up.
const LOOKS: usize = 16;

/// What the list lacks.
const LACKS: &str = "ipvsadm: /proc/net/ip_vs does not tell scheduler flags, persistence engines, \
    -o of IPv6 services, and whether a fwmark service without -g or -m servers is IPv6; \
    persistence is in jiffies, not seconds; kernels before 7 may leave services out where other \
    namespaces have some";

/// Whether the line may ask for it: then it must be read before anybody connects.
pub(super) fn is_asked(argv: Argv<'_>) -> bool {
    argv.iter().any(|word| word == b"--unprivileged")
}

/// Lists the services, and tells on standard error what the list lacks.
pub(super) fn list(listing: &Listing, world: &World<'_>, io: &mut Io<'_>) -> u8 {
    let table = match settled(world.host) {
        Ok(table) => table,
        Err(error) => {
            io.warn(format!("ipvsadm: {error}").as_bytes());
            return LISTING;
        }
    };
    let mut names = Names::new(world.host, listing.numeric);
    let text = match listing.subject {
        Subject::Service(key) => {
            let Some(text) = unprivileged::service(&table, key, listing.sorted, &mut names) else {
                let error = missing(key);
                world.tell(&error, &kernel_text::of_error(&error), io);
                return LISTING;
            };
            text
        }
        _ => unprivileged::table(&table, listing.sorted, &mut names),
    };
    io.print(&text);
    io.warn(LACKS.as_bytes());
    0
}

/// What the kernel would say of a service that is not there.
fn missing(key: ServiceKey) -> Error {
    Error::Refused(Box::new(Refusal::new(Request::GetService(key), Errno::ESRCH)))
}

/// The table as two looks in a row show it. Up to 6.12, services that come and go in other namespaces
/// make the kernel lose its place in the file, and show some twice or not at all.
fn settled(host: &dyn Host) -> Result<Table, String> {
    let look = || host.table().map_err(|error| error.to_string());
    let mut before = look()?;
    for _ in 0..LOOKS {
        let now = look()?;
        if still(&before) == still(&now) {
            return Ok(now);
        }
        before = now;
    }
    Err("/proc/net/ip_vs was changed by others all the time; try again".to_owned())
}

/// The table without what traffic changes.
fn still(table: &Table) -> Table {
    let mut still = Table { size: 0, ..table.clone() };
    for dest in still.services.iter_mut().flat_map(|service| &mut service.dests) {
        (dest.active, dest.inactive) = (0, 0);
    }
    still
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traffic_is_no_change() {
        use ipvs_proc::Document as _;
        let text = |size, weight, active| {
            format!(
                "IP Virtual Server version 1.2.1 (size={size})\n\
                 Prot LocalAddress:Port Scheduler Flags\n  \
                 -> RemoteAddress:Port Forward Weight ActiveConn InActConn\n\
                 TCP  0A000001:0050 rr  \n  -> 0A000002:0050      Masq    {weight}      {active} 0 \n"
            )
        };
        let table = |size, weight, active| {
            still(&Table::parse(&text(size, weight, active)).expect("a table"))
        };
        assert_eq!(table(256, 1, 2), table(512, 1, 3));
        assert_ne!(table(256, 1, 2), table(256, 2, 2));
    }
}
