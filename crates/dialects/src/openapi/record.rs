//! 8.3.1 and 8.3.2: records of recognitions.

use super::incoming::{Incoming, Refused};
use super::operation::{Operation, Outgoing, plain};
use super::page::{Filters, Page, Paging};
use super::time::Seconds;
use super::user::{User, UserType};
use crate::http::Method;
use crate::lenient::{self, Base64Text};
use crate::numbered::numbered;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::Value;

/// Records of a page where nothing else is asked for (8.3.2).
pub const USUAL_RECORDS: i64 = 20;
/// Records of a page at most.
pub const RECORDS_PER_PAGE: i64 = 1000;

numbered! {
    /// How somebody was recognised.
    InputType, else "未知" {
        /// By face.
        Face = 1 "刷脸",
        /// By QR code.
        Qr = 2 "二维码",
        /// By a card.
        Card = 3 "刷卡",
        /// By a UUID, which the document does not explain (QUIRKS O44).
        Uuid = 4 "UUID",
    }
}

/// A record (8.3.1): the person's fields, and those of the recognition.
#[derive(Debug, Clone, PartialEq)]
pub struct SignRecord {
    /// The person; of a stranger hardly anything.
    pub user: User,
    /// The recognition.
    pub sign: Sign,
}

/// What a record has beside the person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sign {
    /// The record's id.
    pub id: i64,
    /// The picture just taken.
    #[serde(rename = "signAvatar", default, skip_serializing_if = "Option::is_none")]
    pub capture: Option<Base64Text>,
    /// When.
    #[serde(rename = "signTime")]
    pub at: Seconds,
    /// What the person is, by the record (QUIRKS O23).
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<UserType>,
    /// How.
    #[serde(rename = "inputType", default, skip_serializing_if = "Option::is_none")]
    pub input: Option<InputType>,
    /// Similarity, 0 to 100.
    #[serde(
        default,
        serialize_with = "whole_number",
        skip_serializing_if = "Option::is_none"
    )]
    pub similarity: Option<f64>,
    /// Body temperature, °C.
    #[serde(
        default,
        deserialize_with = "super::temperature::read",
        skip_serializing_if = "Option::is_none"
    )]
    pub temperature: Option<f64>,
    /// 0 normal, −1 too low, 1 too high.
    #[serde(rename = "temperatureState", default, skip_serializing_if = "Option::is_none")]
    pub temperature_state: Option<i64>,
    /// Whether a mask was worn.
    #[serde(rename = "wearMask", default, skip_serializing_if = "Option::is_none")]
    pub mask: Option<bool>,
    /// Whether the missing mask was an alarm.
    #[serde(rename = "wearMaskAlarm", default, skip_serializing_if = "Option::is_none")]
    pub mask_alarm: Option<bool>,
    /// The device, as it marks itself.
    #[serde(rename = "deviceMark", default, skip_serializing_if = "Option::is_none")]
    pub device_mark: Option<String>,
}

#[allow(clippy::ref_option, reason = "as serde gives it")]
pub(super) fn whole_number<S: Serializer>(number: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    #[allow(clippy::cast_possible_truncation, reason = "rounded, and saturating")]
    match number {
        Some(number) => serializer.serialize_i64(number.round() as i64),
        None => serializer.serialize_none(),
    }
}

impl Serialize for SignRecord {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = self.user.fields();
        fields.extend(plain(&self.sign));
        fields.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for SignRecord {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let sign = lenient::salvage(&value).map_err(de::Error::custom)?;
        let user = lenient::salvage(&value).map_err(de::Error::custom)?;
        Ok(Self { user, sign })
    }
}

/// Lists records (8.3.2), the newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListRecords {
    /// Of people of this type; 0 and none are all.
    pub kind: Option<i64>,
    /// Of this person; `0` and none are all.
    pub user_id: Option<String>,
    /// From here on; today where neither this nor `end` is given (QUIRKS O24).
    pub start: Option<Seconds>,
    /// Until here, included.
    pub end: Option<Seconds>,
    /// Of people of this name.
    pub name: Option<String>,
    /// Which page.
    pub paging: Paging,
}

impl ListRecords {
    /// A page of what happened between two times, both included, as many as a page may have.
    #[must_use]
    pub fn between(start: Seconds, end: Seconds, page: i64) -> Self {
        Self {
            kind: None,
            user_id: None,
            start: Some(start),
            end: Some(end),
            name: None,
            paging: Paging {
                page,
                size: RECORDS_PER_PAGE,
            },
        }
    }

    /// Whether a record is asked for, its time apart.
    #[must_use]
    pub fn takes(&self, record: &SignRecord) -> bool {
        let kind = record.sign.kind.or(record.user.kind);
        let of_kind = self
            .kind
            .filter(|kind| *kind != 0)
            .is_none_or(|asked| kind.is_some_and(|kind| kind.number() == asked));
        let of_user = self
            .user_id
            .as_deref()
            .filter(|id| *id != "0")
            .is_none_or(|id| id == record.user.id);
        of_kind && of_user && self.name.as_deref().is_none_or(|name| name == record.user.name)
    }
}

impl Operation for ListRecords {
    const NAME: &'static str = "/api/record";
    const SECTION: &'static str = "8.3.2";
    const METHOD: Method = Method::Get;
    type Answer = Page<SignRecord>;

    fn read(incoming: &Incoming, _: Option<&str>) -> Result<Self, Refused> {
        let filters = Filters(incoming);
        Ok(Self {
            kind: filters.one_of("type", &[0, 1, 2, 3, -1])?,
            user_id: filters.text("userId")?,
            start: filters.seconds("startTime")?,
            end: filters.seconds("endTime")?,
            name: filters.text("username")?,
            paging: filters.paging(USUAL_RECORDS, RECORDS_PER_PAGE)?,
        })
    }

    fn outgoing(&self) -> Outgoing {
        let number = |number: Option<i64>| number.map(|number| number.to_string());
        let texts = [
            ("type", number(self.kind)),
            ("userId", self.user_id.clone()),
            ("startTime", number(self.start.map(Seconds::get))),
            ("endTime", number(self.end.map(Seconds::get))),
            ("username", self.name.clone()),
        ];
        let filters = texts.into_iter().filter_map(|(name, text)| Some((name, text?)));
        Outgoing {
            query: filters.chain(self.paging.query()).collect(),
            ..Outgoing::default()
        }
    }

    fn nothing_found() -> Option<Self::Answer> {
        Some(Page::empty())
    }
}
