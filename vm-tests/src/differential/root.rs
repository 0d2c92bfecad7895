// SPDX-License-Identifier: MIT OR Apache-2.0
//! The root directories: a small system in memory with one of the tools as `ipvsadm`.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::case::Failure;
use crate::command;
use crate::words::fixture;

/// Where the roots are.
const HOME: &str = "/run/differential";
/// Where our tool is in the C tool's root, too.
pub const OURS: &str = "/ours";
/// What scenarios use beside `ipvsadm`.
const PROGRAMS: &str = "bash sh basename cat cp cut dd diff env grep head ip ln mkdir mv od printf rm \
    sed seq setpriv sleep sort tail timeout tr wc which";

const FILES: [(&str, &str); 5] = [
    ("etc/hosts", fixture::HOSTS),
    ("etc/nsswitch.conf", fixture::NSSWITCH),
    ("etc/services", fixture::SERVICES),
    (
        "tmp/sip",
        "INVITE sip:a@b SIP/2.0\r\nCall-ID: abcdefg12345@host\r\nContent-Length: 0\r\n\r\n",
    ),
    ("tmp/x", "x\n"),
];

/// Sends a file as one datagram: `udpsend ADDRESS PORT FILE`.
const UDPSEND: &str = "#!/bin/bash\ndd if=\"$3\" bs=65536 2>/dev/null > /dev/udp/$1/$2\n";

/// Which program `ipvsadm` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    /// The distribution's.
    C,
    /// This project's.
    Ours,
}

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::C => "C",
            Self::Ours => "ours",
        })
    }
}

/// A root directory; one command line at a time may use it.
#[derive(Debug)]
pub struct Root {
    path: PathBuf,
}

impl Root {
    /// Makes a root in which `tool` is `ipvsadm`.
    ///
    /// # Errors
    /// This is not the guest, or a program that scenarios need is missing.
    pub fn new(tool: Tool) -> Result<Self, Failure> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        base()?;
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = Path::new(HOME).join(number.to_string());
        let share = share()?;
        let share = share.display();
        let install = match tool {
            Tool::C => format!(
                "cp {share}/c/lib* usr/lib/x86_64-linux-gnu/ && cp {share}/c/ipvsadm* usr/sbin/"
            ),
            Tool::Ours => format!("cp -d {share}/bin/ipvsadm{{,-save,-restore}} usr/sbin/"),
        };
        let path_shown = path.display();
        script(&format!(
            "cp -al {HOME}/base {path_shown} && cd {path_shown} && {install} && \
             mount -t proc proc proc && mount --bind /dev dev"
        ))?;
        Ok(Self { path })
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the files what they are before every scenario.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn reset(&self) -> Result<(), Failure> {
        for (file, text) in FILES {
            fs::write(self.path.join(file), text)?;
        }
        let directory = self.path.join("tmp/case");
        if directory.exists() {
            fs::remove_dir_all(&directory)?;
        }
        fs::create_dir(&directory)?;
        Ok(())
    }
}

/// The directory that guest and host share.
fn share() -> Result<PathBuf, Failure> {
    let share = std::env::var_os("IPVS_VM").map(PathBuf::from);
    share.ok_or_else(|| Failure::new("IPVS_VM is not set"))
}

fn script(text: &str) -> Result<(), Failure> {
    // All that is copied comes from the host.
    command::run(&format!("set -e\n{text}"), &[], command::TIMEOUT * 3)?.success().map(drop)
}

/// Makes what all roots have in common, once; files are hard links in each.
fn base() -> Result<(), Failure> {
    static DONE: OnceLock<Result<(), Failure>> = OnceLock::new();
    DONE.get_or_init(|| {
        let (share, base) = (share()?, Path::new(HOME).join("base"));
        let (share, base_shown) = (share.display(), base.display());
        script(&format!(
            r#"mkdir -p {HOME} && mount -t tmpfs differential {HOME} && mkdir {base_shown}
            cd {base_shown}
            mkdir -p usr/bin usr/sbin usr/lib usr/lib64 etc tmp dev proc
            for name in bin sbin lib lib64; do ln -s usr/$name $name; done
            programs=$(type -P {PROGRAMS})
            libraries=$(ldd $programs {share}/bin/ipvsadm 2>/dev/null | awk '/=> \// {{print $3}} /^\t\// {{print $1}}')
            cp -L --parents $programs $(sort -u <<<"$libraries") .
            cp {share}/bin/vm-suite usr/bin/send
            cp {share}/bin/ipvsadm ours"#
        ))?;
        let udpsend = base.join("usr/bin/udpsend");
        fs::write(&udpsend, UDPSEND)?;
        fs::set_permissions(udpsend, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
        Ok(())
    })
    .clone()
}
