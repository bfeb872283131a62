//! Calls, answers and pushes of the dialect: any bytes give a value or a reason; what is accepted is written and read
//! again the same, blanks in Base64 aside.
#![no_main]

use dialects::http::Method;
use dialects::lan::operation::parameters;
use dialects::lan::{Encoding, HeartBeat, RecordCallback, Reply, Request};
use libfuzzer_sys::fuzz_target;

fn again(request: &Request, encoding: Encoding) -> Request {
    let call = request.call("abc", encoding);
    let (path, query) = call.target.split_once('?').unwrap_or((&call.target, ""));
    let parameters = parameters(query, &call.body).expect("what was written");
    Request::parse(call.method, path, &parameters).expect("what was accepted")
}

fn through(request: &Request) {
    // What is not known is kept, but its scalars leave a form as text.
    if matches!(request, Request::Unknown { .. }) {
        return;
    }
    assert_eq!(again(request, Encoding::Json), *request);
    let tidy = again(request, Encoding::Form);
    assert_eq!(again(&tidy, Encoding::Form), tidy);
    assert_eq!(tidy.name(), request.name());
}

fuzz_target!(|bytes: &[u8]| {
    // The first byte chooses the call, the first line is the query.
    if let Some((first, rest)) = bytes.split_first() {
        let name = Request::ALL[usize::from(*first) % Request::ALL.len()];
        let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(0);
        let (query, body) = rest.split_at(end);
        let query = String::from_utf8_lossy(query);
        if let Ok(parameters) = parameters(&query, body) {
            if let Ok(request) = Request::parse(Method::Post, name, &parameters) {
                through(&request);
            }
        }
        let _ = HeartBeat::parse(&query, body);
    }
    if let Ok(pushed) = RecordCallback::parse("", bytes) {
        let _ = dialects::lan::convert::record_from_device(pushed.record, &pushed.message);
    }
    if let Ok(reply) = Reply::parse(bytes) {
        assert_eq!(Reply::parse(&reply.to_bytes()).map(|again| again.status), Ok(reply.status));
    }
});
