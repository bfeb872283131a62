//! 3.1.3, 3.1.4, 3.3, 3.8, 3.20, 3.21, 3.24, 3.29: what a device is told to do.

use super::body::Place;
use super::operation::{Done, answers, operations};
use super::time::{wall_time, write_blank};
use crate::fields::FieldError;
use crate::limits::{filled, optional, within};
use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Bytes of the name of a sound (3.1.4).
pub const AUDIO_NAME_BYTES: usize = 64;
/// Bytes of a user and of a password: 64 with the terminator (3.3).
pub const USER_BYTES: usize = 63;
/// Bytes of a text for the screen (3.20); the document names no limit, an acknowledgement has this one.
pub const MESSAGE_BYTES: usize = 63;
/// Bytes of a version's name and of an address (3.29); the document names no limit.
pub const URL_BYTES: usize = 1024;
/// Doors of a server (3.20).
pub const DOORS: i64 = 9;
/// Passwords of one call (3.21); the document names no limit.
pub const PASSWORDS: usize = 100;

/// Declares requests without a field.
macro_rules! bare {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
        pub struct $name {}

    )*};
}

bare! {
    /// `GetAudio` (3.1.3): which sounds the device has.
    GetAudio;
    /// `GetAccessTempPwd` (3.21.1): the password of this hour (door stations).
    GetAccessTempPwd;
    /// `ClearAccessPwd` (3.21.4): forget all passwords (door stations).
    ClearAccessPwd;
}

/// The answer to [`GetAudio`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AudioFiles {
    /// How many.
    #[serde(rename = "AudioNum")]
    pub count: i64,
    /// Their names.
    #[serde(rename = "AudioName")]
    pub names: Vec<String>,
}

/// `SetAudio` (3.1.4): play a sound, WAV of 16 kHz, 16 bits, one channel.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SetAudio {
    /// 0 one of the device's, 1 one of the owner's.
    #[serde(rename = "AudioType")]
    pub kind: i64,
    /// Its name.
    #[serde(rename = "AudioName", default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl SetAudio {
    fn check_limits(&self) -> Result<(), FieldError> {
        within("AudioType", self.kind, 0..=1)?;
        optional("AudioName", self.name.as_deref(), AUDIO_NAME_BYTES)
    }
}

/// `SetUserPwd` (3.3): the user and the password of every call from now on.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SetUserPwd {
    /// The user.
    #[serde(rename = "User")]
    pub user: String,
    /// The password.
    #[serde(rename = "Pwd")]
    pub password: String,
}

impl fmt::Debug for SetUserPwd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SetUserPwd({:?}, …)", self.user)
    }
}

impl SetUserPwd {
    fn check_limits(&self) -> Result<(), FieldError> {
        filled("User", &self.user, USER_BYTES)?;
        // Basic authentication ends the user at the first colon.
        if self.user.contains(':') {
            return Err(FieldError::new("User", "a name without a colon", &self.user));
        }
        filled("Pwd", &self.password, USER_BYTES)
    }
}

/// Declares the parts of a factory reset.
macro_rules! parts {
    ($($(#[$doc:meta])* $field:ident = $name:literal,)*) => {
        /// `SetFactoryDefault` (3.8): resets parts of the device, for good.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
        #[serde(default)]
        pub struct SetFactoryDefault {
            $($(#[$doc])* #[serde(rename = $name, with = "super::bit")] pub $field: bool,)*
        }
    };
}

parts! {
    /// The conditions of the door (3.2).
    door = "DefaltDoorSet",
    /// The sounds (3.1).
    sound = "DefaltSoundSet",
    /// The network (3.4).
    network = "DefaltNetPar",
    /// The centre (3.7).
    centre = "DefaltCenterPar",
    /// Pictures of strangers and control records.
    captures = "DefaltCapture",
    /// The log.
    log = "DefaltLog",
    /// People and control records.
    people = "DefaltPerson",
    /// Control records.
    records = "DefaltRecord",
    /// When the device reboots by itself (3.23).
    maintenance = "DefaltMaintainTime",
    /// The system's settings (3.30).
    system = "DefaltSystemSettings",
    /// Cameras (3.15, servers).
    cameras = "DefaltEnterIPC",
    /// A server's settings (3.16).
    server = "DefaltServerBasicPara",
    /// Kinds of people (3.17, servers).
    kinds = "DefaltWorktype",
}

impl SetFactoryDefault {
    /// Forgets all records and nothing else.
    #[must_use]
    pub fn records() -> Self {
        Self {
            captures: true,
            records: true,
            ..Self::default()
        }
    }
}

/// `OpenDoor` (3.20): opens the door, shows a text, or both (QUIRKS A11). Without effect on the door with `OpendoorWay` 0.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct OpenDoor {
    /// Which door (servers).
    #[serde(rename = "Chn", skip_serializing_if = "Option::is_none")]
    pub door: Option<i64>,
    /// Above 0 opens; absent opens, too, as the old form did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<i64>,
    /// What the screen is to show.
    #[serde(rename = "msg", skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

impl OpenDoor {
    /// Opens the door and shows a text.
    #[must_use]
    pub fn open(message: Option<&str>) -> Self {
        Self {
            door: None,
            status: Some(1),
            message: message.map(str::to_owned),
        }
    }

    /// Shows a text and leaves the door alone.
    #[must_use]
    pub fn show(message: &str) -> Self {
        Self {
            door: None,
            status: Some(0),
            message: Some(message.to_owned()),
        }
    }

    /// Whether the door is to open.
    #[must_use]
    pub fn opens(&self) -> bool {
        self.status.is_none_or(|status| status > 0)
    }

    fn check_limits(&self) -> Result<(), FieldError> {
        super::check::optional_within("Chn", self.door, 0..=DOORS)?;
        optional("msg", self.message.as_deref(), MESSAGE_BYTES)
    }
}

/// `RebootDevice` (3.24).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RebootDevice {
    /// 0 does nothing; absent reboots.
    #[serde(
        rename = "IsRebootDevice",
        skip_serializing_if = "Option::is_none",
        with = "super::bit::optional"
    )]
    pub confirmed: Option<bool>,
}

impl RebootDevice {
    /// Reboots.
    pub const NOW: Self = Self {
        confirmed: Some(true),
    };

    /// Whether the device is to reboot.
    #[must_use]
    pub fn reboots(self) -> bool {
        self.confirmed.unwrap_or(true)
    }
}

/// `Upgrade` (3.29): fetches a program and installs it; then the device reboots.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Upgrade {
    /// The version's name.
    #[serde(rename = "Name", default)]
    pub name: String,
    /// Where it is: http or https, ending in `.swx`.
    #[serde(rename = "Path")]
    pub url: String,
}

impl Upgrade {
    fn check_limits(&self) -> Result<(), FieldError> {
        crate::limits::at_most("Name", &self.name, URL_BYTES)?;
        filled("Path", &self.url, URL_BYTES)?;
        let url = self.url.trim().to_ascii_lowercase();
        let is_http = url.starts_with("http://") || url.starts_with("https://");
        let path = url.split(['?', '#']).next().unwrap_or_default();
        if is_http && path.ends_with(".swx") {
            return Ok(());
        }
        Err(FieldError::new("Path", "http(s)://….swx", &self.url))
    }
}

/// The answer to [`GetAccessTempPwd`].
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TemporaryPassword {
    /// The password, six digits.
    #[serde(rename = "TempPwd")]
    pub password: String,
    /// When it holds, `YYYY-MM-DD hh:mm:ss ~ YYYY-MM-DD hh:mm:ss`.
    #[serde(rename = "ValidPeriod")]
    pub period: String,
}

impl TemporaryPassword {
    /// A password that holds from one second to another.
    #[must_use]
    pub fn new(password: String, first: DateTime, last: DateTime) -> Self {
        Self {
            password,
            period: format!("{} ~ {}", write_blank(first), write_blank(last)),
        }
    }

    /// The first and the last second at which it holds.
    #[must_use]
    pub fn validity(&self) -> Option<(DateTime, DateTime)> {
        let (first, last) = self.period.split_once('~')?;
        Some((wall_time(first)?, wall_time(last)?))
    }
}

impl fmt::Debug for TemporaryPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TemporaryPassword({})", self.period)
    }
}

/// `AddAccessPwd` (3.21.2): passwords that open the door (door stations).
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AddAccessPwd {
    /// The passwords, 4 to 8 digits each (QUIRKS A69).
    #[serde(rename = "AccessPwd")]
    pub passwords: Vec<String>,
}

/// `DelAccessPwd` (3.21.3): forget some of them.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DelAccessPwd {
    /// The passwords.
    #[serde(rename = "AccessPwd")]
    pub passwords: Vec<String>,
}

impl fmt::Debug for AddAccessPwd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AddAccessPwd({} passwords)", self.passwords.len())
    }
}

impl fmt::Debug for DelAccessPwd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DelAccessPwd({} passwords)", self.passwords.len())
    }
}

impl AddAccessPwd {
    fn check_limits(&self) -> Result<(), FieldError> {
        check_passwords(&self.passwords)
    }
}

impl DelAccessPwd {
    fn check_limits(&self) -> Result<(), FieldError> {
        check_passwords(&self.passwords)
    }
}

fn check_passwords(passwords: &[String]) -> Result<(), FieldError> {
    if passwords.is_empty() || passwords.len() > PASSWORDS {
        let limit = format!("1 to {PASSWORDS} passwords");
        return Err(FieldError::new("AccessPwd", limit, passwords.len()));
    }
    let is_password =
        |text: &String| (4..=8).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if passwords.iter().all(is_password) {
        return Ok(());
    }
    Err(FieldError::new("AccessPwd", "4 to 8 digits each", "another"))
}

operations! {
    GetAudio: "GetAudio" "3.1.3" Place::INFO => AudioFiles;
    SetAudio: "SetAudio" "3.1.4" Place::INFO => Done, checked;
    SetUserPwd: "SetUserPwd" "3.3" Place::INFO => Done, checked;
    SetFactoryDefault: "SetFactoryDefault" "3.8" Place::INFO => Done;
    OpenDoor: "OpenDoor" "3.20" Place::INFO => Done, checked;
    GetAccessTempPwd: "GetAccessTempPwd" ["GetTempPwd"] "3.21.1" Place::INFO => TemporaryPassword;
    AddAccessPwd: "AddAccessPwd" "3.21.2" Place::INFO => Done, checked;
    DelAccessPwd: "DelAccessPwd" "3.21.3" Place::INFO => Done, checked;
    ClearAccessPwd: "ClearAccessPwd" "3.21.4" Place::INFO => Done;
    RebootDevice: "RebootDevice" "3.24" Place::INFO => Done;
    Upgrade: "Upgrade" "3.29" Place::INFO => Done, checked;
}

answers! {
    AudioFiles: Place::INFO;
    TemporaryPassword: Place::INFO;
}
