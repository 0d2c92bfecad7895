// SPDX-License-Identifier: MIT OR Apache-2.0
//! `-h` and `-v`. The manual page has the same usage and headings.

use super::options::{OPTIONS, OptionSpec, Topic, Value};

/// What `-v` prints. Scripts compare it, hence it names the version that this program stands in for.
pub const VERSION: &str = "ipvsadm v1.31 2019/12/24 (compiled with popt and IPVS v1.2.1)\n";

/// The forms of a command line, without the program's name.
pub const USAGE: [&str; 13] = [
    "-A|-E SERVICE [-s name] [-b flags] [-p [seconds]] [-M mask] [--pe name] [-o]",
    "-D SERVICE",
    "-a|-e SERVICE -r host[:port] [-g|-i|-m] [-w number] [-x number] [-y number] [TUNNEL]",
    "-d SERVICE -r host[:port]",
    "-L [SERVICE|-c|--timeout|--daemon] [-n] [LISTING]",
    "-Z [SERVICE]",
    "-C",
    "-S [-n] [--full]",
    "-R [--atomic]",
    "--set tcp tcpfin udp",
    "--start-daemon master|backup [DAEMON]",
    "--stop-daemon master|backup",
    "-h | -v",
];

/// The parts of the table of options, with their headings.
pub const TOPICS: [(Topic, &str); 7] = [
    (Topic::Commands, "Commands (the first option)"),
    (Topic::Service, "SERVICE: which virtual service"),
    (Topic::Balancing, "How a virtual service balances (-A, -E)"),
    (Topic::Server, "Real servers and their TUNNEL (-a, -e, -d)"),
    (Topic::Listing, "LISTING (-L; -n also with -S)"),
    (Topic::Rules, "Saving (-S) and restoring (-R)"),
    (Topic::Daemon, "DAEMON: sync daemons"),
];

/// The text of `-h`; `program` is what the program was called.
pub fn text(program: &[u8]) -> Vec<u8> {
    let mut out = VERSION.as_bytes().to_vec();
    out.extend_from_slice(b"Usage:\n");
    for usage in USAGE {
        out.extend_from_slice(b"  ");
        out.extend_from_slice(program);
        out.extend_from_slice(format!(" {usage}\n").as_bytes());
    }
    for (topic, heading) in TOPICS {
        out.extend_from_slice(format!("\n{heading}:\n").as_bytes());
        for option in OPTIONS.iter().filter(|option| option.topic == topic) {
            out.extend_from_slice(line(option).as_bytes());
        }
    }
    out
}

fn line(option: &OptionSpec) -> String {
    let mut left = String::from("  ");
    for letter in option.short {
        left.push('-');
        left.push(char::from(*letter));
        left.push_str(", ");
    }
    left.push_str("--");
    left.push_str(option.long);
    match option.value {
        Value::No => {}
        Value::Required(value) => left.push_str(&format!(" {value}")),
        Value::Optional(value) => left.push_str(&format!(" [{value}]")),
    }
    format!("{left:<34} {}\n", option.help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_is_explained() {
        let text = String::from_utf8(text(b"./lvs")).expect("ASCII");
        assert!(text.starts_with(VERSION));
        assert!(text.contains("\n  ./lvs -R [--atomic]\n"));
        for option in OPTIONS.iter().filter(|option| option.topic != Topic::Hidden) {
            assert!(text.contains(&line(option)), "{}", option.long);
            assert!(!option.help.is_empty(), "{}", option.long);
        }
        assert!(text.lines().all(|line| line.len() <= 100 && line == line.trim_end()));
    }
}
