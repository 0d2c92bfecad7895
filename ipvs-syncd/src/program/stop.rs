// SPDX-License-Identifier: MIT OR Apache-2.0
//! Ending when told to.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use super::failure::Failure;

/// Whether SIGINT or SIGTERM came. The second ends the program at once.
#[derive(Debug, Clone)]
pub(super) struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Listens to the signals from now on.
    pub(super) fn on_signals() -> Result<Self, Failure> {
        let told = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            let registered = flag::register_conditional_shutdown(signal, 1, Arc::clone(&told))
                .and_then(|_| flag::register(signal, Arc::clone(&told)));
            registered.map_err(|error| Failure::failed(format!("signals: {error}")))?;
        }
        Ok(Self(told))
    }

    /// Whether to end.
    pub(super) fn told(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
