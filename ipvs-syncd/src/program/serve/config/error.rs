// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is wrong with a configuration, and where.

use std::io;
use std::path::{Path, PathBuf};

/// Why a configuration can't be used.
#[derive(Debug, thiserror::Error)]
pub(in super::super) enum ConfigError {
    /// The file can't be read.
    #[error("{}: {source}; check the path, and that the service's user may read it", file.display())]
    Read { file: PathBuf, source: io::Error },
    /// A place in the file is wrong.
    #[error("{}:{line}:{column}: {}{text}", file.display(), key.as_deref().unwrap_or_default())]
    Text {
        file: PathBuf,
        line: usize,
        column: usize,
        /// `NAME: `, where it is about the value of a key.
        key: Option<String>,
        text: String,
    },
    /// Values that are sound each by itself do not go together.
    #[error("{0}")]
    Together(String),
}

impl ConfigError {
    /// The first mistake in the text of a file.
    pub(super) fn in_text(file: &Path, text: &str, error: &toml::de::Error) -> Self {
        let at = error.span().map_or(0, |span| span.start);
        let before = text.get(..at).unwrap_or(text);
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        // What stands before a wrong value on its line; a wrong key has nothing before it.
        let key = before[start..].split_once('=').map(|(key, _)| format!("{}: ", key.trim()));
        Self::Text {
            file: file.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before[start..].chars().count() + 1,
            key,
            text: error.message().split_whitespace().collect::<Vec<_>>().join(" "),
        }
    }
}
