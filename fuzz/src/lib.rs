// SPDX-License-Identifier: MIT OR Apache-2.0
//! Requests and connections from a fuzzer's bytes, valid and invalid ones.

mod connection;
mod dest;
mod request;
mod service;

pub use connection::AnyBatch;
pub use request::AnyRequest;
