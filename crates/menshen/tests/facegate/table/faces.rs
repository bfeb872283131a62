//! The face services (3.18, 3.25): the answers are the terminal's own engine's.

use super::{BAD_PARAMETER, Row, World, bytes_of, nobody, picture, play, rows, small};
use serde_json::{Value, json};

/// The engine's threshold as this dialect says it.
const ALIKE: f64 = 80.0;

pub(super) const ROWS: &[Row] = rows! {
    "GetFaceSignature" => features_taken,
    "GetSignatureSimilarity" => features_compared,
    "GetPictureSimilarity" => pictures_compared,
    "DetectFaceFromPic" => face_found,
    "GetPictureSearch" => person_found_by_another_photo,
    "GetImage" => photo_given,
    "FrontalFaceSnap" => camera_asked,
};

#[tokio::test(flavor = "multi_thread")]
async fn every_face_service() {
    play(ROWS).await;
}

async fn features(world: &World, photo: &[u8]) -> Value {
    world
        .told("GetFaceSignature", json!({"picinfo": picture(photo)}))
        .await
}

async fn features_taken(world: &mut World) {
    let told = features(world, &world.photos[0][0]).await;
    let length = told["FeatureData"].as_str().unwrap().len();
    assert_eq!(told["FeatureLen"], length);
    let faceless = json!({"picinfo": picture(&nobody())});
    world.refused("GetFaceSignature", faceless, ("473", "Face")).await;
    let nothing = json!({"picinfo": ""});
    world
        .refused("GetFaceSignature", nothing, ("464", "picinfo"))
        .await;
}

async fn features_compared(world: &mut World) {
    let mut all = Vec::new();
    for photo in [&world.photos[0][0], &world.photos[0][1], &world.photos[1][0]] {
        all.push(features(world, photo).await["FeatureData"].clone());
    }
    let alike = async |first: usize, second: usize| {
        let fields = json!({"Signature1": all[first], "Signature2": all[second]});
        let told = world.told("GetSignatureSimilarity", fields).await;
        told["Similarity"].as_f64().unwrap()
    };
    assert!(alike(0, 1).await >= ALIKE);
    assert!(alike(0, 2).await < ALIKE);
    assert!((alike(0, 0).await - 100.0).abs() < 0.1);
    let broken = json!({"Signature1": "AAAA", "Signature2": all[0]});
    world
        .refused("GetSignatureSimilarity", broken, (BAD_PARAMETER, "Signature1"))
        .await;
}

/// As the features of the two pictures are.
async fn pictures_compared(world: &mut World) {
    let fields =
        |first: &[u8], second: &[u8]| json!({"picinfo1": picture(first), "picinfo2": picture(second)});
    let photo = |person: usize, at: usize| small(&world.photos[person][at]);
    let alike = async |first: &[u8], second: &[u8]| {
        let told = world.told("GetPictureSimilarity", fields(first, second)).await;
        told["Similarity"].as_f64().unwrap()
    };
    assert!(alike(&photo(0, 0), &photo(0, 1)).await >= ALIKE);
    assert!(alike(&photo(0, 0), &photo(2, 0)).await < ALIKE);
    let faceless = fields(&nobody(), &photo(0, 0));
    world
        .refused("GetPictureSimilarity", faceless, ("473", "Face"))
        .await;
}

async fn face_found(world: &mut World) {
    for (photo, found) in [(world.photos[1][0].clone(), 1), (nobody(), 0)] {
        let told = world
            .told("DetectFaceFromPic", json!({"picinfo": picture(&photo)}))
            .await;
        assert_eq!(told["DetectFace"], found);
    }
    let no_picture = json!({"picinfo": picture(b"no picture")});
    world
        .refused("DetectFaceFromPic", no_picture, ("474", "picinfo"))
        .await;
}

/// Whoever is enrolled with one photo is found by another, as the hub named them.
async fn person_found_by_another_photo(world: &mut World) {
    let photo = world.photos[0][0].clone();
    let more =
        json!({"phone": "18888888888", "credentials": [{"kind": "id_card", "number": "422823199012141054"}]});
    world.enrolled("one", &more, &photo).await;
    let other = world.photos[1][0].clone();
    world.enrolled("two", &json!({}), &other).await;
    let found = search(world, &world.photos[0][1]).await;
    let people = found["SearchInfo"].as_array().unwrap();
    assert_eq!((&found["TotalNum"], people.len()), (&json!(1), 1));
    for (key, value) in [
        ("PersonUUID", "one"),
        ("Name", "Name of one"),
        ("Phone", "18888888888"),
        ("Cernumber", "422823199012141054"),
    ] {
        assert_eq!(people[0][key], value, "{found}");
    }
    assert_eq!(search(world, &small(&world.photos[2][0])).await["TotalNum"], 0);
    let many = json!({"MaxSimilarity": 80, "MaxNum": 1000, "picinfo": picture(&world.photos[0][1])});
    world
        .refused("GetPictureSearch", many, (BAD_PARAMETER, "MaxNum"))
        .await;
}

async fn search(world: &World, photo: &[u8]) -> Value {
    let fields = json!({"MaxSimilarity": ALIKE, "MaxNum": 3, "picinfo": picture(photo)});
    world.told("GetPictureSearch", fields).await
}

/// The picture that the search named, and what was taken of somebody who passed.
async fn photo_given(world: &mut World) {
    let found = search(world, &world.photos[0][1]).await["SearchInfo"][0].clone();
    let file =
        json!({"Filetype": found["Filetype"], "Fileindex": found["Fileindex"], "Filepos": found["Filepos"]});
    let given = world.told("GetImage", file).await["FeatureData1"].clone();
    let held = json!({"SearchType": 1, "SearchID": "one", "Picture": 1});
    let held = world.pair.native("SearchPerson", &held).await;
    assert_eq!(given, held["picinfo"]);
    assert!(face::decode::media_type(&bytes_of(&given)).is_some());
    let unknown = json!({"Filetype": 0, "Fileindex": 4_000_000, "Filepos": 0});
    world.refused("GetImage", unknown, ("", "no such file")).await;
    let wrong = json!({"Filetype": 3, "Fileindex": 0, "Filepos": 0});
    world
        .refused("GetImage", wrong, (BAD_PARAMETER, "Filetype"))
        .await;
}

/// The whole picture is the hub's `snapshot`, the face alone is asked for as it stands in the document.
async fn camera_asked(world: &mut World) {
    let frame = &world.photos[1][0];
    world.pair.look(frame).await;
    let result = world.pair.done(&json!({"kind": "snapshot"})).await;
    let url = result["photo_url"].as_str().unwrap();
    assert_eq!(&world.pair.api.bytes(url).await, frame);
    let face = world.told("FrontalFaceSnap", json!({"Overall": 0})).await;
    let face = bytes_of(&face["FacePic"]);
    let size = |bytes: &[u8]| {
        let picture = image::load_from_memory(bytes).unwrap();
        picture.width() * picture.height()
    };
    assert!(size(&face) < size(frame), "cut around the face");
    let told = world
        .told("DetectFaceFromPic", json!({"picinfo": picture(&face)}))
        .await;
    assert_eq!(told["DetectFace"], 1);
    world.pair.kiosk.frame(nobody()).await;
    world
        .refused("FrontalFaceSnap", json!({"Overall": 0}), ("473", "Face"))
        .await;
}
