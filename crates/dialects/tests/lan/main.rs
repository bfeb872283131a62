//! The dialect `lan`: every operation and every example of the document, what real devices do otherwise, limits at their
//! edges, and conversions.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod calls;
mod convert;
mod examples;
mod limits;

use dialects::http::{Method, Parameters};
use dialects::lan::operation::parameters;
use dialects::lan::{Encoding, Refused, Request};

/// A call as a device receives it: by POST, its body in any encoding.
fn post(path: &str, body: &str) -> Result<Request, Refused> {
    Request::parse(Method::Post, path, &parameters("", body.as_bytes())?)
}

/// A call that goes out and comes in again.
fn through(request: &Request, encoding: Encoding) -> (Request, Parameters) {
    let call = request.call("abc", encoding);
    let (path, query) = call.target.split_once('?').unwrap_or((&call.target, ""));
    let parameters = parameters(query, &call.body).unwrap();
    (
        Request::parse(call.method, path, &parameters).unwrap(),
        parameters,
    )
}
