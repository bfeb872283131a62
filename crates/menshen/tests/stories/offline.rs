//! A terminal without a hub: it works on, and delivers everything in order afterwards.

use crate::WIRE;
use crate::kit::{Kiosk, Pair, number, photos};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// Two passes of one person that the wire cannot tell apart are one record: so far apart they are two.
fn apart() -> Duration {
    WIRE.resolution + Duration::from_millis(100)
}
/// Every so many passes one is by face, where there are models.
const A_FACE_EVERY: usize = 50;

/// Lets people pass so that no two passes of one person share a second.
struct Queue {
    last: HashMap<String, Instant>,
}

impl Queue {
    async fn turn(&mut self, person: &str) {
        if let Some(last) = self.last.insert(person.to_owned(), Instant::now()) {
            tokio::time::sleep(apart().saturating_sub(last.elapsed())).await;
            self.last.insert(person.to_owned(), Instant::now());
        }
    }

    async fn card(&mut self, kiosk: &Kiosk, person: &str) {
        self.turn(person).await;
        let answer = kiosk.card(person).await;
        assert_eq!(answer["decision"]["result"], "granted", "{answer}");
    }

    async fn face(&mut self, kiosk: &Kiosk, person: &str, photo: &[u8]) {
        self.turn(person).await;
        let answer = kiosk.frame(photo.to_vec()).await;
        assert_eq!(answer["faces"][0]["person_id"], person, "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn passes_without_a_hub_are_delivered_in_order_when_it_is_back() {
    let passes = number("MENSHEN_TEST_PASSES", 500);
    let people = if WIRE.needs_photo {
        10
    } else {
        (passes / 5).clamp(20, 300)
    };
    let mut pair = Pair::start(&["terminal.repeat_seconds=0"]).await;
    pair.people_with_cards(people).await;
    let photos = photos();
    if let Some(photos) = &photos {
        pair.person("face", &json!({})).await;
        pair.api
            .upload("/persons/face/photos", photos[0][0].clone())
            .await;
        pair.settled(people + 1).await;
    }
    pair.hub.kill();

    let mut queue = Queue { last: HashMap::new() };
    let mut expected = Vec::new();
    for n in 0..passes {
        match &photos {
            Some(photos) if n % A_FACE_EVERY == A_FACE_EVERY - 1 => {
                queue.face(&pair.kiosk, "face", &photos[0][1]).await;
                expected.push("face".to_owned());
            }
            _ => {
                let person = format!("p{}", n % people);
                queue.card(&pair.kiosk, &person).await;
                expected.push(person);
            }
        }
    }

    let back = Timestamp::now();
    pair.hub.restart();
    pair.hub_ready().await;
    let records = pair.drained().await;
    let delivered: Vec<&str> = records
        .iter()
        .map(|record| record["person_id"].as_str().unwrap_or("nobody"))
        .collect();
    if WIRE.newest_first {
        expected.reverse();
    }
    assert_eq!(delivered, expected);
    // A wire second cannot be told from the connection's own: the very last passes may be either.
    let kept = |record: &Value| {
        let at: Timestamp = record["occurred_at"].as_str().unwrap().parse().unwrap();
        at < back - SignedDuration::from_secs(2)
    };
    assert!(
        records
            .iter()
            .filter(|record| kept(record))
            .all(|record| record["late"] == true),
        "what was kept during an outage is late"
    );
    assert!(records.iter().any(kept));
}
