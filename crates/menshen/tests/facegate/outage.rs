//! An outage during which the terminal's clock is moved over the wire (3.5): with resuming its records come by themselves, in
//! order; without, the hub fetches them (3.22). `MENSHEN_TEST_PASSES` asks for more passes.

use crate::WIRE;
use crate::caller::Caller;
use crate::kit::{Pair, number, until};
use jiff::civil::{DateTime, date};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::{Duration, Instant};

const PEOPLE: usize = 10;
/// As far as a request may be under way on a busy machine.
const UNDER_WAY: SignedDuration = SignedDuration::from_secs(5);
/// What the clock is moved by before each part of the passes.
const MOVED: [SignedDuration; 3] = [
    SignedDuration::ZERO,
    SignedDuration::from_hours(2),
    SignedDuration::from_hours(-3),
];

#[tokio::test(flavor = "multi_thread")]
async fn what_is_resumed_arrives_in_order_whatever_the_clock_said() {
    let mut outage = Outage::begin(true).await;
    outage.pair.hub.restart();
    outage.all_is_told().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_resumed_is_fetched_whatever_the_clock_said() {
    let mut outage = Outage::begin(false).await;
    outage.pair.hub.restart();
    outage.all_is_told().await;
}

/// The hub is gone again before it fetched anything, and when it is back the clock is right.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_wrong_clock_recorded_is_fetched_after_another_outage() {
    let mut outage = Outage::begin(false).await;
    outage.pair.hub.restart();
    until("the clock to be found wrong", || async {
        let device = outage.pair.api.try_get(&outage.pair.at("")).await?;
        (device["clock_skew_ms"].as_i64()?.abs() > 300_000).then_some(())
    })
    .await;
    outage.pair.hub.stop();
    let moved: SignedDuration = MOVED.into_iter().sum();
    move_clock(&outage.other, -moved).await;
    outage.pair.hub.restart();
    outage.all_is_told().await;
}

/// What happened while the hub was away, which it still is.
struct Outage {
    pair: Pair,
    other: Caller,
    resumes: bool,
    /// Who passed, and when.
    passed: Vec<(String, Timestamp)>,
}

impl Outage {
    async fn begin(resumes: bool) -> Self {
        let hub = ["devices.fill_after_ms=3000"];
        let terminal = ["terminal.repeat_seconds=0", "facegate.resend_seconds=1"];
        let mut pair = Pair::start_with_hub(&hub, &terminal).await;
        pair.people_with_cards(PEOPLE).await;
        let other = Caller::of(&pair).await;
        if !resumes {
            subscribe_without_resuming(&other).await;
        }
        pair.hub.stop();

        let passes = number("MENSHEN_TEST_PASSES", 45);
        let mut passed = Vec::new();
        for (part, moved) in MOVED.into_iter().enumerate() {
            move_clock(&other, moved).await;
            let until = passes * (part + 1) / MOVED.len();
            pass(&pair, until, &mut passed).await;
        }
        Self {
            pair,
            other,
            resumes,
            passed,
        }
    }

    async fn all_is_told(&self) {
        let passed = &self.passed;
        self.pair.hub_ready().await;
        let records = self.pair.drained().await;
        assert_eq!(records.len(), passed.len(), "each once");
        let person = |record: &Value| record["person_id"].as_str().unwrap_or("nobody").to_owned();
        if self.resumes {
            let arrived: Vec<String> = records.iter().map(person).collect();
            let expected: Vec<String> = passed.iter().map(|(person, _)| person.clone()).collect();
            assert_eq!(arrived, expected);
        }
        // Those of one person arrive in their order, or stand apart by what the clock said.
        for n in 0..PEOPLE {
            let name = format!("p{n}");
            let mut mine: Vec<&Value> = records.iter().filter(|record| person(record) == name).collect();
            for (_, at) in passed.iter().filter(|(person, _)| *person == name) {
                let place = mine.iter().position(|record| is_told(record, *at));
                let place = place.unwrap_or_else(|| panic!("{name} passed at {at}: {mine:#?}"));
                mine.remove(place);
            }
            assert!(mine.is_empty(), "{mine:#?}");
        }
    }
}

/// The time is right, or said to be in doubt.
fn is_told(record: &Value, at: Timestamp) -> bool {
    let told: Timestamp = record["occurred_at"].as_str().unwrap().parse().unwrap();
    record["clock_suspect"] == true || told.duration_since(at).abs() < UNDER_WAY
}

/// What is pushed goes where it went, and from now on once.
async fn subscribe_without_resuming(other: &Caller) {
    let told = other.call("GetSubscribe", json!({})).await;
    let mut subscription = told["info"].clone();
    assert_eq!(subscription["ResumefromBreakpoint"], 1, "{told}");
    subscription["ResumefromBreakpoint"] = json!(0);
    subscription.as_object_mut().unwrap().remove("BeginTime");
    other.done("Subscribe", subscription).await;
}

/// Sets the clock of a terminal by what it says itself.
async fn move_clock(other: &Caller, by: SignedDuration) {
    if by.is_zero() {
        return;
    }
    let told = other.call("GetSysTime", json!({})).await["info"].clone();
    let part = |key: &str| i8::try_from(told[key].as_i64().unwrap()).unwrap();
    let year = i16::try_from(told["Year"].as_i64().unwrap()).unwrap();
    let day = date(year, part("Month"), part("Day"));
    let now: DateTime = day.at(part("Hour"), part("Minute"), part("Second"), 0);
    let then = now.checked_add(by).unwrap();
    let set = json!({
        "Year": then.year(), "Month": then.month(), "Day": then.day(),
        "Hour": then.hour(), "Minute": then.minute(), "Second": then.second(),
    });
    other.done("SetSysTime", set).await;
}

/// People pass one after the other until there were so many; no two passes of one person share a second of the wire.
async fn pass(pair: &Pair, until: usize, passed: &mut Vec<(String, Timestamp)>) {
    let mut last: HashMap<String, Instant> = HashMap::new();
    while passed.len() < until {
        let person = format!("p{}", passed.len() % PEOPLE);
        if let Some(last) = last.get(&person) {
            let apart = WIRE.resolution + Duration::from_millis(100);
            tokio::time::sleep(apart.saturating_sub(last.elapsed())).await;
        }
        last.insert(person.clone(), Instant::now());
        let answer = pair.kiosk.card(&person).await;
        assert_eq!(answer["decision"]["result"], "granted", "{answer}");
        passed.push((person, Timestamp::now()));
    }
}
