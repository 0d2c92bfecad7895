// SPDX-License-Identifier: MIT OR Apache-2.0
//! Network namespaces: a socket belongs for ever to the one in which it was made.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use crate::Error;

/// Which network namespace.
///
/// ```
/// use ipvs_netlink::Netns;
/// assert_eq!(Netns::from("blue"), Netns::Name("blue".to_owned()));
/// assert_eq!(Netns::from("/run/netns/blue"), Netns::Path("/run/netns/blue".into()));
/// assert_eq!(Netns::from(4711), Netns::Pid(4711));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Netns {
    /// One that `ip netns add` made: `/run/netns/NAME`.
    Name(String),
    /// That of a process: `/proc/PID/ns/net`.
    Pid(u32),
    /// A namespace file.
    Path(PathBuf),
}

impl From<&str> for Netns {
    /// A text with a slash is a path, otherwise a name.
    fn from(text: &str) -> Self {
        if text.contains('/') { Self::Path(text.into()) } else { Self::Name(text.into()) }
    }
}

impl From<u32> for Netns {
    fn from(pid: u32) -> Self {
        Self::Pid(pid)
    }
}

impl From<&Path> for Netns {
    fn from(path: &Path) -> Self {
        Self::Path(path.into())
    }
}

impl From<PathBuf> for Netns {
    fn from(path: PathBuf) -> Self {
        Self::Path(path)
    }
}

impl Netns {
    fn file(&self) -> PathBuf {
        match self {
            Self::Name(name) => Path::new("/run/netns").join(name),
            Self::Pid(pid) => format!("/proc/{pid}/ns/net").into(),
            Self::Path(path) => path.clone(),
        }
    }

    fn error(&self, source: io::Error) -> Error {
        let name = match self {
            Self::Name(name) => name.clone(),
            Self::Pid(pid) => format!("of process {pid}"),
            Self::Path(path) => path.display().to_string(),
        };
        let remedy = match (source.kind(), self) {
            (io::ErrorKind::PermissionDenied, _) => "run as root, or with CAP_SYS_ADMIN over it",
            (io::ErrorKind::NotFound, Self::Name(_)) => {
                "see `ip netns list`, or make it with `ip netns add`"
            }
            (io::ErrorKind::NotFound, Self::Pid(_)) => "no such process: see `ps`",
            (io::ErrorKind::InvalidInput, _) => "this file is no network namespace",
            _ => "check the name (`ip netns list`)",
        };
        Error::Namespace { name, source, remedy }
    }

    /// Runs `work` on a thread of its own in this namespace and returns what it returns; the caller's
    /// thread stays where it is, and waits.
    ///
    /// Sockets that `work` opens belong to the namespace for ever. Of files, those below
    /// `/proc/thread-self/net` and `/proc/sys/net` are the namespace's (`/proc/net` is that of the main
    /// thread).
    ///
    /// ```no_run
    /// use ipvs_netlink::Netns;
    /// let devices = || std::fs::read_to_string("/proc/thread-self/net/dev");
    /// let of_blue = Netns::from("blue").run(devices)??;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Namespace`] when there is no such namespace, when the caller may not enter it
    /// (`CAP_SYS_ADMIN`), or when `work` panics.
    pub fn run<T: Send>(&self, work: impl FnOnce() -> T + Send) -> Result<T, Error> {
        self.clone().open()?.run(work)
    }

    /// Finds it, once and for all.
    pub(crate) fn open(self) -> Result<OpenNetns, Error> {
        let file = File::open(self.file()).map_err(|source| self.error(source))?;
        Ok(OpenNetns { found_by: self, file })
    }
}

/// A namespace that is found: it stays the same one, even if its name is given to another.
#[derive(Debug)]
pub(crate) struct OpenNetns {
    found_by: Netns,
    file: File,
}

impl OpenNetns {
    /// As [`Netns::run`].
    pub(crate) fn run<T: Send>(&self, work: impl FnOnce() -> T + Send) -> Result<T, Error> {
        let error = |source| self.found_by.error(source);
        let inside = || {
            move_into_link_name_space(self.file.as_fd(), Some(LinkNameSpaceType::Network))
                .map_err(|errno| error(errno.into()))?;
            Ok(work())
        };
        std::thread::scope(|scope| {
            scope.spawn(inside).join().unwrap_or_else(|_| {
                Err(error(io::Error::other("the thread inside it ended unexpectedly")))
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Read;
    use std::os::unix::fs::symlink;
    use std::process::{Child, Command, Stdio};

    use super::*;
    use crate::ErrorKind;

    /// A process in a network namespace of its own.
    struct Elsewhere(Child);

    impl Elsewhere {
        fn begin() -> Option<Self> {
            let script = ["--net", "sh", "-c", "echo; exec sleep 60 >&2"];
            let mut command = Command::new("unshare");
            command.args(script).stdout(Stdio::piped()).stderr(Stdio::null());
            let mut process = Self(command.spawn().ok()?);
            // It is there when it speaks; a refusal says nothing.
            let read = process.0.stdout.take()?.read(&mut [0]).ok()?;
            (read == 1).then_some(process)
        }

        fn file(&self) -> PathBuf {
            Netns::from(self.0.id()).file()
        }
    }

    impl Drop for Elsewhere {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    /// Needs the right to make and enter namespaces.
    #[test]
    fn it_stays_the_same_when_its_name_is_given_to_another() {
        let (Some(one), Some(other)) = (Elsewhere::begin(), Elsewhere::begin()) else {
            eprintln!("not tested: no right to make network namespaces");
            return;
        };
        let of = |process: &Elsewhere| fs::read_link(process.file()).expect("a namespace");
        let (first, second) = (of(&one), of(&other));
        assert_ne!(first, second);
        let here = || fs::read_link("/proc/thread-self/ns/net").expect("a namespace");

        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("blue");
        let name = Netns::from(path.as_path());
        symlink(one.file(), &path).expect("a name");
        let open = name.clone().open().expect("it is there");
        assert_eq!(name.run(here).expect("entered"), first);
        fs::remove_file(&path).expect("deleted");
        assert_eq!(name.run(here).expect_err("no such name").kind(), ErrorKind::Namespace);
        assert_eq!(open.run(here).expect("entered"), first);
        symlink(other.file(), &path).expect("the name again");
        drop(one);
        assert_eq!(open.run(here).expect("entered"), first);
        assert_eq!(name.run(here).expect("entered"), second);
    }
}
