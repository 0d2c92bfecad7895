// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where the thread that hears messages leaves what the others show.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::http::Response;
use super::metrics::{CONTENT_TYPE, Snapshot, openmetrics};

/// After how long without a new snapshot the service counts as stuck; there is one each second.
const STUCK: Duration = Duration::from_secs(10);

/// The latest snapshot, and since when it is here. The lock is held for as long as it takes to copy or
/// to replace a pointer.
#[derive(Debug)]
pub(super) struct Board(Mutex<(Instant, Arc<Snapshot>)>);

impl Board {
    pub(super) fn new(snapshot: Snapshot) -> Self {
        Self(Mutex::new((Instant::now(), Arc::new(snapshot))))
    }

    /// Shows another snapshot.
    pub(super) fn put(&self, snapshot: Snapshot) {
        let new = (Instant::now(), Arc::new(snapshot));
        let old =
            std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), new);
        // It is big, and goes only now that the lock is free.
        drop(old);
    }

    fn get(&self) -> (Instant, Arc<Snapshot>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What is at a path.
    pub(super) fn page(&self, path: &str) -> Option<Response> {
        let (put, snapshot) = self.get();
        match path {
            "/metrics" => Some(match openmetrics(snapshot) {
                Ok(body) => Response { status: "200 OK", content_type: CONTENT_TYPE, body },
                Err(error) => {
                    Response::plain("500 Internal Server Error", format!("metrics: {error}\n"))
                }
            }),
            "/healthz" => Some(health(put.elapsed())),
            _ => None,
        }
    }
}

fn health(age: Duration) -> Response {
    if age < STUCK {
        Response::plain("200 OK", "ok\n")
    } else {
        let text = format!("no message was looked at for {} seconds\n", age.as_secs());
        Response::plain("503 Service Unavailable", text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_that_stands_still_is_not_healthy() {
        assert_eq!(health(Duration::from_secs(9)).status, "200 OK");
        let stuck = health(Duration::from_secs(10));
        assert_eq!(stuck.status, "503 Service Unavailable");
        assert_eq!(stuck.body, "no message was looked at for 10 seconds\n");
    }
}
