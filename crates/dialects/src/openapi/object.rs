//! 8.1.1 to 8.1.6: the objects that hold what a device is and is told to be. Names are the vendor's, misspellings
//! included (QUIRKS O29).

use super::code::Code;
use super::incoming::Refused;
use crate::fields::{self, Field, FieldError, Kind, Spelling};
use crate::lenient;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};
use std::net::Ipv4Addr;

/// Characters of the texts of 8.1.1.
pub const TEXT_CHARACTERS: usize = 32;
/// Characters of a device's name in 8.1.6 (QUIRKS O30).
pub const PRODUCTION_NAME_CHARACTERS: usize = 16;
/// Characters of an address.
const ADDRESS_CHARACTERS: usize = 15;
/// The largest of numbers for which the document has no range.
const UNSTATED: i64 = 1_000_000_000;

const fn text(name: &'static str) -> Field {
    Field::new(name, Kind::Characters(TEXT_CHARACTERS))
}

const fn number(name: &'static str, first: i64, last: i64) -> Field {
    Field::new(name, Kind::Integer(first, last))
}

const fn unstated(name: &'static str) -> Field {
    number(name, 0, UNSTATED)
}

const fn bit(name: &'static str) -> Field {
    Field::new(name, Kind::Bit)
}

const fn address(name: &'static str) -> Field {
    Field::new(name, Kind::Characters(ADDRESS_CHARACTERS))
}

macro_rules! objects {
    ($($(#[$doc:meta])* $name:ident = $wire:literal, $section:literal, optional [$($optional:literal),*] { $($field:expr,)* })*) => {$(
        $(#[$doc])*
        ///
        /// Fields by their wire names. What a device says is kept as it came where it is out of its range or unknown.
        #[derive(Debug, Clone, PartialEq, Eq, Default)]
        pub struct $name(pub Map<String, Value>);

        impl $name {
            /// The document's name for it.
            pub const NAME: &'static str = $wire;
            /// The section of the document.
            pub const SECTION: &'static str = $section;
            /// Its fields.
            pub const FIELDS: &'static [Field] = &[$($field,)*];
            /// The fields that may be left out.
            pub const OPTIONAL: &'static [&'static str] = &[$($optional),*];

            /// A whole object: every field that the document demands, each within its range.
            ///
            /// # Errors
            /// [`Refused`] with code 30003 for a field that is missing, 30001 for one out of its range.
            pub fn whole(given: &Map<String, Value>) -> Result<Self, Refused> {
                whole(Self::FIELDS, Self::OPTIONAL, given).map(Self)
            }

            /// The object with some fields changed, exact.
            ///
            /// # Errors
            /// The first field that is unknown, read-only or outside its range.
            pub fn with(&self, changes: &Map<String, Value>) -> Result<Self, FieldError> {
                if let Some(unknown) = fields::unknown(Self::FIELDS, changes) {
                    return Err(FieldError::new(unknown, concat!("not a field of ", $wire), "a change"));
                }
                let mut changed = self.0.clone();
                changed.extend(fields::change(Self::FIELDS, changes, Spelling::Json)?);
                Ok(Self(changed))
            }

            /// A field as a number.
            #[must_use]
            pub fn number(&self, name: &str) -> Option<f64> {
                lenient::read(self.0.get(name)?).ok()
            }

            /// A field as a switch.
            #[must_use]
            pub fn is_on(&self, name: &str) -> Option<bool> {
                lenient::read(self.0.get(name)?).ok()
            }

            /// A field as a text.
            #[must_use]
            pub fn text(&self, name: &str) -> Option<String> {
                lenient::read(self.0.get(name)?).ok()
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.0.serialize(serializer)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let told = Map::deserialize(deserializer)?;
                Ok(Self(fields::reading(Self::FIELDS, &told, Spelling::Json)))
            }
        }
    )*};
}

/// Every field that is demanded, each within its range; unknown ones are left out.
fn whole(
    table: &[Field],
    optional: &[&str],
    given: &Map<String, Value>,
) -> Result<Map<String, Value>, Refused> {
    let invalid = |error: FieldError| Refused::new(Code::InvalidParameter, error.to_string());
    let present: Map<String, Value> = given
        .iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let is_given = |field: &&Field| {
        present
            .keys()
            .any(|key| fields::find(table, key).is_some_and(|found| found.name == field.name))
    };
    let missing = table
        .iter()
        .find(|field| !optional.contains(&field.name) && !is_given(field));
    if let Some(field) = missing {
        return Err(Refused::new(Code::MissingParameter, field.name));
    }
    fields::change(table, &present, Spelling::Json).map_err(invalid)
}

objects! {
    /// What a device is (8.1.1), told by it alone.
    Information = "DeviceObject", "8.1.1", optional [] {
        text("deviceID").read_only(),
        text("deviceName").read_only(),
        text("appVer").read_only(),
        text("webVer").read_only(),
        text("deviceMoel").read_only(),
    }

    /// Its network (8.1.2).
    Network = "NetworkObject", "8.1.2", optional [] {
        bit("dhcpEnable"),
        address("ipAddress"),
        address("subMask"),
        address("DNS1"),
        address("DNS2"),
        address("defRout"),
    }

    /// Its sound (8.1.3); no call has it.
    Audio = "AudioObject", "8.1.3", optional [] {
        bit("aencEnable"),
        // G726, G722, G711A, ADPCM, MP3, PCM, G711U, AACLC
        number("aencType", 1, 8),
        unstated("sampleRate"),
        unstated("aencbitrate"),
        bit("micLine"),
        number("volumeIn", 0, 15),
        number("volumeOut", 0, 15),
    }

    /// How it looks for faces (8.1.4).
    SmartFace = "SmartFaceObject", "8.1.4", optional [] {
        bit("faceEnable"),
        bit("faceCmpEnable"),
        number("faceThre", 0, 10),
        // Pixels.
        number("faceMinsize", 30, 300),
        number("faceMaxsize", 300, 500),
        // Seconds.
        number("faceInterval", 6, 20),
        // 0 the face, 1 the whole picture, 2 both.
        number("imgType", 0, 2),
        bit("maskDetecEnable"),
        bit("tempDetecEnable"),
        Field::new("tempWarnThre", Kind::Decimal(37.0, 37.5)),
        bit("ftpPutImgEnable"),
        bit("faceFrame"),
    }

    /// What is around it, the lock above all (8.1.5).
    Peripherals = "PerParaObject", "8.1.5", optional ["alarmType"] {
        unstated("detecTemMod"),
        bit("alarmType"),
        bit("voiceProswitch"),
        // What must be normal for the door to open: 0 and 1 are assumed (QUIRKS O31).
        bit("tempNormal"),
        bit("maskNormal"),
        bit("cmpNormal"),
        bit("RecordOpen"),
        // 0 normally open, 1 normally closed.
        bit("unlockControl"),
        // Seconds (assumed: QUIRKS O31).
        number("unlockOuttime", 1, 30),
    }

    /// How it was made (8.1.6), told by it alone; no call has it.
    Production = "ProductionObject", "8.1.6", optional ["devSerialUUID"] {
        unstated("deviceType").read_only(),
        text("devSerialUUID").read_only(),
        Field::new("deviceName", Kind::Characters(PRODUCTION_NAME_CHARACTERS)).read_only(),
        unstated("sensorType").read_only(),
        unstated("screenSizeType").read_only(),
        unstated("deviceCpuType").read_only(),
        bit("wifiFlage").read_only(),
        bit("wifiDefaultMode").read_only(),
        // An integer by the document (QUIRKS O30).
        Field::new("defaultIPAddr", Kind::Opaque).read_only(),
        bit("languageType").read_only(),
        bit("GB28181Flage").read_only(),
        bit("P2PType").read_only(),
    }
}

impl Network {
    /// Whether the addresses are some: the device's own and its mask unless they come by DHCP; the others may be blank.
    ///
    /// # Errors
    /// The first field that is no IPv4 address.
    pub fn check(&self) -> Result<(), FieldError> {
        let by_dhcp = self.is_on("dhcpEnable").unwrap_or_default();
        let own = |name: &str| !by_dhcp && ["ipAddress", "subMask"].contains(&name);
        for name in ["ipAddress", "subMask", "DNS1", "DNS2", "defRout"] {
            let text = self.text(name).unwrap_or_default();
            let text = text.trim();
            let fits = match text.is_empty() {
                true => !own(name),
                false => text.parse::<Ipv4Addr>().is_ok(),
            };
            if !fits {
                return Err(FieldError::new(name, "an IPv4 address", text));
            }
        }
        Ok(())
    }
}
