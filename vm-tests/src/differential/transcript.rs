// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the C tool printed when the public scenarios were observed: it must do so here as well, or
//! these surroundings are not those.

use std::collections::HashMap;

use crate::ctx::Kernel;

const V6_1: &[u8] = include_bytes!("../../../ipvsadm-rs/tests/scenarios/observed-6.1.txt");
const V7_2: &[u8] = include_bytes!("../../../ipvsadm-rs/tests/scenarios/observed-7.2.txt");

/// The observed blocks by scenario, if there are any for this kernel.
pub fn observed(kernel: Kernel) -> Option<HashMap<String, String>> {
    let bytes = match (kernel.major, kernel.minor) {
        (6, 1) => V6_1,
        (7, 2) => V7_2,
        _ => return None,
    };
    let text = String::from_utf8_lossy(bytes);
    let blocks = text.split("### ").filter(|block| !block.is_empty()).filter_map(|block| {
        let (scenario, seen) = block.split_once('\n')?;
        Some((scenario.to_owned(), seen.to_owned()))
    });
    Some(blocks.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_public_scenario_was_observed() {
        for (major, minor) in [(6, 1), (7, 2)] {
            let blocks = observed(Kernel { major, minor }).expect("there is one");
            assert_eq!(blocks.len(), 302);
            assert_eq!(blocks["ipvsadm -C; echo $?"], "O|0$\nrc=0\n");
        }
    }
}
