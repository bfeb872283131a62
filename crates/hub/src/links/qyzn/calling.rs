//! Calls from the door (4.7): who answers a room, and how a call went.

use super::session::{Session, refusal};
use dialects::qyzn::call::{NOBODY_ANSWERS, UNKNOWN_ROOM};
use dialects::qyzn::{
    Called, Code, DeviceCallParam, DeviceCallParamAnswer, DeviceCallResult, ResponseBody, operation,
};

/// The longest call, seconds; the document's example.
const MOST_SECONDS: i64 = 60;

/// Who is called for a room: everybody who answers there and has a telephone. 104: there is no such room; 105: nobody
/// there can be called (QUIRKS T8).
pub(super) async fn param(session: &Session, call: &DeviceCallParam) -> ResponseBody {
    let Some(id) = session.device_id() else {
        return ResponseBody::of_code(Code::Unregistered);
    };
    let hub = &session.hub;
    let device = match hub.store.devices.device(id, None).await {
        Ok(Some(device)) if device.standing == store::hub::devices::Standing::Approved => device,
        Ok(_) => return ResponseBody::refusal(Code::from(UNKNOWN_ROOM), "there is no such room"),
        Err(error) => return refusal(&error),
    };
    let answers = match hub.store.rooms.answers(call.room.trim()).await {
        Ok(Some(answers)) => answers,
        Ok(None) => return ResponseBody::refusal(Code::from(UNKNOWN_ROOM), "there is no such room"),
        Err(error) => return refusal(&error),
    };
    let called: Vec<Called> = answers
        .into_iter()
        .filter_map(|answer| {
            let phone = answer.phone.filter(|phone| !phone.trim().is_empty())?;
            Some(Called {
                user_id: answer.person_id.to_string(),
                token: String::new(),
                phone,
            })
        })
        .collect();
    if called.is_empty() {
        return ResponseBody::refusal(Code::from(NOBODY_ANSWERS), "nobody there can be called");
    }
    let answer = DeviceCallParamAnswer {
        call_id: call.call_id.clone(),
        room: call.room.clone(),
        device_id: device.device.id.to_string(),
        device_token: String::new(),
        device_name: device.device.name,
        most_seconds: MOST_SECONDS,
        called,
    };
    operation::success::<DeviceCallParam>(&answer)
}

/// How a call went: told in the log and counted.
pub(super) fn result(session: &Session, report: &DeviceCallResult) -> ResponseBody {
    let Some(device) = session.device_id() else {
        return ResponseBody::of_code(Code::Unregistered);
    };
    for record in &report.records {
        tracing::info!(%device, room = report.room, call = report.call_id, result = record.result,
            opened = record.open_status, "a call from the door ended");
        metrics::counter!("menshen_calls_total", "result" => record.result.to_string()).increment(1);
    }
    ResponseBody::of_code(Code::Success)
}
