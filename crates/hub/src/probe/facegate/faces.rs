//! The face services (3.18, 3.25), with the photo that the probe was given, else with a picture without a face.

use super::found::Found;
use super::{Ask, call, restored};
use crate::probe::compare::Difference;
use crate::probe::look::{Looked, at, each_has, is};
use crate::probe::row::{Row, Step};
use dialects::facegate::Call;
use dialects::facegate::face::{
    DetectFaceFromPic, FrontalFaceSnap, GetFaceSignature, GetImage, GetPictureSearch, GetPictureSimilarity,
    GetSignatureSimilarity,
};
use dialects::lenient::{self, Base64Text, PictureFormat};
use serde_json::{Value, json};

/// A face resembles itself at least so much, 0 to 100.
const ITSELF: f64 = 90.0;
/// What is told of somebody who is found by a picture (3.25.2).
const FOUND: &[&str] = &["Uid", "Type", "Name", "Filetype", "Fileindex", "Filepos", "Time"];

/// The services, as they are tried.
pub(super) const ROWS: &[Row<Call, Found>] = &[
    restored(
        "GetFaceSignature",
        "3.18.1",
        &[Step::looked_at(
            |found| {
                let picture = found.photo()?;
                call(GetFaceSignature { picture })
            },
            keep_features,
        )],
    ),
    restored(
        "GetSignatureSimilarity",
        "3.18.2",
        &[Step::looked_at(compare_features, |_, answer| is_itself(answer))],
    ),
    restored(
        "GetPictureSimilarity",
        "3.25.1",
        &[Step::looked_at(
            |found| {
                let (first, second) = (found.photo()?, found.photo()?);
                call(GetPictureSimilarity { first, second })
            },
            |_, answer| is_itself(answer),
        )],
    ),
    restored(
        "GetPictureSearch",
        "3.25.2",
        &[Step::looked_at(search, keep_match)],
    ),
    restored(
        "GetImage",
        "3.18.3",
        &[Step::looked_at(image, |_, answer| {
            is_picture(answer, "info.FeatureData1")
        })],
    ),
    restored(
        "DetectFaceFromPic",
        "3.25.3",
        &[Step::looked_at(
            |found| {
                let (picture, _) = found.picture();
                call(DetectFaceFromPic { picture })
            },
            |found, answer| {
                let (_, has_face) = found.picture();
                is(answer, "info.DetectFace", &json!(u8::from(has_face)))
            },
        )],
    ),
    restored(
        "FrontalFaceSnap",
        "3.25.4",
        &[Step::looked_at(
            |_| call(FrontalFaceSnap { whole: true }),
            |_, answer| is_picture(answer, "info.FacePic"),
        )],
    ),
];

fn keep_features(found: &mut Found, answer: &Value) -> Looked {
    let features = at(answer, "info.FeatureData");
    let length = features.as_str().map(str::len).unwrap_or_default();
    if length == 0 {
        return Err(Difference::new("info.FeatureData", "says nothing"));
    }
    found.features = lenient::read(features).ok();
    is(answer, "info.FeatureLen", &json!(length))
}

fn compare_features(found: &Found) -> Ask {
    let features = found.features.clone().ok_or("it does not tell features")?;
    call(GetSignatureSimilarity {
        first: features.clone(),
        second: features,
    })
}

fn is_itself(answer: &Value) -> Looked {
    let similarity = at(answer, "info.Similarity").as_f64().unwrap_or_default();
    if (ITSELF..=100.0).contains(&similarity) {
        return Ok(());
    }
    let text = format!("is {similarity} of the same twice");
    Err(Difference::new("info.Similarity", text))
}

fn search(found: &Found) -> Ask {
    let picture = found.photo()?;
    if !found.has_person {
        return Err("nobody was added".to_owned());
    }
    call(GetPictureSearch {
        least: ITSELF,
        most: 1,
        picture,
    })
}

fn keep_match(found: &mut Found, answer: &Value) -> Looked {
    let first = at(answer, "info.SearchInfo").get(0);
    let first = first.ok_or_else(|| Difference::new("info.SearchInfo", "lacks who was added"))?;
    let number = |name: &str| at(first, name).as_i64().unwrap_or_default();
    found.image = Some(GetImage {
        kind: number("Filetype"),
        index: number("Fileindex"),
        position: number("Filepos"),
    });
    each_has(answer, "info.SearchInfo", FOUND)
}

fn image(found: &Found) -> Ask {
    call(found.image.ok_or("nobody was found by a picture")?)
}

fn is_picture(answer: &Value, path: &str) -> Looked {
    let picture: Option<Base64Text> = lenient::read(at(answer, path)).ok();
    let bytes = picture.and_then(|picture| picture.decode().ok());
    if bytes.is_some_and(|bytes| PictureFormat::sniff(&bytes).is_some()) {
        return Ok(());
    }
    Err(Difference::new(path, "is no picture"))
}
