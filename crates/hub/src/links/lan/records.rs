//! Records that a terminal still has (3.10, 3.11): it deletes what it pushed itself, so what is listed was not taken.

use super::calls::LanLink;
use crate::links::CallError;
use crate::links::dialled::Line;
use crate::links::dialled::records::{Committed, Page, RecordSource};
use async_trait::async_trait;
use dialects::epoch::Epoch;
use dialects::lan::PassRecord;
use dialects::lan::convert::record_from_device;
use dialects::lan::record::RECORDS;
use dialects::lan::{ListRecord, RemoveRecord};

/// From here on a terminal is asked: everything.
pub(super) const BEGINNING_MS: i64 = 0;
/// Records of one second may stand on two pages (QUIRKS L8).
const OVERLAP_MS: i64 = 1000;
/// How long one moment lasts for terminals that tell whole seconds, and for what is known of their clocks.
const MOMENT_MS: i64 = 2000;
/// How finely a terminal tells the time, in milliseconds.
pub(super) const RESOLUTION_MS: i64 = 1;

#[async_trait]
impl RecordSource for LanLink {
    fn line(&self) -> &Line {
        &self.wire.line
    }

    fn resolution_ms(&self) -> i64 {
        RESOLUTION_MS
    }

    async fn begins_at(&self) -> Result<i64, CallError> {
        Ok(BEGINNING_MS)
    }

    async fn page(&self, from_ms: i64) -> Result<Page, CallError> {
        let ask = ListRecord {
            ts: Epoch::from_millisecond(from_ms.max(BEGINNING_MS)),
            count: RECORDS,
        };
        let mut listed = self.wire.call(&ask).await?.records;
        listed.sort_by_key(|record| record.ts);
        let is_full = i64::try_from(listed.len()).is_ok_and(|count| count >= RECORDS);
        let newest = listed.last().and_then(|record| record.ts);
        let records = listed.into_iter().map(|record: PassRecord| {
            let message = serde_json::to_value(&record).unwrap_or_default();
            record_from_device(record, &message)
        });
        Ok(Page {
            records: records.collect(),
            next_ms: newest
                .filter(|_| is_full)
                .map(|newest| next(from_ms, newest.as_millisecond())),
        })
    }

    /// What is listed goes there, too. Of a page that others follow, those of its last moment may stand on the next one; and
    /// while that moment lasts there may be one more than was listed.
    async fn committed(&self, page: &Committed) -> Result<(), CallError> {
        let Some(newest_ms) = page.newest_ms else {
            return Ok(());
        };
        let is_over = newest_ms.saturating_add(MOMENT_MS) < self.wire.now_there_ms();
        let until_ms = newest_ms - i64::from(!(page.is_last && is_over));
        let ts = Epoch::from_millisecond(until_ms);
        self.wire.call(&RemoveRecord { ts }).await
    }
}

/// From where the next page is asked: a little before the last record, but on.
fn next(from_ms: i64, newest_ms: i64) -> i64 {
    let overlapping = newest_ms.saturating_sub(OVERLAP_MS);
    if overlapping > from_ms {
        overlapping
    } else {
        newest_ms
    }
}

#[cfg(test)]
mod tests {
    use super::next;

    #[test]
    fn pages_overlap_and_go_on() {
        assert_eq!(next(0, 1_700_000_000_000), 1_699_999_999_000);
        assert_eq!(next(1_699_999_999_000, 1_700_000_000_000), 1_700_000_000_000);
        assert_eq!(next(1_700_000_000_000, 1_700_000_000_000), 1_700_000_000_000);
    }
}
