//! The face services (3.18, 3.25): the answers are this terminal's own engine's.

use super::Endpoint;
use super::failure::{Failure, Unfit};
use super::report::SIMILARITY;
use crate::camera::{Frame, fitting};
use dialects::facegate::PersonRef;
use dialects::facegate::code::AddPersonCode;
use dialects::facegate::convert::picture;
use dialects::facegate::face::{
    DetectedFace, FacePicture, FaceSignature, GetImage, GetPictureSearch, GetPictureSimilarity,
    GetSignatureSimilarity, Image, Match, Matches, Similarity,
};
use dialects::facegate::push::PICTURE_BYTES;
use dialects::facegate::time::write_slashed;
use dialects::lenient::Base64Text;
use face::{Examination, ExamineError, Template};
use std::time::Duration;

/// How long the camera has to see somebody.
const CAMERA_PATIENCE: Duration = Duration::from_secs(3);

impl Endpoint {
    /// `GetFaceSignature`; the engine tells neither age nor gender.
    pub(super) async fn signature(&self, given: &Base64Text) -> Result<FaceSignature, Failure> {
        let template = self.template(given).await?;
        let features = Base64Text::encode(&template.to_bytes());
        Ok(FaceSignature {
            length: i64::try_from(features.as_text().len()).unwrap_or_default(),
            features,
            gender: None,
            age: None,
        })
    }

    /// `GetSignatureSimilarity`.
    pub(super) fn compare_signatures(&self, call: &GetSignatureSimilarity) -> Result<Similarity, Failure> {
        let first = features("Signature1", &call.first)?;
        let second = features("Signature2", &call.second)?;
        Ok(self.similarity(first.similarity(&second)))
    }

    /// `GetPictureSimilarity`.
    pub(super) async fn compare_pictures(&self, call: &GetPictureSimilarity) -> Result<Similarity, Failure> {
        let first = self.template(&call.first).await?;
        let second = self.template(&call.second).await?;
        Ok(self.similarity(first.similarity(&second)))
    }

    fn similarity(&self, cosine: f32) -> Similarity {
        let similarity = SIMILARITY.wire(cosine, self.device.configured_thresholds.accept);
        Similarity {
            similarity: (f64::from(similarity) * 100.0).round() / 100.0,
        }
    }

    /// `GetPictureSearch`: the most alike first.
    pub(super) async fn whose_face(&self, call: &GetPictureSearch) -> Result<Matches, Failure> {
        let template = self.template(&call.picture).await?;
        let most = usize::try_from(call.most).unwrap_or(1);
        let nearest = self.device.people.nearest(&template, most);
        let alike: Vec<String> = nearest
            .into_iter()
            .filter(|(_, cosine)| self.similarity(*cosine).similarity >= call.least)
            .map(|(wire_id, _)| wire_id)
            .collect();
        self.roll.number(&alike, self.device.clock.now()).await?;
        let people = alike.into_iter().filter_map(|wire_id| self.found(wire_id));
        Ok(Matches {
            people: people.collect(),
        })
    }

    /// A person under the names of this operation (QUIRKS A42).
    fn found(&self, wire_id: String) -> Option<Match> {
        let known = self.known(&PersonRef::Uuid(wire_id))?;
        let told = self.told(&known);
        let text = |text: Option<String>| text.unwrap_or_default();
        let card = told.card_number.as_ref();
        let card = card.and_then(|number| number.number(told.card_mode == Some(1)));
        Some(Match {
            lib_id: known.entry.lib_id,
            person_type: told.person_type.unwrap_or_default(),
            name: text(told.name),
            card_type: told.wiegand_type.unwrap_or_default(),
            card_number: card
                .and_then(|number| i64::try_from(number).ok())
                .unwrap_or_default(),
            gender: told.gender.unwrap_or_default(),
            nation: told.nation.unwrap_or_default(),
            document_type: told.card_type.unwrap_or_default(),
            id_card: text(told.id_card),
            birthday: told.birthday,
            phone: text(told.phone),
            native_place: text(told.native_place),
            address: text(told.address),
            notes: text(told.notes),
            file_kind: 0,
            file_index: known.entry.lib_id,
            file_position: 0,
            customize_id: told.customize_id,
            uuid: told.uuid,
            time: write_slashed(self.device.zone().to_datetime(known.entry.added)),
        })
    }

    /// `DetectFaceFromPic`: no face is an answer; what is no picture is refused.
    pub(super) async fn detect(&self, given: &Base64Text) -> Result<DetectedFace, Failure> {
        let examination = self.examined(given).await?;
        Ok(DetectedFace {
            found: !examination.faces.is_empty(),
        })
    }

    /// `GetImage`: 0 the photo of a person, by `LibID`; 2 what was just taken, by the number of a record. Pictures of
    /// identity cards (1) are not kept.
    pub(super) async fn image(&self, call: &GetImage) -> Result<Image, Failure> {
        let nothing = || Failure::new("there is no such file");
        if call.position != 0 {
            return Err(nothing());
        }
        let bytes = match call.kind {
            0 => {
                let known = self.known(&PersonRef::LibId(call.index)).ok_or_else(nothing)?;
                self.enrolled(&known.member.wire_id).await?
            }
            2 => {
                let seq = u64::try_from(call.index).map_err(|_| nothing())?;
                self.device.journal.capture(seq).await?
            }
            _ => None,
        };
        let bytes = bytes.ok_or_else(nothing)?;
        Ok(Image {
            picture: picture(&bytes),
        })
    }

    /// `FrontalFaceSnap`: what the camera sees, or the face in it, for which it waits (terminal rule 13).
    pub(super) async fn snap(&self, whole: bool) -> Result<FacePicture, Failure> {
        let camera = &self.device.camera;
        let frame = match camera.last() {
            Some(frame) if whole => Some(frame),
            _ => camera.snapshot(CAMERA_PATIENCE).await,
        };
        let frame = frame.ok_or_else(|| Failure::new("the camera gives no picture"))?;
        if !whole && frame.has_face == Some(false) {
            return Err(AddPersonCode::NoFace.into());
        }
        let bytes = self.cut(frame, whole).await;
        let bytes = bytes.ok_or_else(|| Failure::new("the camera's picture cannot be used"))?;
        Ok(FacePicture {
            picture: picture(&bytes),
        })
    }

    async fn cut(&self, frame: Frame, whole: bool) -> Option<Vec<u8>> {
        let engine = self.device.engine().filter(|_| !whole);
        let limits = self.device.config.face.photo;
        let cut = tokio::task::spawn_blocking(move || {
            let examined = engine.and_then(|engine| engine.examine(&frame.bytes).ok());
            let face = examined.and_then(|examined| examined.faces.first().map(|face| face.bounds));
            fitting(&frame.bytes, &limits, PICTURE_BYTES, face.as_ref())
        });
        cut.await.ok().flatten()
    }

    /// The features of the largest face.
    async fn template(&self, given: &Base64Text) -> Result<Template, Failure> {
        let examination = self.examined(given).await?;
        examination.template.ok_or_else(|| AddPersonCode::NoFace.into())
    }

    async fn examined(&self, given: &Base64Text) -> Result<Examination, Failure> {
        let bytes = given.decode().map_err(|_| Failure::from(Unfit::NotAPicture))?;
        let engine = self.device.engine.clone();
        let engine = engine.map_err(|reason| Failure::coded(AddPersonCode::Failed, reason))?;
        let examined = tokio::task::spawn_blocking(move || engine.examine(&bytes)).await;
        let examined = examined.map_err(|error| Failure::coded(AddPersonCode::Failed, error.to_string()))?;
        examined.map_err(|error| match error {
            ExamineError::Image(_) => Unfit::NotAPicture.into(),
            ExamineError::Run(error) => Failure::coded(AddPersonCode::Failed, error.to_string()),
        })
    }
}

fn features(field: &str, given: &Base64Text) -> Result<Template, Failure> {
    let bytes = given.decode().ok();
    let template = bytes.and_then(|bytes| Template::from_bytes(&bytes).ok());
    template.ok_or_else(|| {
        Failure::coded(
            AddPersonCode::Parameter,
            format!("Parameter error: {field}: no features of this engine"),
        )
    })
}
