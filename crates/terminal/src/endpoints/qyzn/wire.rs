//! The socket's writing half: frames in order, each in one write, never holding up the reading.

use super::LinkEnd;
use bytes::Bytes;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Frames that may wait for a platform that reads slowly.
const QUEUE: usize = 256;

/// How long a farewell may take to leave.
const DRAIN_PATIENCE: Duration = Duration::from_secs(2);

/// Writes frames.
pub(super) struct Wire {
    frames: mpsc::Sender<Bytes>,
    writer: JoinHandle<()>,
}

impl Wire {
    pub(super) fn new(mut half: OwnedWriteHalf) -> Self {
        let (frames, mut queue) = mpsc::channel::<Bytes>(QUEUE);
        let writer = tokio::spawn(async move {
            while let Some(frame) = queue.recv().await {
                // Known platforms take one read as one frame. The reading half notices a broken connection.
                if half.write_all(&frame).await.is_err() {
                    return;
                }
            }
            let _ = half.shutdown().await;
        });
        Self { frames, writer }
    }

    /// Takes a frame on its way.
    pub(super) fn write(&self, frame: Bytes) -> Result<(), LinkEnd> {
        self.frames.try_send(frame).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => LinkEnd::Stuck,
            mpsc::error::TrySendError::Closed(_) => LinkEnd::Closed,
        })
    }

    /// Writes what waits and closes.
    pub(super) async fn finish(self) {
        let Self { frames, mut writer } = self;
        drop(frames);
        if tokio::time::timeout(DRAIN_PATIENCE, &mut writer).await.is_err() {
            writer.abort();
        }
    }
}
