// SPDX-License-Identifier: MIT OR Apache-2.0
//! No command line and no input makes the program panic, and every failure says why.

mod support;

use ipvs_netlink::Ipvs;
use ipvs_netlink::fake::{Kernel, Release};
use ipvsadm_rs::legacy::options::OPTIONS;
use ipvsadm_rs::legacy::streams::World;
use proptest::prelude::*;
use support::{NO_CONNECTIONS, fixture};

/// Options as they are written, values that mean something, and noise.
fn word() -> impl Strategy<Value = Vec<u8>> {
    let spelled: Vec<Vec<u8>> = OPTIONS
        .iter()
        .flat_map(|option| {
            let letters = option.short.iter().map(|letter| vec![b'-', *letter]);
            letters.chain([format!("--{}", option.long).into_bytes()])
        })
        .collect();
    let values =
        ["10.0.0.1:80", "[::1]:80", "7", "", "-", "--", "rr", "gue", "master", "64", "!#:+"];
    let values: Vec<Vec<u8>> = values.iter().map(|value| value.as_bytes().to_vec()).collect();
    prop_oneof![
        6 => prop::sample::select(spelled),
        4 => prop::sample::select(values),
        1 => prop::collection::vec(any::<u8>(), 0..12),
    ]
}

fn check(arguments: &[Vec<u8>], stdin: &[u8]) -> Result<(), TestCaseError> {
    let host = fixture(NO_CONNECTIONS);
    let world = World { host: &host, posixly_correct: false, hints: false };
    let kernel = Kernel::new(Release::Linux7_2);
    let outcome = support::run("ipvsadm", arguments, stdin, &world, || {
        Ok(Ipvs::with_backend(kernel.clone()))
    });
    prop_assert!([0, 1, 2, 255].contains(&outcome.status), "{outcome:?}");
    prop_assert!(outcome.status == 0 || !outcome.stderr.is_empty(), "{outcome:?}");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_command_line(arguments in prop::collection::vec(word(), 0..10)) {
        check(&arguments, b"")?;
    }

    #[test]
    fn any_restore(lines in prop::collection::vec(prop::collection::vec(word(), 0..8), 0..8)) {
        let lines: Vec<Vec<u8>> = lines.iter().map(|words| words.join(&b' ')).collect();
        check(&[b"-R".to_vec()], &lines.join(&b'\n'))?;
    }
}
