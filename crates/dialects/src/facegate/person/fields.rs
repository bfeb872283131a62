//! 3.10: the fields of a person, shared by all operations on people and by records.

use super::{
    ADDRESS_BYTES, NAME_BYTES, NOTES_BYTES, PICTURE_BYTES, RF_CARD_BYTES, ROOM_BYTES, SHORT_BYTES, URI_BYTES,
    UUID_BYTES, Validity,
};
use crate::facegate::card_number::CardNumber;
use crate::facegate::check::{one_of, optional_within};
use crate::facegate::operation::written;
use crate::facegate::time::{day, wall_time};
use crate::fields::FieldError;
use crate::lenient::{self, Base64Text, LenientError};
use crate::limits::{optional, within};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// `ChannelAuthority0`, `ChannelAuthority1` …: rights of single channels (servers).
const CHANNEL: &str = "ChannelAuthority";
/// Channels of a server (`Channel`, 3.22: 0 to 8).
const CHANNELS: u32 = 9;

/// What a device tells of a person whether it knows it or not.
const BLANKS: [&str; 10] = [
    "IdCard",
    "Birthday",
    "Telnum",
    "Native",
    "Address",
    "Notes",
    "PersonUUID",
    "CustomizeID",
    "ValidBegin",
    "ValidEnd",
];

/// Adds the fields that are not there, saying nothing.
pub(in crate::facegate) fn fill_in(fields: &mut Map<String, Value>, keys: &[&str]) {
    for key in keys {
        let blank = match *key {
            "CustomizeID" => Value::from(-2),
            "ValidBegin" | "ValidEnd" => "1970-01-01T08:00:00".into(),
            _ => " ".into(),
        };
        fields.entry(*key).or_insert(blank);
    }
}

/// A person (3.10). Whatever is absent is unknown, or stays as it is in an `EditPerson`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PersonInfo {
    /// The device's own number, never used twice.
    #[serde(rename = "LibID", skip_serializing_if = "Option::is_none")]
    pub lib_id: Option<i64>,
    /// The platform's number, above 0; a negative one is none (QUIRKS A32).
    #[serde(rename = "CustomizeID", skip_serializing_if = "Option::is_none")]
    pub customize_id: Option<i64>,
    /// The platform's text.
    #[serde(rename = "PersonUUID", skip_serializing_if = "Option::is_none")]
    pub uuid: Option<String>,
    /// 0 may pass, 1 is blocked, 2 to 11 kinds of people of a server (3.17).
    #[serde(rename = "PersonType", skip_serializing_if = "Option::is_none")]
    pub person_type: Option<i64>,
    /// The name.
    #[serde(rename = "Name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// 0 male, 1 female; in a record 2 other.
    #[serde(rename = "Gender", skip_serializing_if = "Option::is_none")]
    pub gender: Option<i64>,
    /// The people, by number (D.1).
    #[serde(rename = "Nation", skip_serializing_if = "Option::is_none")]
    pub nation: Option<i64>,
    /// 0 identity card.
    #[serde(rename = "CardType", skip_serializing_if = "Option::is_none")]
    pub card_type: Option<i64>,
    /// Identity number.
    #[serde(rename = "IdCard", skip_serializing_if = "Option::is_none")]
    pub id_card: Option<String>,
    /// Day of birth, `YYYY-MM-DD`.
    #[serde(rename = "Birthday", skip_serializing_if = "Option::is_none")]
    pub birthday: Option<String>,
    /// Telephone number.
    #[serde(rename = "Telnum", skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Native place.
    #[serde(rename = "Native", skip_serializing_if = "Option::is_none")]
    pub native_place: Option<String>,
    /// Address.
    #[serde(rename = "Address", skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Notes.
    #[serde(rename = "Notes", skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// The Wiegand number is 0 the public one, 1 made by the device, 2 given here, 3 none.
    #[serde(rename = "MjCardFrom", skip_serializing_if = "Option::is_none")]
    pub card_from: Option<i64>,
    /// 0: 26 bits, 1: 34 bits, 6: 8 + 16 bits, 7: 8 + 24 bits.
    #[serde(rename = "WiegandType", skip_serializing_if = "Option::is_none")]
    pub wiegand_type: Option<i64>,
    /// Facility code, with `WiegandType` 6 and 7.
    #[serde(rename = "WGFacilityCode", skip_serializing_if = "Option::is_none")]
    pub facility: Option<CardNumber>,
    /// Wiegand number.
    #[serde(rename = "MjCardNo", skip_serializing_if = "Option::is_none")]
    pub card_number: Option<CardNumber>,
    /// The two above are 0 decimal, 1 hexadecimal.
    #[serde(rename = "CardMode", skip_serializing_if = "Option::is_none")]
    pub card_mode: Option<i64>,
    /// `RFIDCard` is 0 decimal, 1 hexadecimal (the default).
    #[serde(rename = "RFCardMode", skip_serializing_if = "Option::is_none")]
    pub rf_card_mode: Option<i64>,
    /// Number of a card of the built-in reader.
    #[serde(rename = "RFIDCard", skip_serializing_if = "Option::is_none")]
    pub rf_card: Option<String>,
    /// When the person may pass: see [`Validity`].
    #[serde(rename = "Tempvalid", skip_serializing_if = "Option::is_none")]
    pub validity: Option<i64>,
    /// The beginning, `YYYY-MM-DDThh:mm:ss`.
    #[serde(rename = "ValidBegin", skip_serializing_if = "Option::is_none")]
    pub valid_begin: Option<String>,
    /// The end.
    #[serde(rename = "ValidEnd", skip_serializing_if = "Option::is_none")]
    pub valid_end: Option<String>,
    /// How many passes, 1 to 2^32-1.
    #[serde(rename = "EffectNumber", skip_serializing_if = "Option::is_none")]
    pub passes: Option<i64>,
    /// 1: a picture that resembles somebody's is refused.
    #[serde(rename = "isCheckSimilarity", skip_serializing_if = "Option::is_none")]
    pub check_similarity: Option<i64>,
    /// The chip's number of an identity card (door stations).
    #[serde(rename = "IdCardId", skip_serializing_if = "Option::is_none")]
    pub id_card_chip: Option<String>,
    /// Access card (12-inch door stations).
    #[serde(rename = "AccessId", skip_serializing_if = "Option::is_none")]
    pub access_card: Option<String>,
    /// The warden's card (door stations).
    #[serde(rename = "WardenId", skip_serializing_if = "Option::is_none")]
    pub warden_card: Option<String>,
    /// Room (door stations).
    #[serde(rename = "RoomNum", skip_serializing_if = "Option::is_none")]
    pub room: Option<String>,
    /// The photo; where both are given it counts.
    #[serde(rename = "picinfo", skip_serializing_if = "Option::is_none")]
    pub picture: Option<Base64Text>,
    /// The photo's address, http or https; the scheme may be missing (QUIRKS A36).
    #[serde(rename = "picURI", skip_serializing_if = "Option::is_none")]
    pub picture_uri: Option<String>,
    /// `ChannelAuthorityX`: whether channel X is open to the person (servers).
    #[serde(skip)]
    pub channels: BTreeMap<u32, bool>,
}

impl PersonInfo {
    /// Reads the fields out of one object.
    ///
    /// # Errors
    /// [`LenientError`] says which field is malformed.
    pub fn read(fields: &Value) -> Result<Self, LenientError> {
        let mut person: Self = lenient::read(fields)?;
        person.channels = channels(members(fields)).collect::<Result<_, _>>()?;
        Ok(person)
    }

    /// Reads the fields of a person whom a device tells of: what cannot be read, or means nothing, is not there.
    ///
    /// # Errors
    /// [`LenientError`] where there is no object.
    pub fn salvage(fields: &Value) -> Result<Self, LenientError> {
        let mut person: Self = lenient::salvage(fields)?;
        person.channels = channels(members(fields)).flatten().collect();
        Ok(person.normalised())
    }

    /// The fields as they stand on the wire.
    #[must_use]
    pub fn fields(&self) -> Map<String, Value> {
        let mut fields = written(self);
        for (channel, is_open) in &self.channels {
            fields.insert(format!("{CHANNEL}{channel}"), u8::from(*is_open).into());
        }
        fields
    }

    /// The kind of validity; 0 where nothing is said.
    #[must_use]
    pub fn validity(&self) -> Validity {
        Validity::from(self.validity.unwrap_or_default())
    }

    /// Whether there is a photo, or an address of one.
    #[must_use]
    pub fn has_picture(&self) -> bool {
        self.picture.as_ref().is_some_and(|picture| !picture.is_blank()) || self.picture_uri.is_some()
    }

    /// The photo's address with a scheme.
    #[must_use]
    pub fn picture_url(&self) -> Option<String> {
        let uri = self.picture_uri.as_deref()?.trim();
        let lower = uri.to_ascii_lowercase();
        let is_whole = lower.starts_with("http://") || lower.starts_with("https://");
        Some(if is_whole {
            uri.to_owned()
        } else {
            format!("http://{uri}")
        })
    }

    /// The same without what means nothing: numbers below 0 and times of 1970 (QUIRKS A32, A50).
    #[must_use]
    pub fn normalised(mut self) -> Self {
        self.customize_id = self.customize_id.filter(|id| *id >= 0);
        self.valid_begin = self.valid_begin.filter(|text| wall_time(text).is_some());
        self.valid_end = self.valid_end.filter(|text| wall_time(text).is_some());
        self
    }

    /// The fields as a device tells them: what it does not know is blank, −2 or 1970, as in the document's example.
    #[must_use]
    pub(crate) fn told(&self) -> Map<String, Value> {
        let mut fields = self.fields();
        fill_in(&mut fields, &BLANKS);
        fields
    }

    /// Whether every field is within the document's limits.
    ///
    /// # Errors
    /// The first field that is not.
    pub fn check(&self) -> Result<(), FieldError> {
        self.check_texts()?;
        self.check_numbers()?;
        self.check_wiegand()?;
        self.check_validity()
    }

    fn check_texts(&self) -> Result<(), FieldError> {
        for (field, text, bytes) in [
            ("PersonUUID", &self.uuid, UUID_BYTES),
            ("Name", &self.name, NAME_BYTES),
            ("IdCard", &self.id_card, SHORT_BYTES),
            ("Telnum", &self.phone, SHORT_BYTES),
            ("Native", &self.native_place, SHORT_BYTES),
            ("Address", &self.address, ADDRESS_BYTES),
            ("Notes", &self.notes, NOTES_BYTES),
            ("RFIDCard", &self.rf_card, RF_CARD_BYTES),
            ("IdCardId", &self.id_card_chip, SHORT_BYTES),
            ("AccessId", &self.access_card, ROOM_BYTES),
            ("WardenId", &self.warden_card, SHORT_BYTES),
            ("RoomNum", &self.room, ROOM_BYTES),
            ("picURI", &self.picture_uri, URI_BYTES),
        ] {
            optional(field, text.as_deref(), bytes)?;
        }
        match self.birthday.as_deref() {
            Some(text) if day(text).is_none() => {
                return Err(FieldError::new("Birthday", "YYYY-MM-DD", text));
            }
            _ => {}
        }
        let most = PICTURE_BYTES.div_ceil(3) * 4;
        let length = self.picture.as_ref().map_or(0, |picture| picture.as_text().len());
        if length > most + "data:image/jpeg;base64,".len() {
            return Err(FieldError::new(
                "picinfo",
                format!("a picture of at most {PICTURE_BYTES} bytes"),
                format!("{length} characters"),
            ));
        }
        Ok(())
    }

    fn check_numbers(&self) -> Result<(), FieldError> {
        for (field, number, range) in [
            ("CustomizeID", self.customize_id, 1..=i64::from(u32::MAX)),
            ("LibID", self.lib_id, 1..=i64::from(u32::MAX)),
            ("PersonType", self.person_type, 0..=11),
            ("Gender", self.gender, 0..=1),
            ("Nation", self.nation, 1..=57),
            ("CardType", self.card_type, 0..=0),
            ("MjCardFrom", self.card_from, 0..=3),
            ("CardMode", self.card_mode, 0..=1),
            ("RFCardMode", self.rf_card_mode, 0..=1),
            ("Tempvalid", self.validity, 0..=3),
            ("EffectNumber", self.passes, 1..=i64::from(u32::MAX)),
            ("isCheckSimilarity", self.check_similarity, 0..=1),
        ] {
            optional_within(field, number, range)?;
        }
        self.wiegand_type
            .map_or(Ok(()), |kind| one_of("WiegandType", kind, &[0, 1, 6, 7]))
    }

    /// A number given by hand must be there and fit its bits (3.10.5).
    fn check_wiegand(&self) -> Result<(), FieldError> {
        const BY_HAND: i64 = 2;
        if self.card_from != Some(BY_HAND) {
            return Ok(());
        }
        let is_hex = self.card_mode == Some(1);
        let (apart, most) = match self.wiegand_type.unwrap_or(1) {
            0 => (false, 0xFF_FFFF),
            6 => (true, 0xFFFF),
            7 => (true, 0xFF_FFFF),
            _ => (false, i64::from(u32::MAX)),
        };
        let number = |field: &str, digits: Option<&CardNumber>, most: i64| {
            let digits = digits.ok_or_else(|| FieldError::new(field, "is needed", "nothing"))?;
            let number = digits
                .number(is_hex)
                .and_then(|number| i64::try_from(number).ok())
                .ok_or_else(|| FieldError::new(field, "digits as CardMode says", digits))?;
            within(field, number, 0..=most)
        };
        if apart {
            number("WGFacilityCode", self.facility.as_ref(), 0xFF)?;
        }
        number("MjCardNo", self.card_number.as_ref(), most)
    }

    fn check_validity(&self) -> Result<(), FieldError> {
        if matches!(self.validity(), Validity::Window | Validity::Daily) {
            for (field, text) in [("ValidBegin", &self.valid_begin), ("ValidEnd", &self.valid_end)] {
                let text = text.as_deref().unwrap_or_default();
                if wall_time(text).is_none() {
                    return Err(FieldError::new(field, "YYYY-MM-DDThh:mm:ss", text));
                }
            }
        }
        if self.validity() == Validity::Count && self.passes.is_none() {
            return Err(FieldError::new("EffectNumber", "is needed", "nothing"));
        }
        Ok(())
    }
}

/// The channels that are shut to somebody, of whom a device kept these fields.
#[must_use]
pub fn shut_channels(fields: &Map<String, Value>) -> Vec<u8> {
    let rights = channels(fields).flatten();
    let shut = rights.filter(|(_, is_open)| !is_open);
    shut.filter_map(|(channel, _)| u8::try_from(channel).ok())
        .collect()
}

fn members(fields: &Value) -> impl Iterator<Item = (&String, &Value)> {
    fields.as_object().into_iter().flatten()
}

/// The rights of channels among the fields.
fn channels<'a>(
    fields: impl IntoIterator<Item = (&'a String, &'a Value)>,
) -> impl Iterator<Item = Result<(u32, bool), LenientError>> {
    fields.into_iter().filter_map(|(key, value)| {
        let key = key.trim();
        let prefix = key.get(..CHANNEL.len())?;
        let channel: u32 = key.get(CHANNEL.len()..)?.parse().ok()?;
        let is_channel = prefix.eq_ignore_ascii_case(CHANNEL) && channel < CHANNELS;
        is_channel.then(|| Ok((channel, lenient::read(value)?)))
    })
}
