// SPDX-License-Identifier: MIT OR Apache-2.0
//! Connections by the best means: what the kernel's own filter leaves to be looked at, and what the files of
//! a kernel without it show.

use std::net::{IpAddr, SocketAddr};
use std::ops::ControlFlow;
use std::time::Duration;

use ipvs_netlink::ext::{Connection, ConnectionFilter, ConnectionKey, Features};
use ipvs_netlink::fake::{Kernel, Release};
use ipvs_netlink::proc::{BadLines, Count, Filter, Layout, Origin, Root, ServiceFilter};
use ipvs_netlink::types::{ConnectionFlags, Method, Protocol};
use ipvs_netlink::{ConnectionListing, Ipvs, ListedBy, ListingError};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

/// Few values, so that filters match some connections and not all.
fn address(ipv6: bool) -> impl Strategy<Value = IpAddr> {
    (0..3_u8).prop_map(move |n| match ipv6 {
        false => [10, 0, 0, n].into(),
        true => [0xfd00, u16::from(n), 0, 0, 0, 0, 0, 0].into(),
    })
}

fn port() -> impl Strategy<Value = u16> {
    prop_oneof![Just(0), Just(53), Just(80)]
}

fn socket(ipv6: bool) -> impl Strategy<Value = SocketAddr> {
    (address(ipv6), port()).prop_map(SocketAddr::from)
}

fn protocol() -> impl Strategy<Value = Protocol> {
    let more = [Protocol(0), Protocol(50)];
    prop::sample::select([&[Protocol::TCP, Protocol::UDP, Protocol::SCTP], &more[..]].concat())
}

fn connection() -> impl Strategy<Value = Connection> {
    let key = any::<bool>().prop_flat_map(|ipv6| {
        let ends = [socket(ipv6).boxed(), socket(ipv6).boxed(), socket(ipv6).boxed()];
        (protocol(), ends, any::<bool>())
    });
    (key, 0..12_u16, 0..100_u64).prop_map(
        |((protocol, [client, service, dest], template), state, seconds)| {
            // Protocol 0 is that of templates of marks.
            let key = match protocol {
                Protocol(0) => ConnectionKey::mark_template(client.ip(), service.port().into()),
                _ if template => ConnectionKey::template(protocol, client.ip(), service),
                _ => ConnectionKey::new(protocol, client, service),
            };
            let mut connection = Connection::new(key, dest, Method::MASQ);
            (connection.state, connection.expires) = (state, Duration::from_secs(seconds));
            connection
        },
    )
}

fn end() -> impl Strategy<Value = ServiceFilter> {
    let network = any::<bool>().prop_flat_map(address).prop_map(|address| address.into());
    let address = (network, option::of(port()))
        .prop_map(|(network, port)| ServiceFilter::Address(network, port));
    prop_oneof![3 => address, 1 => port().prop_map(|port| ServiceFilter::Fwmark(port.into()))]
}

fn filter() -> impl Strategy<Value = Filter> {
    let protocol = option::of(prop_oneof![8 => protocol(), 1 => Just(Protocol(300))]);
    let client = (option::of(any::<bool>().prop_flat_map(address)), option::of(port()));
    let ends = (option::weighted(0.3, end()), option::weighted(0.3, end()));
    let states = vec(prop::sample::select(vec!["NONE", "ESTABLISHED", "UDP"]), 0..2);
    (protocol, client, ends, states, option::weighted(0.2, 0..100_u64)).prop_map(
        |(protocol, (client, client_port), (service, dest), states, seconds)| {
            let mut filter = Filter::new();
            filter.protocol = protocol;
            filter.client = client.map(Into::into);
            filter.client_port = client_port;
            (filter.service, filter.dest) = (service, dest);
            filter.states = states.into_iter().map(str::to_owned).collect();
            filter.expires = seconds.map(|most| Duration::ZERO..=Duration::from_secs(most));
            filter
        },
    )
}

proptest! {
    #[test]
    fn the_kernel_hides_nothing_that_is_wanted(connection in connection(), wanted in filter()) {
        let (shown, covering) = (connection.listed(Layout::Plain), ConnectionFilter::covering(&wanted));
        prop_assert!(!wanted.matches(&shown) || covering.matches(&connection), "{covering}");
        if let Some(exactly) = ConnectionFilter::exactly(&wanted) {
            prop_assert_eq!(exactly.matches(&connection), wanted.matches(&shown), "{}", exactly);
        }
    }

    /// Whether the kernel counts, or its listing is counted because it can't count.
    #[test]
    fn counts_are_those_of_the_listing(all in vec(connection(), 0..20), wanted in filter()) {
        let kernel = Kernel::new(Release::Linux6_12);
        all.into_iter().for_each(|connection| kernel.add_connection(connection));
        let mut expected = Count::default();
        for connection in kernel.connections() {
            let shown = connection.listed(Layout::Plain);
            if wanted.matches(&shown) {
                expected.add(&shown);
            }
        }
        for features in [Features::all_known(), Features::CONN_GET] {
            kernel.set_features(Some(features));
            let mut ipvs = Ipvs::with_backend(kernel.clone());
            let mut listing = ipvs.list_connections(wanted.clone()).expect("known");
            prop_assert_eq!(listing.by(), ListedBy::Netlink);
            prop_assert_eq!(listing.count().expect("counted"), expected);
            let listed = listing.connections().expect("listed");
            prop_assert_eq!(listed.len() as u64, expected.entries());
            prop_assert!(listed.iter().all(|one| wanted.matches(one)));
        }
    }
}

/// A directory like `/proc` with these connections, and one from another director.
fn copies(lines: &str) -> (tempfile::TempDir, Root) {
    const ENDS: &str = "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State      ";
    let plain = format!("{ENDS} Expires PEName PEData\n{lines}");
    let sync = format!(
        "{ENDS} Origin Expires\n\
         UDP 0A010002 0035 0A010064 0035 0A020002 0035 UDP         SYNC         9\n"
    );
    let directory = tempfile::tempdir().expect("a directory");
    let net = directory.path().join("net");
    std::fs::create_dir(&net).expect("room for it");
    std::fs::write(net.join("ip_vs_conn"), plain).expect("room for it");
    std::fs::write(net.join("ip_vs_conn_sync"), sync).expect("room for it");
    let root = Root::at(directory.path());
    (directory, root)
}

const LINES: &str = "TCP 0A010002 9C41 0A010064 0050 0A020002 0050 ESTABLISHED     900\n\
    what is this\n\
    TCP 0A010003 0000 0A010064 0050 0A020003 0050 NONE            100\n";

#[test]
fn files_are_read_where_the_kernel_does_not_list() -> Result<(), ListingError> {
    // Whether this machine has such a file is not said here.
    let mut stock = Ipvs::with_backend(Kernel::new(Release::Linux6_12));
    assert_eq!(stock.list_connections(Filter::new())?.by(), ListedBy::Proc);

    let (_directory, root) = copies(LINES);
    let mut listing = ConnectionListing::of_files(root.clone(), Filter::new());
    assert!(matches!(listing.connections(), Err(ListingError::Stream(_))), "a bad line");
    let mut listing = listing.bad_lines(BadLines::Skip);
    // Each call reads it anew.
    for _ in 0..2 {
        assert_eq!(listing.count()?, Count { connections: 1, templates: 1 });
        assert_eq!((listing.connections()?.len(), listing.skipped().count), (2, 1));
        let first = listing.visit(|one| ControlFlow::Break(one.client))?;
        assert_eq!(first, ControlFlow::Break("10.1.0.2:40001".parse().expect("a socket")));
        assert_eq!(listing.skipped().count, 0, "the bad line comes later");
    }
    let mut listing = ConnectionListing::of_files(root, Filter::new()).layout(Layout::Sync);
    assert_eq!(listing.connections()?[0].origin, Some(Origin::Sync));

    let mut listing = ConnectionListing::of_files(Root::at("/nonexistent"), Filter::new());
    assert!(matches!(listing.count(), Err(ListingError::Root(_))));
    Ok(())
}

#[test]
fn both_layouts_are_those_of_the_files() {
    let key = ConnectionKey::new(
        Protocol::TCP,
        ([10, 1, 0, 2], 40001).into(),
        ([10, 1, 0, 100], 80).into(),
    );
    let mut connection = Connection::new(key, ([10, 2, 0, 2], 80).into(), Method::MASQ);
    connection.state = 1;
    connection.expires = Duration::from_millis(900_999);
    let (_directory, root) = copies(LINES);
    let mut listing = ConnectionListing::of_files(root, Filter::new()).bad_lines(BadLines::Skip);
    let listed = listing.connections().expect("listed");
    assert_eq!(connection.listed(Layout::Plain), listed[0]);
    assert_eq!(ConnectionKey::of_listed(&listed[0]), Some(key));
    assert_eq!(ConnectionKey::of_listed(&listed[1]), None, "a template");
    assert_eq!(connection.listed(Layout::Sync).origin, Some(Origin::Local));
    connection.flags |= ConnectionFlags::SYNC;
    assert_eq!(connection.listed(Layout::Sync).origin, Some(Origin::Sync));
}
