//! Pictures: sealed each with a key of its own, kept in files beside the database, found through its tables.

mod files;
mod sealed;
mod writer;

pub(crate) use files::{Files, Segment};
pub(crate) use sealed::open_blob;
pub use sealed::{BlobClass, BlobId, MAX_BLOB_BYTES, SealedBlob};
pub(crate) use writer::{BlobWriter, Mark, all_segments};
