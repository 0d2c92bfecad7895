// SPDX-License-Identifier: MIT OR Apache-2.0
//! The asynchronous client on a kernel in memory.
#![cfg(all(feature = "tokio", feature = "fake"))]

use std::net::SocketAddr;
use std::time::Duration;

use ipvs_netlink::ext::{
    Connection, ConnectionFilter, ConnectionKey, Deleted, Extent, Features, Tier,
};
use ipvs_netlink::fake::{Kernel, Release};
use ipvs_netlink::proc::{Filter, Layout, ServiceFilter};
use ipvs_netlink::types::{
    DestConfig, DestKey, Forward, Method, Protocol, Scheduler, ServiceConfig, ServiceKey,
};
use ipvs_netlink::{AsyncIpvs, Error, ErrorKind, Ipvs, Operation, Seen, WatchedBy};

type AnyError = Box<dyn std::error::Error + Send + Sync>;

fn web() -> ServiceKey {
    "tcp/192.0.2.10:80".parse().expect("key")
}

fn server() -> DestKey {
    "10.0.0.2:8080".parse().expect("key")
}

async fn open() -> (Kernel, AsyncIpvs) {
    let kernel = Kernel::new(Release::Linux7_2);
    let ipvs = AsyncIpvs::with(Ipvs::with_backend(kernel.clone())).await.expect("a thread");
    (kernel, ipvs)
}

#[tokio::test]
async fn the_verbs_do_what_the_blocking_ones_do() -> Result<(), Error> {
    let (_, ipvs) = open().await;
    ipvs.create_service(web(), ServiceConfig::new(Scheduler::WLC)).await?;
    ipvs.create_dest(web(), server(), DestConfig::new(Forward::Route).weight(3)).await?;
    let config = ipvs.edit_dest(web(), server(), |config| config.weight = 0).await?;
    assert_eq!(config, DestConfig::new(Forward::Route).weight(0));
    let table = ipvs.settled_table().await?;
    assert_eq!(table.services[0].dests[0].config, config);
    let outcomes = ipvs.commit(vec![Operation::Flush, Operation::Flush]).await?;
    assert_eq!(outcomes, [Ok(()), Ok(())]);
    let error = ipvs.service(web()).await.expect_err("flushed");
    assert_eq!(error.kind(), ErrorKind::NoSuchService);
    Ok(())
}

#[tokio::test]
async fn the_verbs_of_patched_kernels_are_there() -> Result<(), Error> {
    let (kernel, _) = open().await;
    let features = Features::all_known();
    kernel.set_features(Some(features));
    let client = SocketAddr::from(([10, 0, 0, 1], 4000));
    let service = SocketAddr::from(([192, 0, 2, 10], 80));
    let key = ConnectionKey::new(Protocol::TCP, client, service);
    let one = Connection::new(key, ([10, 1, 0, 2], 80).into(), Method::MASQ);
    kernel.add_connection(one.clone());
    let ipvs = AsyncIpvs::with(Ipvs::with_backend(kernel.clone())).await?;
    let web = ConnectionFilter::new().service_port(80);
    assert_eq!(ipvs.tier().await?, Tier::Patched { features });
    assert_eq!(ipvs.connections(web).await?, std::slice::from_ref(&one));
    let wanted = || Filter::new().service(ServiceFilter::Address(service.ip().into(), Some(80)));
    let listed = ipvs.list_connections(wanted()).await.expect("listed");
    assert_eq!(listed, [one.listed(Layout::Plain)]);
    let counted = ipvs.count_listed(wanted()).await.expect("counted");
    assert_eq!((counted.connections, counted.templates), (1, 0));
    assert_eq!((ipvs.connection(key).await?, ipvs.count_connections(web).await?), (one.clone(), 1));
    ipvs.delete_connection(key).await?;
    assert_eq!(ipvs.delete_connections(web).await?, Deleted::default());
    kernel.add_connection(one);
    assert_eq!(ipvs.delete_all_connections().await?, Deleted { deleted: 1, busy: 0 });
    assert_eq!(ipvs.snapshot(Extent::Rules).await?.genid, 1);
    Ok(())
}

#[tokio::test]
async fn a_plan_runs_through_the_blocking_client() -> Result<(), AnyError> {
    let (kernel, ipvs) = open().await;
    let mut want = kernel.ruleset();
    want.add_service(web(), ServiceConfig::new(Scheduler::RR)).expect("new");
    let wanted = want.clone();
    let operations = ipvs
        .run(move |ipvs| Ok::<_, AnyError>(ipvs.plan(&wanted)?.apply(ipvs)?.operations()))
        .await?;
    assert_eq!((operations, kernel.ruleset()), (1, want));
    Ok(())
}

/// A future that is dropped leaves the conversation whole.
#[tokio::test]
async fn a_dropped_future_harms_nobody() -> Result<(), Error> {
    let (_, ipvs) = open().await;
    for round in 0..100 {
        let create = ipvs.create_service(web(), ServiceConfig::new(Scheduler::RR));
        tokio::select! {
            biased;
            result = create => result?,
            () = std::future::ready(()) => {}
        }
        // Whatever was sent before is done before.
        let services = ipvs.services().await?;
        assert_eq!(services.len(), 1, "round {round}");
        ipvs.flush().await?;
    }
    Ok(())
}

#[tokio::test]
async fn what_fails_to_open_says_why() {
    let missing = Ipvs::options().netns("no-such-namespace");
    let error = AsyncIpvs::open(missing).await.expect_err("it does not exist");
    assert_eq!(error.kind(), ErrorKind::Namespace);
}

#[tokio::test]
async fn a_watch_sees_what_others_change() -> Result<(), Error> {
    let interval = Duration::from_millis(1);
    let by_polling = WatchedBy::Polling(interval);
    for (features, by) in [(Some(Features::all_known()), WatchedBy::Events), (None, by_polling)] {
        let (kernel, ipvs) = open().await;
        kernel.set_features(features);
        let mut watch = ipvs.watch(interval).await?;
        assert_eq!(watch.by(), by);
        assert!(matches!(watch.next().await?, Seen::Snapshot { .. }));
        // More than wait for a listener, so that the thread has to.
        for _ in 0..3000 {
            let config = ServiceConfig::new(Scheduler::WLC);
            kernel.change(Operation::CreateService { service: web(), config }).expect("done");
            kernel.change(Operation::DeleteService { service: web() }).expect("done");
        }
        let timeouts = ipvs_netlink::types::TimeoutsChange {
            udp: Some(Duration::from_secs(60)),
            ..Default::default()
        };
        kernel.change(Operation::SetTimeouts { change: timeouts }).expect("done");
        loop {
            let seen = watch.next().await?;
            let Seen::Change { change, .. } = &seen else { panic!("{seen:?}") };
            if change.to_string() == "~ timeouts: udp 300 s -> 60 s" {
                break;
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_watch_on_a_module_that_goes_is_an_error() -> Result<(), Error> {
    let (kernel, ipvs) = open().await;
    kernel.unload();
    assert!(ipvs.watch(Duration::from_millis(1)).await.is_err());
    let (kernel, ipvs) = open().await;
    let mut watch = ipvs.watch(Duration::from_millis(1)).await?;
    watch.next().await?;
    kernel.unload();
    for _ in 0..2 {
        watch.next().await.expect_err("gone");
    }
    Ok(())
}
