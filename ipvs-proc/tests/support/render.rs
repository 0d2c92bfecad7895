// SPDX-License-Identifier: MIT OR Apache-2.0
//! Records as the kernel prints them, to the byte.

use std::fmt::Write as _;
use std::io::Write as _;
use std::net::IpAddr;

use ipvs_proc::*;
use ipvs_types::{Counters, Protocol, Rates};

pub fn protocol(protocol: Protocol) -> String {
    match protocol.number() {
        0 => "IP".into(),
        1 => "ICMP".into(),
        6 => "TCP".into(),
        17 => "UDP".into(),
        58 => "ICMPv6".into(),
        132 => "SCTP".into(),
        number => format!("IP_{number}"),
    }
}

fn address(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => format!("{:08X}", address.to_bits()),
        IpAddr::V6(address) => address.segments().map(|part| format!("{part:04x}")).join(":"),
    }
}

/// `client_is_ipv6` is the family of the mark of a fwmark template.
fn service(service: &Virtual, client_is_ipv6: bool) -> String {
    match service {
        Virtual::Address(socket) => format!("{} {:04X}", address(socket.ip()), socket.port()),
        Virtual::Fwmark { mark, port } if client_is_ipv6 => {
            let bits = u128::from(*mark) << 96;
            format!("{} {port:04X}", address(IpAddr::V6(bits.into())))
        }
        Virtual::Fwmark { mark, port } => format!("{mark:08X} {port:04X}"),
    }
}

pub const PLAIN: &str =
    "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n";
pub const SYNC: &str = "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Origin Expires\n";

/// One line of `ip_vs_conn`, or of `ip_vs_conn_sync` if there is an origin.
pub fn connection(out: &mut Vec<u8>, connection: &Connection<'_>) {
    let Connection { client, dest, state, .. } = connection;
    let name = protocol(connection.protocol);
    let start = format!(
        "{name:<3} {} {:04X} {} {} {:04X} {state:<11} ",
        address(client.ip()),
        client.port(),
        service(&connection.service, client.is_ipv6()),
        address(dest.ip()),
        dest.port()
    );
    out.extend_from_slice(start.as_bytes());
    match connection.origin {
        Some(Origin::Local) => out.extend_from_slice(b"LOCAL  "),
        Some(Origin::Sync) => out.extend_from_slice(b"SYNC   "),
        None => {}
    }
    write!(out, "{:7}", connection.expires.as_secs()).expect("a vector");
    if let Some(engine) = &connection.engine {
        write!(out, " {} ", engine.name).expect("a vector");
        out.extend_from_slice(&engine.data);
    }
    out.push(b'\n');
}

fn endpoint(ip: IpAddr, port: u16) -> String {
    match ip {
        IpAddr::V4(_) => format!("{}:{port:04X}", address(ip)),
        IpAddr::V6(_) => format!("[{}]:{port:04X}", address(ip)),
    }
}

pub fn table(table: &Table) -> String {
    let mut out = format!("IP Virtual Server version {} (size={})\n", table.version, table.size);
    out += "Prot LocalAddress:Port Scheduler Flags\n";
    out += "  -> RemoteAddress:Port Forward Weight ActiveConn InActConn\n";
    for service in &table.services {
        let ops = if service.one_packet { "ops " } else { "" };
        let scheduler = service.scheduler;
        match service.identity {
            Identity::Address { protocol: number, address, port } => {
                let name = protocol(number);
                let _ = write!(out, "{name}  {} {scheduler} ", endpoint(address, port));
                if address.is_ipv4() {
                    let _ = write!(out, "{ops} ");
                }
            }
            Identity::Fwmark(mark) => {
                let _ = write!(out, "FWM  {mark:08X} {scheduler} {ops}");
            }
        }
        if let Some(Persistence { jiffies, mask }) = service.persistence {
            let _ = write!(out, "persistent {} {mask:08X}", jiffies.cast_signed());
        }
        out.push('\n');
        for dest in &service.dests {
            let forward = match &dest.forward {
                Forward::Masq => "Masq",
                Forward::Local => "Local",
                Forward::Tunnel => "Tunnel",
                Forward::Route => "Route",
                Forward::Other(name) => name,
            };
            let key = endpoint(dest.key.address, dest.key.port);
            let Dest { weight, active, inactive, .. } = dest;
            let _ = writeln!(
                out,
                "  -> {key}      {forward:<7} {weight:<6} {active:<10} {inactive:<10}"
            );
        }
    }
    out
}

pub fn apps(apps: &Apps) -> String {
    let mut out = String::from("prot port    usecnt name\n");
    for app in &apps.apps {
        let (name, protocol) = (&app.name, protocol(app.protocol));
        let _ = writeln!(out, "{protocol:<3}  {:<7} {:<6} {name:<17}", app.port, app.users);
    }
    out
}

fn counters(counters: &Counters) -> String {
    let Counters { connections, in_packets, out_packets, in_bytes, out_bytes } = counters;
    format!("{connections:8X} {in_packets:8X} {out_packets:8X} {in_bytes:16X} {out_bytes:16X}\n")
}

fn rates(rates: &Rates) -> String {
    let Rates { connections, in_packets, out_packets, in_bytes, out_bytes } = *rates;
    counters(&Counters { connections, in_packets, out_packets, in_bytes, out_bytes })
}

pub fn totals(totals: &Totals) -> String {
    let mut out = String::from(
        "   Total Incoming Outgoing         Incoming         Outgoing\n   \
         Conns  Packets  Packets            Bytes            Bytes\n",
    );
    out += &counters(&totals.counters);
    out += "\n Conns/s   Pkts/s   Pkts/s          Bytes/s          Bytes/s\n";
    out + &rates(&totals.rates)
}

pub fn percpu(percpu: &PerCpu) -> String {
    let mut out = String::from(
        "       Total Incoming Outgoing         Incoming         Outgoing\nCPU    \
         Conns  Packets  Packets            Bytes            Bytes\n",
    );
    for cpu in &percpu.cpus {
        let _ = write!(out, "{:3X} {}", cpu.number, counters(&cpu.counters));
    }
    let _ = write!(out, "  ~ {}", counters(&percpu.totals));
    out += "\n     Conns/s   Pkts/s   Pkts/s          Bytes/s          Bytes/s\n";
    out + "    " + &rates(&percpu.rates)
}

pub fn status(status: &Status) -> String {
    let mut out = String::new();
    let mut line = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            let _ = writeln!(out, "{name}:\t{value}");
        }
    };
    let part = |part: Part| format!("{} ({}%)", part.buckets, part.percent);
    let mut buckets = |count, name: &str, table: &Buckets| {
        line(
            if name == "Conn" { "Conns" } else { "Services" },
            Option::map(count, |n: u64| n.to_string()),
        );
        let size = |size: Size| {
            format!("{} ({} bits, lfactor {})", size.buckets, size.bits, size.load_factor)
        };
        line(&format!("{name} buckets"), table.size.map(size));
        line(&format!("{name} buckets empty"), table.empty.map(part));
        for (length, buckets) in &table.lengths {
            line(&format!("{name} buckets len-{length}"), Some(part(*buckets)));
        }
    };
    buckets(status.connections, "Conn", &status.connection_table);
    buckets(status.services, "Service", &status.service_table);
    let slots = |slots: Slots| format!("{} (max {})", slots.used, slots.max);
    line("Stats thread slots", status.thread_slots.map(slots));
    line("Stats chain max len", status.chain_max_len.map(|n| n.to_string()));
    line("Stats thread ests", status.thread_estimators.map(|n| n.to_string()));
    for (name, value) in &status.other {
        line(name, Some(value.clone()));
    }
    out
}

pub fn ca_stats(stats: &CaStats) -> String {
    let mut out = format!("IP_VS_CA({})\n{:26}", stats.version, "");
    for cpu in &stats.cpus {
        let _ = write!(out, " {:>10}", format!("CPU{cpu}"));
    }
    out.push('\n');
    for row in &stats.rows {
        let _ = write!(out, "{:<25}:", row.name);
        for value in &row.values {
            let _ = write!(out, " {value:10}");
        }
        out.push('\n');
    }
    out
}
