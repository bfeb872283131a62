//! `openapi`: the calls of chapter 8 and the WebSocket of its end, tried on one terminal that is dialled; chapter 9, in which
//! the device asks its platform, is in [`platform`].

mod clock;
mod found;
pub mod platform;
mod quirks;
mod rows;
mod socket;

use super::compare::{Difference, dropped};
use super::row::{Came, Device, NoAnswer, try_all};
use super::{Options, ProbeError, Report, dialled};
use crate::links::CallError;
use crate::links::dialled::DeviceClient;
use crate::links::dialled::address::HostPort;
use async_trait::async_trait;
use clock::Clock;
use dialects::lenient;
use dialects::openapi::socket::PORT;
use dialects::openapi::{Code, GetInformation, JsonCommand, Operation, Refusal, Reply, Request};
use found::Found;
use serde_json::Value;
use socket::Listening;

/// The dialect.
const NAME: &str = "openapi";
/// What every answer has as its status of HTTP (QUIRKS O41).
const OK: u16 = 200;
/// Fields that a person or a record may have; one that cannot be read is left out by the codec.
const OPTIONAL: &[&str] = &[
    "birthday",
    "comeFrom",
    "department",
    "description",
    "deviceMark",
    "endTime",
    "entryTime",
    "gender",
    "idNumber",
    "inputType",
    "interviewee",
    "mail",
    "photo",
    "position",
    "prompt",
    "purpose",
    "signAvatar",
    "similarity",
    "startTime",
    "temperature",
    "temperatureState",
    "title",
    "type",
    "userType",
    "wearMask",
    "wearMaskAlarm",
];

/// Tries the terminal at `address`, called with this password; its WebSocket is at `push_address`, else at port 9000 of
/// the same host.
///
/// # Errors
/// [`ProbeError`] where nobody answers there.
pub async fn probe(
    address: &str,
    push_address: Option<&str>,
    password: &str,
    options: &Options,
) -> Result<Report, ProbeError> {
    let called = dialled(address)?;
    let listened = match push_address {
        Some(push_address) => dialled(push_address)?,
        None => HostPort {
            host: called.host.clone(),
            port: PORT,
        },
    };
    let client = DeviceClient::new(called, &options.bounds()?, false);
    let mut terminal = Terminal {
        client,
        password: password.to_owned(),
        clock: Clock::default(),
        listening: Listening::new(listened, options.answer_within),
    };
    let hello = terminal.hello().await;
    hello.map_err(|error| ProbeError::Nobody(address.to_owned(), error))?;
    let mut found = Found {
        tells_time: terminal.clock.is_told || options.destructive,
        ..Found::default()
    };
    let findings = try_all(
        &mut terminal,
        rows::ROWS,
        quirks::PLACES,
        &mut found,
        options.destructive,
    )
    .await;
    Ok(Report::new(NAME, address, findings))
}

/// What is asked of a terminal.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "one value for each step")]
enum Asked {
    /// A call.
    Call(Request),
    /// To listen to its records (8.3.3).
    Listen,
    /// A sign of life on the WebSocket (8.3.3).
    Beat,
}

struct Terminal {
    client: DeviceClient,
    password: String,
    clock: Clock,
    listening: Listening,
}

impl Terminal {
    /// The first word: whether anybody is there, and how the clock stands by which calls are signed.
    async fn hello(&mut self) -> Result<(), CallError> {
        let hello = Request::from(GetInformation);
        let call = hello.call(self.clock.now_there_ms(), &self.password);
        let answered = self.client.call(&call, &[]).await?;
        let code = Reply::parse(&answered.body).map(|reply| reply.code);
        self.clock.read(&answered, code.is_ok_and(Code::is_clock));
        Ok(())
    }

    async fn call(&self, request: &Request) -> Result<Came, CallError> {
        let call = request.call(self.clock.now_there_ms(), &self.password);
        let answered = self.client.call(&call, &[]).await?;
        let status = answered.status;
        let mut around = Vec::new();
        if status != OK {
            around.push(Difference::new(
                "HTTP",
                format!("{status} came, {OK} is expected"),
            ));
        }
        let value: Value = lenient::body(&answered.body).unwrap_or_default();
        let exact = exact(request, &answered.body);
        if let Ok(exact) = &exact {
            around.extend(dropped(&value, exact, OPTIONAL));
        }
        Ok(Came {
            value,
            exact,
            around,
            bytes: answered.body,
        })
    }
}

#[async_trait]
impl Device for Terminal {
    type Request = Asked;

    async fn ask(&mut self, asked: &Asked) -> Result<Came, CallError> {
        match asked {
            Asked::Call(request) => self.call(request).await,
            Asked::Listen => {
                let now_ms = self.clock.now_there_ms();
                self.listening.open(now_ms, &self.password).await
            }
            Asked::Beat => self.listening.beat().await,
        }
    }
}

fn exact(request: &Request, body: &[u8]) -> Result<Value, NoAnswer> {
    let malformed = |error: &dyn std::fmt::Display| NoAnswer::Malformed(error.to_string());
    let reply = Reply::parse(body).map_err(|error| malformed(&error))?;
    if request.name() == JsonCommand::NAME && reply.code == Code::NotSupported {
        // No command is documented, but how a device says that it has none is.
        return Ok(written(&Reply::of(Code::NotSupported)));
    }
    let reply = request.exact_answer(&reply).map_err(|refusal| match refusal {
        Refusal::Code {
            code: Code::Other(_), ..
        } => malformed(&format!("{refusal}: the document has no such code")),
        Refusal::Code { .. } => NoAnswer::Refused(refusal.to_string().trim().to_owned()),
        Refusal::Malformed(_) => malformed(&refusal),
    })?;
    Ok(written(&reply))
}

fn written(reply: &Reply) -> Value {
    serde_json::to_value(reply).unwrap_or_default()
}
