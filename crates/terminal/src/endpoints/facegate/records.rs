//! What happened, asked for (3.22, 3.26) and pushed again (3.32).

use super::Endpoint;
use super::failure::Failure;
use super::pushes::topic;
use super::report::Facts;
use super::search::{is_of_age, is_of_gender};
use dialects::facegate::PersonRef;
use dialects::facegate::convert::{ReportKind, record_to_platform};
use dialects::facegate::record::control::REMOTE_NAME;
use dialects::facegate::record::{
    CaptureCount, CaptureQuery, Captures, ControlCount, ControlFilter, ControlRecords, ManualPushRecords,
    PushedRecords, SearchControl,
};
use dialects::facegate::time::any_wall_time;
use jiff::Timestamp;
use jiff::civil::DateTime;
use model::{CredentialKind, Method, Outcome};
use std::collections::HashSet;
use std::sync::Arc;

/// Pushes by hand that fail one after the other: more are in vain.
const MOST_FAILURES: u32 = 3;

impl Endpoint {
    /// `SearchControlNum`.
    pub(super) async fn count_records(&self, filter: &ControlFilter) -> Result<ControlCount, Failure> {
        let found = self.control_records(filter).await?;
        Ok(ControlCount {
            found: number(found.len()),
        })
    }

    /// `SearchControl`: nothing past the end.
    pub(super) async fn records(&self, call: &SearchControl) -> Result<ControlRecords, Failure> {
        let found = self.control_records(&call.filter).await?;
        let (with_registered, with_capture) = call.pictures();
        let mut records = Vec::new();
        for facts in page(found, call.filter.is_descending(), call.begin(), call.count()) {
            let material = self
                .material(facts, (with_capture, with_registered), false)
                .await?;
            records.push(material.report().control_record());
        }
        Ok(ControlRecords {
            records,
            of_one_person: call.filter.person().is_some(),
        })
    }

    async fn control_records(&self, filter: &ControlFilter) -> Result<Vec<Facts>, Failure> {
        let (from, until) = self.span(&filter.begin, &filter.end)?;
        let found = self.facts(from, until).await?;
        let control = found.into_iter().filter(|facts| facts.kind() != ReportKind::Snap);
        Ok(control.filter(|facts| self.is_meant(filter, facts)).collect())
    }

    /// By a person's id, by a part of the name, which makes the other conditions void, or by conditions.
    fn is_meant(&self, filter: &ControlFilter, facts: &Facts) -> bool {
        if let Some(person) = filter.person() {
            return self.is_of(&person, facts);
        }
        let name = filter
            .name
            .as_deref()
            .map(str::trim)
            .filter(|name| !name.is_empty());
        match name {
            Some(REMOTE_NAME) => return facts.details.method == Method::Remote,
            Some(name) => {
                return facts
                    .private
                    .name
                    .as_deref()
                    .is_some_and(|own| own.contains(name));
            }
            None => {}
        }
        let was_let_in = facts.details.told_outcome() == Outcome::Granted;
        let opened = match filter.opened {
            Some(1) => was_let_in,
            Some(2) => !was_let_in,
            _ => true,
        };
        // Where there is one camera, it is the first.
        let seen_by = facts.details.channel.unwrap_or_default().number();
        let on_channel = filter.channel.is_none_or(|channel| channel == i64::from(seen_by));
        let today = self.device.zone().to_datetime(self.device.clock.now()).date();
        opened
            && on_channel
            && is_of_gender(filter.gender, facts.private.gender)
            && is_of_age(filter.ages(), facts.private.birthday, today)
            && has_card(filter, facts)
    }

    /// `LibID` 0 means those who are deleted (QUIRKS A78).
    fn is_of(&self, person: &PersonRef, facts: &Facts) -> bool {
        let whose = facts.entry.person.as_deref();
        if *person == PersonRef::LibId(0) {
            return whose.is_some_and(|wire_id| self.device.people.find(wire_id).is_none());
        }
        let known = self.known(person);
        known.is_some_and(|known| whose == Some(known.member.wire_id.as_str()))
    }

    /// Two wall-clock times as instants.
    fn span(&self, begin: &str, end: &str) -> Result<(Timestamp, Timestamp), Failure> {
        Ok((self.instant(begin)?, self.instant(end)?))
    }

    /// A wall-clock time as an instant.
    pub(super) fn instant(&self, text: &str) -> Result<Timestamp, Failure> {
        let local: Option<DateTime> = any_wall_time(text);
        let instant = local.and_then(|local| self.device.zone().to_timestamp(local).ok());
        instant.ok_or_else(|| Failure::new(format!("Parameter error: {text:?} is no time")))
    }

    /// `SearchCaptureNum`.
    pub(super) async fn count_captures(&self, query: &CaptureQuery) -> Result<CaptureCount, Failure> {
        Ok(CaptureCount {
            found: number(self.strangers(query).await?.len()),
        })
    }

    /// `SearchCapture`: nothing past the end.
    pub(super) async fn captures(&self, query: &CaptureQuery) -> Result<Captures, Failure> {
        let found = self.strangers(query).await?;
        let mut captures = Vec::new();
        for facts in page(found, query.is_descending(), query.first(), query.count()) {
            let material = self.material(facts, (true, false), false).await?;
            captures.push(material.report().capture_record(material.number()));
        }
        Ok(Captures(captures))
    }

    async fn strangers(&self, query: &CaptureQuery) -> Result<Vec<Facts>, Failure> {
        let (from, until) = self.span(&query.begin, &query.end)?;
        let found = self.facts(from, until).await?;
        Ok(found
            .into_iter()
            .filter(|facts| facts.kind() == ReportKind::Snap)
            .collect())
    }

    /// `ManualPushRecords`: each goes out once, whatever was acknowledged before, beside everything else.
    pub(super) async fn push_again(
        self: &Arc<Self>,
        call: &ManualPushRecords,
    ) -> Result<PushedRecords, Failure> {
        if topic(&self.memory.get().subscription, ReportKind::Verify).is_none() {
            return Err(Failure::new("no results are subscribed"));
        }
        let Ok(permit) = Arc::clone(&self.pushing).try_lock_owned() else {
            return Err(Failure::new("records are being pushed already"));
        };
        let (from, until) = self.span(&call.begin, &call.end)?;
        let name = call
            .name
            .as_deref()
            .map(str::trim)
            .filter(|name| !name.is_empty());
        let is_meant = |facts: &Facts| {
            let of_name = name.is_none_or(|name| facts.private.name.as_deref() == Some(name));
            facts.kind() != ReportKind::Snap && of_name
        };
        let found: Vec<Facts> = self
            .facts(from, until)
            .await?
            .into_iter()
            .filter(is_meant)
            .collect();
        let answer = PushedRecords {
            found: number(found.len()),
        };
        let endpoint = Arc::clone(self);
        tokio::spawn(async move {
            let pushing = endpoint.push_by_hand(found);
            endpoint.end.run_until_cancelled(pushing).await;
            drop(permit);
        });
        Ok(answer)
    }

    /// To whoever is subscribed when a record's turn comes, until nobody takes them.
    async fn push_by_hand(&self, found: Vec<Facts>) {
        let mut failures = 0;
        for facts in found {
            let subscription = &self.memory.get().subscription;
            let Some((kind, topic)) = topic(subscription, ReportKind::Verify) else {
                return;
            };
            let pushed = match self.material(facts, topic.pictures(), true).await {
                Ok(material) => {
                    let push = record_to_platform(&material.report(), kind);
                    let answered = self.push(subscription, &topic, &push).await;
                    answered.map(drop).map_err(|error| error.to_string())
                }
                Err(error) => Err(error.to_string()),
            };
            failures = if pushed.is_ok() { 0 } else { failures + 1 };
            if let Err(error) = pushed {
                tracing::info!(error, "a record that was asked for was not taken");
            }
            if failures == MOST_FAILURES {
                return;
            }
        }
    }

    /// Forgets control records, pictures of strangers, or both (3.8).
    pub(super) async fn forget_records(&self, control: bool, captures: bool) -> Result<(), Failure> {
        if !control && !captures {
            return Ok(());
        }
        self.hide(|kind, _| {
            if kind == ReportKind::Snap {
                captures
            } else {
                control
            }
        })
        .await
    }
}

/// A page of what was found.
fn page(mut found: Vec<Facts>, is_descending: bool, first: u32, count: u32) -> impl Iterator<Item = Facts> {
    if is_descending {
        found.reverse();
    }
    let size = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    found.into_iter().skip(size(first)).take(size(count))
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The Wiegand number shown, or the person's own; 0 is any.
fn has_card(filter: &ControlFilter, facts: &Facts) -> bool {
    let Some(wanted) = filter.card_number.as_ref().map(|number| number.as_text()) else {
        return true;
    };
    if matches!(wanted, "" | "0") {
        return true;
    }
    let shown = facts.private.presented.iter();
    let own = facts.private.credentials.iter();
    let numbers: HashSet<&str> = shown
        .chain(own)
        .filter(|credential| credential.kind == CredentialKind::Wiegand)
        .map(|credential| credential.number.as_str())
        .collect();
    numbers.contains(wanted)
}
