//! 9.1 and 9.4: the changes of the platform's people, made here one after the other, each with its result.

use super::super::{DIALECT, Endpoint};
use crate::endpoints::told;
use crate::people::{PutError, model_id};
use dialects::lenient;
use dialects::openapi::convert::platform::person_from_change;
use dialects::openapi::platform::{Change, FaceChange, QueryTime, StoreResult, SyRecord, SyResult};
use dialects::told::ToldPerson;
use model::access::Rule;
use model::{Person, PersonKind};
use serde_json::Value;
use std::time::Duration;

/// Results that wait for a platform that does not take them; the oldest go first.
const RESULTS: usize = 10_000;

/// Asks for changes, for ever: at once again while there are more.
pub(super) async fn poll(endpoint: &Endpoint) {
    let every = Duration::from_secs(endpoint.config.poll_seconds);
    let mut results = Vec::new();
    loop {
        deliver(endpoint, &mut results).await;
        let goes_on = results.is_empty() && ask(endpoint, &mut results).await;
        deliver(endpoint, &mut results).await;
        if !goes_on || !results.is_empty() {
            tokio::time::sleep(every).await;
        }
    }
}

/// Asks once; whether more is to be expected at once.
async fn ask(endpoint: &Endpoint, results: &mut Vec<StoreResult>) -> bool {
    let since = since(&endpoint.memory.get().mark);
    let told = endpoint.ask(&SyRecord { since: since.clone() }).await;
    let changes = match told {
        Ok(changes) => changes,
        Err(problem) => {
            tracing::info!(problem, "the platform was not asked for changes");
            return false;
        }
    };
    let some = !changes.list.is_empty();
    for change in &changes.list {
        let result = match make(endpoint, change).await {
            Ok(()) => StoreResult::done(change.id.trim()),
            Err(problem) => {
                tracing::info!(
                    person = change.id,
                    problem,
                    "a change of the platform was not made"
                );
                StoreResult::failed(change.id.trim(), &problem)
            }
        };
        results.push(result);
    }
    if changes.mark == since {
        return false;
    }
    // What is kept only now is asked for again after a crash: a change made twice is the same.
    let mark = changes.mark.as_text().to_owned();
    if let Err(error) = endpoint.memory.change(|memory| memory.mark = mark).await {
        tracing::error!(%error, "how far the changes were read could not be kept");
        return false;
    }
    some
}

/// A kept mark, or the beginning.
fn since(mark: &str) -> QueryTime {
    match mark {
        "" => QueryTime::beginning(),
        mark => lenient::read(&Value::from(mark)).unwrap_or_default(),
    }
}

/// Reports each result until it is taken (terminal rule 33).
async fn deliver(endpoint: &Endpoint, results: &mut Vec<StoreResult>) {
    let excess = results.len().saturating_sub(RESULTS);
    results.drain(..excess);
    while let Some(result) = results.first() {
        match endpoint.ask(&SyResult::one(result.clone())).await {
            Ok(answer) if answer.is_success() => drop(results.remove(0)),
            Ok(answer) => return tracing::info!(desc = answer.desc, "a result was not taken"),
            Err(problem) => return tracing::info!(problem, "a result was not taken"),
        }
    }
}

async fn make(endpoint: &Endpoint, change: &FaceChange) -> Result<(), String> {
    let id = change.id.trim();
    if let Change::Delete = change.operation {
        // Deleting again is no failure: whoever was to go is gone.
        let deleted = endpoint.device.delete_person(id).await;
        return deleted.map(drop).map_err(|error| error.to_string());
    }
    change.check().map_err(|error| error.to_string())?;
    let person = person_from_change(change, model_id(id));
    let url = person.photo_url.clone().unwrap_or_default();
    let picture = endpoint.client.picture(&url).await;
    let picture = picture.map_err(|error| format!("userImageUrl: {error}"))?;
    let (wire_id, extra) = (person.wire_id.clone(), person.extra.clone());
    let photos = vec![(String::new(), picture.to_vec())];
    told::take(&endpoint.device, DIALECT, person, Some(photos), lay_over)
        .await
        .map_err(|error| match error {
            PutError::Photo { fault, .. } => fault.explanation().to_owned(),
            other => other.to_string(),
        })?;
    let kept = endpoint.keep_extra(&wire_id, &extra).await;
    kept.map_err(|error| error.to_string())
}

/// When somebody who is there may pass stays: chapter 9 says nothing of it, nor of who is blocked.
fn lay_over(told: ToldPerson, person: &mut Person, _: &mut Vec<Rule>) {
    person.name = told.person.name;
    person.kind = kind_of(person.kind, told.person.kind);
    person.gender = told.person.gender;
    person.remark = told.person.remark;
}

/// What somebody is now: the dialect tells visitors from all others alone.
fn kind_of(held: PersonKind, told: PersonKind) -> PersonKind {
    match (held, told) {
        (PersonKind::Blocked, _) => PersonKind::Blocked,
        (PersonKind::Vip, PersonKind::Member) => PersonKind::Vip,
        (_, told) => told,
    }
}
