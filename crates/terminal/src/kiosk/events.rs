//! The live stream: `record.created` for each pass, `state` after each change (terminal rule 14).

use super::Kiosk;
use super::problem::Problem;
use super::state::Snapshot;
use crate::device::Device;
use crate::endpoints::at;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::{Stream, StreamExt};
use std::convert::Infallible;
use std::sync::Arc;
use tokio_stream::wrappers::BroadcastStream;
use tokio_util::sync::CancellationToken;

/// A stream starts with the state as it is; who reads too slowly misses events and gets the next state.
pub(super) async fn events(State(kiosk): State<Kiosk>) -> Result<impl IntoResponse, Problem> {
    let permit = Arc::clone(&kiosk.streams).try_acquire_owned().map_err(|_| {
        Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "busy",
            "too many event streams are open",
        )
    })?;
    let live = BroadcastStream::new(kiosk.device.events.listen());
    let first = futures_util::stream::iter(written("state", &Snapshot::of(&kiosk.device)));
    let live = live.filter_map(|event| async move {
        let event = event.ok()?;
        written(event.name, &event.data)
    });
    let stream = first.chain(live).map(move |event| {
        // The permit lives as long as the stream.
        let _ = &permit;
        Ok(event)
    });
    Ok(Sse::new(until(stream, kiosk.shutdown)).keep_alive(KeepAlive::default()))
}

fn until<S>(stream: S, shutdown: CancellationToken) -> impl Stream<Item = Result<Event, Infallible>>
where
    S: Stream<Item = Result<Event, Infallible>>,
{
    stream.take_until(shutdown.cancelled_owned())
}

fn written(name: &str, data: &impl serde::Serialize) -> Option<Event> {
    Event::default().event(name).json_data(data).ok()
}

/// Tells the state after each change, and when the door closes, until `shutdown`.
pub(crate) async fn tell_state(device: Arc<Device>, shutdown: CancellationToken) {
    let mut changed = device.changed.subscribe();
    let mut openings = device.door.watch();
    let mut closes_at = None;
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            told = changed.changed() => if told.is_err() { return },
            told = openings.changed() => {
                if told.is_err() { return }
                closes_at = device.door.closes_at();
            }
            () = at(closes_at) => closes_at = None,
        }
        if device.events.has_listeners() {
            device.events.tell("state", &Snapshot::of(&device));
        }
    }
}
