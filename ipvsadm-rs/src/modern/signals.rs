// SPDX-License-Identifier: MIT OR Apache-2.0
//! Ctrl-C and the like, where something is to be brought to its end first.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::failure::Failure;

/// A flag that they raise, in the place of ending the program.
pub(super) fn stop() -> Result<Arc<AtomicBool>, Failure> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let flag = Arc::new(AtomicBool::new(false));
    for signal in [SIGHUP, SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&flag))
            .map_err(|error| Failure::refused(format!("can't watch for signals: {error}")))?;
    }
    Ok(flag)
}
