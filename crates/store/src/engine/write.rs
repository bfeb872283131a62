//! What a piece of writing work is given.

use crate::blob::{BlobId, BlobWriter, SealedBlob};
use crate::error::StoreError;
use crate::secret::MasterKey;
use rusqlite::Connection;
use std::ops::Deref;

/// A write in progress: the connection, inside a savepoint, with the blobs that belong to the same commit.
///
/// When the work gives an error, everything it did is undone, and nothing else is. The work must not begin, commit or
/// roll back transactions itself.
pub struct Write<'a> {
    pub(super) connection: &'a Connection,
    /// `None` for a guest of another process.
    pub(super) blobs: Option<&'a mut BlobWriter>,
    pub(super) key: &'a MasterKey,
    pub(super) erased: bool,
}

impl Deref for Write<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection
    }
}

impl Write<'_> {
    /// Keeps a blob, together with the rows of this write.
    ///
    /// # Errors
    /// [`StoreError::Full`] when there is no space, [`StoreError::Guest`] beside another process.
    pub fn put_blob(&mut self, blob: SealedBlob) -> Result<BlobId, StoreError> {
        match self.blobs.as_deref_mut() {
            Some(blobs) => blobs.put(self.connection, blob),
            None => Err(StoreError::Guest),
        }
    }

    /// Erases a blob: its row and its key go with this write, nobody can decrypt it afterwards, and its bytes are
    /// reclaimed (a photo's at once). A blob that is not there is no error.
    ///
    /// # Errors
    /// [`StoreError::Guest`] beside another process.
    pub fn delete_blob(&mut self, id: &BlobId) -> Result<(), StoreError> {
        self.erased = true;
        match self.blobs.as_deref_mut() {
            Some(blobs) => blobs.delete(self.connection, id),
            None => Err(StoreError::Guest),
        }
    }

    /// Says that this write erases something sensitive besides blobs (a sealed column, say): the write-ahead log is
    /// truncated soon after, so that it is not left there.
    pub fn erases(&mut self) {
        self.erased = true;
    }

    /// Seals a value for a row; see [`MasterKey::seal`].
    ///
    /// # Errors
    /// [`StoreError::Cipher`] when the system gives no random bytes.
    pub fn seal(&self, table: &str, row: &str, plain: &[u8]) -> Result<Vec<u8>, StoreError> {
        self.key.seal(table, row, plain)
    }

    /// Opens a sealed value; see [`MasterKey::unseal`].
    ///
    /// # Errors
    /// [`StoreError::Unseal`] when it does not open.
    pub fn unseal(&self, table: &str, row: &str, sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
        self.key.unseal(table, row, sealed)
    }

    pub(crate) fn blob_writer(&mut self) -> Result<&mut BlobWriter, StoreError> {
        self.blobs.as_deref_mut().ok_or(StoreError::Guest)
    }
}
