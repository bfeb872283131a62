//! The settings: eighteen pairs of `Get…` and `Set…` (3.1 to 3.35), each a table of fields with their ranges.
//!
//! A `Set…` changes the fields that it names; some must always be named. What a device only tells is not set: a client
//! that sends back everything that it read loses nothing.

mod change;
mod door;
mod tables;

pub use change::SetSettings;
pub use door::OpenDoorWay;
pub use tables::VERIFY_MODES;

use super::body::{Body, DeviceId, Place};
use super::operation::{Answer, Operation, named};
use crate::fields::{self, Field, FieldError, Spelling};
use crate::lenient::LenientError;
use serde_json::{Map, Value};
use std::fmt;

macro_rules! groups {
    ($($(#[$doc:meta])* $variant:ident $name:literal $get:literal $set:literal $section:literal $fields:ident)*) => {
        /// A group of settings.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum SettingsGroup {
            $($(#[$doc])* $variant,)*
        }

        impl SettingsGroup {
            /// Every group, in the document's order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The wire names of all operators that read a group.
            pub const GETTERS: &'static [&'static str] = &[$($get),*];

            /// The wire names of all operators that write a group.
            pub const SETTERS: &'static [&'static str] = &[$($set),*];

            /// Its name: that of its operators without Get and Set.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The operator that reads it.
            #[must_use]
            pub fn getter(self) -> &'static str {
                match self { $(Self::$variant => $get,)* }
            }

            /// The operator that writes it.
            #[must_use]
            pub fn setter(self) -> &'static str {
                match self { $(Self::$variant => $set,)* }
            }

            /// The document's section.
            #[must_use]
            pub fn section(self) -> &'static str {
                match self { $(Self::$variant => $section,)* }
            }

            /// Its fields.
            #[must_use]
            pub fn fields(self) -> &'static [Field] {
                match self { $(Self::$variant => tables::$fields,)* }
            }
        }
    };
}

groups! {
    /// 3.1: what it says and shows.
    Sound "Sound" "GetSound" "SetSound" "3.1" SOUND
    /// 3.2: when the door opens.
    DoorCondition "DoorCondition" "GetDoorCondition" "SetDoorCondition" "3.2" DOOR_CONDITION
    /// 3.4: its network. A change is not answered (QUIRKS A38).
    NetParam "NetParam" "GetNetParam" "SetNetParam" "3.4" NET_PARAM
    /// 3.5: its wall clock.
    SysTime "SysTime" "GetSysTime" "SetSysTime" "3.5" SYS_TIME
    /// 3.6: where it has the time from, and its time zone.
    SysNtp "SysNTP" "GetSysNTP" "SetSysNTP" "3.6" SYS_NTP
    /// 3.7: the maker's platform.
    Centre "Center" "GetCenter" "SetCenter" "3.7" CENTRE
    /// 3.9: what it is.
    SysParam "SysParam" "GetSysParam" "SetSysParam" "3.9" SYS_PARAM
    /// 3.15: cameras (servers).
    EnterIpc "EnterIPC" "GetEnterIPC" "SetEnterIPC" "3.15" ENTER_IPC
    /// 3.16: a server's screen.
    ServerBasicPara "ServerBasicPara" "GetServerBasicPara" "SetServerBasicPara" "3.16" SERVER_BASIC_PARA
    /// 3.17: kinds of people (servers).
    WorkType "Worktype" "GetWorktype" "SetWorktype" "3.17" WORK_TYPE
    /// 3.23: what is often used. `ControlType` means another thing here than in 3.2 (QUIRKS A6).
    GeneralParam "GeneralParam" "GetGeneralParam" "SetGeneralParam" "3.23" GENERAL_PARAM
    /// 3.27: temperatures.
    Temperature "Temperature" "GetTemperature" "SetTemperature" "3.27" TEMPERATURE
    /// 3.28: whatever a platform wants to find again.
    HandShark "HandSharkData" "GetHandSharkData" "SetHandSharkData" "3.28" HAND_SHARK
    /// 3.30: the system.
    SysCfg "SysCfg" "GetSysCfg" "SetSysCfg" "3.30" SYS_CFG
    /// 3.31: pushes to a broker. `Direction` means another thing here than elsewhere (QUIRKS A7).
    Broker "MQTTParam" "GetMQTTParam" "SetMQTTParam" "3.31" BROKER
    /// 3.33: WiFi.
    NetWifi "NetWiFi" "GetNetWiFi" "SetNetWiFi" "3.33" NET_WIFI
    /// 3.34: where faces are looked for.
    FaceParam "FaceParam" "GetFaceParam" "SetFaceParam" "3.34" FACE_PARAM
    /// 3.35: a video stream.
    Rtsp "RTSPCfg" "GetRTSPCfg" "SetRTSPCfg" "3.35" RTSP
}

impl SettingsGroup {
    /// The group of this name, whatever the case and blanks.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|group| named(name, &[group.name()]))
    }

    /// A change of some fields as it is to be written.
    ///
    /// # Errors
    /// The first field that the group lacks, that is read-only, or outside its range, named with the group.
    pub fn change(self, changes: &Map<String, Value>) -> Result<Map<String, Value>, FieldError> {
        let exact = match fields::unknown(self.fields(), changes) {
            Some(unknown) => Err(FieldError::new(unknown, "not in this group", "a change")),
            None => fields::change(self.fields(), changes, Spelling::Json),
        };
        exact.map_err(|error| self.named(error))
    }

    fn named(self, error: FieldError) -> FieldError {
        FieldError {
            field: format!("{}.{}", self.name(), error.field),
            ..error
        }
    }

    /// Whether the number of the device stands beside `operator` in a change (QUIRKS A10).
    fn is_device_beside(self) -> bool {
        matches!(self, Self::GeneralParam | Self::Rtsp)
    }
}

/// Reads a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct GetSettings(pub SettingsGroup);

impl Operation for GetSettings {
    type Answer = SettingsValues;

    fn operator(&self) -> &'static str {
        self.0.getter()
    }

    fn section(&self) -> &'static str {
        self.0.section()
    }

    fn read(operator: &str, _: &mut Body) -> Option<Result<Self, LenientError>> {
        let mut groups = SettingsGroup::ALL.iter().copied();
        let group = groups.find(|group| named(operator, &[group.getter()]))?;
        Some(Ok(Self(group)))
    }

    fn body(&self) -> Body {
        Body::new(self.operator())
    }

    /// The device's operator is informative only.
    fn read_answer(&self, body: Body) -> Result<SettingsValues, LenientError> {
        Ok(SettingsValues::of(self.0, body))
    }
}

/// What a group holds.
#[derive(Clone, PartialEq)]
pub struct SettingsValues {
    /// The group.
    pub group: SettingsGroup,
    /// Its fields by wire name; what the document does not have is kept as it came.
    pub values: Map<String, Value>,
}

impl fmt::Debug for SettingsValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug(self.group, &self.values, f)
    }
}

/// Without secrets.
fn debug(group: SettingsGroup, values: &Map<String, Value>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut map = f.debug_map();
    for (key, value) in values {
        match fields::find(group.fields(), key) {
            Some(field) if field.secret => map.entry(key, &"…"),
            _ => map.entry(key, value),
        };
    }
    map.finish()
}

impl SettingsValues {
    fn of(group: SettingsGroup, mut body: Body) -> Self {
        if group != SettingsGroup::SysParam {
            body.take_device_id();
        }
        let flat = body.flat(Place::INFO);
        let mut values = flat.as_object().cloned().unwrap_or_default();
        values.retain(|key, _| !["code", "Result"].contains(&key.trim()));
        Self {
            group,
            values: fields::reading(group.fields(), &values, Spelling::Json),
        }
    }

    /// A whole number.
    #[must_use]
    pub fn number(&self, key: &str) -> Option<i64> {
        crate::lenient::read(self.values.get(key)?).ok()
    }

    /// A number with a fraction.
    #[must_use]
    pub fn decimal(&self, key: &str) -> Option<f64> {
        crate::lenient::read(self.values.get(key)?).ok()
    }

    /// A text.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<String> {
        crate::lenient::read(self.values.get(key)?).ok()
    }
}

impl Answer for SettingsValues {
    fn read(body: Body) -> Result<Self, LenientError> {
        let group = SettingsGroup::ALL
            .iter()
            .copied()
            .find(|group| named(&body.operator, &[group.getter()]));
        let group = group.ok_or_else(|| LenientError {
            path: "operator".to_owned(),
            problem: "names no group of settings".to_owned(),
        })?;
        Ok(Self::of(group, body))
    }

    fn body(&self, device: &DeviceId) -> Body {
        let mut body = Body::placed("", self.values.clone(), Place::INFO);
        match self.group {
            SettingsGroup::SysParam => body.put_device_id(device, false),
            SettingsGroup::GeneralParam => body.put_device_id(device, true),
            _ => {}
        }
        body
    }
}
