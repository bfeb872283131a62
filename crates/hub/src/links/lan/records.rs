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
/// For so long a pass may not be listed yet: terminals wait up to three seconds for whoever decides, some tell whole seconds,
/// and their clocks are known no better.
const MOMENT_MS: i64 = 5000;
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

    /// What is listed goes there, too, by time: so nothing goes of the moment before it was asked for, when there may be
    /// more than was listed. Of a page that others follow, those of its last instant may stand on the next one.
    async fn committed(&self, _range: &Range, page: &Committed) -> Result<(), CallError> {
        let Some(newest_ms) = page.newest_ms else {
            return Ok(());
        };
        let asked_ms = self.wire.there_ms(page.asked_at);
        match removed_until(page, newest_ms, asked_ms) {
            until_ms if until_ms > 0 => {
                let ts = Epoch::from_millisecond(until_ms);
                self.wire.call(&RemoveRecord { ts }).await
            }
            _ => Ok(()),
        }
    }
}

/// Until when records are removed, by the terminal's clock, which said `asked_ms` when they were asked for.
fn removed_until(page: &Committed, newest_ms: i64, asked_ms: i64) -> i64 {
    let listed_ms = newest_ms - i64::from(!page.is_last);
    listed_ms.min(asked_ms.saturating_sub(MOMENT_MS))
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
    use super::{Committed, going_on, removed_until};
    use jiff::Timestamp;

    #[test]
    fn nothing_is_removed_that_may_not_have_been_listed() {
        let page = |is_last| Committed {
            asked_at: Timestamp::UNIX_EPOCH,
            newest_ms: None,
            is_last,
        };
        let newest = 1_700_000_000_000;
        assert_eq!(removed_until(&page(true), newest, newest + 60_000), newest);
        assert_eq!(removed_until(&page(false), newest, newest + 60_000), newest - 1);
        assert_eq!(removed_until(&page(true), newest, newest + 1000), newest - 4000);
    }

    #[test]
    fn pages_overlap_and_go_on() {
        let (second, newest) = (1_699_999_999_000, 1_700_000_000_000);
        assert_eq!(going_on(0, newest), Some(second));
        assert_eq!(going_on(second, newest), Some(newest));
        assert_eq!(going_on(newest, newest), None);
    }
}
