//! The photos of the demo and of the tests. They are fetched by pinned version and hash and never part of this
//! repository: official portraits, of which one restricts promotional use.

use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;

use crate::models::fetch::{check, download, from_zip, read, temporary_directory, write};
use crate::models::{InstallError, PinnedFile, Source, location};

/// The variable that names their folder.
const VARIABLE: &str = "MENSHEN_SAMPLES";

/// The package with the portraits, by exact version.
const PORTRAITS: &str = "face_recognition==1.3.0";

const PORTRAITS_FILE: PinnedFile = PinnedFile {
    name: "face_recognition-1.3.0.tar.gz",
    sha256: "5e5efdd1686aa566af0d3cc1313b131e4b197657a8ffd03669e6d3fad92705ec",
};

/// The package with the astronaut, by exact version.
const ASTRONAUT: &str = "scikit-image==0.26.0";

/// Unpacked, the package with the portraits is smaller than this.
const MAX_UNPACKED_BYTES: u64 = 64 * 1024 * 1024;

/// Bytes of a block of a tar file.
const TAR_BLOCK: usize = 512;

/// One photo with one face.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// The file.
    pub file: PinnedFile,
    /// Who it shows.
    pub person: &'static str,
}

const fn sample(person: &'static str, name: &'static str, sha256: &'static str) -> Sample {
    Sample {
        file: PinnedFile { name, sha256 },
        person,
    }
}

/// All photos: three of one person, one each of two others.
pub const SAMPLES: [Sample; 5] = [
    sample(
        "Barack Obama",
        "obama.jpg",
        "0930e3aa8cae5920329c0c8cbc6a2ab70f47b0e67b432875beaa95cbf7e741f6",
    ),
    sample(
        "Barack Obama",
        "obama2.jpg",
        "a7efcc907375274796f39646510704aa86672d59f6d5469d69af3c85590976a6",
    ),
    sample(
        "Barack Obama",
        "obama3.jpg",
        "76ac6bf97c36dc2da0ad16a537d6a5ac1b10f48d49aac29a0cca9a17cdbc3ca3",
    ),
    sample(
        "Joe Biden",
        "biden.jpg",
        "3c17508bb91554c637a2eabddfae790e5bb1caba93130814fc2ac50be9760c4c",
    ),
    sample(
        "Eileen Collins",
        "astronaut.png",
        "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5",
    ),
];

/// The only one of [`SAMPLES`] that is in the second package.
const ASTRONAUT_NAME: &str = "astronaut.png";

/// Where they are: `MENSHEN_SAMPLES`, else `menshen/samples` in the user's data folder.
#[must_use]
pub fn default_directory() -> PathBuf {
    location::variable(VARIABLE).unwrap_or_else(|| location::user_data("samples"))
}

/// Checks that all photos are there and are the pinned ones.
///
/// # Errors
/// The first [`InstallError`].
pub fn verify(directory: &Path) -> Result<(), InstallError> {
    SAMPLES
        .iter()
        .try_for_each(|sample| check(&sample.file, &read(&directory.join(sample.file.name))?))
}

/// Installs all photos into a folder, checked by their hashes. Does nothing when they are there already.
///
/// With [`Source::Directory`], that folder has the photos themselves or both packages' files.
///
/// # Errors
/// [`InstallError`] says what to do.
pub fn install(directory: &Path, source: &Source) -> Result<(), InstallError> {
    if verify(directory).is_ok() {
        return Ok(());
    }
    match source {
        Source::Directory(from) => install_from(directory, from),
        Source::Package => {
            let packages = temporary_directory()?;
            download(&["--no-deps", "--no-binary", ":all:", PORTRAITS], packages.path())?;
            download(&ASTRONAUT_ARGUMENTS, packages.path())?;
            install_from(directory, packages.path())
        }
    }
}

/// Any machine may have any file of that version: only a picture is taken out of it. This one is the same everywhere.
const ASTRONAUT_ARGUMENTS: [&str; 10] = [
    "--no-deps",
    "--only-binary=:all:",
    "--implementation",
    "cp",
    "--python-version",
    "3.12",
    "--platform",
    "manylinux_2_28_x86_64",
    "--platform=manylinux2014_x86_64",
    ASTRONAUT,
];

fn install_from(directory: &Path, from: &Path) -> Result<(), InstallError> {
    for Sample { file, .. } in &SAMPLES {
        let plain = from.join(file.name);
        let bytes = if plain.is_file() {
            read(&plain)?
        } else if file.name == ASTRONAUT_NAME {
            let wheel = wheel(from, file.name)?;
            from_zip(&wheel, &read(&wheel)?, file.name)?
        } else {
            let package = from.join(PORTRAITS_FILE.name);
            let packed = read(&package)?;
            check(&PORTRAITS_FILE, &packed)?;
            from_tar(&package, &packed, file.name)?
        };
        check(file, &bytes)?;
        write(directory, file.name, &bytes)?;
    }
    Ok(())
}

fn wheel(from: &Path, name: &'static str) -> Result<PathBuf, InstallError> {
    let missing = || InstallError::NotThere {
        name,
        within: from.to_owned(),
    };
    let entries = std::fs::read_dir(from).map_err(|_| missing())?;
    let names = entries
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut wheels = names.filter(|name| name.starts_with("scikit_image-0.26.0") && name.ends_with(".whl"));
    wheels.next().map(|name| from.join(name)).ok_or_else(missing)
}

/// Takes the file whose name ends with `/name` out of a compressed tar file.
fn from_tar(path: &Path, packed: &[u8], name: &'static str) -> Result<Vec<u8>, InstallError> {
    let mut tar = Vec::new();
    GzDecoder::new(packed)
        .take(MAX_UNPACKED_BYTES)
        .read_to_end(&mut tar)
        .map_err(|error| InstallError::Archive {
            path: path.to_owned(),
            reason: error.to_string(),
        })?;
    let missing = || InstallError::NotThere {
        name,
        within: path.to_owned(),
    };
    let mut rest = tar.as_slice();
    while let Some((header, after)) = rest.split_first_chunk::<TAR_BLOCK>() {
        let size = tar_size(header).ok_or_else(missing)?;
        let content = after.get(..size).ok_or_else(missing)?;
        if tar_name(header).rsplit('/').next() == Some(name) {
            return Ok(content.to_vec());
        }
        rest = after.get(size.next_multiple_of(TAR_BLOCK)..).unwrap_or_default();
    }
    Err(missing())
}

/// A file's name: the first 100 bytes up to a zero.
fn tar_name(header: &[u8; TAR_BLOCK]) -> String {
    let name = header
        .iter()
        .take(100)
        .take_while(|byte| **byte != 0)
        .copied()
        .collect::<Vec<_>>();
    String::from_utf8_lossy(&name).into_owned()
}

/// A file's size: octal digits from byte 124 on. The two empty blocks at the end have size 0.
fn tar_size(header: &[u8; TAR_BLOCK]) -> Option<usize> {
    let digits = header.get(124..136)?;
    digits
        .iter()
        .filter(|byte| !matches!(byte, 0 | b' '))
        .try_fold(0_usize, |size, byte| {
            let digit = char::from(*byte).to_digit(8)?;
            size.checked_mul(8)?.checked_add(digit as usize)
        })
        .filter(|size| *size as u64 <= MAX_UNPACKED_BYTES)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut tar = Vec::new();
        for (name, content) in files {
            let mut header = [0; TAR_BLOCK];
            header[..name.len()].copy_from_slice(name.as_bytes());
            header[124..136].copy_from_slice(format!("{:011o}\0", content.len()).as_bytes());
            tar.extend(header);
            tar.extend(*content);
            tar.resize(tar.len().next_multiple_of(TAR_BLOCK), 0);
        }
        tar.resize(tar.len() + 2 * TAR_BLOCK, 0);
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(&tar).unwrap();
        packed.finish().unwrap()
    }

    #[test]
    fn a_file_is_taken_out_of_a_package_by_its_name() {
        let long = vec![7; 1500];
        let packed = tar(&[
            ("p/readme", b"no"),
            ("p/x/obama.jpg.txt", b"no"),
            ("p/x/obama.jpg", &long),
            ("p/z", b""),
        ]);
        let path = Path::new("p.tar.gz");
        assert_eq!(from_tar(path, &packed, "obama.jpg").unwrap(), long);
        assert!(matches!(
            from_tar(path, &packed, "biden.jpg"),
            Err(InstallError::NotThere { .. })
        ));
        assert!(matches!(
            from_tar(path, b"no gzip", "biden.jpg"),
            Err(InstallError::Archive { .. })
        ));
    }

    #[test]
    fn a_package_that_lies_about_a_size_is_refused() {
        let mut header = [0; TAR_BLOCK];
        header[124..136].copy_from_slice(b"77777777777\0");
        assert_eq!(tar_size(&header), None);
        header[124..136].copy_from_slice(b"00000000x17\0");
        assert_eq!(tar_size(&header), None);
        header[124..136].copy_from_slice(b"00000000017\0");
        assert_eq!(tar_size(&header), Some(15));
    }

    #[test]
    fn photos_are_installed_from_a_folder_once_checked() {
        let to = tempfile::tempdir().unwrap();
        let from = Source::Directory(default_directory());
        install(to.path(), &from)
            .unwrap_or_else(|error| panic!("{error}; `cargo xtask test` installs them first"));
        verify(to.path()).unwrap();
        std::fs::write(to.path().join(SAMPLES[0].file.name), b"another").unwrap();
        assert!(matches!(verify(to.path()), Err(InstallError::Different { .. })));
        install(to.path(), &from).unwrap();
        verify(to.path()).unwrap();
    }
}
