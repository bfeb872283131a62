//! Whom a terminal holds (3.10, 3.11, 3.19).

use super::calls::FacegateLink;
use super::paging::Pages;
use super::wire::Wire;
use crate::links::{
    CallError, DevicePerson, Failure, HeldPerson, PeopleSink, PersonDone, PersonPut, warnings,
};
use dialects::Loss;
use dialects::facegate::convert::{
    DevicePhoto, Wanted, customize_id, person_from_device, person_to_device, wire_id, wire_refs,
};
use dialects::facegate::person::search::PAGE;
use dialects::facegate::person::{
    EditPerson, HeldPerson as Held, PersonFilter, PersonRef, SearchPerson, SearchPersonList, SearchPersonNum,
};
use dialects::facegate::settings::SettingsGroup;
use dialects::facegate::{AddPerson, DeletePerson, GetSettings, PersonIds, PersonInfo};
use dialects::placement::{Converted, Placement};
use dialects::told::ToldPerson;
use jiff::Timestamp;
use model::PersonId;

/// Numbers that are tried for a person whose own is somebody else's.
const ATTEMPTS: u32 = 8;
/// More people than this no terminal has.
const MOST_PEOPLE: u32 = 1_000_000;
/// Whoever may pass, and whoever is blocked (`PersonType`).
const EVERYBODY: i64 = 2;
/// Before and after every day on which somebody was added.
const EVER: (&str, &str) = ("1970-01-01T00:00:00", "2099-12-31T23:59:59");
/// `Gender` of everybody.
const ANY_GENDER: i64 = 2;

fn everybody() -> PersonFilter {
    PersonFilter {
        person_type: Some(EVERYBODY),
        begin: Some(EVER.0.to_owned()),
        end: Some(EVER.1.to_owned()),
        gender: Some(ANY_GENDER),
        name: Some(String::new()),
        ..PersonFilter::default()
    }
}

/// How many people the terminal holds.
pub(super) async fn count(wire: &Wire) -> Result<u32, CallError> {
    let filter = everybody();
    let found = wire.call(&SearchPersonNum { filter }).await?.found;
    u32::try_from(found)
        .map_err(|_| CallError::ours(Failure::Internal, format!("the device holds {found} people")))
}

/// Asks for a page of people; nobody is past the end.
fn page(first: u32, count: i64, with_pictures: bool) -> SearchPersonList {
    let mut ask = SearchPersonList {
        filter: everybody(),
        ..SearchPersonList::default()
    };
    ask.page.begin = Some(first.into());
    ask.page.count = Some(count);
    ask.page.with_pictures = with_pictures;
    ask
}

/// The place after a page; `None` after the last one.
fn next(first: u32, page: &[Held]) -> Option<u32> {
    let count = u32::try_from(page.len()).ok().filter(|count| *count > 0)?;
    first.checked_add(count).filter(|next| *next <= MOST_PEOPLE)
}

/// Everybody, by id and name.
pub(super) async fn list(wire: &Wire) -> Result<Vec<HeldPerson>, CallError> {
    let (mut people, mut first) = (Vec::new(), Some(0));
    while let Some(from) = first {
        let page = wire.call(&page(from, PAGE, false)).await?.0;
        first = next(from, &page);
        people.extend(page.into_iter().filter_map(|held| {
            Some(HeldPerson {
                wire_id: wire_id(&held.person)?,
                name: held.person.name.unwrap_or_default().trim().to_owned(),
            })
        }));
    }
    Ok(people)
}

/// Reads everybody into the hub, photos included.
pub(super) async fn read(wire: &Wire, sink: &dyn PeopleSink) -> Result<u32, CallError> {
    let door = wire.call(&GetSettings(SettingsGroup::DoorCondition)).await;
    let is_hexadecimal = door.is_ok_and(|door| door.number("CardMode") == Some(1));
    let zone = wire.line.zone();
    let mut pages = Pages::with_pictures(wire);
    let (mut count, mut first) = (0, Some(0));
    while let Some(from) = first {
        let page = pages.next(|count| page(from, count.into(), true)).await?.0;
        first = next(from, &page);
        for held in page {
            let Some(named) = wire_id(&held.person) else {
                continue;
            };
            let id = PersonId::new(named.as_str())
                .unwrap_or_else(|_| PersonId::from_random(uuid::Uuid::now_v7().as_u128()));
            let ToldPerson { person, photo, .. } = person_from_device(&held, id, &zone, is_hexadecimal);
            let photo = photo.and_then(|photo| photo.decode().ok());
            let person = DevicePerson {
                wire_id: named,
                person,
                photos: photo.into_iter().filter(|photo| !photo.is_empty()).collect(),
                index: None,
            };
            sink.take(person)
                .await
                .map_err(|error| CallError::ours(Failure::Internal, error.to_string()))?;
            count += 1;
        }
    }
    Ok(count)
}

/// The person of an id on the wire, and by which of the terminal's ids.
pub(super) async fn find(wire: &Wire, id: &str) -> Result<Option<(PersonRef, PersonInfo)>, CallError> {
    for reference in wire_refs(id) {
        let found = match wire.call(&SearchPerson::new(&reference, false)).await {
            Ok(found) => found.0,
            // Nobody is told by a failure (QUIRKS A76), on some with a code.
            Err(error) if error.code.is_some() && error.failure == Failure::Internal => None,
            Err(error) => return Err(error),
        };
        // A number may be another person's who has a text, too.
        let is_meant = |person: &PersonInfo| wire_id(person).is_none_or(|found| found == id);
        if let Some(held) = found.filter(|held| is_meant(&held.person)) {
            return Ok(Some((reference, held.person)));
        }
    }
    Ok(None)
}

impl FacegateLink {
    /// A person as the terminal is to hold them.
    pub(super) fn converted(&self, put: &PersonPut) -> Converted<PersonInfo> {
        person_to_device(&Wanted {
            person: &put.person,
            rules: &put.rules,
            zone: &put.time_zone,
            photo: put.photos.first().map(|photo| DevicePhoto::Jpeg(&photo.jpeg)),
            now: Timestamp::now(),
            hub_decides: self.hub_decides(),
            new_database: self.has_new_database,
            customize_id: customize_id(&put.wire_id, 0),
        })
    }

    pub(super) async fn put(&self, put: PersonPut) -> Result<PersonDone, CallError> {
        let id = put.wire_id.as_str();
        let converted = self.converted(&put);
        let mut losses = converted.losses;
        match converted.placement {
            Placement::Hold(info) => losses.extend(self.hold(id, *info).await?),
            Placement::Absent => self.absent(id).await?,
            Placement::Unsupported => {
                self.absent(id).await?;
                let text = "the dialect cannot say when this person may pass";
                return Err(CallError::ours(Failure::Unsupported, text));
            }
        }
        Ok(PersonDone {
            warnings: warnings(losses),
            redo_at: converted.redo_at,
        })
    }

    /// Whether somebody is there is asked first: not every terminal checks for duplicates (QUIRKS A32). Whoever has no photo
    /// any more goes: the terminal holds nobody without one (3.10), and keeps a photo that is not sent (3.10.3).
    /// Gives back what it keeps of somebody although the hub has it no more.
    pub(super) async fn hold(&self, id: &str, info: PersonInfo) -> Result<Vec<Loss>, CallError> {
        match find(&self.wire, id).await? {
            Some((reference, _)) if !info.has_picture() => {
                self.remove_by(reference).await?;
                Err(no_photo())
            }
            Some((reference, held)) => {
                let kept = kept(&held, &info);
                self.edit(&reference, &held, info).await.map(|()| kept)
            }
            None => self.add(id, info).await.map(|()| Vec::new()),
        }
    }

    pub(super) async fn edit(
        &self,
        reference: &PersonRef,
        held: &PersonInfo,
        info: PersonInfo,
    ) -> Result<(), CallError> {
        let mut person = cleared(info);
        // The ids stay as the terminal has them.
        (person.uuid, person.customize_id) = (held.uuid.clone(), held.customize_id);
        match reference {
            PersonRef::Uuid(id) => person.uuid = Some(id.clone()),
            PersonRef::CustomizeId(id) => person.customize_id = Some(*id),
            PersonRef::LibId(id) => person.lib_id = Some(*id),
        }
        person.uuid = person.uuid.filter(|id| !id.trim().is_empty());
        person.customize_id = person.customize_id.filter(|id| *id > 0);
        let id_type = reference.id_type();
        self.wire.call(&EditPerson { id_type, person }).await.map(|_| ())
    }

    /// The number made for the person may be somebody's already; then another one is.
    async fn add(&self, id: &str, info: PersonInfo) -> Result<(), CallError> {
        check_photo(&info)?;
        let mut refusal = None;
        for attempt in 0..ATTEMPTS {
            let person = PersonInfo {
                uuid: Some(id.to_owned()),
                customize_id: Some(customize_id(id, attempt)),
                ..info.clone()
            };
            match self.wire.call(&AddPerson { person }).await {
                Err(error) if self.is_number_taken(&error, id, attempt).await? => refusal = Some(error),
                other => return other.map(|_| ()),
            }
        }
        Err(refusal.unwrap_or_else(CallError::disconnected))
    }

    /// Whether a person was refused because somebody else has the number: a card's or a face's owner is another matter.
    async fn is_number_taken(&self, error: &CallError, id: &str, attempt: u32) -> Result<bool, CallError> {
        if error.failure != Failure::Exists {
            return Ok(false);
        }
        let number = PersonRef::CustomizeId(customize_id(id, attempt));
        let holder = self.wire.call(&SearchPerson::new(&number, false)).await?;
        Ok(holder.0.is_some())
    }

    /// Somebody who is not there is as good as removed.
    async fn absent(&self, id: &str) -> Result<(), CallError> {
        match self.remove(id).await {
            Err(error) if error.failure != Failure::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// The terminal deletes the person's records, too (QUIRKS A78): they are brought here first.
    pub(super) async fn remove(&self, id: &str) -> Result<(), CallError> {
        let Some((reference, _)) = find(&self.wire, id).await? else {
            return Err(CallError::ours(
                Failure::NotFound,
                "the device has no such person",
            ));
        };
        self.remove_by(reference).await
    }

    async fn remove_by(&self, reference: PersonRef) -> Result<(), CallError> {
        self.drain_of(&reference).await?;
        let ids = match reference {
            PersonRef::CustomizeId(id) => PersonIds::CustomizeIds(vec![id]),
            PersonRef::Uuid(id) => PersonIds::Uuids(vec![id]),
            PersonRef::LibId(id) => PersonIds::LibIds(vec![id]),
        };
        self.wire.call(&DeletePerson { ids }).await.map(|_| ())
    }
}

/// The terminal holds nobody without a photo (3.10).
pub(super) fn check_photo(info: &PersonInfo) -> Result<(), CallError> {
    if info.has_picture() {
        Ok(())
    } else {
        Err(no_photo())
    }
}

fn no_photo() -> CallError {
    CallError::ours(Failure::PhotoRejected, "the device holds nobody without a photo")
}

/// What cannot be taken back of somebody: what is not sent stays, and there is no value that says nothing (3.10.3).
fn kept(held: &PersonInfo, info: &PersonInfo) -> Vec<Loss> {
    let is_kept = [
        ("gender", held.gender.is_some() && info.gender.is_none()),
        ("ethnicity", held.nation.is_some() && info.nation.is_none()),
        ("birthday", held.birthday.is_some() && info.birthday.is_none()),
    ];
    let kept = is_kept.into_iter().filter(|(_, is_kept)| *is_kept);
    kept.map(|(field, _)| Loss::unsupported(field)).collect()
}

/// A person whose texts say what the hub has, and where it has nothing, nothing: what is not sent stays (3.10.3).
fn cleared(mut info: PersonInfo) -> PersonInfo {
    for text in [
        &mut info.id_card,
        &mut info.phone,
        &mut info.native_place,
        &mut info.address,
        &mut info.notes,
        &mut info.rf_card,
        &mut info.access_card,
        &mut info.room,
    ] {
        text.get_or_insert_default();
    }
    info
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_that_somebody_has_no_more_is_taken_back() {
        let info = PersonInfo {
            phone: Some("1".to_owned()),
            ..PersonInfo::default()
        };
        let cleared = cleared(info);
        assert_eq!(cleared.phone.as_deref(), Some("1"));
        assert_eq!(cleared.rf_card.as_deref(), Some(""));
        assert_eq!(cleared.uuid, None);
    }

    #[test]
    fn what_the_terminal_keeps_of_somebody_is_told() {
        let held = PersonInfo {
            gender: Some(0),
            birthday: Some("1990-12-14".to_owned()),
            ..PersonInfo::default()
        };
        let fields: Vec<_> = kept(&held, &PersonInfo::default())
            .into_iter()
            .map(|loss| loss.field)
            .collect();
        assert_eq!(fields, ["gender", "birthday"]);
        assert!(kept(&held, &held).is_empty());
    }
}
