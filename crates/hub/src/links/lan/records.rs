//! Records that a terminal still has (3.10, 3.11): it deletes what it pushed itself, so what is listed was not taken.

use super::calls::LanLink;
use crate::links::CallError;
use crate::links::dialled::Line;
use crate::links::dialled::records::{Committed, Page, Range, RecordSource};
use async_trait::async_trait;
use dialects::epoch::Epoch;
use dialects::lan::PassRecord;
use dialects::lan::convert::record_from_device;
use dialects::lan::record::RECORDS;
use dialects::lan::{ListRecord, RemoveRecord};

/// What it pushed itself is not there any more.
const EVERYTHING: Range = Range {
    from_ms: 0,
    until_ms: i64::MAX,
};
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

    async fn gap(&self) -> Result<Range, CallError> {
        Ok(EVERYTHING)
    }

    async fn page(&self, range: &Range, next: Option<i64>) -> Result<Page, CallError> {
        // What is asked for is what happened after.
        let after_ms = next.unwrap_or(range.from_ms.saturating_sub(1)).max(0);
        let ask = ListRecord {
            ts: Epoch::from_millisecond(after_ms),
            count: RECORDS,
        };
        let mut listed = self.wire.call(&ask).await?.records;
        listed.sort_by_key(|record| record.ts);
        let is_full = i64::try_from(listed.len()).is_ok_and(|count| count >= RECORDS);
        let newest_ms = listed
            .last()
            .and_then(|record| record.ts)
            .map(Epoch::as_millisecond);
        let records = listed.into_iter().map(|record: PassRecord| {
            let message = serde_json::to_value(&record).unwrap_or_default();
            record_from_device(record, &message)
        });
        Ok(Page {
            records: records.collect(),
            next: newest_ms
                .filter(|newest_ms| is_full && *newest_ms <= range.until_ms)
                .and_then(|newest_ms| going_on(after_ms, newest_ms)),
        })
    }

    /// What is listed goes there, too. Of a page that others follow, those of its last moment may stand on the next one; and
    /// while that moment lasts there may be one more than was listed.
    async fn committed(&self, _range: &Range, page: &Committed) -> Result<(), CallError> {
        let Some(newest_ms) = page.newest_ms else {
            return Ok(());
        };
        let is_over = newest_ms.saturating_add(MOMENT_MS) < self.wire.now_there_ms();
        let until_ms = newest_ms - i64::from(!(page.is_last && is_over));
        let ts = Epoch::from_millisecond(until_ms);
        self.wire.call(&RemoveRecord { ts }).await
    }
}

/// From where the next page is asked: a little before the last record, but on; `None` where it would be this one again.
fn going_on(after_ms: i64, newest_ms: i64) -> Option<i64> {
    let overlapping = newest_ms.saturating_sub(OVERLAP_MS);
    [overlapping, newest_ms]
        .into_iter()
        .find(|next_ms| *next_ms > after_ms)
}

#[cfg(test)]
mod tests {
    use super::going_on;

    #[test]
    fn pages_overlap_and_go_on() {
        let (second, newest) = (1_699_999_999_000, 1_700_000_000_000);
        assert_eq!(going_on(0, newest), Some(second));
        assert_eq!(going_on(second, newest), Some(newest));
        assert_eq!(going_on(newest, newest), None);
    }
}
