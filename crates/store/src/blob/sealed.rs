//! A picture on its way to the disk: encrypted, with its own random key wrapped by the master key (hub rule 4).

use crate::error::StoreError;
use crate::month::Month;
use crate::secret::{KEY_BYTES, MasterKey, context, fill_random, open_once, seal_once};
use std::fmt;

/// The largest blob, in bytes. Photos are bounded far below by the API; this keeps a mistake from filling a segment.
pub const MAX_BLOB_BYTES: usize = 32 * 1024 * 1024;

/// The table under whose name blobs are sealed.
const TABLE: &str = "blobs";

/// The address of a blob: random, so that equal pictures have unequal addresses. Ids made later sort later, which
/// keeps the index narrow; they tell the time of writing, which the row tells anyway.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobId(String);

impl BlobId {
    /// The id that a column holds.
    #[must_use]
    pub fn from_column(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn new() -> Self {
        Self(uuid::Uuid::now_v7().simple().to_string())
    }
}

impl fmt::Display for BlobId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl rusqlite::ToSql for BlobId {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        self.0.to_sql()
    }
}

impl rusqlite::types::FromSql for BlobId {
    fn column_result(value: rusqlite::types::ValueRef<'_>) -> rusqlite::types::FromSqlResult<Self> {
        String::column_result(value).map(Self)
    }
}

/// What a blob is, which decides how it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlobClass {
    /// A picture that is erased alone: of a person, or the answer to a command. One file each, gone at once.
    Photo,
    /// A picture of a record, packed with the others of its month; a month can be dropped as a whole
    /// ([`crate::Store::drop_month`]).
    Capture {
        /// The month in which the record happened.
        month: Month,
    },
}

/// An encrypted blob, ready for [`crate::Write::put_blob`].
pub struct SealedBlob {
    pub(crate) id: BlobId,
    pub(crate) class: BlobClass,
    pub(crate) wrapped_key: Vec<u8>,
    pub(crate) ciphertext: Vec<u8>,
}

impl SealedBlob {
    /// The address that it will have.
    #[must_use]
    pub fn id(&self) -> &BlobId {
        &self.id
    }

    /// Encrypts with a fresh key.
    pub(crate) fn seal(master: &MasterKey, class: BlobClass, bytes: &[u8]) -> Result<Self, StoreError> {
        if bytes.len() > MAX_BLOB_BYTES {
            return Err(StoreError::TooLarge {
                bytes: bytes.len(),
                limit: MAX_BLOB_BYTES,
            });
        }
        let id = BlobId::new();
        let mut key = [0; KEY_BYTES];
        fill_random(&mut key)?;
        let wrapped_key = master.seal(TABLE, id.as_str(), &key)?;
        let ciphertext = seal_once(&key, &context(TABLE, id.as_str()), bytes.to_vec())?;
        Ok(Self {
            id,
            class,
            wrapped_key,
            ciphertext,
        })
    }
}

impl fmt::Debug for SealedBlob {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "SealedBlob({}, {:?}, {} bytes)",
            self.id,
            self.class,
            self.ciphertext.len()
        )
    }
}

/// Decrypts what the files hold under `id`.
pub(crate) fn open_blob(
    master: &MasterKey,
    id: &BlobId,
    wrapped_key: &[u8],
    ciphertext: Vec<u8>,
) -> Result<Vec<u8>, StoreError> {
    let refused = || StoreError::Unseal {
        table: TABLE.to_owned(),
        row: id.0.clone(),
    };
    let key = master.unseal(TABLE, id.as_str(), wrapped_key)?;
    let key: [u8; KEY_BYTES] = key.try_into().map_err(|_| refused())?;
    open_once(&key, &context(TABLE, id.as_str()), ciphertext).ok_or_else(refused)
}
