//! Chapter 4.5.10: the groups of configuration, read with `get_configs` and set with `config_system`.

use super::check::FieldError;
use super::frame::Version;
use super::operation::{Done, Operation};
use crate::fields::{self, Field, Kind, Spelling};
use crate::lenient::{self, LenientError};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};
use std::fmt;

/// Groups that one message may name.
const GROUPS_AT_ONCE: usize = 64;
/// Prefixes of identity numbers that a device refuses.
const PREFIXES: usize = 100;

macro_rules! groups {
    ($($(#[$doc:meta])* $variant:ident $name:literal $writable:literal [$($field:expr),* $(,)?])*) => {
        /// A group of configuration.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum ConfigGroup {
            $($(#[$doc])* $variant,)*
        }

        impl ConfigGroup {
            /// Every group of the document, in its order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Their wire names, in the same order.
            pub const NAMES: &'static [&'static str] = &[$($name),*];

            /// The wire name.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Whether a platform may set it.
            #[must_use]
            pub fn is_writable(self) -> bool {
                match self { $(Self::$variant => $writable,)* }
            }

            /// Its fields.
            #[must_use]
            pub fn fields(self) -> &'static [Field] {
                match self { $(Self::$variant => const { &[$($field),*] },)* }
            }
        }
    };
}

const fn number(name: &'static str, first: i64, last: i64) -> Field {
    Field::new(name, Kind::Integer(first, last))
}

const fn one_of(name: &'static str, numbers: &'static [i64]) -> Field {
    Field::new(name, Kind::OneOf(numbers))
}

const fn text(name: &'static str, bytes: usize) -> Field {
    Field::new(name, Kind::Text(bytes))
}

const fn switch(name: &'static str) -> Field {
    Field::new(name, Kind::Switch)
}

const fn bit(name: &'static str) -> Field {
    Field::new(name, Kind::Bit)
}

groups! {
    /// 4.5.10.1: what the device is.
    Version "version" false [
        text("devType", 32).read_only(), text("appVer", 64).read_only(), text("sysVer", 64).read_only(),
        text("license", 64).read_only(),
    ]
    /// 4.5.10.2: its network cards.
    NetInfo "netinfo" false [Field::new("item", Kind::Opaque).read_only()]
    /// 4.5.10.3: its clock. `timezone` is the offset from UTC in hours plus 12.
    Time "time" true [
        number("timezone", 0, 24), text("currenttime", 32), number("time_control", 0, 2), text("ntpServer", 32),
        number("ntpPort", 0, 65_535),
    ]
    /// 4.5.10.4: the light.
    Light "ledctl" true [number("mode", 0, 2), one_of("closeScreen", &[0, 1, 2, 5, 10])]
    /// 4.5.10.5: the serial port. 4 in the enumeration of `putOutType` is the 10 of its range (QUIRKS T21).
    Serial "serial" true [
        number("baudrate", 0, 7), number("databit", 5, 8), number("stopbit", 0, 2), number("checktype", 0, 4),
        Field::new("putOutType", Kind::Renumbered(&[1, 2, 3, 10], (4, 10))),
    ]
    /// 4.5.10.6: the volume.
    Audio "audioctl" true [number("level", 0, 15)]
    /// 4.5.10.7: the Wiegand port.
    Wiegand "weigand" true [
        number("type", 0, 1), number("InputType", 1, 3), one_of("putOutType", &[0, 1, 2, 10]),
    ]
    /// 4.5.10.8: recognition.
    Face "vaparam" true [
        number("SimilarThres", 0, 100), number("DetThres", 0, 100), number("LiveThres", 0, 100),
        number("LiveSwitch", 0, 2), number("Distance", 0, 5), switch("safetyhatDecect").or(&["safetyhatDelect"]),
    ]
    /// 4.5.10.9: the lock's output, milliseconds.
    Switch "switchCtrl" true [
        switch("switchOutput"), number("switchOutMode", 0, 1), number("outputInterval", 0, 10_000),
        number("outputDelay", 0, 5_000),
    ]
    /// 4.5.10.10: what it says.
    VoiceTips "VoiceTips" true [number("SuccessTips", 1, 8), number("FailTips", 0, 2)]
    /// 4.5.10.11: its name.
    ProductName "ProductNameSet" true [text("UIName", 100)]
    /// 4.5.10.12: how one identifies. Of the tips, 0 is on and 1 is off (QUIRKS T23).
    OpenDoorMode "OpenDoorModeSet" true [
        number("OpenDoor", 0, 6), number("CardVerify", 0, 2), bit("SwipeCardTip"), bit("SwipeFaceTip"),
        number("IdCardVerify", 0, 2), bit("SwipeIdCardTip"),
    ]
    /// 4.5.10.15: strangers.
    Stranger "StrangerParam" true [switch("strangerIdentifyEn"), switch("strangerOpenDoorEn")]
    /// 4.5.10.16: records pushed over HTTP.
    HttpPush "HttpPush" true [
        switch("httpPushEnable"), text("httpServerAddr", 64), text("httpServerAddrStandby", 64),
        number("httpServerPort", 0, 65_535), number("timeout", 0, 1_000), number("charcode", 0, 0),
        number("heartbeat_interval", 0, 65_535), number("private_protocol", 0, 65_535), switch("sslenable"),
        number("sslport", 0, 65_535), text("appid", 127), text("appSecret", 127).secret(),
        text("AuthSn", 32).secret(),
    ]
    /// 4.5.10.17: the scheduled reboot. `week` 0 is daily, 1 Sunday, 7 Saturday.
    Reboot "system_reboot" true [
        switch("auto_reboot"), Field::new("time", Kind::TimeOfDay), number("week", 0, 7), number("log_level", 0, 2),
    ]
    /// 4.5.10.18: whether records bring the picture.
    VerifyReport "VerifyRetRspSet" true [switch("SnapshotPic")]
    /// 4.5.10.19: beginnings of identity numbers that are refused.
    ForbiddenIdCards "ForbidIdCardSet" true [Field::new("NumPrefix", Kind::Texts(12, PREFIXES))]
}

impl ConfigGroup {
    /// The group of this name, whatever the case and blanks (QUIRKS T18).
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        let name = name.trim();
        Self::ALL
            .iter()
            .copied()
            .find(|group| group.name().eq_ignore_ascii_case(name))
    }

    /// A change of some of its fields as it is to be written.
    ///
    /// # Errors
    /// The first field that is read-only or outside its range, named with the group.
    pub fn change(self, changes: &Map<String, Value>) -> Result<Map<String, Value>, FieldError> {
        if !self.is_writable() {
            return Err(FieldError::new(self.name(), "read-only", "a change"));
        }
        fields::change(self.fields(), changes, Spelling::Json).map_err(|error| FieldError {
            field: format!("{}.{}", self.name(), error.field),
            ..error
        })
    }

    /// `RspMsg` of an answer to `get_configs` for this group alone (QUIRKS T9).
    #[must_use]
    pub fn get_reply(self) -> String {
        match self {
            Self::HttpPush => "get_configs".to_owned(),
            other => format!("get_{}", other.name()),
        }
    }

    /// `RspMsg` of an answer to `config_system` for this group (QUIRKS T9).
    #[must_use]
    pub fn set_reply(self) -> String {
        match self {
            Self::Audio => "set_level".to_owned(),
            Self::OpenDoorMode | Self::VerifyReport | Self::ForbiddenIdCards => {
                format!("config_{}", self.name())
            }
            other => format!("set_{}", other.name()),
        }
    }
}

/// One group's values.
#[derive(Clone, PartialEq, Default)]
pub struct ConfigValues {
    /// The group's wire name, known or not.
    pub group: String,
    /// Its fields by wire name.
    pub values: Map<String, Value>,
}

impl fmt::Debug for ConfigValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Secrets stay out of logs.
        let table = ConfigGroup::of(&self.group).map_or(&[][..], ConfigGroup::fields);
        let mut map = f.debug_map();
        for (key, value) in &self.values {
            match fields::find(table, key) {
                Some(field) if field.secret => map.entry(key, &"…"),
                _ => map.entry(key, value),
            };
        }
        map.finish()
    }
}

impl ConfigValues {
    /// The values of a known group.
    #[must_use]
    pub fn new(group: ConfigGroup, values: Map<String, Value>) -> Self {
        Self {
            group: group.name().to_owned(),
            values,
        }
    }

    /// The group, where the document has it.
    #[must_use]
    pub fn known(&self) -> Option<ConfigGroup> {
        ConfigGroup::of(&self.group)
    }
}

/// `get_configs` (4.5.10), platform to device: the configuration of some groups.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetConfigs {
    /// The groups' wire names.
    #[serde(rename = "groupKey", deserialize_with = "one_or_many")]
    pub groups: Vec<String>,
}

impl GetConfigs {
    /// Asks for one group.
    #[must_use]
    pub fn one(group: ConfigGroup) -> Self {
        Self {
            groups: vec![group.name().to_owned()],
        }
    }
}

fn one_or_many<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    use serde::de::Error as _;
    let value = Value::deserialize(deserializer)?;
    let items = match value {
        Value::Array(items) => items,
        single => vec![single],
    };
    items
        .iter()
        .map(|item| lenient::read::<String>(item).map(|name| name.trim().to_owned()))
        .collect::<Result<_, _>>()
        .map_err(D::Error::custom)
}

impl Operation for GetConfigs {
    const NAME: &'static str = "get_configs";
    const SINCE: Version = Version::V2;
    type Answer = Configs;

    fn check(&self) -> Result<(), FieldError> {
        if self.groups.is_empty() || self.groups.len() > GROUPS_AT_ONCE {
            return Err(FieldError::new(
                "groupKey",
                format!("1 to {GROUPS_AT_ONCE} groups"),
                self.groups.len(),
            ));
        }
        Ok(())
    }

    fn read_answer(data: &Value) -> Result<Configs, LenientError> {
        Ok(Configs::read(data))
    }
}

/// The answer to [`GetConfigs`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Configs(pub Vec<ConfigValues>);

impl Configs {
    /// The values of a group.
    #[must_use]
    pub fn group(&self, group: ConfigGroup) -> Option<&Map<String, Value>> {
        self.0
            .iter()
            .find(|values| values.known() == Some(group))
            .map(|values| &values.values)
    }

    /// Reads whatever a device answers: an array of groups, one group alone, cards beside their array (QUIRKS T25).
    #[must_use]
    pub fn read(data: &Value) -> Self {
        let items = match data {
            Value::Array(items) => items.iter().filter_map(Value::as_object).collect(),
            Value::Object(object) => vec![object],
            _ => Vec::new(),
        };
        let groups = items.into_iter().filter_map(|item| {
            let name = item
                .iter()
                .find(|(key, _)| key.trim().eq_ignore_ascii_case("groupKey"))?
                .1;
            let name = match name {
                Value::Array(names) => names.first()?.as_str()?,
                other => other.as_str()?,
            };
            let values: Map<String, Value> = item
                .iter()
                .filter(|(key, _)| !key.trim().eq_ignore_ascii_case("groupKey"))
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect();
            Some(match ConfigGroup::of(name) {
                Some(group) => {
                    ConfigValues::new(group, fields::reading(group.fields(), &values, Spelling::Json))
                }
                None => ConfigValues {
                    group: name.trim().to_owned(),
                    values,
                },
            })
        });
        Self(groups.collect())
    }
}

impl Serialize for Configs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let groups = self.0.iter().map(|group| {
            let mut object = Map::new();
            object.insert("groupKey".to_owned(), Value::String(group.group.clone()));
            object.extend(group.values.clone());
            Value::Object(object)
        });
        serializer.collect_seq(groups)
    }
}

impl<'de> Deserialize<'de> for Configs {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(|value| Self::read(&value))
    }
}

/// A group with the fields to set, exact.
pub type GroupChange = (ConfigGroup, Map<String, Value>);

/// `config_system` (4.5.10), platform to device: sets some fields of one or several groups; each field on its own.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ConfigSystem {
    /// The groups with the fields to set, as they came.
    pub groups: Vec<ConfigValues>,
}

impl ConfigSystem {
    /// Sets some fields of one group.
    ///
    /// # Errors
    /// The first field that is read-only or outside its range.
    pub fn one(group: ConfigGroup, changes: &Map<String, Value>) -> Result<Self, FieldError> {
        Ok(Self {
            groups: vec![ConfigValues::new(group, group.change(changes)?)],
        })
    }

    /// The changes of the known groups, exact.
    ///
    /// # Errors
    /// The first field that is read-only or outside its range.
    pub fn exact(&self) -> Result<Vec<GroupChange>, FieldError> {
        self.groups
            .iter()
            .filter_map(|values| Some((values.known()?, values)))
            .map(|(group, values)| Ok((group, group.change(&values.values)?)))
            .collect()
    }
}

impl Serialize for ConfigSystem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.groups.iter().map(|group| (&group.group, &group.values)))
    }
}

impl<'de> Deserialize<'de> for ConfigSystem {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;
        let Value::Object(object) = Value::deserialize(deserializer)? else {
            return Err(D::Error::custom("an object of groups"));
        };
        let mut groups: Vec<ConfigValues> = Vec::new();
        for (key, value) in object {
            let group = key.trim().to_owned();
            if group == "groupKey" {
                continue;
            }
            let Value::Object(values) = value else {
                return Err(D::Error::custom(format!("{group}: an object")));
            };
            // A group that comes twice: the last wins.
            groups.retain(|other| other.group != group);
            groups.push(ConfigValues { group, values });
        }
        Ok(Self { groups })
    }
}

impl Operation for ConfigSystem {
    const NAME: &'static str = "config_system";
    const SINCE: Version = Version::V2;
    type Answer = Done;

    fn check(&self) -> Result<(), FieldError> {
        if self.groups.is_empty() || self.groups.len() > GROUPS_AT_ONCE {
            return Err(FieldError::new(
                "data",
                format!("1 to {GROUPS_AT_ONCE} groups"),
                self.groups.len(),
            ));
        }
        self.exact().map(|_| ())
    }
}
