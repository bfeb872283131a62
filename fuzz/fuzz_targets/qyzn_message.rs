//! Bodies to messages, and messages to people and records: any bytes give a value or a reason; what is accepted is
//! written and read again the same; what a terminal understands can be decided on.
#![no_main]

use dialects::qyzn::convert::{person_from_platform, record_from_device};
use dialects::qyzn::operation::answer_of;
use dialects::qyzn::{
    AddPersonFace, DeviceRequest, Operation, PlatformRequest, Register, RequestBody, ResponseBody,
    SnapshotFace, SnapshotPicture, SyncTime,
};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use libfuzzer_sys::fuzz_target;
use model::access::{Door, decide};

fn person(message: &AddPersonFace, zone: &TimeZone) {
    let Ok(person) = person_from_platform(message, zone) else {
        return;
    };
    let door = Door {
        time_zone: zone.clone(),
        device_times: None,
    };
    for second in [0, 1_546_300_800, 1_792_886_400, 4_102_444_800] {
        let Ok(now) = Timestamp::from_second(second) else {
            continue;
        };
        let _ = decide(&person.subject(0), &person.rules, &door, now);
    }
}

fn record(record: SnapshotFace, body: &RequestBody, zone: &TimeZone) {
    let received = record_from_device(record, &body.data);
    assert!(received.score.is_none_or(|score| (0.0..=1.0).contains(&score)));
    let _ = received.occurred_at(zone, Timestamp::UNIX_EPOCH);
    let _ = received.capture.map(|picture| picture.decode());
}

fn platform_request(body: &RequestBody, zone: &TimeZone) {
    let Ok(request) = PlatformRequest::parse(&body.message, &body.data) else {
        return;
    };
    let again = PlatformRequest::parse(request.message(), &request.data());
    assert_eq!(again.as_ref(), Ok(&request));
    if let PlatformRequest::AddPersonFace(message) = &request {
        person(message, zone);
    }
}

fn device_request(body: &RequestBody, zone: &TimeZone) {
    let Ok(request) = DeviceRequest::parse(&body.message, &body.data) else {
        return;
    };
    let again = DeviceRequest::parse(request.message(), &request.data());
    assert_eq!(again.as_ref(), Ok(&request));
    if let DeviceRequest::SnapshotFace(face) = request {
        record(face, body, zone);
    }
}

fuzz_target!(|bytes: &[u8]| {
    let zone = TimeZone::get("Europe/Berlin").unwrap_or(TimeZone::UTC);
    if let Ok(answer) = ResponseBody::parse(bytes) {
        let _ = answer_of::<Register>(&answer);
        let _ = answer_of::<SnapshotFace>(&answer);
        let _ = answer_of::<SnapshotPicture>(&answer);
        let _ = answer_of::<SyncTime>(&answer);
        // (Floats of many digits may differ in the last bit after a round through text.)
        let again = ResponseBody::parse(&answer.encode());
        assert_eq!(again.map(|again| again.result), Ok(answer.result));
    }
    let Ok(body) = RequestBody::parse(bytes) else {
        return;
    };
    let again = RequestBody::parse(&body.encode());
    assert_eq!(again.map(|again| again.message), Ok(body.message.clone()));
    platform_request(&body, &zone);
    device_request(&body, &zone);
    // The most productive messages, whatever name the bytes give.
    if let Ok(message) = AddPersonFace::read(&body.data) {
        person(&message, &zone);
    }
    if let Ok(face) = SnapshotFace::read(&body.data) {
        record(face, &body, &zone);
    }
});
