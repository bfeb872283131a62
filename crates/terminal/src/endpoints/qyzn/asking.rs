//! What only the platform can answer: QR codes (4.6.3) and calls (4.7).

use crate::device::Device;
use crate::questions::{CallAnswer, Question};
use dialects::lenient::Base64Text;
use dialects::qyzn::call::{NOBODY_ANSWERS, UNKNOWN_ROOM};
use dialects::qyzn::exchange::{Exchange, Moment};
use dialects::qyzn::operation::{Refusal, answer_of};
use dialects::qyzn::{CallRecord, DeviceCallParam, DeviceCallResult, QrCodeData, ResponseBody};
use std::collections::BTreeMap;
use tokio::sync::{mpsc, oneshot};

/// `callResult` of a call that somebody answered by telephone.
const ANSWERED_BY_TELEPHONE: i64 = 7;
/// `callType` of the telephone.
const TELEPHONE: i64 = 2;

enum Waiting {
    Code(oneshot::Sender<bool>),
    Call {
        call: DeviceCallParam,
        reply: oneshot::Sender<CallAnswer>,
    },
}

/// The questions of one connection.
#[derive(Default)]
pub(super) struct Asking {
    questions: Option<mpsc::Receiver<Question>>,
    waiting: BTreeMap<u32, Waiting>,
}

impl Asking {
    /// The platform can be asked from now on, through this connection.
    pub(super) fn begin(&mut self, device: &Device) {
        self.questions = Some(device.questions.register(super::DIALECT));
    }

    /// The next question; never, before the platform can be asked.
    pub(super) async fn next(&mut self) -> Option<Question> {
        match &mut self.questions {
            Some(questions) => questions.recv().await,
            None => std::future::pending().await,
        }
    }

    /// Puts a question on the wire; a question that cannot be put is silence.
    pub(super) fn ask(&mut self, question: Question, exchange: &mut Exchange, now: Moment) {
        let asked = match question {
            Question::Code { content, reply } => exchange
                .request(&QrCodeData { content }, now)
                .map(|sequence| (sequence, Waiting::Code(reply))),
            Question::Call { room, picture, reply } => {
                let call = DeviceCallParam {
                    room,
                    call_id: uuid::Uuid::new_v4().to_string(),
                    picture: picture
                        .map(|bytes| Base64Text::encode(&bytes))
                        .unwrap_or_default(),
                };
                exchange
                    .request(&call, now)
                    .map(|sequence| (sequence, Waiting::Call { call, reply }))
            }
        };
        match asked {
            Ok((sequence, waiting)) => drop(self.waiting.insert(sequence, waiting)),
            Err(problem) => tracing::warn!(%problem, "the platform cannot be asked"),
        }
    }

    /// Takes the answer to a question; false where it is none.
    pub(super) fn answered(
        &mut self,
        device: &Device,
        (sequence, body): (u32, &ResponseBody),
        exchange: &mut Exchange,
        now: Moment,
    ) -> bool {
        match self.waiting.remove(&sequence) {
            None => return false,
            Some(Waiting::Code(reply)) => {
                let opens = answer_of::<QrCodeData>(body).is_ok_and(|answer| answer.open_door == 1);
                // Whoever asked may have given up.
                let _ = reply.send(opens);
            }
            Some(Waiting::Call { call, reply }) => {
                let answer = called(body);
                if let CallAnswer::Called(called) = &answer {
                    let report = report(device, &call, called.first());
                    if let Err(problem) = exchange.request(&report, now) {
                        tracing::warn!(%problem, "how a call went was not told");
                    }
                }
                let _ = reply.send(answer);
            }
        }
        true
    }
}

fn called(body: &ResponseBody) -> CallAnswer {
    match answer_of::<DeviceCallParam>(body) {
        Ok(answer) => {
            let called = answer.called.into_iter();
            CallAnswer::Called(
                called
                    .filter(|called| !called.phone.trim().is_empty() || !called.token.trim().is_empty())
                    .map(|called| called.user_id)
                    .collect(),
            )
        }
        Err(Refusal::Code { code, .. }) if code.number() == UNKNOWN_ROOM => CallAnswer::UnknownRoom,
        Err(Refusal::Code { code, .. }) if code.number() == NOBODY_ANSWERS => CallAnswer::Nobody,
        Err(refusal) => {
            tracing::warn!(%refusal, "the platform does not say who is called");
            CallAnswer::Nobody
        }
    }
}

/// This terminal has no telephone: whoever is called first answers at once, and the door stays shut.
fn report(device: &Device, call: &DeviceCallParam, answered_by: Option<&String>) -> DeviceCallResult {
    let now = device
        .zone()
        .to_datetime(device.clock.now())
        .strftime("%Y%m%d%H%M%S")
        .to_string();
    DeviceCallResult {
        room: call.room.clone(),
        call_id: call.call_id.clone(),
        records: vec![CallRecord {
            user_id: answered_by.cloned().unwrap_or_default(),
            result: answered_by.map_or(8, |_| ANSWERED_BY_TELEPHONE),
            call_type: answered_by.map_or(0, |_| TELEPHONE),
            open_status: 0,
            started: now.clone(),
            ended: now,
        }],
    }
}
