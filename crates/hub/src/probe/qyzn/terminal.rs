//! The device: waited for, asked, and heard out while it is asked.

use super::people::Told;
use super::said;
use super::wire::{Wire, unix_seconds};
use crate::links::{CallError, Failure};
use crate::probe::compare::Difference;
use crate::probe::heard::Heard;
use crate::probe::row::Tried;
use crate::probe::{Came, Device, NoAnswer};
use async_trait::async_trait;
use dialects::lenient;
use dialects::qyzn::frame::DATA_TYPE_JSON;
use dialects::qyzn::{
    Code, ConfigGroup, Frame, Header, OnlineOpenDoor, PacketKind, PlatformRequest, Refusal, RegisterAnswer,
    RequestBody, ResponseBody, Version,
};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::time::Instant;

/// Longer than the 25 s between two heartbeats (2.2).
const HEARTBEAT_WITHIN: Duration = Duration::from_secs(30);
/// The names of the packets' rows.
const HEARTBEAT: &str = "HEARTBEAT";
const NOTIFICATION: &str = "NOTIFICATION";
const REQUEST: &str = "REQUEST";
const RESPONSE: &str = "RESPONSE";

/// Whoever came.
pub(super) struct Terminal {
    listener: TcpListener,
    wire: Option<Wire>,
    signed_in: bool,
    /// What a device that registers is called here.
    given: RegisterAnswer,
    /// What logins are signed with, where that is known.
    passwd: Option<String>,
    heard: Heard,
    told: Told,
    answer_within: Duration,
    sequence: u32,
}

impl Terminal {
    pub(super) fn new(
        listener: TcpListener,
        passwd: Option<&str>,
        told: Told,
        answer_within: Duration,
    ) -> Self {
        Self {
            listener,
            wire: None,
            signed_in: false,
            given: said::identity(),
            passwd: passwd.map(str::to_owned),
            heard: Heard::default(),
            told,
            answer_within,
            sequence: rand::random(),
        }
    }

    /// Waits until a device signed in.
    pub(super) async fn meet(&mut self, wait: Duration) -> Option<SocketAddr> {
        let until = Instant::now() + wait;
        loop {
            if self.wire.is_none() {
                let (stream, peer) = tokio::time::timeout_at(until, self.listener.accept())
                    .await
                    .ok()?
                    .ok()?;
                self.wire = Some(Wire::new(stream, peer));
                self.signed_in = false;
            }
            // Whoever hangs up before may come again.
            if let Ok(false) = self.hear_one(until).await {
                return None;
            }
            if let (true, Some(wire)) = (self.signed_in, &self.wire) {
                return Some(wire.peer);
            }
        }
    }

    /// Stays until a heartbeat came, or one is overdue.
    pub(super) async fn listen_for_a_heartbeat(&mut self) {
        let until = Instant::now() + HEARTBEAT_WITHIN;
        while !self.heard.has(HEARTBEAT) && self.wire.is_some() {
            if !matches!(self.hear_one(until).await, Ok(true)) {
                return;
            }
        }
    }

    /// Everything that it said by itself.
    pub(super) fn heard(self) -> Heard {
        self.heard
    }

    /// Takes one packet that is no answer; `false` where none came until then.
    async fn hear_one(&mut self, until: Instant) -> Result<bool, CallError> {
        match self.next(until).await? {
            Some(frame) => {
                self.hear(&frame).await?;
                Ok(true)
            }
            None => Ok(false),
        }
    }

    async fn next(&mut self, until: Instant) -> Result<Option<Frame>, CallError> {
        let wire = self.wire.as_mut().ok_or_else(CallError::disconnected)?;
        let next = wire.next(until).await;
        if next.is_err() {
            self.wire = None;
        }
        next
    }

    async fn write(&mut self, header: Header, body: &[u8]) -> Result<(), CallError> {
        let wire = self.wire.as_mut().ok_or_else(CallError::disconnected)?;
        let written = wire.write(header, body).await;
        if written.is_err() {
            self.wire = None;
        }
        written
    }

    /// Takes a packet that is no answer to what was asked.
    async fn hear(&mut self, frame: &Frame) -> Result<(), CallError> {
        let header = frame.header;
        match header.kind {
            PacketKind::Heartbeat => {
                self.packet(HEARTBEAT, frame, heartbeat_faults(frame));
                let beat = Header::new(header.version, PacketKind::Heartbeat, unix_seconds(), 0);
                self.write(beat, &[]).await
            }
            PacketKind::Notification => {
                let faults = RequestBody::parse(&frame.body).err();
                self.packet(NOTIFICATION, frame, faults.map(|error| wrong_body(&error)));
                Ok(())
            }
            PacketKind::Request => self.asked(frame).await,
            PacketKind::Response => {
                let fault = Difference::new("header.Seq", "is of nothing that was asked");
                self.packet(RESPONSE, frame, [fault]);
                Ok(())
            }
            PacketKind::Other(kind) => {
                let fault = Difference::new("header.Msgtype", format!("is {kind}"));
                self.packet(REQUEST, frame, [fault]);
                Ok(())
            }
        }
    }

    async fn asked(&mut self, frame: &Frame) -> Result<(), CallError> {
        let parsed = RequestBody::parse(&frame.body);
        self.packet(REQUEST, frame, parsed.as_ref().err().map(wrong_body));
        let answer = match parsed {
            Err(error) => ResponseBody::refusal(Code::InvalidParameter, error.to_string()),
            Ok(body) => {
                let asked = said::looked_at(&body, &frame.body, self.passwd.as_deref());
                self.heard.keep(&asked.name, asked.tried);
                match asked.name.as_str() {
                    "register" => self.passwd = Some(self.given.passwd.clone()),
                    "login" => self.signed_in = true,
                    _ => {}
                }
                said::answer(asked.request.as_ref(), &self.given, &self.told)
            }
        };
        let (version, sequence) = (frame.header.version, frame.header.sequence);
        let header = Header::new(version, PacketKind::Response, unix_seconds(), sequence);
        self.write(header, &answer.encode()).await
    }

    /// Keeps what is wrong with a packet.
    fn packet(&mut self, name: &str, frame: &Frame, faults: impl IntoIterator<Item = Difference>) {
        let mut all = header_faults(frame.header);
        all.extend(faults);
        let tried = match all.is_empty() {
            true => Tried::holds(),
            false => Tried::differs(&all, &frame.encode()),
        };
        self.heard.keep(name, tried);
    }

    async fn exchange(&mut self, body: &RequestBody, since: Version) -> Result<Frame, CallError> {
        self.sequence = self.sequence.wrapping_add(1).max(1);
        let sequence = self.sequence;
        let until = Instant::now() + self.answer_within;
        let header = Header::new(since, PacketKind::Request, unix_seconds(), sequence);
        self.write(header, &body.encode()).await?;
        loop {
            let frame = self.next(until).await?.ok_or_else(|| self.silent())?;
            let is_answer = frame.header.kind == PacketKind::Response && frame.header.sequence == sequence;
            if !is_answer {
                self.hear(&frame).await?;
                continue;
            }
            let version = frame.header.version;
            let fault = (version != since).then(|| {
                Difference::new(
                    "header.Version",
                    format!("is {}, was asked with {}", version.0, since.0),
                )
            });
            self.packet(RESPONSE, &frame, fault);
            return Ok(frame);
        }
    }

    fn silent(&self) -> CallError {
        let text = format!("no answer came within {} s", self.answer_within.as_secs_f64());
        CallError::ours(Failure::Timeout, text)
    }

    /// The people that `sync_person` announced follow one by one (4.3.7).
    async fn people_follow(&mut self, came: &mut Came) -> Result<(), CallError> {
        let announced = |value: &Value| value.get("data")?.get("person_num")?.as_u64();
        let announced = came.exact.as_ref().ok().and_then(announced).unwrap_or_default();
        let announced = usize::try_from(announced).unwrap_or(usize::MAX);
        while self.told.count() < announced {
            let until = Instant::now() + self.answer_within;
            if !self.hear_one(until).await? {
                let text = format!("{announced} were announced, {} came", self.told.count());
                came.around.push(Difference::new("data.person_num", text));
                return Ok(());
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Device for Terminal {
    type Request = PlatformRequest;

    async fn ask(&mut self, request: &PlatformRequest) -> Result<Came, CallError> {
        if self.wire.is_none() && self.meet(self.answer_within).await.is_none() {
            return Err(CallError::disconnected());
        }
        let mut body = RequestBody {
            message: request.message().to_owned(),
            data: request.data(),
        };
        let is_sync = matches!(request, PlatformRequest::SyncPerson(_));
        if is_sync {
            self.told.forget();
        }
        let frame = self.exchange(&body, request.since()).await?;
        let mut came = came(request, frame);
        if is_sync {
            self.people_follow(&mut came).await?;
        }
        if matches!(request, PlatformRequest::OnlineOpenDoor(_)) && says(&came, Code::UnknownCommand) {
            body.message = OnlineOpenDoor::EXAMPLE_NAME.to_owned();
            let frame = self.exchange(&body, request.since()).await?;
            came = self::came(request, frame);
            let text = format!("is known as {} alone", body.message);
            came.around.push(Difference::new("message", text));
        }
        Ok(came)
    }
}

fn says(came: &Came, code: Code) -> bool {
    came.value.get("result").and_then(Value::as_i64) == Some(code.number())
}

fn came(request: &PlatformRequest, frame: Frame) -> Came {
    let value = lenient::body(&frame.body).unwrap_or_default();
    let exact = exact(request, &value, &frame.body);
    Came {
        bytes: frame.body,
        value,
        exact,
        around: Vec::new(),
    }
}

fn exact(request: &PlatformRequest, value: &Value, bytes: &[u8]) -> Result<Value, NoAnswer> {
    let malformed = |error: String| NoAnswer::Malformed(error);
    let body = ResponseBody::parse(bytes).map_err(|error| malformed(error.to_string()))?;
    let data = match request.exact_answer(&body) {
        Ok(data) => data,
        Err(Refusal::Code { code, .. }) if is_documented(request, code) => json!({}),
        Err(
            refusal @ Refusal::Code {
                code: Code::Other(_), ..
            },
        ) => {
            return Err(malformed(format!("{refusal}: the document has no such code")));
        }
        Err(refusal @ Refusal::Code { .. }) => return Err(NoAnswer::Refused(refusal.to_string())),
        Err(refusal @ Refusal::Malformed(_)) => return Err(malformed(refusal.to_string())),
    };
    let mut whole = json!({"result": body.result.number(), "desc": body.desc, "data": data});
    let fields = whole.as_object_mut();
    if let (Some(fields), Some(kind)) = (fields, reply_kind(request).filter(|_| body.kind.is_some())) {
        fields.insert("RspMsg".to_owned(), kind.into());
    }
    // The document's own answer to this one has no data (QUIRKS T10).
    let without_data =
        matches!(request, PlatformRequest::ConfigDevicePassRule(_)) && value.get("data").is_none();
    if let (true, Some(fields)) = (without_data, whole.as_object_mut()) {
        fields.remove("data");
    }
    Ok(whole)
}

/// A picture without a face is refused by whoever looks (4.4.1), and then there is no photo to delete.
fn is_documented(request: &PlatformRequest, code: Code) -> bool {
    matches!(
        (request, code),
        (PlatformRequest::AddFace(_), Code::NoFeatures) | (PlatformRequest::DeleteFace(_), Code::NotFound)
    )
}

/// `RspMsg`, where the document has one for the answer.
fn reply_kind(request: &PlatformRequest) -> Option<String> {
    match request {
        PlatformRequest::GetConfigs(get) => {
            let group = get.groups.first().and_then(|name| ConfigGroup::of(name));
            group.map(ConfigGroup::get_reply)
        }
        PlatformRequest::ConfigSystem(set) => {
            let group = set.groups.first().and_then(|values| values.known());
            group.map(ConfigGroup::set_reply)
        }
        _ => None,
    }
}

fn header_faults(header: Header) -> Vec<Difference> {
    let mut faults = Vec::new();
    if header.data_type != DATA_TYPE_JSON && header.kind != PacketKind::Heartbeat {
        faults.push(Difference::new(
            "header.Datatype",
            format!("is {}, not {DATA_TYPE_JSON}", header.data_type),
        ));
    }
    if header.reserved != 0 {
        faults.push(Difference::new(
            "header.Resv",
            format!("is {}, not 0", header.reserved),
        ));
    }
    faults
}

fn heartbeat_faults(frame: &Frame) -> Vec<Difference> {
    let mut faults = Vec::new();
    if frame.header.sequence != 0 {
        let text = format!("is {}, not 0", frame.header.sequence);
        faults.push(Difference::new("header.Seq", text));
    }
    if !frame.body.is_empty() {
        faults.push(Difference::new("body", "is not empty"));
    }
    faults
}

fn wrong_body(error: &impl std::fmt::Display) -> Difference {
    Difference::new("body", error.to_string())
}
