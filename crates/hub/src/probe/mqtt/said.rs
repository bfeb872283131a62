//! What a device says by itself (2.1.1, 2.1.2, 2.3.1): how it is looked at and answered.

use crate::probe::compare::Difference;
use crate::probe::heard::{LookedAt, Said, Silence, said};
use crate::probe::row::Tried;
use crate::probe::{Came, NoAnswer};
use bytes::Bytes;
use dialects::lenient;
use dialects::mqtt::{CloudResponse, DeviceRequest, ErrorCode, KeepAliveResp, RegisterResp, message};
use jiff::Timestamp;
use serde_json::Value;

/// `msgType` of a heartbeat.
pub(super) const HEARTBEAT: &str = "keepAlive";

pub(super) const SAID: &[Said] = &[
    said(
        "register",
        "2.1.1",
        Silence::Differs("it did not register"),
        &[("registerTime", "M15"), ("sign", "M14"), ("deviceNo", "M16")],
    ),
    said(
        HEARTBEAT,
        "2.1.2",
        Silence::Skipped("none came, in longer than the 30 s between two: pings may stand for it"),
        &[("token", "M39")],
    ),
    said(
        "uploadRecord",
        "2.3.1",
        Silence::Skipped("it takes somebody at the door"),
        &[
            ("token", "M39"),
            ("birth", "M31"),
            ("company", "M32"),
            ("department", "M32"),
            ("inOutMode", "M24"),
            ("passTime", "M11"),
        ],
    ),
];

/// Looks at what the device of this serial said; `token` is what it was given.
pub(super) fn looked_at(payload: &Bytes, serial: &str, token: &str) -> LookedAt<DeviceRequest> {
    let mut came = Came {
        bytes: payload.clone(),
        value: lenient::body(payload).unwrap_or_default(),
        exact: Err(NoAnswer::Malformed(String::new())),
        around: Vec::new(),
    };
    let request = match DeviceRequest::read(payload) {
        Ok(request) => request,
        Err(error) => {
            came.exact = Err(NoAnswer::Malformed(error.to_string()));
            return LookedAt {
                name: message::name(payload).unwrap_or_else(|| "register".to_owned()),
                tried: Tried::judged(&came, |_| Ok(())),
                request: None,
            };
        }
    };
    let mut exact: Value = serde_json::from_slice(&request.to_bytes()).unwrap_or_default();
    without_absent(&mut exact, &came.value, OPTIONAL);
    came.exact = Ok(exact);
    came.around.extend(faults(&request, serial, token));
    LookedAt {
        name: request.name().to_owned(),
        tried: Tried::judged(&came, |_| Ok(())),
        request: Some(request),
    }
}

/// Fields of a record that the document leaves free.
const OPTIONAL: &[&str] = &["comparePhoto"];

/// Takes out of an exact message what did not come and need not.
pub(super) fn without_absent(exact: &mut Value, came: &Value, optional: &[&str]) {
    if let Some(fields) = exact.as_object_mut() {
        fields.retain(|name, _| !optional.contains(&name.as_str()) || came.get(name).is_some());
    }
}

fn faults(request: &DeviceRequest, serial: &str, token: &str) -> Vec<Difference> {
    let (device_no, given) = match request {
        DeviceRequest::Register(register) => (&register.device_no, None),
        DeviceRequest::KeepAlive(beat) => (&beat.device_no, Some(&beat.token)),
        DeviceRequest::UploadRecord(record) => (&record.device_no, Some(&record.token)),
        DeviceRequest::Unknown { .. } => return Vec::new(),
    };
    let limit = request.check().err().map(|error| {
        Difference::new(
            error.field.as_str(),
            format!("{}, got {}", error.limit, error.got),
        )
    });
    let other = (device_no != serial)
        .then(|| Difference::new("deviceNo", format!("is not the {serial:?} of its topic")));
    let stale = given
        .filter(|given| *given != token)
        .map(|_| Difference::new("token", "is not the one that it was given"));
    let unsigned = match request {
        DeviceRequest::Register(register) if !register.is_signed() => Some(Difference::new(
            "sign",
            "is not that of deviceNo, registerTime, rand and deviceNo",
        )),
        _ => None,
    };
    [limit, other, stale, unsigned].into_iter().flatten().collect()
}

/// The answer: the clock stays as it is, and a record is left for the device's own platform to take.
pub(super) fn answer(request: &DeviceRequest, serial: &str, token: &str) -> Option<CloudResponse> {
    let device_no = serial.to_owned();
    match request {
        DeviceRequest::Register(register) => {
            let now = || Timestamp::now().as_millisecond();
            let answer = RegisterResp {
                device_no,
                token: token.to_owned(),
                time: register.milliseconds().unwrap_or_else(now).to_string(),
                code: ErrorCode::Success,
            };
            Some(answer.into())
        }
        DeviceRequest::KeepAlive(_) => Some(KeepAliveResp { device_no }.into()),
        DeviceRequest::UploadRecord(_) | DeviceRequest::Unknown { .. } => None,
    }
}
