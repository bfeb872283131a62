//! Chapter 4.3, continued: people without their photos, changes of them, and people that a device tells of.

use super::check::{self, FieldError};
use super::frame::Version;
use super::operation::{Done, Operation, flattened, written};
use super::person::{AddPersonFace, PersonType, VerifyMode};
use super::time::{self, Periods, WallTime};
use crate::lenient::{self, LenientError};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `add_person` (4.3.1), platform to device: adds a person, whose photos follow by `add_face`. The fields are those of
/// `add_person_face` without photos and without the extended rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AddPerson(pub AddPersonFace);

/// The person's fields but for those that the message does not have.
fn without(person: &AddPersonFace, absent: &[&str]) -> Value {
    let mut data = written(person);
    if let Some(fields) = data.as_object_mut() {
        for field in absent {
            fields.remove(*field);
        }
    }
    data
}

impl Operation for AddPerson {
    const NAME: &'static str = "add_person";
    const SINCE: Version = Version::V2;
    type Answer = Done;

    fn check(&self) -> Result<(), FieldError> {
        self.0.check()
    }

    fn data(&self) -> Value {
        without(&self.0, &["portrait", "faces", "extPassRule"])
    }

    fn read(data: &Value) -> Result<Self, LenientError> {
        let person = AddPersonFace::read(data)?;
        Ok(Self(AddPersonFace {
            portrait: None,
            faces: Vec::new(),
            ext_pass_rule: None,
            ..person
        }))
    }
}

/// `update_person` (4.3.2), platform to device: changes what is given of a person. The way of identifying is not among
/// it (QUIRKS T30).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdatePerson {
    /// The person's id.
    #[serde(rename = "personId")]
    pub person_id: String,
    /// The employee number.
    #[serde(rename = "personCode")]
    pub person_code: String,
    /// The name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What the person is.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub person_type: Option<PersonType>,
    /// Identity number; an empty one is taken away.
    #[serde(rename = "idNum", skip_serializing_if = "Option::is_none")]
    pub id_number: Option<String>,
    /// IC card number; an empty one is taken away.
    #[serde(rename = "icNum", skip_serializing_if = "Option::is_none")]
    pub ic_number: Option<String>,
    /// How many passes from now on.
    #[serde(rename = "passNum", skip_serializing_if = "Option::is_none")]
    pub pass_number: Option<i64>,
    /// Periods of every permitted day.
    #[serde(rename = "passPeriod", skip_serializing_if = "Option::is_none")]
    pub pass_period: Option<Periods>,
    /// Whether Monday is permitted.
    #[serde(rename = "passMonday", skip_serializing_if = "Option::is_none")]
    pub pass_monday: Option<bool>,
    /// Tuesday.
    #[serde(rename = "passTuesday", skip_serializing_if = "Option::is_none")]
    pub pass_tuesday: Option<bool>,
    /// Wednesday.
    #[serde(rename = "passWednesday", skip_serializing_if = "Option::is_none")]
    pub pass_wednesday: Option<bool>,
    /// Thursday.
    #[serde(rename = "passThursday", skip_serializing_if = "Option::is_none")]
    pub pass_thursday: Option<bool>,
    /// Friday.
    #[serde(rename = "passFriday", skip_serializing_if = "Option::is_none")]
    pub pass_friday: Option<bool>,
    /// Saturday.
    #[serde(rename = "passSaturday", skip_serializing_if = "Option::is_none")]
    pub pass_saturday: Option<bool>,
    /// Sunday.
    #[serde(rename = "passSunday", skip_serializing_if = "Option::is_none")]
    pub pass_sunday: Option<bool>,
    /// The validity starts here, in the device's zone.
    #[serde(
        rename = "startTime",
        deserialize_with = "time::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub start_time: Option<WallTime>,
    /// The validity ends here, in the device's zone.
    #[serde(
        rename = "expireTime",
        deserialize_with = "time::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub expire_time: Option<WallTime>,
}

impl Operation for UpdatePerson {
    const NAME: &'static str = "update_person";
    const SINCE: Version = Version::V2;
    type Answer = Done;

    fn check(&self) -> Result<(), FieldError> {
        check::filled("personId", &self.person_id, check::KEPT_PERSON_ID_BYTES)?;
        check::filled("personCode", &self.person_code, check::PERSON_CODE_BYTES)?;
        if let Some(name) = &self.name {
            check::filled("name", name, check::NAME_BYTES)?;
        }
        if let Some(kind) = self.person_type {
            check::within("type", kind.into(), 1..=4)?;
        }
        check::optional("idNum", self.id_number.as_deref(), check::ID_NUMBER_BYTES)?;
        check::optional("icNum", self.ic_number.as_deref(), check::IC_NUMBER_BYTES)?;
        check::within(
            "passNum",
            self.pass_number.unwrap_or_default(),
            0..=i64::from(u32::MAX),
        )
    }
}

impl UpdatePerson {
    /// The weekdays that it speaks of, Monday first.
    #[must_use]
    pub fn days(&self) -> [Option<bool>; 7] {
        [
            self.pass_monday,
            self.pass_tuesday,
            self.pass_wednesday,
            self.pass_thursday,
            self.pass_friday,
            self.pass_saturday,
            self.pass_sunday,
        ]
    }

    /// Whether it changes when the person may pass.
    #[must_use]
    pub fn changes_rule(&self) -> bool {
        self.pass_period.is_some() || self.days().iter().any(Option::is_some)
    }

    /// Lays the change over a person: what is given replaces, the rest stays. A new simple rule replaces an extended
    /// one.
    pub fn lay_over(&self, person: &mut AddPersonFace) {
        fn set<T: Clone>(old: &mut Option<T>, new: &Option<T>) {
            if new.is_some() {
                old.clone_from(new);
            }
        }
        person.person_code.clone_from(&self.person_code);
        if let Some(name) = &self.name {
            person.name.clone_from(name);
        }
        if let Some(kind) = self.person_type {
            person.person_type = kind;
        }
        set(&mut person.id_number, &self.id_number);
        set(&mut person.ic_number, &self.ic_number);
        set(&mut person.pass_number, &self.pass_number);
        set(&mut person.start_time, &self.start_time);
        set(&mut person.expire_time, &self.expire_time);
        if self.changes_rule() {
            person.ext_pass_rule = None;
        }
        set(&mut person.pass_period, &self.pass_period);
        set(&mut person.pass_monday, &self.pass_monday);
        set(&mut person.pass_tuesday, &self.pass_tuesday);
        set(&mut person.pass_wednesday, &self.pass_wednesday);
        set(&mut person.pass_thursday, &self.pass_thursday);
        set(&mut person.pass_friday, &self.pass_friday);
        set(&mut person.pass_saturday, &self.pass_saturday);
        set(&mut person.pass_sunday, &self.pass_sunday);
    }
}

/// `sync_person` (4.3.6), platform to device: tell whom you hold. The people follow by `device_sync_person`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SyncPerson {}

/// The answer to [`SyncPerson`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncPersonAnswer {
    /// How many people follow.
    #[serde(rename = "person_num")]
    pub persons: u32,
}

impl Operation for SyncPerson {
    const NAME: &'static str = "sync_person";
    const SINCE: Version = Version::V2;
    type Answer = SyncPersonAnswer;
}

/// `device_sync_person` (4.3.7), device to platform: one person that the device holds, with photos.
///
/// The platform reads whatever comes: what is out of the document's limits is still a person, and an optional field that
/// cannot be read is a missing one. Only the id is needed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeviceSyncPerson(pub AddPersonFace);

/// The answer to [`DeviceSyncPerson`]: under which ids the platform keeps the person, which the device takes over.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DeviceSyncPersonAnswer {
    /// The id that came.
    #[serde(rename = "oriPersonId")]
    pub original_id: String,
    /// The id from now on.
    #[serde(rename = "newPersonId")]
    pub new_id: String,
    /// One for each photo that came.
    pub faces: Vec<RenamedFace>,
}

/// A photo's id before and from now on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RenamedFace {
    /// The id that came.
    #[serde(rename = "oriFaceId")]
    pub original_id: String,
    /// The id from now on.
    #[serde(rename = "newFaceId")]
    pub new_id: String,
}

impl DeviceSyncPersonAnswer {
    /// Everything keeps its id.
    #[must_use]
    pub fn unchanged(person: &AddPersonFace) -> Self {
        let faces = person.faces.iter().map(|face| {
            let id = face.face_id.clone().unwrap_or_default();
            RenamedFace {
                original_id: id.clone(),
                new_id: id,
            }
        });
        Self {
            original_id: person.person_id.clone(),
            new_id: person.person_id.clone(),
            faces: faces.collect(),
        }
    }
}

impl Operation for DeviceSyncPerson {
    const NAME: &'static str = "device_sync_person";
    const SINCE: Version = Version::V2;
    type Answer = DeviceSyncPersonAnswer;

    fn check(&self) -> Result<(), FieldError> {
        check::filled("personId", &self.0.person_id, check::TOLD_PERSON_ID_BYTES)
    }

    fn data(&self) -> Value {
        without(&self.0, &["portrait", "passMode", "extPassRule"])
    }

    fn read(data: &Value) -> Result<Self, LenientError> {
        let person: AddPersonFace = lenient::salvage(&flattened(data))?;
        Ok(Self(AddPersonFace {
            portrait: None,
            pass_mode: VerifyMode::Device,
            ext_pass_rule: None,
            ..person
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn whoever_has_an_id_is_told_of() {
        let told = |data| {
            let told = DeviceSyncPerson::read(&data)?;
            told.check().map_err(|error| LenientError {
                path: error.field.clone(),
                problem: error.to_string(),
            })?;
            Ok::<_, LenientError>(told.0)
        };
        let bare = told(json!({"personId": "7"})).unwrap();
        assert_eq!((bare.person_code.as_str(), bare.name.as_str()), ("", ""));
        let odd = told(json!({
            "personId": "x".repeat(100), "type": "?", "name": "N", "startTime": "0000-00-00 00:00:00",
            "expireTime": "yesterday", "passPeriod": "always", "icNum": "77", "faces": 3,
        }));
        let odd = odd.unwrap();
        assert_eq!((odd.start_time, odd.expire_time), (None, None));
        assert_eq!((odd.name.as_str(), odd.ic_number.as_deref()), ("N", Some("77")));
        assert!(told(json!({"personId": " ", "name": "N"})).is_err());
        assert!(told(json!({"name": "N"})).is_err());
    }

    #[test]
    fn a_platform_says_who_it_is_and_zeros_are_no_time() {
        let person = |more: Value| {
            let mut data = json!({"personId": "7", "personCode": "7", "name": "N", "type": 1});
            data.as_object_mut()?.extend(more.as_object()?.clone());
            AddPersonFace::read(&data)
                .ok()
                .filter(|person| person.check().is_ok())
        };
        let zero = json!({"startTime": "0000-00-00 00:00:00", "expireTime": " 0000-00-00T00:00:00"});
        let zero = person(zero).unwrap();
        assert_eq!((zero.start_time, zero.expire_time), (None, None));
        assert!(person(json!({"expireTime": "0000-13-00 00:00:00"})).is_none());
        for field in ["personCode", "name", "type"] {
            assert!(person(json!({ field: null })).is_none(), "{field}");
        }
        let update = json!({"personId": "7", "personCode": "7", "expireTime": "0000-00-00 00:00:00"});
        assert_eq!(UpdatePerson::read(&update).unwrap().expire_time, None);
    }
}
