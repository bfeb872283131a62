//! What a probe found: one line for each operation of the document, as a table and as JSON.

use serde::Serialize;
use std::fmt::Write as _;

/// What became of one operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It answered as documented.
    Holds,
    /// It was not tried; the detail says why.
    Skipped,
    /// It answered with a code of the document that says no.
    Refused,
    /// It answered otherwise, or not at all; the detail has the bytes.
    Differs,
}

impl Outcome {
    /// The word of the table and of the JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Skipped => "skipped",
            Self::Refused => "refused",
            Self::Differs => "differs",
        }
    }
}

/// One operation and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The wire name.
    pub name: String,
    /// The section of the document.
    pub section: String,
    /// What became of it.
    pub outcome: Outcome,
    /// Why, with the bytes that came where they differ.
    pub detail: String,
    /// The entry of the list of known contradictions (`L17`) that explains a difference.
    pub quirk: Option<String>,
}

/// A device against its document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The dialect.
    pub dialect: String,
    /// Where the device is.
    pub address: String,
    /// Every operation in the order in which they were tried.
    pub operations: Vec<Finding>,
    /// How many hold.
    pub holds: usize,
    /// How many differ.
    pub differs: usize,
    /// How many were refused.
    pub refused: usize,
    /// How many were not tried.
    pub skipped: usize,
}

impl Report {
    /// Counts what was found.
    #[must_use]
    pub fn new(dialect: &str, address: &str, operations: Vec<Finding>) -> Self {
        let count = |outcome| operations.iter().filter(|found| found.outcome == outcome).count();
        Self {
            dialect: dialect.to_owned(),
            address: address.to_owned(),
            holds: count(Outcome::Holds),
            differs: count(Outcome::Differs),
            refused: count(Outcome::Refused),
            skipped: count(Outcome::Skipped),
            operations,
        }
    }

    /// The report for people: a line for each operation, and the sums.
    #[must_use]
    pub fn table(&self) -> String {
        let width = |text: fn(&Finding) -> &str| {
            let widths = self.operations.iter().map(|found| text(found).chars().count());
            widths.max().unwrap_or_default()
        };
        let (name, section) = (width(|found| &found.name), width(|found| &found.section));
        let mut table = String::new();
        for found in &self.operations {
            let quirk = found.quirk.as_deref().unwrap_or_default();
            let line = format!(
                "{:<section$}  {:<name$}  {:<7}  {quirk:<4} {}",
                found.section,
                found.name,
                found.outcome.word(),
                found.detail
            );
            let _infallible = writeln!(table, "{}", line.trim_end());
        }
        let _infallible = write!(
            table,
            "{} at {}: {} hold, {} differ, {} refused, {} skipped",
            self.dialect, self.address, self.holds, self.differs, self.refused, self.skipped
        );
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_object_is_the_contracts() {
        let found = Finding {
            name: "getTime".to_owned(),
            section: "3.5".to_owned(),
            outcome: Outcome::Differs,
            detail: "ts".to_owned(),
            quirk: Some("L18".to_owned()),
        };
        let report = Report::new("d", "192.0.2.7:1", vec![found]);
        assert_eq!(
            serde_json::to_value(&report).unwrap(),
            serde_json::json!({
                "dialect": "d", "address": "192.0.2.7:1",
                "operations": [{"name": "getTime", "section": "3.5", "outcome": "differs", "detail": "ts", "quirk": "L18"}],
                "holds": 0, "differs": 1, "refused": 0, "skipped": 0,
            })
        );
        assert!(report.table().starts_with("3.5  getTime  differs  L18  ts\n"));
    }
}
