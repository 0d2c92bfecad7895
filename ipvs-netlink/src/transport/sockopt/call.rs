// SPDX-License-Identifier: MIT OR Apache-2.0
//! The two system calls of the legacy interface, on byte buffers.

use std::os::fd::{AsFd, AsRawFd};

use crate::Errno;

/// `setsockopt(fd, IPPROTO_IP, option, value)`.
pub(super) fn set(socket: impl AsFd, option: i32, value: &[u8]) -> Result<(), Errno> {
    let fd = socket.as_fd().as_raw_fd();
    // SAFETY: `value` is a live slice for the whole call, its pointer and length agree, and the
    // kernel only reads from it. The descriptor is open because it is borrowed.
    let status = unsafe {
        libc::setsockopt(
            fd,
            libc::IPPROTO_IP,
            option,
            value.as_ptr().cast(),
            value.len() as libc::socklen_t,
        )
    };
    if status == 0 { Ok(()) } else { Err(last_errno()) }
}

/// `getsockopt(fd, IPPROTO_IP, option, buffer)`: the kernel reads a key from the buffer and writes
/// the answer over it. It never says how much it wrote, so the caller zeroes the rest.
pub(super) fn get(socket: impl AsFd, option: i32, buffer: &mut [u8]) -> Result<(), Errno> {
    let fd = socket.as_fd().as_raw_fd();
    let mut length = buffer.len() as libc::socklen_t;
    // SAFETY: `buffer` is a live, exclusively borrowed slice for the whole call; `length` tells its
    // size, beyond which the kernel does not write. The descriptor is open because it is borrowed.
    let status = unsafe {
        libc::getsockopt(fd, libc::IPPROTO_IP, option, buffer.as_mut_ptr().cast(), &raw mut length)
    };
    if status == 0 { Ok(()) } else { Err(last_errno()) }
}

fn last_errno() -> Errno {
    Errno(std::io::Error::last_os_error().raw_os_error().unwrap_or(0))
}
