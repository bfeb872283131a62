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

/// How long the visitor may pass, without the pauses.
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
        self.passes(&member, "granted").await?;

        let end = visit_end(Timestamp::now(), self.visit(&visitor)?)?;
        self.site.enrol(&visitor, "visitor", Some(end)).await?;
        say("enrolled", &visitor, &format!("as a visitor until {end}"))?;
        self.passes(&visitor, "granted").await?;
        self.stranger_passes(&third).await?;
        self.site.enrol(&third, "blocked", None).await?;
        say("enrolled", &third, "as blocked")?;
        self.pass_everywhere(&third, |plan| plan.blocked).await?;

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

    /// How long a visit lasts: the visitor's passes at all doors fit in.
    fn visit(&self, visitor: &Role) -> Result<Duration> {
        let passes = u32::try_from(self.doors.len() * visitor.shows.len())?;
        Ok(VISIT + self.pause * passes)
    }

    async fn passes(&mut self, role: &Role, result: &'static str) -> Result<()> {
        self.pass_everywhere(role, |_| Expected::both(result)).await
    }

    /// The door knows an unknown card from an unknown face; not every wire does.
    async fn stranger_passes(&mut self, role: &Role) -> Result<()> {
        let with_card = role.card.is_some();
        self.pass_everywhere(role, |plan| match with_card {
            true => plan.unknown_card,
            false => plan.stranger,
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
        let (dialect, device) = (at.plan.dialect, at.device.clone());
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
        let (recorded, at_the_hub) = match expected.hub {
            None => (None, "nothing that this wire tells the hub".to_owned()),
            Some(_) => match self.record(&device).await {
                Ok(record) => (Some(text(&record, "result")), told(&record, answered.elapsed())),
                Err(error) => (None, format!("not at the hub: {error:#}")),
            },
        };
        let as_it_should = result == expected.door && recorded.as_deref() == expected.hub;
        if !as_it_should {
            self.surprises += 1;
        }
        let mark = if as_it_should {
            String::new()
        } else {
            let at_the_hub = |result: Option<&str>| {
                result.map_or_else(String::new, |result| format!(", {result} at the hub"))
            };
            format!(
                "   UNEXPECTED{}: {}{} was due",
                at_the_hub(recorded.as_deref()),
                expected.door,
                at_the_hub(expected.hub)
            )
        };
        let door = if result.is_empty() { "no decision" } else { &result };
        output::line(format_args!(
            "pass      {dialect:<8} {:<8} {door:<14} {}{at_the_hub}   ({what}){mark}",
            role.name,
            similarity(&answer)
        ))?;
        Ok(())
    }

    /// The next record of a terminal.
    async fn record(&mut self, device: &str) -> Result<Value> {
        let of_the_device =
            |name: &str, data: &Value| name == "record.created" && text(data, "device_id") == device;
        self.events.next(RECORD_WITHIN, of_the_device).await
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
