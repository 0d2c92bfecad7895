// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ip_vs_connctl`: single connections deleted, through the library and the tool, and what no library sends,
//! by its protocol as `kernel-patches/PROTOCOL.md` has it.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::thread;

use ipvs_netlink::ext::{ConnectionKey, Tier};
use ipvs_netlink::types::Protocol;
use ipvs_netlink::{ErrorKind, Ipvs};
use socket2::{Domain, Socket, Type};

use crate::case::{Case, Failure};
use crate::ctx::Ctx;
use crate::{modules, netns};

/// The tests of this module.
pub const CASES: &[Case] = &[
    Case::new("connctl::one_connection_is_deleted", one),
    Case::new("connctl::a_template_goes_with_its_last_connection", template),
    Case::new("connctl::a_wrong_request_is_refused", refused),
    Case::new("connctl::a_module_that_goes_is_no_missing_connection", unloaded),
];

const FAMILY: &str = "ipvs_connctl";
const DELETE: u8 = 1;
const PROTOCOL: u16 = 1;
const CLIENT_ADDR: u16 = 2;
const CLIENT_PORT: u16 = 3;
const VIRTUAL_ADDR: u16 = 4;
const VIRTUAL_PORT: u16 = 5;
const TEMPLATE: u16 = 6;

const UDP: u8 = 17;

type Attributes = Vec<(u16, Vec<u8>)>;

/// A generic netlink socket of the calling thread's namespace, and the family's number.
struct Netlink {
    socket: Socket,
    family: u16,
}

impl Netlink {
    fn open() -> Result<Self, Failure> {
        let (domain, protocol) =
            (Domain::from(libc::AF_NETLINK), socket2::Protocol::from(libc::NETLINK_GENERIC));
        let socket = Socket::new(domain, Type::RAW, Some(protocol))?;
        let mut this = Self { socket, family: 0x10 };
        let name = [FAMILY.as_bytes(), &[0]].concat();
        let reply = this
            .request(3, &vec![(2, name)])?
            .map_err(|errno| Failure::new(format!("family {FAMILY}: error {errno}")))?;
        // The first attribute with the number 1 is the family's number, of two bytes.
        let mut attributes = reply.get(20..).unwrap_or_default();
        while let [l0, l1, k0, k1, rest @ ..] = attributes {
            let length = usize::from(u16::from_ne_bytes([*l0, *l1]));
            if u16::from_ne_bytes([*k0, *k1]) == 1 {
                this.family = u16::from_ne_bytes([rest[0], rest[1]]);
                return Ok(this);
            }
            attributes = attributes.get(length.next_multiple_of(4)..).unwrap_or_default();
        }
        Err(Failure::new("the family has no number"))
    }

    /// Sends a request; the answer is a message, empty for success, or the kernel's error number.
    fn request(
        &self,
        command: u8,
        attributes: &Attributes,
    ) -> Result<Result<Vec<u8>, i32>, Failure> {
        let mut body = vec![command, 1, 0, 0];
        for (kind, value) in attributes {
            body.extend((4 + value.len() as u16).to_ne_bytes());
            body.extend(kind.to_ne_bytes());
            body.extend(value);
            body.resize(body.len().next_multiple_of(4), 0);
        }
        // NLM_F_REQUEST, and NLM_F_ACK for what has no other answer.
        let flags: u16 = if self.family == 0x10 { 1 } else { 5 };
        let mut message = (16 + body.len() as u32).to_ne_bytes().to_vec();
        message.extend(self.family.to_ne_bytes());
        message.extend(flags.to_ne_bytes());
        message.extend([1, 0, 0, 0, 0, 0, 0, 0]);
        message.extend(body);
        (&self.socket).write_all(&message)?;
        let mut answer = vec![0; 8192];
        let length = (&self.socket).read(&mut answer)?;
        answer.truncate(length);
        match answer.get(4..6) {
            Some([2, 0]) => {
                let errno = i32::from_ne_bytes([answer[16], answer[17], answer[18], answer[19]]);
                Ok(if errno == 0 { Ok(Vec::new()) } else { Err(-errno) })
            }
            _ => Ok(Ok(answer)),
        }
    }

    /// Deletes a connection; the number of the error if there is one.
    fn delete(&self, key: &Attributes) -> Result<Option<i32>, Failure> {
        Ok(self.request(DELETE, key)?.err())
    }
}

fn bytes(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

fn key(client: &UdpSocket, service: SocketAddr) -> Result<Attributes, Failure> {
    let client = client.local_addr()?;
    Ok(vec![
        (PROTOCOL, vec![UDP]),
        (CLIENT_ADDR, bytes(client.ip())),
        (CLIENT_PORT, client.port().to_be_bytes().to_vec()),
        (VIRTUAL_ADDR, bytes(service.ip())),
        (VIRTUAL_PORT, service.port().to_be_bytes().to_vec()),
    ])
}

/// Connections that start at this address.
fn connections(ctx: &Ctx, client: SocketAddr) -> Result<usize, Failure> {
    let port = format!(" {:04X} ", client.port());
    let table = ctx.run("cat /proc/net/ip_vs_conn")?;
    Ok(table.lines().filter(|line| line.starts_with("UDP") && line.contains(&port)).count())
}

fn send(from: &str, service: SocketAddr) -> Result<UdpSocket, Failure> {
    let client = UdpSocket::bind((from, 0))?;
    client.send_to(b"hello", service)?;
    Ok(client)
}

fn one(ctx: &mut Ctx) -> Result<(), Failure> {
    let _modules = modules::shared(&["ip_vs_connctl"])?;
    ctx.run("ip addr add 192.0.2.1/32 dev lo && ip addr add 2001:db8::1/128 dev lo nodad")?;
    let mut ipvs = Ipvs::open()?;
    assert_eq!(ipvs.tier()?, Tier::AddOn);
    for (address, service, dest) in
        [("192.0.2.1", "192.0.2.1:9", "127.0.0.1:9"), ("2001:db8::1", "[2001:db8::1]:9", "[::1]:9")]
    {
        ctx.run(&format!("ipvsadm-c -A -u {service} -s rr"))?;
        ctx.run(&format!("ipvsadm-c -a -u {service} -r {dest} -m"))?;
        let service = service.parse()?;
        let clients =
            (0..3).map(|_| send(address, service)).collect::<Result<Vec<_>, Failure>>()?;
        let key = |index: usize| -> Result<_, Failure> {
            Ok(ConnectionKey::new(Protocol::UDP, clients[index].local_addr()?, service))
        };
        let count = |index: usize| connections(ctx, clients[index].local_addr()?);
        let missing = |ipvs: &mut Ipvs, index| -> Result<bool, Failure> {
            let result = ipvs.delete_connection(key(index)?);
            Ok(result.is_err_and(|error| error.kind() == ErrorKind::NoSuchConnection))
        };
        assert_eq!((count(0)?, count(1)?, count(2)?), (1, 1, 1));
        ipvs.delete_connection(key(1)?)?;
        assert_eq!((count(0)?, count(1)?, count(2)?), (1, 0, 1));
        assert!(missing(&mut ipvs, 1)?);
        // The next datagram of that client starts a new connection, which can be deleted as well.
        clients[1].send_to(b"hello", service)?;
        assert_eq!(count(1)?, 1);
        ipvs.delete_connection(key(1)?)?;
        assert_eq!((count(0)?, count(1)?, count(2)?), (1, 0, 1));
        // In another namespace there is no such connection.
        let elsewhere = thread::scope(|scope| {
            let other = scope.spawn(|| {
                netns::unshare()?;
                missing(&mut Ipvs::open()?, 0)
            });
            other.join().map_err(|_| Failure::new("the thread panicked"))?
        })?;
        assert!(elsewhere);
        assert_eq!(count(0)?, 1);
        // The tool says by what means it deletes.
        let client = clients[0].local_addr()?;
        let output = ctx.cmd(&format!("ipvsadm conn delete --client {client} --verbose"))?;
        assert_eq!(output.status, 0, "{}", output.error_text());
        let told = "add-on module (ipvs_connctl): connections are deleted by the module";
        assert!(output.error_text().contains(told), "{}", output.error_text());
        assert_eq!((count(0)?, count(1)?, count(2)?), (0, 0, 1));
    }
    Ok(())
}

fn template(ctx: &mut Ctx) -> Result<(), Failure> {
    let _modules = modules::shared(&["ip_vs_connctl"])?;
    ctx.run("ip addr add 192.0.2.1/32 dev lo")?;
    ctx.run("ipvsadm-c -A -u 192.0.2.1:9 -s rr -p 300")?;
    ctx.run("ipvsadm-c -a -u 192.0.2.1:9 -r 127.0.0.1:9 -m")?;
    let service = "192.0.2.1:9".parse()?;
    let clients = [send("192.0.2.1", service)?, send("192.0.2.1", service)?];
    let all = || Ok::<_, Failure>(ctx.run("cat /proc/net/ip_vs_conn")?.lines().count() - 1);
    assert_eq!(all()?, 3, "two connections and their template");
    let netlink = Netlink::open()?;
    let with = |client| {
        let mut key = key(client, service)?;
        key.push((TEMPLATE, Vec::new()));
        Ok::<_, Failure>(key)
    };
    assert_eq!(netlink.delete(&with(&clients[0])?)?, Some(libc::EBUSY));
    assert_eq!(all()?, 2, "the other connection and the template");
    assert_eq!(netlink.delete(&with(&clients[1])?)?, None);
    crate::wait::until("the template's end", &0, all)
}

/// A client that knows the module, which is removed and loaded again under it.
fn unloaded(_: &mut Ctx) -> Result<(), Failure> {
    const MODULE: &str = "ip_vs_connctl";
    let missing = ConnectionKey::new(Protocol::UDP, "10.9.9.9:9".parse()?, "192.0.2.1:9".parse()?);
    let mut ipvs = Ipvs::open()?;
    let mut delete = || ipvs.delete_connection(missing).map_err(|error| error.kind());
    for _ in 0..2 {
        let loaded = modules::shared(&[MODULE])?;
        assert_eq!(delete(), Err(ErrorKind::NoSuchConnection));
        drop(loaded);
        let _gone = modules::without(MODULE)?;
        assert_eq!(delete(), Err(ErrorKind::Unsupported));
    }
    Ok(())
}

fn refused(_: &mut Ctx) -> Result<(), Failure> {
    let _modules = modules::shared(&["ip_vs_connctl"])?;
    let netlink = Netlink::open()?;
    let client = UdpSocket::bind("127.0.0.1:0")?;
    let right = key(&client, "192.0.2.1:9".parse()?)?;
    assert_eq!(netlink.delete(&right)?, Some(libc::ENOENT));
    for missing in 0..right.len() {
        let mut wrong = right.clone();
        wrong.remove(missing);
        assert_eq!(netlink.delete(&wrong)?, Some(libc::EINVAL), "without {missing}");
    }
    for (place, value, expected) in [
        (1, vec![0; 5], libc::EINVAL),
        (1, vec![0; 16], libc::EINVAL),
        (3, vec![0; 17], libc::ERANGE),
        (2, vec![0; 1], libc::ERANGE),
    ] {
        let mut wrong = right.clone();
        wrong[place].1 = value;
        let seen = netlink.delete(&wrong)?;
        assert!(seen == Some(expected) || seen == Some(libc::EINVAL), "{place}: {seen:?}");
    }
    let mut unknown = right.clone();
    unknown.push((99, vec![0; 4]));
    assert_eq!(netlink.delete(&unknown)?, Some(libc::EINVAL));
    assert_eq!(netlink.request(77, &right)?.err(), Some(libc::EOPNOTSUPP));
    Ok(())
}
