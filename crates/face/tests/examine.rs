//! What is said of good photos, worse ones and other things.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use face::{Engine, Examination, ExamineError, ImageError, LoadError, Settings, Thresholds, Verdict};
use image::imageops::{self, FilterType};
use image::{Rgb, RgbImage};
use model::FaceFault;
use support::{ASTRONAUT, BIDEN, OBAMA, OBAMA_SPEAKING, engine, jpeg, lit, picture, sample, sample_image};

fn faults(engine: &Engine, image: RgbImage) -> Vec<FaceFault> {
    engine.examine_picture(&picture(image)).unwrap().faults
}

/// The part of a photo with the face and `around` of its sides on each side.
fn around_face(engine: &Engine, image: &RgbImage, around: f32) -> RgbImage {
    let bounds = engine.examine_picture(&picture(image.clone())).unwrap().faces[0]
        .bounds
        .widened(around);
    let (x, y) = (bounds.x.max(0.0) as u32, bounds.y.max(0.0) as u32);
    imageops::crop_imm(image, x, y, bounds.width as u32, bounds.height as u32).to_image()
}

#[test]
fn each_fault_is_named() {
    let engine = engine();
    let good = sample_image(ASTRONAUT);
    assert_eq!(faults(&engine, good.clone()), []);
    assert_eq!(
        faults(&engine, RgbImage::from_pixel(640, 480, Rgb([90, 120, 80]))),
        [FaceFault::NoFace]
    );
    assert_eq!(faults(&engine, lit(good.clone(), 0.1, 0.0)), [FaceFault::Dark]);
    assert_eq!(
        faults(&engine, lit(good.clone(), 1.0, 120.0)),
        [FaceFault::Bright]
    );
    assert_eq!(
        faults(&engine, imageops::fast_blur(&good, 4.0)),
        [FaceFault::Blurred]
    );
    assert_eq!(faults(&engine, imageops::rotate90(&good)), [FaceFault::Turned]);
    let small = imageops::resize(&good, 256, 256, FilterType::Triangle);
    assert_eq!(faults(&engine, small), [FaceFault::TooSmall]);
    let half = imageops::crop_imm(&good, 190, 0, 322, 512).to_image();
    assert_eq!(faults(&engine, half), [FaceFault::CutOff]);
}

#[test]
fn two_faces_are_too_many_to_enrol_and_the_larger_one_is_taken() {
    let engine = engine();
    let (large, small) = (sample_image(ASTRONAUT), sample_image(BIDEN));
    let small = imageops::resize(&small, 240, 545, FilterType::Triangle);
    let mut both = RgbImage::new(760, 560);
    imageops::replace(&mut both, &large, 0, 0);
    imageops::replace(&mut both, &small, 515, 0);
    let seen = engine.examine_picture(&picture(both)).unwrap();
    assert_eq!(seen.faces.len(), 2);
    assert_eq!(seen.faults, [FaceFault::SeveralFaces]);
    let alone = engine.examine(&sample(ASTRONAUT)).unwrap().template.unwrap();
    assert!(seen.template.unwrap().similarity(&alone) > 0.9);
}

#[test]
fn a_person_is_known_on_other_photos_and_on_worse_copies() {
    let engine = engine();
    let gallery = face::Gallery::new();
    for name in [OBAMA, BIDEN, ASTRONAUT] {
        gallery.insert(
            name,
            name,
            &engine.examine(&sample(name)).unwrap().template.unwrap(),
        );
    }
    let thresholds = Thresholds::default();
    let verdict = |image: RgbImage| {
        let seen = engine.examine(&jpeg(&image)).unwrap();
        thresholds.judge(&gallery.search(&seen.template.unwrap()))
    };
    let known = |image: RgbImage, name: &str, how: &str| {
        let verdict = verdict(image);
        assert!(
            matches!(verdict, Verdict::Known(found, _) if found == name),
            "{name} {how}: {verdict:?}"
        );
    };
    known(sample_image(OBAMA_SPEAKING), OBAMA, "another photo");
    for name in [OBAMA, BIDEN, ASTRONAUT] {
        let photo = sample_image(name);
        known(lit(photo.clone(), 0.5, 0.0), name, "darker");
        known(lit(photo.clone(), 1.0, 50.0), name, "brighter");
        known(around_face(&engine, &photo, 0.5), name, "cropped");
        let (width, height) = (photo.width() / 2, photo.height() / 2);
        known(
            imageops::resize(&photo, width, height, FilterType::Triangle),
            name,
            "halved",
        );
        known(imageops::flip_horizontal(&photo), name, "mirrored");
    }
}

#[test]
fn a_small_face_in_a_large_photo_is_looked_at_more_closely() {
    let engine = engine();
    let portrait = sample_image(BIDEN);
    let face = imageops::resize(&portrait, 485, 1102, FilterType::Triangle);
    let mut scene = RgbImage::from_pixel(4000, 3000, Rgb([110, 120, 130]));
    imageops::replace(&mut scene, &face, 2600, 900);
    let scene = picture(scene);
    let seen = engine.examine_picture(&scene).unwrap();
    assert_eq!(seen.faults, []);
    let bounds = seen.faces[0].bounds;
    let expected = engine.examine(&sample(BIDEN)).unwrap();
    let there = expected.faces[0].bounds.scaled(0.5);
    assert!(
        (bounds.x - 2600.0 - there.x).abs() < 10.0 && (bounds.y - 900.0 - there.y).abs() < 10.0,
        "{bounds:?}"
    );
    let expected = expected.template.unwrap();
    let closely = seen.template.unwrap().similarity(&expected);
    let from_afar = engine
        .examine_picture(&scene.shrunk_to(640))
        .unwrap()
        .template
        .unwrap()
        .similarity(&expected);
    assert!(
        closely > 0.95 && from_afar < 0.85,
        "{closely} against {from_afar}"
    );
}

#[test]
fn the_examination_is_the_object_of_the_contract() {
    let engine = engine();
    let json = serde_json::to_value(engine.examine(&sample(ASTRONAUT)).unwrap()).unwrap();
    let keys = |value: &serde_json::Value| {
        let mut keys: Vec<_> = value.as_object().unwrap().keys().cloned().collect();
        keys.sort();
        keys.join(" ")
    };
    assert_eq!(keys(&json), "faces height reasons usable width");
    assert_eq!(keys(&json["faces"][0]), "box landmarks quality score");
    assert_eq!(
        keys(&json["faces"][0]["quality"]),
        "exposure pitch roll sharpness size yaw"
    );
    assert_eq!(json["faces"][0]["box"].as_array().unwrap().len(), 4);
    assert_eq!(json["faces"][0]["landmarks"][4].as_array().unwrap().len(), 2);
    assert_eq!(
        (&json["usable"], &json["reasons"]),
        (&true.into(), &serde_json::json!([]))
    );
    let refused = Examination::refused(&ImageError::NotAnImage);
    assert_eq!(
        serde_json::to_value(refused).unwrap()["reasons"],
        serde_json::json!(["not_an_image"])
    );
}

#[test]
fn what_is_no_photo_is_refused_and_costs_the_next_nothing() {
    let engine = Engine::load(
        &face::models::default_directory(),
        Settings {
            threads: 1,
            ..Settings::default()
        },
    );
    let engine = engine.unwrap();
    for _ in 0..3 {
        let refused = engine.examine(b"PK\x03\x04\x14\0\0\0\x08\0").unwrap_err();
        assert!(matches!(refused, ExamineError::Image(ImageError::NotAnImage)));
    }
    assert!(engine.examine(&sample(ASTRONAUT)).unwrap().usable);
    for side in [1, 2, 31, 33] {
        let dot = picture(RgbImage::from_pixel(side, 1, Rgb([1, 2, 3])));
        assert_eq!(engine.examine_picture(&dot).unwrap().faults, [FaceFault::NoFace]);
    }
}

#[test]
fn without_models_it_says_what_to_do() {
    let empty = tempfile::tempdir().unwrap();
    let error = Engine::load(empty.path(), Settings::default()).unwrap_err();
    assert!(matches!(error, LoadError::Missing { .. }));
    assert!(error.to_string().contains("menshen models install"), "{error}");
}

#[test]
fn a_model_that_was_changed_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for file in &face::models::FILES {
        let mut bytes = std::fs::read(face::models::default_directory().join(file.name)).unwrap();
        bytes[5000] ^= 1;
        std::fs::write(folder.path().join(file.name), bytes).unwrap();
    }
    let error = Engine::load(folder.path(), Settings::default()).unwrap_err();
    assert!(error.to_string().contains("not the expected file"), "{error}");
    assert!(face::models::verify(folder.path()).is_err());
}
