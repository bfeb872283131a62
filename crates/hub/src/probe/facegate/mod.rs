//! `facegate`: the operators of chapter 3, tried on one terminal that is dialled.
//!
//! The rows stand by subject, in the order in which they are tried: [`settings`], [`subscribing`], [`people`], [`faces`],
//! [`gone`] (people again), [`told`] (passwords and sounds), [`kept`] (records), and [`last`], which is what others notice.

mod answers;
mod faces;
mod found;
mod gone;
mod kept;
mod last;
mod people;
mod quirks;
mod server;
mod settings;
mod subscribing;
mod terminal;
mod told;

use super::row::{Effect, Row, Step, row, try_all};
use super::{Options, ProbeError, Report, dialled};
use crate::links::CallError;
use crate::links::dialled::DeviceClient;
use dialects::facegate::{BasicUser, Call};
use found::Found;
use server::Server;
use terminal::Terminal;

/// The dialect.
const NAME: &str = "facegate";

/// What is tried, in this order.
const SUBJECTS: [&[Row<Call, Found>]; 9] = [
    settings::READ,
    settings::CHANGED,
    subscribing::ROWS,
    people::ROWS,
    faces::ROWS,
    gone::ROWS,
    told::ROWS,
    kept::ROWS,
    last::ROWS,
];

/// How a terminal is called.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The user and the password (2.4).
    pub user: BasicUser,
    /// A photo with one face, for what cannot be tried without.
    pub photo: Option<Vec<u8>>,
}

/// Tries the terminal at `address`.
///
/// # Errors
/// [`ProbeError`] where nobody answers there.
pub async fn probe(address: &str, caller: Caller, options: &Options) -> Result<Report, ProbeError> {
    let client = DeviceClient::new(dialled(address)?, &options.bounds()?, true);
    let nobody = |error: CallError| ProbeError::Nobody(address.to_owned(), error);
    let mut terminal = Terminal::new(client, caller.user.clone());
    terminal.hello().await.map_err(nobody)?;
    let server = Server::start(terminal.local_address(), caller.photo.clone()).await;
    let mut found = Found::new(caller, server.ok(), options.destructive);
    let mut findings = Vec::new();
    for rows in SUBJECTS {
        findings.extend(
            try_all(
                &mut terminal,
                rows,
                quirks::PLACES,
                &mut found,
                options.destructive,
            )
            .await,
        );
    }
    Ok(Report::new(NAME, address, findings))
}

/// A call, or why there is none.
type Ask = Result<Call, String>;

fn call(call: impl Into<Call>) -> Ask {
    Ok(call.into())
}

/// A row whose steps undo what they do.
const fn restored(
    name: &'static str,
    section: &'static str,
    steps: &'static [Step<Call, Found>],
) -> Row<Call, Found> {
    row(name, section, Effect::Restored, steps)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const NAMES: &str = include_str!("../../../../dialects/tests/names/facegate.txt");
    /// What a terminal begins (3.12.3 to 3.14).
    const PUSHES: [&str; 7] = [
        "CardVerify",
        "HeartBeat",
        "IDCardInfoPush",
        "PwdVerify",
        "QRCodePush",
        "SnapPush",
        "VerifyPush",
    ];

    #[test]
    fn every_operator_that_a_platform_calls_has_its_row() {
        let rows: Vec<&str> = SUBJECTS
            .iter()
            .flat_map(|rows| rows.iter())
            .map(|row| row.name)
            .collect();
        let begun: BTreeSet<&str> = NAMES.lines().filter(|name| !PUSHES.contains(name)).collect();
        assert_eq!(rows.iter().copied().collect::<BTreeSet<_>>(), begun);
        assert_eq!(rows.len(), begun.len());
    }
}
