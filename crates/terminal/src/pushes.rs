//! Records posted over HTTP where a platform set an address for them, beside the dialects: once each, as `/api/events`
//! tells them.

use crate::device::Device;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

/// Posts records until `shutdown`.
pub(crate) async fn push(device: Arc<Device>, shutdown: CancellationToken) {
    let mut changed = device.changed.subscribe();
    loop {
        // Nobody listens while there is nowhere to post to.
        while device.behaviour().push.is_none() {
            tokio::select! {
                () = shutdown.cancelled() => return,
                told = changed.changed() => if told.is_err() { return },
            }
        }
        let posting = post_all(&device);
        let unset = async { while device.behaviour().push.is_some() && changed.changed().await.is_ok() {} };
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = posting => return,
            () = unset => {}
        }
    }
}

async fn post_all(device: &Device) {
    let mut events = device.events.listen();
    let client = reqwest::Client::new();
    loop {
        let event = events.recv().await;
        let event = match event {
            Ok(event) if event.name == "record.created" => event,
            Ok(_) => continue,
            Err(RecvError::Lagged(missed)) => {
                tracing::warn!(missed, "records were not posted");
                continue;
            }
            Err(RecvError::Closed) => return,
        };
        let behaviour = device.behaviour();
        let Some(push) = &behaviour.push else { continue };
        let posted = client
            .post(&push.url)
            .timeout(Duration::from_secs(push.timeout_seconds))
            .json(&event.data)
            .send()
            .await;
        if let Err(error) = posted.and_then(reqwest::Response::error_for_status) {
            tracing::warn!(%error, "a record was not posted");
        }
    }
}
