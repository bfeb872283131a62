//! The door, the program, the camera (2.1.3, 2.1.4, 2.3.2).

use super::PICTURE_BYTES;
use super::commands::{Desk, Then, reply};
use crate::camera::fitting;
use crate::device::Device;
use crate::upgrade::{self, Announced, UpgradeError};
use dialects::lenient::Base64Text;
use dialects::mqtt::control::{OnlineOpenResp, OnlineUpdateResp};
use dialects::mqtt::message::Reply;
use dialects::mqtt::{
    DeviceResponse, ErrorCode, OnlineGetPhoto, OnlineGetPhotoResp, OnlineOpen, OnlineUpdate,
};
use model::Method;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How long the camera has to see somebody.
const CAMERA_PATIENCE: Duration = Duration::from_secs(3);
/// `photoType` of a picture that shows a face.
const WITH_A_FACE: i64 = 0;
/// Bytes of a program's version (2.1.1 `softwareVersion`).
const VERSION_BYTES: usize = 32;

/// `onlineOpen`: opens the door and says something.
pub(super) fn open(device: &Arc<Device>, message: &OnlineOpen) -> DeviceResponse {
    device.open_door(Method::Remote);
    device.say(message.msg.trim());
    OnlineOpenResp(Reply::done(&message.msg_id, &device.config.terminal.serial, "")).into()
}

/// `onlineGetPhoto`: 600 where the camera gives nothing, 601 where a face was wanted and none is there.
pub(super) async fn photo(device: &Arc<Device>, message: &OnlineGetPhoto) -> DeviceResponse {
    let taken = picture(device, message.photo_type == WITH_A_FACE).await;
    let (code, photo) = match taken {
        Ok(jpeg) => (ErrorCode::Success, Base64Text::encode(&jpeg)),
        Err(code) => (code, Base64Text::default()),
    };
    OnlineGetPhotoResp {
        msg_id: message.msg_id.clone(),
        device_no: device.config.terminal.serial.clone(),
        token: String::new(),
        code,
        msg: code.text().to_owned(),
        photo,
    }
    .into()
}

async fn picture(device: &Arc<Device>, with_face: bool) -> Result<Vec<u8>, ErrorCode> {
    let frame = if with_face {
        device.camera.snapshot(CAMERA_PATIENCE).await
    } else {
        match device.camera.last() {
            Some(frame) => Some(frame),
            None => device.camera.snapshot(CAMERA_PATIENCE).await,
        }
    };
    let frame = frame.ok_or(ErrorCode::PhotoTimeout)?;
    if with_face && frame.has_face == Some(false) {
        return Err(ErrorCode::NothingSeen);
    }
    let limits = device.config.face.photo;
    let jpeg = tokio::task::spawn_blocking(move || fitting(&frame.bytes, &limits, PICTURE_BYTES, None)).await;
    jpeg.ok().flatten().ok_or(ErrorCode::Failed)
}

/// `onlineUpdate`: 500 while it is fetched, 501 while it is installed, then 100 and a restart; 502 to 504 where it is not
/// what was announced, 507 where another is under way (terminal rule 27).
pub(super) async fn update(device: &Device, message: &OnlineUpdate, updating: &AtomicBool, desk: &Desk) {
    let answer = |code: ErrorCode, words: &str| -> DeviceResponse {
        let serial = &device.config.terminal.serial;
        OnlineUpdateResp(reply(code, &message.msg_id, serial, words)).into()
    };
    let Some(announced) = announced(message) else {
        let words = "updateKey: a length, or an MD5 of 32 hexadecimal digits";
        return desk.answer(answer(ErrorCode::InvalidSetting, words), Then::Nothing);
    };
    if updating.swap(true, Ordering::AcqRel) {
        let code = ErrorCode::AlreadyInstalling;
        return desk.answer(answer(code, code.text()), Then::Nothing);
    }
    let said = |code: ErrorCode| desk.progress(answer(code, code.text()));
    said(ErrorCode::Downloading);
    let fetched = upgrade::fetch(&message.url, &announced).await;
    updating.store(false, Ordering::Release);
    if let Err(error) = fetched {
        let code = failure(&error, &announced);
        return desk.answer(answer(code, &error.to_string()), Then::Nothing);
    }
    said(ErrorCode::Installing);
    let version = upgrade::version_of(&message.url, VERSION_BYTES);
    match device
        .change_behaviour(|behaviour| behaviour.version = Some(version))
        .await
    {
        Ok(()) => desk.answer(
            answer(ErrorCode::Success, ErrorCode::Success.text()),
            Then::Reboot,
        ),
        Err(error) => desk.answer(
            answer(ErrorCode::InstallFailed, &error.to_string()),
            Then::Nothing,
        ),
    }
}

/// What a program is checked by: its MD5 or its length (QUIRKS M41).
fn announced(message: &OnlineUpdate) -> Option<Announced> {
    if let Some(md5) = message.md5() {
        return Some(Announced::Md5(md5.to_owned()));
    }
    message.length().map(Announced::Length)
}

fn failure(error: &UpgradeError, announced: &Announced) -> ErrorCode {
    match (error, announced) {
        (UpgradeError::Address | UpgradeError::Unreachable(_) | UpgradeError::Download(_), _) => {
            ErrorCode::DownloadFailed
        }
        (UpgradeError::Check(_), Announced::Length(_)) => ErrorCode::WrongLength,
        (UpgradeError::Check(_), Announced::Md5(_) | Announced::Package | Announced::Anything) => {
            ErrorCode::WrongHash
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(key: &str) -> OnlineUpdate {
        OnlineUpdate {
            key: key.into(),
            ..OnlineUpdate::default()
        }
    }

    #[test]
    fn keys_are_lengths_or_hashes() {
        let of = |key| announced(&message(key));
        assert_eq!(of(" 457803"), Some(Announced::Length(457_803)));
        let md5 = "E10ADC3949BA59ABBE56E057F20F883E";
        assert_eq!(of(md5), Some(Announced::Md5(md5.into())));
        assert_eq!(of("soon"), None);
    }
}
