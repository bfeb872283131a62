//! Records that a terminal still has and the hub may lack: after an outage, and before they are destroyed (3.22, 3.26, 3.32).
//! What a terminal pushes comes by itself, again until it is acknowledged; what is fetched closes the gaps.

use super::calls::FacegateLink;
use super::paging::Pages;
use super::record;
use super::wire::Wire;
use crate::links::{CallError, Failure, LiveLink};
use crate::patience::patiently;
use dialects::facegate::convert::{DeviceRecord, record_from_capture, record_from_control};
use dialects::facegate::operation::Operation;
use dialects::facegate::person::PersonRef;
use dialects::facegate::record::capture::CaptureQuery;
use dialects::facegate::record::{ManualPushRecords, SearchCapture, SearchControl};
use jiff::Timestamp;
use jiff::civil::DateTime;
use std::time::Duration;
use store::StoreError;

/// How often records are fetched while the terminal stays on the line: what it pushes comes again until it is taken.
const EVERY: Duration = Duration::from_secs(3600);
/// The same where some pushes come once, whether they arrive or not (QUIRKS A77): so many times what counts as quiet.
const QUIETS: u32 = 3;
/// How soon it is tried again after it failed.
const AGAIN_AFTER: Duration = Duration::from_secs(60);
/// Clocks are set: so much is fetched twice, in milliseconds. A clock that was off by five minutes is noticed (hub rule 41).
const OVERLAP_MS: i64 = 6 * 60_000;
/// How far ahead a clock may have been, in milliseconds.
const AHEAD_MS: i64 = 366 * 24 * 3600 * 1000;
/// Records of one fetch at most: a terminal that always has more would never end.
const MOST_RECORDS: u32 = 10_000_000;

/// Of which time records are wanted, by the terminal's wall clock.
#[derive(Debug, Clone, Copy)]
struct Span {
    begin: DateTime,
    end: DateTime,
}

/// What happened before the hub first spoke to a terminal is none of its records.
pub(super) async fn begin(wire: &Wire) -> Result<(), CallError> {
    let (devices, id) = (&wire.line.hub.store.devices, &wire.line.device.device.id);
    let now_ms = Timestamp::now().as_millisecond();
    let begun = match devices.records_until(id).await {
        Ok(None) => devices.set_records_until(id, now_ms).await,
        other => other.map(|_| ()),
    };
    begun.map_err(|error| CallError::ours(Failure::Internal, error.to_string()))
}

impl FacegateLink {
    /// Until when, by our clock, everything is here (see [`begin`]), and until when the terminal's clock was known to be
    /// wrong.
    async fn known_until(&self) -> Result<(Timestamp, Option<Timestamp>), StoreError> {
        let (devices, id) = (
            &self.wire.line.hub.store.devices,
            &self.wire.line.device.device.id,
        );
        let here = devices.records_until(id).await?;
        let here = here.and_then(|ms| Timestamp::from_millisecond(ms).ok());
        let wrong = devices.device(id, None).await?;
        let wrong = wrong.and_then(|device| device.clock_wrong_until);
        Ok((here.unwrap_or_else(Timestamp::now), wrong))
    }

    /// What may be missing, and until when by our clock everything is here then. After a clock was off, records may stand
    /// anywhere in time.
    async fn missing(&self) -> Result<(Span, Timestamp), CallError> {
        let until = Timestamp::now();
        let known = self.known_until().await;
        let (here, wrong) = known.map_err(|error| CallError::ours(Failure::Internal, error.to_string()))?;
        let there_ms = self.wire.there_ms(until);
        let (begin_ms, beyond_ms) = if wrong.is_some_and(|wrong| wrong >= here) {
            (0, AHEAD_MS)
        } else {
            // The second that is not over yet is in it.
            (self.wire.there_ms(here).saturating_sub(OVERLAP_MS), OVERLAP_MS)
        };
        let span = Span {
            begin: self.wire.wall_clock(begin_ms.min(there_ms)),
            end: self.wire.wall_clock(there_ms.saturating_add(beyond_ms)),
        };
        Ok((span, until))
    }

    /// Brings everything here that the terminal has and the hub may lack; returns how much came.
    pub(super) async fn fill(&self) -> Result<u32, CallError> {
        let (span, until) = self.missing().await?;
        let people = match self.control_records(span, None).await {
            // Without a search they can be pushed again.
            Err(error) if error.failure == Failure::Unsupported => {
                let again = ManualPushRecords::between(span.begin, span.end);
                self.wire.call(&again).await?;
                0
            }
            other => other?,
        };
        let strangers = match self.captures(span).await {
            Err(error) if error.failure == Failure::Unsupported => 0,
            other => other?,
        };
        let (hub, id) = (&self.wire.line.hub, &self.wire.line.device.device.id);
        let kept = patiently(|| hub.store.devices.set_records_until(id, until.as_millisecond())).await;
        kept.map_err(|error| CallError::ours(Failure::Internal, error.to_string()))?;
        Ok(people.saturating_add(strangers))
    }

    /// Brings one person's records here, which are destroyed with the person.
    pub(super) async fn drain_of(&self, person: &PersonRef) -> Result<(), CallError> {
        let (span, _) = self.missing().await?;
        match self.control_records(span, Some(person)).await {
            Err(error) if error.failure == Failure::Unsupported => Ok(()),
            other => other.map(|_| ()),
        }
    }

    async fn control_records(&self, span: Span, person: Option<&PersonRef>) -> Result<u32, CallError> {
        self.paged(
            |first, count| {
                let mut ask = SearchControl::between(span.begin, span.end, first, count);
                if let Some(person) = person {
                    ask.filter.search_type = Some(1);
                    ask.filter.id_type = Some(person.id_type());
                    match person {
                        PersonRef::CustomizeId(id) => ask.filter.customize_id = Some(*id),
                        PersonRef::LibId(id) => ask.filter.lib_id = Some(*id),
                        PersonRef::Uuid(id) => ask.filter.uuid = Some(id.clone()),
                    }
                }
                ask
            },
            |found| found.records.into_iter().map(record_from_control).collect(),
        )
        .await
    }

    async fn captures(&self, span: Span) -> Result<u32, CallError> {
        self.paged(
            |first, count| SearchCapture {
                query: CaptureQuery::between(span.begin, span.end, first, count),
            },
            |found| found.0.into_iter().map(record_from_capture).collect(),
        )
        .await
    }

    /// Takes page after page until one is empty; all over again where records were destroyed meanwhile, since those after
    /// them moved up.
    async fn paged<O: Operation>(
        &self,
        ask: impl Fn(u32, u32) -> O,
        records: impl Fn(O::Answer) -> Vec<DeviceRecord>,
    ) -> Result<u32, CallError> {
        let mut pages = Pages::with_pictures(&self.wire);
        let (mut first, mut removals) = (0_u32, self.wire.removals());
        while first < MOST_RECORDS {
            let page = records(pages.next(|count| ask(first, count)).await?);
            if page.is_empty() {
                let before = std::mem::replace(&mut removals, self.wire.removals());
                if before == removals {
                    return Ok(first);
                }
                first = 0;
            }
            for record in page {
                self.take(record).await?;
                first = first.saturating_add(1);
            }
        }
        Err(CallError::ours(
            Failure::Internal,
            "the device's records have no end",
        ))
    }

    async fn take(&self, fetched: DeviceRecord) -> Result<(), CallError> {
        let line = &self.wire.line;
        let kept = patiently(|| async {
            let id = &line.device.device.id;
            match line.hub.store.devices.device(id, None).await? {
                Some(device) => record::take(&line.hub, &device, fetched.clone()).await.map(Some),
                None => Ok(None),
            }
        });
        match kept.await {
            Ok(Some(_)) => Ok(()),
            Ok(None) => Err(CallError::disconnected()),
            Err(error) => {
                let text = format!("a record was not kept: {error}");
                Err(CallError::ours(Failure::Internal, text))
            }
        }
    }

    /// Fetches what an outage left once the terminal has stopped pushing by itself, and again now and then. Never resolves.
    pub(super) async fn keep_filled(&self, live: &LiveLink) {
        let devices = &self.wire.line.hub.config.devices;
        let quiet = Duration::from_millis(devices.fill_after_ms);
        let every = || match (self.is_pushed(), self.may_lose_pushes()) {
            (false, _) => Duration::from_secs(devices.period_seconds),
            (true, true) => quiet * QUIETS,
            (true, false) => EVERY,
        };
        loop {
            live.records.quiet_for(quiet).await;
            let rest = match self.fill().await {
                Ok(_) => every(),
                Err(error) => {
                    tracing::warn!(device = %live.device, %error, "records were not fetched");
                    AGAIN_AFTER
                }
            };
            tokio::time::sleep(rest).await;
        }
    }
}
