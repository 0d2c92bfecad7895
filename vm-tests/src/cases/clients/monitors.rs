// SPDX-License-Identifier: MIT OR Apache-2.0
//! Listings as monitoring scripts ask for them and take them apart, after real traffic.

use crate::case::{Case, Failure};
use crate::ctx::Ctx;
use crate::site::Site;
use crate::topology::Host;
use crate::wait;

/// The tests of this module.
pub const CASES: &[Case] =
    &[Case::new("clients::monitors_read_real_counters", real_counters).timeout(400)];

const WEB: &str = "tcp/192.0.2.100:80";

/// What the collectors of Diamond, Munin, Zabbix and sosreport call, in their spelling.
const LISTINGS: [&str; 9] = [
    "-Ln",
    "-ln",
    "-L -n --thresholds",
    "-Ln --stats --exact",
    "--list --stats --numeric --exact",
    "-L -n --stats",
    "-L --timeout",
    "-Ln --persistent-conn",
    "-l --numeric --rate --exact",
];

/// A way to take a listing apart, and what it must give after the requests.
const QUESTIONS: [(&str, &str); 5] = [
    // Connections of a service, of its servers, and how many servers there are.
    ("-Ln --stats --exact | awk '$1 == \"TCP\" && $2 == \"192.0.2.100:80\" { print $3 }'", "6\n"),
    ("--list --stats --numeric --exact | awk '$1 == \"->\" { n += $3 } END { print n }'", "6\n"),
    ("-Ln | grep -c Masq", "3\n"),
    // Connections by their state: none is active any more.
    ("-ln | awk '$3 == \"Masq\" { a += $5; i += $6 } END { print a + 0, i + 0 }'", "0 6\n"),
    ("-Lnc | awk '$1 == \"TCP\" { n[$3]++ } END { for (s in n) print s, n[s] }'", "TIME_WAIT 6\n"),
];

fn real_counters(ctx: &mut Ctx) -> Result<(), Failure> {
    let site = Site::build(ctx.topology())?;
    let _web = site.serve(80)?;
    let rules = "-A -t 192.0.2.100:80 -s rr\n\
        -a -t 192.0.2.100:80 -r 10.0.0.1:80 -m -x 100 -y 10\n\
        -a -t 192.0.2.100:80 -r 10.0.0.2:80 -m\n\
        -a -t 192.0.2.100:80 -r 10.0.0.3:80 -m\n";
    site.director.cmd_with_input("ipvsadm -R", rules.as_bytes())?.success()?;
    site.expect_answers(WEB, &[("s1", 2), ("s2", 2), ("s3", 2)])?;
    for (question, answer) in QUESTIONS {
        // The last packets of a connection come after its client is done.
        for tool in ["ipvsadm", "ipvsadm-c"] {
            let ask = || site.director.run(&format!("{tool} {question}"));
            wait::until(question, &answer.to_owned(), ask)?;
        }
    }
    for listing in LISTINGS {
        // Rates change between two listings, until they are all 0.
        wait::until(listing, &true, || same(&site.director, listing))?;
    }
    Ok(())
}

fn same(host: &Host, listing: &str) -> Result<bool, Failure> {
    let ours = host.run(&format!("ipvsadm {listing}"))?;
    assert!(listing.contains("timeout") || ours.lines().count() == 7, "{ours}");
    Ok(ours == host.run(&format!("ipvsadm-c {listing}"))?)
}
