//! The face services (3.18, 3.25): the engine's own answers.

use crate::support::{Door, facegate_config, folder, sample};
use crate::{Caller, failed, person, picture};
use serde_json::{Value, json};

async fn call(caller: &Caller, operator: &str, fields: Value) -> Value {
    let mut body = fields;
    body["operator"] = json!(operator);
    caller.raw(operator, &body.to_string()).await
}

#[tokio::test]
async fn features_and_pictures_are_compared() {
    let (_folder, path) = folder();
    let door = Door::start_with_faces(facegate_config(&path)).await;
    let caller = Caller::of(&door);
    let mut signatures = Vec::new();
    for name in ["obama.jpg", "obama2.jpg", "biden.jpg"] {
        let answer = call(
            &caller,
            "GetFaceSignature",
            json!({"picinfo": picture(&sample(name))}),
        )
        .await;
        let features = answer["info"]["FeatureData"].as_str().unwrap().to_owned();
        assert_eq!(answer["info"]["FeatureLen"], features.len());
        signatures.push(features);
    }
    let similarity = async |first: usize, second: usize| {
        let fields = json!({"Signature1": signatures[first], "Signature2": signatures[second]});
        let answer = call(&caller, "GetSignatureSimilarity", fields).await;
        answer["info"]["Similarity"].as_f64().unwrap()
    };
    assert!(similarity(0, 1).await >= 80.0);
    assert!(similarity(0, 2).await < 80.0);
    assert!((similarity(0, 0).await - 100.0).abs() < 0.1);
    let pictures =
        json!({"picinfo1": picture(&sample("obama.jpg")), "picinfo2": picture(&sample("obama2.jpg"))});
    let same = call(&caller, "GetPictureSimilarity", pictures).await;
    assert!((same["info"]["Similarity"].as_f64().unwrap() - similarity(0, 1).await).abs() < 0.1);
    let broken = json!({"Signature1": "AAAA", "Signature2": signatures[0]});
    let answer = call(&caller, "GetSignatureSimilarity", broken).await;
    assert_eq!(failed(&answer, "GetSignatureSimilarity"), 462);
    let faceless =
        json!({"picinfo1": picture(&crate::any_photo()), "picinfo2": picture(&sample("obama.jpg"))});
    let answer = call(&caller, "GetPictureSimilarity", faceless).await;
    assert_eq!(failed(&answer, "GetPictureSimilarity"), 473);
}

#[tokio::test]
async fn a_face_is_found_in_a_picture_in_the_library_and_before_the_camera() {
    let (_folder, path) = folder();
    let door = Door::start_with_faces(facegate_config(&path)).await;
    let caller = Caller::of(&door);
    let body = person("u-1", &sample("obama.jpg")).to_string();
    assert_eq!(caller.raw("AddPerson", &body).await["code"], 200);
    let detected = async |photo: &[u8]| {
        let answer = call(
            &caller,
            "DetectFaceFromPic",
            json!({"info": {}, "picinfo": picture(photo)}),
        )
        .await;
        answer["info"]["DetectFace"].clone()
    };
    assert_eq!(detected(&sample("biden.jpg")).await, 1);
    assert_eq!(detected(&crate::any_photo()).await, 0);
    let answer = call(
        &caller,
        "DetectFaceFromPic",
        json!({"info": {}, "picinfo": picture(b"no picture")}),
    )
    .await;
    assert_eq!(failed(&answer, "DetectFaceFromPic"), 474);
    let search =
        |photo: &[u8]| json!({"info": {"MaxSimilarity": 80, "MaxNum": 3}, "picinfo": picture(photo)});
    let found = call(&caller, "GetPictureSearch", search(&sample("obama2.jpg"))).await;
    let one = &found["info"]["SearchInfo"][0];
    assert_eq!(
        (&found["info"]["TotalNum"], &one["PersonUUID"]),
        (&json!(1), &json!("u-1"))
    );
    assert_eq!(
        (&one["MjCardNo"], &one["Cernumber"]),
        (&json!(1_234_567), &json!("422823199012141054"))
    );
    let file = json!({"Filetype": one["Filetype"], "Fileindex": one["Fileindex"], "Filepos": one["Filepos"]});
    assert_eq!(
        caller.told("GetImage", file).await["FeatureData1"],
        picture(&sample("obama.jpg"))
    );
    assert_eq!(
        caller
            .refused("GetImage", json!({"Filetype": 3, "Fileindex": 0, "Filepos": 0}))
            .await,
        462
    );
    let none = call(&caller, "GetPictureSearch", search(&sample("biden.jpg"))).await;
    assert_eq!(none["info"]["TotalNum"], 0);
    // The camera.
    let whole = async |whole: i64| caller.call("FrontalFaceSnap", json!({"Overall": whole})).await;
    assert_eq!(whole(1).await["info"]["Result"], "Fail", "nothing was seen yet");
    door.frame(crate::any_photo()).await;
    assert_eq!(whole(1).await["info"]["FacePic"], picture(&crate::any_photo()));
    assert_eq!(failed(&whole(0).await, "FrontalFaceSnap"), 473);
    door.frame(sample("biden.jpg")).await;
    assert!(
        whole(0).await["info"]["FacePic"]
            .as_str()
            .unwrap()
            .starts_with(crate::PREFIX)
    );
}
