// SPDX-License-Identifier: MIT OR Apache-2.0
//! The public scenarios in process, against the kernel in memory, compared with what the C tool did
//! on a real one (`scenarios/README.md`).

mod support;

use std::collections::BTreeMap;

use ipvs_netlink::Ipvs;
use ipvs_netlink::ext::Features;
use ipvs_netlink::fake::{Interface, Kernel, Release};
use ipvs_netlink::types::InterfaceName;
use ipvsadm_rs::legacy::streams::World;
use support::shell::{self, Ran};
use support::{NO_CONNECTIONS, fixture};

/// Scenarios that differ on purpose: how they start, what differs.
const DIFFERENT: &[(&str, &str)] = &[
    ("ipvsadm -h", "the help's prose is our own"),
    ("printf -- '-A -t 10.0.0.1:80 -s rr  ' |", "a last line is carried out, blanks or not"),
];

/// Scenarios that need more than a kernel in memory: how they start, what they need.
const OUT_OF_REACH: &[(&str, &str)] = &[
    ("ln -s", "links"),
    ("ipvsadm -A -t 10.0.0.1:80; for i in", "loops"),
    ("ipvsadm -A -t 10.0.0.1:80 -s wrr; for w in", "loops"),
    ("ipvsadm -A -u 192.168.99.1:53", "traffic"),
    ("sleep 1", "traffic"),
    ("x=$(printf '%04000d' 80)", "a real printf"),
    ("ipvsadm -A -t 10.0.0.1:80; ipvsadm -a -t 10.0.0.1:80 -r 10.0.0.2; mv /etc", "files in /etc"),
];

/// The observed blocks, in order: the line, and what it printed.
fn observed() -> Vec<(String, String)> {
    let text = include_bytes!("scenarios/observed-6.1.txt");
    let text = String::from_utf8_lossy(text).into_owned();
    let mut blocks: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        match (line.strip_prefix("### "), blocks.last_mut()) {
            (Some(scenario), _) => blocks.push((scenario.to_owned(), String::new())),
            (None, Some((_, block))) => *block += &format!("{line}\n"),
            (None, None) => panic!("text before the first scenario: {line}"),
        }
    }
    blocks
}

/// A fresh namespace as the observations had: `lo` and `dummy0`.
fn namespace(features: Option<Features>) -> Kernel {
    let kernel = Kernel::new(Release::Linux6_1);
    kernel.set_features(features);
    let name = |name: &str| InterfaceName::new(name).expect("a short name");
    kernel.remove_interface(name("eth0"));
    kernel.set_interface(name("dummy0"), Interface::new(1500));
    kernel
}

/// Runs a scenario in a fresh namespace and writes what it printed as the observer did.
fn transcript(scenario: &str, features: Option<Features>) -> Result<String, String> {
    let kernel = namespace(features);
    let host = fixture(NO_CONNECTIONS);
    let ran = shell::run(scenario, &mut |words, assignments, stdin| {
        let posixly_correct = assignments.iter().any(|word| word.starts_with(b"POSIXLY_CORRECT="));
        let world = World { host: &host, posixly_correct, hints: false };
        let name = String::from_utf8_lossy(&words[0]).into_owned();
        let connect = || Ok(Ipvs::with_backend(kernel.clone()));
        let (stdout, stderr, status) = support::raw(&name, &words[1..], stdin, &world, connect);
        Ran { stdout, stderr, status }
    })?;
    let mut text = String::new();
    for (mark, bytes) in [("O|", &ran.stdout), ("E|", &ran.stderr)] {
        for line in String::from_utf8_lossy(bytes).lines() {
            text += &format!("{mark}{line}$\n");
        }
    }
    Ok(text + &format!("rc={}\n", ran.status))
}

fn listed<'a>(list: &[(&'a str, &'a str)], scenario: &str) -> Option<&'a str> {
    list.iter().find(|(start, _)| scenario.starts_with(start)).map(|(_, why)| *why)
}

#[test]
fn scenarios_print_what_the_c_tool_printed() {
    compared(None);
}

/// Where listings come from a snapshot, nobody can tell.
#[test]
fn and_so_they_do_on_a_patched_kernel() {
    compared(Some(Features::all_known()));
}

fn compared(features: Option<Features>) {
    let observed = observed();
    assert_eq!(observed.len(), 302);
    let mut failures = Vec::new();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (scenario, expected) in &observed {
        if let Some(why) = listed(OUT_OF_REACH, scenario) {
            // A scenario that the little shell can run must not hide in that list.
            if transcript(scenario, features).is_ok_and(|text| text == *expected) {
                failures.push(format!("{scenario}\nis said to need {why}, but passes"));
            }
            *counts.entry("out of reach").or_default() += 1;
            continue;
        }
        let text =
            transcript(scenario, features).unwrap_or_else(|why| format!("cannot run: {why}\n"));
        match (text == *expected, listed(DIFFERENT, scenario)) {
            (true, None) => *counts.entry("equal").or_default() += 1,
            (false, Some(_)) => *counts.entry("different on purpose").or_default() += 1,
            (true, Some(why)) => failures.push(format!("{scenario}\nshould differ: {why}")),
            (false, None) => {
                failures.push(format!("{scenario}\n--- C\n{expected}--- ours\n{text}"))
            }
        }
    }
    println!("{counts:?}");
    assert!(failures.is_empty(), "{} failed:\n\n{}", failures.len(), failures.join("\n"));
}
