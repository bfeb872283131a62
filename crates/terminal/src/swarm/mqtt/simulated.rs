//! One simulated device.

use crate::config::{BrokerAddress, TerminalConfig};
use crate::endpoints::at;
use crate::endpoints::publisher::poll;
use crate::swarm::fleet::Fleet;
use crate::swarm::pace::{Pace, Tally};
use dialects::mqtt::convert::{Pass, SeenPerson, record_to_platform};
use dialects::mqtt::message::Reply;
use dialects::mqtt::session::PROTOCOL_VERSION;
use dialects::mqtt::topic::{Part, Topic};
use dialects::mqtt::{
    CloudRequest, CloudResponse, DeviceRequest, DeviceResponse, ErrorCode, KeepAlive, Register, UploadRecord,
    UploadRecordResp,
};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::{Direction, Method, Outcome};
use rumqttc::{
    AsyncClient, ConnectionError, Event, MqttOptions, NetworkOptions, Packet, Publish, QoS, SubscribeFilter,
};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// The pause after a connection that failed.
const PAUSE: Duration = Duration::from_secs(2);
/// `keepAlive` (2.1.2).
const HEARTBEAT: Duration = Duration::from_secs(30);
/// A record without an answer is sent again, and so is a registration.
const RESEND: Duration = Duration::from_secs(10);
/// The largest packet in either direction.
const PACKET_BYTES: usize = 4 * 1024 * 1024;
/// What the client holds.
const CLIENT_QUEUE: usize = 8;
/// Messages that wait for the broker's own acknowledgement.
const IN_FLIGHT: u16 = 8;

/// A record that is not acknowledged yet.
struct Open {
    record: UploadRecord,
    since: Instant,
    again_at: Instant,
}

/// A connection and how far it has got.
struct Line {
    client: AsyncClient,
    events: mpsc::Receiver<Event>,
    polling: JoinHandle<ConnectionError>,
    /// What the platform gave; `None` before that.
    token: Option<String>,
    /// When `register` or `keepAlive` is due.
    say_at: Option<Instant>,
}

impl Drop for Line {
    fn drop(&mut self) {
        self.polling.abort();
    }
}

/// A device.
pub(super) struct Simulated {
    serial: String,
    fleet: Arc<Fleet>,
    broker: BrokerAddress,
    pace: Pace,
    zone: TimeZone,
    open: Option<Open>,
    /// Answers that may still come, per record: each sending earns one.
    expected: BTreeMap<String, u32>,
}

impl Simulated {
    pub(super) fn new(number: usize, fleet: Arc<Fleet>, broker: BrokerAddress) -> Self {
        Self {
            serial: fleet.options.serial(number),
            pace: Pace::new(number, Arc::clone(&fleet)),
            fleet,
            broker,
            // Where a terminal is, unless it is told otherwise.
            zone: TerminalConfig::default().time_zone().unwrap_or(TimeZone::UTC),
            open: None,
            expected: BTreeMap::new(),
        }
    }

    /// Lives until its records are through, or its time is over.
    pub(super) async fn run(mut self) -> Tally {
        loop {
            if !self.fleet.may_connect().await {
                return self.pace.tally;
            }
            match self.live().await {
                Ok(()) => return self.pace.tally,
                Err(problem) => {
                    tracing::debug!(serial = self.serial, %problem, "a simulated device lost its broker")
                }
            }
            if self.pace.is_late() {
                return self.pace.tally;
            }
            if let Some(open) = &mut self.open {
                open.again_at = Instant::now();
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    fn dial(&self) -> Line {
        let mut options = MqttOptions::new(&self.serial, &self.broker.host, self.broker.port);
        options
            .set_keep_alive(HEARTBEAT)
            .set_inflight(IN_FLIGHT)
            .set_max_packet_size(PACKET_BYTES, PACKET_BYTES);
        let pattern = |text: &str| text.replace("{serial}", &self.serial);
        if !self.fleet.options.username.is_empty() {
            let (username, password) = (&self.fleet.options.username, &self.fleet.options.password);
            options.set_credentials(pattern(username), pattern(password));
        }
        let (client, mut looping) = AsyncClient::new(options, CLIENT_QUEUE);
        let mut network = NetworkOptions::new();
        network.set_tcp_nodelay(true);
        network.set_connection_timeout(self.fleet.options.patience.as_secs().max(1));
        looping.set_network_options(network);
        let (happened, events) = mpsc::channel(CLIENT_QUEUE);
        Line {
            client,
            events,
            polling: tokio::spawn(poll(looping, happened)),
            token: None,
            say_at: None,
        }
    }

    /// One connection; `Ok` when everything is done.
    async fn live(&mut self) -> io::Result<()> {
        let mut line = self.dial();
        let mut start = self.fleet.starting();
        loop {
            self.work(&mut line)?;
            if self.pace.is_done(self.open.is_some()) {
                let _ = line.client.try_disconnect();
                // The farewell leaves, or the broker is gone anyway.
                let _ =
                    tokio::time::timeout(PAUSE, async { while line.events.recv().await.is_some() {} }).await;
                return Ok(());
            }
            let wake = self.wake(&line);
            tokio::select! {
                event = line.events.recv() => match event {
                    Some(event) => self.happened(event, &mut line)?,
                    None => return Err(ended(&mut line).await),
                },
                () = at(wake) => {}
                _ = start.changed() => {}
            }
        }
    }

    fn wake(&self, line: &Line) -> Option<Instant> {
        let online = line.token.is_some();
        let resend = self.open.as_ref().filter(|_| online).map(|open| open.again_at);
        let due = self.pace.due(self.open.is_some()).filter(|_| online);
        [line.say_at, resend, due].into_iter().flatten().min()
    }

    fn happened(&mut self, event: Event, line: &mut Line) -> io::Result<()> {
        match event {
            Event::Incoming(Packet::ConnAck(_)) => {
                let topics = [Part::Request, Part::Response].map(|part| {
                    SubscribeFilter::new(Topic::of_cloud(&self.serial, part).to_string(), QoS::AtLeastOnce)
                });
                line.client.try_subscribe_many(topics).map_err(io::Error::other)
            }
            Event::Incoming(Packet::SubAck(_)) => {
                line.say_at = Some(Instant::now());
                Ok(())
            }
            Event::Incoming(Packet::Publish(message)) => self.message(&message, line),
            _ => Ok(()),
        }
    }

    fn message(&mut self, message: &Publish, line: &mut Line) -> io::Result<()> {
        match message.topic.parse::<Topic>().map(|topic| topic.part) {
            Ok(Part::Request) => match CloudRequest::read(&message.payload) {
                Ok(request) => {
                    let token = line.token.clone().unwrap_or_default();
                    let answer = self.agreement(&request, &token);
                    self.publish(Part::Response, answer.to_bytes(), line)
                }
                Err(_) => Ok(()),
            },
            Ok(Part::Response) => match CloudResponse::read(&message.payload) {
                Ok(CloudResponse::RegisterResp(answer)) if answer.code == ErrorCode::Success => {
                    line.token = Some(answer.token);
                    line.say_at = Some(Instant::now() + HEARTBEAT);
                    self.pace.arrive();
                    Ok(())
                }
                Ok(CloudResponse::RegisterResp(answer)) => Err(io::Error::other(answer.code.to_string())),
                Ok(CloudResponse::UploadRecordResp(answer)) => {
                    self.acknowledged(&answer);
                    Ok(())
                }
                _ => Ok(()),
            },
            Err(_) => Ok(()),
        }
    }

    fn acknowledged(&mut self, answer: &UploadRecordResp) {
        let id = answer.msg_id.trim();
        match self.expected.get_mut(id) {
            None => self.pace.tally.duplicated += 1,
            Some(1) => drop(self.expected.remove(id)),
            Some(expected) => *expected -= 1,
        }
        if answer.code != ErrorCode::Success {
            return;
        }
        if let Some(open) = self.open.take_if(|open| open.record.msg_id == id) {
            self.pace.acknowledged(open.since);
        }
    }

    /// Says what is to be said, and sends the next record where it is time.
    fn work(&mut self, line: &mut Line) -> io::Result<()> {
        let now = Instant::now();
        if line.say_at.is_some_and(|at| at <= now) {
            self.say(line)?;
        }
        let Some(token) = line.token.clone() else {
            return Ok(());
        };
        if self.open.is_none()
            && let Some(number) = self.pace.next_record(now)
        {
            self.open = Some(Open {
                record: self.record(number),
                since: now,
                again_at: now,
            });
        }
        if let Some(open) = self.open.as_mut().filter(|open| open.again_at <= now) {
            open.again_at = now + RESEND;
            open.record.token = token;
            *self.expected.entry(open.record.msg_id.clone()).or_default() += 1;
            let message = DeviceRequest::from(open.record.clone());
            self.publish(Part::Request, message.to_bytes(), line)?;
        }
        Ok(())
    }

    fn say(&self, line: &mut Line) -> io::Result<()> {
        let now = Instant::now();
        let device_no = self.serial.clone();
        let message: DeviceRequest = match &line.token {
            Some(token) => KeepAlive {
                device_no,
                token: token.clone(),
                longitude: None,
                latitude: None,
            }
            .into(),
            None => Register {
                device_no,
                time: Timestamp::now().as_second().to_string(),
                rand: hex::encode(rand::random::<[u8; 16]>()),
                protocol: PROTOCOL_VERSION.to_owned(),
                hardware: "SWARM".to_owned(),
                software: "swarm".to_owned(),
                algorithm: "none".to_owned(),
                serial_no: None,
                sign: String::new(),
            }
            .signed()
            .into(),
        };
        line.say_at = Some(now + if line.token.is_some() { HEARTBEAT } else { RESEND });
        self.publish(Part::Request, message.to_bytes(), line)
    }

    /// A full client is a broker that does not read: the connection is given up.
    fn publish(&self, part: Part, payload: Vec<u8>, line: &Line) -> io::Result<()> {
        let topic = Topic::of_device(&self.serial, part).to_string();
        line.client
            .try_publish(topic, QoS::AtLeastOnce, false, payload)
            .map_err(io::Error::other)
    }

    fn record(&self, number: u64) -> UploadRecord {
        let id = uuid::Uuid::now_v7().simple().to_string();
        let person = format!("{}-{number}", self.serial);
        let record = record_to_platform(&Pass {
            id: &id,
            person: Some(SeenPerson {
                id: &person,
                name: "Swarm",
                gender: None,
                birthday: None,
                phone: None,
                valid_from: None,
                valid_until: None,
            }),
            at: Timestamp::now(),
            zone: &self.zone,
            outcome: Outcome::Granted,
            method: Method::Face,
            spoken: "",
            direction: Direction::None,
            temperature: None,
            fever_from: None,
            card: None,
            document: None,
            capture: None,
            registered: None,
        });
        UploadRecord {
            device_no: self.serial.clone(),
            capture: self.fleet.photo.clone().unwrap_or_default(),
            ..record
        }
    }

    /// A simulated device does whatever it is told, knows nobody, and has no camera.
    fn agreement(&self, request: &CloudRequest, token: &str) -> DeviceResponse {
        let (msg_id, _) = request.address();
        let code = match request {
            CloudRequest::OnlineGetPhoto(_) => ErrorCode::PhotoTimeout,
            CloudRequest::Unknown { .. } => ErrorCode::UnknownMessage,
            _ => ErrorCode::Success,
        };
        let reply = serde_json::to_value(Reply::of(code, msg_id, &self.serial, token));
        let mut fields = match reply {
            Ok(Value::Object(fields)) => fields,
            _ => Map::new(),
        };
        if matches!(
            request,
            CloudRequest::OnlineGetRegister(_) | CloudRequest::OnlineGetRegisterCount(_)
        ) {
            fields.insert("personNum".to_owned(), "0".into());
        }
        DeviceResponse::Unknown {
            name: format!("{}Resp", request.name()),
            fields: Value::Object(fields),
        }
    }
}

async fn ended(line: &mut Line) -> io::Error {
    match (&mut line.polling).await {
        Ok(problem) => io::Error::other(problem),
        Err(problem) => io::Error::other(problem),
    }
}
