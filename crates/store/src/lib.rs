//! What is kept: the engine (one database, one writer, sealed blobs beside it) and, on top of it, the repositories of
//! the hub and of the terminal.
//!
//! The engine knows nothing of people and devices. It gives repositories four things: [`Store::write`] (acknowledged
//! only when it is on the disk), [`Store::read`] (a consistent view, never blocked by writing), sealing with the master
//! key ([`Store::seal`]), and blobs (pictures) that can be erased one by one or by the month. How record photos are
//! kept, and the figures behind that choice, are in `docs/decisions/0002-record-photos.md`.

mod blob;
mod engine;
mod error;
pub mod hub;
mod month;
mod secret;
pub mod terminal;

pub use blob::{BlobClass, BlobId, MAX_BLOB_BYTES, SealedBlob};
pub use engine::{Migration, Options, Reclaimed, Store, Write};
pub use error::{OpenError, StoreError};
pub use month::Month;
pub use secret::{KEY_BYTES, KeyError, MasterKey};
