//! One round of the demo: who comes, what should happen, what happens.

use super::client::Kiosk;
use super::events::Events;
use super::people::{People, Role, Shown};
use super::site::{Site, text, visit_end};
use crate::output;
use anyhow::Result;
use jiff::Timestamp;
use serde_json::Value;
use std::time::{Duration, Instant};

/// How long the visitor may pass.
const VISIT: Duration = Duration::from_secs(20);
/// A little over the end of the visit, so that both clocks are past it.
const AFTER_THE_END: Duration = Duration::from_millis(500);
/// A record that is not at the hub by then is told as missing.
const RECORD_WITHIN: Duration = Duration::from_secs(10);

/// The demo's stage.
pub(crate) struct Stage {
    /// The hub's side.
    pub(crate) site: Site,
    /// The terminal's side.
    pub(crate) kiosk: Kiosk,
    /// What the hub tells.
    pub(crate) events: Events,
    /// The three.
    pub(crate) people: People,
    /// Between two passes.
    pub(crate) pause: Duration,
    /// Passes that did not go as they should.
    pub(crate) surprises: u32,
}

impl Stage {
    /// Plays one round.
    pub(crate) async fn round(&mut self) -> Result<()> {
        let People {
            member,
            visitor,
            third,
        } = self.people.clone();
        let by_card = third.card.is_some();
        self.site.forget(&third).await?;
        self.site.enrol(&member, "member", None).await?;
        say("enrolled", &member, "as a member, without an end")?;
        let end = visit_end(Timestamp::now(), VISIT)?;
        self.site.enrol(&visitor, "visitor", Some(end)).await?;
        say("enrolled", &visitor, &format!("as a visitor until {end}"))?;

        self.passes(&member, "granted").await?;
        self.passes(&visitor, "granted").await?;
        self.passes(&third, if by_card { "not_authorised" } else { "stranger" })
            .await?;
        self.site.enrol(&third, "blocked", None).await?;
        say("enrolled", &third, "as blocked")?;
        self.passes(&third, "blocked").await?;

        let left = Timestamp::now().duration_until(end);
        if let Ok(left) = Duration::try_from(left) {
            say(
                "waiting",
                &visitor,
                &format!("until the visit is over, {} s", left.as_secs() + 1),
            )?;
            tokio::time::sleep(left + AFTER_THE_END).await;
        }
        self.passes(&visitor, "expired").await
    }

    async fn passes(&mut self, role: &Role, expected: &str) -> Result<()> {
        for (shown, what) in &role.shows {
            self.pass(role, shown, what, expected).await?;
            tokio::time::sleep(self.pause).await;
        }
        Ok(())
    }

    /// Lets someone come to the door and tells what the door and the hub said.
    async fn pass(&mut self, role: &Role, shown: &Shown, what: &str, expected: &str) -> Result<()> {
        self.events.forget();
        let answer = match shown {
            Shown::Picture(picture) => self.kiosk.frame(picture.clone()).await?,
            Shown::Card(number) => self.kiosk.card(number).await?,
        };
        let answered = Instant::now();
        let result = answer
            .get("decision")
            .map(|decision| text(decision, "result"))
            .unwrap_or_default();
        let device = self.site.device.clone();
        let record = self.events.next(RECORD_WITHIN, |name, data| {
            name == "record.created" && text(data, "device_id") == device
        });
        let record = record.await;
        let as_it_should = result == expected
            && record
                .as_ref()
                .is_ok_and(|record| text(record, "result") == expected);
        if !as_it_should {
            self.surprises += 1;
        }
        let at_the_hub = match &record {
            Ok(record) => told(record, answered.elapsed()),
            Err(error) => format!("not at the hub: {error:#}"),
        };
        let mark = if as_it_should {
            String::new()
        } else {
            format!("   UNEXPECTED, {expected} was due")
        };
        let door = if result.is_empty() { "no decision" } else { &result };
        output::line(format_args!(
            "pass      {:<8} {door:<14} {}{at_the_hub}   ({what}){mark}",
            role.name,
            similarity(&answer)
        ))?;
        Ok(())
    }
}

fn say(what: &str, role: &Role, how: &str) -> Result<()> {
    output::line(format_args!("{what:<9} {:<8} {how}", role.name))
}

fn similarity(answer: &Value) -> String {
    let face = answer.get("faces").and_then(|faces| faces.get(0));
    match face
        .and_then(|face| face.get("similarity"))
        .and_then(Value::as_f64)
    {
        Some(similarity) => format!("similarity {similarity:.2}  "),
        None => String::new(),
    }
}

/// What the hub knows of the pass.
fn told(record: &Value, after: Duration) -> String {
    let has = |key: &str| record.get(key).is_some_and(|value| !value.is_null());
    let pictures = match (has("photo_url"), has("registered_photo_url")) {
        (true, true) => " with capture and registered photo",
        (true, false) => " with capture",
        _ => "",
    };
    format!(
        "record {} at the hub after {} ms{pictures}",
        text(record, "id"),
        after.as_millis()
    )
}
