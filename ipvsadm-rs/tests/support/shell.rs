// SPDX-License-Identifier: MIT OR Apache-2.0
//! As much of a shell as the scenarios need: `;`, `|`, `&&`, quotes, redirections, `$?`, and
//! `$(printf …)`.

use std::collections::HashMap;

/// A word, or what separates commands.
#[derive(Debug, PartialEq, Eq)]
enum Token {
    Word(Vec<u8>),
    Operator(&'static str),
}

/// A simple command: words, where its streams go, and what comes after it.
#[derive(Debug, Default)]
pub struct Simple {
    pub words: Vec<Vec<u8>>,
    pub assignments: Vec<Vec<u8>>,
    pub input: Option<Vec<u8>>,
    pub output: Option<Vec<u8>>,
    pub merged: bool,
    after: &'static str,
}

/// What a program left behind.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Ran {
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    pub status: u8,
}

/// Runs `ipvsadm`, `ipvsadm-save` and `ipvsadm-restore`: words, assignments, standard input.
pub type Runner<'a> = dyn FnMut(&[Vec<u8>], &[Vec<u8>], &[u8]) -> Ran + 'a;

const OPERATORS: [&str; 9] = [";", "&&", "|", "2>&1", ">&-", ">", "<", "(", ")"];

/// Splits a line; `status` is `$?` at the time, so commands are split one at a time.
fn token(line: &[u8], status: u8) -> Result<Option<(Token, &[u8])>, String> {
    let line = line.trim_ascii_start();
    if line.is_empty() {
        return Ok(None);
    }
    for operator in OPERATORS {
        if let Some(rest) = line.strip_prefix(operator.as_bytes()) {
            return Ok(Some((Token::Operator(operator), rest)));
        }
    }
    let mut word = Vec::new();
    let mut rest = line;
    let mut double = false;
    loop {
        match rest {
            [] => break,
            [b'"', more @ ..] => (double, rest) = (!double, more),
            [b'\'', more @ ..] if !double => {
                let end = more.iter().position(|b| *b == b'\'').ok_or("open quote")?;
                word.extend_from_slice(&more[..end]);
                rest = &more[end + 1..];
            }
            [b'$', b'?', more @ ..] => {
                word.extend_from_slice(status.to_string().as_bytes());
                rest = more;
            }
            [b'$', b'(', more @ ..] => {
                let end = more.iter().position(|b| *b == b')').ok_or("open substitution")?;
                let words = words(&more[..end])?;
                word.extend_from_slice(&printf(&words)?);
                rest = &more[end + 1..];
            }
            [b'$' | b'`', ..] => return Err("needs a real shell".into()),
            [byte, ..] if !double && b" \t;|<>&()".contains(byte) => break,
            [byte, more @ ..] => {
                word.push(*byte);
                rest = more;
            }
        }
    }
    Ok(Some((Token::Word(word), rest)))
}

fn words(mut line: &[u8]) -> Result<Vec<Vec<u8>>, String> {
    let mut words = Vec::new();
    while let Some((token, rest)) = token(line, 0)? {
        match token {
            Token::Word(word) => words.push(word),
            Token::Operator(operator) => return Err(format!("`{operator}` in a substitution")),
        }
        line = rest;
    }
    Ok(words)
}

fn simple(mut line: &[u8], status: u8) -> Result<(Simple, &[u8]), String> {
    let mut command = Simple::default();
    let mut redirection = "";
    while let Some((token, rest)) = token(line, status)? {
        line = rest;
        match token {
            Token::Operator(operator @ (";" | "&&" | "|")) => {
                command.after = operator;
                break;
            }
            Token::Operator("2>&1") => command.merged = true,
            Token::Operator(">&-") => command.output = Some(b"/dev/null".to_vec()),
            Token::Operator(operator) => redirection = operator,
            Token::Word(word) => match std::mem::take(&mut redirection) {
                ">" => command.output = Some(word),
                "<" => command.input = Some(word),
                _ if command.words.is_empty() && word.contains(&b'=') => {
                    command.assignments.push(word);
                }
                _ => command.words.push(word),
            },
        }
    }
    Ok((command, line))
}

/// Runs a line; an error says what needs a real shell.
pub fn run(line: &str, runner: &mut Runner<'_>) -> Result<Ran, String> {
    let mut all = Ran::default();
    let mut files: HashMap<Vec<u8>, Vec<u8>> = HashMap::new();
    let mut piped = None;
    let mut skip = false;
    let mut line = line.as_bytes();
    while !line.trim_ascii().is_empty() {
        let (command, rest) = simple(line, all.status)?;
        line = rest;
        if skip {
            skip = command.after == "&&";
            continue;
        }
        let input = match &command.input {
            Some(file) => files.get(file).cloned().ok_or("no such file")?,
            None => piped.take().unwrap_or_default(),
        };
        let mut ran = builtin(&command, &input, &files, runner)?;
        if command.merged {
            // Standard output is written at the end, standard error at once.
            ran.stdout = [std::mem::take(&mut ran.stderr), ran.stdout].concat();
        }
        all.status = ran.status;
        all.stderr.extend(ran.stderr);
        match (&command.output, command.after) {
            (Some(file), _) => drop(files.insert(file.clone(), ran.stdout)),
            (None, "|") => piped = Some(ran.stdout),
            (None, _) => all.stdout.extend(ran.stdout),
        }
        skip = command.after == "&&" && ran.status != 0;
    }
    Ok(all)
}

fn builtin(
    command: &Simple,
    input: &[u8],
    files: &HashMap<Vec<u8>, Vec<u8>>,
    runner: &mut Runner<'_>,
) -> Result<Ran, String> {
    let file = |name: &[u8]| match name {
        b"-" => Ok(input.to_vec()),
        _ => files.get(name).cloned().ok_or("no such file"),
    };
    let name = command.words.first().ok_or("no command")?;
    let arguments = &command.words[1..];
    let (stdout, status) = match name.as_slice() {
        b"ipvsadm" | b"ipvsadm-save" | b"ipvsadm-restore" => {
            return Ok(runner(&command.words, &command.assignments, input));
        }
        b"echo" => ([arguments.join(&b' '), b"\n".to_vec()].concat(), 0),
        b"printf" => (printf(&command.words)?, 0),
        b"cat" => {
            let texts: Result<Vec<_>, _> = arguments.iter().map(|name| file(name)).collect();
            (texts?.concat(), 0)
        }
        b"diff" => match arguments {
            [a, b] if file(a)? == file(b)? => (Vec::new(), 0),
            _ => (b"(they differ)\n".to_vec(), 1),
        },
        other => return Err(format!("needs `{}`", String::from_utf8_lossy(other))),
    };
    Ok(Ran { stdout, stderr: Vec::new(), status })
}

fn printf(words: &[Vec<u8>]) -> Result<Vec<u8>, String> {
    let format = match words {
        [name, dashes, format] if name == b"printf" && dashes == b"--" => format,
        [name, format] if name == b"printf" => format,
        _ => return Err("needs a real printf".into()),
    };
    let mut out = Vec::new();
    let mut rest = format.as_slice();
    while let Some((&byte, more)) = rest.split_first() {
        rest = more;
        if byte == b'%' {
            return Err("needs a real printf".into());
        }
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        let octal = rest.iter().take(3).take_while(|b| (b'0'..=b'7').contains(b)).count();
        if octal > 0 {
            let digits = std::str::from_utf8(&rest[..octal]).unwrap_or_default();
            out.push(u8::from_str_radix(digits, 8).map_err(|error| error.to_string())?);
            rest = &rest[octal..];
            continue;
        }
        let (&escape, more) = rest.split_first().ok_or("a lone backslash")?;
        rest = more;
        out.push(match escape {
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            other => other,
        });
    }
    Ok(out)
}
