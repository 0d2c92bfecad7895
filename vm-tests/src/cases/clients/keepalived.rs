// SPDX-License-Identifier: MIT OR Apache-2.0
//! keepalived, which writes to the same table by itself: `ipvsadm` shows what it does, and what is
//! added with `ipvsadm` lives beside it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::case::{Case, Failure};
use crate::ctx::Ctx;
use crate::installation::{Installation, PATH, Tool};
use crate::site::Site;
use crate::topology::Host;
use crate::wait;

/// The tests of this module.
pub const CASES: &[Case] =
    &[Case::new("clients::keepalived_and_ipvsadm_share_a_table", share_a_table).timeout(400)];

const WEB: &str = "tcp/192.0.2.100:80";
const API: &str = "tcp/192.0.2.100:81";

const CONFIG: &str = "
virtual_server 192.0.2.100 80 {
    delay_loop 1
    lb_algo wrr
    lb_kind NAT
    protocol TCP
    real_server 10.0.0.1 80 {
        weight 1
        TCP_CHECK {
            connect_timeout 5
            retry 0
        }
    }
    real_server 10.0.0.2 80 {
        weight 2
        inhibit_on_failure
        TCP_CHECK {
            connect_timeout 5
            retry 0
        }
    }
    real_server 10.0.0.3 80 {
        weight 1
        uthreshold 100
        lthreshold 10
        TCP_CHECK {
            connect_timeout 5
            retry 0
        }
    }
}
virtual_server fwmark 9 {
    lb_algo sh
    lb_kind TUN
    persistence_timeout 70
    alpha
    real_server 10.0.0.1 0 {
        weight 5
    }
}
";

fn share_a_table(ctx: &mut Ctx) -> Result<(), Failure> {
    let site = Site::build(ctx.topology())?;
    let installation = Installation::new(Tool::Ours, ctx.directory())?;
    let mut web = site.serve(80)?;
    let _api = site.serve(81)?;
    let daemon = Daemon::start(&site.director, installation.directory())?;
    let log = || fs::read_to_string(daemon.directory.join("log")).unwrap_or_default();

    let all = ["10.0.0.1:80=1", "10.0.0.2:80=2", "10.0.0.3:80=1 10..100"];
    site.expect("the start", WEB, &all)
        .map_err(|failure| Failure::new(format!("{failure}\n{}", log())))?;
    same_listings(&site.director)?;
    let rules = "-A -t 192.0.2.100:81 -s rr\n\
        -a -t 192.0.2.100:81 -r 10.0.0.1:81 -m\n\
        -a -t 192.0.2.100:81 -r 10.0.0.2:81 -m\n";
    let line = format!("{PATH}; ipvsadm -R");
    site.director.cmd_with_input(&line, rules.as_bytes())?.success()?;
    site.expect("the restore", WEB, &all)?;
    site.expect("the restore", API, &["10.0.0.1:81=1", "10.0.0.2:81=1"])?;
    site.expect_answers(WEB, &[("s1", 2), ("s2", 4), ("s3", 2)])?;
    site.expect_answers(API, &[("s1", 2), ("s2", 2)])?;
    same_listings(&site.director)?;

    drop(web.pop());
    site.expect("a closed port", WEB, &all[..2])?;
    drop(web.pop());
    site.expect("a closed port", WEB, &["10.0.0.1:80=1", "10.0.0.2:80=0"])?;
    same_listings(&site.director)?;
    site.expect_answers(WEB, &[("s1", 2)])?;

    daemon.stop()?;
    let left = site.director.run(&format!("{PATH}; ipvsadm -Sn"))?;
    assert_eq!(
        left,
        "-A -t 192.0.2.100:81 -s rr\n\
         -a -t 192.0.2.100:81 -r 10.0.0.1:81 -m -w 1\n\
         -a -t 192.0.2.100:81 -r 10.0.0.2:81 -m -w 1\n"
    );
    Ok(())
}

/// Both tools show the same of what another program has made.
fn same_listings(host: &Host) -> Result<(), Failure> {
    for options in ["-Sn", "-Ln --thresholds", "-Ln --persistent-conn"] {
        let ours = host.run(&format!("{PATH}; ipvsadm {options}"))?;
        assert!(ours.contains("192.0.2.100:80"), "{ours}");
        // Up to 6.x the C tool may list a service twice, see `init_script`.
        wait::until(options, &ours, || host.run(&format!("ipvsadm-c {options}")))?;
    }
    Ok(())
}

/// A running keepalived that only looks after servers; killed when dropped.
struct Daemon<'a> {
    host: &'a Host,
    directory: PathBuf,
}

impl<'a> Daemon<'a> {
    fn start(host: &'a Host, directory: &Path) -> Result<Self, Failure> {
        let daemon = Self { host, directory: directory.to_path_buf() };
        fs::write(directory.join("conf"), CONFIG)?;
        // In a session of its own: what the command leaves behind in its own is killed.
        host.run(&format!(
            "{PATH}; cd {} && setsid --wait bash -c 'keepalived --dont-fork --check --no-syslog \
             --log-console --log-detail --use-file conf --pid $PWD/pid \
             --checkers_pid $PWD/checkers </dev/null >log 2>&1 &'",
            directory.display()
        ))?;
        Ok(daemon)
    }

    fn stop(&self) -> Result<(), Failure> {
        let pid = self.directory.join("pid");
        self.host.run(&format!("kill $(cat {})", pid.display()))?;
        wait::until("the file with its process id", &false, || Ok(pid.exists()))
    }
}

impl Drop for Daemon<'_> {
    fn drop(&mut self) {
        // Fails when it has ended, as it should have.
        let _ = self
            .host
            .cmd(&format!("kill -KILL $(cat {0}/pid {0}/checkers)", self.directory.display()));
    }
}
