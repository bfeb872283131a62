//! 3.4, 3.5, 3.14, 3.15, 3.18 to 3.21: the clock, the door, a restart, the program, pictures.

use super::operation::operation;
use crate::epoch::Epoch;
use crate::fields::FieldError;
use crate::lenient::Base64Text;
use crate::limits::{at_most, within};
use crate::numbered::numbered;
use serde::{Deserialize, Serialize};

/// How long a device waits between the answer to `reboot` and the restart, milliseconds (3.14).
pub const REBOOT_DELAY_MS: u64 = 3000;
/// Between two pictures of one call, milliseconds (3.20).
pub const PHOTO_INTERVAL_MS: u64 = 1000;
/// Pictures of one call (3.20).
pub const PHOTOS: i64 = 3;
/// Bytes of a prompt; the document names none.
pub const PROMPT_BYTES: usize = 1024;
/// Bytes of an address; the document names none.
pub const URL_BYTES: usize = 2048;

/// Operations that have no parameters but the key.
macro_rules! bare {
    ($($(#[$doc:meta])* $name:ident = $wire:literal, $section:literal, [$($method:ident),+] -> $answer:ty;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub struct $name;

        impl $crate::lan::operation::Operation for $name {
            const NAME: &'static str = $wire;
            const SECTION: &'static str = $section;
            const METHODS: &'static [$crate::http::Method] = &[$($crate::http::Method::$method),+];
            type Answer = $answer;

            fn read(_: &serde_json::Value) -> Result<Self, $crate::lenient::LenientError> {
                Ok(Self)
            }

            fn parameters(&self) -> serde_json::Map<String, serde_json::Value> {
                serde_json::Map::new()
            }
        }
    )*};
}
pub(super) use bare;

bare! {
    /// `getTime` (3.5): what the device's clock says.
    GetTime = "getTime", "3.5", [Get] -> DeviceTime;
    /// `reboot` (3.14), after [`REBOOT_DELAY_MS`].
    Reboot = "reboot", "3.14", [Post, Get] -> ();
    /// `open` (3.15): opens the gate once.
    Open = "open", "3.15", [Post, Get] -> ();
    /// `reset` (3.21): "not enabled", so it wipes nothing.
    Reset = "reset", "3.21", [Post] -> ();
}

/// `setTime` (3.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetTime {
    /// What the clock is to say.
    pub ts: Epoch,
}

impl SetTime {
    fn check_limits(&self) -> Result<(), FieldError> {
        instant("ts", self.ts)
    }
}

operation!(SetTime: "setTime", "3.4", [Post], ["ts"] -> ());

/// What `getTime` gives back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceTime {
    /// What the clock says.
    pub ts: Epoch,
}

/// An instant from 1970 on that can be written in seconds again.
pub(super) fn instant(field: &str, at: Epoch) -> Result<(), FieldError> {
    if at.as_millisecond() >= 0 && at <= Epoch::LATEST {
        return Ok(());
    }
    Err(FieldError::new(field, "a time from 1970 on", at))
}

/// `updateAPK` (3.18): fetches a program by GET and installs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateApk {
    /// Where.
    pub url: String,
}

impl UpdateApk {
    fn check_limits(&self) -> Result<(), FieldError> {
        address("url", &self.url)
    }
}

operation!(UpdateApk: "updateAPK", "3.18", [Post], ["url"] -> ());

/// An address that a device can call: http or https, a host, no blanks.
pub(super) fn address(field: &str, url: &str) -> Result<(), FieldError> {
    at_most(field, url, URL_BYTES)?;
    let url = url.trim();
    let rest = ["http://", "https://"].iter().find_map(|scheme| {
        let (start, rest) = url.split_at_checked(scheme.len())?;
        start.eq_ignore_ascii_case(scheme).then_some(rest)
    });
    let has_host = rest.is_some_and(|rest| {
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        !host.is_empty() && !host.starts_with(':')
    });
    if has_host && !url.contains(char::is_whitespace) {
        return Ok(());
    }
    Err(FieldError::new(field, "http://host…", url))
}

/// `check` (3.19): is a picture usable, and whose face is it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// The picture.
    pub photo: Base64Text,
}

impl Check {
    fn check_limits(&self) -> Result<(), FieldError> {
        picture(&self.photo)
    }
}

operation!(Check: "check", "3.19", [Post], ["photo"] -> Checked);

/// A picture that is Base64 and not empty; what the bytes are is the engine's to say.
pub(super) fn picture(photo: &Base64Text) -> Result<(), FieldError> {
    match photo.decode() {
        Ok(bytes) if !bytes.is_empty() => Ok(()),
        Ok(_) => Err(FieldError::new("photo", "a picture in Base64", "nothing")),
        Err(error) => Err(FieldError::new("photo", "a picture in Base64", error)),
    }
}

/// What `check` gives back. A device may also refuse the call with the status of the reason (QUIRKS L26).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checked {
    /// Whether the picture can be used.
    #[serde(rename = "isValid")]
    pub usability: Usability,
    /// Whether the device holds somebody with this face, by its threshold.
    #[serde(rename = "isExist", default)]
    pub exists: bool,
}

numbered! {
    /// Whether a picture can be used (3.19).
    Usability, else "照片不可用" {
        /// It can.
        Usable = 0 "照片可用",
        /// Its size is not taken.
        WrongSize = 1 "尺寸错误",
        /// It is no picture of a known format.
        WrongFormat = 2 "格式错误",
        /// It shows no face.
        NoFace = 3 "找不到人脸",
        /// Its face gives no template.
        NoFeatures = 4 "特征值提取失败",
    }
}

/// `photo` (3.20): takes one to three pictures, a second apart.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TakePhotos {
    /// What is said before.
    #[serde(rename = "tipsBefore", default, skip_serializing_if = "Option::is_none")]
    pub tips_before: Option<String>,
    /// What is said after.
    #[serde(rename = "tipsAfter", default, skip_serializing_if = "Option::is_none")]
    pub tips_after: Option<String>,
    /// How many, 1 to 3; one where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<i64>,
}

impl TakePhotos {
    fn check_limits(&self) -> Result<(), FieldError> {
        at_most(
            "tipsBefore",
            self.tips_before.as_deref().unwrap_or_default(),
            PROMPT_BYTES,
        )?;
        at_most(
            "tipsAfter",
            self.tips_after.as_deref().unwrap_or_default(),
            PROMPT_BYTES,
        )?;
        within("count", self.count.unwrap_or(1), 1..=PHOTOS)
    }
}

operation!(TakePhotos: "photo", "3.20", [Post], [] -> Photos);

/// What `photo` gives back.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Photos {
    /// The pictures.
    #[serde(default)]
    pub photos: Vec<Base64Text>,
}
