//! `menshen face check|compare|search|enroll`: the engine on files.

use super::Usage;
use crate::cli::{FaceArguments, FaceCommand};
use crate::output;
use anyhow::{Context, Result, bail};
use face::gallery_file::{self, Entry, GalleryFileError};
use face::{Engine, Examination, ExamineError, Settings, Template, Thresholds, models};
use serde_json::{Value, json};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// What `enroll` takes for a photo.
const EXTENSIONS: [&str; 5] = ["jpg", "jpeg", "png", "bmp", "webp"];

pub(crate) fn run(command: FaceCommand) -> Result<()> {
    match command {
        FaceCommand::Check { photos, common } => check(&photos, &common),
        FaceCommand::Compare { a, b, common } => compare(&a, &b, &common),
        FaceCommand::Search {
            photo,
            gallery,
            common,
        } => search(&photo, &gallery, &common),
        FaceCommand::Enroll { dir, gallery, common } => enroll(&dir, &gallery, &common),
    }
}

fn check(photos: &[PathBuf], common: &FaceArguments) -> Result<()> {
    let engine = engine(common)?;
    for path in photos {
        let found = examine(&engine, path)?;
        if common.json {
            output::line(object(path, &found)?)?;
        } else {
            output::line(format_args!("{}", sentence(path, &found)))?;
        }
    }
    Ok(())
}

fn object(path: &Path, found: &Examination) -> Result<Value> {
    let mut object = serde_json::to_value(found)?;
    if let Some(fields) = object.as_object_mut() {
        fields.insert("path".to_owned(), json!(path));
    }
    Ok(object)
}

fn sentence(path: &Path, found: &Examination) -> String {
    let reasons: Vec<&str> = found.faults.iter().map(|fault| fault.explanation()).collect();
    let verdict = if found.usable {
        "usable".to_owned()
    } else {
        reasons.join("; ")
    };
    let measured = found.faces.first().map(|face| {
        let quality = &face.quality;
        let (size, sharpness, exposure) = (quality.size, quality.sharpness, quality.exposure);
        let (yaw, pitch, roll) = (quality.yaw, quality.pitch, quality.roll);
        format!(
            " (face {size:.0} px, sharpness {sharpness:.0}, exposure {exposure:.2}, \
             yaw {yaw:.0}°, pitch {pitch:.0}°, roll {roll:.0}°)"
        )
    });
    format!(
        "{}: {} faces, {verdict}{}",
        path.display(),
        found.faces.len(),
        measured.unwrap_or_default()
    )
}

fn compare(a: &Path, b: &Path, common: &FaceArguments) -> Result<()> {
    let engine = engine(common)?;
    let similarity = largest_face(&engine, a)?.similarity(&largest_face(&engine, b)?);
    let verdict = Thresholds::default().compare(similarity);
    if common.json {
        output::line(format_args!(
            "{}",
            json!({ "similarity": similarity, "verdict": verdict })
        ))?;
    } else {
        output::line(format_args!("{verdict} (similarity {similarity:.3})"))?;
    }
    Ok(())
}

fn search(photo: &Path, gallery: &Path, common: &FaceArguments) -> Result<()> {
    let entries = gallery_file::read(gallery).context("make a gallery with `menshen face enroll`")?;
    let engine = engine(common)?;
    let found = gallery_file::gallery(&entries).search(&largest_face(&engine, photo)?);
    let verdict = Thresholds::default().judge(&found).name();
    let matches: Vec<(String, f32)> = [found.best, found.second].into_iter().flatten().collect();
    if common.json {
        let object =
            |(person, similarity): &(String, f32)| json!({ "person": person, "similarity": similarity });
        let matches: Vec<Value> = matches.iter().map(object).collect();
        output::line(format_args!(
            "{}",
            json!({ "matches": matches, "verdict": verdict })
        ))?;
        return Ok(());
    }
    output::line(format_args!("{verdict}"))?;
    for (person, similarity) in matches {
        output::line(format_args!("  {similarity:.3}  {person}"))?;
    }
    Ok(())
}

fn enroll(dir: &Path, gallery: &Path, common: &FaceArguments) -> Result<()> {
    let photos = photos(dir)?;
    if photos.is_empty() {
        bail!(Usage(format!(
            "{} has no photos ({})",
            dir.display(),
            EXTENSIONS.join(", ")
        )));
    }
    let mut entries = match gallery_file::read(gallery) {
        Err(GalleryFileError::File { source, .. }) if source.kind() == ErrorKind::NotFound => Vec::new(),
        other => other?,
    };
    let engine = engine(common)?;
    for (path, person) in photos {
        let found = examine(&engine, &path)?;
        let added = found.template.as_ref().filter(|_| found.usable);
        if let Some(template) = added {
            add(&mut entries, &person, &path, template.clone());
        }
        let reasons: Vec<&str> = found.faults.iter().map(|fault| fault.code()).collect();
        if common.json {
            output::line(format_args!(
                "{}",
                json!({ "path": path, "person": person, "added": added.is_some(), "reasons": reasons })
            ))?;
        } else {
            let outcome = if added.is_some() {
                "added".to_owned()
            } else {
                format!("left out: {}", reasons.join(" "))
            };
            output::line(format_args!("{}: {person}: {outcome}", path.display()))?;
        }
    }
    gallery_file::write(gallery, &entries)?;
    Ok(())
}

/// Adds a photo; one of the same person and name is replaced.
fn add(entries: &mut Vec<Entry>, person: &str, path: &Path, template: Template) {
    let photo = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    entries.retain(|entry| entry.person != person || entry.photo != photo);
    entries.push(Entry {
        person: person.to_owned(),
        photo,
        template,
    });
}

/// The photos of a folder and of its sub-folders, each with its person.
fn photos(dir: &Path) -> Result<Vec<(PathBuf, String)>> {
    let mut found = Vec::new();
    for path in entries(dir)? {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if path.is_dir() {
            let inside = entries(&path)?.into_iter().filter(|path| is_photo(path));
            found.extend(inside.map(|path| (path, name.clone())));
        } else if is_photo(&path) {
            let stem = path
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            let person = stem.split('_').next().unwrap_or_default().to_owned();
            found.push((path, person));
        }
    }
    Ok(found)
}

fn entries(dir: &Path) -> Result<Vec<PathBuf>> {
    let listing =
        std::fs::read_dir(dir).with_context(|| format!("cannot read the folder {}", dir.display()))?;
    let mut paths = listing
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

fn is_photo(path: &Path) -> bool {
    let extension = path
        .extension()
        .map(|extension| extension.to_string_lossy().to_ascii_lowercase());
    path.is_file() && extension.is_some_and(|extension| EXTENSIONS.contains(&extension.as_str()))
}

fn engine(common: &FaceArguments) -> Result<Engine> {
    let directory = common.models.clone().unwrap_or_else(models::default_directory);
    Ok(Engine::load(&directory, Settings::default())?)
}

/// What the engine says of a file; that it is no picture is something that it says.
fn examine(engine: &Engine, path: &Path) -> Result<Examination> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    match engine.examine(&bytes) {
        Ok(found) => Ok(found),
        Err(ExamineError::Image(error)) => Ok(Examination::refused(&error)),
        Err(error) => Err(error).with_context(|| path.display().to_string()),
    }
}

fn largest_face(engine: &Engine, path: &Path) -> Result<Template> {
    let found = examine(engine, path)?;
    let reasons: Vec<&str> = found.faults.iter().map(|fault| fault.explanation()).collect();
    found.template.with_context(|| {
        format!(
            "no face of {} can be used: {}",
            path.display(),
            reasons.join("; ")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_the_sub_folders_name_or_the_files_first_part() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("An")).unwrap();
        for name in ["An/1.jpg", "Bo_2.PNG", "Cy.webp", "notes.txt"] {
            std::fs::write(dir.path().join(name), b"").unwrap();
        }
        let people: Vec<String> = photos(dir.path())
            .unwrap()
            .into_iter()
            .map(|(_, person)| person)
            .collect();
        assert_eq!(people, ["An", "Bo", "Cy"]);
    }
}
