//! The face engine on posted photos. Nothing that is posted here is kept.

use super::input::{Upload, read};
use super::permission::Read;
use super::problem::Problem;
use super::schemas::QualitySchema;
use super::scope;
use crate::people::{Recognition, RecognitionError, rejected};
use crate::state::Hub;
use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::multipart::MultipartError;
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Request, State};
use face::{Examination, Template};
use model::FaceFault;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// How many of the most alike persons are told.
const MATCHES: usize = 5;
/// Bytes of a form around its pictures.
const FORM_BYTES: usize = 64 * 1024;

pub(super) fn routes() -> OpenApiRouter<Arc<Hub>> {
    OpenApiRouter::new()
        .routes(routes!(detect))
        .routes(routes!(compare))
        .routes(routes!(identify))
}

/// A face, in pixels of the upright picture.
#[derive(Debug, Serialize, ToSchema)]
struct FaceView {
    /// `[x, y, width, height]`.
    #[serde(rename = "box")]
    #[schema(value_type = Vec<f32>)]
    bounds: face::FaceBox,
    /// Eye, eye, nose, mouth corner, mouth corner, each `[x, y]`; those at the left of the picture first.
    #[schema(value_type = Vec<Vec<f32>>)]
    landmarks: [face::Point; 5],
    /// How sure the detector is, 0 to 1.
    score: f32,
    /// What was measured.
    #[schema(value_type = QualitySchema)]
    quality: model::PhotoQuality,
}

/// What is found in a photo.
#[derive(Debug, Serialize, ToSchema)]
struct DetectView {
    /// Pixels in a row.
    width: u32,
    /// Rows.
    height: u32,
    /// All faces, the largest first.
    faces: Vec<FaceView>,
    /// Whether the photo is good enough to enrol.
    usable: bool,
    /// What speaks against it, as in `blurred`.
    #[schema(value_type = Vec<String>)]
    reasons: Vec<FaceFault>,
}

fn view(found: Examination) -> DetectView {
    let faces = found
        .faces
        .into_iter()
        .map(|face| FaceView {
            bounds: face.bounds,
            landmarks: face.landmarks,
            score: face.score,
            quality: face.quality,
        })
        .collect();
    DetectView {
        width: found.width,
        height: found.height,
        faces,
        usable: found.usable,
        reasons: found.faults,
    }
}

/// How alike two faces are.
#[derive(Debug, Serialize, ToSchema)]
struct CompareView {
    /// The cosine of the largest faces, −1 to 1.
    similarity: f32,
    /// `same`, `unsure` or `different`.
    verdict: &'static str,
}

/// A person who looks like the photo.
#[derive(Debug, Serialize, ToSchema)]
struct MatchView {
    /// The person.
    person_id: String,
    /// The cosine of the best photo.
    similarity: f32,
}

/// Who it is.
#[derive(Debug, Serialize, ToSchema)]
struct IdentifyView {
    /// The most alike persons, the best first, at most five.
    matches: Vec<MatchView>,
    /// `known`: the first match is the person; `unsure`; `stranger`.
    verdict: &'static str,
}

/// Two pictures.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes the form for the API's document")]
struct CompareForm {
    /// The one picture.
    #[schema(value_type = String, format = Binary)]
    a: Vec<u8>,
    /// The other.
    #[schema(value_type = String, format = Binary)]
    b: Vec<u8>,
}

async fn template(recognition: &Recognition, path: &str, bytes: Bytes) -> Result<Template, Problem> {
    let found = match recognition.examine(bytes).await {
        Err(RecognitionError::Picture(fault)) => return Err(rejected(path, &[fault])),
        other => other?,
    };
    found.template.ok_or_else(|| rejected(path, &[FaceFault::NoFace]))
}

/// Finds the faces of a picture and measures them. 503 `models_missing` without the face models.
#[utoipa::path(post, path = "/faces/detect", tag = "faces", request_body(content = Vec<u8>, content_type = "image/*"), responses((status = 200, body = DetectView), (status = 503, description = "`models_missing`: the detail says what to do")))]
async fn detect(
    State(hub): State<Arc<Hub>>,
    _: Read<scope::Faces>,
    upload: Upload,
) -> Result<Json<DetectView>, Problem> {
    let found = match hub.recognition.examine(upload.bytes).await {
        Err(RecognitionError::Picture(fault)) => return Err(rejected("photo", &[fault])),
        other => other?,
    };
    Ok(Json(view(found)))
}

/// Compares the largest faces of two pictures, sent as the parts `a` and `b` of a form.
#[utoipa::path(post, path = "/faces/compare", tag = "faces", request_body(content = CompareForm, content_type = "multipart/form-data"), responses((status = 200, body = CompareView), (status = 503, description = "`models_missing`: the detail says what to do")))]
async fn compare(
    State(hub): State<Arc<Hub>>,
    _: Read<scope::Faces>,
    Pair(a, b): Pair,
) -> Result<Json<CompareView>, Problem> {
    let a = template(&hub.recognition, "a", a).await?;
    let b = template(&hub.recognition, "b", b).await?;
    let similarity = a.similarity(&b).min(1.0);
    let verdict = hub.recognition.thresholds().compare(similarity);
    Ok(Json(CompareView { similarity, verdict }))
}

/// The parts `a` and `b` of a form.
struct Pair(Bytes, Bytes);

impl FromRequest<Arc<Hub>> for Pair {
    type Rejection = Problem;
    async fn from_request(request: Request, hub: &Arc<Hub>) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let limit = hub
            .config
            .photo_bytes()
            .saturating_mul(2)
            .saturating_add(FORM_BYTES);
        let bytes = read(body, limit, hub).await?;
        let mut request = Request::from_parts(parts, Body::from(bytes));
        // It is bounded and read by now; the listener's limit is that of a single picture.
        DefaultBodyLimit::disable().apply(&mut request);
        let form = Multipart::from_request(request, hub)
            .await
            .map_err(|rejection| Problem::bad_request("bad_form", rejection.body_text()))?;
        pictures(form).await
    }
}

async fn pictures(mut form: Multipart) -> Result<Pair, Problem> {
    let broken = |error: MultipartError| {
        Problem::bad_request(
            "bad_form",
            format!("the form cannot be read: {}", error.body_text()),
        )
    };
    let (mut a, mut b) = (None, None);
    while let Some(part) = form.next_field().await.map_err(broken)? {
        let name = part.name().unwrap_or_default().to_owned();
        let place = match name.as_str() {
            "a" => &mut a,
            "b" => &mut b,
            _ => {
                return Err(Problem::invalid_field(
                    &name,
                    "unknown_field",
                    "the parts are a and b",
                ));
            }
        };
        *place = Some(part.bytes().await.map_err(broken)?);
    }
    let missing =
        |name| Problem::invalid_field(name, "required", "a picture as the part a, another as the part b");
    Ok(Pair(
        a.ok_or_else(|| missing("a"))?,
        b.ok_or_else(|| missing("b"))?,
    ))
}

/// Looks for the largest face of a picture among all persons with photos.
#[utoipa::path(post, path = "/faces/identify", tag = "faces", request_body(content = Vec<u8>, content_type = "image/*"), responses((status = 200, body = IdentifyView), (status = 503, description = "`models_missing`: the detail says what to do")))]
async fn identify(
    State(hub): State<Arc<Hub>>,
    _: Read<scope::Faces>,
    upload: Upload,
) -> Result<Json<IdentifyView>, Problem> {
    let template = template(&hub.recognition, "photo", upload.bytes).await?;
    let searched = Arc::clone(&hub);
    let nearest =
        tokio::task::spawn_blocking(move || searched.recognition.gallery().nearest(&template, MATCHES))
            .await
            .map_err(|error| Problem::internal(&error))?;
    let top = face::Top2 {
        best: nearest.first().cloned(),
        second: nearest.get(1).cloned(),
    };
    let verdict = hub.recognition.thresholds().judge(&top).name();
    let matches = nearest
        .into_iter()
        .map(|(person, similarity)| MatchView {
            person_id: person.to_string(),
            // Rounding takes the cosine of equal templates a hair over one.
            similarity: similarity.min(1.0),
        })
        .collect();
    Ok(Json(IdentifyView { matches, verdict }))
}
