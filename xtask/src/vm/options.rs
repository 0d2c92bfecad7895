// SPDX-License-Identifier: MIT OR Apache-2.0
//! The options that `vm run`, `vm shell` and `vm test` share.

use std::ffi::OsString;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::kernel::{self, Kernel};

/// What the user asked for.
#[derive(Clone)]
pub struct Options {
    /// The kernels to boot, one after the other.
    pub kernels: Vec<&'static Kernel>,
    /// How long a guest may live; `None` leaves it to the command.
    pub timeout: Option<Duration>,
    /// Whether `ip_vs` is loaded before the command runs.
    pub module: bool,
    /// Whether `ip_vs` is ours, with the patches, instead of the kernel's own.
    pub patched: bool,
    /// Whether guest time counts executed instructions (one processor, TCG).
    pub icount: bool,
    /// Whether our standard input is read to its end and given to the command.
    pub stdin: bool,
    /// Processors of the guest.
    pub cpus: u8,
    /// Memory of the guest, in QEMU's spelling.
    pub memory: String,
    /// Further QEMU options, one string each, as on QEMU's command line.
    pub qemu: Vec<String>,
    /// The words that are no options, and everything after `--`.
    pub words: Vec<OsString>,
}

impl Options {
    /// Parses the arguments of a `vm` command.
    ///
    /// # Errors
    /// An unknown option, or a value that is missing or wrong; the message names it.
    pub fn parse(arguments: Vec<OsString>) -> Result<Self> {
        let mut options = Self {
            kernels: vec![Kernel::named(kernel::DEFAULT)?],
            timeout: None,
            module: true,
            patched: false,
            icount: false,
            stdin: false,
            cpus: 2,
            memory: "1G".to_owned(),
            qemu: Vec::new(),
            words: Vec::new(),
        };
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            let text = argument.to_string_lossy().into_owned();
            let mut value = || -> Result<String> {
                let value = arguments.next().with_context(|| format!("{text} needs a value"))?;
                Ok(value.to_string_lossy().into_owned())
            };
            match text.as_str() {
                "--kernel" => options.kernels = kernels(&value()?)?,
                "--timeout" => options.timeout = Some(seconds(&value()?)?),
                "--cpus" => options.cpus = cpus(&value()?)?,
                "--memory" => options.memory = value()?,
                "--qemu" => options.qemu.push(value()?),
                "--no-module" => options.module = false,
                "--patched" => options.patched = true,
                "--icount" => options.icount = true,
                "--stdin" => options.stdin = true,
                "--" => options.words.extend(arguments.by_ref()),
                _ if text.starts_with('-') => {
                    bail!("unknown option {text}; see `cargo xtask vm help`")
                }
                _ => options.words.push(argument),
            }
        }
        Ok(options)
    }

    /// The one kernel of a command that boots only one.
    ///
    /// # Errors
    /// `--kernel all` was given.
    pub fn one_kernel(&self) -> Result<&'static Kernel> {
        match self.kernels.as_slice() {
            [kernel] => Ok(kernel),
            _ => bail!("--kernel all: this command boots one kernel; name it"),
        }
    }
}

fn kernels(name: &str) -> Result<Vec<&'static Kernel>> {
    match name {
        "all" => Ok(kernel::KERNELS.iter().collect()),
        _ => Ok(vec![Kernel::named(name)?]),
    }
}

fn seconds(text: &str) -> Result<Duration> {
    match text.parse() {
        Ok(seconds @ 1..=86_400) => Ok(Duration::from_secs(seconds)),
        _ => bail!("--timeout {text}: not a number of seconds between 1 and 86400"),
    }
}

fn cpus(text: &str) -> Result<u8> {
    match text.parse() {
        Ok(cpus @ 1..=64) => Ok(cpus),
        _ => bail!("--cpus {text}: not a number of processors between 1 and 64"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Options> {
        Options::parse(words.iter().map(OsString::from).collect())
    }

    #[test]
    fn everything_after_two_dashes_belongs_to_the_command() {
        let options = parse(&["--kernel", "7.2", "--", "ipvsadm", "--kernel"]).unwrap();
        assert_eq!(options.one_kernel().unwrap().name, "7.2");
        assert_eq!(options.words, ["ipvsadm", "--kernel"]);
    }

    #[test]
    fn wrong_values_are_named() {
        for (words, message) in [
            (["--timeout", "0"], "--timeout 0: not a number of seconds between 1 and 86400"),
            (["--cpus", "x"], "--cpus x: not a number of processors between 1 and 64"),
            (["words", "--kernel"], "--kernel needs a value"),
            (["--krenel", "6.1"], "unknown option --krenel; see `cargo xtask vm help`"),
        ] {
            assert_eq!(parse(&words).err().unwrap().to_string(), message);
        }
    }
}
