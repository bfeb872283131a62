//! One row for each operator of the document, between two real processes: what a platform calls is asked through the hub's
//! API and seen at the terminal; what a terminal pushes has its cause at the terminal and is seen at the hub. Each subject
//! has a hub and a terminal of its own.

mod cameras;
mod cards;
mod device;
mod faces;
mod people;
mod pushes;
mod records;
mod settings;

use crate::kit::{Pair, photos};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dialects::facegate::Push;
use dialects::facegate::call::OPERATORS;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Instant;

/// The document's names of operators, as committed beside the dialect.
const NAMES: &str = include_str!("../../../../dialects/tests/names/facegate.txt");
/// The document's code of a parameter that is missing or out of range (C.10.1.1).
const BAD_PARAMETER: &str = "462";

struct World {
    pair: Pair,
    /// By person; the first has several.
    photos: Vec<Vec<Vec<u8>>>,
}

type Row = (&'static str, for<'a> fn(&'a mut World) -> BoxFuture<'a, ()>);

macro_rules! rows {
    ($($name:literal => $row:ident $(($($given:expr),* $(,)?))?),* $(,)?) => {
        &[$(($name, |world| Box::pin($row(world $($(, $given)*)?)))),*]
    };
}
use rows;

/// By subject, in the order in which they are looked at.
const SUBJECTS: [&[Row]; 8] = [
    people::ROWS,
    pushes::ROWS,
    records::ROWS,
    cards::ROWS,
    faces::ROWS,
    settings::ROWS,
    cameras::ROWS,
    device::ROWS,
];

#[test]
fn the_rows_are_the_documents_operators_and_the_codes() {
    let all = || SUBJECTS.into_iter().flatten().map(|(name, _)| *name);
    let rows: BTreeSet<&str> = all().collect();
    assert_eq!(rows.len(), all().count(), "a row twice");
    let committed: BTreeSet<&str> = NAMES.lines().collect();
    assert_eq!(rows, committed);
    let declared: BTreeSet<&str> = OPERATORS.into_iter().chain(Push::ALL.iter().copied()).collect();
    assert_eq!(rows, declared);
}

async fn play(rows: &[Row]) {
    let pair = Pair::start(&["terminal.repeat_seconds=0"]).await;
    let photos = photos().expect("the face models and sample photos");
    let mut world = World { pair, photos };
    for (name, row) in rows {
        let begun = Instant::now();
        row(&mut world).await;
        eprintln!("{name}: {} ms", begun.elapsed().as_millis());
    }
}

impl World {
    /// What a call tells: the `info` of the device's answer.
    async fn told(&self, operator: &str, fields: Value) -> Value {
        self.pair.native(operator, &fields).await["info"].clone()
    }

    /// A call that is answered with yes and nothing else (B.2).
    async fn done(&self, operator: &str, fields: Value) {
        let answer = self.pair.native(operator, &fields).await;
        let yes = json!({"operator": operator, "code": 200, "info": {"Result": "Ok"}});
        assert_eq!(answer, yes);
    }

    /// A call that the device refuses with one of the document's codes, and which word its reason has.
    async fn refused(&self, operator: &str, fields: Value, (code, word): (&str, &str)) {
        let error = self.pair.refused(operator, &fields).await;
        assert!(
            error.starts_with(code) && error.contains(word),
            "{operator}: {error}"
        );
    }

    /// Somebody with a photo, granted the door; on the terminal when it returns.
    async fn enrolled(&self, id: &str, more: &Value, photo: &[u8]) {
        let held = self.held().await;
        self.pair.person(id, more).await;
        let photos = format!("/persons/{id}/photos");
        self.pair.api.upload(&photos, photo.to_vec()).await;
        let applied = self.roster().await;
        self.pair.settled_at(applied, held + 1).await;
    }

    /// How many people the hub wants on the terminal.
    async fn roster(&self) -> usize {
        self.pair.api.all(&self.pair.at("/roster")).await.len()
    }

    /// How many people the terminal holds.
    async fn held(&self) -> usize {
        let persons = self.pair.kiosk.state().await["counts"]["persons"].as_u64();
        usize::try_from(persons.unwrap()).unwrap()
    }

    /// How often the door has opened.
    async fn openings(&self) -> u64 {
        self.pair.kiosk.state().await["door"]["openings"]
            .as_u64()
            .unwrap()
    }

    /// The device, as the hub tells it.
    async fn device(&self) -> Value {
        self.pair.api.get(&self.pair.at("")).await
    }

    /// The newest record, once the hub has one more than `before`.
    async fn next_record(&self, before: usize) -> Value {
        let records = self.pair.records_at_least(before + 1).await;
        records.last().unwrap().clone()
    }

    /// How the door answers something that is presented to its reader.
    async fn presented(&self, kind: &str, number: &str) -> String {
        let answer = self.pair.kiosk.present(kind, number).await;
        answer["decision"]["result"].as_str().unwrap().to_owned()
    }
}

/// A picture as it stands in a call.
fn picture(bytes: &[u8]) -> String {
    format!("data:image/jpeg;base64,{}", STANDARD.encode(bytes))
}

/// A picture as it stands in an answer, taken apart.
fn bytes_of(picture: &Value) -> Vec<u8> {
    let text = picture.as_str().unwrap();
    STANDARD.decode(text.split(',').next_back().unwrap()).unwrap()
}

/// A picture without a face.
fn nobody() -> Vec<u8> {
    let empty = image::DynamicImage::new_rgb8(320, 320);
    let mut jpeg = std::io::Cursor::new(Vec::new());
    empty.write_to(&mut jpeg, image::ImageFormat::Jpeg).unwrap();
    jpeg.into_inner()
}

/// A photo of which several fit into one command.
fn small(photo: &[u8]) -> Vec<u8> {
    let photo = image::load_from_memory(photo).unwrap().thumbnail(480, 480);
    let mut jpeg = std::io::Cursor::new(Vec::new());
    photo
        .to_rgb8()
        .write_to(&mut jpeg, image::ImageFormat::Jpeg)
        .unwrap();
    jpeg.into_inner()
}

/// Somebody as `AddPerson` takes them (3.10.1), whose cards are made of the number.
fn by_hand(uuid: &str, number: i64, photo: &[u8]) -> Value {
    json!({
        "PersonType": 0, "Name": format!("手工 {uuid}"), "Gender": 1, "Nation": 1, "CardType": 0, "IdCard": "",
        "Birthday": "1990-12-14", "Telnum": "18888888888", "Native": "广东深圳", "Address": "南山区", "Notes": "测试名单",
        "MjCardFrom": 2, "WiegandType": 1, "CardMode": 0, "MjCardNo": number, "RFCardMode": 0,
        "RFIDCard": number.to_string(), "Tempvalid": 0, "CustomizeID": number, "PersonUUID": uuid,
        "isCheckSimilarity": 0, "picinfo": picture(photo),
    })
}

/// What clocks on the wall of a zone show now.
fn local(zone: &str) -> jiff::civil::DateTime {
    let zone = jiff::tz::TimeZone::get(zone).unwrap();
    zone.to_datetime(jiff::Timestamp::now())
}
