// SPDX-License-Identifier: MIT OR Apache-2.0
//! `--netns`: the same in another network namespace.

use ipvs_netlink::Netns;

use super::Outcome;

/// Reads NAME, PID or PATH: all digits are a process, a slash makes a path.
pub(super) fn parse(text: &str) -> Result<Netns, &'static str> {
    if text.is_empty() {
        return Err("a name, the id of a process, or a path");
    }
    match text.bytes().all(|byte| byte.is_ascii_digit()) {
        true => text.parse().map(Netns::Pid).map_err(|_| "no process has an id that large"),
        false => Ok(text.into()),
    }
}

/// Does it there, or here if no other namespace is named.
pub(super) fn inside(netns: Option<&Netns>, work: impl FnOnce() -> Outcome + Send) -> Outcome {
    match netns {
        None => work(),
        Some(netns) => netns.run(work)?,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_processes_and_paths() {
        for (text, netns) in [
            ("blue", Netns::Name("blue".to_owned())),
            ("4711", Netns::Pid(4711)),
            ("4711b", Netns::Name("4711b".to_owned())),
            ("/proc/4711/ns/net", Netns::Path("/proc/4711/ns/net".into())),
            ("./4711", Netns::Path("./4711".into())),
        ] {
            assert_eq!(parse(text), Ok(netns), "{text}");
        }
        assert!(parse("").is_err() && parse("4294967296").is_err());
    }
}
