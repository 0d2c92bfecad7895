// SPDX-License-Identifier: MIT OR Apache-2.0
//! Listings, byte for byte.

pub mod connections;
mod label;
pub mod names;
pub mod order;
mod resolver;
pub mod rules;
pub mod state;
pub mod table;
mod text;
mod tunnel;
pub mod unprivileged;
