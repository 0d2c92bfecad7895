// SPDX-License-Identifier: MIT OR Apache-2.0
//! Beside daemons that run.

use std::net::IpAddr;
use std::thread;
use std::time::Duration;

use ipvs_netlink::Ipvs;
use ipvs_netlink::types::{DaemonConfig, DaemonRole, Protocol, SyncId};
use ipvs_syncd::Connection;

use crate::case::Failure;
use crate::connections::{LONG, connections, daemons, make};
use crate::ctx::Ctx;
use crate::topology::Host;

use super::by_messages;

/// What a message that got out would need to expire a connection on the other host, and more.
const EXPIRY: Duration = Duration::from_secs(3);

/// On a host with master and backup, the backup that runs is told, and no other.
pub(super) fn real_pair(ctx: &mut Ctx) -> Result<(), Failure> {
    let _messages = by_messages()?;
    for (group, ports) in [("224.0.0.81", 1), ("ff02::81", 1), ("224.0.0.81", 4)] {
        let which = format!("{group}, {ports} ports");
        beside(ctx, group.parse()?, ports).map_err(|failure| failure.context(&which))?;
    }
    Ok(())
}

fn beside(ctx: &mut Ctx, group: IpAddr, ports: u8) -> Result<(), Failure> {
    let mut topology = ctx.topology();
    let hosts = [topology.host("a")?, topology.host("b")?];
    let [first, second] = &hosts;
    topology.segment(
        "lan",
        &[
            (first, "eth0", &["198.51.100.1/24", "2001:db8::1/64"]),
            (second, "eth0", &["198.51.100.2/24", "2001:db8::2/64"]),
        ],
    )?;
    let all = [entry(1)?, entry(2)?];
    for host in &hosts {
        make(host, &all)?;
        host.sysctl("net.ipv4.vs.sync_ports", &ports.to_string())?;
    }
    start(first, DaemonRole::Master, group, 7)?;
    start(first, DaemonRole::Backup, group, 7)?;
    start(second, DaemonRole::Backup, group, 7)?;
    let (here, there) = (connections(first)?, connections(second)?);
    let before = [daemons(first)?, daemons(second)?];
    let output = first.cmd("ipvsadm conn delete --client 10.0.0.1")?;
    assert_eq!(output.status, 0, "{}{}", output.text(), output.error_text());
    assert_eq!(output.error_text().lines().count(), 2, "{}", output.error_text());
    let expected = here.iter().filter(|line| !line.contains("10.0.0.1:")).cloned().collect();
    assert_eq!(connections(first)?, expected);
    thread::sleep(EXPIRY);
    assert_eq!(connections(second)?, there);
    assert_eq!([daemons(first)?, daemons(second)?], before);
    Ok(())
}

fn entry(client: u8) -> Result<Connection<'static>, Failure> {
    let client = format!("10.0.0.{client}:40000").parse()?;
    let ends = ["192.0.2.1:80".parse()?, "10.1.0.2:80".parse()?];
    let connection = Connection::new(Protocol::TCP, client, ends[0], ends[1])?;
    Ok(connection.state(1).timeout(LONG))
}

fn start(host: &Host, role: DaemonRole, group: IpAddr, sync_id: u32) -> Result<(), Failure> {
    let mut daemon = DaemonConfig::new(role, "eth0".parse()?);
    daemon.group = Some(group);
    daemon.sync_id = SyncId::observed(sync_id);
    host.inside(|| Ok(Ipvs::open()?.start_daemon(daemon)?))
}

/// What would stop the traffic, or would not be heard, is not begun.
pub(super) fn refusals(ctx: &mut Ctx) -> Result<(), Failure> {
    let _messages = by_messages()?;
    let mut topology = ctx.topology();
    let group: IpAddr = "224.0.0.81".parse()?;
    let hosts = [topology.host("only")?, topology.host("deaf")?, topology.host("mixed")?];
    let [only, deaf, mixed] = &hosts;
    let ports = hosts.each_ref().map(|host| (host, "eth0", &["198.51.100.1/32"][..]));
    topology.segment("lan", &ports)?;
    for host in &hosts {
        make(host, &[entry(1)?])?;
    }
    start(only, DaemonRole::Master, group, 7)?;
    only.sysctl("net.ipv4.vs.backup_only", "1")?;
    start(deaf, DaemonRole::Backup, group, 300)?;
    mixed.run("ipvsadm -A -t 192.0.2.1:80 -s rr")?;
    mixed.run("ipvsadm -a -t 192.0.2.1:80 -r [2001:db8::2]:80 -i")?;
    for (host, reason) in
        [(only, "backup_only"), (deaf, "sync id 300"), (mixed, "of another family")]
    {
        let (before, running) = (connections(host)?, daemons(host)?);
        let output = host.cmd("ipvsadm conn delete --all")?;
        assert_eq!(output.status, 1, "{}", output.error_text());
        assert!(output.error_text().contains(reason), "{}", output.error_text());
        assert_eq!((connections(host)?, daemons(host)?), (before, running));
    }
    // The same without what made it unsafe.
    only.sysctl("net.ipv4.vs.backup_only", "0")?;
    only.run("ipvsadm conn delete --all")?;
    assert_eq!(connections(only)?.len(), 0);
    Ok(())
}
