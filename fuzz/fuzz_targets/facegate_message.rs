//! Bodies to calls, answers and pushes: any bytes give a value or a reason; what is accepted is written and read again the
//! same. The first byte chooses the operator.
#![no_main]

use dialects::facegate::call::OPERATORS;
use dialects::facegate::convert::{person_from_platform, record_from_control, record_from_device};
use dialects::facegate::record::SearchControl;
use dialects::facegate::{
    Acknowledgement, Body, Call, DeviceId, GetSettings, Push, ReceivedCall, ReceivedPush, SettingsGroup,
    answer_of, json, success,
};
use jiff::tz::TimeZone;
use libfuzzer_sys::fuzz_target;
use model::PersonId;
use serde_json::Value;

/// Numbers with a fraction may come back one bit off: the reader takes no pains with the last one.
fn is_exact(bytes: &[u8]) -> bool {
    fn whole(value: &Value) -> bool {
        match value {
            Value::Number(number) => !number.is_f64(),
            Value::Array(items) => items.iter().all(whole),
            Value::Object(fields) => fields.values().all(whole),
            _ => true,
        }
    }
    json::read(bytes).is_ok_and(|value| whole(&value))
}

fn call(operator: &str, bytes: &[u8], device: &DeviceId) {
    let Ok(received) = ReceivedCall::read(operator, bytes) else {
        return;
    };
    if let (Call::AddPerson(add), Ok(id)) = (&received.call, PersonId::new("1")) {
        let _ = person_from_platform(&add.person, id, &TimeZone::UTC);
    }
    if received.call.check().is_ok() {
        let written = received.call.request(received.device.as_ref());
        let again = ReceivedCall::read(operator, &written);
        if is_exact(&written) {
            assert_eq!(again.as_ref().map(|again| &again.call), Ok(&received.call));
        }
        let _ = ReceivedCall::parse(operator, &written, device);
    }
}

fn push(bytes: &[u8], device: &DeviceId) {
    let Ok(received) = ReceivedPush::parse(bytes) else {
        return;
    };
    if !matches!(received.push, Push::Unknown(_)) {
        let written = received.push.to_bytes(device);
        let again = ReceivedPush::parse(&written);
        if is_exact(&written) {
            assert_eq!(again.as_ref().map(|again| &again.push), Ok(&received.push));
        }
    }
    let _ = record_from_device(received.push, received.native);
}

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, bytes)) = bytes.split_first() else {
        return;
    };
    let choice = usize::from(*choice);
    let device = DeviceId::from(1_300_001);
    if let Some(operator) = OPERATORS.get(choice % OPERATORS.len()) {
        call(operator, bytes, &device);
    }
    push(bytes, &device);
    let _ = Acknowledgement::parse(bytes);
    if let Ok(records) = answer_of(&SearchControl::default(), bytes) {
        let written = success(&SearchControl::default(), &records, &device).to_bytes();
        let again = answer_of(&SearchControl::default(), &written);
        if is_exact(&written) {
            assert_eq!(again.as_ref().map(|again| &again.records), Ok(&records.records));
        }
        records
            .records
            .into_iter()
            .map(record_from_control)
            .for_each(drop);
    }
    if let Some(group) = SettingsGroup::ALL.get(choice % SettingsGroup::ALL.len()) {
        let _ = answer_of(&GetSettings(*group), bytes);
    }
    if let Ok(body) = Body::parse(bytes) {
        let written = body.to_bytes();
        if is_exact(&written) {
            assert_eq!(Body::parse(&written).as_ref(), Ok(&body));
        }
    }
});
