//! 2.1.3 to 2.1.5, 2.3.2, 2.3.3: what the device is told to do.

use super::{Found, Looked};
use crate::probe::compare::Difference;
use crate::probe::row::{Effect, Row, Step, row};
use dialects::lenient::{Base64Text, PictureFormat};
use dialects::mqtt::{CloudRequest, OnlineDeleteSnapRecord, OnlineGetPhoto, OnlineOpen, OnlineReboot};
use serde_json::Value;

/// `photoType` of any picture, with or without a face.
const ANY_PICTURE: i64 = 1;

/// In the order in which they are tried.
pub(super) const ROWS: &[Row<CloudRequest, Found>] = &[
    row(
        "onlineGetPhoto",
        "2.3.2",
        Effect::Restored,
        &[Step::looked_at(|_| Ok(photo().into()), is_jpeg)],
    ),
    row(
        "onlineOpen",
        "2.1.3",
        Effect::Destructive("opens the door"),
        &[Step::ask(|_| Ok(OnlineOpen::default().into()))],
    ),
    row(
        "onlineDeleteSnapRecord",
        "2.3.3",
        Effect::Destructive("deletes records"),
        &[Step::ask(|_| Ok(OnlineDeleteSnapRecord::default().into()))],
    ),
    row(
        "onlineUpdate",
        "2.1.4",
        Effect::Untried("installs a program, and none is at hand"),
        &[],
    ),
];

/// After everything else.
pub(super) const LAST: &[Row<CloudRequest, Found>] = &[row(
    "onlineReboot",
    "2.1.5",
    Effect::Destructive("restarts the device"),
    &[Step::ask(|_| Ok(OnlineReboot::default().into()))],
)];

fn photo() -> OnlineGetPhoto {
    OnlineGetPhoto {
        photo_type: ANY_PICTURE,
        ..OnlineGetPhoto::default()
    }
}

fn is_jpeg(_: &mut Found, answer: &Value) -> Looked {
    let text = answer.get("photo").and_then(Value::as_str).unwrap_or_default();
    match Base64Text::from_text(text).decode() {
        Ok(bytes) if PictureFormat::sniff(&bytes) == Some(PictureFormat::Jpeg) => Ok(()),
        Ok(_) => Err(Difference::new("photo", "is no JPEG")),
        Err(error) => Err(Difference::new("photo", error.to_string())),
    }
}
