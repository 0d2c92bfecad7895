// SPDX-License-Identifier: MIT OR Apache-2.0
//! The command line of `cargo xtask kernel`.

use std::ffi::OsString;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use super::make::Flavour;
use super::source::Source;
use super::tree::Tree;
use super::{build, checks};
use crate::vm::kernel::{self, Kernel};
use crate::vm::setup;

const USAGE: &str = "\
cargo xtask kernel COMMAND [--kernel 6.1|6.12|7.2|6.12-checked|7.2-checked]

  build [--debug]  fetch the distribution's source and headers, apply the patches, build ip_vs.ko
                   (with --debug: with the messages of CONFIG_IP_VS_DEBUG)
  refresh          write the patches and the series again from the commits in the work tree
  check            checkpatch on the patches and the modules, and every patch built on its own;
                   without --kernel for all kernels
  modules          the modules of kernel-patches/modules; without --kernel, or with `--kernel all`,
                   for all kernels
  checked          a whole kernel with KASAN and lockdep, from the distribution's source (a quarter of
                   an hour); then `--kernel 6.12-checked` boots it, here and with `vm`
  bench            how long it takes to get at 100,000 connections, stock and patched, in one guest

`cargo xtask vm run --patched` and `vm test --patched` boot with the patched module.";

struct Options {
    kernel: Option<&'static Kernel>,
    all: bool,
    debug: bool,
}

/// `cargo xtask kernel`.
pub fn main(mut arguments: Vec<OsString>) -> Result<ExitCode> {
    let name = if arguments.is_empty() { "help".into() } else { arguments.remove(0) };
    let options = parse(arguments)?;
    if options.all && name != "modules" {
        bail!("`kernel {}` is for one kernel: name it", name.display());
    }
    let help = matches!(name.to_string_lossy().as_ref(), "help" | "--help" | "-h");
    if !help {
        // The kernels that are booted say which versions are built.
        setup::implied()?;
    }
    let named = || options.kernel.map_or_else(|| Kernel::named(kernel::DEFAULT), Ok);
    match name.to_string_lossy().as_ref() {
        "build" => {
            let start = Instant::now();
            let flavour = if options.debug { Flavour::Debug } else { Flavour::Plain };
            let module = build(named()?, flavour)?;
            println!("{} ({:.0} s)", module.display(), start.elapsed().as_secs_f64());
        }
        "refresh" => {
            let kernel = named()?;
            let count = Tree::existing(kernel, &Source::get(kernel)?)?.refresh()?;
            println!("{count} patches written to {}", super::patches(kernel).display());
        }
        "checked" => println!("{}", super::checked::build(named()?)?.display()),
        "bench" => return super::bench::bench(named()?),
        "check" => println!("{}", checks(options.kernel)?),
        "modules" => {
            for kernel in kernel::KERNELS {
                if options.kernel.is_none_or(|named| named.name == kernel.name) {
                    println!("{}", super::modules(kernel)?.display());
                }
            }
        }
        _ if help => println!("{USAGE}"),
        other => bail!("`{other}` is no `kernel` command; see `cargo xtask kernel help`"),
    }
    Ok(ExitCode::SUCCESS)
}

fn parse(arguments: Vec<OsString>) -> Result<Options> {
    let mut options = Options { kernel: None, all: false, debug: false };
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        match argument.to_string_lossy().as_ref() {
            "--kernel" => {
                let name = arguments.next().context("--kernel needs a value")?;
                options.all = name == "all";
                options.kernel = match options.all {
                    true => None,
                    false => Some(Kernel::named(&name.to_string_lossy())?),
                };
            }
            "--debug" => options.debug = true,
            other => bail!("unknown argument `{other}`; see `cargo xtask kernel help`"),
        }
    }
    Ok(options)
}
