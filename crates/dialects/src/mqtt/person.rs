//! 2.2: the people that a device knows.

use super::code::ErrorCode;
use super::control::replies;
use super::message::{MSG_ID_BYTES, Message, Reply, at_most, filled, plain, plain_messages, within, written};
use super::time::{Day, DayPeriods, PERIODS};
use crate::fields::FieldError;
use crate::lenient::{self, Base64Text, LenientError};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// Bytes of a person's id, card number and name (2.2.1).
pub const SHORT_BYTES: usize = 32;
/// Bytes of a telephone number (2.2.1).
pub const PHONE_BYTES: usize = 16;
/// Characters of a greeting (2.2.1; the settings of 2.1.6 count characters).
pub const GREETING_CHARACTERS: usize = 30;
/// People that one message may bring; the document advises one.
const PEOPLE: usize = 100;

/// What is to be done with a person (2.2.1 `operateType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(from = "i64", into = "i64")]
pub enum Operate {
    /// 0: add.
    #[default]
    Add,
    /// 1: change.
    Change,
    /// 2: delete.
    Delete,
    /// 3: delete everybody.
    DeleteAll,
    /// A number that the document does not have.
    Other(i64),
}

impl From<i64> for Operate {
    fn from(number: i64) -> Self {
        match number {
            0 => Self::Add,
            1 => Self::Change,
            2 => Self::Delete,
            3 => Self::DeleteAll,
            other => Self::Other(other),
        }
    }
}

impl From<Operate> for i64 {
    fn from(operate: Operate) -> Self {
        match operate {
            Operate::Add => 0,
            Operate::Change => 1,
            Operate::Delete => 2,
            Operate::DeleteAll => 3,
            Operate::Other(number) => number,
        }
    }
}

/// A person (2.2.1, 2.2.2). Whatever is absent is unknown.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PersonInfo {
    /// What is to be done; only in `registerPersonInfo`.
    #[serde(rename = "operateType", skip_serializing_if = "Option::is_none")]
    pub operate: Option<Operate>,
    /// The person's id.
    #[serde(rename = "idNumber")]
    pub id: String,
    /// The number of an IC card.
    #[serde(rename = "normalNumber")]
    pub card: String,
    /// The name.
    pub name: String,
    /// 男 or 女.
    pub sex: String,
    /// Day of birth, `1997年4月3日`.
    pub birthday: String,
    /// Telephone number.
    pub phone: String,
    /// The validity begins on this day.
    #[serde(rename = "validDateStart", skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Day>,
    /// The validity ends with this day.
    #[serde(rename = "validDateEnd", skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Day>,
    /// 0 within the periods, 1 never (blocked), 2 always.
    pub priority: i64,
    /// The first photo.
    #[serde(rename = "registerPhoto1")]
    pub photo_1: Base64Text,
    /// Its id, six digits.
    #[serde(rename = "registerPhotoID1")]
    pub photo_id_1: String,
    /// The second photo.
    #[serde(rename = "registerPhoto2")]
    pub photo_2: Base64Text,
    /// Its id.
    #[serde(rename = "registerPhotoID2")]
    pub photo_id_2: String,
    /// The third photo.
    #[serde(rename = "registerPhoto3")]
    pub photo_3: Base64Text,
    /// Its id.
    #[serde(rename = "registerPhotoID3")]
    pub photo_id_3: String,
    /// What is spoken: 0 nothing of one's own, 1 name and own words, 2 name, 3 own words, 4 fixed words, 5 name and
    /// fixed words.
    #[serde(rename = "voiceSpecialMode")]
    pub voice_mode: i64,
    /// Whether the name is spoken with Mr or Ms.
    #[serde(rename = "voiceNameSexEnable")]
    pub voice_with_title: i64,
    /// Spoken before the name.
    #[serde(rename = "visitorVoiceTextBeforeName")]
    pub voice_before: String,
    /// Spoken after the name.
    #[serde(rename = "visitorVoiceText")]
    pub voice_after: String,
    /// What is shown, as in `voice_mode`.
    #[serde(rename = "displaySpecialMode")]
    pub display_mode: i64,
    /// Whether the name is shown with Mr or Ms.
    #[serde(rename = "displayNameSexEnable")]
    pub display_with_title: i64,
    /// Shown before the name; with a small d (QUIRKS M45).
    #[serde(rename = "visitordisplayTextBeforeName")]
    pub display_before: String,
    /// Shown after the name.
    #[serde(rename = "visitordisplayText")]
    pub display_after: String,
    /// Monday's periods; none is the whole day.
    #[serde(rename = "passTime1")]
    pub monday: DayPeriods,
    /// Tuesday.
    #[serde(rename = "passTime2")]
    pub tuesday: DayPeriods,
    /// Wednesday.
    #[serde(rename = "passTime3")]
    pub wednesday: DayPeriods,
    /// Thursday.
    #[serde(rename = "passTime4")]
    pub thursday: DayPeriods,
    /// Friday.
    #[serde(rename = "passTime5")]
    pub friday: DayPeriods,
    /// Saturday.
    #[serde(rename = "passTime6")]
    pub saturday: DayPeriods,
    /// Sunday.
    #[serde(rename = "passTime7")]
    pub sunday: DayPeriods,
}

impl PersonInfo {
    /// The photos that are there: which of the three, its id, and the picture.
    #[must_use]
    pub fn photos(&self) -> Vec<(usize, &str, &Base64Text)> {
        let all = [
            (1, self.photo_id_1.as_str(), &self.photo_1),
            (2, &self.photo_id_2, &self.photo_2),
            (3, &self.photo_id_3, &self.photo_3),
        ];
        all.into_iter()
            .filter(|(_, _, photo)| !photo.is_blank())
            .collect()
    }

    /// The week, Monday first.
    #[must_use]
    pub fn week(&self) -> [&DayPeriods; 7] {
        [
            &self.monday,
            &self.tuesday,
            &self.wednesday,
            &self.thursday,
            &self.friday,
            &self.saturday,
            &self.sunday,
        ]
    }

    /// Whether every field is within the document's limits; a deletion needs nothing but the id (QUIRKS M28).
    ///
    /// # Errors
    /// The first field that is not.
    pub fn check(&self) -> Result<(), FieldError> {
        match self.operate.unwrap_or_default() {
            Operate::DeleteAll => return Ok(()),
            Operate::Delete => return filled("idNumber", &self.id, SHORT_BYTES),
            Operate::Other(number) => return Err(FieldError::new("operateType", "0 to 3", number)),
            Operate::Add | Operate::Change => {}
        }
        filled("idNumber", &self.id, SHORT_BYTES)?;
        at_most("normalNumber", &self.card, SHORT_BYTES)?;
        filled("name", &self.name, SHORT_BYTES)?;
        at_most("sex", &self.sex, SHORT_BYTES)?;
        at_most("birthday", &self.birthday, SHORT_BYTES)?;
        at_most("phone", &self.phone, PHONE_BYTES)?;
        within("priority", self.priority, 0, 2)?;
        for (name, id) in [
            ("registerPhotoID1", &self.photo_id_1),
            ("registerPhotoID2", &self.photo_id_2),
            ("registerPhotoID3", &self.photo_id_3),
        ] {
            at_most(name, id, SHORT_BYTES)?;
        }
        within("voiceSpecialMode", self.voice_mode, 0, 5)?;
        within("voiceNameSexEnable", self.voice_with_title, 0, 1)?;
        within("displaySpecialMode", self.display_mode, 0, 5)?;
        within("displayNameSexEnable", self.display_with_title, 0, 1)?;
        for (name, greeting) in [
            ("visitorVoiceTextBeforeName", &self.voice_before),
            ("visitorVoiceText", &self.voice_after),
            ("visitordisplayTextBeforeName", &self.display_before),
            ("visitordisplayText", &self.display_after),
        ] {
            let count = greeting.chars().count();
            if count > GREETING_CHARACTERS {
                let limit = format!("at most {GREETING_CHARACTERS} characters");
                return Err(FieldError::new(name, limit, format!("{count} characters")));
            }
        }
        for (at, day) in self.week().into_iter().enumerate() {
            if day.periods.len() > PERIODS {
                let field = format!("passTime{}", at + 1);
                let limit = format!("at most {PERIODS} periods");
                return Err(FieldError::new(field, limit, day.periods.len()));
            }
        }
        Ok(())
    }
}

/// `registerPersonInfo` (2.2.1), cloud to device; one person a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisterPersonInfo {
    /// The message's id.
    pub msg_id: String,
    /// The device.
    pub device_no: String,
    /// The people; their number in the message is not believed (QUIRKS M27).
    pub people: Vec<PersonInfo>,
}

impl RegisterPersonInfo {
    /// One person.
    #[must_use]
    pub fn one(msg_id: &str, device_no: &str, person: PersonInfo) -> Self {
        Self {
            msg_id: msg_id.to_owned(),
            device_no: device_no.to_owned(),
            people: vec![person],
        }
    }
}

#[derive(Deserialize)]
struct RawPeople {
    #[serde(rename = "msgID", default)]
    msg_id: String,
    #[serde(rename = "deviceNo", default)]
    device_no: String,
    #[serde(rename = "personInfoData", default)]
    people: Value,
}

/// The fields that say something: a blank one is as good as none, also where a number is due.
fn without_blanks(fields: &Value) -> Cow<'_, Value> {
    let is_blank = |value: &Value| match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        _ => false,
    };
    match fields {
        Value::Object(all) if all.values().any(is_blank) => {
            let kept = all.iter().filter(|(_, value)| !is_blank(value));
            Cow::Owned(kept.map(|(key, value)| (key.clone(), value.clone())).collect())
        }
        other => Cow::Borrowed(other),
    }
}

impl Message for RegisterPersonInfo {
    const NAME: &'static str = "registerPersonInfo";

    fn read(message: &Value) -> Result<Self, LenientError> {
        let raw: RawPeople = plain(message)?;
        let opened = match raw.people {
            Value::String(text) => lenient::body(text.as_bytes()).map_err(|error| LenientError {
                path: "personInfoData".to_owned(),
                problem: error.to_string(),
            })?,
            other => other,
        };
        let items = match opened {
            Value::Array(items) => items,
            Value::Null => Vec::new(),
            single => vec![single],
        };
        let people = items.iter().enumerate().map(|(at, item)| {
            lenient::read::<PersonInfo>(&without_blanks(item)).map_err(|error| LenientError {
                path: format!("personInfoData[{at}].{}", error.path),
                problem: error.problem,
            })
        });
        Ok(Self {
            msg_id: raw.msg_id,
            device_no: raw.device_no,
            people: people.collect::<Result<_, _>>()?,
        })
    }

    fn fields(&self) -> Map<String, Value> {
        let people = self.people.iter().map(|person| Value::Object(written(person)));
        Map::from_iter([
            ("msgID".to_owned(), Value::from(self.msg_id.as_str())),
            ("deviceNo".to_owned(), Value::from(self.device_no.as_str())),
            ("personInfoCount".to_owned(), Value::from(self.people.len())),
            ("personInfoData".to_owned(), Value::Array(people.collect())),
        ])
    }

    fn check(&self) -> Result<(), FieldError> {
        filled("msgID", &self.msg_id, MSG_ID_BYTES)?;
        if self.people.is_empty() || self.people.len() > PEOPLE {
            return Err(FieldError::new(
                "personInfoData",
                format!("1 to {PEOPLE} people"),
                self.people.len(),
            ));
        }
        self.people.iter().try_for_each(PersonInfo::check)
    }
}

/// A request that says no more than its id.
macro_rules! bare {
    ($($(#[$doc:meta])* $name:ident = $message:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
        #[serde(default)]
        pub struct $name {
            /// The message's id.
            #[serde(rename = "msgID")]
            pub msg_id: String,
            /// The device; the document leaves it out (QUIRKS M18).
            #[serde(rename = "deviceNo", skip_serializing_if = "String::is_empty")]
            pub device_no: String,
        }

        impl $name {
            fn check_limits(&self) -> Result<(), $crate::fields::FieldError> {
                $crate::mqtt::message::filled("msgID", &self.msg_id, $crate::mqtt::message::MSG_ID_BYTES)
            }
        }

        $crate::mqtt::message::plain_messages! { $name: $message; }
    )*};
}
pub(super) use bare;

bare! {
    /// `onlineGetRegister` (2.2.2), cloud to device: everybody, one reply each.
    OnlineGetRegister = "onlineGetRegister";
    /// `onlineStopGetRegister` (2.2.3), cloud to device: no more replies.
    OnlineStopGetRegister = "onlineStopGetRegister";
    /// `onlineGetRegisterCount` (2.2.4), cloud to device.
    OnlineGetRegisterCount = "onlineGetRegisterCount";
}

/// `onlineGetRegisterByIndex` (2.2.5), cloud to device: one person by place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnlineGetRegisterByIndex {
    /// The message's id.
    #[serde(rename = "msgID", default)]
    pub msg_id: String,
    /// The device; the document leaves it out (QUIRKS M18).
    #[serde(rename = "deviceNo", default, skip_serializing_if = "String::is_empty")]
    pub device_no: String,
    /// The place, from 0.
    pub index: i64,
}

impl OnlineGetRegisterByIndex {
    fn check_limits(&self) -> Result<(), FieldError> {
        filled("msgID", &self.msg_id, MSG_ID_BYTES)?;
        within("index", self.index, 0, i64::from(u32::MAX))
    }
}

plain_messages! {
    OnlineGetRegisterByIndex: "onlineGetRegisterByIndex";
    GetRegisterAck: "onlineGetRegisterResp" ["onlineGetRegisterInfoResp"];
    OnlineGetRegisterCountResp: "onlineGetRegisterCountResp";
}

/// The cloud's acknowledgement of one streamed person (2.2.2 items 5 and 6): id and place must both match, or the person
/// comes again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetRegisterAck {
    /// The id that the device sent.
    #[serde(rename = "msgID", default)]
    pub msg_id: String,
    /// The device.
    #[serde(rename = "deviceNo", default)]
    pub device_no: String,
    /// How it went.
    #[serde(rename = "errorCode", alias = "code")]
    pub code: ErrorCode,
    /// The place.
    pub index: i64,
}

impl GetRegisterAck {
    fn check_limits(&self) -> Result<(), FieldError> {
        within("index", self.index, 0, i64::from(u32::MAX))
    }
}

replies! {
    /// `registerPersonInfoResp` (2.2.1).
    RegisterPersonInfoResp = "registerPersonInfoResp";
    /// `onlineStopGetRegisterResp` (2.2.3).
    OnlineStopGetRegisterResp = "onlineStopGetRegisterResp";
}

/// `onlineGetRegisterCountResp` (2.2.4), device to cloud.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnlineGetRegisterCountResp {
    /// The message answered.
    #[serde(rename = "msgID", default)]
    pub msg_id: String,
    /// The device.
    #[serde(rename = "deviceNo", default)]
    pub device_no: String,
    /// What the cloud gave at registration.
    #[serde(default)]
    pub token: String,
    /// How it went.
    #[serde(rename = "errorCode", alias = "code")]
    pub code: ErrorCode,
    /// In words.
    #[serde(default)]
    pub msg: String,
    /// How many people the device holds.
    #[serde(rename = "personNum", default)]
    pub people: u32,
}

impl OnlineGetRegisterCountResp {
    fn check_limits(&self) -> Result<(), FieldError> {
        at_most("msgID", &self.msg_id, MSG_ID_BYTES)
    }
}

/// One person of a device (2.2.2 items 3 and 4, 2.2.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonReply {
    /// How it went.
    pub reply: Reply,
    /// How many people the device holds; 0 with nobody is the end of an empty list (QUIRKS M40).
    pub people: Option<u32>,
    /// The person's place, from 0.
    pub index: Option<u32>,
    /// The person.
    pub person: Option<PersonInfo>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Place {
    #[serde(rename = "personNum", skip_serializing_if = "Option::is_none")]
    people: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<u32>,
}

impl PersonReply {
    fn read_from(message: &Value) -> Result<Self, LenientError> {
        let place: Place = plain(message)?;
        // One field that cannot be read must not keep everybody who follows from coming.
        let person: PersonInfo = lenient::salvage(message)?;
        Ok(Self {
            reply: plain(message)?,
            people: place.people,
            index: place.index,
            person: (!person.id.trim().is_empty()).then_some(person),
        })
    }

    fn to_fields(&self) -> Map<String, Value> {
        let mut fields = written(&self.reply);
        fields.extend(written(&Place {
            people: self.people,
            index: self.index,
        }));
        if let Some(person) = &self.person {
            fields.extend(written(person));
        }
        fields
    }
}

macro_rules! person_replies {
    ($($(#[$doc:meta])* $name:ident = $message:literal [$alias:literal];)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name(pub PersonReply);

        impl Message for $name {
            const NAME: &'static str = $message;
            const ALIASES: &'static [&'static str] = &[$alias];

            fn read(message: &Value) -> Result<Self, LenientError> {
                PersonReply::read_from(message).map(Self)
            }

            fn fields(&self) -> Map<String, Value> {
                self.0.to_fields()
            }
        }
    )*};
}

person_replies! {
    /// `onlineGetRegisterResp` (2.2.2), device to cloud; the example has another name (QUIRKS M1).
    OnlineGetRegisterResp = "onlineGetRegisterResp" ["onlineGetRegisterInfoResp"];
    /// `onlineGetRegisterByIndexResp` (2.2.5), device to cloud. The example has the name of the other one: whoever asked
    /// by place takes either (QUIRKS M2).
    OnlineGetRegisterByIndexResp = "onlineGetRegisterByIndexResp" ["onlineGetRegisterByIndexInfoResp"];
}
