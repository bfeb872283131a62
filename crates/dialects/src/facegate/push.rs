//! 3.12.3 to 3.12.8, 3.14: what a device pushes, and how it is acknowledged.
//!
//! The kind of a push is told by its `operator`, never by the path (QUIRKS A17). Whatever a device pushes is read as far
//! as it can be: a record with a strange field is still a record.

mod acknowledgement;
mod station;
mod verify;

pub use acknowledgement::{Acknowledgement, SHOWN_BYTES, heart_beat_answer};
pub(super) use station::printed_gender;
pub use station::{CardVerify, HeartBeat, IdCardInfoPush, PwdVerify, QrCodePush};
pub(super) use verify::BY_HAND;
pub use verify::{HealthCode, SnapPush, VerifyPush, VerifyResult, VerifyStatus, VerifyType};

use super::body::{Body, DeviceId, Place};
use super::operation::{named, written};
use crate::lenient::{self, BodyError, LenientError};
use crate::received::without;
use serde_json::{Map, Value};

/// Bytes of a picture that a device may push at least (3.25.4, QUIRKS A82).
pub const PICTURE_BYTES: usize = 3 * 1024 * 1024 / 2;

/// Keys of pictures in pushes, those of newer firmware included.
const PICTURES: [&str; 8] = [
    "SanpPic",
    "SnapPic",
    "RegisteredPic",
    "RegisteredPic2",
    "ScenePic",
    "IDCard_photo",
    "SnapPicinfo",
    "RegPicinfo",
];

/// A message without its pictures, as it is kept.
pub(super) fn without_pictures(message: &Value) -> Value {
    without(message, &PICTURES)
}

/// Why a push cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PushError {
    /// No JSON object.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// A field is missing or malformed.
    #[error(transparent)]
    Malformed(#[from] LenientError),
}

/// One kind of push.
pub trait PushMessage: Sized {
    /// The wire name.
    const OPERATOR: &'static str;
    /// The document's section.
    const SECTION: &'static str;

    /// Reads the fields leniently.
    ///
    /// # Errors
    /// [`LenientError`] says which field is missing or malformed.
    fn read(body: &mut Body) -> Result<Self, LenientError>;

    /// The message, without the number of the device.
    fn body(&self) -> Body;
}

/// Declares pushes that are plain structs.
macro_rules! plain_pushes {
    ($($type:ty: $name:literal $section:literal $place:expr;)*) => {$(
        impl $crate::facegate::push::PushMessage for $type {
            const OPERATOR: &'static str = $name;
            const SECTION: &'static str = $section;

            fn read(body: &mut $crate::facegate::body::Body) -> Result<Self, $crate::lenient::LenientError> {
                $crate::facegate::push::read_plain(body, $place)
            }

            fn body(&self) -> $crate::facegate::body::Body {
                let fields = $crate::facegate::push::plain_fields(self);
                $crate::facegate::body::Body::placed($name, fields, $place)
            }
        }
    )*};
}
use plain_pushes;

fn read_plain<T: serde::de::DeserializeOwned>(body: &mut Body, place: Place) -> Result<T, LenientError> {
    lenient::salvage(&std::mem::take(body).flat(place))
}

fn plain_fields<T: serde::Serialize>(value: &T) -> Map<String, Value> {
    written(value)
}

macro_rules! pushes {
    ($($variant:ident: $message:ty,)*) => {
        /// What a device pushes.
        #[derive(Debug, Clone, PartialEq)]
        #[allow(clippy::large_enum_variant, reason = "one value for each message, moved a few times")]
        pub enum Push {
            $(#[doc = concat!("`", stringify!($variant), "`, see there.")] $variant($message),)*
            /// One that is not known; it survives as it came.
            Unknown(Body),
        }

        impl Push {
            /// The wire names of all pushes.
            pub const ALL: &'static [&'static str] = &[$(<$message as PushMessage>::OPERATOR),*];

            fn read(mut body: Body) -> Result<Self, LenientError> {
                $(if named(&body.operator, &[<$message as PushMessage>::OPERATOR]) {
                    return <$message as PushMessage>::read(&mut body).map(Self::$variant);
                })*
                Ok(Self::Unknown(body))
            }

            /// The wire name.
            #[must_use]
            pub fn operator(&self) -> &str {
                match self {
                    $(Self::$variant(_) => <$message as PushMessage>::OPERATOR,)*
                    Self::Unknown(body) => &body.operator,
                }
            }

            fn body(&self) -> Body {
                match self {
                    $(Self::$variant(message) => message.body(),)*
                    Self::Unknown(body) => body.clone(),
                }
            }
        }

        $(impl From<$message> for Push {
            fn from(message: $message) -> Self {
                Self::$variant(message)
            }
        })*
    };
}

pushes! {
    Snap: SnapPush,
    Verify: VerifyPush,
    QrCode: QrCodePush,
    IdCardInfo: IdCardInfoPush,
    Card: CardVerify,
    Password: PwdVerify,
    HeartBeat: HeartBeat,
}

impl Push {
    /// The message's bytes.
    #[must_use]
    pub fn to_bytes(&self, device: &DeviceId) -> Vec<u8> {
        let mut body = self.body();
        body.put_device_id(device, false);
        body.to_bytes()
    }
}

/// A push as it arrived.
#[derive(Debug, Clone, PartialEq)]
pub struct ReceivedPush {
    /// The device that it says it is.
    pub device: Option<DeviceId>,
    /// What it says.
    pub push: Push,
    /// The message without its pictures.
    pub native: Value,
}

impl ReceivedPush {
    /// Reads a body.
    ///
    /// # Errors
    /// [`PushError`] says what is wrong and where. An unknown push is no error.
    pub fn parse(bytes: &[u8]) -> Result<Self, PushError> {
        let mut body = Body::parse(bytes)?;
        let native = without_pictures(&body.to_value());
        let device = body.take_device_id();
        Ok(Self {
            device,
            push: Push::read(body)?,
            native,
        })
    }
}
