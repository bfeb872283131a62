//! A whole session: a device and the cloud, whose messages the broker between them delays, doubles, loses, mixes with
//! foreign ones and damages, as the input says. Neither panics; a record is forgotten by the device only once the cloud
//! has it, the cloud takes it once, and what is sent again in peace arrives whole.
#![no_main]

use dialects::mqtt::message::identity;
use dialects::mqtt::topic::{Part, Sender};
use dialects::mqtt::{
    CloudRequest, CloudResponse, DeviceRequest, ErrorCode, KeepAlive, KeepAliveResp, OnlineOpen,
    OnlineReboot, Register, RegisterResp, Reply, Topic, UploadRecord, UploadRecordResp,
};
use libfuzzer_sys::fuzz_target;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

const SERIAL: &str = "1683800000106";
const TOKEN: &str = "e10adc3949ba59abbe56e057f20f883e";
/// Messages under way.
const WAITING: usize = 64;

#[derive(Clone)]
struct Published {
    topic: String,
    payload: Vec<u8>,
    /// As its sender published it.
    intact: bool,
}

#[derive(Default)]
struct Session {
    under_way: VecDeque<Published>,
    next_id: u32,
    /// The device: what the cloud gave it, and its records that nobody acknowledged.
    token: String,
    kept: BTreeMap<String, UploadRecord>,
    /// The cloud: the records that it has, and its questions that nobody answered.
    taken: BTreeSet<String>,
    asked: BTreeMap<String, CloudRequest>,
}

impl Session {
    fn publish(&mut self, topic: Topic, payload: Vec<u8>) {
        if self.under_way.len() < WAITING {
            let topic = topic.to_string();
            self.under_way.push_back(Published {
                topic,
                payload,
                intact: true,
            });
        }
    }

    fn from_device(&mut self, request: impl Into<DeviceRequest>) {
        self.publish(Topic::of_device(SERIAL, Part::Request), request.into().to_bytes());
    }

    fn from_cloud(&mut self, answer: impl Into<CloudResponse>) {
        self.publish(Topic::of_cloud(SERIAL, Part::Response), answer.into().to_bytes());
    }

    fn id(&mut self) -> String {
        self.next_id += 1;
        self.next_id.to_string()
    }

    fn registers(&mut self, rand: u8) {
        let register = Register {
            device_no: SERIAL.to_owned(),
            time: "1508845817".to_owned(),
            rand: rand.to_string(),
            ..Register::default()
        };
        self.from_device(register.signed());
    }

    fn passes(&mut self, what: u8) {
        let record = UploadRecord {
            msg_id: self.id(),
            device_no: SERIAL.to_owned(),
            snap_type: Some(i64::from(what)),
            time: "1508845817".to_owned(),
            ..UploadRecord::default()
        };
        self.kept.insert(record.msg_id.clone(), record.clone());
        self.from_device(UploadRecord {
            token: self.token.clone(),
            ..record
        });
    }

    fn sends_again(&mut self) {
        for record in self.kept.values().cloned().collect::<Vec<_>>() {
            self.from_device(record);
        }
    }

    fn asks(&mut self, what: u8) {
        let (msg_id, device_no) = (self.id(), SERIAL.to_owned());
        let request: CloudRequest = if what % 2 == 0 {
            OnlineOpen {
                msg_id: msg_id.clone(),
                device_no,
                msg: "欢迎".to_owned(),
            }
            .into()
        } else {
            OnlineReboot {
                msg_id: msg_id.clone(),
                device_no,
            }
            .into()
        };
        self.publish(Topic::of_cloud(SERIAL, Part::Request), request.to_bytes());
        self.asked.insert(msg_id, request);
    }

    /// A message arrives; one that is not its sender's own changes nothing but may not do harm.
    fn arrives(&mut self, message: &Published) {
        let Ok(topic) = message.topic.parse::<Topic>() else {
            return assert!(!message.intact);
        };
        let (payload, intact) = (message.payload.as_slice(), message.intact);
        match (topic.sender, topic.part) {
            (Sender::Device, Part::Request) => match DeviceRequest::parse(payload) {
                Ok(request) if intact => self.cloud_hears(request),
                other => assert!(!intact, "{other:?}"),
            },
            (Sender::Device, Part::Response) => self.cloud_is_answered(payload, intact),
            (Sender::Cloud, Part::Request) => match CloudRequest::parse(payload) {
                Ok(request) if intact => self.device_answers(&request),
                other => assert!(!intact, "{other:?}"),
            },
            (Sender::Cloud, Part::Response) => match CloudResponse::parse(payload) {
                Ok(answer) if intact => self.device_hears(answer),
                other => assert!(!intact, "{other:?}"),
            },
        }
    }

    fn cloud_hears(&mut self, request: DeviceRequest) {
        let device_no = SERIAL.to_owned();
        match request {
            DeviceRequest::Register(register) => {
                assert!(register.is_signed());
                self.from_cloud(RegisterResp {
                    device_no,
                    token: TOKEN.to_owned(),
                    time: "1508845817000".to_owned(),
                    code: ErrorCode::Success,
                });
            }
            DeviceRequest::KeepAlive(_) => self.from_cloud(KeepAliveResp { device_no }),
            DeviceRequest::UploadRecord(record) => {
                self.taken.insert(record.msg_id.clone());
                self.from_cloud(UploadRecordResp {
                    msg_id: record.msg_id,
                    device_no,
                    code: ErrorCode::Success,
                    control: "open".to_owned(),
                    msg: String::new(),
                });
            }
            DeviceRequest::Unknown { name, .. } => panic!("{name}"),
        }
    }

    fn device_hears(&mut self, answer: CloudResponse) {
        assert_eq!(answer.device_no(), SERIAL);
        match answer {
            CloudResponse::RegisterResp(registered) => {
                assert_eq!(registered.milliseconds(), Some(1_508_845_817_000));
                self.token = registered.token;
            }
            CloudResponse::UploadRecordResp(acknowledged) => {
                assert_eq!(acknowledged.verdict(), Some(true));
                assert!(
                    self.taken.contains(&acknowledged.msg_id),
                    "acknowledged before it was taken"
                );
                self.kept.remove(&acknowledged.msg_id);
            }
            _ => {}
        }
    }

    fn device_answers(&mut self, request: &CloudRequest) {
        let (msg_id, device_no) = request.address();
        let reply = Reply {
            msg_id: msg_id.to_owned(),
            device_no: device_no.to_owned(),
            token: self.token.clone(),
            code: ErrorCode::Success,
            msg: String::new(),
        };
        let mut payload = serde_json::to_value(&reply).unwrap_or_default();
        payload["msgType"] = format!("{}Resp", request.name()).into();
        self.publish(
            Topic::of_device(SERIAL, Part::Response),
            payload.to_string().into_bytes(),
        );
    }

    /// Answers are told by their id; one to nothing that was asked is passed over.
    fn cloud_is_answered(&mut self, payload: &[u8], intact: bool) {
        let asked = identity(payload)
            .0
            .and_then(|msg_id| self.asked.get(&msg_id).cloned());
        let Some(asked) = asked else { return };
        match asked.exact_answer(payload) {
            Ok(answer) if intact => {
                assert_eq!(answer["msgID"], asked.address().0);
                self.asked.remove(asked.address().0);
            }
            other => assert!(!intact, "{other:?}"),
        }
    }

    /// Everything under way arrives.
    fn settle(&mut self) {
        while let Some(message) = self.under_way.pop_front() {
            self.arrives(&message);
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    let mut session = Session::default();
    let mut rest = bytes;
    while let [what, amount, tail @ ..] = rest {
        rest = tail;
        let place = usize::from(*amount) % session.under_way.len().max(1);
        match what % 10 {
            0 => session.registers(*amount),
            1 => session.from_device(KeepAlive {
                device_no: SERIAL.to_owned(),
                token: session.token.clone(),
                ..KeepAlive::default()
            }),
            2 => session.passes(*amount),
            3 => session.asks(*amount),
            4 => session.sends_again(),
            // One arrives, out of turn; and perhaps again.
            5 | 6 => {
                if let Some(message) = session.under_way.get(place).cloned() {
                    session.arrives(&message);
                    if what % 10 == 5 {
                        session.under_way.remove(place);
                    }
                }
            }
            7 => drop(session.under_way.remove(place)),
            // Damaged on the way.
            8 => {
                let [at, bits, tail @ ..] = rest else { break };
                rest = tail;
                if let Some(message) = session.under_way.get_mut(place) {
                    let at = usize::from(*at) % message.payload.len().max(1);
                    message
                        .payload
                        .get_mut(at)
                        .into_iter()
                        .for_each(|byte| *byte ^= bits);
                    message.intact &= *bits == 0;
                }
            }
            _ => {
                let (payload, tail) = rest.split_at(usize::from(*amount).min(rest.len()));
                rest = tail;
                let side = if what & 0x80 == 0 { "face" } else { "pass" };
                let part = if what & 0x40 == 0 { "request" } else { "response" };
                let topic = format!("{side}/{SERIAL}/{part}");
                session.arrives(&Published {
                    topic,
                    payload: payload.to_vec(),
                    intact: false,
                });
            }
        }
    }
    // The line is well again: what was not acknowledged comes again.
    session.settle();
    for msg_id in session.kept.keys().cloned().collect::<Vec<_>>() {
        let record = session.kept[&msg_id].clone();
        session.from_device(record);
        session.settle();
    }
    assert!(session.kept.is_empty(), "{:?}", session.kept.keys());
});
