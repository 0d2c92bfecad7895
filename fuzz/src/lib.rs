// SPDX-License-Identifier: MIT OR Apache-2.0
//! Requests from a fuzzer's bytes, valid and invalid ones.

mod dest;
mod request;
mod service;

pub use request::AnyRequest;
