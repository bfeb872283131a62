//! The calls of the document, tried on one terminal.

mod found;
mod rows;

use super::compare::Difference;
use super::row::{Came, Device, NoAnswer, try_all};
use super::{Options, ProbeError, Report, dialled};
use crate::links::CallError;
use crate::links::dialled::{Answered, DeviceClient};
use async_trait::async_trait;
use dialects::lan::{Encoding, GetTime, Refusal, Reply, Request, Status};
use dialects::lenient;
use found::Found;
use serde_json::{Value, json};

/// The dialect.
const NAME: &str = "lan";
/// What every answer has as its status of HTTP.
const OK: u16 = 200;

/// Tries the terminal at `address`, called with this key.
///
/// # Errors
/// [`ProbeError`] where nobody answers there.
pub async fn probe(address: &str, key: &str, options: &Options) -> Result<Report, ProbeError> {
    let client = DeviceClient::new(dialled(address)?, &options.bounds()?, false);
    let mut terminal = Terminal {
        client,
        key: key.to_owned(),
        encoding: Encoding::Form,
    };
    let hello = terminal.exchange(&GetTime.into()).await;
    hello.map_err(|error| ProbeError::Nobody(address.to_owned(), error))?;
    let mut found = Found {
        key: key.to_owned(),
        ..Found::default()
    };
    let findings = try_all(
        &mut terminal,
        rows::ROWS,
        rows::QUIRKS,
        &mut found,
        options.destructive,
    )
    .await;
    Ok(Report::new(NAME, address, findings))
}

struct Terminal {
    client: DeviceClient,
    key: String,
    /// What it takes: the document does not say (QUIRKS L1).
    encoding: Encoding,
}

impl Terminal {
    async fn exchange(&self, request: &Request) -> Result<Answered, CallError> {
        let call = request.call(&self.key, self.encoding);
        self.client.call(&call, &[]).await
    }
}

#[async_trait]
impl Device for Terminal {
    type Request = Request;

    async fn ask(&mut self, request: &Request) -> Result<Came, CallError> {
        let came = came(request, self.exchange(request).await?);
        if self.encoding == Encoding::Json || !says(&came, Status::Missing) {
            return Ok(came);
        }
        self.encoding = Encoding::Json;
        let again = self::came(request, self.exchange(request).await?);
        if says(&again, Status::Missing) {
            self.encoding = Encoding::Form;
        }
        Ok(again)
    }
}

fn says(came: &Came, status: Status) -> bool {
    came.value.get("status").and_then(Value::as_i64) == Some(status.number())
}

fn came(request: &Request, answered: Answered) -> Came {
    let status = answered.status;
    let around = (status != OK).then(|| Difference::new("HTTP", format!("{status} came, {OK} is expected")));
    Came {
        value: lenient::body(&answered.body).unwrap_or_default(),
        exact: exact(request, &answered.body),
        around: around.into_iter().collect(),
        bytes: answered.body,
    }
}

fn exact(request: &Request, body: &[u8]) -> Result<Value, NoAnswer> {
    let reply = Reply::parse(body).map_err(|error| NoAnswer::Malformed(error.to_string()))?;
    let answer = request.exact_answer(&reply).map_err(|refusal| match refusal {
        Refusal::Status {
            status: Status::Other(_),
            ..
        } => NoAnswer::Malformed(format!("{refusal}: the document has no such status")),
        Refusal::Status { .. } => NoAnswer::Refused(refusal.to_string()),
        Refusal::Malformed(_) => NoAnswer::Malformed(refusal.to_string()),
    })?;
    let mut whole = json!({"status": reply.status, "msg": reply.msg});
    if let (Some(whole), false) = (whole.as_object_mut(), answer.is_null()) {
        whole.insert("data".to_owned(), answer);
    }
    Ok(whole)
}
