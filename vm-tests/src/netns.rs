// SPDX-License-Identifier: MIT OR Apache-2.0
//! Namespaces of threads: of the network, and of the file system's mounts.

use std::fs::File;
use std::os::fd::AsFd;
use std::path::Path;
use std::thread;

use rustix::mount::MountPropagationFlags;
use rustix::thread::{LinkNameSpaceType, UnshareFlags, move_into_link_name_space};

use crate::case::Failure;

/// Moves the calling thread, and what it starts from now on, into a new network namespace.
///
/// # Errors
/// The kernel refuses, for want of the capability `CAP_SYS_ADMIN`.
pub fn unshare() -> Result<(), Failure> {
    // SAFETY: only the network namespace is unshared. No memory, file table or working directory
    // that other threads rely on changes, and open sockets stay in the namespace that made them.
    unsafe { rustix::thread::unshare_unsafe(UnshareFlags::NEWNET) }
        .map_err(|error| Failure::from(error).context("cannot make a network namespace"))
}

/// Gives the calling thread, and what it starts from now on, a root directory of its own.
///
/// # Errors
/// The directory does not exist, or the capability `CAP_SYS_CHROOT` is missing.
pub fn change_root(directory: &Path) -> Result<(), Failure> {
    // SAFETY: what is unshared is this thread's root and working directory, so that the change below
    // does not concern other threads; memory and open files stay shared.
    unsafe { rustix::thread::unshare_unsafe(UnshareFlags::FS) }?;
    rustix::process::chroot(directory)?;
    rustix::process::chdir("/")?;
    Ok(())
}

/// Gives the calling thread, and what it starts from now on, mounts of its own: what it mounts is
/// seen by nobody else and vanishes with its last process.
///
/// # Errors
/// The capability `CAP_SYS_ADMIN` is missing.
pub fn private_mounts() -> Result<(), Failure> {
    // SAFETY: what is unshared is this thread's mounts, root and working directory; memory, open
    // files and other threads stay as they are.
    unsafe { rustix::thread::unshare_unsafe(UnshareFlags::NEWNS | UnshareFlags::FS) }
        .map_err(|error| Failure::from(error).context("cannot make a mount namespace"))?;
    // What others unmount goes away here too, so that their network namespaces can end.
    let inherit = MountPropagationFlags::DOWNSTREAM | MountPropagationFlags::REC;
    Ok(rustix::mount::mount_change("/", inherit)?)
}

/// Runs `work` in a named namespace (`ip netns`), in a thread of its own.
///
/// # Errors
/// The namespace does not exist, or what `work` returns.
pub fn inside<T: Send>(
    name: &str,
    work: impl FnOnce() -> Result<T, Failure> + Send,
) -> Result<T, Failure> {
    thread::scope(|scope| {
        let worker = scope.spawn(|| {
            enter(name)?;
            work()
        });
        match worker.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

/// Moves the calling thread into a named namespace.
///
/// # Errors
/// The namespace does not exist.
pub fn enter(name: &str) -> Result<(), Failure> {
    let doing = format!("cannot enter the network namespace {name}");
    let file = File::open(Path::new("/run/netns").join(name))
        .map_err(|error| Failure::from(error).context(&doing))?;
    move_into_link_name_space(file.as_fd(), Some(LinkNameSpaceType::Network))
        .map_err(|error| Failure::from(error).context(&doing))
}
