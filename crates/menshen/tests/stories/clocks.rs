//! Clocks that are wrong, in other zones and put back: records keep the right instant or say that it is in doubt, and
//! none is lost.

use crate::kit::{Pair, until};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde_json::json;
use store::MasterKey;
use store::terminal::TerminalStore;

/// Under which name a terminal keeps what its clock is ahead of the computer's, in milliseconds.
const OFFSET: &str = "clock.offset_ms";
/// As far as a request may be under way on a busy machine.
const UNDER_WAY: SignedDuration = SignedDuration::from_secs(5);
/// By so much the platform's clock is moved.
const MOVED: SignedDuration = SignedDuration::from_hours(2);
const THREE_DAYS: SignedDuration = SignedDuration::from_hours(72);
const WEST: &str = "America/Los_Angeles";
const WITH_SUMMER: &str = "America/New_York";
const PEOPLE: usize = 4;

/// What may be told of a pass's time.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    /// The right one, and that it is.
    Sure,
    /// The right one.
    Right,
    /// The right one, or that it is in doubt.
    RightOrInDoubt,
}

/// A pass, and when it really was.
struct Passed {
    person: String,
    at: Timestamp,
    told: Told,
}

/// A terminal whose clock and zone are played with.
struct Door {
    pair: Pair,
    passed: Vec<Passed>,
}

impl Door {
    /// A door in a zone that the hub knows of; each of some people passes once.
    async fn start(zone: &str) -> Self {
        let zone_there = format!("terminal.time_zone={zone}");
        let mut pair = Pair::start(&["terminal.repeat_seconds=0", &zone_there]).await;
        pair.people_with_cards(PEOPLE).await;
        let device = format!("/devices/{}", pair.device);
        pair.api.patch(&device, &json!({ "time_zone": zone })).await;
        // What the terminal was told of the time before was told for another zone.
        pair.hub.stop();
        pair.hub.restart();
        pair.hub_ready().await;
        pair.online().await;
        let door = Self {
            pair,
            passed: Vec::new(),
        };
        door.in_time().await;
        door
    }

    /// Waits until the terminal's clock is right.
    async fn in_time(&self) {
        until("the terminal's clock to be right", || async {
            let now: Timestamp = self.pair.kiosk.try_state().await?["now"].as_str()?.parse().ok()?;
            (Timestamp::now().duration_since(now).abs() < UNDER_WAY).then_some(())
        })
        .await;
    }

    /// The next person passes; it is `ahead` of now.
    async fn pass(&mut self, ahead: SignedDuration, told: Told) {
        let person = format!("p{}", self.passed.len());
        let answer = self.pair.kiosk.card(&person).await;
        assert_eq!(answer["decision"]["result"], "granted", "{answer}");
        let at = Timestamp::now() + ahead;
        self.passed.push(Passed { person, at, told });
    }

    /// Sets the clock of the terminal, which no hub can put right meanwhile.
    async fn set_clock(&mut self, ahead: SignedDuration) {
        self.pair.terminal.stop();
        let folder = self.pair.folder.path().join("terminal");
        let key = MasterKey::obtain(
            None,
            &folder.join("menshen.key"),
            &TerminalStore::database(&folder),
        );
        let store = TerminalStore::open(&folder, key.unwrap()).await.unwrap();
        let offset = ahead.as_millis().to_string();
        store.state.set(OFFSET, Some(offset.as_bytes())).await.unwrap();
        store.close().await;
        self.pair.terminal.restart();
        self.pair.kiosk_ready().await;
    }

    async fn hub_is_back(&mut self) {
        self.pair.hub.restart();
        self.pair.hub_ready().await;
        self.pair.online().await;
    }

    /// The terminal's clock is put right: where the dialect has a word for it, by that, else it was on coming back.
    async fn put_right(&self) {
        let device = format!("/devices/{}", self.pair.device);
        let capabilities = self.pair.api.get(&device).await["capabilities"].clone();
        if capabilities.as_array().unwrap().contains(&json!("sync_time")) {
            self.pair
                .api
                .post(&format!("{device}/commands"), &json!({ "kind": "sync_time" }))
                .await;
        }
        self.in_time().await;
    }

    /// Each pass is at the hub, once, at the right time or in doubt.
    async fn all_arrived(&self) {
        let records = self.pair.drained().await;
        assert_eq!(records.len(), self.passed.len(), "{records:#?}");
        for passed in &self.passed {
            let record = records
                .iter()
                .find(|record| record["person_id"] == passed.person.as_str())
                .unwrap_or_else(|| panic!("{} is not among {records:#?}", passed.person));
            let at: Timestamp = record["occurred_at"].as_str().unwrap().parse().unwrap();
            let is_right = at.duration_since(passed.at).abs() < UNDER_WAY;
            let in_doubt = record["clock_suspect"] == true;
            let is_told = match passed.told {
                Told::Sure => is_right && !in_doubt,
                Told::Right => is_right,
                Told::RightOrInDoubt => is_right || in_doubt,
            };
            assert!(is_told, "{} passed at {}: {record}", passed.person, passed.at);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_door_eight_hours_west_tells_the_right_time() {
    let mut door = Door::start(WEST).await;
    door.pass(SignedDuration::ZERO, Told::Sure).await;
    door.pair.records_at_least(1).await;
    door.pair.hub.stop();
    door.pass(SignedDuration::ZERO, Told::Sure).await;
    door.hub_is_back().await;
    door.pass(SignedDuration::ZERO, Told::Sure).await;
    door.all_arrived().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_of_a_clock_that_is_three_days_ahead() {
    of_a_clock_that_is_off(THREE_DAYS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_of_a_clock_that_is_three_days_behind() {
    of_a_clock_that_is_off(-THREE_DAYS).await;
}

async fn of_a_clock_that_is_off(ahead: SignedDuration) {
    let mut door = Door::start(WEST).await;
    door.pair.hub.stop();
    door.set_clock(ahead).await;
    door.pass(SignedDuration::ZERO, Told::RightOrInDoubt).await;
    door.pass(SignedDuration::ZERO, Told::RightOrInDoubt).await;
    door.hub_is_back().await;
    door.put_right().await;
    door.pass(SignedDuration::ZERO, Told::RightOrInDoubt).await;
    door.all_arrived().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_while_the_platforms_clock_is_moved_and_moved_back() {
    let mut door = Door::start(WEST).await;
    door.pair.hub.stop();
    door.pass(SignedDuration::ZERO, Told::RightOrInDoubt).await;
    door.pair.hub.restart_ahead(&format!("+{}s", MOVED.as_secs()));
    door.pair.hub_ready().await;
    door.pair.online().await;
    door.pair.records_at_least(1).await;
    // What the platform's clock says is right as long as it says it.
    door.pass(MOVED, Told::RightOrInDoubt).await;
    door.pair.records_at_least(2).await;
    door.pair.hub.stop();
    door.pass(SignedDuration::ZERO, Told::RightOrInDoubt).await;
    door.hub_is_back().await;
    door.put_right().await;
    door.pass(SignedDuration::ZERO, Told::RightOrInDoubt).await;
    door.all_arrived().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_hour_that_comes_twice_and_one_that_never_comes_are_told_apart_or_in_doubt() {
    let mut door = Door::start(WITH_SUMMER).await;
    let zone = TimeZone::get(WITH_SUMMER).unwrap();
    let long_ago = Timestamp::now() - SignedDuration::from_hours(24);
    door.pair.hub.stop();
    for change in zone.preceding(long_ago).take(2) {
        let change = change.timestamp();
        for minutes in [-30, 30] {
            let then = change + minutes.minutes();
            let ahead = then.duration_since(Timestamp::now());
            door.set_clock(ahead).await;
            let comes_twice = zone.to_ambiguous_timestamp(zone.to_datetime(then)).is_ambiguous();
            let told = if comes_twice {
                Told::RightOrInDoubt
            } else {
                Told::Right
            };
            door.pass(ahead, told).await;
        }
    }
    door.hub_is_back().await;
    door.put_right().await;
    door.all_arrived().await;
}
