// SPDX-License-Identifier: MIT OR Apache-2.0
//! The model-based driver against two kernels in memory: it reaches every answer, is repeatable, and
//! finds a difference where there is one.

use ipvs_netlink::fake::{Fault, Release};
use ipvs_netlink::types::{Scheduler, ServiceConfig};
use ipvs_netlink::{Errno, Ipvs, Operation};
use vm_tests::model::{self, What};

fn open(release: Release) -> Ipvs {
    Ipvs::with_backend(model::kernel(release))
}

#[test]
fn ten_thousand_operations_reach_every_answer() {
    for release in [Release::Linux6_1, Release::Linux6_12, Release::Linux7_2] {
        let report = model::run(&mut open(release), &mut open(release), 10_000, 42)
            .unwrap_or_else(|mismatch| panic!("{mismatch}"));
        assert!(report.operations >= 10_000 && report.comparisons >= 50, "{report}");
        for (answer, least) in [
            ("create service: done", 100),
            ("create service: EEXIST", 100),
            ("create service: ENOENT", 50),
            ("update service: done", 100),
            ("update service: ESRCH", 50),
            ("update service: ENOENT", 50),
            ("delete service: done", 50),
            ("delete service: ESRCH", 50),
            ("create destination: done", 100),
            ("create destination: ESRCH", 100),
            ("create destination: EEXIST", 50),
            ("create destination: EINVAL", 100),
            ("create destination: ERANGE", 100),
            ("update destination: done", 20),
            ("update destination: ENOENT", 50),
            ("update destination: EINVAL", 20),
            ("update destination: ERANGE", 20),
            ("delete destination: done", 20),
            ("delete destination: ENOENT", 50),
            ("start daemon: done", 10),
            ("start daemon: EEXIST", 5),
            ("start daemon: EINVAL", 10),
            ("start daemon: ENODEV", 5),
            ("start daemon: ENETUNREACH", 1),
            ("stop daemon: done", 10),
            ("stop daemon: ESRCH", 20),
            ("set timeouts: done", 20),
            ("set timeouts: EINVAL", 20),
            ("zero: done", 20),
            ("zero: ESRCH", 20),
            ("flush: done", 5),
            ("not sent (Invalid)", 1),
        ] {
            assert!(report.seen(answer) >= least, "{answer} in {release:?}: {report}");
        }
    }
}

#[test]
fn a_run_depends_on_its_seed_alone() {
    let run = |seed| {
        let release = Release::Linux7_2;
        model::run(&mut open(release), &mut open(release), 1000, seed).expect("equal").answers
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

#[test]
fn kernels_that_differ_are_told_apart_by_few_operations() {
    let mismatch =
        model::run(&mut open(Release::Linux6_1), &mut open(Release::Linux6_12), 10_000, 7)
            .expect_err("6.1 has no twos and limits thresholds");
    assert!(matches!(mismatch.what, What::Answers(_)), "{mismatch}");
    let shrunk = mismatch.shrunk.as_ref().expect("repeatable");
    assert!((1..=2).contains(&shrunk.len()), "{mismatch}");
    assert!(mismatch.to_string().contains("kernel / model"), "{mismatch}");
}

#[test]
fn a_silent_change_is_found_in_the_state() {
    let kernel = model::kernel(Release::Linux6_12);
    let service = "fwmark/99".parse().expect("service");
    let config = ServiceConfig::new(Scheduler::RR);
    // Emptying takes two operations.
    kernel.change_before_operation(200, Operation::CreateService { service, config });
    let mut changed = Ipvs::with_backend(kernel);
    let mismatch = model::run(&mut changed, &mut open(Release::Linux6_12), 1000, 3)
        .expect_err("somebody else changed it");
    assert!(mismatch.step >= 198 && mismatch.shrunk.is_none(), "{mismatch}");
}

#[test]
fn a_wrong_answer_is_found_where_it_was_given() {
    let kernel = model::kernel(Release::Linux6_12);
    kernel.inject(100, Fault::Refuse(Errno::ENOMEM));
    let mut wrong = Ipvs::with_backend(kernel);
    let mismatch = model::run(&mut wrong, &mut open(Release::Linux6_12), 1000, 3)
        .expect_err("one answer is wrong");
    let What::Answers(text) = &mismatch.what else { panic!("{mismatch}") };
    assert!(text.contains("ENOMEM"), "{mismatch}");
}
