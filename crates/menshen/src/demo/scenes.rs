//! One round of the demo: who comes, what should happen, what happens.

use super::client::Kiosk;
use super::doors::{Expected, Plan};
use super::events::Events;
use super::people::{People, Role, Shown};
use super::site::{Site, text, visit_end};
use crate::output;
use anyhow::Result;
use jiff::Timestamp;
use serde_json::Value;
use std::time::{Duration, Instant};

/// How long the visitor may pass.
const VISIT: Duration = Duration::from_secs(30);
/// A little over the end of the visit, so that both clocks are past it.
const AFTER_THE_END: Duration = Duration::from_millis(500);
/// A record that is not at the hub by then is told as missing.
const RECORD_WITHIN: Duration = Duration::from_secs(10);

/// A door of the stage.
pub(crate) struct At {
    /// What it is.
    pub(crate) plan: &'static Plan,
    /// Its terminal's id at the hub.
    pub(crate) device: String,
    /// Its camera and reader.
    pub(crate) kiosk: Kiosk,
}

/// The demo's stage.
pub(crate) struct Stage {
    /// The hub's side.
    pub(crate) site: Site,
    /// The terminals' side.
    pub(crate) doors: Vec<At>,
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
        self.site.forget(&third).await?;
        self.site.enrol(&member, "member", None).await?;
        say("enrolled", &member, "as a member, without an end")?;
        let end = visit_end(Timestamp::now(), VISIT)?;
        self.site.enrol(&visitor, "visitor", Some(end)).await?;
        say("enrolled", &visitor, &format!("as a visitor until {end}"))?;

        self.passes(&member, "granted").await?;
        self.passes(&visitor, "granted").await?;
        self.stranger_passes(&third).await?;
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
        self.pass_everywhere(&visitor, |plan| plan.after_visit).await?;
        self.site.forget(&third).await?;
        say("removed", &third, "")?;
        self.stranger_passes(&third).await
    }

    async fn passes(&mut self, role: &Role, result: &'static str) -> Result<()> {
        self.pass_everywhere(role, |_| Expected::both(result)).await
    }

    /// The door knows an unknown card from an unknown face; not every wire does.
    async fn stranger_passes(&mut self, role: &Role) -> Result<()> {
        let with_card = role.card.is_some();
        self.pass_everywhere(role, |plan| match with_card {
            true => plan.unknown_card,
            false => Expected::both("stranger"),
        })
        .await
    }

    async fn pass_everywhere(&mut self, role: &Role, expected: impl Fn(&Plan) -> Expected) -> Result<()> {
        for place in 0..self.doors.len() {
            for (shown, what) in &role.shows {
                self.pass(place, role, (shown, what), &expected).await?;
                tokio::time::sleep(self.pause).await;
            }
        }
        Ok(())
    }

    /// Lets someone come to a door and tells what the door and the hub said.
    async fn pass(
        &mut self,
        place: usize,
        role: &Role,
        (shown, what): (&Shown, &str),
        expected: impl Fn(&Plan) -> Expected,
    ) -> Result<()> {
        let Some(at) = self.doors.get(place) else {
            return Ok(());
        };
        let expected = expected(at.plan);
        self.events.forget();
        let answer = match shown {
            Shown::Picture(picture) => at.kiosk.frame(picture.clone()).await?,
            Shown::Card(number) => at.kiosk.card(number).await?,
        };
        let answered = Instant::now();
        let result = answer
            .get("decision")
            .map(|decision| text(decision, "result"))
            .unwrap_or_default();
        let record = self
            .events
            .next(RECORD_WITHIN, |name, data| {
                name == "record.created" && text(data, "device_id") == at.device
            })
            .await;
        let recorded = record
            .as_ref()
            .map(|record| text(record, "result"))
            .unwrap_or_default();
        let as_it_should = result == expected.door && recorded == expected.hub;
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
            format!("   UNEXPECTED, {} was due", expected.door)
        };
        let door = if result.is_empty() { "no decision" } else { &result };
        output::line(format_args!(
            "pass      {:<8} {:<8} {door:<14} {}{at_the_hub}   ({what}){mark}",
            at.plan.dialect,
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
    format!("at the hub after {} ms{pictures}", after.as_millis())
}
