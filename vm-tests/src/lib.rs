// SPDX-License-Identifier: MIT OR Apache-2.0
//! Tests that run inside a virtual machine on real kernels: `cargo xtask vm test`.
//!
//! A test is a [`Case`]: a name and a plain function that gets a [`Ctx`]. Each runs in a thread of
//! its own with a fresh network namespace, in which only `lo` is up; IPVS keeps all of its state
//! per namespace, so tests run side by side. Outside the virtual machine the cases are reported
//! as ignored, and nothing on the host is touched.
//!
//! What needs no kernel is here, too: random command lines ([`words`]), and the comparison with the C
//! tool on a script in place of a kernel ([`oracle`]).

pub mod case;
pub mod cases;
pub mod command;
pub mod connections;
pub mod ctx;
pub mod demo;
pub mod differential;
pub mod elsewhere;
pub mod full_nat;
pub mod http;
pub mod installation;
pub mod lan;
pub mod listed;
pub mod many;
pub mod model;
pub mod modules;
pub mod netns;
pub mod oracle;
pub mod root;
pub mod runner;
pub mod send;
pub mod site;
pub mod systemd;
pub mod terminal;
pub mod topology;
pub mod wait;
pub mod words;

pub use case::{Case, Failure};
pub use ctx::Ctx;
pub use runner::main;

/// The library example of the README compiles.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
