//! [`DeviceState`] on SQLite.

use crate::terminal::DeviceState;
use crate::{Store, StoreError};
use async_trait::async_trait;
use rusqlite::OptionalExtension;

const TABLE: &str = "state";

pub(super) struct SqliteDeviceState {
    store: Store,
}

impl SqliteDeviceState {
    pub(super) fn new(store: Store) -> Self {
        Self { store }
    }
}

#[async_trait]
impl DeviceState for SqliteDeviceState {
    async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let key = name.to_owned();
        let sealed = self
            .store
            .read(move |connection| {
                let mut statement = connection.prepare_cached("SELECT value FROM state WHERE name = ?1")?;
                Ok(statement
                    .query_row([key], |row| row.get::<_, Vec<u8>>(0))
                    .optional()?)
            })
            .await?;
        sealed
            .map(|sealed| self.store.unseal(TABLE, name, &sealed))
            .transpose()
    }

    async fn set(&self, name: &str, value: Option<&[u8]>) -> Result<(), StoreError> {
        let sealed = value
            .map(|plain| self.store.seal(TABLE, name, plain))
            .transpose()?;
        let name = name.to_owned();
        self.store
            .write(move |tx| {
                match sealed {
                    Some(sealed) => tx.execute(
                        "INSERT INTO state (name, value) VALUES (?1, ?2)
                         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                        (name, sealed),
                    )?,
                    None => {
                        tx.erases();
                        tx.execute("DELETE FROM state WHERE name = ?1", [name])?
                    }
                };
                Ok(())
            })
            .await
    }
}
