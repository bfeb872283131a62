//! An entry of the journal as the dialect tells it: a push, a control record, a picture of a stranger.

use super::failure::Failure;
use super::{DIALECT, Endpoint};
use crate::camera::fitting;
use crate::endpoints::threshold::Scale;
use crate::pass::{Channel, Details, Private};
use crate::people::model_id;
use dialects::facegate::convert::{Report, ReportKind};
use dialects::facegate::person::PICTURE_BYTES;
use dialects::facegate::{PersonInfo, PersonRef};
use dialects::reported::{Pass, SeenPerson};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use model::{CredentialKind, Direction, Person, TemperatureAlarm};
use store::StoreError;
use store::terminal::Entry;

/// `FaceThreshold` and similarities (terminal rule 12).
pub(super) const SIMILARITY: Scale = Scale {
    default: 80.0,
    highest: 100.0,
};
/// A record that is pushed later than this is late (3.12.3).
const IN_TIME: SignedDuration = SignedDuration::from_secs(10);

/// A record, read.
pub(super) struct Facts {
    pub(super) entry: Entry,
    pub(super) details: Details,
    pub(super) private: Private,
    /// What the record says of the person.
    pub(super) person: Option<Person>,
}

impl Facts {
    pub(super) fn read(entry: Entry) -> Result<Self, StoreError> {
        let details = serde_json::from_value(entry.details.clone())?;
        let private: Private = serde_json::from_value(entry.private.clone()).unwrap_or_default();
        let person = entry.person.as_deref().map(|wire_id| Person {
            credentials: private.credentials.clone(),
            ..Person::new(model_id(wire_id), private.name.clone().unwrap_or_default())
        });
        Ok(Self {
            entry,
            details,
            private,
            person,
        })
    }

    /// When it is told to have happened: records of one person never share a second.
    pub(super) fn at(&self) -> Timestamp {
        Timestamp::from_second(self.entry.wire_second).unwrap_or(self.entry.occurred_at)
    }

    /// Which push tells of it, where all topics are subscribed.
    pub(super) fn kind(&self) -> ReportKind {
        ReportKind::of(&self.pass(&Scenery::default(), &Pictures::default()))
    }

    fn pass<'a>(&'a self, scenery: &Scenery, pictures: &'a Pictures) -> Pass<'a> {
        let details = &self.details;
        let person = self.entry.person.as_deref().zip(self.person.as_ref());
        let is_hot = scenery
            .fever_from
            .zip(details.temperature)
            .is_some_and(|(limit, measured)| measured >= limit);
        let shown = self.private.presented.as_ref();
        Pass {
            person: person.map(|(wire_id, person)| SeenPerson { wire_id, person }),
            at: self.at(),
            method: details.method,
            outcome: details.told_outcome(),
            score: details
                .similarity
                .map(|cosine| SIMILARITY.wire(cosine, scenery.accept) / SIMILARITY.highest),
            temperature: details.temperature,
            temperature_alarm: if is_hot {
                TemperatureAlarm::High
            } else {
                TemperatureAlarm::None
            },
            mask: details.mask,
            direction: scenery.direction,
            card: shown
                .filter(|shown| !matches!(shown.kind, CredentialKind::IdCard | CredentialKind::Pin))
                .map(|shown| shown.number.as_str()),
            document: self.private.document.as_ref(),
            capture: pictures.capture.as_deref(),
            registered: pictures.registered.as_deref(),
        }
    }
}

/// What holds at the door for every record.
#[derive(Debug, Clone, Copy, Default)]
struct Scenery {
    accept: f32,
    fever_from: Option<f32>,
    direction: Direction,
}

/// The pictures of a record, JPEG.
#[derive(Debug, Default)]
pub(super) struct Pictures {
    pub(super) capture: Option<Vec<u8>>,
    pub(super) registered: Option<Vec<u8>>,
}

/// Everything that a message about a record needs.
pub(super) struct Material {
    facts: Facts,
    pictures: Pictures,
    scenery: Scenery,
    zone: TimeZone,
    told: Option<PersonInfo>,
    lib_id: Option<i64>,
    in_time: bool,
    by_hand: bool,
}

impl Material {
    /// As the dialect's conversion takes it.
    pub(super) fn report(&self) -> Report<'_> {
        Report {
            pass: self.facts.pass(&self.scenery, &self.pictures),
            zone: &self.zone,
            person: self.told.as_ref(),
            lib_id: self.lib_id,
            in_time: self.in_time,
            by_hand: self.by_hand,
            channel: self.facts.details.channel.map(Channel::number),
        }
    }

    /// The terminal's number of a picture: the record's place in the journal.
    pub(super) fn number(&self) -> i64 {
        i64::try_from(self.facts.entry.seq).unwrap_or(i64::MAX)
    }
}

impl Endpoint {
    /// Gathers a message, with the picture taken and the enrolled photo where they are wanted and still there.
    pub(super) async fn material(
        &self,
        facts: Facts,
        (with_capture, with_registered): (bool, bool),
        by_hand: bool,
    ) -> Result<Material, StoreError> {
        let device = &self.device;
        let behaviour = device.behaviour();
        let with_capture = with_capture && behaviour.report_capture.unwrap_or(true);
        let capture = match facts.entry.has_capture && with_capture {
            true => device.journal.capture(facts.entry.seq).await?,
            false => None,
        };
        let known = facts
            .entry
            .person
            .clone()
            .and_then(|id| self.known(&PersonRef::Uuid(id)));
        let registered = match &known {
            Some(known) if with_registered => device.people.picture(&known.member.wire_id).await?,
            _ => None,
        };
        if let Some(known) = known.as_ref().filter(|known| known.entry.lib_id == 0) {
            let wire_id = known.member.wire_id.clone();
            self.roll.number(&[wire_id], device.clock.now()).await?;
        }
        let known = known.and_then(|known| self.known(&PersonRef::Uuid(known.member.wire_id.clone())));
        let late = device.clock.now().duration_since(facts.entry.occurred_at) > IN_TIME;
        Ok(Material {
            pictures: self.fitted(capture, registered).await,
            scenery: Scenery {
                accept: device.configured_thresholds.accept,
                fever_from: behaviour.fever_from,
                direction: behaviour.direction,
            },
            zone: device.zone(),
            told: known.as_ref().map(|known| self.told(known)),
            lib_id: known.as_ref().map(|known| known.entry.lib_id),
            in_time: !late,
            by_hand,
            facts,
        })
    }

    async fn fitted(&self, capture: Option<Vec<u8>>, registered: Option<Vec<u8>>) -> Pictures {
        let limits = self.device.config.face.photo;
        let fit = move |bytes: Vec<u8>| fitting(&bytes, &limits, PICTURE_BYTES, None);
        let made = tokio::task::spawn_blocking(move || Pictures {
            capture: capture.and_then(fit),
            registered: registered.and_then(fit),
        });
        made.await.unwrap_or_default()
    }

    /// Everything between two times that this dialect may be shown, in the order of time.
    pub(super) async fn facts(&self, from: Timestamp, until: Timestamp) -> Result<Vec<Facts>, StoreError> {
        const PAGE: u32 = 500;
        let unrecorded_since = self.memory.get().unrecorded_since;
        let (mut found, mut place) = (Vec::new(), 0);
        loop {
            let page = self
                .device
                .journal
                .visible(DIALECT, from, until, place, PAGE)
                .await?;
            let Some(last) = page.last() else { break };
            place = last.seq;
            for entry in page {
                let facts = Facts::read(entry)?;
                let is_unrecorded = unrecorded_since.is_some_and(|since| facts.entry.occurred_at >= since);
                if !(is_unrecorded && facts.kind() != ReportKind::Snap) {
                    found.push(facts);
                }
            }
        }
        found.sort_by_key(|facts| (facts.entry.wire_second, facts.entry.seq));
        Ok(found)
    }

    /// Hides records from this dialect for good.
    pub(super) async fn hide(&self, which: impl Fn(ReportKind, &Entry) -> bool) -> Result<(), Failure> {
        const PAGE: u32 = 500;
        let mut place = 0;
        loop {
            let journal = &self.device.journal;
            let page = journal
                .visible(DIALECT, Timestamp::MIN, Timestamp::MAX, place, PAGE)
                .await?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            place = last.seq;
            let mut hidden = Vec::new();
            for entry in page {
                let facts = Facts::read(entry)?;
                if which(facts.kind(), &facts.entry) {
                    hidden.push(facts.entry.seq);
                }
            }
            if !hidden.is_empty() {
                journal.hide(DIALECT, &hidden).await?;
            }
        }
    }
}
