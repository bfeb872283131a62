//! The face models: where they are, how they get there, and that they are the pinned ones.

pub(crate) mod fetch;
mod folding;
pub(crate) mod location;
mod pinned;

pub use fetch::{InstallError, Source, install};
pub use folding::FoldError;
pub use location::{default_directory, locate};
pub use pinned::{FILES, ModelError, PinnedFile, verify};

pub(crate) use pinned::load;
