// SPDX-License-Identifier: MIT OR Apache-2.0
//! Rulesets from outside: what is accepted, and what is refused with which words.

use ipvs_netlink::Ruleset;

fn read(text: &str) -> Result<Ruleset, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

/// The message without serde_json's position.
fn refusal(text: &str) -> String {
    let message = read(text).expect_err("refused");
    message.split(" at line").next().unwrap_or_default().to_owned()
}

fn with_service(rest: &str) -> String {
    format!(r#"{{"version":1,"services":[{{"service":"tcp/192.0.2.1:80",{rest}}}]}}"#)
}

fn with_dest(dest: &str, config: &str) -> String {
    with_service(&format!(
        r#""config":{{"scheduler":"rr"}},"destinations":[{{"destination":"{dest}","config":{{{config}}}}}]"#
    ))
}

#[test]
fn the_form_is_stable() {
    let text = r#"{"version":1,"services":[{"service":"tcp/192.0.2.1:80","config":{"scheduler":"sh","flags":"SCHED1","persistence":{"timeout_seconds":360,"granularity":"255.255.255.0"}},"destinations":[{"destination":"10.0.0.2:80","config":{"forward":"masq","weight":1}},{"destination":"10.0.0.3:80","config":{"forward":{"tunnel":{"gue":{"port":6080}}},"weight":2,"upper_threshold":10}}]}],"timeouts":{"tcp_seconds":900,"tcp_fin_seconds":120,"udp_seconds":300},"daemons":[{"role":"master","interface":"eth0","sync_id":3}]}"#;
    let rules = read(text).expect("valid");
    assert_eq!(serde_json::to_string(&rules).expect("serialises"), text);
}

#[test]
fn order_does_not_matter_and_parts_may_be_missing() {
    let dest = |n: u8| {
        format!(r#"{{"destination":"10.0.0.{n}:80","config":{{"forward":"masq","weight":1}}}}"#)
    };
    let service = |a, b| {
        let dests = format!("{},{}", dest(a), dest(b));
        with_service(&format!(r#""config":{{"scheduler":"rr"}},"destinations":[{dests}]"#))
    };
    assert_eq!(read(&service(2, 3)), read(&service(3, 2)));
    let none = read(r#"{"version":1,"services":[]}"#).expect("valid");
    assert_eq!((none.timeouts(), none.daemons().is_none()), (None, true));
    let stopped = read(r#"{"version":1,"services":[],"daemons":[]}"#).expect("valid");
    assert_eq!(stopped.daemons().map(|d| d.len()), Some(0));
    assert_ne!(none, stopped);
}

#[test]
fn what_is_there_twice_is_named() {
    let service = r#"{"service":"tcp/192.0.2.1:80","config":{"scheduler":"rr"}}"#;
    let twice = format!(r#"{{"version":1,"services":[{service},{service}]}}"#);
    assert_eq!(refusal(&twice), "service tcp/192.0.2.1:80 is there twice: remove one");

    let dest = r#"{"destination":"10.0.0.2:80","config":{"forward":"masq","weight":1}}"#;
    let twice =
        with_service(&format!(r#""config":{{"scheduler":"rr"}},"destinations":[{dest},{dest}]"#));
    assert_eq!(
        refusal(&twice),
        "destination 10.0.0.2:80 of tcp/192.0.2.1:80 is there twice: remove one"
    );

    let daemon = r#"{"role":"backup","interface":"eth0"}"#;
    let twice = format!(r#"{{"version":1,"services":[],"daemons":[{daemon},{daemon}]}}"#);
    assert_eq!(
        refusal(&twice),
        "there are two backup daemons: a namespace runs at most one, remove the other"
    );
}

#[test]
fn values_that_no_kernel_takes_are_refused_with_their_place() {
    let cases = [
        (
            with_dest("10.0.0.2:80", r#""forward":"masq","weight":2147483648"#),
            "destination 10.0.0.2:80 of tcp/192.0.2.1:80: weight 2147483648 is above 2147483647",
        ),
        (
            with_dest("10.0.0.2:80", r#""forward":"masq","weight":1,"lower_threshold":5"#),
            "destination 10.0.0.2:80 of tcp/192.0.2.1:80: lower threshold 5 is above the upper \
             threshold 0",
        ),
        (
            with_dest("[fd00::2]:80", r#""forward":"masq","weight":1"#),
            "destination [fd00::2]:80 of tcp/192.0.2.1:80: its family is not the service's: only \
             tunnels can cross families",
        ),
        (
            with_service(
                r#""config":{"scheduler":"rr","persistence":{"timeout_seconds":1,"granularity":"/64"}}"#,
            ),
            "service tcp/192.0.2.1:80: persistence granularity `/64` is not one for IPv4",
        ),
        (
            with_service(r#""config":{"scheduler":"rr","persistence":{"timeout_seconds":4294968}}"#),
            "service tcp/192.0.2.1:80: persistence of 4294968s: expected whole seconds, at most \
             4294967s",
        ),
        (
            with_service(r#""config":{"scheduler":"rr","flags":"0x3"}"#),
            "service tcp/192.0.2.1:80: flags 0x3 contain bits 0x1 or 0x2, which the kernel keeps \
             for itself",
        ),
        (
            r#"{"version":1,"services":[],"timeouts":{"tcp_seconds":1,"tcp_fin_seconds":0,"udp_seconds":1}}"#
                .into(),
            "timeout tcp_fin: 0ns: expected whole seconds from 1 to 2147483647",
        ),
        (
            r#"{"version":1,"services":[],"daemons":[{"role":"master","interface":"lo","group":"10.0.0.1"}]}"#
                .into(),
            "master daemon: group 10.0.0.1 is not a multicast address",
        ),
        (
            r#"{"version":2,"services":[]}"#.into(),
            "ruleset version 2 can't be read: expected 1",
        ),
    ];
    for (text, message) in cases {
        assert_eq!(refusal(&text), message, "{text}");
    }
}

#[test]
fn a_sync_daemon_excludes_mixed_families() {
    let text = with_dest("[fd00::2]:80", r#""forward":{"tunnel":"ipip"},"weight":1"#);
    read(&text).expect("valid without a daemon");
    let daemon = r#","daemons":[{"role":"master","interface":"lo"}]}"#;
    let text = format!("{}{daemon}", text.strip_suffix('}').expect("an object"));
    assert_eq!(
        refusal(&text),
        "destination [fd00::2]:80 of tcp/192.0.2.1:80 is of another address family than the \
         service, which excludes sync daemons: remove the destination or the daemons"
    );
}

#[test]
fn unknown_and_missing_fields_are_refused() {
    for text in [
        r#"{"version":1,"services":[],"servces":[]}"#,
        r#"{"version":1}"#,
        r#"{"services":[]}"#,
        &with_service(r#""config":{"scheduler":"rr"},"dests":[]"#),
        &with_service(r#""config":{"scheduler":"rr","wieght":1}"#),
        &with_dest("10.0.0.2:80", r#""forward":"masq","weight":1,"weigth":2"#),
        &with_dest("10.0.0.2", r#""forward":"masq","weight":1"#),
    ] {
        assert!(read(text).is_err(), "{text}");
    }
}
