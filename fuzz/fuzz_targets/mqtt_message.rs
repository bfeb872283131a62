//! Payloads to messages by their topic: any bytes give a value or a reason; what is accepted is written and read again
//! the same.
#![no_main]

use dialects::mqtt::message::identity;
use dialects::mqtt::time::{birthday, record_time};
use dialects::mqtt::{CloudRequest, CloudResponse, DeviceRequest, DeviceResponse, Topic};
use libfuzzer_sys::fuzz_target;

macro_rules! both_ways {
    ($topic:ident, $bytes:expr) => {
        // What is not known is kept, but its scalars leave as text.
        match $topic::parse($bytes) {
            Ok($topic::Unknown { .. }) | Err(_) => {}
            Ok(message) => assert_eq!($topic::parse(&message.to_bytes()).as_ref(), Ok(&message)),
        }
    };
}

fuzz_target!(|bytes: &[u8]| {
    both_ways!(DeviceRequest, bytes);
    both_ways!(CloudResponse, bytes);
    both_ways!(CloudRequest, bytes);
    both_ways!(DeviceResponse, bytes);
    let _ = identity(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = birthday(text);
        let _ = record_time(text);
        if let Ok(topic) = text.parse::<Topic>() {
            assert_eq!(topic.to_string().parse(), Ok(topic));
        }
    }
});
