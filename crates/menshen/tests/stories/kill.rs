//! `kill -9` of either side while people pass: whatever was answered at the door is at the hub, once.

use crate::WIRE;
use crate::kit::{Kiosk, Pair, number};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// So many people at least.
const PEOPLE: usize = 10;
/// Between two passes.
const BETWEEN: Duration = Duration::from_millis(40);
/// A side lives this long at most before it is killed.
const LIVES_FOR_AT_MOST_MS: u64 = 1500;

/// One attempt to pass.
struct Attempt {
    person: String,
    began: Timestamp,
    ended: Timestamp,
    answered: bool,
}

impl Attempt {
    /// Whether a record with this person and time, as finely as the wire tells it, can be of this attempt.
    fn fits(&self, person: &str, at: Timestamp) -> bool {
        let resolution = i64::try_from(WIRE.resolution.as_millis()).unwrap();
        let tick = |at: Timestamp| at.as_millisecond() / resolution;
        let off = SignedDuration::try_from(WIRE.clock).unwrap();
        person == self.person && tick(self.began - off) <= tick(at) && tick(at) <= tick(self.ended + off)
    }
}

async fn keep_passing(kiosk: Kiosk, people: usize, stop: Arc<AtomicBool>) -> Vec<Attempt> {
    let mut attempts = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let person = format!("p{}", attempts.len() % people);
        let began = Timestamp::now();
        let answered = kiosk
            .try_card(&person)
            .await
            .is_some_and(|answer| !answer["record_id"].is_null());
        attempts.push(Attempt {
            person,
            began,
            ended: Timestamp::now(),
            answered,
        });
        tokio::time::sleep(BETWEEN).await;
    }
    attempts
}

pub(crate) fn random_moment() -> Duration {
    Duration::from_millis(uuid::Uuid::new_v4().as_u64_pair().0 % LIVES_FOR_AT_MOST_MS)
}

/// People who pass beside whatever happens.
pub(crate) struct Passing {
    people: usize,
    stop: Arc<AtomicBool>,
    attempts: tokio::task::JoinHandle<Vec<Attempt>>,
}

impl Passing {
    /// They begin once the terminal knows them.
    pub(crate) async fn start(pair: &Pair) -> Self {
        let people = WIRE.people(BETWEEN, PEOPLE);
        pair.people_with_cards(people).await;
        let stop = Arc::new(AtomicBool::new(false));
        let attempts = tokio::spawn(keep_passing(pair.kiosk.clone(), people, Arc::clone(&stop)));
        Self {
            people,
            stop,
            attempts,
        }
    }

    /// They stop, and the hub has each pass that was answered, once; there must be more of them than `least`.
    pub(crate) async fn all_arrive_once(self, pair: &Pair, least: usize) {
        self.stop.store(true, Ordering::Relaxed);
        let attempts = self.attempts.await.unwrap();
        pair.online().await;
        pair.settled(self.people).await;
        let answered = attempts.iter().filter(|attempt| attempt.answered).count();
        assert!(answered > least, "only {answered} passes were answered");
        let records = pair.drained().await;
        let mut left: Vec<(String, Timestamp)> = records
            .iter()
            .map(|record| {
                let at: Timestamp = record["occurred_at"].as_str().unwrap().parse().unwrap();
                (record["person_id"].as_str().unwrap_or("nobody").to_owned(), at)
            })
            .collect();
        // Those without an answer may or may not have been committed; they are matched last.
        let (sure, unsure): (Vec<&Attempt>, Vec<&Attempt>) =
            attempts.iter().partition(|attempt| attempt.answered);
        for attempt in sure {
            let at = left.iter().position(|(person, at)| attempt.fits(person, *at));
            let at =
                at.unwrap_or_else(|| panic!("{} at {} is not at the hub", attempt.person, attempt.began));
            left.swap_remove(at);
        }
        for attempt in unsure {
            if let Some(at) = left.iter().position(|(person, at)| attempt.fits(person, *at)) {
                left.swap_remove(at);
            }
        }
        assert!(
            left.is_empty(),
            "at the hub more than once, or never passed: {left:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answered_pass_is_lost_or_doubled_whoever_is_killed() {
    let rounds = number("MENSHEN_TEST_ROUNDS", 3);
    let mut pair = Pair::start(&["terminal.repeat_seconds=0"]).await;
    let passing = Passing::start(&pair).await;
    for _ in 0..rounds {
        tokio::time::sleep(random_moment()).await;
        pair.hub.kill();
        tokio::time::sleep(random_moment()).await;
        pair.hub.restart();
        pair.hub_ready().await;
    }
    for _ in 0..rounds {
        tokio::time::sleep(random_moment()).await;
        pair.terminal.kill();
        pair.terminal.restart();
        pair.kiosk_ready().await;
    }
    passing.all_arrive_once(&pair, rounds).await;
}
