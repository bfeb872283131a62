//! What is pushed, and where to (3.12, 3.13, 3.32). Somebody's subscription is renewed as it is; where there is none, one of the
//! probe's own comes and goes.

use super::found::Found;
use super::{Ask, call, restored};
use crate::probe::compare::Difference;
use crate::probe::look::{Looked, at, is};
use crate::probe::row::{Row, Step};
use dialects::facegate::record::ManualPushRecords;
use dialects::facegate::subscription::SubscribeUrls;
use dialects::facegate::{Call, GetSubscribe, Subscribe, Subscription, Topic, Unsubscribe};
use dialects::lenient;
use jiff::civil::DateTime;
use serde_json::{Map, Value, json};

/// What the probe subscribes to: results without pictures.
const TOPIC: Topic = Topic::VerifyNoPic;
/// Where they are pushed.
const PATH: &str = "/verify";
/// Where heartbeats are pushed.
const BEAT_PATH: &str = "/heartbeat";

/// A second in which there was no such terminal: its records are none, and nobody is told anything.
const NEVER: (DateTime, DateTime) = (
    DateTime::constant(2001, 1, 1, 0, 0, 0, 0),
    DateTime::constant(2001, 1, 1, 0, 0, 1, 0),
);

/// Subscribing, as it is tried; what is pushed by hand is tried while somebody subscribes.
pub(super) const ROWS: &[Row<Call, Found>] = &[
    restored(
        "GetSubscribe",
        "3.12.9",
        &[Step::looked_at(|_| call(GetSubscribe {}), keep)],
    ),
    restored(
        "Subscribe",
        "3.12",
        &[
            Step::ask(subscribe),
            Step::looked_at(|_| call(GetSubscribe {}), has),
        ],
    ),
    restored(
        "ManualPushRecords",
        "3.32",
        &[Step::looked_at(
            |_| call(ManualPushRecords::between(NEVER.0, NEVER.1)),
            |_, answer| is(answer, "info.RecordNum", &json!(0)),
        )],
    ),
    restored(
        "Unsubscribe",
        "3.13",
        &[
            Step::ask(unsubscribe),
            Step::looked_at(|_| call(GetSubscribe {}), has_not),
            Step::ask(|found: &Found| call(Subscribe(theirs(found)?))).always(),
        ],
    ),
];

fn read(answer: &Value) -> Option<Subscription> {
    let info = at(answer, "info").as_object();
    let told: Map<String, Value> = info?.clone();
    lenient::read(&Value::Object(told)).ok()
}

fn keep(found: &mut Found, answer: &Value) -> Looked {
    found.subscription = read(answer);
    match found.subscription {
        Some(_) => Ok(()),
        None => Err(Difference::new("info", "is no subscription")),
    }
}

/// Somebody's subscription, whole.
fn theirs(found: &Found) -> Result<Subscription, String> {
    let told = found.subscription.clone();
    let told = told.ok_or("it does not tell what is subscribed")?;
    if told.topics.is_empty() {
        return Err("nobody subscribed to it".to_owned());
    }
    if told.is_basic() && told.password.is_none() {
        return Err("somebody subscribed to it, with a password that it does not tell".to_owned());
    }
    Ok(told)
}

fn is_free(found: &Found) -> Result<bool, String> {
    let told = found.subscription.as_ref();
    let told = told.ok_or("it does not tell what is subscribed")?;
    Ok(told.topics.is_empty())
}

fn ours(found: &Found) -> Result<Subscription, String> {
    Ok(Subscription {
        topics: vec![TOPIC],
        address: Some(found.base()?),
        urls: Some(SubscribeUrls {
            verify: Some(PATH.to_owned()),
            heart_beat: Some(BEAT_PATH.to_owned()),
            ..SubscribeUrls::default()
        }),
        auth: Some("none".to_owned()),
        ..Subscription::default()
    })
}

fn due(found: &Found) -> Result<Subscription, String> {
    if is_free(found)? {
        ours(found)
    } else {
        theirs(found)
    }
}

fn subscribe(found: &Found) -> Ask {
    call(Subscribe(due(found)?))
}

fn unsubscribe(found: &Found) -> Ask {
    if !is_free(found)? && !found.destructive {
        return Err("somebody else subscribed to it; tried with --destructive".to_owned());
    }
    let topics = due(found)?.topics;
    call(Unsubscribe { topics })
}

fn has(found: &mut Found, answer: &Value) -> Looked {
    let wrong = |text: &str| Difference::new("info.Topics", text);
    let due = due(found).map_err(|why| wrong(&why))?;
    let told = read(answer).unwrap_or_default();
    let is_there = due.topics.iter().all(|topic| told.topics.contains(topic));
    if is_there && told.address == due.address {
        return Ok(());
    }
    Err(wrong("are not those that were subscribed, at their address"))
}

fn has_not(found: &mut Found, answer: &Value) -> Looked {
    let due = due(found).map_err(|why| Difference::new("info.Topics", why))?;
    let told = read(answer).unwrap_or_default();
    if due.topics.iter().any(|topic| told.topics.contains(topic)) {
        return Err(Difference::new("info.Topics", "still has what was unsubscribed"));
    }
    Ok(())
}
