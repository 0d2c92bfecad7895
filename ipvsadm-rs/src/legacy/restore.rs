// SPDX-License-Identifier: MIT OR Apache-2.0
//! Command lines on standard input, without a shell: no quoting, no comments.

use std::io::{self, Read};

use super::argv::Argv;

/// How much is read at once.
const CHUNK: usize = 64 * 1024;

/// Splits a stream into lines and the lines into arguments.
///
/// What is already read is handed out without reading more, so that the caller can finish its work
/// before it waits for a slow writer.
pub struct Lines<'r> {
    input: &'r mut dyn Read,
    buffer: Vec<u8>,
    start: usize,
}

impl<'r> Lines<'r> {
    /// The lines of `input`.
    pub fn new(input: &'r mut dyn Read) -> Self {
        Self { input, buffer: Vec::new(), start: 0 }
    }

    /// Puts the words of the next complete line into `argv`; false if more must be read first.
    pub fn take(&mut self, argv: &mut Argv) -> bool {
        let unread = &self.buffer[self.start..];
        let Some(length) = unread.iter().position(|byte| *byte == b'\n') else { return false };
        split(&unread[..length], argv);
        self.start += length + 1;
        true
    }

    /// Reads more; false at the end of the input.
    ///
    /// # Errors
    /// When reading fails.
    pub fn fill(&mut self) -> io::Result<bool> {
        self.buffer.drain(..self.start);
        self.start = 0;
        let filled = self.buffer.len();
        self.buffer.resize(filled + CHUNK, 0);
        let result = loop {
            match self.input.read(&mut self.buffer[filled..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result,
            }
        };
        self.buffer.truncate(filled + *result.as_ref().unwrap_or(&0));
        Ok(result? > 0)
    }

    /// Puts the words of the last line, which has no end, into `argv`; false if there is none.
    pub fn take_rest(&mut self, argv: &mut Argv) -> bool {
        let unread = &self.buffer[self.start..];
        split(unread, argv);
        self.start = self.buffer.len();
        !argv.is_empty()
    }
}

/// Splits a line into words. The word `ipvsadm` is dropped wherever it stands; a NUL ends a word's
/// text.
fn split(line: &[u8], argv: &mut Argv) {
    argv.clear();
    for word in line.split(|byte| matches!(byte, b' ' | b'\t' | b'\r')) {
        if word.is_empty() {
            continue;
        }
        let word = word.split(|byte| *byte == 0).next().unwrap_or_default();
        if word != b"ipvsadm" {
            argv.push(word);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(input: &[u8]) -> Vec<String> {
        let mut input = input;
        let mut lines = Lines::new(&mut input);
        let mut argv = Argv::default();
        let mut seen = Vec::new();
        let mut note = |argv: &Argv| {
            let words: Vec<_> = (0..argv.len()).filter_map(|i| argv.get(i)).collect();
            seen.push(String::from_utf8_lossy(&words.join(&b'|')).into_owned());
        };
        loop {
            while lines.take(&mut argv) {
                note(&argv);
            }
            if !lines.fill().expect("memory is readable") {
                break;
            }
        }
        if lines.take_rest(&mut argv) {
            note(&argv);
        }
        seen
    }

    #[test]
    fn words_of_lines() {
        assert_eq!(words(b"-A -t\t1\r\n\nipvsadm -D x"), ["-A|-t|1", "", "-D|x"]);
        assert_eq!(words(b"-A 'a b' # c\n"), ["-A|'a|b'|#|c"]);
        assert_eq!(words(b"a\x0bb \x0c\n"), ["a\x0bb|\x0c"]);
        assert_eq!(words(b"-A 1\0-A 2\n"), ["-A|1|2"]);
        assert_eq!(words(b"/sbin/ipvsadm -L\n"), ["/sbin/ipvsadm|-L"]);
        assert_eq!(words(b""), [""; 0]);
        assert_eq!(words(b"-s rr  "), ["-s|rr"], "the C tool loses this line");
    }

    #[test]
    fn a_line_longer_than_a_read() {
        let long = "x".repeat(3 * CHUNK);
        assert_eq!(words(format!("{long}\ny\n").as_bytes()), [long, "y".to_owned()]);
    }
}
