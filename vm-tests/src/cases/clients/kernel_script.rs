// SPDX-License-Identifier: MIT OR Apache-2.0
//! The kernel's own test of IPVS: direct routing, NAT and a tunnel, set up with `ipvsadm`.

use std::fs;
use std::time::Duration;

use crate::case::{Case, Failure};
use crate::command;
use crate::ctx::Ctx;
use crate::installation::{Installation, PATH, Tool, shared};

/// The tests of this module.
pub const CASES: &[Case] = &[
    Case::new("clients::kernel_script_passes", |ctx| passes(ctx, Tool::Ours)).timeout(400),
    // A failure of the script, the kernel or the guest would show here too.
    Case::new("clients::kernel_script_passes_with_the_c_tool", |ctx| passes(ctx, Tool::Reference))
        .timeout(400)
        .only(7, 2, "it is the C tool's own business"),
];

const FILES: [&str; 3] = ["netfilter/ipvs.sh", "netfilter/lib.sh", "lib.sh"];

/// How long the script waits for a program to start, and how long it lets programs run: emulated
/// guests need some ten times of that. Nothing else of the script is changed.
const WAITS: [(&str, &str); 3] =
    [("sleep 0.2", "sleep 2"), ("timeout 5 ", "timeout 50 "), ("timeout 2 ", "timeout 20 ")];

fn passes(ctx: &mut Ctx, tool: Tool) -> Result<(), Failure> {
    let (source, copy) = (shared("kernel-tests")?, ctx.directory().join("net"));
    fs::create_dir_all(copy.join("netfilter"))?;
    for file in FILES {
        let mut text = fs::read_to_string(source.join(file))?;
        if file == FILES[0] {
            for (short, long) in WAITS {
                assert_eq!(text.matches(short).count(), 1, "{short}");
                text = text.replace(short, long);
            }
        }
        fs::write(copy.join(file), text)?;
    }
    let _installed = Installation::new(tool, ctx.directory())?;
    // The script ignores failures of `ipvsadm` itself; where traffic shows none, this does.
    let line = format!("{PATH}; cd {}/netfilter && bash ipvs.sh", copy.display());
    let output = command::run(&line, &[], Duration::from_secs(350))?;
    assert_eq!(output.status, 0, "{}{}", output.text(), output.error_text());
    assert_eq!(output.error_text(), "");
    let expected =
        ["Testing DR mode...", "Testing NAT mode...", "Testing Tunnel mode...", "ipvs.sh: "];
    let text = output.text();
    assert!(text.lines().zip(expected).all(|(line, start)| line.starts_with(start)), "{text}");
    assert!(text.contains("PASS") && text.lines().count() == expected.len(), "{text}");
    Ok(())
}
