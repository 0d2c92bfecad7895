// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ipvsadm -L --verbose`: where the list comes from, on standard error; the list is the same.

mod support;

use ipvs_netlink::Ipvs;
use ipvs_netlink::ext::Features;
use ipvs_netlink::fake::{Kernel, Release};
use support::{Outcome, world};

fn run(features: Option<Features>, words: &[&str]) -> Outcome {
    let kernel = Kernel::new(Release::Linux6_12);
    kernel.set_features(features);
    for line in
        ["-A -t 192.0.2.1:80 -s rr", "-a -t 192.0.2.1:80 -r 10.0.0.1:80 -m", "-A -f 66 -s wlc"]
    {
        let words: Vec<_> = line.split(' ').collect();
        let connect = || Ok(Ipvs::with_backend(kernel.clone()));
        assert_eq!(support::run("ipvsadm", &words, b"", &world(false), connect).status, 0);
    }
    let connect = || Ok(Ipvs::with_backend(kernel.clone()));
    support::run("ipvsadm", words, b"", &world(false), connect)
}

#[test]
fn a_table_says_whether_it_is_a_snapshot() {
    let listings: [&[&str]; 5] = [
        &["-Ln"],
        &["-Ln", "--stats"],
        &["-Ln", "-t", "192.0.2.1:80"],
        &["-L", "--timeout"],
        &["-L", "--daemon"],
    ];
    for (features, tier, source) in [
        (None, "stock kernel", "the table is read until two readings agree"),
        (Some(Features::all_known()), "patched kernel (ipvs_ext)", "the table is one snapshot"),
    ] {
        for words in listings {
            let plain = run(features, words);
            let verbose = run(features, &[words, &["--verbose"]].concat());
            assert_eq!((&plain.stdout, plain.status), (&verbose.stdout, 0), "{words:?}");
            assert_eq!((plain.stderr.as_str(), verbose.status), ("", 0));
            let source = match words[1..] {
                ["--timeout"] => "the timeouts are one answer",
                ["--daemon"] => "the sync daemons are one answer",
                _ => source,
            };
            let name = Ipvs::with_backend(Kernel::new(Release::Linux6_12)).backend_name();
            assert_eq!(verbose.stderr, format!("ipvsadm: {tier}, {name}: {source}\n"), "{words:?}");
        }
    }
}
