// SPDX-License-Identifier: MIT OR Apache-2.0
//! The head of a request.

use httparse::{EMPTY_HEADER, Error, Request, Status};

/// More headers than this are refused.
const MAX_HEADERS: usize = 64;

/// What is asked to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    Head,
    Other,
}

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Head {
    /// All of it: the method and the path.
    Request(Method, String),
    /// The beginning only.
    Partial,
    /// More than is read.
    TooLong,
    /// No HTTP.
    Wrong,
}

/// Reads a head.
pub(super) fn head(bytes: &[u8]) -> Head {
    let mut headers = [EMPTY_HEADER; MAX_HEADERS];
    let mut request = Request::new(&mut headers);
    match request.parse(bytes) {
        Ok(Status::Partial) => Head::Partial,
        Err(Error::TooManyHeaders) => Head::TooLong,
        Err(_) => Head::Wrong,
        Ok(Status::Complete(_)) => {
            let method = match request.method {
                Some("GET") => Method::Get,
                Some("HEAD") => Method::Head,
                _ => Method::Other,
            };
            let target = request.path.unwrap_or_default();
            let path = target.split_once('?').map_or(target, |(path, _)| path);
            Head::Request(method, path.to_owned())
        }
    }
}
