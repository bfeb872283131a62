//! The master key and what is sealed with it (hub rules 3 and 4).
//!
//! ChaCha20-Poly1305, by ring: it is fast and of constant time on every processor, also on the small ARM boards under
//! terminals that lack AES instructions, where AES-GCM is slow. A sealed value is
//!
//! | bytes | what |
//! | --- | --- |
//! | 1 | format, now 1 |
//! | 4 | key id: the first bytes of SHA-256 over a label and the key |
//! | 12 | nonce, random |
//! | n | ciphertext |
//! | 16 | tag |
//!
//! The table's name and the row's id are authenticated with it, so that a value copied to another row does not open.
//! Random nonces are safe for 2^32 values under one key; a hub with a million records a day gets there in 5 years,
//! which is what rotation is for.

use crate::error::StoreError;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use sha2::{Digest, Sha256};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes of a key.
pub const KEY_BYTES: usize = 32;
/// Mode of the key file: nobody but its owner.
const KEY_FILE_MODE: u32 = 0o600;
/// A key file holds 44 characters and perhaps a line end; more is not read.
const KEY_FILE_MAX: u64 = 256;
const FORMAT: u8 = 1;
const KEY_ID_BYTES: usize = 4;
const HEADER_BYTES: usize = 1 + KEY_ID_BYTES + NONCE_LEN;
const KEY_ID_LABEL: &[u8] = b"menshen master key id";

/// Why there is no master key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Not 32 bytes of Base64.
    #[error("{place}: a master key is 32 bytes in Base64 (44 characters)")]
    Malformed {
        /// The file or the variable.
        place: String,
    },
    /// Data without its key: a new one would be of no use.
    #[error(
        "{} is missing, but there is data in {}; put the key file back or set MENSHEN_SECRETS__KEY (no new key is made \
         for existing data)", key.display(), database.display()
    )]
    Missing {
        /// The key file.
        key: PathBuf,
        /// The database that needs it.
        database: PathBuf,
    },
    /// Others may read the key file.
    #[error("{} can be read by others (mode {mode:o}); run chmod 600 on it", path.display())]
    Exposed {
        /// The key file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// The key file could not be read or made.
    #[error("{}: {source}", path.display())]
    Io {
        /// The key file.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// The system gave no random bytes.
    #[error("the system gives no random bytes")]
    Entropy,
}

/// The key under which everything sensitive is sealed. Cheap to clone; never printed.
#[derive(Clone)]
pub struct MasterKey(Arc<Inner>);

struct Inner {
    key: LessSafeKey,
    id: [u8; KEY_ID_BYTES],
    bytes: [u8; KEY_BYTES],
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "MasterKey({})", self.id())
    }
}

impl MasterKey {
    /// A key from its 32 bytes.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] never happens with ring's ciphers, but is not hidden.
    pub fn from_bytes(bytes: [u8; KEY_BYTES]) -> Result<Self, KeyError> {
        let malformed = || KeyError::Malformed {
            place: "master key".to_owned(),
        };
        let digest = Sha256::new()
            .chain_update(KEY_ID_LABEL)
            .chain_update(bytes)
            .finalize();
        let id = digest.first_chunk().copied().ok_or_else(malformed)?;
        let key = cipher(&bytes).ok_or_else(malformed)?;
        Ok(Self(Arc::new(Inner { key, id, bytes })))
    }

    /// A key from its Base64 text; `place` (a file, a variable) is named in the error.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] when the text is not 32 bytes of Base64.
    pub fn from_base64(text: &str, place: &str) -> Result<Self, KeyError> {
        let malformed = || KeyError::Malformed {
            place: place.to_owned(),
        };
        let bytes = STANDARD.decode(text.trim()).map_err(|_| malformed())?;
        Self::from_bytes(bytes.try_into().map_err(|_| malformed())?)
    }

    /// A new random key.
    ///
    /// # Errors
    /// [`KeyError::Entropy`] when the system gives no random bytes.
    pub fn random() -> Result<Self, KeyError> {
        let mut bytes = [0; KEY_BYTES];
        SystemRandom::new()
            .fill(&mut bytes)
            .map_err(|_| KeyError::Entropy)?;
        Self::from_bytes(bytes)
    }

    /// The key of a data folder: `value` (`MENSHEN_SECRETS__KEY`) if given, else the key file; on the very first start,
    /// when neither the file nor the database exists, a new key is made and written there with mode 0600.
    ///
    /// # Errors
    /// [`KeyError`] says which of these did not work; data without its key is [`KeyError::Missing`].
    pub fn obtain(value: Option<&str>, file: &Path, database: &Path) -> Result<Self, KeyError> {
        if let Some(value) = value {
            return Self::from_base64(value, "MENSHEN_SECRETS__KEY");
        }
        match Self::read(file) {
            Err(KeyError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
            other => return other,
        }
        if database.exists() {
            return Err(KeyError::Missing {
                key: file.to_owned(),
                database: database.to_owned(),
            });
        }
        let key = Self::random()?;
        key.write_new(file).map_err(|source| KeyError::Io {
            path: file.to_owned(),
            source,
        })?;
        // Another process may have been faster: what is in the file counts.
        Self::read(file)
    }

    fn read(path: &Path) -> Result<Self, KeyError> {
        let failed = |source| KeyError::Io {
            path: path.to_owned(),
            source,
        };
        let file = File::open(path).map_err(failed)?;
        let mode = file.metadata().map_err(failed)?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(KeyError::Exposed {
                path: path.to_owned(),
                mode,
            });
        }
        let mut text = String::new();
        io::Read::read_to_string(&mut io::Read::take(file, KEY_FILE_MAX), &mut text).map_err(failed)?;
        Self::from_base64(&text, &path.display().to_string())
    }

    /// Writes the key beside its place and links it there, so that a crash leaves either the whole file or none.
    fn write_new(&self, path: &Path) -> io::Result<()> {
        let folder = path
            .parent()
            .filter(|p| !p.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let mut draft = path.as_os_str().to_owned();
        draft.push(format!(".{}", std::process::id()));
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(KEY_FILE_MODE)
            .open(&draft)?;
        writeln!(file, "{}", self.to_base64())?;
        file.sync_all()?;
        let linked = fs::hard_link(&draft, path);
        fs::remove_file(&draft)?;
        match linked {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        File::open(folder)?.sync_all()
    }

    /// The key as Base64, as it stands in the key file. Not for logs.
    #[must_use]
    pub fn to_base64(&self) -> String {
        STANDARD.encode(self.0.bytes)
    }

    /// The key's id, as hexadecimal digits: tells keys apart and gives nothing away.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{:08x}", u32::from_be_bytes(self.0.id))
    }

    /// Whether a sealed value names this key in its header.
    pub(crate) fn sealed_this(&self, sealed: &[u8]) -> bool {
        sealed.get(1..=KEY_ID_BYTES) == Some(&self.0.id[..])
    }

    /// Seals a value for one row of one table.
    ///
    /// # Errors
    /// [`StoreError::Cipher`] when the system gives no random bytes.
    pub fn seal(&self, table: &str, row: &str, plain: &[u8]) -> Result<Vec<u8>, StoreError> {
        let mut nonce = [0; NONCE_LEN];
        fill_random(&mut nonce)?;
        let mut sealed = Vec::with_capacity(HEADER_BYTES + plain.len() + CHACHA20_POLY1305.tag_len());
        sealed.push(FORMAT);
        sealed.extend_from_slice(&self.0.id);
        sealed.extend_from_slice(&nonce);
        let mut body = plain.to_vec();
        let tag = self
            .0
            .key
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(context(table, row)),
                &mut body,
            )
            .map_err(|_| StoreError::Cipher("the value is too long"))?;
        sealed.extend_from_slice(&body);
        sealed.extend_from_slice(tag.as_ref());
        Ok(sealed)
    }

    /// Opens what [`MasterKey::seal`] sealed for the same table and row.
    ///
    /// # Errors
    /// [`StoreError::Unseal`] when it was damaged, belongs to another row, or was sealed with another key.
    pub fn unseal(&self, table: &str, row: &str, sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
        self.open(table, row, sealed).ok_or_else(|| StoreError::Unseal {
            table: table.to_owned(),
            row: row.to_owned(),
        })
    }

    fn open(&self, table: &str, row: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (header, body) = sealed.split_at_checked(HEADER_BYTES)?;
        let nonce: [u8; NONCE_LEN] = header.last_chunk().copied()?;
        if header.first() != Some(&FORMAT) || !self.sealed_this(sealed) {
            return None;
        }
        open_with(&self.0.key, nonce, &context(table, row), body.to_vec())
    }
}

/// What is authenticated with a value: both names with their lengths, so that no two places look alike.
pub(crate) fn context(table: &str, row: &str) -> Vec<u8> {
    let mut context = Vec::with_capacity(table.len() + row.len() + 16);
    for part in [table, row] {
        context.extend_from_slice(&(part.len() as u64).to_be_bytes());
        context.extend_from_slice(part.as_bytes());
    }
    context
}

pub(crate) fn fill_random(bytes: &mut [u8]) -> Result<(), StoreError> {
    SystemRandom::new()
        .fill(bytes)
        .map_err(|_| StoreError::Cipher("the system gives no random bytes"))
}

fn cipher(bytes: &[u8; KEY_BYTES]) -> Option<LessSafeKey> {
    UnboundKey::new(&CHACHA20_POLY1305, bytes)
        .ok()
        .map(LessSafeKey::new)
}

/// The nonce of a key that seals one value in its life.
const SINGLE_USE: [u8; NONCE_LEN] = [0; NONCE_LEN];

/// Seals a value with a key of its own, in place, the tag at the end.
pub(crate) fn seal_once(
    key: &[u8; KEY_BYTES],
    context: &[u8],
    mut plain: Vec<u8>,
) -> Result<Vec<u8>, StoreError> {
    let refused = || StoreError::Cipher("the value is too long");
    cipher(key)
        .ok_or_else(refused)?
        .seal_in_place_append_tag(
            Nonce::assume_unique_for_key(SINGLE_USE),
            Aad::from(context),
            &mut plain,
        )
        .map_err(|_| refused())?;
    Ok(plain)
}

/// Opens what [`seal_once`] sealed.
pub(crate) fn open_once(key: &[u8; KEY_BYTES], context: &[u8], sealed: Vec<u8>) -> Option<Vec<u8>> {
    open_with(&cipher(key)?, SINGLE_USE, context, sealed)
}

fn open_with(
    key: &LessSafeKey,
    nonce: [u8; NONCE_LEN],
    context: &[u8],
    mut body: Vec<u8>,
) -> Option<Vec<u8>> {
    let length = key
        .open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(context), &mut body)
        .ok()?
        .len();
    body.truncate(length);
    Some(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_value_opens_in_its_place_only() {
        let key = MasterKey::random().unwrap();
        let sealed = key.seal("devices", "D1", b"secret").unwrap();
        assert_eq!(key.unseal("devices", "D1", &sealed).unwrap(), b"secret");
        assert!(!sealed.windows(6).any(|w| w == b"secret"));
        for (table, row) in [("devices", "D2"), ("device", "sD1"), ("photos", "D1")] {
            assert!(key.unseal(table, row, &sealed).is_err(), "{table} {row}");
        }
        assert!(
            MasterKey::random()
                .unwrap()
                .unseal("devices", "D1", &sealed)
                .is_err()
        );
        for at in 0..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[at] ^= 1;
            assert!(key.unseal("devices", "D1", &damaged).is_err(), "byte {at}");
            assert!(key.unseal("devices", "D1", &sealed[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn a_key_file_is_made_once_and_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (file, database) = (folder.path().join("menshen.key"), folder.path().join("hub.db"));
        let key = MasterKey::obtain(None, &file, &database).unwrap();
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(
            fs::read_dir(folder.path()).unwrap().count(),
            1,
            "no draft is left"
        );
        fs::write(&database, "data").unwrap();
        assert_eq!(MasterKey::obtain(None, &file, &database).unwrap().id(), key.id());

        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(
            MasterKey::obtain(None, &file, &database),
            Err(KeyError::Exposed { mode: 0o644, .. })
        ));

        fs::remove_file(&file).unwrap();
        assert!(matches!(
            MasterKey::obtain(None, &file, &database),
            Err(KeyError::Missing { .. })
        ));
        assert!(!file.exists(), "data without its key never gets a new one");
        let named = MasterKey::obtain(Some(&key.to_base64()), &file, &database).unwrap();
        assert_eq!(named.id(), key.id());
        assert!(matches!(
            MasterKey::from_base64("AAAA", "x"),
            Err(KeyError::Malformed { .. })
        ));
    }
}
