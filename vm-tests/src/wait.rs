// SPDX-License-Identifier: MIT OR Apache-2.0
//! Waiting for what other processes do.

use std::fmt::Debug;
use std::thread;
use std::time::{Duration, Instant};

use crate::case::Failure;

/// How long programs in an emulated guest on a busy host may take for what they do within a few
/// seconds elsewhere.
pub const PATIENCE: Duration = Duration::from_secs(120);
/// How long to wait before looking again.
pub const POLL: Duration = Duration::from_millis(100);

/// Looks again and again until what is seen is what is expected.
///
/// # Errors
/// It never is, and the message has what was seen last; or `look` fails.
pub fn until<T: PartialEq + Debug>(
    what: &str,
    expected: &T,
    mut look: impl FnMut() -> Result<T, Failure>,
) -> Result<(), Failure> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let seen = look().map_err(|failure| failure.context(what))?;
        if seen == *expected {
            return Ok(());
        }
        if Instant::now() > deadline {
            let seconds = PATIENCE.as_secs();
            return Err(Failure::new(format!(
                "{what}: after {seconds} s still {seen:?}, not {expected:?}"
            )));
        }
        thread::sleep(POLL);
    }
}
