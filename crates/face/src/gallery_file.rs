//! The file of `menshen face enroll --gallery FILE`: templates of an operator's own photos, for trying the engine out.
//!
//! One JSON object: `{"format": 1, "model": "…", "faces": [{"person", "photo", "template"}]}`, the template as
//! hexadecimal digits. It is not encrypted and says who is who: it is readable by its owner only, and hub and
//! terminal never use it.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::gallery::Gallery;
use crate::template::{MODEL_VERSION, Template, TemplateError};

/// The version of the format.
const FORMAT: u32 = 1;

/// One enrolled photo.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Whose face it is.
    pub person: String,
    /// The photo's name.
    pub photo: String,
    /// The face.
    pub template: Template,
}

/// Why a gallery file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum GalleryFileError {
    /// It cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// It is no gallery.
    #[error("{} is not a gallery file: {reason}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Its templates were made by another model.
    #[error("{} was made with the model {made_with}, this is {MODEL_VERSION}: enrol the photos again", path.display())]
    OtherModel {
        /// The file.
        path: PathBuf,
        /// The model of its templates.
        made_with: String,
    },
}

#[derive(Serialize, Deserialize)]
struct File {
    format: u32,
    model: String,
    faces: Vec<Face>,
}

#[derive(Serialize, Deserialize)]
struct Face {
    person: String,
    photo: String,
    template: String,
}

/// Reads a gallery file.
///
/// # Errors
/// [`GalleryFileError`]; a missing file is [`GalleryFileError::File`] with `NotFound`.
pub fn read(path: &Path) -> Result<Vec<Entry>, GalleryFileError> {
    let format = |reason: String| GalleryFileError::Format {
        path: path.to_owned(),
        reason,
    };
    let text = std::fs::read(path).map_err(|source| GalleryFileError::File {
        path: path.to_owned(),
        source,
    })?;
    let file: File = serde_json::from_slice(&text).map_err(|error| format(error.to_string()))?;
    if file.format != FORMAT {
        return Err(format(format!("format {} is not {FORMAT}", file.format)));
    }
    if file.model != MODEL_VERSION {
        return Err(GalleryFileError::OtherModel {
            path: path.to_owned(),
            made_with: file.model,
        });
    }
    let entry = |face: Face| {
        let template = template(&face.template)?;
        Ok(Entry {
            person: face.person,
            photo: face.photo,
            template,
        })
    };
    file.faces
        .into_iter()
        .map(entry)
        .collect::<Result<_, TemplateError>>()
        .map_err(|error| format(error.to_string()))
}

/// Writes a gallery file, whole or not at all, readable by its owner only.
///
/// # Errors
/// [`GalleryFileError::File`].
pub fn write(path: &Path, entries: &[Entry]) -> Result<(), GalleryFileError> {
    let faces = entries.iter().map(|entry| Face {
        person: entry.person.clone(),
        photo: entry.photo.clone(),
        template: entry
            .template
            .to_bytes()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect(),
    });
    let file = File {
        format: FORMAT,
        model: MODEL_VERSION.to_owned(),
        faces: faces.collect(),
    };
    let failed = |source| GalleryFileError::File {
        path: path.to_owned(),
        source,
    };
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let mut unfinished = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    let text = serde_json::to_vec(&file).map_err(|error| failed(error.into()))?;
    unfinished.write_all(&text).map_err(failed)?;
    unfinished.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

/// A gallery by person of what was read.
#[must_use]
pub fn gallery(entries: &[Entry]) -> Gallery<String> {
    let gallery = Gallery::new();
    for entry in entries {
        gallery.insert(entry.person.clone(), &entry.photo, &entry.template);
    }
    gallery
}

fn template(digits: &str) -> Result<Template, TemplateError> {
    let wrong = TemplateError::Length(digits.len() / 2);
    let pairs = digits.as_bytes().chunks(2);
    let bytes: Option<Vec<u8>> = pairs
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    Template::from_bytes(&bytes.ok_or(wrong)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::TEMPLATE_LENGTH;

    fn entry(person: &str, direction: usize) -> Entry {
        let mut raw = [0.1; TEMPLATE_LENGTH];
        raw[direction] = 5.0;
        let template = Template::from_raw(raw).unwrap();
        Entry {
            person: person.to_owned(),
            photo: format!("{person}.jpg"),
            template,
        }
    }

    #[test]
    fn a_gallery_file_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gallery.json");
        let entries = vec![entry("an", 1), entry("bo", 2)];
        write(&path, &entries).unwrap();
        let back = read(&path).unwrap();
        assert_eq!(back.len(), 2);
        let found = gallery(&back).search(&entries[1].template);
        assert_eq!(found.best.unwrap().0, "bo");
        assert_eq!(found.second.unwrap().0, "an");
    }

    #[test]
    fn another_models_templates_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gallery.json");
        std::fs::write(&path, r#"{"format":1,"model":"other","faces":[]}"#).unwrap();
        assert!(matches!(read(&path), Err(GalleryFileError::OtherModel { .. })));
        std::fs::write(&path, "no").unwrap();
        assert!(matches!(read(&path), Err(GalleryFileError::Format { .. })));
    }
}
