// SPDX-License-Identifier: MIT OR Apache-2.0
//! Completions for bash, zsh and fish.

use anyhow::{Context, Result, ensure};
use clap_complete::{Shell, generate};

use super::{grammar, values};

/// A shell, where it looks for completions, and what they are called there.
pub struct Place {
    /// The shell.
    pub shell: Shell,
    /// The directory of our output and of the package.
    pub directory: &'static str,
    file: fn(&str) -> String,
}

impl Place {
    /// The file with the completions of a program.
    pub fn file(&self, program: &str) -> String {
        (self.file)(program)
    }
}

/// All shells.
pub const PLACES: [Place; 3] = [
    Place { shell: Shell::Bash, directory: "bash", file: str::to_owned },
    Place { shell: Shell::Zsh, directory: "zsh", file: |program| format!("_{program}") },
    Place { shell: Shell::Fish, directory: "fish", file: |program| format!("{program}.fish") },
];

/// The completions of a program in a shell.
///
/// # Errors
/// The generator has changed the form in which it writes what is improved here.
pub fn text(program: &'static str, shell: Shell) -> Result<String> {
    let mut bytes = Vec::new();
    generate(shell, &mut grammar::completed(program, shell), program, &mut bytes);
    let text = String::from_utf8(bytes).context("the completions are no UTF-8")?;
    let text = match shell {
        // The generator looks for the places of words by one name and has them under another, unless
        // the program's name has no dash.
        Shell::Bash => {
            let [there, wanted] = ["__subcmd__", "__"].map(|dash| program.replace('-', dash));
            text.replace(&format!("{there}__subcmd__"), &format!("{wanted}__subcmd__"))
        }
        Shell::Fish if grammar::options(program).next().is_some() => with_words(program, text)?,
        _ => text,
    };
    let named = grammar::options(program).any(|option| option.long == values::INTERFACE);
    if named { with_interfaces(&text, shell) } else { Ok(text) }
}

/// Has fish take for a word what is the first argument. What the generator wrote reads all options
/// that stand before a word, and gives up at the second letters that the table has for some.
fn with_words(program: &str, text: String) -> Result<String> {
    let Some(words) = grammar::words(program) else { return Ok(text) };
    let words: Vec<_> = words.get_subcommands().map(|word| word.get_name().to_owned()).collect();
    let function = format!("function __fish_{program}_needs_command\n");
    let start = text.find(&function).context("no function for words in the completions")?;
    let length = text[start..].find("\nend\n").context("a function without an end")?;
    let body = format!(
        "    set -l cmd (commandline -opc)
    if contains -- \"$cmd[2]\" {}
        echo $cmd[2]
        return 1
    end
    return 0",
        words.join(" ")
    );
    Ok([&text[..start], &function, &body, &text[start + length..]].concat())
}

/// Has the shell ask for the names of interfaces, which the generator has no notion of.
fn with_interfaces(text: &str, shell: Shell) -> Result<String> {
    let name = values::INTERFACE;
    let (mark, end, all) = match shell {
        Shell::Bash => (
            format!("--{name})"),
            "\"${cur}\")",
            "$(compgen -W \"$(command ls /sys/class/net 2>/dev/null)\" -- \"${cur}\"))",
        ),
        Shell::Zsh => (format!("'--{name}="), ":' \\", ":_net_interfaces' \\"),
        _ => (format!("-l {name} "), " -r -f", " -r -f -a \"(__fish_print_interfaces)\""),
    };
    let start = text.find(&mark).with_context(|| format!("no {mark} in the completions"))?;
    let place = text[start..].find(end).map(|at| start + at);
    let place = place.with_context(|| format!("no {end} after {mark}"))?;
    let lines = text[start..place].lines().count();
    ensure!(lines <= 2, "{end} is {lines} lines after {mark}");
    Ok([&text[..place], all, &text[place + end.len()..]].concat())
}
