//! `qyzn`: the device dials, signs in, and is tried on that connection.
//!
//! What it says by itself meanwhile is looked at, too ([`said`]). Its clock, its records and its registration stay as they
//! are: it is told its own time, and to keep its records for later.

mod control;
mod people;
mod said;
mod settings;
mod terminal;
mod wire;

use super::look::Looked;
use super::row::{Quirks, try_all};
use super::{Listening, Options, ProbeError, Report};
use dialects::qyzn::{ConfigGroup, PlatformRequest};
use people::Told;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use terminal::Terminal;

/// The dialect.
const NAME: &str = "qyzn";

/// Waits for a device and tries it. `passwd` is what its logins are signed with, where that is known.
///
/// # Errors
/// [`ProbeError`] where it cannot be listened there, or nobody comes.
pub async fn probe(
    listening: &Listening,
    passwd: Option<&str>,
    options: &Options,
) -> Result<Report, ProbeError> {
    let (listener, address) = listening.bind().await?;
    (listening.ready)(address);
    let told = Told::default();
    let mut found = Found {
        told: told.clone(),
        groups: BTreeMap::new(),
    };
    let mut terminal = Terminal::new(listener, passwd, told, options.answer_within);
    let peer = terminal.meet(listening.wait).await;
    let peer = peer.ok_or_else(|| listening.nobody())?;
    let mut findings = Vec::new();
    for rows in [people::ROWS, settings::ROWS, control::ROWS] {
        findings.extend(try_all(&mut terminal, rows, QUIRKS, &mut found, options.destructive).await);
    }
    terminal.listen_for_a_heartbeat().await;
    findings.extend(
        try_all(
            &mut terminal,
            control::LAST,
            QUIRKS,
            &mut found,
            options.destructive,
        )
        .await,
    );
    findings.extend(terminal.heard().findings(said::SAID));
    Ok(Report::new(NAME, &peer.to_string(), findings))
}

/// What the device said of itself.
struct Found {
    told: Told,
    groups: BTreeMap<ConfigGroup, Map<String, Value>>,
}

impl Found {
    fn value(&self, group: ConfigGroup, field: &str) -> Option<&Value> {
        self.groups.get(&group)?.get(field)
    }
}

type Asked = Result<PlatformRequest, String>;
/// Where devices are known to differ in their answers.
const QUIRKS: Quirks = &[
    ("message", "T2"),
    ("data[].safetyhatDecect", "T3"),
    ("data[].appSecret", "T4"),
    ("data[].appid", "T4"),
    ("data[].SnapshotPic", "T11"),
    ("data[].switchOutMode", "T19"),
    ("data[].FailTips", "T20"),
    ("data[].putOutType", "T21"),
    ("data[].SwipeCardTip", "T23"),
    ("data[].SwipeFaceTip", "T23"),
    ("data[].SwipeIdCardTip", "T23"),
    ("data[].timezone", "T24"),
    ("data[].ntpPort", "T24"),
    ("data[].item", "T25"),
    ("data[].week", "T27"),
    ("data[].log_level", "T27"),
    ("data[].sysVer", "T48"),
    ("data[].CardVerify", "T57"),
    ("data[].IdCardVerify", "T57"),
    ("data[].groupKey", "T57"),
    ("RspMsg", "T9"),
    ("desc", "T43"),
    ("data$", "T10"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_of_the_document_has_its_row() {
        let asked = [people::ROWS, settings::ROWS, control::ROWS, control::LAST];
        let asked = asked.iter().flat_map(|rows| rows.iter()).map(|row| row.name);
        let mut rows: Vec<&str> = said::SAID.iter().map(|said| said.name).chain(asked).collect();
        let mut declared: Vec<&str> = include_str!("../../../../dialects/tests/names/qyzn.txt")
            .lines()
            .collect();
        rows.sort_unstable();
        declared.sort_unstable();
        assert_eq!(rows, declared);
    }
}
