// SPDX-License-Identifier: MIT OR Apache-2.0
//! Any number of lines of connections, without keeping them.

use std::io::{self, Read};

use super::render;

const STATES: [&str; 4] = ["ESTABLISHED", "TIME_WAIT", "FIN_WAIT", "SYN_RECV"];

/// Line number `n`: always the same, no two alike.
pub fn line(n: u32) -> String {
    let (client, port) = (0x0a00_0000 + n / 50_000, 1024 + n % 50_000);
    let (service, dest) = (0xc000_0200 + n % 7, 0x0a02_0000 + n % 200);
    let (state, seconds) = (STATES[n as usize % STATES.len()], n % 900);
    format!(
        "TCP {client:08X} {port:04X} {service:08X} 0050 {dest:08X} 1F90 {state:<11} {seconds:7}\n"
    )
}

/// A reader of the heading and `lines` lines.
pub struct Generated {
    lines: std::ops::Range<u32>,
    current: Vec<u8>,
    given: usize,
}

impl Generated {
    pub fn new(lines: u32) -> Self {
        Self { lines: 0..lines, current: render::PLAIN.into(), given: 0 }
    }
}

impl Read for Generated {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given == self.current.len() {
            let Some(n) = self.lines.next() else { return Ok(0) };
            (self.current, self.given) = (line(n).into_bytes(), 0);
        }
        let count = (&self.current[self.given..]).read(buffer)?;
        self.given += count;
        Ok(count)
    }
}
