//! Against what OpenCV says of the same photos (`tools/face-reference/record.py` recorded it).
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod support;

use std::collections::HashMap;

use face::{Picture, Point, Template, decode, decode::ImageLimits};
use serde::Deserialize;
use support::{engine, sample};

/// Decoders and shrinking differ a little from OpenCV's; in pixels of the shrunk photo, whose longer side is 640.
const BOX_TOLERANCE: f32 = 3.0;
const LANDMARK_TOLERANCE: f32 = 2.0;
/// For a photo that is neither shrunk nor lossy.
const EXACT_TOLERANCE: f32 = 0.02;
const SIMILARITY_TOLERANCE: f32 = 0.02;

/// Where alignment puts the landmarks: a picture of 112 × 112 with them is aligned already.
const ALIGNED: [(f32, f32); 5] = [
    (38.2946, 51.6963),
    (73.5318, 51.5014),
    (56.0252, 71.7366),
    (41.5493, 92.3655),
    (70.7299, 92.2041),
];

#[derive(Deserialize)]
struct Recorded {
    photos: Vec<Photo>,
    pairs: Vec<Pair>,
    pattern_embedding: Vec<f32>,
}

#[derive(Deserialize)]
struct Photo {
    name: String,
    working_sides: [f32; 2],
    faces: usize,
    r#box: [f32; 4],
    landmarks: [[f32; 2]; 5],
    score: f32,
}

#[derive(Deserialize)]
struct Pair {
    photos: [String; 2],
    similarity: f32,
}

fn recorded() -> Recorded {
    serde_json::from_str(include_str!("reference.json")).unwrap()
}

#[test]
fn faces_are_where_opencv_finds_them() {
    let engine = engine();
    for photo in recorded().photos {
        let seen = engine.examine(&sample(&photo.name)).unwrap();
        assert_eq!(seen.faces.len(), photo.faces, "{}", photo.name);
        let original = (seen.width as f32).max(seen.height as f32);
        let factor = original / photo.working_sides[0].max(photo.working_sides[1]);
        let exact = factor <= 1.0;
        let (box_tolerance, landmark_tolerance) = if exact {
            (EXACT_TOLERANCE, EXACT_TOLERANCE)
        } else {
            (BOX_TOLERANCE, LANDMARK_TOLERANCE)
        };
        let bounds = seen.faces[0].bounds;
        for (ours, theirs) in [bounds.x, bounds.y, bounds.width, bounds.height]
            .iter()
            .zip(photo.r#box)
        {
            assert!(
                (ours / factor - theirs).abs() < box_tolerance,
                "{}: {bounds:?} {:?}",
                photo.name,
                photo.r#box
            );
        }
        for (ours, theirs) in seen.faces[0].landmarks.iter().zip(photo.landmarks) {
            let distance = (ours.x / factor - theirs[0]).hypot(ours.y / factor - theirs[1]);
            assert!(
                distance < landmark_tolerance,
                "{}: {ours:?} {theirs:?}",
                photo.name
            );
        }
        assert!((seen.faces[0].score - photo.score).abs() < 0.01, "{}", photo.name);
        assert!(seen.usable, "{}: {:?}", photo.name, seen.faults);
    }
}

#[test]
fn pairs_are_as_alike_as_opencv_says() {
    let engine = engine();
    let recorded = recorded();
    let template = |photo: &Photo| engine.examine(&sample(&photo.name)).unwrap().template.unwrap();
    let templates: HashMap<_, _> = recorded
        .photos
        .iter()
        .map(|photo| (photo.name.as_str(), template(photo)))
        .collect();
    for Pair {
        photos: [a, b],
        similarity,
    } in &recorded.pairs
    {
        let ours = templates[a.as_str()].similarity(&templates[b.as_str()]);
        assert!(
            (ours - similarity).abs() < SIMILARITY_TOLERANCE,
            "{a} {b}: {ours}, OpenCV {similarity}"
        );
    }
}

#[test]
fn the_embedding_network_gives_opencvs_numbers() {
    let pixel = |x: usize, y: usize| {
        (0..3).map(move |channel| ((x * 7 + y * 13 + channel * 29 + (x * y) % 31 * 5) % 256) as u8)
    };
    let pixels = (0..112)
        .flat_map(|y| (0..112).flat_map(move |x| pixel(x, y)))
        .collect();
    let pattern = Picture::from_rgb(112, 112, pixels).unwrap();
    let landmarks = ALIGNED.map(|(x, y)| Point { x, y });
    let ours = engine().embed(&pattern, &landmarks).unwrap().unwrap();
    let theirs = Template::from_raw(recorded().pattern_embedding.try_into().unwrap()).unwrap();
    let similarity = ours.similarity(&theirs);
    assert!(similarity > 0.99999, "{similarity}");
}

#[test]
fn templates_do_not_depend_on_how_many_are_made_at_a_time() {
    let engine = engine();
    let bytes = sample(support::ASTRONAUT);
    let alone = engine.examine(&bytes).unwrap();
    std::thread::scope(|scope| {
        let examined: Vec<_> = (0..6)
            .map(|_| scope.spawn(|| engine.examine(&bytes).unwrap()))
            .collect();
        for thread in examined {
            assert_eq!(thread.join().unwrap(), alone);
        }
    });
    let decoded = decode::decode(&bytes, &ImageLimits::default()).unwrap();
    assert_eq!(engine.examine_picture(&decoded).unwrap(), alone);
}
