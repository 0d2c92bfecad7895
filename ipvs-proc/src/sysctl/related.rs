// SPDX-License-Identifier: MIT OR Apache-2.0
//! Settings of other parts of the kernel that decide whether a load balancer works.

use std::fs;
use std::path::Path;

use super::description::{Description, Exists, Preset};
use super::kind::Kind;
use super::name::Name;
use super::value::Value;

/// A setting of another part of the kernel. This library only reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    /// The name: `net.ipv4.conf.eth0.rp_filter`.
    pub name: Name,
    /// What is known about it.
    pub description: &'static Description,
    /// What it holds; `None` when this kernel or namespace does not show it.
    pub value: Option<Value>,
}

const SETTINGS: &[Description] = &[
    about("net.ipv4.ip_forward", Kind::Flag, "needed for the replies of NAT, IPv4"),
    about("net.ipv6.conf.all.forwarding", Kind::Flag, "needed for the replies of NAT, IPv6"),
    about(
        "net.ipv4.conf.*.rp_filter",
        UP_TO_2,
        "on real servers behind a tunnel 0 or 2; the greater of all and the interface holds",
    ),
    about("net.ipv4.conf.*.arp_ignore", Kind::NATURAL, "1 on real servers that share the address"),
    about("net.ipv4.conf.*.arp_announce", UP_TO_2, "2 on real servers that share the address"),
    about("net.ipv4.conf.*.accept_local", Kind::Flag, "1 lets a balancer be its own client"),
    about("net.ipv4.conf.*.send_redirects", Kind::Flag, "0 for NAT with one interface"),
    Description {
        unit: Some("connections"),
        ..about("net.netfilter.nf_conntrack_max", Kind::NATURAL, "limits conntrack=1")
    },
    about(
        "net.netfilter.nf_conntrack_tcp_be_liberal",
        Kind::Flag,
        "1 when conntrack=1 and not all packets come this way",
    ),
    Description { unit: Some("bytes"), ..about("net.core.rmem_max", Kind::NATURAL, SOCKET) },
    Description { unit: Some("bytes"), ..about("net.core.wmem_max", Kind::NATURAL, SOCKET) },
];

const UP_TO_2: Kind = Kind::Integer { min: 0, max: 2 };
const SOCKET: &str = "limits sync_sock_size";

const fn about(name: &'static str, kind: Kind, meaning: &'static str) -> Description {
    let default = Preset::Varies("varies");
    let exists = Exists::When("depends on modules and on the namespace");
    Description { name, kind, unit: None, default, meaning, exists }
}

/// All of them below `root`, those of interfaces once for each.
pub(super) fn read(root: &Path) -> Vec<Related> {
    let interfaces = interfaces(root);
    let mut all = Vec::new();
    for description in SETTINGS {
        let names = match description.name.split_once('*') {
            Some((before, after)) => {
                interfaces.iter().map(|interface| [before, interface, after].concat()).collect()
            }
            None => vec![description.name.to_owned()],
        };
        all.extend(names.into_iter().map(|name| {
            let name = Name::full(name);
            let text = fs::read_to_string(root.join(name.path())).ok();
            Related { name, description, value: text.map(|text| description.kind.read(&text)) }
        }));
    }
    all
}

/// Names of interfaces as names of sysctls have them; `all` and `default` are among them.
fn interfaces(root: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(root.join("net/ipv4/conf")) else { return Vec::new() };
    let name = |entry: fs::DirEntry| entry.file_name().to_string_lossy().replace('.', "/");
    let mut names: Vec<_> = entries.flatten().map(name).collect();
    names.sort_unstable();
    names
}
