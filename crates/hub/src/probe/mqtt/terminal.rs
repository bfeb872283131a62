//! The device: waited for, asked, and heard out while it is asked.

use super::people::{Told, faceless};
use super::said::{self, HEARTBEAT, without_absent};
use crate::links::mqtt::Meeting;
use crate::links::{CallError, Failure};
use crate::probe::compare::{Difference, differences};
use crate::probe::heard::Heard;
use crate::probe::{Came, Device, NoAnswer};
use async_trait::async_trait;
use bytes::Bytes;
use dialects::lenient;
use dialects::mqtt::topic::Part;
use dialects::mqtt::{
    CloudRequest, DeviceRequest, ErrorCode, GetRegisterAck, Refusal, Sender, Topic, message,
};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

/// Longer than the 30 s between two heartbeats (2.1.2).
const HEARTBEAT_WITHIN: Duration = Duration::from_secs(35);
/// What an answer need not have: 2.2.2, 2.2.5 and 2.3.2.
const OPTIONAL: &[&str] = &[
    "normalNumber",
    "priority",
    "registerPhoto2",
    "registerPhotoID2",
    "registerPhoto3",
    "registerPhotoID3",
    "voiceSpecialMode",
    "voiceNameSexEnable",
    "visitorVoiceTextBeforeName",
    "visitorVoiceText",
    "displaySpecialMode",
    "displayNameSexEnable",
    "visitordisplayTextBeforeName",
    "visitordisplayText",
    "passTime1",
    "passTime2",
    "passTime3",
    "passTime4",
    "passTime5",
    "passTime6",
    "passTime7",
    "photo",
];

/// Whoever came.
pub(super) struct Terminal {
    meeting: Meeting,
    /// The serial number of the first that registered.
    serial: Option<String>,
    token: String,
    heard: Heard,
    told: Told,
    answer_within: Duration,
}

impl Terminal {
    pub(super) fn new(meeting: Meeting, told: Told, answer_within: Duration) -> Self {
        Self {
            meeting,
            serial: None,
            token: uuid::Uuid::new_v4().simple().to_string(),
            heard: Heard::default(),
            told,
            answer_within,
        }
    }

    /// Waits until a device registered; its serial number.
    pub(super) async fn meet(&mut self, wait: Duration) -> Option<String> {
        let until = Instant::now() + wait;
        loop {
            let (topic, payload) = self.next(until).await?;
            self.hear(&topic, &payload).await;
            if let Some(serial) = &self.serial {
                return Some(serial.clone());
            }
        }
    }

    /// Stays until a heartbeat came, or one is overdue.
    pub(super) async fn listen_for_a_heartbeat(&mut self) {
        let until = Instant::now() + HEARTBEAT_WITHIN;
        while !self.heard.has(HEARTBEAT) {
            let Some((topic, payload)) = self.next(until).await else {
                return;
            };
            self.hear(&topic, &payload).await;
        }
    }

    /// Everything that it said by itself.
    pub(super) fn heard(self) -> Heard {
        self.heard
    }

    /// The next message of the device; before it is known, of any.
    async fn next(&mut self, until: Instant) -> Option<(Topic, Bytes)> {
        loop {
            let (topic, payload) = tokio::time::timeout_at(until, self.meeting.next()).await.ok()??;
            let Ok(topic) = topic.parse::<Topic>() else {
                continue;
            };
            let is_ours = self.serial.as_ref().is_none_or(|serial| *serial == topic.serial);
            if is_ours && topic.sender == Sender::Device {
                return Some((topic, payload));
            }
        }
    }

    /// Takes a message that is no answer to what was asked; one that comes too late is nothing.
    async fn hear(&mut self, topic: &Topic, payload: &Bytes) {
        if topic.part != Part::Request {
            return;
        }
        let asked = said::looked_at(payload, &topic.serial, &self.token);
        let is_register = matches!(asked.request, Some(DeviceRequest::Register(_)));
        if self.serial.is_none() && !is_register {
            return;
        }
        self.serial.get_or_insert_with(|| topic.serial.clone());
        self.heard.keep(&asked.name, asked.tried);
        let answer = asked
            .request
            .and_then(|request| said::answer(&request, &topic.serial, &self.token));
        if let Some(answer) = answer {
            self.publish(Part::Response, answer.to_bytes()).await;
        }
    }

    async fn publish(&self, part: Part, payload: Vec<u8>) -> bool {
        let serial = self.serial.as_deref().unwrap_or_default();
        let topic = Topic::of_cloud(serial, part);
        self.meeting.publish(&topic, payload).await
    }

    /// The next answer to the message of this id.
    async fn answer(&mut self, msg_id: &str) -> Result<Bytes, CallError> {
        let until = Instant::now() + self.answer_within;
        loop {
            let Some((topic, payload)) = self.next(until).await else {
                let text = format!("no answer came within {} s", self.answer_within.as_secs_f64());
                return Err(CallError::ours(Failure::Timeout, text));
            };
            let is_answer = topic.part == Part::Response;
            if is_answer && message::identity(&payload).0.as_deref() == Some(msg_id) {
                return Ok(payload);
            }
            self.hear(&topic, &payload).await;
        }
    }

    fn came(&self, request: &CloudRequest, payload: Bytes) -> Came {
        let value = lenient::body(&payload).unwrap_or_default();
        let mut exact = exact(request, &payload);
        if let Ok(exact) = &mut exact {
            without_absent(exact, &value, OPTIONAL);
        }
        let text = |name: &str| value.get(name).and_then(Value::as_str);
        let mut around = Vec::new();
        if text("token").is_some_and(|token| token != self.token) {
            around.push(Difference::new("token", "is not the one that it was given"));
        }
        if text("deviceNo").is_some_and(|serial| Some(serial) != self.serial.as_deref()) {
            around.push(Difference::new("deviceNo", "is not that of its topic"));
        }
        Came {
            bytes: payload,
            value,
            exact,
            around,
        }
    }

    /// Everybody follows one by one, each acknowledged (2.2.2).
    async fn everybody(
        &mut self,
        request: &CloudRequest,
        msg_id: &str,
        first: Came,
    ) -> Result<Came, CallError> {
        let mut came = first;
        loop {
            let Ok(exact) = &came.exact else { return Ok(came) };
            let text = |name: &str| exact.get(name).and_then(Value::as_str);
            let number = |name: &str| text(name).and_then(|text| text.parse::<i64>().ok());
            let (Some(place), Some(people)) = (number("index"), number("personNum")) else {
                return Ok(came);
            };
            let (id, name) = (
                text("idNumber").unwrap_or_default(),
                text("name").unwrap_or_default(),
            );
            self.told.hear(place, id, name);
            let ack = dialects::mqtt::CloudResponse::from(GetRegisterAck {
                msg_id: msg_id.to_owned(),
                device_no: self.serial.clone().unwrap_or_default(),
                code: ErrorCode::Success,
                index: place,
            });
            self.publish(Part::Response, ack.to_bytes()).await;
            let is_last = place + 1 >= people;
            let is_well = came.around.is_empty() && differences(&came.value, exact).is_empty();
            if is_last || !is_well {
                return Ok(came);
            }
            let payload = self.following(msg_id, place).await?;
            came = self.came(request, payload);
        }
    }

    /// The next answer of the stream; one that was acknowledged already may be on its way once more.
    async fn following(&mut self, msg_id: &str, after: i64) -> Result<Bytes, CallError> {
        loop {
            let payload = self.answer(msg_id).await?;
            let fields = lenient::body(&payload).unwrap_or_default();
            let index = fields
                .get("index")
                .and_then(|index| lenient::read::<i64>(index).ok());
            if index != Some(after) {
                return Ok(payload);
            }
        }
    }
}

#[async_trait]
impl Device for Terminal {
    type Request = CloudRequest;

    async fn ask(&mut self, request: &CloudRequest) -> Result<Came, CallError> {
        let msg_id = uuid::Uuid::new_v4().simple().to_string();
        let serial = self.serial.clone().unwrap_or_default();
        if !self
            .publish(Part::Request, addressed(request, &msg_id, &serial))
            .await
        {
            return Err(CallError::disconnected());
        }
        let payload = self.answer(&msg_id).await?;
        let came = self.came(request, payload);
        if matches!(request, CloudRequest::OnlineGetRegister(_)) {
            self.told.forget();
            return self.everybody(request, &msg_id, came).await;
        }
        Ok(came)
    }
}

/// The payload with its id and the device's number.
fn addressed(request: &CloudRequest, msg_id: &str, serial: &str) -> Vec<u8> {
    let mut message: Value = serde_json::from_slice(&request.to_bytes()).unwrap_or_default();
    if let Some(fields) = message.as_object_mut() {
        fields.insert("msgID".to_owned(), msg_id.into());
        fields.insert("deviceNo".to_owned(), serial.into());
    }
    message.to_string().into_bytes()
}

fn exact(request: &CloudRequest, payload: &[u8]) -> Result<Value, NoAnswer> {
    let refusal = match request.exact_answer(payload) {
        Ok(exact) => return Ok(exact),
        Err(refusal) => refusal,
    };
    Err(match refusal {
        // Whoever looks finds no face in a picture that has none (3.2).
        Refusal::Code {
            code: code @ ErrorCode::NoFace,
            ..
        } if is_faceless(request) => {
            return Ok(json!({"msgType": "registerPersonInfoResp", "errorCode": code}));
        }
        Refusal::Code {
            code: ErrorCode::Other(_),
            ..
        } => NoAnswer::Malformed(format!("{refusal}: the document has no such code")),
        Refusal::Code { .. } => NoAnswer::Refused(refusal.to_string()),
        Refusal::Malformed(_) => NoAnswer::Malformed(refusal.to_string()),
    })
}

fn is_faceless(request: &CloudRequest) -> bool {
    match request {
        CloudRequest::RegisterPersonInfo(message) => {
            let faceless = faceless();
            message.people.iter().any(|person| person.photo_1 == faceless)
        }
        _ => false,
    }
}
