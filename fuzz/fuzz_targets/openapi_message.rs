//! Calls, answers, WebSocket messages and chapter 9 of the dialect: any bytes give a value or a reason; what is accepted
//! is written and read again the same.
#![no_main]

use dialects::http::Method;
use dialects::openapi::convert::platform::{record_from_comparison, record_from_measurement};
use dialects::openapi::convert::record_from_device;
use dialects::openapi::platform::{Answer, FaceChanges, FaceVerdict, PlatformRequest, Ret};
use dialects::openapi::{Incoming, Reply, Request, SocketMessage};
use libfuzzer_sys::fuzz_target;

fn through(request: &Request) {
    let call = request.call(1_573_539_353_795, "123456");
    let (path, query) = call.target.split_once('?').unwrap_or((&call.target, ""));
    let again = Incoming::read(call.method, path, query, &call.body)
        .and_then(|incoming| Request::parse(&incoming));
    assert_eq!(again.as_ref(), Ok(request));
}

fn report(name: &str, query: &str, body: &[u8]) {
    let Ok(read) = PlatformRequest::read(&format!("/{name}/1"), query, body) else {
        return;
    };
    let call = read.request.call("1");
    let (path, query) = call.target.split_once('?').unwrap_or((&call.target, ""));
    // A similarity leaves as a whole number: what was written once is written again the same.
    let again = PlatformRequest::read(path, query, &call.body).map(|again| again.request.call("1"));
    assert_eq!(again, Ok(call));
    match read.request {
        PlatformRequest::Compared(face) => drop(record_from_comparison(face, &read.message)),
        PlatformRequest::Measured(measured) => drop(record_from_measurement(measured, &read.message)),
        PlatformRequest::Changes(_) | PlatformRequest::Stored(_) | PlatformRequest::Alive(_) => {}
    }
}

fuzz_target!(|bytes: &[u8]| {
    // The first byte chooses the call, the first line is the query.
    if let Some((first, rest)) = bytes.split_first() {
        let name = Request::ALL[usize::from(*first) % Request::ALL.len()];
        let method = Request::method(name).unwrap_or(Method::Post);
        let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(0);
        let (query, body) = rest.split_at(end);
        let query = String::from_utf8_lossy(query);
        let path = name.replace("{userId}", "1001");
        if let Ok(incoming) = Incoming::read(method, &path, &query, body) {
            if let Ok(request) = Request::parse(&incoming) {
                through(&request);
            }
        }
        let reports = PlatformRequest::ALL;
        report(reports[usize::from(*first) % reports.len()], &query, body);
    }
    if let Ok(SocketMessage::Record { record, data }) = SocketMessage::parse(bytes) {
        let text = SocketMessage::record(record.clone()).to_text();
        assert!(SocketMessage::parse(text.as_bytes()).is_ok());
        let _ = record_from_device(record, &data);
    }
    if let Ok(changes) = FaceChanges::parse(bytes) {
        assert_eq!(FaceChanges::parse(&changes.to_bytes()), Ok(changes));
    }
    let _ = FaceVerdict::parse(bytes);
    let _ = Ret::parse(bytes);
    if let Ok(reply) = Reply::parse(bytes) {
        assert_eq!(Reply::parse(&reply.to_bytes()).map(|again| again.code), Ok(reply.code));
    }
});
