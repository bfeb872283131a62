//! What dialects keep of people beside what all of them know.

use super::People;
use store::StoreError;

impl People {
    /// What a dialect keeps of a person; `None` where it keeps nothing, or nobody is there.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn extra(&self, wire_id: &str, dialect: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.library.extra(wire_id, dialect).await
    }

    /// Keeps it with the person: it goes when the person goes.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn set_extra(
        &self,
        wire_id: &str,
        dialect: &str,
        extra: Option<&[u8]>,
    ) -> Result<(), StoreError> {
        self.library.set_extra(wire_id, dialect, extra).await
    }
}
