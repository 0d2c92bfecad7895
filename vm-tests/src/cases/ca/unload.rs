// SPDX-License-Identifier: MIT OR Apache-2.0
//! The modules go away and come back while clients ask.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use super::peers::{Client, Teller};
use super::{assert_hidden, assert_seen, names};
use crate::case::Failure;
use crate::ctx::Ctx;
use crate::full_nat::{FullNat, SERVICES};
use crate::{modules, wait};

const ROUNDS: u64 = 5;

pub fn run(ctx: &mut Ctx) -> Result<(), Failure> {
    let modules = modules::alone()?;
    let before = modules::complaints()?;
    let site = FullNat::build(ctx.topology())?;
    let _server = Teller::start(&site.server, "[::]:80")?;
    let (stop, asked) = (AtomicBool::new(false), AtomicU64::new(0));
    let load = |service: &str| -> Result<(), Failure> {
        let service = service.parse()?;
        while !stop.load(Ordering::Relaxed) {
            let mut client = Client::connect(service)?;
            client.names()?;
            asked.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    };
    thread::scope(|scope| {
        let clients: Vec<_> = SERVICES
            .into_iter()
            .cycle()
            .take(4)
            .map(|service| scope.spawn(|| site.client.inside(|| load(service))))
            .collect();
        let changes = (0..ROUNDS).try_for_each(|round| {
            let more = asked.load(Ordering::Relaxed) + 10;
            wait::until("more answers", &true, || Ok(asked.load(Ordering::Relaxed) >= more))?;
            for name in ["ip_vs_ca", "ip_vs_toa"] {
                modules.remove(name)?;
            }
            if round + 1 < ROUNDS {
                thread::sleep(Duration::from_millis(200));
                for name in ["ip_vs_toa", "ip_vs_ca"] {
                    modules.load(name)?;
                }
            }
            Ok::<_, Failure>(())
        });
        stop.store(true, Ordering::Relaxed);
        for client in clients {
            client.join().map_err(|_| Failure::new("a client panicked"))??;
        }
        changes
    })?;
    for service in SERVICES {
        let service = service.parse()?;
        assert_hidden(&names(&site.client, service)?, service)?;
    }
    for name in ["ip_vs_toa", "ip_vs_ca"] {
        modules.load(name)?;
    }
    for service in SERVICES {
        assert_seen(&names(&site.client, service.parse()?)?);
    }
    assert_eq!(modules::complaints()?, before);
    Ok(())
}
