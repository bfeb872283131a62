//! The two files by name, size and hash.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::folding::{FoldError, fold};
use crate::engine::LoadError;

/// A file that is used only when it is exactly this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PinnedFile {
    /// Its name in the models folder, and its last part in the package.
    pub name: &'static str,
    /// SHA-256, in hexadecimal digits.
    pub sha256: &'static str,
}

const DETECTOR: PinnedFile = PinnedFile {
    name: "face_detection_yunet_2023mar_int8bq.onnx",
    sha256: "49f000ec501fef24739071fc7e68267d32209045b6822c0c72dce1da25726f10",
};

const EMBEDDER: PinnedFile = PinnedFile {
    name: "face_recognition_sface_2021dec_int8bq.onnx",
    sha256: "fb143eea07838aa532d1c95df5f69899974ea0140e1fba05e94204be13ed74ee",
};

/// Both models: YuNet, SFace.
pub const FILES: [PinnedFile; 2] = [DETECTOR, EMBEDDER];

/// Why a model file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// It is not there.
    #[error("{} is missing: run `menshen models install`", .0.display())]
    Missing(PathBuf),
    /// It cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// It is another file than the pinned one.
    #[error("{} is not the expected file (SHA-256 {actual}): delete it and run `menshen models install`", path.display())]
    Different {
        /// The file.
        path: PathBuf,
        /// Its SHA-256.
        actual: String,
    },
    /// It cannot be prepared for the inference library.
    #[error("{name} cannot be folded: {source}")]
    Fold {
        /// The file.
        name: &'static str,
        /// Why.
        source: FoldError,
    },
}

/// Both networks with their weights unpacked to `f32`.
pub(crate) struct Folded {
    pub(crate) detector: Vec<u8>,
    pub(crate) embedder: Vec<u8>,
}

/// Checks that both files are there and are the pinned ones.
///
/// # Errors
/// The first [`ModelError`].
pub fn verify(directory: &Path) -> Result<(), ModelError> {
    FILES.iter().try_for_each(|file| read(directory, file).map(drop))
}

/// Reads, checks and folds both models.
pub(crate) fn load(directory: &Path) -> Result<Folded, LoadError> {
    let folded = |file: &PinnedFile| {
        let bytes = read(directory, file).map_err(|error| match error {
            ModelError::Missing(_) => LoadError::Missing {
                directory: directory.to_owned(),
            },
            other => LoadError::Model(other),
        })?;
        fold(&bytes).map_err(|source| {
            LoadError::Model(ModelError::Fold {
                name: file.name,
                source,
            })
        })
    };
    Ok(Folded {
        detector: folded(&DETECTOR)?,
        embedder: folded(&EMBEDDER)?,
    })
}

fn read(directory: &Path, file: &PinnedFile) -> Result<Vec<u8>, ModelError> {
    let path = directory.join(file.name);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(ModelError::Missing(path)),
        Err(source) => return Err(ModelError::Unreadable { path, source }),
    };
    let actual = digest(&bytes);
    if actual == file.sha256 {
        Ok(bytes)
    } else {
        Err(ModelError::Different { path, actual })
    }
}

/// SHA-256 in hexadecimal digits.
pub(crate) fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
