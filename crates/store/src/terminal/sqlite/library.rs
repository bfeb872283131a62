//! [`Library`] on SQLite: persons and templates are sealed rows, photos are blobs.

use super::erase::{self, Whose};
use super::extras;
use super::rows::to_seq;
use crate::terminal::{KeptPerson, KeptPhoto, Library, NewPerson, NewPhoto, RenamedPhoto, Template};
use crate::{BlobClass, BlobId, SealedBlob, Store, StoreError, Write};
use async_trait::async_trait;
use jiff::Timestamp;
use model::{Greeting, Person, access::Rule};
use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize};

const PERSONS: &str = "persons";
const PHOTOS: &str = "photos";

/// What is sealed of a person.
#[derive(Serialize, Deserialize)]
struct Body {
    person: Person,
    rules: Vec<Rule>,
    #[serde(default)]
    greeting: Greeting,
}

/// A photo, encrypted and ready.
struct ReadyPhoto {
    face_id: String,
    blob: SealedBlob,
    template: Option<Template>,
}

/// A row of `photos`, still sealed.
struct PhotoRow {
    id: i64,
    face_id: String,
    blob: BlobId,
    model: Option<String>,
    template: Option<Vec<u8>>,
}

/// A row of `persons` with its photos, still sealed.
struct PersonRow {
    wire_id: String,
    body: Vec<u8>,
    passes_used: u32,
    photos: Vec<PhotoRow>,
}

pub(super) struct SqliteLibrary {
    store: Store,
}

impl SqliteLibrary {
    pub(super) fn new(store: Store) -> Self {
        Self { store }
    }

    fn ready(&self, photo: NewPhoto) -> Result<ReadyPhoto, StoreError> {
        let blob = self.store.seal_blob(BlobClass::Photo, &photo.bytes)?;
        Ok(ReadyPhoto {
            face_id: photo.face_id,
            blob,
            template: photo.template,
        })
    }

    fn open(&self, row: PersonRow) -> Result<KeptPerson, StoreError> {
        let body = self.store.unseal(PERSONS, &row.wire_id, &row.body)?;
        let Body {
            mut person,
            rules,
            greeting,
        } = serde_json::from_slice(&body)?;
        person.passes_used = row.passes_used;
        let photos = row
            .photos
            .into_iter()
            .map(|photo| self.open_photo(photo))
            .collect::<Result<_, _>>()?;
        Ok(KeptPerson {
            wire_id: row.wire_id,
            person,
            rules,
            greeting,
            photos,
        })
    }

    fn open_photo(&self, row: PhotoRow) -> Result<KeptPhoto, StoreError> {
        let template = match (row.model, row.template) {
            (Some(model), Some(sealed)) => {
                let bytes = self.store.unseal(PHOTOS, row.blob.as_str(), &sealed)?;
                Some(Template { model, bytes })
            }
            _ => None,
        };
        Ok(KeptPhoto {
            id: row.id,
            face_id: row.face_id,
            blob: row.blob,
            template,
        })
    }
}

#[async_trait]
impl Library for SqliteLibrary {
    async fn put(&self, new: NewPerson, capacity: u32) -> Result<KeptPerson, StoreError> {
        let NewPerson {
            wire_id,
            mut person,
            rules,
            greeting,
            photos,
            dialect,
            keeps_passes,
        } = new;
        person.photos = Vec::new();
        let body = serde_json::to_vec(&Body {
            person: person.clone(),
            rules: rules.clone(),
            greeting: greeting.clone(),
        })?;
        let sealed = self.store.seal(PERSONS, &wire_id, &body)?;
        let photos = photos
            .into_iter()
            .map(|photo| self.ready(photo))
            .collect::<Result<Vec<_>, _>>()?;
        let id = wire_id.clone();
        let count_anew_for = Some(dialect).filter(|_| !keeps_passes);
        let (passes_used, photos) = self
            .store
            .write(move |tx| {
                let passes_used = put_person(tx, &id, &sealed, capacity, count_anew_for.as_deref())?;
                erase::photos(tx, Whose::One(&id))?;
                let photos = photos.into_iter().map(|photo| put_photo(tx, &id, photo));
                Ok((passes_used, photos.collect::<Result<Vec<_>, _>>()?))
            })
            .await?;
        person.passes_used = passes_used;
        Ok(KeptPerson {
            wire_id,
            person,
            rules,
            greeting,
            photos,
        })
    }

    async fn extra(&self, wire_id: &str, dialect: &str) -> Result<Option<Vec<u8>>, StoreError> {
        extras::get(&self.store, wire_id, dialect).await
    }

    async fn set_extra(&self, wire_id: &str, dialect: &str, extra: Option<&[u8]>) -> Result<(), StoreError> {
        extras::set(&self.store, wire_id, dialect, extra).await
    }

    async fn rename(
        &self,
        wire_id: &str,
        new_id: &str,
        photos: Vec<RenamedPhoto>,
    ) -> Result<bool, StoreError> {
        let (old, new) = (wire_id.to_owned(), new_id.to_owned());
        self.store
            .write(move |tx| {
                let found = rename(tx, &old, &new)?;
                for photo in photos.iter().filter(|_| found) {
                    tx.prepare_cached("UPDATE photos SET face_id = ?3 WHERE id = ?1 AND person = ?2")?
                        .execute((photo.id, &new, &photo.face_id))?;
                }
                Ok(found)
            })
            .await
    }

    async fn delete(&self, wire_id: &str) -> Result<bool, StoreError> {
        let wire_id = wire_id.to_owned();
        self.store
            .write(move |tx| {
                let whose = Whose::One(&wire_id);
                erase::photos(tx, whose)?;
                erase::traces(tx, whose)?;
                Ok(tx.execute("DELETE FROM persons WHERE wire_id = ?1", [&wire_id])? > 0)
            })
            .await
    }

    async fn clear(&self) -> Result<u64, StoreError> {
        self.store
            .write(|tx| {
                erase::photos(tx, Whose::All)?;
                erase::traces(tx, Whose::All)?;
                let deleted = tx.execute("DELETE FROM persons", [])?;
                Ok(u64::try_from(deleted).unwrap_or(u64::MAX))
            })
            .await
    }

    async fn page(&self, after: Option<&str>, limit: u32) -> Result<Vec<KeptPerson>, StoreError> {
        let after = after.unwrap_or_default().to_owned();
        let rows = self
            .store
            .read(move |connection| person_rows(connection, &after, limit))
            .await?;
        rows.into_iter().map(|row| self.open(row)).collect()
    }

    async fn picture(&self, blob: &BlobId) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.blob(blob).await
    }

    async fn set_template(&self, photo: i64, template: Template) -> Result<(), StoreError> {
        self.store
            .write(move |tx| {
                let blob: Option<BlobId> = tx
                    .query_row("SELECT blob FROM photos WHERE id = ?1", [photo], |row| row.get(0))
                    .optional()?;
                let Some(blob) = blob else { return Ok(()) };
                let sealed = tx.seal(PHOTOS, blob.as_str(), &template.bytes)?;
                tx.execute(
                    "UPDATE photos SET model = ?2, template = ?3 WHERE id = ?1",
                    (photo, template.model, sealed),
                )?;
                Ok(())
            })
            .await
    }
}

/// Writes the row of a person; gives the passes that count already, or anew for a dialect.
fn put_person(
    tx: &Write<'_>,
    wire_id: &str,
    sealed: &[u8],
    capacity: u32,
    count_anew_for: Option<&str>,
) -> Result<u32, StoreError> {
    let known: Option<u32> = tx
        .prepare_cached("SELECT passes_used FROM persons WHERE wire_id = ?1")?
        .query_row([wire_id], |row| row.get(0))
        .optional()?;
    if known.is_none() {
        let held: i64 = tx
            .prepare_cached("SELECT count(*) FROM persons")?
            .query_row([], |row| row.get(0))?;
        if to_seq(held) >= u64::from(capacity) {
            return Err(StoreError::Full {
                detail: format!("the terminal holds {capacity} persons at most"),
            });
        }
    }
    let passes_used = match (known, count_anew_for) {
        (_, Some(dialect)) => untold_passes(tx, wire_id, dialect)?,
        (known, None) => known.unwrap_or(0),
    };
    tx.prepare_cached(
        "INSERT INTO persons (wire_id, body, passes_used, changed_at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (wire_id) DO UPDATE SET
             body = excluded.body, passes_used = excluded.passes_used, changed_at = excluded.changed_at",
    )?
    .execute((wire_id, sealed, passes_used, Timestamp::now().as_millisecond()))?;
    Ok(passes_used)
}

/// Moves a person with everything that names the id; the row is sealed anew, since the seal names it, too.
fn rename(tx: &mut Write<'_>, old: &str, new: &str) -> Result<bool, StoreError> {
    let row: Option<(Vec<u8>, u32)> = tx
        .query_row(
            "SELECT body, passes_used FROM persons WHERE wire_id = ?1",
            [old],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    let Some((sealed, passes_used)) = row else {
        return Ok(false);
    };
    if old == new {
        return Ok(true);
    }
    let taken = tx
        .query_row("SELECT 1 FROM persons WHERE wire_id = ?1", [new], |_| Ok(()))
        .optional()?;
    if taken.is_some() {
        return Err(StoreError::Conflict {
            what: "another person has this id".to_owned(),
        });
    }
    let body = tx.unseal(PERSONS, old, &sealed)?;
    let sealed = tx.seal(PERSONS, new, &body)?;
    tx.execute(
        "INSERT INTO persons (wire_id, body, passes_used, changed_at) VALUES (?1, ?2, ?3, ?4)",
        (new, sealed, passes_used, Timestamp::now().as_millisecond()),
    )?;
    extras::rename(tx, old, new)?;
    tx.execute("UPDATE photos SET person = ?2 WHERE person = ?1", (old, new))?;
    tx.execute("UPDATE records SET person = ?2 WHERE person = ?1", (old, new))?;
    tx.execute("DELETE FROM persons WHERE wire_id = ?1", [old])?;
    Ok(true)
}

/// Passes that a dialect has yet to acknowledge: when it set the limit anew it cannot have counted them.
fn untold_passes(tx: &Write<'_>, wire_id: &str, dialect: &str) -> Result<u32, StoreError> {
    let passes = tx
        .prepare_cached(
            "SELECT count(*) FROM records r WHERE person = ?1 AND counted = 1 AND EXISTS
                 (SELECT 1 FROM deliveries d WHERE d.dialect = ?2 AND d.active = 1 AND d.acknowledged < r.seq AND NOT EXISTS
                     (SELECT 1 FROM exceptions e WHERE e.dialect = d.dialect AND e.seq = r.seq))",
        )?
        .query_row([wire_id, dialect], |row| row.get(0))?;
    Ok(passes)
}

fn put_photo(tx: &mut Write<'_>, person: &str, photo: ReadyPhoto) -> Result<KeptPhoto, StoreError> {
    let ReadyPhoto {
        face_id,
        blob,
        template,
    } = photo;
    let blob = tx.put_blob(blob)?;
    let sealed = template
        .as_ref()
        .map(|kept| tx.seal(PHOTOS, blob.as_str(), &kept.bytes))
        .transpose()?;
    let model = template.as_ref().map(|kept| kept.model.as_str());
    tx.prepare_cached(
        "INSERT INTO photos (person, face_id, blob, model, template) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute((person, &face_id, &blob, model, sealed))?;
    Ok(KeptPhoto {
        id: tx.last_insert_rowid(),
        face_id,
        blob,
        template,
    })
}

fn person_rows(connection: &Connection, after: &str, limit: u32) -> Result<Vec<PersonRow>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT wire_id, body, passes_used FROM persons WHERE wire_id > ?1 ORDER BY wire_id LIMIT ?2",
    )?;
    let persons = statement.query_map((after, limit), |row| {
        Ok(PersonRow {
            wire_id: row.get(0)?,
            body: row.get(1)?,
            passes_used: row.get(2)?,
            photos: Vec::new(),
        })
    })?;
    let mut found = Vec::new();
    for person in persons {
        let mut person = person?;
        person.photos = photo_rows(connection, &person.wire_id)?;
        found.push(person);
    }
    Ok(found)
}

fn photo_rows(connection: &Connection, person: &str) -> Result<Vec<PhotoRow>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, face_id, blob, model, template FROM photos WHERE person = ?1 ORDER BY id",
    )?;
    let rows = statement.query_map([person], |row| {
        Ok(PhotoRow {
            id: row.get(0)?,
            face_id: row.get(1)?,
            blob: row.get(2)?,
            model: row.get(3)?,
            template: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
