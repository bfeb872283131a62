//! Records (3.10, 3.11): those that the platform has yet to acknowledge. This dialect records passes alone.

use super::calls::{Outcome, failed};
use super::{DIALECT, Endpoint};
use crate::pass::{Details, Private};
use crate::people::model_id;
use dialects::lan::convert::record_to_platform;
use dialects::lan::record::{ListRecord, PassRecord, Records, RemoveRecord};
use dialects::lan::{Reply, Status, operation::Refused};
use dialects::reported::{Pass, SeenPerson};
use jiff::Timestamp;
use model::{Direction, Person, TemperatureAlarm};
use store::StoreError;
use store::terminal::Entry;

/// Records looked through at once.
const PAGE: u32 = 200;

impl Endpoint {
    /// `listRecord`: strictly after the time, oldest first, without pictures.
    pub(super) async fn list(&self, message: ListRecord) -> Outcome {
        let from = instant(message.ts.timestamp())?;
        let records = self.after(from, message.most()).await;
        let records = records.map_err(|error| failed(&error))?;
        Ok(Reply::success::<ListRecord>(&Records { records }))
    }

    async fn after(&self, from: Timestamp, most: usize) -> Result<Vec<PassRecord>, StoreError> {
        let mut found = Vec::new();
        // Behind every record of that very instant.
        let (mut instant, mut place) = (from, u64::MAX);
        loop {
            let journal = &self.device.journal;
            let page = journal.outstanding_since(DIALECT, instant, place, PAGE).await?;
            let Some(last) = page.last() else {
                return Ok(found);
            };
            (instant, place) = (last.occurred_at, last.seq);
            for entry in &page {
                found.extend(record(entry, None, None)?);
                if found.len() >= most {
                    return Ok(found);
                }
            }
        }
    }

    /// `removeRecord`: up to the time, that time included; for this dialect alone (terminal rule 17).
    pub(super) async fn remove_records(&self, message: RemoveRecord) -> Outcome {
        let until = instant(message.ts.timestamp())?;
        let removed = self.device.journal.acknowledge_until(DIALECT, until).await;
        removed.map(|()| Reply::done()).map_err(|error| failed(&error))
    }
}

fn instant(at: Option<Timestamp>) -> Result<Timestamp, Refused> {
    at.ok_or_else(|| Refused::new(Status::Malformed, "ts: no time"))
}

/// An entry of the journal as the dialect tells it; `None` for whatever did not open the door.
pub(super) fn record(
    entry: &Entry,
    serial: Option<&str>,
    capture: Option<&[u8]>,
) -> Result<Option<PassRecord>, StoreError> {
    let details: Details = serde_json::from_value(entry.details.clone())?;
    let private: Private = serde_json::from_value(entry.private.clone()).unwrap_or_default();
    let person = entry.person.as_deref().map(|wire_id| {
        let person = Person::new(model_id(wire_id), private.name.unwrap_or_default());
        (wire_id, person)
    });
    let pass = Pass {
        person: person
            .as_ref()
            .map(|(wire_id, person)| SeenPerson { wire_id, person }),
        at: entry.occurred_at,
        method: details.method,
        outcome: details.told_outcome(),
        score: None,
        temperature: details.temperature,
        temperature_alarm: TemperatureAlarm::None,
        mask: details.mask,
        direction: Direction::None,
        card: None,
        document: None,
        capture,
        registered: None,
    };
    Ok(record_to_platform(&pass, serial))
}
