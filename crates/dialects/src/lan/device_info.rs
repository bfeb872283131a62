//! 3.2 and 3.3: the settings of a device.

use super::control::bare;
use super::operation::Operation;
use crate::fields::{self, Field, FieldError, Kind, Spelling};
use crate::http::Method;
use crate::lenient::{self, LenientError};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

/// The longest wait and opening, seconds; the document names none.
pub const LONGEST_SECONDS: f64 = 3600.0;
/// Characters of a prompt and of the device's name; the document names none.
pub const TEXT_CHARACTERS: usize = 256;

/// The name is written as `deviceName` and told as `name` (QUIRKS L7).
const NAME_WRITTEN: &str = "deviceName";
const NAME_TOLD: &str = "name";

/// Every setting of the document: those of 3.2 may be set, the others are only told.
pub const FIELDS: &[Field] = &[
    // Whether a picture of a face passes for one: 0 looks for life, 1 does not (QUIRKS X8).
    Field::new("cameraDetectType", Kind::OneOf(&[0, 1])),
    Field::new("faceFeaturePairNumber", Kind::Decimal(0.0, 1.0)),
    Field::new(
        "faceFeaturePairSuccessOrFailWaitTime",
        Kind::Decimal(0.0, LONGEST_SECONDS),
    ),
    // 0 face, 1 identity card, 2 job number, 3 face and identity card, 4 face and job number.
    Field::new("openDoorType", Kind::Integer(0, 4)),
    Field::new("openDoorContinueTime", Kind::Decimal(0.0, LONGEST_SECONDS)),
    // 0 relay, 26 and 34 bits of Wiegand.
    Field::new("doorType", Kind::OneOf(&[0, 26, 34])),
    Field::new("idCardFaceFeaturePairNumber", Kind::Decimal(0.0, 1.0)),
    // `@` stands for the name.
    Field::new("appWelcomeMsg", Kind::Characters(TEXT_CHARACTERS)),
    Field::new("deviceSoundSize", Kind::Integer(0, 100)),
    Field::new("deviceDefendTime", Kind::HourMinute),
    Field::new(NAME_WRITTEN, Kind::Characters(TEXT_CHARACTERS)).or(&[NAME_TOLD]),
    Field::new("appFailMsg", Kind::Characters(TEXT_CHARACTERS)),
    // 3.3 alone
    Field::new("APKVersion", Kind::Characters(TEXT_CHARACTERS)).read_only(),
    Field::new("sn", Kind::Characters(TEXT_CHARACTERS)).read_only(),
    Field::new("version", Kind::Characters(TEXT_CHARACTERS)).read_only(),
];

/// Settings by the names of 3.2. What is outside its range or unknown to the document stays as it came.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeviceInfo(pub Map<String, Value>);

impl DeviceInfo {
    /// A change of some settings as it is to be written.
    ///
    /// # Errors
    /// The first field that is unknown, read-only or outside its range.
    pub fn change(changes: &Map<String, Value>) -> Result<Self, FieldError> {
        if let Some(unknown) = fields::unknown(FIELDS, changes) {
            return Err(FieldError::new(
                unknown,
                "not a setting of this dialect",
                "a change",
            ));
        }
        fields::change(FIELDS, changes, Spelling::Json).map(Self)
    }

    /// A setting as a number.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<f64> {
        lenient::read(self.0.get(name)?).ok()
    }

    /// A setting as a text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<String> {
        lenient::read(self.0.get(name)?).ok()
    }

    /// What the device calls itself on the wire (`sn`).
    #[must_use]
    pub fn serial(&self) -> Option<String> {
        self.text("sn").filter(|serial| !serial.trim().is_empty())
    }
}

/// As told by 3.3.
impl Serialize for DeviceInfo {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let told = self.0.iter().map(|(name, value)| match name.as_str() {
            NAME_WRITTEN => (NAME_TOLD, value),
            name => (name, value),
        });
        serializer.collect_map(told)
    }
}

impl<'de> Deserialize<'de> for DeviceInfo {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let told = Map::deserialize(deserializer)?;
        Ok(Self(fields::reading(FIELDS, &told, Spelling::Json)))
    }
}

bare! {
    /// `getDeviceInfo` (3.3).
    GetDeviceInfo = "getDeviceInfo", "3.3", [Get] -> DeviceInfo;
}

/// `setDeviceInfo` (3.2): sets what is named.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SetDeviceInfo(pub DeviceInfo);

impl SetDeviceInfo {
    /// The settings, exact: names, types and ranges of the document.
    ///
    /// # Errors
    /// The first field that is read-only or outside its range.
    pub fn exact(&self) -> Result<DeviceInfo, FieldError> {
        fields::change(FIELDS, &self.0.0, Spelling::Json).map(DeviceInfo)
    }
}

impl Operation for SetDeviceInfo {
    const NAME: &'static str = "setDeviceInfo";
    const SECTION: &'static str = "3.2";
    const METHODS: &'static [Method] = &[Method::Post];
    type Answer = ();

    fn read(parameters: &Value) -> Result<Self, LenientError> {
        let mut settings = Map::new();
        for (name, value) in parameters.as_object().into_iter().flatten() {
            let Some(field) = fields::find(FIELDS, name) else {
                continue;
            };
            if is_number(field.kind) && lenient::read::<f64>(value).is_err() {
                return Err(LenientError {
                    path: field.name.to_owned(),
                    problem: format!("{} is expected", field.kind),
                });
            }
            let exact = field.exact(value, Spelling::Json);
            settings.insert(field.name.to_owned(), exact.unwrap_or_else(|_| value.clone()));
        }
        Ok(Self(DeviceInfo(settings)))
    }

    fn parameters(&self) -> Map<String, Value> {
        self.0.0.clone()
    }

    fn check(&self) -> Result<(), FieldError> {
        self.exact().map(|_| ())
    }
}

fn is_number(kind: Kind) -> bool {
    matches!(kind, Kind::Integer(..) | Kind::OneOf(_) | Kind::Decimal(..))
}
