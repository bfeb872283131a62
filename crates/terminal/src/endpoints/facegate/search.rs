//! Finding people (3.19).

use super::Endpoint;
use super::failure::Failure;
use super::people::Known;
use crate::camera::as_jpeg;
use dialects::facegate::PersonRef;
use dialects::facegate::convert::picture;
use dialects::facegate::person::{
    FoundPerson, HeldPeople, HeldPerson, PersonCount, PersonFilter, SearchPerson, SearchPersonList,
};
use dialects::facegate::time::any_wall_time;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use model::{CredentialKind, Gender, PersonKind};

impl Endpoint {
    /// `SearchPerson`.
    pub(super) async fn find(&self, call: &SearchPerson) -> Result<FoundPerson, Failure> {
        let target = call.target().and_then(|target| self.known(&target));
        let Some(found) = target else {
            return Ok(FoundPerson(None));
        };
        let found = self.numbered(found).await?;
        let held = self.held(&found, call.with_picture).await?;
        Ok(FoundPerson(Some(held)))
    }

    /// With a number, also where another dialect brought the person.
    pub(super) async fn numbered(&self, known: Known) -> Result<Known, Failure> {
        if known.entry.lib_id != 0 {
            return Ok(known);
        }
        let wire_id = known.member.wire_id.clone();
        let now = self.device.clock.now();
        self.roll.number(std::slice::from_ref(&wire_id), now).await?;
        Ok(self.known(&PersonRef::Uuid(wire_id)).unwrap_or(known))
    }

    async fn held(&self, known: &Known, with_picture: bool) -> Result<HeldPerson, Failure> {
        let mut person = self.told(known);
        if with_picture {
            person.picture = self
                .enrolled(&known.member.wire_id)
                .await?
                .as_deref()
                .map(picture);
        }
        Ok(HeldPerson { person })
    }

    /// Somebody's photo as JPEG.
    pub(super) async fn enrolled(&self, wire_id: &str) -> Result<Option<Vec<u8>>, store::StoreError> {
        let Some(bytes) = self.device.people.picture(wire_id).await? else {
            return Ok(None);
        };
        let limits = self.device.config.face.photo;
        let jpeg = tokio::task::spawn_blocking(move || as_jpeg(&bytes, &limits)).await;
        Ok(jpeg.ok().flatten())
    }

    /// `SearchPersonNum`.
    pub(super) async fn count(&self, filter: &PersonFilter) -> Result<PersonCount, Failure> {
        let found = self.matching(filter).await?.len();
        Ok(PersonCount {
            capacity: self.device.config.terminal.capacity.into(),
            found: i64::try_from(found).unwrap_or(i64::MAX),
        })
    }

    /// `SearchPersonList`: in the order in which people came; nobody past the end.
    pub(super) async fn list(&self, call: &SearchPersonList) -> Result<HeldPeople, Failure> {
        let found = self.matching(&call.filter).await?;
        let first = usize::try_from(call.begin()).unwrap_or(usize::MAX);
        let count = usize::try_from(call.count()).unwrap_or_default();
        let mut people = Vec::new();
        for known in found.iter().skip(first).take(count) {
            people.push(self.held(known, call.page.with_pictures).await?);
        }
        Ok(HeldPeople(people))
    }

    async fn matching(&self, filter: &PersonFilter) -> Result<Vec<Known>, Failure> {
        let wire_ids = self.device.people.ids();
        let now = self.device.clock.now();
        self.roll.number(&wire_ids, now).await?;
        let zone = self.device.zone();
        let wanted = Filter {
            name: filter
                .name
                .as_deref()
                .map(str::trim)
                .filter(|name| !name.is_empty()),
            begin: filter.begin.as_deref().and_then(any_wall_time),
            end: filter.end.as_deref().and_then(any_wall_time),
            today: zone.to_datetime(now).date(),
            filter,
        };
        let known = wire_ids
            .into_iter()
            .filter_map(|wire_id| self.known(&PersonRef::Uuid(wire_id)));
        let mut found: Vec<Known> = known
            .filter(|known| wanted.means(known, |at| zone.to_datetime(at)))
            .collect();
        found.sort_by_key(|known| known.entry.lib_id);
        Ok(found)
    }
}

struct Filter<'a> {
    name: Option<&'a str>,
    begin: Option<DateTime>,
    end: Option<DateTime>,
    today: Date,
    filter: &'a PersonFilter,
}

impl Filter<'_> {
    /// By a part of the name, which makes the other conditions void, or by these.
    fn means(&self, known: &Known, local: impl Fn(Timestamp) -> DateTime) -> bool {
        let person = &known.member.person;
        if let Some(name) = self.name {
            return person.name.contains(name);
        }
        let added = local(known.entry.added);
        let in_time =
            self.begin.is_none_or(|begin| added >= begin) && self.end.is_none_or(|end| added <= end);
        let of_kind = match self.filter.person_type {
            Some(0) => person.kind != PersonKind::Blocked,
            Some(1) => person.kind == PersonKind::Blocked,
            _ => true,
        };
        in_time
            && of_kind
            && is_of_gender(self.filter.gender, person.gender)
            && is_of_age(self.filter.ages(), person.birthday, self.today)
            && self.has_card(known)
    }

    fn has_card(&self, known: &Known) -> bool {
        let wanted = self.filter.card_number.as_ref().map(|number| number.as_text());
        match wanted {
            None | Some("" | "0") => true,
            Some(number) => {
                known.member.person.credentials.iter().any(|credential| {
                    credential.kind == CredentialKind::Wiegand && credential.number == number
                })
            }
        }
    }
}

/// 0 male, 1 female, 2 all.
pub(super) fn is_of_gender(wanted: Option<i64>, gender: Option<Gender>) -> bool {
    match wanted {
        Some(0) => gender == Some(Gender::Male),
        Some(1) => gender == Some(Gender::Female),
        _ => true,
    }
}

/// Whether somebody's age lies in a range; whose age is not known is of any.
pub(super) fn is_of_age(ages: Option<(u32, u32)>, birthday: Option<Date>, today: Date) -> bool {
    let (Some((first, last)), Some(birthday)) = (ages, birthday) else {
        return true;
    };
    let had_birthday = (today.month(), today.day()) >= (birthday.month(), birthday.day());
    let years = i32::from(today.year()) - i32::from(birthday.year()) - i32::from(!had_birthday);
    u32::try_from(years).is_ok_and(|years| (first..=last).contains(&years))
}
