//! Whom a device holds (2.2.2 to 2.2.5): the device tells of one after the other, and each is acknowledged once the hub has
//! them. What does not come is asked for by its place.

use super::calls::{ANSWER_WITHIN, MqttLink, Reading};
use super::conversation::{Conversation, good, succeeded, unreadable};
use crate::links::{CallError, DevicePerson, Failure, HeldPerson, Link as _, PeopleSink};
use dialects::mqtt::convert::{LibraryPerson, person_from_platform};
use dialects::mqtt::person::{OnlineGetRegisterByIndexResp, OnlineGetRegisterResp};
use dialects::mqtt::{
    ErrorCode, GetRegisterAck, Message as _, OnlineGetRegister, OnlineGetRegisterByIndex,
    OnlineStopGetRegister, PersonInfo, PersonReply,
};
use jiff::civil::date;
use jiff::tz::TimeZone;
use model::{Person, PersonId};
use serde_json::Value;
use std::collections::BTreeSet;
use store::hub::imports::Place;

/// More people than this no device has.
const MOST_PEOPLE: u32 = 1_000_000;

/// Whom the device holds, by id and name.
pub(super) async fn list(link: &MqttLink) -> Result<Vec<HeldPerson>, CallError> {
    let mut held = Vec::new();
    let mut stream = Stream::begin(link).await?;
    while let Some((index, person)) = stream.next().await? {
        held.push(HeldPerson {
            wire_id: person.id.trim().to_owned(),
            name: person.name.trim().to_owned(),
        });
        stream.acknowledge(index).await;
    }
    Ok(held)
}

/// Reads everybody into the hub.
pub(super) async fn read(link: &MqttLink, sink: &dyn PeopleSink) -> Result<u32, CallError> {
    let (zone, mut count) = (link.zone(), 0);
    let mut stream = Stream::begin_or_go_on(link, sink).await?;
    while let Some((index, person)) = stream.next().await? {
        match device_person(&person, index, &zone) {
            Ok(person) => {
                if let Err(error) = sink.take(person).await {
                    link.stop_telling().await;
                    return Err(CallError::ours(Failure::Internal, error.to_string()));
                }
                count += 1;
            }
            Err(problem) => {
                tracing::warn!(
                    serial = link.serial,
                    index,
                    problem,
                    "a person of a device cannot be read"
                );
            }
        }
        stream.acknowledge(index).await;
    }
    Ok(count)
}

/// The people on their way, in the device's order.
struct Stream<'a> {
    link: &'a MqttLink,
    /// The device tells by itself. What is missing once it has stopped is asked for by its place.
    told: Option<Told<'a>>,
    /// How many there are, once the device said so.
    expected: Option<u32>,
    taken: BTreeSet<u32>,
}

struct Told<'a> {
    answers: Conversation,
    _reading: Reading<'a>,
}

impl<'a> Stream<'a> {
    async fn begin(link: &'a MqttLink) -> Result<Self, CallError> {
        let reading = link.reading();
        let answers = link
            .ask(|id| OnlineGetRegister {
                msg_id: id.to_owned(),
                device_no: link.serial.clone(),
            })
            .await?;
        Ok(Self {
            link,
            told: Some(Told {
                answers,
                _reading: reading,
            }),
            expected: None,
            taken: BTreeSet::new(),
        })
    }

    /// After whom the sink has already, where the device still has them there; else from the first one on.
    async fn begin_or_go_on(link: &'a MqttLink, sink: &dyn PeopleSink) -> Result<Self, CallError> {
        let Some(reached) = sink.reached() else {
            return Self::begin(link).await;
        };
        match Self::after(link, reached).await {
            Ok(Some(stream)) => return Ok(stream),
            Ok(None) => {}
            Err(error) if matches!(error.failure, Failure::Disconnected | Failure::Timeout) => {
                return Err(error);
            }
            Err(error) => {
                tracing::info!(serial = link.serial, %error, "the device is read from its first person on")
            }
        }
        let restarted = sink.start_over().await;
        restarted.map_err(|error| CallError::ours(Failure::Internal, error.to_string()))?;
        Self::begin(link).await
    }

    async fn after(link: &'a MqttLink, reached: &Place) -> Result<Option<Self>, CallError> {
        let reply = by_index(link, reached.index).await?;
        if reply
            .person
            .is_none_or(|person| person.id.trim() != reached.wire_id)
        {
            return Ok(None);
        }
        let people = link.count_persons().await?;
        if people > MOST_PEOPLE {
            return Err(unreadable(&format!("personNum {people}")));
        }
        Ok(Some(Self {
            link,
            told: None,
            expected: Some(people),
            taken: (0..=reached.index).collect(),
        }))
    }

    /// The next person and their place; `None` after the last. A device that is left in the middle would repeat the
    /// person for ever, and is told to stop.
    async fn next(&mut self) -> Result<Option<(u32, PersonInfo)>, CallError> {
        let next = self.following().await;
        if next.is_err() && self.told.is_some() {
            self.link.stop_telling().await;
        }
        next
    }

    async fn following(&mut self) -> Result<Option<(u32, PersonInfo)>, CallError> {
        loop {
            if let Some(expected) = self.expected
                && self.taken.len() >= usize::try_from(expected).unwrap_or(usize::MAX)
            {
                return Ok(None);
            }
            let Some(told) = &mut self.told else {
                match self.missing().await? {
                    Some(found) => return Ok(Some(found)),
                    None => continue,
                }
            };
            let answer = match told.answers.next(ANSWER_WITHIN).await {
                Ok(answer) => answer,
                Err(error) if error.failure == Failure::Timeout && self.expected.is_some() => {
                    self.stop().await;
                    self.told = None;
                    continue;
                }
                Err(error) => return Err(error),
            };
            if let Some(found) = self.told_of(&answer).await? {
                return Ok(Some(found));
            }
        }
    }

    /// One message of the stream; `None` where it brings nobody new.
    async fn told_of(&mut self, answer: &Value) -> Result<Option<(u32, PersonInfo)>, CallError> {
        let reply: PersonReply = good::<OnlineGetRegisterResp>(answer)?.0;
        if let Some(people) = reply.people {
            if people > MOST_PEOPLE {
                return Err(unreadable(&format!("personNum {people}")));
            }
            self.expected = Some(people);
        }
        let Some(index) = reply.index else {
            // QUIRKS M40: nobody is there.
            self.expected.get_or_insert(0);
            return Ok(None);
        };
        if self.taken.contains(&index) {
            // Our acknowledgement was lost.
            self.confirm(index).await;
            return Ok(None);
        }
        if reply.person.is_none() && *self.expected.get_or_insert(0) > 0 {
            // Whoever had this place was deleted meanwhile; the others follow.
            self.acknowledge(index).await;
        }
        Ok(reply.person.map(|person| (index, person)))
    }

    /// The first person who is missing, asked for by place; `None` where nobody has the place any more.
    async fn missing(&mut self) -> Result<Option<(u32, PersonInfo)>, CallError> {
        let places = 0..self.expected.unwrap_or(0);
        let Some(index) = places.into_iter().find(|place| !self.taken.contains(place)) else {
            return Ok(None);
        };
        let reply = by_index(self.link, index).await?;
        if reply.person.is_none() {
            self.taken.insert(index);
        }
        Ok(reply.person.map(|person| (index, person)))
    }

    /// The hub has this one.
    async fn acknowledge(&mut self, index: u32) {
        self.taken.insert(index);
        self.confirm(index).await;
    }

    /// Tells a device that tells by itself.
    async fn confirm(&self, index: u32) {
        let Some(told) = &self.told else {
            return;
        };
        self.link
            .tell(GetRegisterAck {
                msg_id: told.answers.msg_id.clone(),
                device_no: self.link.serial.clone(),
                code: ErrorCode::Success,
                index: i64::from(index),
            })
            .await;
    }

    /// No more of them.
    async fn stop(&self) {
        let stopped = self
            .link
            .one(ANSWER_WITHIN, |id| OnlineStopGetRegister {
                msg_id: id.to_owned(),
                device_no: self.link.serial.clone(),
            })
            .await;
        if let Err(error) = stopped.and_then(|answer| succeeded(&answer)) {
            tracing::debug!(serial = self.link.serial, %error, "the device was not stopped");
        }
    }
}

/// Who has a place in the device's list, if anybody.
async fn by_index(link: &MqttLink, index: u32) -> Result<PersonReply, CallError> {
    let answer = link
        .one(ANSWER_WITHIN, |id| OnlineGetRegisterByIndex {
            msg_id: id.to_owned(),
            device_no: link.serial.clone(),
            index: i64::from(index),
        })
        .await?;
    succeeded(&answer)?;
    OnlineGetRegisterByIndexResp::read(&answer)
        .map(|reply| reply.0)
        .map_err(|error| unreadable(&error.to_string()))
}

/// A person as the device has them, for the hub.
fn device_person(info: &PersonInfo, index: u32, zone: &TimeZone) -> Result<DevicePerson, String> {
    let held = person_from_platform(info, zone).map_err(|error| error.to_string())?;
    let id = PersonId::new(held.id.as_str())
        .unwrap_or_else(|_| PersonId::from_random(uuid::Uuid::now_v7().as_u128()));
    let LibraryPerson {
        id: wire_id,
        name,
        kind,
        gender,
        birthday,
        phone,
        credentials,
        valid_from,
        valid_until,
        photos,
        ..
    } = held;
    let person = Person {
        kind,
        gender,
        birthday,
        phone,
        credentials,
        // Both are required on the wire: such days stand for none (MODEL section 3).
        valid_from: valid_from.filter(|from| zone.to_datetime(*from).date() > date(2000, 1, 1)),
        valid_until: valid_until.filter(|until| zone.to_datetime(*until).date() < date(2099, 1, 1)),
        greeting: Some(held.greeting.spoken.after).filter(|words| !words.trim().is_empty()),
        ..Person::new(id, name)
    };
    Ok(DevicePerson {
        wire_id,
        person,
        photos: photos.into_iter().map(|(_, picture)| picture).collect(),
        index: Some(index),
    })
}
