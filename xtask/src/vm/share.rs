// SPDX-License-Identifier: MIT OR Apache-2.0
//! The directory that host and guest share for one run: programs and the command go in; standard
//! output, standard error and the exit status come out, byte for byte.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result, bail};

use super::kernel::Kernel;
use super::{clients, kernel_script, reference, servers};
use crate::{exec, paths};

/// Where the guest sees the shared directory.
pub const GUEST: &str = "/run/xtask";
/// The script that the guest runs.
pub const SCRIPT: &str = "guest.sh";

/// The login shell of an interactive guest.
pub const SHELL: &str = "shell.sh";

/// One run's directory; removed at the end unless the console log is to be kept.
pub struct Share {
    run: PathBuf,
    share: PathBuf,
    streams: [Stream; 2],
    keep: bool,
}

/// What happens to the guest's output.
pub enum Output {
    /// It goes on to our own standard output and standard error.
    PassOn,
    /// It is only collected.
    Collect,
}

struct Stream {
    path: PathBuf,
    file: Option<File>,
    standard_error: bool,
    pass_on: bool,
    bytes: Vec<u8>,
}

impl Share {
    /// Makes the directory and writes the guest's script and command into it.
    ///
    /// # Errors
    /// The directory cannot be written.
    pub fn new(name: &str, command: &[impl AsRef<OsStr>], output: &Output) -> Result<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let run = paths::vm_logs().join(format!("{name}-{}-{number}", std::process::id()));
        let share = run.join("share");
        let context = || format!("cannot write {}", share.display());
        fs::create_dir_all(share.join("bin")).with_context(context)?;
        let mut words = Vec::new();
        for word in command {
            words.extend_from_slice(word.as_ref().as_bytes());
            words.push(0);
        }
        fs::write(share.join("argv"), words).with_context(context)?;
        fs::write(share.join("stdin"), []).with_context(context)?;
        fs::write(share.join(SCRIPT), include_str!("guest.sh")).with_context(context)?;
        fs::write(share.join("modules.sh"), include_str!("modules.sh")).with_context(context)?;
        let shell = share.join(SHELL);
        fs::write(&shell, include_str!("shell.sh")).with_context(context)?;
        fs::set_permissions(&shell, fs::Permissions::from_mode(0o755)).with_context(context)?;
        let pass_on = matches!(output, Output::PassOn);
        let streams = [("stdout", false), ("stderr", true)].map(|(name, standard_error)| {
            let path = share.join(name);
            Stream { path, file: None, standard_error, pass_on, bytes: Vec::new() }
        });
        Ok(Self { run, share, streams, keep: false })
    }

    /// Tells the guest's script something: `NAME=VALUE`, read before anything else.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn set(&self, name: &str, value: &str) -> Result<()> {
        let mut file =
            OpenOptions::new().create(true).append(true).open(self.share.join("settings"))?;
        writeln!(file, "{name}='{}'", value.replace('\'', r"'\''"))?;
        Ok(())
    }

    /// Puts a program on the guest's PATH.
    ///
    /// # Errors
    /// The copy fails.
    pub fn program(&self, path: &Path) -> Result<()> {
        let name = path.file_name().with_context(|| format!("{} is no file", path.display()))?;
        fs::copy(path, self.share.join("bin").join(name))
            .with_context(|| format!("cannot copy {}", path.display()))?;
        if name == "ipvsadm" {
            for alias in ["ipvsadm-save", "ipvsadm-restore"] {
                symlink("ipvsadm", self.share.join("bin").join(alias))?;
            }
        }
        Ok(())
    }

    /// Puts a module into a directory of the guest: into `modules` to cover the kernel's own.
    ///
    /// # Errors
    /// The copy fails.
    pub fn module(&self, path: &Path, directory: &str) -> Result<()> {
        let directory = self.share.join(directory);
        fs::create_dir_all(&directory)?;
        exec::run(
            Command::new("strip")
                .arg("--strip-debug")
                .arg(path)
                .arg("-o")
                .arg(directory.join(path.file_name().unwrap_or_default())),
        )
    }

    /// Copies a file or a whole tree; the guest sees it as `/run/xtask/NAME`.
    ///
    /// # Errors
    /// The copy fails.
    pub fn tree(&self, from: &Path, name: &str) -> Result<()> {
        exec::run(Command::new("cp").arg("-a").arg(from).arg(self.share.join(name)))
    }

    /// Puts the C tool on the guest's PATH as `ipvsadm-c`; in messages it calls itself `ipvsadm`.
    ///
    /// # Errors
    /// The copy fails, or the setup has not fetched the tool.
    pub fn reference_tool(&self) -> Result<()> {
        let directory = self.share.join("c");
        fs::create_dir_all(&directory)?;
        for file in reference::files(&paths::cache()?)? {
            let name = file.file_name().unwrap_or_default();
            fs::copy(&file, directory.join(name))
                .with_context(|| format!("cannot copy {}", file.display()))?;
        }
        let wrapper = self.share.join("bin/ipvsadm-c");
        let text = format!(
            "#!/bin/bash\nLD_LIBRARY_PATH={GUEST}/c exec -a ipvsadm {GUEST}/c/ipvsadm \"$@\"\n"
        );
        fs::write(&wrapper, text)?;
        fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755))?;
        Ok(())
    }

    /// Shows the guest where the tests' clients and scripts are in the cache.
    ///
    /// # Errors
    /// A link cannot be made.
    pub fn clients(&self) -> Result<()> {
        let cache = paths::cache()?;
        symlink(clients::root(&cache), self.share.join("clients"))?;
        symlink(servers::root(&cache), self.share.join("servers"))?;
        symlink(kernel_script::root(&cache), self.share.join("kernel-tests"))?;
        symlink(reference::root(&cache), self.share.join("reference"))?;
        Ok(())
    }

    /// Shows the guest our stand-alone modules for its kernel, as far as they have been built.
    ///
    /// # Errors
    /// The copy fails.
    pub fn addons(&self, kernel: &Kernel) -> Result<()> {
        let modules = paths::modules(&kernel.find(&paths::cache()?)?.release);
        let directory = self.share.join("addons");
        fs::create_dir_all(&directory)?;
        for entry in fs::read_dir(modules).into_iter().flatten() {
            let file = entry?.path();
            if file.extension().is_some_and(|extension| extension == "ko") {
                fs::copy(&file, directory.join(file.file_name().unwrap_or_default()))
                    .with_context(|| format!("cannot copy {}", file.display()))?;
            }
        }
        Ok(())
    }

    /// Gives the command this standard input.
    ///
    /// # Errors
    /// Reading or writing fails.
    pub fn stdin(&self, input: &mut impl Read) -> Result<()> {
        let mut file = File::create(self.share.join("stdin"))?;
        io::copy(input, &mut file).context("cannot pass standard input on")?;
        Ok(())
    }

    /// The directory as the host sees it.
    pub fn directory(&self) -> &Path {
        &self.share
    }

    /// The console log.
    pub fn console(&self) -> PathBuf {
        self.run.join("console.log")
    }

    /// Keeps the console log and says where it is.
    pub fn keep_console(&mut self) -> PathBuf {
        self.keep = true;
        self.console()
    }

    /// Keeps nothing of this run, whatever happened.
    pub fn discard_console(&mut self) {
        self.keep = false;
    }

    /// Whether the guest's script has started.
    pub fn booted(&self) -> bool {
        self.share.join("booted").exists()
    }

    /// The command's exit status, once it has ended.
    ///
    /// # Errors
    /// The guest wrote something that is no status.
    pub fn status(&self) -> Result<Option<u8>> {
        let path = self.share.join("status");
        match fs::read_to_string(&path) {
            Ok(text) => match text.trim().parse() {
                Ok(status) => Ok(Some(status)),
                Err(_) => bail!("{}: `{}` is no exit status", path.display(), text.trim()),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    /// Passes on what the guest has written since the last call.
    ///
    /// # Errors
    /// Reading fails, or our own output is closed.
    pub fn forward(&mut self) -> Result<()> {
        self.streams.iter_mut().try_for_each(Stream::forward)
    }

    /// Everything that the command wrote: standard output, standard error.
    pub fn collected(&self) -> [&[u8]; 2] {
        [&self.streams[0].bytes, &self.streams[1].bytes]
    }
}

impl Stream {
    fn forward(&mut self) -> Result<()> {
        if self.file.is_none() {
            self.file = File::open(&self.path).ok();
        }
        let Some(file) = &mut self.file else {
            return Ok(());
        };
        let start = self.bytes.len();
        file.read_to_end(&mut self.bytes)
            .with_context(|| format!("cannot read {}", self.path.display()))?;
        if self.pass_on && self.bytes.len() > start {
            let new = &self.bytes[start..];
            let written = if self.standard_error {
                io::stderr().lock().write_all(new)
            } else {
                let mut stdout = io::stdout().lock();
                stdout.write_all(new).and_then(|()| stdout.flush())
            };
            written.context("cannot pass the guest's output on")?;
        }
        Ok(())
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.share);
        if !self.keep {
            let _ = fs::remove_dir_all(&self.run);
        }
    }
}
