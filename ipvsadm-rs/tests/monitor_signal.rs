// SPDX-License-Identifier: MIT OR Apache-2.0
//! Ctrl-C ends `ipvsadm monitor` with status 0. A process of its own: the signal is everybody's.

mod support;

use std::thread;
use std::time::{Duration, Instant};

use ipvs_netlink::Ipvs;
use ipvs_netlink::ext::Features;
use ipvs_netlink::fake::{Kernel, Release};
use support::world;

#[test]
fn ctrl_c_is_no_failure() {
    for features in [Some(Features::all_known()), None] {
        let kernel = Kernel::new(Release::Linux7_2);
        kernel.set_features(features);
        let connect = || Ok(Ipvs::with_backend(kernel.clone()));
        let begin = Instant::now();
        let pressed = thread::spawn(|| {
            thread::sleep(Duration::from_millis(300));
            signal_hook::low_level::raise(signal_hook::consts::SIGINT).expect("raised");
        });
        let outcome = support::run("ipvsadm", &["monitor", "--json"], b"", &world(false), connect);
        pressed.join().expect("no panic");
        assert_eq!((outcome.status, outcome.stderr.as_str()), (0, ""));
        assert_eq!(outcome.stdout.lines().count(), 1, "{}", outcome.stdout);
        assert!(begin.elapsed() < Duration::from_secs(10));
    }
}
