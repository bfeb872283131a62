//! Chapter 9: the device is waited for, handed one person to save and then to delete, and heard out.
//!
//! Its mark of how far it has read stays what it is, no pass is taken from its own platform, and nobody is let in.

mod said;
mod served;

use crate::probe::{Listening, Options, ProbeError, Report, picture};
use served::{Phase, Served};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::task::AbortOnDropHandle;

/// The dialect.
const NAME: &str = "openapi";
/// A device asks for changes at least so often; the document names no period.
const ASKS_WITHIN: Duration = Duration::from_secs(60);
/// A device beats at least so often; the document names no period (QUIRKS O18).
const HEARTBEAT_WITHIN: Duration = Duration::from_secs(35);

/// Serves a platform of chapter 9 under `/openapi`, waits for a device and tries it. `photo` is one with a face, without
/// which nobody can be saved.
///
/// # Errors
/// [`ProbeError`] where it cannot be listened there, or nobody comes.
pub async fn probe(
    listening: &Listening,
    photo: Option<&[u8]>,
    options: &Options,
) -> Result<Report, ProbeError> {
    let (listener, address) = listening.bind().await?;
    let jpeg = photo.map_or_else(picture::grey, <[u8]>::to_vec);
    let served = Arc::new(Served::new(jpeg, photo.is_some()));
    let routes = served::routes(Arc::clone(&served));
    let serving = tokio::spawn(async move { axum::serve(listener, routes).await });
    let _serving = AbortOnDropHandle::new(serving);
    (listening.ready)(address);
    let came = served.until(listening.wait, |state| state.device.is_some()).await;
    if !came {
        return Err(listening.nobody());
    }
    let patience = ASKS_WITHIN.max(options.answer_within);
    for reached in [Phase::Deleting, Phase::Done] {
        if !served.until(patience, |state| state.phase >= reached).await {
            break;
        }
    }
    let beats = |state: &served::State| state.heard.has("syheartbeat");
    served.until(HEARTBEAT_WITHIN, beats).await;
    let (device, heard) = served.end();
    Ok(Report::new(NAME, &device, heard.findings(said::SAID)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use dialects::openapi::platform::PlatformRequest;

    #[test]
    fn every_call_of_the_chapter_has_its_row() {
        let mut rows: Vec<&str> = said::SAID.iter().map(|said| said.name).collect();
        let names = include_str!("../../../../../dialects/tests/names/openapi.txt");
        let mut declared: Vec<&str> = names.lines().filter(|name| name.starts_with("sy")).collect();
        let mut coded = PlatformRequest::ALL.to_vec();
        rows.sort_unstable();
        declared.sort_unstable();
        coded.sort_unstable();
        assert_eq!(rows, declared);
        assert_eq!(coded, declared);
    }
}
