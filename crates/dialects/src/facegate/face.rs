//! 3.18, 3.25: the face services. Pictures stand beside `info`, features and results are the device's own engine's.

use super::body::{Body, DeviceId, Place};
use super::operation::{Answer, answers, operations, plain, written};
use super::person::PICTURE_BYTES;
use super::push;
use crate::fields::FieldError;
use crate::lenient::{Base64Text, LenientError, PictureFormat, trim_padding};
use crate::limits::within;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// People of one [`GetPictureSearch`]; the document names no limit.
pub const MATCHES: i64 = 100;

/// A picture or features of at most so many bytes, as Base64.
fn check_picture(field: &str, picture: &Base64Text, bytes: usize) -> Result<(), FieldError> {
    let most = bytes.div_ceil(3) * 4 + "data:image/jpeg;base64,".len();
    let length = picture.as_text().len();
    if picture.is_blank() {
        return Err(FieldError::new(field, "must not be empty", "nothing"));
    }
    if length > most {
        let limit = format!("at most {bytes} bytes as Base64");
        return Err(FieldError::new(field, limit, format!("{length} characters")));
    }
    Ok(())
}

/// `GetFaceSignature` (3.18.1): the features of a face.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct GetFaceSignature {
    /// The picture.
    #[serde(rename = "picinfo")]
    pub picture: Base64Text,
}

impl GetFaceSignature {
    fn check_limits(&self) -> Result<(), FieldError> {
        check_picture("picinfo", &self.picture, PICTURE_BYTES)
    }
}

/// The answer to [`GetFaceSignature`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaceSignature {
    /// The features.
    #[serde(rename = "FeatureData")]
    pub features: Base64Text,
    /// The length of that text.
    #[serde(rename = "FeatureLen", default)]
    pub length: i64,
    /// 0 male, 1 not certain, 2 female: unlike everywhere else (QUIRKS A15).
    #[serde(rename = "Gender", default, skip_serializing_if = "Option::is_none")]
    pub gender: Option<i64>,
    /// Years.
    #[serde(rename = "Age", default, skip_serializing_if = "Option::is_none")]
    pub age: Option<i64>,
}

/// `GetSignatureSimilarity` (3.18.2): compares the features of two faces.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct GetSignatureSimilarity {
    /// One face's features.
    #[serde(rename = "Signature1")]
    pub first: Base64Text,
    /// Another's.
    #[serde(rename = "Signature2")]
    pub second: Base64Text,
}

impl GetSignatureSimilarity {
    fn check_limits(&self) -> Result<(), FieldError> {
        check_picture("Signature1", &self.first, PICTURE_BYTES)?;
        check_picture("Signature2", &self.second, PICTURE_BYTES)
    }
}

/// The answer to [`GetSignatureSimilarity`] and [`GetPictureSimilarity`].
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Similarity {
    /// 0 to 100.
    #[serde(rename = "Similarity")]
    pub similarity: f64,
}

/// `GetImage` (3.18.3): a picture that [`GetPictureSearch`] named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct GetImage {
    /// 0 of a person, 1 of an identity card, 2 just taken.
    #[serde(rename = "Filetype")]
    pub kind: i64,
    /// Which file.
    #[serde(rename = "Fileindex")]
    pub index: i64,
    /// Where in it.
    #[serde(rename = "Filepos")]
    pub position: i64,
}

impl GetImage {
    fn check_limits(&self) -> Result<(), FieldError> {
        within("Filetype", self.kind, 0..=2)?;
        within("Fileindex", self.index, 0..=i64::from(u32::MAX))?;
        within("Filepos", self.position, 0..=i64::from(u32::MAX))
    }
}

/// The answer to [`GetImage`]; the document's example is a text without a key (QUIRKS A14).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Image {
    /// The picture.
    #[serde(rename = "FeatureData1", alias = "")]
    pub picture: Base64Text,
}

impl Answer for Image {
    fn read(mut body: Body) -> Result<Self, LenientError> {
        plain(&mut body, Place::INFO)
    }

    fn body(&self, _: &DeviceId) -> Body {
        Body::placed("", written(self), Place::INFO)
    }

    /// The bare text, too, where it is a picture (QUIRKS A14).
    fn of_text(text: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(trim_padding(text)).ok()?;
        let picture = Base64Text::from_text(text);
        let bytes = picture.decode().ok()?;
        PictureFormat::sniff(&bytes).map(|_| Self { picture })
    }
}

/// `GetPictureSimilarity` (3.25.1): compares the faces of two pictures.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct GetPictureSimilarity {
    /// One picture.
    #[serde(rename = "picinfo1")]
    pub first: Base64Text,
    /// Another.
    #[serde(rename = "picinfo2")]
    pub second: Base64Text,
}

impl GetPictureSimilarity {
    fn check_limits(&self) -> Result<(), FieldError> {
        check_picture("picinfo1", &self.first, PICTURE_BYTES)?;
        check_picture("picinfo2", &self.second, PICTURE_BYTES)
    }
}

/// `GetPictureSearch` (3.25.2): whose face it is.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct GetPictureSearch {
    /// From which similarity on, 0 to 100.
    #[serde(rename = "MaxSimilarity")]
    pub least: f64,
    /// How many people at most.
    #[serde(rename = "MaxNum")]
    pub most: i64,
    /// The picture.
    #[serde(rename = "picinfo")]
    pub picture: Base64Text,
}

impl GetPictureSearch {
    fn check_limits(&self) -> Result<(), FieldError> {
        if !(0.0..=100.0).contains(&self.least) {
            return Err(FieldError::new("MaxSimilarity", "0 to 100", self.least));
        }
        within("MaxNum", self.most, 1..=MATCHES)?;
        check_picture("picinfo", &self.picture, PICTURE_BYTES)
    }
}

/// A person found by a picture; everything has another name here (QUIRKS A42).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Match {
    /// `LibID` elsewhere.
    #[serde(rename = "Uid")]
    pub lib_id: i64,
    /// `PersonType` elsewhere.
    #[serde(rename = "Type")]
    pub person_type: i64,
    /// The name, at most 64 bytes here.
    #[serde(rename = "Name")]
    pub name: String,
    /// The kind of the card.
    #[serde(rename = "Cardtype")]
    pub card_type: i64,
    /// Wiegand number.
    #[serde(rename = "MjCardNo")]
    pub card_number: i64,
    /// `Gender` elsewhere.
    #[serde(rename = "Sex")]
    pub gender: i64,
    /// The people, by number (D.1); 0 where not known.
    #[serde(rename = "Nation")]
    pub nation: i64,
    /// `CardType` elsewhere.
    #[serde(rename = "Certype")]
    pub document_type: i64,
    /// `IdCard` elsewhere.
    #[serde(rename = "Cernumber")]
    pub id_card: String,
    /// `Birthday` elsewhere.
    #[serde(rename = "Birth", skip_serializing_if = "Option::is_none")]
    pub birthday: Option<String>,
    /// `Telnum` elsewhere.
    #[serde(rename = "Phone")]
    pub phone: String,
    /// `Native` elsewhere.
    #[serde(rename = "Place")]
    pub native_place: String,
    /// `Address` elsewhere.
    #[serde(rename = "Addr")]
    pub address: String,
    /// Notes.
    #[serde(rename = "Notes")]
    pub notes: String,
    /// For [`GetImage`].
    #[serde(rename = "Filetype")]
    pub file_kind: i64,
    /// For [`GetImage`].
    #[serde(rename = "Fileindex")]
    pub file_index: i64,
    /// For [`GetImage`].
    #[serde(rename = "Filepos")]
    pub file_position: i64,
    /// The platform's number.
    #[serde(rename = "CustomizeID", skip_serializing_if = "Option::is_none")]
    pub customize_id: Option<i64>,
    /// The platform's text.
    #[serde(rename = "PersonUUID", skip_serializing_if = "Option::is_none")]
    pub uuid: Option<String>,
    /// When the person was added, `YYYY-MM-DD/hh:mm:ss`.
    #[serde(rename = "Time")]
    pub time: String,
}

/// The answer to [`GetPictureSearch`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Matches {
    /// The people.
    #[serde(rename = "SearchInfo")]
    pub people: Vec<Match>,
}

impl Answer for Matches {
    fn read(mut body: Body) -> Result<Self, LenientError> {
        plain(&mut body, Place::INFO)
    }

    fn body(&self, _: &DeviceId) -> Body {
        let mut fields: Map<String, Value> = written(self);
        fields.insert("TotalNum".to_owned(), self.people.len().into());
        Body::placed("", fields, Place::INFO)
    }

    fn nothing() -> Option<Self> {
        Some(Self::default())
    }
}

/// `DetectFaceFromPic` (3.25.3): whether a picture has a face.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DetectFaceFromPic {
    /// The picture.
    #[serde(rename = "picinfo")]
    pub picture: Base64Text,
}

impl DetectFaceFromPic {
    fn check_limits(&self) -> Result<(), FieldError> {
        check_picture("picinfo", &self.picture, PICTURE_BYTES)
    }
}

/// The answer to [`DetectFaceFromPic`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DetectedFace {
    /// Whether it has one.
    #[serde(rename = "DetectFace", with = "super::bit")]
    pub found: bool,
}

/// `FrontalFaceSnap` (3.25.4): what the camera sees (versions from V14 on).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FrontalFaceSnap {
    /// Whether the whole picture is wanted, not a face, for which the device waits.
    #[serde(rename = "Overall", with = "super::bit")]
    pub whole: bool,
}

/// The answer to [`FrontalFaceSnap`]; the picture stands in `info`, in the table beside it (QUIRKS A3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FacePicture {
    /// The picture, at most 1.5 MB.
    #[serde(rename = "FacePic")]
    pub picture: Base64Text,
}

impl FacePicture {
    /// Whether the picture is within the document's limit.
    ///
    /// # Errors
    /// [`FieldError`] where it is not.
    pub fn check(&self) -> Result<(), FieldError> {
        check_picture("FacePic", &self.picture, push::PICTURE_BYTES)
    }
}

operations! {
    GetFaceSignature: "GetFaceSignature" ["HttpGetFaceSignature"] "3.18.1" Place::Beside => FaceSignature, checked;
    GetSignatureSimilarity: "GetSignatureSimilarity" "3.18.2" Place::Beside => Similarity, checked;
    GetImage: "GetImage" ["HttpGetImage"] "3.18.3" Place::INFO => Image, checked;
    GetPictureSimilarity: "GetPictureSimilarity" "3.25.1" Place::Beside => Similarity, checked;
    GetPictureSearch: "GetPictureSearch" "3.25.2" Place::InfoBut(&["picinfo"]) => Matches, checked;
    DetectFaceFromPic: "DetectFaceFromPic" "3.25.3" Place::InfoBut(&["picinfo"]) => DetectedFace, checked;
    FrontalFaceSnap: "FrontalFaceSnap" "3.25.4" Place::INFO => FacePicture;
}

answers! {
    FaceSignature: Place::INFO;
    Similarity: Place::INFO;
    DetectedFace: Place::INFO;
    FacePicture: Place::INFO;
}
