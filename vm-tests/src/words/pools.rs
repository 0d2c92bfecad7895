// SPDX-License-Identifier: MIT OR Apache-2.0
//! The texts that random lines are made of.

/// Usual IPv4 services.
#[rustfmt::skip]
pub(super) const SERVICES_4: &[&str] = &[
    "10.0.0.1:53", "10.0.0.1:443", "192.168.0.1:80", "172.16.0.1:80", "10.0.0.1", "10.0.0.1:0",
];

/// IPv4 services in unusual spellings.
#[rustfmt::skip]
pub(super) const ODD_SERVICES_4: &[&str] = &[
    "vip1:80", "vip1:http", "www.example.com:www", "10.0.0.1:domain", "vip1:https", "vip1:sua",
    "vip1:sip", "10.1:80", "0x0a000001:80", "012.0.0.1:80", "167772161:80", "10.0.0.1 junk:80",
    "10.0.0.1: 80", "10.0.0.1:+80", "10.0.0.1:0080", "[10.0.0.1]:80", "[10.0.0.1:80]:90",
    "[vip1:http]:x", "[vip1]:80", "1:80", "0:80", "0.0.0.0:0", "0.0.0.0", "255.255.255.255:80",
    "224.0.0.1:80", "10.1.1.1:4321", "10.1.1.2:80", "127.0.0.1:65535", "localhost:1",
    "200.0.0.1:80", "10.0.0.1:\t80", "10.0.0.1\t:80", "0.0.0.0:80",
];

/// Usual IPv6 services.
#[rustfmt::skip]
pub(super) const SERVICES_6: &[&str] = &[
    "[2001:db8::1]:53", "[::1]:443", "2001:db8::1",
];

/// IPv6 services in unusual spellings.
#[rustfmt::skip]
pub(super) const ODD_SERVICES_6: &[&str] = &[
    "[::1]:http", "[2001:DB8:0:0::1]:80", "[::ffff:10.0.0.1]:80", "::ffff:10.0.0.1", "::",
    "[::]:0", "[1:2:3:4:5:6:1.2.3.4]:80", "2001:db8::1:80", "[2001:db8::1]:+080", "[ff02::1]:80",
    "fe80::1", "[2001:db8::1]:65535", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8",
    "::10.0.0.1", "[2001:db8:ffff:ffff:ffff:ffff:ffff:ffff]:65535", "[2001:db8::1]:domain",
];

/// Usual servers of IPv4 services.
#[rustfmt::skip]
pub(super) const SERVERS_4: &[&str] = &[
    "10.0.0.2", "10.0.0.3:8080", "10.0.0.3", "10.0.0.4:80", "192.168.99.1:81",
];

/// Unusual ones.
#[rustfmt::skip]
pub(super) const ODD_SERVERS_4: &[&str] = &[
    "real2", "real2:http", "real2:8080", "10.2:80", "10.0.0.2:0", "[10.0.0.2]:80", "[real2:80]:x",
    "10.1.1.1:4321", "10.1.1.2", "127.0.0.1", "224.0.0.1:80", "255.255.255.255", "0.0.0.0:80",
    "10.0.0.2:sip", "10.0.0.2: 81", "200.0.0.2:80", "130.0.0.2:80", "[2001:db8::2]:80",
];

/// Usual servers of IPv6 services.
#[rustfmt::skip]
pub(super) const SERVERS_6: &[&str] = &[
    "2001:db8::3", "[2001:db8:99::1]:8080",
];

/// Unusual ones.
#[rustfmt::skip]
pub(super) const ODD_SERVERS_6: &[&str] = &[
    "10.0.0.2", "[fe80::1]:80", "[ff02::1]:80", "[::]:80", "[9::1]:80", "[2001:db8::1]:http",
    "[::ffff:10.0.0.2]:80", "2001:db8::2:80", "[ffff::1]:1",
];

/// What is no address with port.
#[rustfmt::skip]
pub(super) const NO_ADDRESSES: &[&str] = &[
    "", "80", ":80", ":", "1.2.3.4:", "10.0.0.1:65536", "10.0.0.1:-1", "10.0.0.1:80 ",
    "256.1.1.1:80", "10.0.0.1/24:80", "[::1", "[]:80", "[fe80::1%lo]:80", "[::1]", "[::1]80",
    "[::1]:", "[::1]:65536", "[::1]:nosuch", "nosuchhost:80", "nosuchhost", "vip6:80", "[vip6]:80",
    "10.0.0.1:nosuch", "1.2.3.4:80:90", "VIP1:80", "10.0.0.1:HTTP", "1.2.3.4.5:80", "10.0.0.:80",
    ".1:80", "08.0.0.1:80", "0x:80", "1..2:80", "4294967296:80", "1.2.65536:80", "1.16777216:80",
    "[", "]", "[]", "::1]:80", "[[::1]]:80", "-", "--", "-t", "!#:+", " 10.0.0.1:80",
    "10.0.0.1::80", ":::", "1:2:3:4:5:6:7:8:9", "12345::", "::1.2.3", "g::1", "1::2::3",
    "10.0.0.1:99999999999999999999", "10.0.0.1:0x50", "[10.0.0.1]", "[10.0.0.1]80",
    "[10.0.0.1:bogus]:80",
];

/// What is no multicast group.
#[rustfmt::skip]
pub(super) const NO_GROUPS: &[&str] = &[
    "", "224.1", "10.0.0.1", "0.0.0.0", "255.255.255.255", "240.0.0.0", "224.0.0.081", "::1",
    "fe80::1", "[ff02::1]", "ff02::1%lo", ":", "vip1", "224.0.0.1 ", " 224.0.0.1", "0xe0000001",
    "224.0.0.1:80", "ff02::g", "\u{ff}", "224.0.0.256", "224.0.0", "ff02", "!#:+", "fe00::1",
];

/// What is no decimal number, or none that fits anywhere.
#[rustfmt::skip]
pub(super) const NO_NUMBERS: &[&str] = &[
    "", " ", "abc", "1x", "0x10", "1 ", "1e3", "1m", "-1", "--1", "+-1", "- 1", "+", "-0", "1.5",
    "1,2", "99999999999999999999", "-99999999999999999999", "9223372036854775807",
    "9223372036854775808", "-9223372036854775809", "4294967295", "4294967296", "4294967297",
    "2147483647", "2147483648", "\u{a0}1", "1\n", "!#:+", "-", "--",
];

/// Names that no scheduler has.
#[rustfmt::skip]
pub(super) const ODD_SCHEDULERS: &[&str] = &[
    "", "none", "nosuch", "r r", "RR", "fifteen-bytes-x", "sixteen-bytes-xy", "!#:+",
    "a-name-longer-than-any-scheduler-may-have", "\u{e4}", "%s", "-p", "rr\n",
];

/// Unusual lists of scheduler flags.
#[rustfmt::skip]
pub(super) const ODD_FLAGS: &[&str] = &[
    "", "flag-1,", ",flag-2", "flag-1,,flag-3", "flag-1, flag-2", " flag-1", "SH-PORT", "flag",
    "flag-4", "sh-port,mh-port", "bogus", "sh", "flag-1,bogus", "bogus,sh-port", "sh-port ",
    "\u{ff}",
    "flag-1,flag-1,flag-1,flag-1,flag-1,flag-1,flag-1,flag-1,\
     flag-1,flag-1,flag-1,flag-1,flag-1,flag-1,flag-1,flag-1,flag-1,flag-1,flag-1,flag-1",
];

/// Masks and prefixes of persistence.
#[rustfmt::skip]
pub(super) const MASKS: &[&str] = &[
    "255.255.255.0", "255.255.0.0", "255.255.255.255", "0.0.0.0", "255.0.255.0", "64", "128", "1",
    "96",
];

/// What only some programs take for a mask or prefix.
#[rustfmt::skip]
pub(super) const ODD_MASKS: &[&str] = &[
    "24", "/24", "", "maskname", "255.255.255", "0xffffff00", "0377.0.0.0", "4294967040", "64abc",
    " 64", "+64", "129", "0", "-5", "4294967360", "abc", "nosuchmask", "255.255.255.0 x",
    "255.255.255.0x", "256.0.0.0", "::1", "99999999999999999999", "-99999999999999999999",
    "\u{ff}", "-1", "-", "0x40",
];

/// Words that belong nowhere.
#[rustfmt::skip]
pub(super) const WORDS: &[&str] = &[
    "--", "-", "", "foo", "=", "-=", "--=", "--=x", "-q", "-q=1", "--bogus", "--bogus=1", "--lis",
    "--list=", "-list", "--numeric=yes", "-n=3", "-Ln=", "-nn", "-Z6", "--nosort=", "--flush",
    "-F", "---list", "-\u{e4}", "-1", "ipvsadm", "!#:+", "--set=1", "--help", "-h", "-v",
    "--version=", "--tcp-service", "-w", "-t=", "--pe=", "-p=", "--persistent=", "-?", "--usage",
    "-p-", "-p60", "-p=-", "#", "-tA", "commit", "-V", "-I", "-6n", "--ipv6=",
];

/// Values with libpopt's mark, in whose place the next word goes that is no option.
pub(super) const MARKS: &[&str] = &["!#:+", "!#:+:80", "10.0.0.!#:+", "!#:+!#:+", "!#:+#:+"];
