//! How a call of chapter 9 is looked at.

use crate::probe::compare::Difference;
use crate::probe::heard::{Said, Silence, said};
use crate::probe::row::Tried;
use crate::probe::{Came, NoAnswer, need};
use axum::http::Method;
use bytes::Bytes;
use dialects::lenient;
use dialects::openapi::platform::{DeviceCall, PlatformRequest};
use serde_json::{Value, json};

pub(super) const SAID: &[Said] = &[
    said(
        "syrecord",
        "9.1",
        Silence::Differs("it asked for no changes"),
        &[("lastQueryTime", "O13")],
    ),
    said(
        "syresult",
        "9.4",
        Silence::Differs("it told nothing of the person who was to be saved"),
        &[("resultList", "O9"), ("status", "O43")],
    ),
    said(
        "syheartbeat",
        "9.5",
        Silence::Skipped("none came for a while, and the document names no period (O18)"),
        &[("Heartinfo", "O7")],
    ),
    said(
        "syface",
        "9.2",
        Silence::Skipped("it takes somebody at the door"),
        &[("deviceId", "O6"), ("temperature", "O10"), ("idCardInfo", "O8")],
    ),
    said(
        "syattribute",
        "9.3",
        Silence::Skipped("it takes somebody at the door"),
        &[
            ("Info.temperature", "O10"),
            ("Info.deviceid", "O6"),
            ("Info", "O7"),
        ],
    ),
];

/// Looks at a call.
pub(super) fn looked_at(method: &Method, query: &str, body: &Bytes, call: &DeviceCall) -> Tried {
    let exact = call.request.call(&call.device);
    let value = match lenient::trim_padding(body) {
        [] => json!({}),
        body => lenient::body(body).unwrap_or_default(),
    };
    let exactly: Value = match exact.body.as_slice() {
        [] => json!({}),
        body => serde_json::from_slice(body).unwrap_or_default(),
    };
    let mut around = Vec::new();
    if method.as_str() != exact.method.name() {
        let text = format!("{method} came, {} is expected", exact.method.name());
        around.push(Difference::new("HTTP", text));
    }
    around.extend(call.request.check().err().map(|error| {
        Difference::new(
            error.field.as_str(),
            format!("{}, got {}", error.limit, error.got),
        )
    }));
    let asks = matches!(call.request, PlatformRequest::Changes(_));
    if asks && !query.contains("lastQueryTime=") {
        around.push(Difference::new("lastQueryTime", "is missing"));
    }
    around.extend(need(&call.message, required(&call.request)).err());
    let bytes = match body.is_empty() {
        true => Bytes::copy_from_slice(query.as_bytes()),
        false => body.clone(),
    };
    let came = Came {
        bytes,
        value,
        exact: Ok(exactly),
        around,
    };
    Tried::judged(&came, |_| Ok(()))
}

/// What the document requires and the codec does without.
fn required(request: &PlatformRequest) -> &'static [&'static str] {
    match request {
        PlatformRequest::Compared(_) => &[
            "userId",
            "userName",
            "deviceId",
            "screenTime",
            "similarity",
            "img",
        ],
        PlatformRequest::Measured(_) => &["deviceid", "screenTime", "img"],
        PlatformRequest::Changes(_) | PlatformRequest::Stored(_) | PlatformRequest::Alive(_) => &[],
    }
}

/// A call that cannot be read.
pub(super) fn unreadable(body: &Bytes, error: &str) -> Tried {
    let came = Came {
        bytes: body.clone(),
        value: Value::Null,
        exact: Err(NoAnswer::Malformed(error.to_owned())),
        around: Vec::new(),
    };
    Tried::judged(&came, |_| Ok(()))
}

/// Something that a call does not have itself: what came of it.
pub(super) fn differs(path: &str, text: &str, bytes: &[u8]) -> Tried {
    Tried::differs(&[Difference::new(path, text)], bytes)
}
