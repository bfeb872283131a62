//! The live event stream, `GET /events` (hub rule 44).
//!
//! A stream is pulled by its reader: a slow one holds back only itself, and keeps one page of announcements in
//! memory. Its place is the outbox's sequence, so nothing is lost or repeated over a reconnect.

use super::permission::{Caller, Read, still_valid};
use super::problem::Problem;
use super::scope;
use crate::state::Hub;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::response::IntoResponse;
use axum::response::sse::{Event as Sent, Sse};
use futures_util::Stream;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use store::hub::outbox::{Announcement, Extent};
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::Instant;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// A reader without news hears a comment this often, so that it and the proxies between know of each other.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Announcements read at a time.
const PAGE: u32 = 64;
/// How soon a reader that was cut off comes back.
const RETRY: Duration = Duration::from_secs(2);
/// Told instead of what is no longer kept.
const GAP: &str = "gap";
/// Seconds after which who found no place may try again.
const RETRY_SECONDS: u64 = 5;

pub(super) fn routes() -> OpenApiRouter<Arc<Hub>> {
    OpenApiRouter::new().routes(routes!(events))
}

/// The place after which a reader goes on.
struct LastEventId(Option<i64>);

impl<S: Send + Sync> FromRequestParts<S> for LastEventId {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get("last-event-id") else {
            return Ok(Self(None));
        };
        let text = value.to_str().unwrap_or("?").trim();
        match text.parse() {
            _ if text.is_empty() => Ok(Self(None)),
            Ok(seq) if seq >= 0 => Ok(Self(Some(seq))),
            _ => Err(Problem::bad_request(
                "bad_last_event_id",
                "Last-Event-ID is the id of an event that was received",
            )),
        }
    }
}

/// What happens, live, as server-sent events: `event` is the name, `id` the place, `data` the resource. With
/// `Last-Event-ID` first what followed it; what is no longer kept is told by the event `gap`.
#[utoipa::path(get, path = "/events", tag = "events",
    params(("Last-Event-ID" = Option<i64>, Header, description = "The id of the last event received")),
    responses((status = 200, content_type = "text/event-stream", body = String),
              (status = 503, description = "Too many streams are open")))]
async fn events(
    State(hub): State<Arc<Hub>>,
    by: Read<scope::Events>,
    LastEventId(last): LastEventId,
) -> Result<impl IntoResponse, Problem> {
    let place = Arc::clone(&hub.streams)
        .try_acquire_owned()
        .map_err(|_| Problem::busy(RETRY_SECONDS))?;
    let head = hub.outbox_head.subscribe();
    let extent = hub.store.outbox.extent().await?;
    let mut reader = Reader {
        caller: by.0,
        place: last.unwrap_or(extent.last),
        rows: VecDeque::new(),
        head,
        heartbeat: Instant::now() + HEARTBEAT,
        greeting: Some(Sent::default().retry(RETRY).comment("menshen")),
        gap: None,
        _place: place,
        hub,
    };
    reader.gap = last.and_then(|last| reader.skip_what_is_gone(last, extent));
    Ok(Sse::new(stream(reader)))
}

struct Reader {
    hub: Arc<Hub>,
    caller: Caller,
    /// What was told last.
    place: i64,
    rows: VecDeque<Announcement>,
    head: watch::Receiver<i64>,
    heartbeat: Instant,
    greeting: Option<Sent>,
    gap: Option<Sent>,
    _place: OwnedSemaphorePermit,
}

fn stream(reader: Reader) -> impl Stream<Item = Result<Sent, Infallible>> {
    futures_util::stream::unfold(reader, |mut reader| async move {
        let sent = reader.next().await?;
        Some((Ok(sent), reader))
    })
}

impl Reader {
    /// Moves over what is no longer kept, or was never there (a database put back from a copy), and says so.
    fn skip_what_is_gone(&mut self, last: i64, extent: Extent) -> Option<Sent> {
        if last + 1 >= extent.first && last <= extent.last {
            return None;
        }
        self.place = if last > extent.last {
            extent.last
        } else {
            extent.first - 1
        };
        let data = format!("{{\"after\":{last},\"next\":{}}}", self.place + 1);
        Some(Sent::default().event(GAP).id(self.place.to_string()).data(data))
    }

    /// The next thing to send; `None` ends the stream.
    async fn next(&mut self) -> Option<Sent> {
        if let Some(first) = self.greeting.take().or_else(|| self.gap.take()) {
            return Some(first);
        }
        loop {
            if Instant::now() >= self.heartbeat {
                return self.beat().await;
            }
            while let Some(row) = self.rows.pop_front() {
                self.place = row.seq;
                if let Some(sent) = self.tell(&row).await? {
                    return Some(sent);
                }
            }
            self.head.mark_unchanged();
            self.rows = self
                .hub
                .store
                .outbox
                .after(self.place, PAGE)
                .await
                .map_err(log)
                .ok()?
                .into();
            if !self.rows.is_empty() {
                continue;
            }
            tokio::select! {
                () = self.hub.shutdown.cancelled() => return None,
                changed = self.head.changed() => changed.ok()?,
                () = tokio::time::sleep_until(self.heartbeat) => return self.beat().await,
            }
        }
    }

    /// What a row tells this reader, if anything; the outer `None` ends the stream.
    async fn tell(&self, row: &Announcement) -> Option<Option<Sent>> {
        let told = self.hub.resolvers.resolve(&self.hub, &self.caller, row).await;
        let told = told
            .map_err(|problem| tracing::error!(detail = problem.detail(), "an event was not told"))
            .ok()?;
        Some(told.and_then(|(event, value)| {
            Sent::default()
                .event(event.name())
                .id(row.seq.to_string())
                .json_data(value)
                .ok()
        }))
    }

    /// A sign of life, if the reader may still read.
    async fn beat(&mut self) -> Option<Sent> {
        self.heartbeat = Instant::now() + HEARTBEAT;
        let valid = still_valid(&self.hub, &self.caller).await.unwrap_or(false);
        valid.then(|| Sent::default().comment("still here"))
    }
}

fn log(error: store::StoreError) {
    tracing::error!(%error, "the outbox could not be read");
}
