//! What a terminal must remember of itself: registrations, secrets, the clock's offset, modes set from afar.

use crate::StoreError;
use async_trait::async_trait;

/// Small named values, sealed at rest, on disk when a change returns.
#[async_trait]
pub trait DeviceState: Send + Sync {
    /// The value of a name.
    ///
    /// # Errors
    /// [`StoreError`] of the database, or where the value does not unseal.
    async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError>;

    /// Sets the value of a name; `None` removes it.
    ///
    /// # Errors
    /// [`StoreError`] of the database.
    async fn set(&self, name: &str, value: Option<&[u8]>) -> Result<(), StoreError>;
}
