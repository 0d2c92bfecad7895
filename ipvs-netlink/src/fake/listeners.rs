// SPDX-License-Identifier: MIT OR Apache-2.0
//! Listeners of the kernel in memory: each has a queue that can run over, as a socket's does.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use crate::Error;
use crate::ext::{Event, Heard, Listener};

/// The queue of one listener.
#[derive(Debug, Default)]
struct Queue {
    events: VecDeque<Event>,
    /// It ran over and the listener was not told yet.
    lost: bool,
    /// It ran over and was not empty since: nothing is taken.
    congested: bool,
}

#[derive(Debug, Default)]
struct Socket {
    queue: Mutex<Queue>,
    filled: Condvar,
}

impl Socket {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All listeners.
#[derive(Debug, Default)]
pub(super) struct Listeners {
    sockets: Vec<Weak<Socket>>,
    /// How many events a queue holds, unless it holds any number.
    pub room: Option<usize>,
}

impl Listeners {
    /// Another one.
    pub fn join(&mut self) -> Box<dyn Listener> {
        let socket = Arc::new(Socket::default());
        self.sockets.push(Arc::downgrade(&socket));
        Box::new(Ear(socket))
    }

    /// Tells all of them.
    pub fn tell(&mut self, event: Event) {
        self.sockets.retain(|socket| match socket.upgrade() {
            Some(socket) => {
                let mut queue = socket.lock();
                let full = self.room.is_some_and(|room| queue.events.len() >= room);
                if full && !queue.congested {
                    (queue.congested, queue.lost) = (true, true);
                }
                if !queue.congested {
                    queue.events.push_back(event);
                }
                socket.filled.notify_all();
                true
            }
            None => false,
        });
    }
}

/// The listener's end.
struct Ear(Arc<Socket>);

impl Listener for Ear {
    fn hear(&mut self, wait: Option<Duration>) -> Result<Heard, Error> {
        let deadline = wait.and_then(|wait| Instant::now().checked_add(wait));
        let mut queue = self.0.lock();
        loop {
            if std::mem::take(&mut queue.lost) {
                return Ok(Heard::Lost);
            }
            if let Some(event) = queue.events.pop_front() {
                queue.congested &= !queue.events.is_empty();
                return Ok(Heard::Event(event));
            }
            queue.congested = false;
            let left = match deadline {
                None => Duration::from_secs(3600),
                Some(deadline) => deadline.saturating_duration_since(Instant::now()),
            };
            if left.is_zero() {
                return Ok(Heard::Nothing);
            }
            let waited = self.0.filled.wait_timeout(queue, left);
            queue = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}
