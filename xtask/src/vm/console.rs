// SPDX-License-Identifier: MIT OR Apache-2.0
//! The guest's console log: what the kernel complained about.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// The first complaint of the kernel in a console log: panic, oops, a bug report, a stall, or a
/// warning from the network code.
///
/// # Errors
/// The log cannot be read.
pub fn complaint(log: &Path) -> Result<Option<String>> {
    let bytes = fs::read(log).with_context(|| format!("cannot read {}", log.display()))?;
    let text = String::from_utf8_lossy(&bytes);
    Ok(text.lines().find(|line| is_complaint(line)).map(|line| line.trim().to_owned()))
}

/// The last lines of a console log, for a guest that did not even boot.
pub fn tail(log: &Path, lines: usize) -> String {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let all: Vec<_> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}

fn is_complaint(line: &str) -> bool {
    const ALWAYS: [&str; 8] = [
        "Kernel panic",
        "BUG:",
        "Oops:",
        "general protection fault",
        "UBSAN:",
        "blocked for more than",
        "unregister_netdevice: waiting",
        "refcount_t:",
    ];
    let stall = line.contains("rcu") && line.contains("stall") && !line.contains("Command line");
    let warning = line.contains("WARNING:")
        && ["net/", "netfilter", "ipvs", "ip_vs"].iter().any(|place| line.contains(place));
    stall && line.contains("detected") || warning || ALWAYS.iter().any(|text| line.contains(text))
}

#[cfg(test)]
mod tests {
    use super::is_complaint;

    #[test]
    fn complaints_are_found_and_ordinary_lines_are_not() {
        for line in [
            "[    5.1] Kernel panic - not syncing: sysrq triggered crash",
            "[    5.1] BUG: kernel NULL pointer dereference, address: 0000000000000000",
            "[    5.1] Oops: Oops: 0002 [#1] PREEMPT SMP NOPTI",
            "[    5.1] WARNING: CPU: 0 PID: 9 at net/netfilter/ipvs/ip_vs_ctl.c:99 f+0x1",
            "[   65.0] rcu: INFO: rcu_preempt self-detected stall on CPU",
            "[  125.0] INFO: task ipvsadm:99 blocked for more than 120 seconds.",
        ] {
            assert!(is_complaint(line), "{line}");
        }
        for line in [
            "[    0.0] Kernel command line: panic=-1 rcupdate.rcu_cpu_stall_timeout=60",
            "[    0.0] Command line: oops=panic",
            "[    0.9] WARNING: CPU: 0 PID: 1 at arch/x86/kernel/fpu.c:1",
            "[    4.1] IPVS: ipvs loaded.",
        ] {
            assert!(!is_complaint(line), "{line}");
        }
    }
}
