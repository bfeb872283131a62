//! Records that a terminal keeps (8.3.2): what its WebSocket did not bring is fetched.

use super::calls::OpenApiLink;
use crate::links::dialled::Line;
use crate::links::dialled::records::{Committed, Page, Range, RecordSource, take};
use crate::links::{CallError, Failure};
use crate::state::Hub;
use async_trait::async_trait;
use dialects::epoch::Epoch;
use dialects::openapi::convert::{pass_key, record_from_device};
use dialects::openapi::page::{Page as Listed, Paging};
use dialects::openapi::{ListRecords, Seconds, SignRecord};
use dialects::received::ReceivedRecord;
use model::Decider;
use std::sync::Arc;
use std::time::Duration;
use store::StoreError;
use store::hub::devices::StoredDevice;

/// How finely a terminal tells the time, in milliseconds.
pub(super) const RESOLUTION_MS: i64 = 1000;
/// Records asked for at a time: each may have its pictures, and a thousand of them are a gigabyte.
const RECORDS: i64 = 50;
/// How long a pass may take to be reported by chapter 9, too.
const ASKED_FIRST: Duration = Duration::from_secs(5);
/// How far back what is here already is asked for again: clocks differ by so much, and records come late, milliseconds.
const OVERLAP_MS: i64 = 10 * 60 * 1000;
/// How far ahead a clock may have been, milliseconds: nobody fetches what is said to happen later.
const AHEAD_MS: i64 = 366 * 24 * 3600 * 1000;

/// Keeps a record that the WebSocket brought. A terminal that also asks (chapter 9) reports the same pass there, where
/// somebody waits for the answer: it goes first.
pub(super) async fn keep(
    hub: &Arc<Hub>,
    device: &StoredDevice,
    record: ReceivedRecord,
) -> Result<(), StoreError> {
    if device.device.decision == Decider::Device {
        return take(hub, device, record, RESOLUTION_MS).await.map(drop);
    }
    let (owned, device) = (Arc::clone(hub), device.clone());
    hub.tasks.spawn(async move {
        tokio::select! {
            () = tokio::time::sleep(ASKED_FIRST) => {}
            () = owned.shutdown.cancelled() => return,
        }
        if let Err(error) = take(&owned, &device, as_asked(record), RESOLUTION_MS).await {
            tracing::warn!(device = %device.device.id, %error, "a record was not taken; it is fetched later");
        }
    });
    Ok(())
}

/// A record of somebody known, told from others as chapter 9 tells them: by second and person (hub rule 40).
/// Before it asked for the first time, it was told by its id.
fn as_asked(mut record: ReceivedRecord) -> ReceivedRecord {
    if let (Some(person), Some(at)) = (&record.person_id, record.instant) {
        let key = pass_key(Seconds::of(at), person);
        record
            .key
            .others
            .push(std::mem::replace(&mut record.key.text, key));
    }
    record
}

/// Where a walk through the records is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    /// From 1 on.
    page: i64,
    /// Records of a page, up to [`RECORDS`].
    size: i64,
}

impl Place {
    /// As [`Self::to_number`] said; `None` is the beginning.
    fn of(number: Option<i64>) -> Self {
        number.map_or(
            Self {
                page: 1,
                size: RECORDS,
            },
            |number| Self {
                page: number / (RECORDS + 1),
                size: number % (RECORDS + 1),
            },
        )
    }

    fn to_number(self) -> i64 {
        self.page.saturating_mul(RECORDS + 1).saturating_add(self.size)
    }

    fn next(self) -> Self {
        Self {
            page: self.page.saturating_add(1),
            ..self
        }
    }

    /// From the beginning, with pages half as large; `None` where a page has one record already.
    fn anew(self) -> Option<Self> {
        let size = self.size / 2;
        (size > 0).then_some(Self { page: 1, size })
    }
}

/// Whether fewer records at a time may help: the answer was too large, or took too long.
fn is_too_much(error: &CallError) -> bool {
    match error.failure {
        Failure::Timeout => true,
        Failure::Internal => error.code.is_none(),
        _ => false,
    }
}

#[async_trait]
impl RecordSource for OpenApiLink {
    fn line(&self) -> &Line {
        &self.wire.line
    }

    fn resolution_ms(&self) -> i64 {
        RESOLUTION_MS
    }

    /// From where the last walk ended. After a clock was off, records may stand anywhere in time, and that place is none.
    async fn gap(&self) -> Result<Range, CallError> {
        Ok(Range {
            from_ms: self.missing_since_ms().await?,
            until_ms: self.wire.now_there_ms().saturating_add(AHEAD_MS),
        })
    }

    /// Newest first: what happens meanwhile moves others to the next page, where they come again, and none is missed.
    async fn page(&self, range: &Range, next: Option<i64>) -> Result<Page, CallError> {
        let mut place = Place::of(next);
        let listed = loop {
            let error = match self.listed(range, place).await {
                Ok(listed) => break listed,
                Err(error) => error,
            };
            place = match place.anew() {
                Some(anew) if is_too_much(&error) => anew,
                _ => return Err(error),
            };
            tracing::info!(device = %self.wire.line.device.device.id, %error, size = place.size, "a smaller page is asked for");
        };
        let has_next = listed.has_next();
        let asks = self.asks().await?;
        let records = listed.entries.into_iter().map(|record| {
            let message = serde_json::to_value(&record).unwrap_or_default();
            let record = record_from_device(record, &message);
            if asks { as_asked(record) } else { record }
        });
        Ok(Page {
            records: records.collect(),
            next: has_next.then(|| place.next().to_number()),
        })
    }

    async fn committed(&self, range: &Range, page: &Committed) -> Result<(), CallError> {
        if !page.is_last {
            return Ok(());
        }
        if self.missing_since_ms().await? < range.from_ms {
            let text = "its clock was found off meanwhile, so all its records are to be read";
            return Err(CallError::ours(Failure::Clock, text));
        }
        let line = &self.wire.line;
        let until_ms = range.until_ms.saturating_sub(AHEAD_MS);
        let kept = line
            .hub
            .store
            .devices
            .set_records_until(&line.device.device.id, until_ms);
        kept.await
            .map_err(|error| CallError::ours(Failure::Internal, error.to_string()))
    }
}

impl OpenApiLink {
    /// From where on records may be missing, by the terminal's clock.
    async fn missing_since_ms(&self) -> Result<i64, CallError> {
        let line = &self.wire.line;
        let until = line.hub.store.devices.records_until(&line.device.device.id).await;
        let until = until.map_err(|error| CallError::ours(Failure::Internal, error.to_string()))?;
        Ok(until.unwrap_or_default().saturating_sub(OVERLAP_MS).max(0))
    }

    async fn listed(&self, range: &Range, place: Place) -> Result<Listed<SignRecord>, CallError> {
        let second = |ms: i64| Seconds::new(Epoch::from_millisecond(ms).as_second());
        let Place { page, size } = place;
        let ask = ListRecords {
            paging: Paging { page, size },
            ..ListRecords::between(second(range.from_ms), second(range.until_ms), page)
        };
        self.wire.call(&ask).await
    }

    /// Whether the terminal also asks (chapter 9).
    async fn asks(&self) -> Result<bool, CallError> {
        let line = &self.wire.line;
        let device = line.hub.store.devices.device(&line.device.device.id, None).await;
        let device = device.map_err(|error| CallError::ours(Failure::Internal, error.to_string()))?;
        Ok(device.is_some_and(|device| device.device.decision == Decider::Hub))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_begins_anew_with_half_the_page() {
        let second = Place::of(None).next();
        assert_eq!(Place::of(Some(second.to_number())), Place { page: 2, size: 50 });
        let sizes =
            std::iter::successors(Some(second), |place| place.anew()).map(|place| (place.page, place.size));
        assert_eq!(
            sizes.collect::<Vec<_>>(),
            [(2, 50), (1, 25), (1, 12), (1, 6), (1, 3), (1, 1)]
        );
    }
}
