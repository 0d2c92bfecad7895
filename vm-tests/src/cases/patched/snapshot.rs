// SPDX-License-Identifier: MIT OR Apache-2.0
//! Snapshots: what the classic dumps tell, at one moment.

use ipvs_netlink::Ipvs;
use ipvs_netlink::ext::Extent;

use crate::case::{Case, Failure};
use crate::ctx::Ctx;

use super::EXTENSION;

/// The tests of this module.
pub const CASES: &[Case] = &[Case::new("patched::a_snapshot_is_what_the_dumps_tell", same)
    .patched()
    .since(6, 12, EXTENSION)];

const RULES: &[&str] = &[
    "-A -t 192.0.2.1:80 -s wlc -p 300 -M 255.255.255.0",
    "-a -t 192.0.2.1:80 -r 127.0.0.1:8080 -m -w 3 -x 100 -y 50",
    "-a -t 192.0.2.1:80 -r 127.0.0.2:80 -i --tun-type gue --tun-port 6080 --tun-nocsum",
    "-A -u 192.0.2.1:53 -s sh -b sh-port -o",
    "-a -u 192.0.2.1:53 -r 127.0.0.3:53 -g",
    "-A -t [2001:db8::1]:443 -s mh -p 60 -M 64",
    "-a -t [2001:db8::1]:443 -r [2001:db8::2]:443 -g -w 0",
    "-A --sctp-service 192.0.2.1:9 -s rr",
    "-A -f 66 -s rr",
    "-a -f 66 -r 127.0.0.4:0 -i --tun-type ipip",
    "--set 111 22 33",
    "--start-daemon backup --mcast-interface lo --syncid 9",
];

fn same(ctx: &mut Ctx) -> Result<(), Failure> {
    for rule in RULES {
        ctx.run(&format!("ipvsadm-c {rule}"))?;
    }
    let mut ipvs = Ipvs::open()?;
    let counted = ipvs.snapshot(Extent::Counted)?;
    let (daemons, timeouts) = (ipvs.daemons()?, ipvs.timeouts()?);
    assert_eq!((&counted.daemons, counted.timeouts), (&daemons, timeouts));
    assert_eq!(counted.table, ipvs.table()?);
    let rules = ipvs.snapshot(Extent::Rules)?;
    assert_eq!(rules.genid, counted.genid, "nothing has changed");
    assert_eq!(rules.clone().into_ruleset(), ipvs.ruleset()?);
    assert_eq!(rules.into_ruleset(), counted.into_ruleset());
    // The number goes up with each change, by one.
    let before = ipvs.snapshot(Extent::Rules)?.genid;
    ctx.run("ipvsadm-c -e -t 192.0.2.1:80 -r 127.0.0.1:8080 -m -w 4")?;
    ipvs.zero(None)?;
    assert_eq!(ipvs.snapshot(Extent::Rules)?.genid, before + 2);
    // Both tools list the same through their own means.
    for options in ["-Ln", "-Ln --stats", "-Ln --thresholds", "-Ln --persistent-conn", "-Sn"] {
        let [ours, theirs] =
            ["ipvsadm", "ipvsadm-c"].map(|tool| ctx.run(&format!("{tool} {options}")));
        assert_eq!(ours?, theirs?, "{options}");
    }
    Ok(())
}
