// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a test is, and how it fails.

use std::fmt;
use std::time::Duration;

use crate::ctx::{Ctx, Kernel};

/// One test.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// The test's name, `module::what_holds`.
    pub name: &'static str,
    /// The test: it fails by returning an error or by panicking.
    pub run: fn(&mut Ctx) -> Result<(), Failure>,
    /// How long it may take; then it has failed, and the others go on.
    pub timeout: Duration,
    /// The first kernel that has what is tested; on older ones the test is ignored.
    pub since: Option<(Kernel, &'static str)>,
    /// The one kernel on which the test runs, where another would tell nothing new; on the others it
    /// is ignored.
    pub only: Option<(Kernel, &'static str)>,
    /// Whether the test needs a kernel with our patches.
    pub patched: bool,
}

impl Case {
    /// A test with a time limit of four minutes on all kernels.
    pub const fn new(name: &'static str, run: fn(&mut Ctx) -> Result<(), Failure>) -> Self {
        Self {
            name,
            run,
            timeout: Duration::from_secs(240),
            since: None,
            only: None,
            patched: false,
        }
    }

    /// Sets the time limit. Guests without hardware virtualisation are some ten times slower than
    /// the host, and a busy host makes it more: the limit is against hanging, so be generous.
    pub const fn timeout(mut self, seconds: u64) -> Self {
        self.timeout = Duration::from_secs(seconds);
        self
    }

    /// The test needs a kernel of at least this version; `what` says what older ones lack.
    pub const fn since(mut self, major: u16, minor: u16, what: &'static str) -> Self {
        self.since = Some((Kernel { major, minor }, what));
        self
    }

    /// The test runs on this kernel only; `why` says why that is enough.
    pub const fn only(mut self, major: u16, minor: u16, why: &'static str) -> Self {
        self.only = Some((Kernel { major, minor }, why));
        self
    }

    /// The test needs a kernel with our patches; on others it is ignored.
    pub const fn patched(mut self) -> Self {
        self.patched = true;
        self
    }
}

/// Why a test failed, for people.
#[derive(Debug, Clone)]
pub struct Failure(String);

impl Failure {
    /// A failure with this message.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    /// The same failure with what was being done in front.
    #[must_use]
    pub fn context(self, doing: &str) -> Self {
        Self(format!("{doing}: {}", self.0))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Any error ends a test, with all its causes in the message.
impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        let mut message = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            message.push_str(": ");
            message.push_str(&cause.to_string());
            source = cause.source();
        }
        Self(message)
    }
}
