// SPDX-License-Identifier: MIT OR Apache-2.0
//! Command lines as a stream, without a shell: no quoting, no comments.

use std::io::{self, Read};
use std::ops::Range;

use super::argv::{Argv, MARK};

/// How much is read at once.
const CHUNK: usize = 64 * 1024;

/// Splits a stream into lines and the lines into arguments.
///
/// What is already read is handed out without reading more, so that the caller can finish its work
/// before it waits for a slow writer.
pub struct Lines<'r> {
    input: &'r mut dyn Read,
    buffer: Vec<u8>,
    /// Where the next line starts.
    start: usize,
    /// How much of the buffer was read; what follows is room.
    end: usize,
    words: Vec<Range<usize>>,
}

impl<'r> Lines<'r> {
    /// The lines of `input`.
    pub fn new(input: &'r mut dyn Read) -> Self {
        Self { input, buffer: Vec::new(), start: 0, end: 0, words: Vec::with_capacity(32) }
    }

    /// The words of the next complete line; `None` if more must be read first.
    pub fn take(&mut self) -> Option<Argv<'_>> {
        let line = split(&self.buffer[..self.end], self.start, &mut self.words)?;
        self.start = line.end;
        Some(Argv::new(&self.buffer, &self.words, line.marked))
    }

    /// Reads more; false at the end of the input.
    ///
    /// # Errors
    /// When reading fails.
    pub fn fill(&mut self) -> io::Result<bool> {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        if self.buffer.len() < self.end + CHUNK {
            self.buffer.resize(self.end + CHUNK, 0);
        }
        loop {
            match self.input.read(&mut self.buffer[self.end..]) {
                Ok(length) => {
                    self.end += length;
                    return Ok(length > 0);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The words of the last line, which has no end; `None` if there is none.
    pub fn take_rest(&mut self) -> Option<Argv<'_>> {
        // The end of the input ends the line, too.
        self.buffer.truncate(self.end);
        self.buffer.push(b'\n');
        self.end += 1;
        self.take().filter(|argv| !argv.is_empty())
    }
}

/// A line besides its words.
struct Line {
    /// Where the next one starts.
    end: usize,
    /// Whether [`MARK`] is in it.
    marked: bool,
}

/// Finds the words of the line that starts at `start`; `None` if it has no end yet.
///
/// The word `ipvsadm` is dropped wherever it stands; a NUL ends a word's text.
fn split(text: &[u8], start: usize, words: &mut Vec<Range<usize>>) -> Option<Line> {
    words.clear();
    let (mut word, mut nul, mut marked) = (start, None, false);
    let mut base = start;
    while base < text.len() {
        let mut notable = notable_bytes(text, base);
        while notable != 0 {
            let at = base + notable.trailing_zeros() as usize / 8;
            notable &= notable - 1;
            let byte = text[at];
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => {}
                0 => {
                    nul.get_or_insert(at);
                    continue;
                }
                _ => {
                    marked |= byte == MARK;
                    continue;
                }
            }
            let end = nul.take().unwrap_or(at);
            if word < at && text[word..end] != *b"ipvsadm" {
                words.push(word..end);
            }
            word = at + 1;
            if byte == b'\n' {
                return Some(Line { end: word, marked });
            }
        }
        base += LANES;
    }
    None
}

/// How many bytes [`notable_bytes`] looks at.
const LANES: usize = size_of::<u64>();

/// Which of the bytes from `base` on are a control character, a blank or [`MARK`]: their top bits,
/// the first byte lowest. Nearly all bytes are plain, so this skips eight at a time.
fn notable_bytes(text: &[u8], base: usize) -> u64 {
    const TOP: u64 = u64::from_ne_bytes([0x80; LANES]);
    const PLAIN: u64 = u64::from_ne_bytes([MARK + 1; LANES]);
    let lanes = match text[base..].first_chunk() {
        Some(chunk) => *chunk,
        None => {
            // What the text lacks is plain.
            let mut chunk = [b'x'; LANES];
            chunk[..text.len() - base].copy_from_slice(&text[base..]);
            chunk
        }
    };
    let lanes = u64::from_le_bytes(lanes);
    // With the top bit set, no lane borrows from its neighbour.
    let plain = ((lanes | TOP) - PLAIN) | lanes;
    !plain & TOP
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(input: &[u8]) -> Vec<String> {
        let mut input = input;
        let mut lines = Lines::new(&mut input);
        let mut seen = Vec::new();
        let mut note = |argv: Argv<'_>| {
            let words: Vec<_> = argv.iter().collect();
            seen.push(String::from_utf8_lossy(&words.join(&b'|')).into_owned());
        };
        loop {
            while let Some(argv) = lines.take() {
                note(argv);
            }
            if !lines.fill().expect("memory is readable") {
                break;
            }
        }
        if let Some(argv) = lines.take_rest() {
            note(argv);
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
    fn notable_bytes_are_found_in_every_place() {
        for place in 0..LANES {
            for byte in 0..=u8::MAX {
                let mut text = [0xff; LANES];
                text[place] = byte;
                let mark = if byte <= MARK { 0x80 << (8 * place) } else { 0 };
                assert_eq!(notable_bytes(&text, 0), mark, "{byte:#x} at {place}");
                assert_eq!(
                    notable_bytes(&text[..=place], 0),
                    mark,
                    "{byte:#x} at {place}, the last"
                );
            }
        }
    }

    #[test]
    fn a_line_longer_than_a_read() {
        let long = "x".repeat(3 * CHUNK);
        assert_eq!(words(format!("{long}\ny\n").as_bytes()), [long, "y".to_owned()]);
    }
}
