//! Records (8.3.1, 8.3.2): whatever was recognised, whether it opened the door or not.

use super::calls::{Outcome, failed};
use super::{DIALECT, Endpoint, PICTURE_BYTES};
use crate::camera::fitting;
use crate::device::Device;
use crate::endpoints::threshold::Scale;
use crate::pass::{Details, Private};
use crate::people::model_id;
use dialects::openapi::convert::record_to_platform;
use dialects::openapi::{Code, ListRecords, Page, Refused, Reply, Seconds, SignRecord};
use dialects::reported::{Pass, SeenPerson};
use jiff::civil::Time;
use jiff::{Timestamp, ToSpan};
use model::{CredentialKind, Person, TemperatureAlarm};
use serde_json::Map;
use std::sync::Arc;
use store::StoreError;
use store::terminal::Entry;

/// Records looked through at once.
const PAGE: u32 = 500;
/// Bytes of pictures in one answer; records beyond come without.
const PICTURES_BYTES: usize = 16_000_000;
/// Similarities of the wire, as parts of 100 (terminal rule 12).
const SCORES: Scale = Scale {
    default: 0.8,
    highest: 1.0,
};

/// The pictures of a record, JPEG.
#[derive(Debug, Clone, Default)]
pub(super) struct Pictures {
    pub(super) capture: Option<Vec<u8>>,
    pub(super) registered: Option<Vec<u8>>,
}

/// An entry of the journal with everything that dialects tell of it.
pub(super) struct Seen {
    at: Timestamp,
    seq: u64,
    person: Option<(String, Person)>,
    pub(super) details: Details,
    private: Private,
}

impl Seen {
    /// Reads an entry; of the person, what the library has now goes before what was noted then.
    pub(super) fn read(device: &Device, entry: &Entry) -> Result<Self, StoreError> {
        let details: Details = serde_json::from_value(entry.details.clone())?;
        let private: Private = serde_json::from_value(entry.private.clone()).unwrap_or_default();
        let person = entry.person.as_deref().map(|wire_id| {
            let held = device.people.find(wire_id).map(|member| member.person.clone());
            (
                wire_id.to_owned(),
                held.unwrap_or_else(|| noted(wire_id, &details, &private)),
            )
        });
        Ok(Self {
            at: entry.occurred_at,
            seq: entry.seq,
            person,
            details,
            private,
        })
    }

    /// The pass, as the dialects' conversions take it.
    pub(super) fn pass<'a>(&'a self, device: &Device, pictures: &'a Pictures) -> Pass<'a> {
        let details = &self.details;
        let behaviour = device.behaviour();
        let accept = device.thresholds().accept;
        let hot = behaviour
            .fever_from
            .zip(details.temperature)
            .is_some_and(|(limit, measured)| measured >= limit);
        let presented = self.private.presented.as_ref();
        let card = presented.filter(|shown| shown.kind == CredentialKind::IcCard);
        Pass {
            person: self
                .person
                .as_ref()
                .map(|(wire_id, person)| SeenPerson { wire_id, person }),
            at: self.at,
            method: details.method,
            outcome: details.told_outcome(),
            score: details
                .similarity
                .map(|similarity| SCORES.wire(similarity, accept)),
            temperature: details.temperature,
            temperature_alarm: if hot {
                TemperatureAlarm::High
            } else {
                TemperatureAlarm::None
            },
            mask: details.mask,
            direction: behaviour.direction,
            card: card.map(|shown| shown.number.as_str()),
            document: self.private.document.as_ref(),
            capture: pictures.capture.as_deref(),
            registered: pictures.registered.as_deref(),
        }
    }
}

/// A person who is not there any more, or was another.
fn noted(wire_id: &str, details: &Details, private: &Private) -> Person {
    Person {
        kind: details.kind.unwrap_or_default(),
        gender: private.gender,
        birthday: private.birthday,
        phone: private.phone.clone(),
        credentials: private.credentials.clone(),
        ..Person::new(model_id(wire_id), private.name.clone().unwrap_or_default())
    }
}

impl Endpoint {
    /// An entry as the object of 8.3.1.
    pub(super) fn record(&self, entry: &Entry, pictures: &Pictures) -> Result<SignRecord, StoreError> {
        let seen = Seen::read(&self.device, entry)?;
        let id = i64::try_from(seen.seq).unwrap_or(i64::MAX);
        let pass = seen.pass(&self.device, pictures);
        Ok(record_to_platform(&pass, id, &Map::new(), self.id()))
    }

    /// The pictures of an entry that are still there.
    pub(super) async fn pictures(&self, entry: &Entry) -> Result<Pictures, StoreError> {
        let device = &self.device;
        let wanted = entry.has_capture && device.behaviour().report_capture.unwrap_or(true);
        let capture = match wanted {
            true => device.journal.capture(entry.seq).await?,
            false => None,
        };
        let registered = match &entry.person {
            Some(wire_id) => device.people.picture(wire_id).await?,
            None => None,
        };
        let limits = device.config.face.photo;
        let made = tokio::task::spawn_blocking(move || {
            let fit = |bytes: Vec<u8>| fitting(&bytes, &limits, PICTURE_BYTES, None);
            Pictures {
                capture: capture.and_then(fit),
                registered: registered.and_then(fit),
            }
        });
        made.await.map_err(|error| StoreError::Corrupt(error.to_string()))
    }

    /// Lists records, the newest first; code 50008 where there is none (QUIRKS O22).
    pub(super) async fn records(self: &Arc<Self>, message: &ListRecords) -> Outcome {
        let listed = self.listed(message).await;
        let page = listed.map_err(|error| failed(&error))?;
        if page.total == 0 {
            return Err(Refused::new(Code::NothingFound, "no record"));
        }
        Ok(Reply::success::<ListRecords>(&page))
    }

    async fn listed(&self, message: &ListRecords) -> Result<Page<SignRecord>, StoreError> {
        let between = self.between(message.start, message.end);
        let (skipped, most) = (message.paging.skipped(), message.paging.most());
        let (mut total, mut shown, mut after) = (0_usize, Vec::new(), None);
        loop {
            let page = self
                .device
                .journal
                .recorded(DIALECT, between, after, PAGE)
                .await?;
            let Some(last) = page.last() else { break };
            after = Some((last.occurred_at, last.seq));
            for entry in page {
                if !message.takes(&self.record(&entry, &Pictures::default())?) {
                    continue;
                }
                if total >= skipped && shown.len() < most {
                    shown.push(entry);
                }
                total += 1;
            }
        }
        let (mut records, mut room) = (Vec::with_capacity(shown.len()), PICTURES_BYTES);
        for entry in shown {
            let pictures = match room {
                0 => Pictures::default(),
                _ => self.pictures(&entry).await?,
            };
            let bytes = |picture: &Option<Vec<u8>>| picture.as_ref().map_or(0, Vec::len);
            room = room.saturating_sub(bytes(&pictures.capture) + bytes(&pictures.registered));
            records.push(self.record(&entry, &pictures)?);
        }
        Ok(Page::new(records, total, message.paging))
    }

    /// Both ends included, whole seconds; today at this door where neither is given (QUIRKS O24).
    fn between(&self, start: Option<Seconds>, end: Option<Seconds>) -> (Timestamp, Timestamp) {
        let now = self.device.clock.now();
        let today = || {
            let day = self.device.zone().to_datetime(now).date();
            let midnight = day.to_datetime(Time::midnight());
            self.device
                .zone()
                .to_timestamp(midnight)
                .unwrap_or(Timestamp::MIN)
        };
        let from = start.and_then(Seconds::timestamp);
        let until = end.and_then(Seconds::timestamp);
        // A record of that second may be up to a second later.
        let until = until.map(|until| until.saturating_add(999.milliseconds()).unwrap_or(until));
        match (from, until) {
            (None, None) => (today(), Timestamp::MAX),
            (from, until) => (from.unwrap_or(Timestamp::MIN), until.unwrap_or(Timestamp::MAX)),
        }
    }
}
