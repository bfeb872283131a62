//! The clock, the door, the program, pictures (3.4, 3.5, 3.15, 3.18, 3.20).

use super::Endpoint;
use super::calls::{Outcome, failed};
use crate::camera::as_jpeg;
use crate::upgrade::{self, Announced, UpgradeError};
use dialects::epoch::Epoch;
use dialects::lan::control::{DeviceTime, GetTime, PHOTO_INTERVAL_MS, Photos, SetTime, TakePhotos};
use dialects::lan::operation::Refused;
use dialects::lan::{Reply, Status};
use dialects::lenient::Base64Text;
use model::Method;
use std::time::Duration;

/// How long the camera has to show anything.
const CAMERA_PATIENCE: Duration = Duration::from_secs(3);
/// Bytes of a program's version; the document names no limit.
const VERSION_BYTES: usize = 64;

impl Endpoint {
    /// `setTime`.
    pub(super) async fn set_time(&self, message: SetTime) -> Outcome {
        let no_time = || Refused::new(Status::Malformed, "ts: no time");
        let time = message.ts.timestamp().ok_or_else(no_time)?;
        let set = self.device.clock.set(time).await;
        set.map(|()| Reply::done()).map_err(|error| failed(&error))
    }

    /// `getTime`.
    pub(super) fn time(&self) -> Reply {
        let ts = Epoch::of(self.device.clock.now());
        Reply::success::<GetTime>(&DeviceTime { ts })
    }

    /// `open`.
    pub(super) fn open(&self) -> Reply {
        self.device.open_door(Method::Remote);
        Reply::done()
    }

    /// `updateAPK`: answered once the program is here and is one; then the terminal restarts under its name.
    pub(super) async fn update(&self, url: &str) -> Outcome {
        let Ok(_one) = self.installing.try_lock() else {
            return Err(Refused::new(
                Status::Unknown,
                "another program is being installed",
            ));
        };
        upgrade::fetch(url, &Announced::Package).await.map_err(|error| {
            let status = match error {
                UpgradeError::Address => Status::UrlMalformed,
                _ => Status::Unknown,
            };
            Refused::new(status, error.to_string())
        })?;
        let version = upgrade::version_of(url, VERSION_BYTES);
        let installed = self
            .device
            .change_behaviour(|behaviour| behaviour.version = Some(version));
        installed.await.map_err(|error| failed(&error))?;
        self.reboot_soon();
        Ok(Reply::done())
    }

    /// `photo`: one to three pictures, a second apart.
    pub(super) async fn photos(&self, message: &TakePhotos) -> Outcome {
        let Ok(_one) = self.taking.try_lock() else {
            return Err(Refused::new(Status::Busy, "another call takes pictures"));
        };
        self.device
            .say(message.tips_before.as_deref().unwrap_or_default());
        let mut photos = Vec::new();
        for number in 0..message.count.unwrap_or(1) {
            if number > 0 {
                tokio::time::sleep(Duration::from_millis(PHOTO_INTERVAL_MS)).await;
            }
            photos.push(self.photo().await?);
        }
        self.device.say(message.tips_after.as_deref().unwrap_or_default());
        Ok(Reply::success::<TakePhotos>(&Photos { photos }))
    }

    async fn photo(&self) -> Result<Base64Text, Refused> {
        let camera = &self.device.camera;
        let frame = match camera.last() {
            Some(frame) => Some(frame),
            None => camera.snapshot(CAMERA_PATIENCE).await,
        };
        let nothing = || Refused::new(Status::Unknown, "the camera gives no picture");
        let frame = frame.ok_or_else(nothing)?;
        let limits = self.device.config.face.photo;
        let jpeg = tokio::task::spawn_blocking(move || as_jpeg(&frame.bytes, &limits)).await;
        let jpeg = jpeg.ok().flatten().ok_or_else(nothing)?;
        Ok(Base64Text::encode(&jpeg))
    }
}
