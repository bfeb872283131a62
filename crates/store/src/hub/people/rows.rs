//! A person in rows, and rows as a person.

use super::{PersonFilter, StoredPerson};
use crate::StoreError;
use crate::hub::{Page, PageRequest, conflict, photos, unknown_reference};
use jiff::{Timestamp, civil::Date};
use model::{Credential, CredentialKind, Gender, GroupId, Person, PersonId, PersonKind, Verify, Visit};
use rusqlite::{Connection, OptionalExtension, Row, named_params, params};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// The fields that nobody searches, kept as one JSON column.
#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
struct Details {
    gender: Option<Gender>,
    birthday: Option<Date>,
    phone: Option<String>,
    email: Option<String>,
    department: Option<String>,
    title: Option<String>,
    company: Option<String>,
    ethnicity: Option<String>,
    native_place: Option<String>,
    address: Option<String>,
    remark: Option<String>,
    visit: Option<Visit>,
    verify: Verify,
    greeting: Option<String>,
    room: Option<String>,
}

impl Details {
    fn of(person: &Person) -> Self {
        Self {
            gender: person.gender,
            birthday: person.birthday,
            phone: person.phone.clone(),
            email: person.email.clone(),
            department: person.department.clone(),
            title: person.title.clone(),
            company: person.company.clone(),
            ethnicity: person.ethnicity.clone(),
            native_place: person.native_place.clone(),
            address: person.address.clone(),
            remark: person.remark.clone(),
            visit: person.visit.clone(),
            verify: person.verify,
            greeting: person.greeting.clone(),
            room: person.room.clone(),
        }
    }

    fn into_person(self, id: PersonId, name: String) -> Person {
        Person {
            gender: self.gender,
            birthday: self.birthday,
            phone: self.phone,
            email: self.email,
            department: self.department,
            title: self.title,
            company: self.company,
            ethnicity: self.ethnicity,
            native_place: self.native_place,
            address: self.address,
            remark: self.remark,
            visit: self.visit,
            verify: self.verify,
            greeting: self.greeting,
            room: self.room,
            ..Person::new(id, name)
        }
    }
}

/// The word that an enum is stored and shown as.
pub(in crate::hub) fn word<T: Serialize>(value: &T) -> Result<String, StoreError> {
    match serde_json::to_value(value)? {
        serde_json::Value::String(text) => Ok(text),
        other => Err(StoreError::Corrupt(format!("{other} where a word was expected"))),
    }
}

/// The enum that a stored word means.
pub(in crate::hub) fn from_word<T: DeserializeOwned>(text: String) -> Result<T, StoreError> {
    Ok(serde_json::from_value(serde_json::Value::String(text))?)
}

/// A stored instant: milliseconds since 1970.
pub(in crate::hub) fn instant(milliseconds: Option<i64>) -> Result<Option<Timestamp>, StoreError> {
    milliseconds
        .map(|value| {
            Timestamp::from_millisecond(value).map_err(|error| StoreError::Corrupt(error.to_string()))
        })
        .transpose()
}

/// An instant as stored.
pub(in crate::hub) fn milliseconds(instant: Option<Timestamp>) -> Option<i64> {
    instant.map(Timestamp::as_millisecond)
}

const COLUMNS: &str =
    "seq, revision, id, code, name, kind, valid_from, valid_until, pass_limit, passes_used, details";

struct Raw {
    seq: i64,
    revision: i64,
    id: String,
    code: Option<String>,
    name: String,
    kind: String,
    valid_from: Option<i64>,
    valid_until: Option<i64>,
    pass_limit: Option<u32>,
    passes_used: u32,
    details: String,
}

fn raw(row: &Row<'_>) -> rusqlite::Result<Raw> {
    Ok(Raw {
        seq: row.get("seq")?,
        revision: row.get("revision")?,
        id: row.get("id")?,
        code: row.get("code")?,
        name: row.get("name")?,
        kind: row.get("kind")?,
        valid_from: row.get("valid_from")?,
        valid_until: row.get("valid_until")?,
        pass_limit: row.get("pass_limit")?,
        passes_used: row.get("passes_used")?,
        details: row.get("details")?,
    })
}

fn assemble(conn: &Connection, raw: Raw) -> Result<StoredPerson, StoreError> {
    let id = PersonId::new(raw.id).map_err(|error| StoreError::Corrupt(error.to_string()))?;
    let details: Details = serde_json::from_str(&raw.details)?;
    let credentials = credentials_of(conn, &id)?;
    let groups = groups_of(conn, &id)?;
    let photos = photos::list_of(conn, &id)?;
    let person = Person {
        code: raw.code,
        kind: from_word(raw.kind)?,
        credentials,
        groups,
        photos: photos
            .into_iter()
            .map(|photo| model::Photo {
                id: photo.id,
                quality: photo.quality,
                url: String::new(),
            })
            .collect(),
        valid_from: instant(raw.valid_from)?,
        valid_until: instant(raw.valid_until)?,
        pass_limit: raw.pass_limit,
        passes_used: raw.passes_used,
        ..details.into_person(id, raw.name)
    };
    Ok(StoredPerson {
        seq: raw.seq,
        revision: raw.revision,
        person,
    })
}

fn credentials_of(conn: &Connection, id: &PersonId) -> Result<Vec<Credential>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT kind, number, facility, bits FROM credentials WHERE person_id = ?1 ORDER BY kind",
    )?;
    let rows = statement.query_map([id.as_str()], |row| {
        Ok((
            row.get::<_, String>(0)?,
            row.get(1)?,
            row.get(2)?,
            row.get::<_, Option<u8>>(3)?,
        ))
    })?;
    rows.map(|row| {
        let (kind, number, facility, bits) = row?;
        Ok(Credential {
            kind: from_word::<CredentialKind>(kind)?,
            number,
            facility,
            bits,
        })
    })
    .collect()
}

fn groups_of(conn: &Connection, id: &PersonId) -> Result<Vec<GroupId>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT m.group_id FROM memberships m JOIN groups g ON g.id = m.group_id
         WHERE m.person_id = ?1 ORDER BY g.seq",
    )?;
    let rows = statement.query_map([id.as_str()], |row| row.get::<_, String>(0))?;
    rows.map(|row| Ok(GroupId::new(row?))).collect()
}

/// One person, whoever asks.
pub(in crate::hub) fn load(conn: &Connection, id: &str) -> Result<Option<StoredPerson>, StoreError> {
    conn.prepare_cached(&format!("SELECT {COLUMNS} FROM persons WHERE id = ?1"))?
        .query_row([id], raw)
        .optional()?
        .map(|raw| assemble(conn, raw))
        .transpose()
}

/// Whether a person may pass in a zone: is in a group that is granted it (hub rule 8). No zone: whether the person
/// exists.
pub(in crate::hub) fn visible(conn: &Connection, id: &str, zone: Option<&str>) -> Result<bool, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM persons p WHERE p.id = ?1 AND (?2 IS NULL OR EXISTS (
             SELECT 1 FROM memberships m JOIN grants g ON g.group_id = m.group_id
             WHERE m.person_id = p.id AND g.zone_id = ?2)))",
    )?;
    Ok(statement.query_row(params![id, zone], |row| row.get(0))?)
}

/// How many persons there are of each kind; of those who may pass in a zone, where there is one.
pub(super) fn counts(conn: &Connection, zone: Option<&str>) -> Result<Vec<(PersonKind, u32)>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT p.kind, count(*) FROM persons p WHERE ?1 IS NULL OR EXISTS (
             SELECT 1 FROM memberships m JOIN grants g ON g.group_id = m.group_id
             WHERE m.person_id = p.id AND g.zone_id = ?1) GROUP BY p.kind",
    )?;
    let rows = statement.query_map([zone], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?;
    rows.map(|row| {
        let (kind, count) = row?;
        Ok((from_word(kind)?, count))
    })
    .collect()
}

/// One page of persons, in order of creation.
pub(super) fn page(
    conn: &Connection,
    filter: &PersonFilter,
    request: PageRequest,
) -> Result<Page<StoredPerson>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM persons p
         WHERE seq > :after
           AND (:kind IS NULL OR kind = :kind)
           AND (:group IS NULL OR EXISTS (SELECT 1 FROM memberships m
                WHERE m.person_id = p.id AND m.group_id = :group))
           AND (:zone IS NULL OR EXISTS (SELECT 1 FROM memberships m JOIN grants g ON g.group_id = m.group_id
                WHERE m.person_id = p.id AND g.zone_id = :zone))
           AND (:pattern IS NULL OR name LIKE :pattern ESCAPE '\\' OR code LIKE :pattern ESCAPE '\\'
                OR id LIKE :pattern ESCAPE '\\' OR EXISTS (SELECT 1 FROM credentials c
                WHERE c.person_id = p.id AND c.number LIKE :pattern ESCAPE '\\'))
         ORDER BY seq LIMIT :limit"
    );
    let kind = filter.kind.as_ref().map(word).transpose()?;
    let pattern = filter.query.as_deref().map(containing);
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map(
        named_params! {
            ":after": request.after.unwrap_or(0),
            ":kind": kind,
            ":group": filter.group.as_ref().map(GroupId::as_str),
            ":zone": filter.bound.as_ref().map(model::ZoneId::as_str),
            ":pattern": pattern,
            ":limit": i64::from(request.limit) + 1,
        },
        raw,
    )?;
    let raws = rows.collect::<Result<Vec<_>, _>>()?;
    let persons = raws
        .into_iter()
        .map(|raw| assemble(conn, raw).map(|person| (person.seq, person)))
        .collect::<Result<_, _>>()?;
    Ok(Page::from_rows(persons, request.limit))
}

/// A LIKE pattern for texts that contain another, whose wildcards stand for themselves.
fn containing(text: &str) -> String {
    let mut pattern = String::from("%");
    for character in text.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    pattern
}

/// Adds the person's own row.
pub(super) fn insert(conn: &Connection, person: &Person) -> Result<(), StoreError> {
    conn.prepare_cached(
        "INSERT INTO persons (id, code, name, kind, valid_from, valid_until, pass_limit, passes_used, details)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        person.id.as_str(),
        person.code,
        person.name,
        word(&person.kind)?,
        milliseconds(person.valid_from),
        milliseconds(person.valid_until),
        person.pass_limit,
        person.passes_used,
        serde_json::to_string(&Details::of(person))?,
    ])?;
    write_lists(conn, person)
}

/// Writes the person's own row; the count of passes only where one is given, so that passes of the same moment are
/// not lost.
pub(super) fn update(conn: &Connection, person: &Person, passes_used: Option<u32>) -> Result<(), StoreError> {
    conn.prepare_cached(
        "UPDATE persons SET revision = revision + 1, code = ?2, name = ?3, kind = ?4, valid_from = ?5,
             valid_until = ?6, pass_limit = ?7, passes_used = coalesce(?8, passes_used), details = ?9
         WHERE id = ?1",
    )?
    .execute(params![
        person.id.as_str(),
        person.code,
        person.name,
        word(&person.kind)?,
        milliseconds(person.valid_from),
        milliseconds(person.valid_until),
        person.pass_limit,
        passes_used,
        serde_json::to_string(&Details::of(person))?,
    ])?;
    conn.prepare_cached("DELETE FROM credentials WHERE person_id = ?1")?
        .execute([person.id.as_str()])?;
    conn.prepare_cached("DELETE FROM memberships WHERE person_id = ?1")?
        .execute([person.id.as_str()])?;
    write_lists(conn, person)
}

fn write_lists(conn: &Connection, person: &Person) -> Result<(), StoreError> {
    for credential in &person.credentials {
        conn.prepare_cached(
            "INSERT INTO credentials (person_id, kind, number, facility, bits) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            person.id.as_str(),
            word(&credential.kind)?,
            credential.number,
            credential.facility,
            credential.bits,
        ])?;
    }
    for group in &person.groups {
        conn.prepare_cached("INSERT OR IGNORE INTO memberships (person_id, group_id) VALUES (?1, ?2)")?
            .execute([person.id.as_str(), group.as_str()])?;
    }
    Ok(())
}

/// A photo came or went: that is a change of the person too.
pub(super) fn touch(conn: &Connection, id: &str) -> Result<(), StoreError> {
    conn.prepare_cached("UPDATE persons SET revision = revision + 1 WHERE id = ?1")?
        .execute([id])?;
    Ok(())
}

/// A code belongs to one person.
pub(super) fn check_code(conn: &Connection, person: &Person) -> Result<(), StoreError> {
    let Some(code) = &person.code else {
        return Ok(());
    };
    let taken: bool = conn
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM persons WHERE code = ?1 AND id <> ?2)")?
        .query_row([code.as_str(), person.id.as_str()], |row| row.get(0))?;
    match taken {
        true => Err(conflict(format!("another person has the code {code} already"))),
        false => Ok(()),
    }
}

/// Groups must exist, and a bound caller may give only those that lead into the caller's zone.
pub(super) fn check_groups(
    conn: &Connection,
    groups: &[GroupId],
    bound: Option<&model::ZoneId>,
) -> Result<(), StoreError> {
    for group in groups {
        let known: bool = conn
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM groups g WHERE g.id = ?1 AND (?2 IS NULL OR EXISTS (
                     SELECT 1 FROM grants WHERE group_id = g.id AND zone_id = ?2)))",
            )?
            .query_row(params![group.as_str(), bound.map(model::ZoneId::as_str)], |row| {
                row.get(0)
            })?;
        if !known {
            return Err(unknown_reference("groups", group.as_str()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::containing;

    #[test]
    fn wildcards_in_a_search_stand_for_themselves() {
        assert_eq!(containing("50%_a\\b"), "%50\\%\\_a\\\\b%");
    }
}
