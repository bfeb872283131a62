//! Records that a terminal keeps (8.3.2): what its WebSocket did not bring is fetched.

use super::calls::OpenApiLink;
use crate::links::dialled::Line;
use crate::links::dialled::records::{Committed, Page, Range, RecordSource};
use crate::links::{CallError, Failure};
use async_trait::async_trait;
use dialects::epoch::Epoch;
use dialects::openapi::convert::record_from_device;
use dialects::openapi::page::Paging;
use dialects::openapi::{ListRecords, Seconds};

/// How finely a terminal tells the time, in milliseconds.
pub(super) const RESOLUTION_MS: i64 = 1000;
/// Records asked for at a time: each may have its pictures, and a thousand of them are a gigabyte.
const RECORDS: i64 = 50;
/// How far back what is here already is asked for again: clocks differ by so much, and records come late, milliseconds.
const OVERLAP_MS: i64 = 10 * 60 * 1000;
/// How far ahead a clock may be that is let off (4.2) and more, milliseconds.
const AHEAD_MS: i64 = 24 * 3600 * 1000;

#[async_trait]
impl RecordSource for OpenApiLink {
    fn line(&self) -> &Line {
        &self.wire.line
    }

    fn resolution_ms(&self) -> i64 {
        RESOLUTION_MS
    }

    /// From where the last walk ended. After a clock was off, records may stand anywhere in time.
    async fn gap(&self) -> Result<Range, CallError> {
        let line = &self.wire.line;
        let until = line.hub.store.devices.records_until(&line.device.device.id).await;
        let until = until.map_err(|error| CallError::ours(Failure::Internal, error.to_string()))?;
        let known_ms = until.filter(|_| !self.wire.was_off());
        Ok(Range {
            from_ms: known_ms.unwrap_or_default().saturating_sub(OVERLAP_MS).max(0),
            until_ms: self.wire.now_there_ms().saturating_add(AHEAD_MS),
        })
    }

    /// Newest first: what happens meanwhile moves others to the next page, where they come again, and none is missed.
    async fn page(&self, range: &Range, next: Option<i64>) -> Result<Page, CallError> {
        let second = |ms: i64| Seconds::new(Epoch::from_millisecond(ms).as_second());
        let page = next.unwrap_or(1);
        let ask = ListRecords {
            paging: Paging { page, size: RECORDS },
            ..ListRecords::between(second(range.from_ms), second(range.until_ms), page)
        };
        let listed = self.wire.call(&ask).await?;
        let has_next = listed.has_next();
        let records = listed.entries.into_iter().map(|record| {
            let message = serde_json::to_value(&record).unwrap_or_default();
            record_from_device(record, &message)
        });
        Ok(Page {
            records: records.collect(),
            next: has_next.then(|| page.saturating_add(1)),
        })
    }

    async fn committed(&self, range: &Range, page: &Committed) -> Result<(), CallError> {
        if !page.is_last {
            return Ok(());
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
