//! Whom a terminal holds (8.2.5), ten at a time.

use super::wire::Wire;
use crate::links::{CallError, DevicePerson, Failure, HeldPerson, PeopleSink};
use dialects::openapi::convert::person_from_message;
use dialects::openapi::{ListUsers, User};
use dialects::told::ToldPerson;
use model::PersonId;
use std::collections::BTreeSet;

/// More pages than this no terminal has.
const MOST_PAGES: i64 = 100_000;

/// How many there are, as the terminal counts them.
pub(super) async fn count(wire: &Wire) -> Result<u32, CallError> {
    let first = wire.call(&ListUsers::page(1)).await?;
    Ok(u32::try_from(first.total.max(0)).unwrap_or(u32::MAX))
}

/// Everybody, by id and name.
pub(super) async fn list(wire: &Wire) -> Result<Vec<HeldPerson>, CallError> {
    let mut held = Vec::new();
    let mut pages = Pages::new(wire);
    while let Some(users) = pages.next().await? {
        held.extend(users.into_iter().map(|user| HeldPerson {
            wire_id: user.id.trim().to_owned(),
            name: user.name.trim().to_owned(),
        }));
    }
    Ok(held)
}

/// Reads everybody into the hub.
pub(super) async fn read(wire: &Wire, sink: &dyn PeopleSink) -> Result<u32, CallError> {
    let mut count = 0;
    let mut pages = Pages::new(wire);
    while let Some(users) = pages.next().await? {
        for user in users {
            sink.take(device_person(&user))
                .await
                .map_err(|error| CallError::ours(Failure::Internal, error.to_string()))?;
            count += 1;
        }
    }
    Ok(count)
}

/// The pages of the list. Whoever is added or removed meanwhile moves the others, so nobody is given twice.
struct Pages<'a> {
    wire: &'a Wire,
    page: i64,
    seen: BTreeSet<String>,
}

impl<'a> Pages<'a> {
    fn new(wire: &'a Wire) -> Self {
        Self {
            wire,
            page: 1,
            seen: BTreeSet::new(),
        }
    }

    async fn next(&mut self) -> Result<Option<Vec<User>>, CallError> {
        if self.page == 0 {
            return Ok(None);
        }
        let listed = self.wire.call(&ListUsers::page(self.page)).await?;
        self.page = match listed.has_next() && self.page < MOST_PAGES {
            true => self.page + 1,
            false => 0,
        };
        let fresh = listed.entries.into_iter();
        let fresh = fresh.filter(|user| self.seen.insert(user.id.trim().to_owned()));
        Ok(Some(fresh.collect()))
    }
}

fn device_person(user: &User) -> DevicePerson {
    let wire_id = user.id.trim();
    let id = PersonId::new(wire_id).unwrap_or_else(|_| PersonId::from_random(uuid::Uuid::now_v7().as_u128()));
    let ToldPerson { person, photo, .. } = person_from_message(user, id);
    let photo = photo.and_then(|photo| photo.decode().ok());
    DevicePerson {
        wire_id: wire_id.to_owned(),
        person,
        photos: photo.into_iter().filter(|photo| !photo.is_empty()).collect(),
        index: None,
    }
}
