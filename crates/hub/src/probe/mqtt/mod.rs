//! `mqtt`: the device comes to a broker of the probe's own, registers, and is tried there.
//!
//! What it says by itself meanwhile is looked at, too ([`said`]). Its clock and its records stay as they are: it is told
//! its own time, and no record is acknowledged.

mod control;
mod people;
mod said;
mod settings;
mod terminal;

use super::look::Looked;
use super::report::{Finding, Outcome};
use super::row::{Quirks, try_all};
use super::{Listening, Options, ProbeError, Report};
use crate::links::mqtt::Meeting;
use dialects::lenient::Base64Text;
use dialects::mqtt::{CloudRequest, DevInfo};
use people::Told;
use terminal::Terminal;

/// The dialect.
const NAME: &str = "mqtt";

/// Waits for a device and tries it. `photo` is one with a face, without which nobody can be added.
///
/// # Errors
/// [`ProbeError`] where it cannot be listened there, or nobody comes.
pub async fn probe(
    listening: &Listening,
    photo: Option<&[u8]>,
    options: &Options,
) -> Result<Report, ProbeError> {
    let failed = |error| ProbeError::Listen(listening.address.clone(), error);
    let (meeting, address) = Meeting::begin(&listening.address).await.map_err(failed)?;
    (listening.ready)(address);
    let told = Told::default();
    let mut found = Found {
        photo: photo.map(Base64Text::encode),
        told: told.clone(),
        count: None,
        added: false,
        settings: DevInfo::default(),
    };
    let mut terminal = Terminal::new(meeting, told, options.answer_within);
    let serial = terminal.meet(listening.wait).await;
    let serial = serial.ok_or_else(|| listening.nobody())?;
    let mut findings = Vec::new();
    for rows in [settings::ROWS, people::ROWS, control::ROWS] {
        findings.extend(try_all(&mut terminal, rows, QUIRKS, &mut found, options.destructive).await);
    }
    let left = try_all(
        &mut terminal,
        people::LEAVING,
        QUIRKS,
        &mut found,
        options.destructive,
    )
    .await;
    left.into_iter().for_each(|left| worse(&mut findings, left));
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
    Ok(Report::new(NAME, &serial, findings))
}

/// An operation that is tried in two places has one line: what went wrong in the later one replaces the earlier.
fn worse(findings: &mut [Finding], later: Finding) {
    let earlier = findings.iter_mut().find(|finding| finding.name == later.name);
    if let Some(earlier) = earlier
        && later.outcome >= Outcome::Refused
        && later.outcome > earlier.outcome
    {
        *earlier = later;
    }
}

/// What the device said of itself.
struct Found {
    photo: Option<Base64Text>,
    told: Told,
    /// How many people it held before.
    count: Option<u32>,
    /// Whether the probe's person was added.
    added: bool,
    settings: DevInfo,
}

type Asked = Result<CloudRequest, String>;
/// Where devices are known to differ in their answers. The name of an answer: M1, M2 and M6; every scalar a text: M9.
const QUIRKS: Quirks = &[
    ("msgType", "M1"),
    ("msgID", "M46"),
    ("errorCode", "M50"),
    ("deviceNo", "M18"),
    ("token", "M39"),
    ("registerPhotoID2", "M13"),
    ("registerPhoto3", "M13"),
    ("birthday", "M31"),
    ("validDateStart", "M10"),
    ("validDateEnd", "M10"),
    ("passTime", "M12"),
    ("passTime1", "M11"),
    ("visitordisplayText", "M45"),
    ("visitordisplayTextBeforeName", "M45"),
    ("personNum", "M40"),
    ("faceFeverTemperature", "M26"),
    ("openDoorTimeDelayMs", "M26"),
    ("ntpAddress", "M26"),
    ("faceRFIDCardEnable", "M8"),
    ("banner", "M22"),
    ("mainWindowUiEnable", "M22"),
    ("websocketMsgUrl", "M22"),
    ("photo", "M43"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_of_the_document_has_its_row() {
        let asked = [settings::ROWS, people::ROWS, control::ROWS, control::LAST];
        let asked = asked.iter().flat_map(|rows| rows.iter()).map(|row| row.name);
        let tried = said::SAID.iter().map(|said| said.name).chain(asked);
        // A question and its answer are one row.
        let mut rows: Vec<String> = tried
            .flat_map(|name| [name.to_owned(), format!("{name}Resp")])
            .collect();
        let mut declared: Vec<&str> = include_str!("../../../../dialects/tests/names/mqtt.txt")
            .lines()
            .collect();
        rows.sort_unstable();
        declared.sort_unstable();
        assert_eq!(rows, declared);
    }

    #[test]
    fn what_went_wrong_later_replaces_what_held_before() {
        let finding = |outcome| Finding {
            name: "a".to_owned(),
            section: String::new(),
            outcome,
            detail: String::new(),
            quirk: None,
        };
        let after = |earlier, later| {
            let mut findings = [finding(earlier)];
            worse(&mut findings, finding(later));
            findings[0].outcome
        };
        assert_eq!(after(Outcome::Holds, Outcome::Skipped), Outcome::Holds);
        assert_eq!(after(Outcome::Holds, Outcome::Refused), Outcome::Refused);
        assert_eq!(after(Outcome::Differs, Outcome::Refused), Outcome::Differs);
    }
}
