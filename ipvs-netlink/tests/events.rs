// SPDX-License-Identifier: MIT OR Apache-2.0
//! Events come in their order, and nothing is missed without a word.

use std::time::Duration;

use ipvs_netlink::ext::*;
use ipvs_netlink::fake::{Fault, Kernel, Release};
use ipvs_netlink::types::*;
use ipvs_netlink::{Error, Ipvs, Operation, Ruleset};
use proptest::collection::vec;
use proptest::prelude::*;

fn patched() -> (Kernel, Ipvs) {
    let kernel = Kernel::new(Release::Linux6_12);
    kernel.set_features(Some(Features::all_known()));
    (kernel.clone(), Ipvs::with_backend(kernel))
}

fn service(n: u32) -> ServiceKey {
    ServiceKey::fwmark(n.try_into().expect("a mark"), Family::Ipv4)
}

fn create(n: u32) -> Operation {
    Operation::CreateService { service: service(n), config: ServiceConfig::new(Scheduler::RR) }
}

/// What comes without waiting.
fn pending(events: &mut Events<'_>) -> Result<Vec<Notice>, Error> {
    let mut all = Vec::new();
    while let Some(notice) = events.next_within(Duration::ZERO)? {
        all.push(notice);
    }
    Ok(all)
}

fn numbers(notices: &[Notice]) -> Vec<u32> {
    let number = |notice: &Notice| match notice {
        Notice::Event(event) => event.genid,
        other => panic!("{other:?}"),
    };
    notices.iter().map(number).collect()
}

#[test]
fn a_snapshot_then_what_happens_after_it() -> Result<(), Error> {
    let (kernel, mut ipvs) = patched();
    kernel.change(create(1)).expect("new");
    let mut events = ipvs.events()?;
    // After joining and before the snapshot: it is in that, and not told again.
    kernel.change(create(2)).expect("new");
    let Some(Notice::Snapshot(snapshot)) = events.next_within(Duration::ZERO)? else {
        panic!("first the snapshot")
    };
    assert_eq!((snapshot.genid, snapshot.table.services.len()), (3, 2));
    assert_eq!(pending(&mut events)?, []);
    kernel.change(create(3)).expect("new");
    kernel.change(create(3)).expect_err("it exists");
    let timeouts = TimeoutsChange { udp: Some(Duration::from_secs(9)), ..Default::default() };
    kernel.change(Operation::SetTimeouts { change: timeouts }).expect("set");
    let all = pending(&mut events)?;
    assert_eq!(numbers(&all), [4, 5]);
    assert_eq!(all[0], Notice::Event(Event::new(4, None, Happening::Done(create(3)))));
    let Notice::Event(Event { happening: Happening::Done(told), .. }) = all[1] else { panic!() };
    let Operation::SetTimeouts { change } = told else { panic!("{told}") };
    assert_eq!(change.tcp, Some(Duration::from_secs(900)), "all of them are told");
    Ok(())
}

#[test]
fn numbers_wrap() -> Result<(), Error> {
    let (kernel, mut ipvs) = patched();
    kernel.set_genid(u32::MAX - 1);
    let mut events = ipvs.events()?;
    kernel.change(Operation::Flush).expect("done");
    events.next_within(Duration::ZERO)?;
    (0..2).for_each(|_| kernel.change(Operation::Flush).expect("done"));
    assert_eq!(numbers(&pending(&mut events)?), [0, 1]);
    Ok(())
}

#[test]
fn a_gap_is_an_overrun_and_a_new_snapshot() -> Result<(), Error> {
    let (kernel, mut ipvs) = patched();
    let mut events = ipvs.events()?;
    events.next_within(Duration::ZERO)?;
    kernel.set_genid(5);
    kernel.change(create(1)).expect("new");
    kernel.change(create(2)).expect("new");
    let all = pending(&mut events)?;
    let [Notice::Overrun(overrun), Notice::Snapshot(snapshot)] = &all[..] else {
        panic!("{all:?}")
    };
    assert_eq!((overrun.after, overrun.before, overrun.missed()), (1, Some(6), Some(4)));
    assert_eq!(overrun.to_string(), "4 changes were missed after number 1");
    assert_eq!((snapshot.genid, snapshot.table.services.len()), (7, 2));
    Ok(())
}

/// A socket that ran over takes nothing more until it was empty: what happened between the overrun and
/// that moment must not be missed, even if nothing comes after it.
#[test]
fn an_overrun_ends_in_the_state_that_there_is() -> Result<(), Error> {
    for after in 0..6 {
        let (kernel, mut ipvs) = patched();
        kernel.set_event_queue(4);
        let mut events = ipvs.events()?;
        events.next_within(Duration::ZERO)?;
        (1..=10).for_each(|n| kernel.change(create(n)).expect("new"));
        let Some(Notice::Overrun(overrun)) = events.next_within(Duration::ZERO)? else {
            panic!("it ran over")
        };
        assert_eq!((overrun.missed(), overrun.after), (None, 1));
        let Some(Notice::Snapshot(snapshot)) = events.next_within(Duration::ZERO)? else {
            panic!("a snapshot follows")
        };
        let mut known = snapshot.into_ruleset();
        (11..11 + after).for_each(|n| kernel.change(create(n)).expect("new"));
        for notice in pending(&mut events)? {
            match notice {
                Notice::Snapshot(snapshot) => known = snapshot.into_ruleset(),
                Notice::Event(event) => follow(&mut known, &event),
                _ => {}
            }
        }
        assert_eq!(known, kernel.ruleset(), "{after} changes after the overrun");
    }
    Ok(())
}

#[test]
fn an_error_is_not_the_end() -> Result<(), Error> {
    let (kernel, mut ipvs) = patched();
    let mut other = Ipvs::with_backend(kernel.clone());
    let mut events = ipvs.events()?;
    kernel.inject(0, Fault::Die);
    other.flush().expect_err("dead");
    events.next_within(Duration::ZERO).expect_err("no snapshot");
    kernel.clear_faults();
    assert!(matches!(events.next(), Some(Ok(Notice::Snapshot(_)))));
    Ok(())
}

#[test]
fn it_waits_for_what_comes() -> Result<(), Error> {
    let (kernel, mut ipvs) = patched();
    let mut events = ipvs.events()?;
    events.next_within(Duration::ZERO)?;
    let begin = std::time::Instant::now();
    assert_eq!(events.next_within(Duration::from_millis(50))?, None);
    assert!(begin.elapsed() >= Duration::from_millis(50));
    let later = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(20));
        kernel.change(create(1)).expect("new");
    });
    let notice = events.next().expect("never the end")?;
    later.join().expect("no panic");
    assert_eq!(numbers(&[notice]), [2]);
    Ok(())
}

/// What an event says, done to a ruleset; what undoes it leads back.
fn follow(rules: &mut Ruleset, event: &Event) {
    let Happening::Done(operation) = event.happening else { panic!("{event:?}") };
    let before = rules.clone();
    let step = rules.follow(&operation);
    let mut back = rules.clone();
    step.undo().iter().for_each(|undo| drop(back.follow(undo)));
    assert_eq!(back, before, "{step}");
}

fn operation() -> impl Strategy<Value = Operation> {
    let service = || (1..4_u32).prop_map(service);
    let dest = || (1..4_u8).prop_map(|n| DestKey::new([10, 0, 0, n].into(), 80));
    let dest_config = || (0..3_u32).prop_map(|n| DestConfig::new(Forward::Masq).weight(n));
    let config =
        || prop_oneof![Just(Scheduler::RR), Just(Scheduler::WLC)].prop_map(ServiceConfig::new);
    let mask = ServiceFlags::all();
    let daemon = DaemonConfig::new(DaemonRole::Master, InterfaceName::new("eth0").expect("short"));
    prop_oneof![
        (service(), config())
            .prop_map(|(service, config)| Operation::CreateService { service, config }),
        (service(), config()).prop_map(move |(service, config)| Operation::UpdateService {
            service,
            config,
            mask
        }),
        service().prop_map(|service| Operation::DeleteService { service }),
        (service(), dest(), dest_config()).prop_map(|(service, dest, config)| {
            Operation::CreateDest { service, dest, config }
        }),
        (service(), dest(), dest_config()).prop_map(|(service, dest, config)| {
            Operation::UpdateDest { service, dest, config }
        }),
        (service(), dest()).prop_map(|(service, dest)| Operation::DeleteDest { service, dest }),
        (1..9_u64).prop_map(|n| {
            let tcp = Some(Duration::from_secs(n));
            Operation::SetTimeouts { change: TimeoutsChange { tcp, ..Default::default() } }
        }),
        Just(Operation::StartDaemon { config: daemon }),
        Just(Operation::StopDaemon { role: DaemonRole::Master }),
        service().prop_map(|service| Operation::Zero { service: Some(service) }),
        Just(Operation::Flush),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Whatever happens, and however small the queue is, who follows the notices knows the state.
    #[test]
    fn who_follows_knows_the_state(
        batches in vec((vec(operation(), 0..8), 0..5_usize), 0..12), room in 1..6_usize,
    ) {
        let (kernel, mut ipvs) = patched();
        kernel.set_event_queue(room);
        let mut events = ipvs.events().expect("patched");
        let mut known = Ruleset::new();
        let mut take = |events: &mut Events<'_>| {
            let notice = events.next_within(Duration::ZERO).expect("alive");
            match &notice {
                Some(Notice::Snapshot(snapshot)) => known = snapshot.clone().into_ruleset(),
                Some(Notice::Event(event)) => follow(&mut known, event),
                _ => {}
            }
            (notice.is_some(), known.clone())
        };
        for (operations, read) in batches {
            for operation in operations {
                let _ = kernel.change(operation);
            }
            (0..read).for_each(|_| drop(take(&mut events)));
        }
        let known = loop {
            if let (false, known) = take(&mut events) {
                break known;
            }
        };
        prop_assert_eq!(known, kernel.ruleset());
    }
}
