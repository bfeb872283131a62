//! 3.22: what became of people at the door.

use super::{PAGE, check_times};
use crate::facegate::body::{Body, DeviceId, Place, find};
use crate::facegate::card_number::CardNumber;
use crate::facegate::check::optional_within;
use crate::facegate::operation::{Answer, Operation, answers, named, written};
use crate::facegate::person::search::{ages, check_ages};
use crate::facegate::person::{PersonInfo, PersonRef, UUID_BYTES, fill_in};
use crate::facegate::push::{VerifyStatus, VerifyType};
use crate::facegate::time::write_wall_time;
use crate::fields::FieldError;
use crate::lenient::{self, Base64Text, LenientError};
use crate::limits::optional;
use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Records of a page where nothing is said.
const DEFAULT_COUNT: i64 = 20;

/// The name under which openings by the platform are found.
pub const REMOTE_NAME: &str = "远程开门";

/// Which records (3.22).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ControlFilter {
    /// 0 by conditions (the default), 1 by a person's id and the times.
    #[serde(rename = "SearchType", skip_serializing_if = "Option::is_none")]
    pub search_type: Option<i64>,
    /// 0 `CustomizeID`, 1 `LibID`, 2 `PersonUUID`, with `SearchType` 1.
    #[serde(rename = "IdType", skip_serializing_if = "Option::is_none")]
    pub id_type: Option<i64>,
    /// The platform's number.
    #[serde(rename = "CustomizeID", skip_serializing_if = "Option::is_none")]
    pub customize_id: Option<i64>,
    /// The device's number; 0: of people who are deleted (QUIRKS A78).
    #[serde(rename = "LibID", skip_serializing_if = "Option::is_none")]
    pub lib_id: Option<i64>,
    /// The platform's text.
    #[serde(rename = "PersonUUID", skip_serializing_if = "Option::is_none")]
    pub uuid: Option<String>,
    /// A part of the name, which makes the other conditions void; [`REMOTE_NAME`] finds openings by the platform.
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A Wiegand number; 0 is any.
    #[serde(rename = "MjCardNo", skip_serializing_if = "Option::is_none")]
    pub card_number: Option<CardNumber>,
    /// 0 male, 1 female, 2 all.
    #[serde(rename = "Gender", skip_serializing_if = "Option::is_none")]
    pub gender: Option<i64>,
    /// 0 all, 1 let in, 2 not.
    #[serde(rename = "OpenDoor", skip_serializing_if = "Option::is_none")]
    pub opened: Option<i64>,
    /// Which camera, 0 to 8 (servers).
    #[serde(rename = "Channel", skip_serializing_if = "Option::is_none")]
    pub channel: Option<i64>,
    /// From here on, `YYYY-MM-DDThh:mm:ss`.
    #[serde(rename = "BeginTime")]
    pub begin: String,
    /// Until here.
    #[serde(rename = "EndTime")]
    pub end: String,
    /// 0 the oldest first, 1 the newest.
    #[serde(rename = "Ascending", skip_serializing_if = "Option::is_none")]
    pub order: Option<i64>,
    /// Ages, `1-100`.
    #[serde(rename = "Age", skip_serializing_if = "Option::is_none")]
    pub age: Option<String>,
}

impl ControlFilter {
    /// Whose records; `None` where it asks by conditions.
    #[must_use]
    pub fn person(&self) -> Option<PersonRef> {
        if self.search_type != Some(1) {
            return None;
        }
        let person = PersonInfo {
            customize_id: self.customize_id,
            lib_id: self.lib_id,
            uuid: self.uuid.clone(),
            ..PersonInfo::default()
        };
        PersonRef::of(self.id_type?, &person)
    }

    /// The ages, both included; `None` where any will do.
    #[must_use]
    pub fn ages(&self) -> Option<(u32, u32)> {
        ages(self.age.as_deref())
    }

    /// Whether the newest come first.
    #[must_use]
    pub fn is_descending(&self) -> bool {
        self.order == Some(1)
    }

    fn check(&self) -> Result<(), FieldError> {
        check_times(("BeginTime", &self.begin), ("EndTime", &self.end))?;
        for (field, number, range) in [
            ("SearchType", self.search_type, 0..=1),
            ("IdType", self.id_type, 0..=2),
            ("Gender", self.gender, 0..=2),
            ("OpenDoor", self.opened, 0..=2),
            ("Channel", self.channel, 0..=8),
            ("Ascending", self.order, 0..=1),
        ] {
            optional_within(field, number, range)?;
        }
        optional("PersonUUID", self.uuid.as_deref(), UUID_BYTES)?;
        check_ages(self.age.as_deref())?;
        if self.search_type == Some(1) && self.person().is_none() {
            return Err(FieldError::new("IdType", "the id that it names", "nothing"));
        }
        Ok(())
    }
}

/// `SearchControlNum` (3.22.1): how many records.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SearchControlNum {
    /// Which.
    pub filter: ControlFilter,
}

impl Operation for SearchControlNum {
    type Answer = ControlCount;

    fn operator(&self) -> &'static str {
        "SearchControlNum"
    }

    fn section(&self) -> &'static str {
        "3.22.1"
    }

    fn read(operator: &str, body: &mut Body) -> Option<Result<Self, LenientError>> {
        named(operator, &["SearchControlNum"]).then(|| {
            let filter = lenient::read(&std::mem::take(body).flat(Place::INFO))?;
            Ok(Self { filter })
        })
    }

    fn body(&self) -> Body {
        Body::placed(self.operator(), written(&self.filter), Place::INFO)
    }

    fn check(&self) -> Result<(), FieldError> {
        self.filter.check()
    }
}

/// The answer to [`SearchControlNum`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ControlCount {
    /// How many.
    #[serde(rename = "ControlNum")]
    pub found: i64,
}

/// `SearchControl` (3.22.2): a page of records.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SearchControl {
    /// Which.
    pub filter: ControlFilter,
    /// How they are paged.
    pub page: ControlPage,
}

/// A page of records.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ControlPage {
    /// From which on, the first is 0.
    #[serde(rename = "BeginNO", skip_serializing_if = "Option::is_none")]
    pub begin: Option<i64>,
    /// How many, at most [`PAGE`]; 20 where nothing is said.
    #[serde(rename = "RequestCount", skip_serializing_if = "Option::is_none")]
    pub count: Option<i64>,
    /// 0 no pictures, 1 the enrolled photo, 2 the picture taken, 3 both.
    #[serde(rename = "Picture", skip_serializing_if = "Option::is_none")]
    pub pictures: Option<i64>,
}

impl SearchControl {
    /// A page of the records between two times, the oldest first, with the picture taken.
    #[must_use]
    pub fn between(begin: DateTime, end: DateTime, first: u32, count: u32) -> Self {
        Self {
            filter: ControlFilter {
                begin: write_wall_time(begin),
                end: write_wall_time(end),
                order: Some(0),
                ..ControlFilter::default()
            },
            page: ControlPage {
                begin: Some(first.into()),
                count: Some(count.into()),
                pictures: Some(2),
            },
        }
    }

    /// The first record of the page.
    #[must_use]
    pub fn begin(&self) -> u32 {
        u32::try_from(self.page.begin.unwrap_or_default()).unwrap_or(u32::MAX)
    }

    /// How many records to give at most.
    #[must_use]
    pub fn count(&self) -> u32 {
        let count = self.page.count.unwrap_or(DEFAULT_COUNT).clamp(0, PAGE);
        u32::try_from(count).unwrap_or_default()
    }

    /// Whether the enrolled photo and the picture taken are asked for.
    #[must_use]
    pub fn pictures(&self) -> (bool, bool) {
        let pictures = self.page.pictures.unwrap_or_default();
        (pictures & 1 != 0, pictures & 2 != 0)
    }
}

impl Operation for SearchControl {
    type Answer = ControlRecords;

    fn operator(&self) -> &'static str {
        "SearchControl"
    }

    fn section(&self) -> &'static str {
        "3.22.2"
    }

    fn read(operator: &str, body: &mut Body) -> Option<Result<Self, LenientError>> {
        named(operator, &["SearchControl"]).then(|| {
            let fields = std::mem::take(body).flat(Place::INFO);
            Ok(Self {
                filter: lenient::read(&fields)?,
                page: lenient::read(&fields)?,
            })
        })
    }

    fn body(&self) -> Body {
        let mut fields = written(&self.filter);
        fields.extend(written(&self.page));
        Body::placed(self.operator(), fields, Place::INFO)
    }

    fn check(&self) -> Result<(), FieldError> {
        self.filter.check()?;
        optional_within("BeginNO", self.page.begin, 0..=i64::from(u32::MAX))?;
        optional_within("RequestCount", self.page.count, 0..=PAGE)?;
        optional_within("Picture", self.page.pictures, 0..=3)
    }
}

/// One control record.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ControlRecord {
    /// What happened.
    pub event: ControlEvent,
    /// The person, as the device held them.
    pub person: PersonInfo,
}

/// What a control record says beside the person.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ControlEvent {
    /// When, as text: it enters the duplicate key as it came.
    #[serde(rename = "Time")]
    pub time: String,
    /// How somebody identified.
    #[serde(
        rename = "VerfyType",
        alias = "VerifyType",
        skip_serializing_if = "Option::is_none"
    )]
    pub verify_type: Option<VerifyType>,
    /// How it ended.
    #[serde(rename = "VerifyStatus")]
    pub status: VerifyStatus,
    /// Similarity, 0 to 100.
    #[serde(rename = "Similarity", skip_serializing_if = "Option::is_none")]
    pub similarity: Option<f64>,
    /// Body temperature, °C.
    #[serde(rename = "Temperature", skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// 1 over the threshold.
    #[serde(rename = "TemperatureAlarm", skip_serializing_if = "Option::is_none")]
    pub temperature_alarm: Option<i64>,
    /// 1: the platform opened the door.
    #[serde(rename = "RemoteOpenDoor", skip_serializing_if = "Option::is_none")]
    pub is_remote: Option<i64>,
    /// The enrolled photo.
    #[serde(rename = "RegPicinfo", skip_serializing_if = "Option::is_none")]
    pub registered: Option<Base64Text>,
    /// The picture taken.
    #[serde(rename = "SnapPicinfo", skip_serializing_if = "Option::is_none")]
    pub capture: Option<Base64Text>,
}

impl ControlRecord {
    pub(in crate::facegate) fn read(entry: &Value) -> Result<Self, LenientError> {
        Ok(Self {
            event: lenient::salvage(entry)?,
            person: PersonInfo::salvage(entry)?,
        })
    }

    /// The fields as a device tells them: what it does not know is blank.
    fn told(&self) -> Map<String, Value> {
        const BLANKS: [&str; 7] = [
            "IdCard",
            "Birthday",
            "Telnum",
            "Native",
            "Address",
            "PersonUUID",
            "CustomizeID",
        ];
        let mut fields = self.fields();
        fill_in(&mut fields, &BLANKS);
        fields
    }

    /// The fields that say something.
    #[must_use]
    pub fn fields(&self) -> Map<String, Value> {
        let mut fields = self.person.fields();
        fields.extend(written(&self.event));
        fields
    }
}

/// The answer to [`SearchControl`]; nothing past the end (QUIRKS A76).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ControlRecords {
    /// The records.
    pub records: Vec<ControlRecord>,
    /// They are one person's: what they share stands once, beside the list (QUIRKS A40).
    pub of_one_person: bool,
}

const LIST: &str = "SearchInfo";

impl Answer for ControlRecords {
    fn read(body: Body) -> Result<Self, LenientError> {
        let info = body.info.as_ref().and_then(Value::as_object);
        let list = body.get(LIST).and_then(Value::as_array);
        let shared: Map<String, Value> = info
            .into_iter()
            .flatten()
            .filter(|(key, _)| ![LIST, "TotalNum", "DeviceID", "Result"].contains(&key.trim()))
            .map(|(key, value)| (key.trim().to_owned(), value.clone()))
            .collect();
        let records = list.into_iter().flatten().enumerate().map(|(at, entry)| {
            let mut fields = shared.clone();
            for (key, value) in entry.as_object().into_iter().flatten() {
                fields.insert(key.trim().to_owned(), value.clone());
            }
            ControlRecord::read(&Value::Object(fields)).map_err(|error| LenientError {
                path: format!("{LIST}[{at}].{}", error.path),
                problem: error.problem,
            })
        });
        Ok(Self {
            records: records.collect::<Result<_, _>>()?,
            of_one_person: !shared.is_empty(),
        })
    }

    fn body(&self, device: &DeviceId) -> Body {
        let mut entries: Vec<Map<String, Value>> = self.records.iter().map(ControlRecord::told).collect();
        let mut info = Map::new();
        if self.of_one_person {
            info = shared(&entries);
            for entry in &mut entries {
                entry.retain(|key, _| !info.contains_key(key));
            }
        }
        info.insert("TotalNum".to_owned(), self.records.len().into());
        info.insert(
            LIST.to_owned(),
            entries.into_iter().map(Value::Object).collect::<Value>(),
        );
        let mut body = Body::placed("", info, Place::INFO);
        body.put_device_id(device, false);
        body
    }

    fn nothing() -> Option<Self> {
        Some(Self::default())
    }
}

/// What all entries have in common, times and pictures apart.
fn shared(entries: &[Map<String, Value>]) -> Map<String, Value> {
    const OWN: [&str; 3] = ["Time", "SnapPicinfo", "RegPicinfo"];
    let mut shared = entries.first().cloned().unwrap_or_default();
    shared.retain(|key, value| {
        let in_all = entries.iter().all(|entry| find(entry, key) == Some(value));
        in_all && !OWN.contains(&key.as_str())
    });
    shared
}

answers! {
    ControlCount: Place::INFO, device;
}
