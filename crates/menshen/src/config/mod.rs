//! The layered configuration: compiled-in defaults, a file, the environment, switches. Each key knows where its value
//! came from, and an unknown key is refused with the nearest known one.

mod keys;
mod layers;
mod show;
mod sides;

pub(crate) use layers::{Effective, Sources};
pub(crate) use show::{print_default, print_effective};
pub(crate) use sides::{HUB, Side, TERMINAL, guess};

use std::path::PathBuf;

/// Why a configuration was refused; always wrong usage (exit 2).
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration {}: {source}; give an existing file with --config", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file is not TOML.
    #[error("{} is not TOML: {detail}", path.display())]
    NotToml {
        /// The file.
        path: PathBuf,
        /// Where and what.
        detail: String,
    },
    /// A key that does not exist.
    #[error("unknown key `{key}` ({origin}); the nearest known key is `{nearest}`")]
    Unknown {
        /// The key in full.
        key: String,
        /// Where it stands.
        origin: String,
        /// The nearest known key in full.
        nearest: String,
    },
    /// A value of the wrong type.
    #[error("`{key}` ({origin}) wants {wanted}, not {found}")]
    Type {
        /// The key in full.
        key: String,
        /// Where it stands.
        origin: String,
        /// What it wants.
        wanted: &'static str,
        /// What it got.
        found: String,
    },
    /// A switch without `=`.
    #[error("--set {0} has no value; write it as --set table.key=value")]
    NoValue(String),
    /// Every key is known and of its type, and a value still makes no sense.
    #[error("the configuration makes no sense: {0}")]
    Meaning(String),
}
