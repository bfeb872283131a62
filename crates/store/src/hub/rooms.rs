//! Rooms: who answers when somebody at a door calls one.

use super::accounts::Actor;
use super::people::phone as people_phone;
use super::{audit, check_revision, not_found};
use crate::{Store, StoreError, Write};
use async_trait::async_trait;
use model::PersonId;
use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Somebody who answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomAnswer {
    /// Who.
    pub person_id: PersonId,
    /// The person's telephone number; not written, only read.
    #[serde(skip)]
    pub phone: Option<String>,
}

/// A room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Room {
    /// The revision.
    pub revision: i64,
    /// Its number, as it is entered at the door.
    pub number: String,
    /// Who answers, in this order.
    pub answers: Vec<RoomAnswer>,
}

/// The rooms of the site.
#[async_trait]
pub trait Rooms: Send + Sync {
    /// Rooms in order of their numbers, after this one.
    ///
    /// # Errors
    /// Only what the database says.
    async fn list(&self, after: Option<String>, limit: u32) -> Result<Vec<Room>, StoreError>;

    /// One room.
    ///
    /// # Errors
    /// Only what the database says.
    async fn room(&self, number: &str) -> Result<Option<Room>, StoreError>;

    /// Who answers a room, with telephone numbers; `None` where there is no such room.
    ///
    /// # Errors
    /// Only what the database says.
    async fn answers(&self, number: &str) -> Result<Option<Vec<RoomAnswer>>, StoreError>;

    /// Makes a room.
    ///
    /// # Errors
    /// A conflict where the number is taken; a missing reference where a person does not exist.
    async fn create(&self, actor: &Actor, number: &str, answers: Vec<PersonId>) -> Result<Room, StoreError>;

    /// Says anew who answers.
    ///
    /// # Errors
    /// Not found; a revision that is not the expected one; a person who does not exist.
    async fn replace(
        &self,
        actor: &Actor,
        number: &str,
        answers: Vec<PersonId>,
        expected: Option<i64>,
    ) -> Result<Room, StoreError>;

    /// Deletes a room.
    ///
    /// # Errors
    /// Not found; a revision that is not the expected one.
    async fn delete(&self, actor: &Actor, number: &str, expected: Option<i64>) -> Result<(), StoreError>;
}

/// [`Rooms`] on SQLite.
#[derive(Debug, Clone)]
pub struct SqliteRooms {
    store: Store,
}

impl SqliteRooms {
    /// The rooms of this store.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store }
    }
}

#[async_trait]
impl Rooms for SqliteRooms {
    async fn list(&self, after: Option<String>, limit: u32) -> Result<Vec<Room>, StoreError> {
        self.store
            .read(move |connection| {
                let numbers: Vec<String> = connection
                    .prepare_cached("SELECT number FROM rooms WHERE number > ?1 ORDER BY number LIMIT ?2")?
                    .query_map(params![after.unwrap_or_default(), limit], |row| row.get(0))?
                    .collect::<Result<_, _>>()?;
                numbers
                    .iter()
                    .filter_map(|number| load(connection, number).transpose())
                    .collect()
            })
            .await
    }

    async fn room(&self, number: &str) -> Result<Option<Room>, StoreError> {
        let number = number.to_owned();
        self.store.read(move |connection| load(connection, &number)).await
    }

    async fn answers(&self, number: &str) -> Result<Option<Vec<RoomAnswer>>, StoreError> {
        Ok(self.room(number).await?.map(|room| room.answers))
    }

    async fn create(&self, actor: &Actor, number: &str, answers: Vec<PersonId>) -> Result<Room, StoreError> {
        let (actor, number) = (actor.clone(), number.to_owned());
        self.store
            .write(move |tx| {
                if load(tx, &number)?.is_some() {
                    return Err(StoreError::Conflict {
                        what: "rooms.number".to_owned(),
                    });
                }
                tx.execute("INSERT INTO rooms (number, revision) VALUES (?1, 1)", [&number])?;
                put_answers(tx, &number, &answers)?;
                audit::note(tx, &actor, "room.create", "room", &number, Value::Null)?;
                load(tx, &number)?.ok_or_else(|| not_found("room", &number))
            })
            .await
    }

    async fn replace(
        &self,
        actor: &Actor,
        number: &str,
        answers: Vec<PersonId>,
        expected: Option<i64>,
    ) -> Result<Room, StoreError> {
        let (actor, number) = (actor.clone(), number.to_owned());
        self.store
            .write(move |tx| {
                let before = load(tx, &number)?.ok_or_else(|| not_found("room", &number))?;
                check_revision(before.revision, expected)?;
                tx.execute(
                    "UPDATE rooms SET revision = revision + 1 WHERE number = ?1",
                    [&number],
                )?;
                tx.execute("DELETE FROM room_answers WHERE room = ?1", [&number])?;
                put_answers(tx, &number, &answers)?;
                audit::note(tx, &actor, "room.change", "room", &number, Value::Null)?;
                load(tx, &number)?.ok_or_else(|| not_found("room", &number))
            })
            .await
    }

    async fn delete(&self, actor: &Actor, number: &str, expected: Option<i64>) -> Result<(), StoreError> {
        let (actor, number) = (actor.clone(), number.to_owned());
        self.store
            .write(move |tx| {
                let before = load(tx, &number)?.ok_or_else(|| not_found("room", &number))?;
                check_revision(before.revision, expected)?;
                tx.execute("DELETE FROM rooms WHERE number = ?1", [&number])?;
                audit::note(tx, &actor, "room.delete", "room", &number, Value::Null)
            })
            .await
    }
}

fn put_answers(tx: &Write<'_>, number: &str, answers: &[PersonId]) -> Result<(), StoreError> {
    for (place, person) in answers.iter().enumerate() {
        let known = tx
            .prepare_cached("SELECT 1 FROM persons WHERE id = ?1")?
            .query_row([person.as_str()], |_| Ok(()))
            .optional()?;
        if known.is_none() {
            return Err(StoreError::Invalid {
                field: "answers",
                reason: format!("there is no person {:?}", person.as_str()),
            });
        }
        tx.prepare_cached("INSERT OR IGNORE INTO room_answers (room, place, person_id) VALUES (?1, ?2, ?3)")?
            .execute(params![
                number,
                i64::try_from(place).unwrap_or(i64::MAX),
                person.as_str()
            ])?;
    }
    Ok(())
}

fn load(connection: &Connection, number: &str) -> Result<Option<Room>, StoreError> {
    let revision: Option<i64> = connection
        .prepare_cached("SELECT revision FROM rooms WHERE number = ?1")?
        .query_row([number], |row| row.get(0))
        .optional()?;
    let Some(revision) = revision else { return Ok(None) };
    let people: Vec<String> = connection
        .prepare_cached("SELECT person_id FROM room_answers WHERE room = ?1 ORDER BY place")?
        .query_map([number], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut answers = Vec::with_capacity(people.len());
    for id in people {
        let phone = people_phone(connection, &id)?;
        if let Ok(person_id) = PersonId::new(id) {
            answers.push(RoomAnswer { person_id, phone });
        }
    }
    Ok(Some(Room {
        revision,
        number: number.to_owned(),
        answers,
    }))
}
