//! What a device asks by itself: how it is looked at, and how it is answered so that nothing is lost to its own platform.

use super::people::Told;
use crate::probe::compare::Difference;
use crate::probe::heard::{LookedAt, Said, Silence, said};
use crate::probe::row::Tried;
use crate::probe::{Came, NoAnswer, need};
use bytes::Bytes;
use dialects::lenient;
use dialects::qyzn::call::NOBODY_ANSWERS;
use dialects::qyzn::operation::success;
use dialects::qyzn::{
    Code, DeviceRequest, DeviceSyncPerson, DeviceSyncPersonAnswer, QrCodeAnswer, QrCodeData, Register,
    RegisterAnswer, RequestBody, ResponseBody, SyncTime,
};
use serde_json::{Value, json};

/// What a device is told to wait with a record, in seconds: the probe takes none.
const RECORD_LATER_SECONDS: u32 = 60;
/// Digits of a passwd (4.2.2).
const PASSWD_DIGITS: usize = 16;
/// Where the signature stands.
const SIGN: &str = "data.sign";

/// Packets (chapter 2) and what devices say by themselves (4.2, 4.3.7, 4.6, 4.7).
pub(super) const SAID: &[Said] = &[
    said(
        "register",
        "4.2.2",
        Silence::Skipped("it signed in with what its platform gave it"),
        &[("data.sign", "T12"), ("data.uuid", "T41")],
    ),
    said(
        "login",
        "4.2.3",
        Silence::Differs("it did not sign in"),
        &[("data.sign", "T12"), ("data.version", "T41")],
    ),
    said(
        "sync_time",
        "4.6.2",
        Silence::Differs("it did not ask for the time after it signed in"),
        &[("data.timestamp", "T55")],
    ),
    said(
        "device_sync_person",
        "4.3.7",
        Silence::Differs("it told of nobody after sync_person"),
        &[("data.faces", "T47")],
    ),
    said(
        "snapshot_face",
        "4.6.1",
        Silence::Skipped("it takes somebody at the door"),
        &[
            ("data.fullName", "T5"),
            ("data.bodyTemp", "T37"),
            ("data.type", "T62"),
            ("data.personId", "T62"),
            ("data.idNum", "T62"),
            ("data.icNum", "T62"),
            ("data", "T6"),
        ],
    ),
    said(
        "qrcode_data",
        "4.6.3",
        Silence::Skipped("it takes somebody who shows a code"),
        &[],
    ),
    said(
        "device_call_param",
        "4.7.1",
        Silence::Skipped("it takes somebody who rings"),
        &[],
    ),
    said(
        "device_call_result",
        "4.7.2",
        Silence::Skipped("it takes somebody who rings"),
        &[("data.callRecords", "T46")],
    ),
    said(
        "logout",
        "3.2",
        Silence::Skipped("a device goes when it likes"),
        &[("data", "T17")],
    ),
    said(
        "HEARTBEAT",
        "2.2",
        Silence::Differs("none came, in longer than the 25 s between two"),
        &[("header", "T13"), ("body", "T13")],
    ),
    said(
        "NOTIFICATION",
        "2.3",
        Silence::Skipped("the document has none"),
        &[],
    ),
    said(
        "REQUEST",
        "2.4",
        Silence::Differs("none came"),
        &[("header.Version", "T1")],
    ),
    said(
        "RESPONSE",
        "2.5",
        Silence::Differs("none came"),
        &[("header.Version", "T1")],
    ),
];

/// Looks at a request. `passwd` is what a login is signed with, where it is known.
pub(super) fn looked_at(body: &RequestBody, bytes: &Bytes, passwd: Option<&str>) -> LookedAt<DeviceRequest> {
    let read = DeviceRequest::read(&body.message, &body.data);
    let mut came = Came {
        bytes: bytes.clone(),
        value: lenient::body(bytes).unwrap_or_default(),
        exact: Err(NoAnswer::Malformed(String::new())),
        around: Vec::new(),
    };
    let request = match read {
        Ok(request) => request,
        Err(error) => {
            came.exact = Err(NoAnswer::Malformed(error.to_string()));
            return LookedAt {
                name: body.message.clone(),
                tried: Tried::judged(&came, |_| Ok(())),
                request: None,
            };
        }
    };
    came.exact = Ok(json!({"message": request.message(), "data": request.data()}));
    came.around.extend(request.check().err().map(|error| {
        Difference::new(
            format!("data.{}", error.field),
            format!("{}, got {}", error.limit, error.got),
        )
    }));
    came.around.extend(missing(&request, &body.data));
    came.around.extend(unsigned(&request, passwd));
    LookedAt {
        name: request.message().to_owned(),
        tried: Tried::judged(&came, |_| Ok(())),
        request: Some(request),
    }
}

/// What the document requires and the codec does without.
fn missing(request: &DeviceRequest, data: &Value) -> Option<Difference> {
    let names: &[&str] = match request {
        DeviceRequest::Register(_) => &["serial", "mac", "timestamp", "sign", "type"],
        DeviceRequest::Login(_) => &["uuid", "version", "timestamp", "sign"],
        DeviceRequest::SnapshotFace(_) => &["type", "result", "score", "snaptime"],
        DeviceRequest::DeviceSyncPerson(_) => &["personId", "personCode", "name", "type", "faces"],
        _ => &[],
    };
    let missing = need(data, names).err()?;
    Some(Difference::new(format!("data.{}", missing.path), missing.text))
}

fn unsigned(request: &DeviceRequest, passwd: Option<&str>) -> Option<Difference> {
    match request {
        DeviceRequest::Register(register) if !register.is_signed() => Some(Difference::new(
            SIGN,
            "is not that of its serial, mac and timestamp",
        )),
        DeviceRequest::Login(login) if passwd.is_some_and(|passwd| !login.is_signed(passwd)) => Some(
            Difference::new(SIGN, "is not that of its uuid, passwd and timestamp"),
        ),
        DeviceRequest::SyncTime(time) if time.local().is_none() => {
            Some(Difference::new("data.timestamp", "is no yyyyMMddHHmmssSSS"))
        }
        _ => None,
    }
}

/// What a new device is called here.
pub(super) fn identity() -> RegisterAnswer {
    let passwd = uuid::Uuid::new_v4().simple().to_string();
    RegisterAnswer {
        uuid: uuid::Uuid::new_v4().simple().to_string(),
        passwd: passwd.chars().take(PASSWD_DIGITS).collect(),
    }
}

/// The answer: its clock stays as it is, nobody is let in, and a record is left for its platform to take.
pub(super) fn answer(request: Option<&DeviceRequest>, given: &RegisterAnswer, told: &Told) -> ResponseBody {
    match request {
        None => ResponseBody::of_code(Code::InvalidParameter),
        Some(DeviceRequest::Register(_)) => success::<Register>(given),
        Some(DeviceRequest::SyncTime(time)) => success::<SyncTime>(time),
        Some(DeviceRequest::QrCodeData(_)) => success::<QrCodeData>(&QrCodeAnswer { open_door: 0 }),
        Some(DeviceRequest::SnapshotFace(_)) => ResponseBody::busy(RECORD_LATER_SECONDS),
        Some(DeviceRequest::DeviceSyncPerson(person)) => {
            told.hear(&person.0);
            success::<DeviceSyncPerson>(&DeviceSyncPersonAnswer::unchanged(&person.0))
        }
        Some(DeviceRequest::DeviceCallParam(_)) => {
            ResponseBody::refusal(Code::from(NOBODY_ANSWERS), "nobody is called from a probe")
        }
        Some(DeviceRequest::Unknown { .. }) => ResponseBody::of_code(Code::UnknownCommand),
        Some(DeviceRequest::Login(_) | DeviceRequest::Logout(_) | DeviceRequest::DeviceCallResult(_)) => {
            ResponseBody::of_code(Code::Success)
        }
    }
}
