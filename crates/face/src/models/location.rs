//! Where the models are.

use std::path::{Path, PathBuf};

/// The variable that names the folder.
const VARIABLE: &str = "MENSHEN_MODELS";

/// The folder's name in a data folder.
const FOLDER: &str = "models";

/// Where `models install` puts them when it is not told: `MENSHEN_MODELS`, else the user's data folder.
#[must_use]
pub fn default_directory() -> PathBuf {
    locate(None, None)
}

/// Where to look for them: an explicit folder, `MENSHEN_MODELS`, the data folder's `models` if it is there, the
/// user's data folder (`$XDG_DATA_HOME` or `~/.local/share`, then `menshen/models`).
#[must_use]
pub fn locate(explicit: Option<&Path>, data: Option<&Path>) -> PathBuf {
    if let Some(directory) = explicit {
        return directory.to_owned();
    }
    if let Some(directory) = variable(VARIABLE) {
        return directory;
    }
    let beside = data
        .map(|data| data.join(FOLDER))
        .filter(|directory| directory.is_dir());
    beside.unwrap_or_else(|| user_data(FOLDER))
}

/// A folder of ours in the user's data folder.
pub(crate) fn user_data(folder: &str) -> PathBuf {
    let data = variable("XDG_DATA_HOME")
        .or_else(|| variable("HOME").map(|home| home.join(".local/share")))
        .unwrap_or_else(|| PathBuf::from("."));
    data.join("menshen").join(folder)
}

/// A path from the environment; unset and empty are the same.
pub(crate) fn variable(name: &str) -> Option<PathBuf> {
    std::env::var_os(name)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}
