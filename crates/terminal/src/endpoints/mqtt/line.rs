//! The connection to the broker: what is published leaves in order and holds up nobody; what comes in is told.

use super::{LinkEnd, broker};
use crate::config::MqttConfig;
use crate::device::Device;
use crate::endpoints::publisher::{network, poll};
use dialects::mqtt::DeviceResponse;
use dialects::mqtt::topic::{Part, Topic};
use rumqttc::mqttbytes::Error as PacketError;
use rumqttc::{
    AsyncClient, ClientError, ConnectionError, Event, Outgoing, Packet, Publish, QoS, Request, StateError,
    SubscribeFilter, SubscribeReasonCode,
};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// What the client holds before this side keeps it.
const CLIENT_QUEUE: usize = 16;
/// Events that may wait for the link.
const EVENTS: usize = 32;
/// What may wait here for a broker that reads slowly.
const OUTBOX: usize = 256;
/// How long a farewell may take to leave.
const FAREWELL: Duration = Duration::from_secs(2);
/// How long the broker is given to close after it: a connection that is torn down at once loses what it just carried.
const LINGER: Duration = Duration::from_millis(500);

/// A command's receipt, owed to the broker of one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Receipt {
    /// Which connection it belongs to.
    pub(super) connection: u64,
    qos: QoS,
    packet: u16,
}

#[cfg(test)]
impl Receipt {
    /// A receipt of some connection.
    pub(super) fn test(connection: u64) -> Self {
        Self {
            connection,
            qos: QoS::AtLeastOnce,
            packet: 1,
        }
    }
}

/// What a message carries that matters until the broker has it.
enum Carried {
    Nothing,
    /// An answer, which goes out again on the next connection.
    Answer(Box<DeviceResponse>),
    /// The record of this number.
    Record(u64),
}

/// Something that is to leave.
enum Out {
    Publish {
        topic: String,
        payload: Vec<u8>,
        carried: Carried,
    },
    Receipt(Receipt),
}

/// What happened on the line.
pub(super) enum Happening {
    /// The broker took the connection.
    Connected,
    /// The broker took the subscriptions.
    Subscribed,
    /// A message came.
    Message(Publish),
    /// The broker has a record.
    Delivered(u64),
    /// Something left, or was confirmed.
    Progress,
}

/// The line.
pub(super) struct Line {
    /// Tells connections apart.
    number: u64,
    serial: String,
    client: AsyncClient,
    /// Whether the broker took the connection.
    connected: bool,
    events: mpsc::Receiver<Event>,
    polling: JoinHandle<ConnectionError>,
    outbox: VecDeque<Out>,
    /// Given to the client, not written yet.
    handed: VecDeque<Carried>,
    /// Written, not confirmed by the broker yet.
    unconfirmed: BTreeMap<u16, Carried>,
    /// Waits in the client until the broker confirms an older message of the same number.
    collided: Option<(u16, Carried)>,
}

impl Line {
    /// Begins to dial.
    pub(super) fn open(
        device: &Device,
        config: &MqttConfig,
        number: u64,
        fresh: bool,
    ) -> Result<Self, LinkEnd> {
        let options = broker::options(device, config, fresh)?;
        let (client, mut looping) = AsyncClient::new(options, CLIENT_QUEUE);
        looping.set_network_options(network());
        let (happened, events) = mpsc::channel(EVENTS);
        Ok(Self {
            number,
            serial: device.config.terminal.serial.clone(),
            client,
            connected: false,
            events,
            polling: tokio::spawn(poll(looping, happened)),
            outbox: VecDeque::new(),
            handed: VecDeque::new(),
            unconfirmed: BTreeMap::new(),
            collided: None,
        })
    }

    /// Subscribes to what the platform publishes for this terminal, the document's misprint among it (QUIRKS M4).
    pub(super) fn subscribe(&self) -> Result<(), LinkEnd> {
        let topic = |part| Topic::of_cloud(&self.serial, part).to_string();
        let topics = [
            topic(Part::Request),
            topic(Part::Request).replace("request", "requset"),
            topic(Part::Response),
        ];
        let filters = topics.map(|topic| SubscribeFilter::new(topic, QoS::AtLeastOnce));
        self.client
            .try_subscribe_many(filters)
            .map_err(|_| LinkEnd::Stuck)
    }

    /// What happens next. Without loss where it is not awaited to the end.
    pub(super) async fn next(&mut self) -> Result<Happening, LinkEnd> {
        let Some(event) = self.events.recv().await else {
            return Err(self.end().await);
        };
        let happening = match event {
            Event::Incoming(Packet::ConnAck(_)) => {
                self.connected = true;
                Happening::Connected
            }
            Event::Incoming(Packet::SubAck(answer)) => {
                // The misprinted topic may be forbidden; the others must not be.
                let refused = |at: usize| answer.return_codes.get(at) == Some(&SubscribeReasonCode::Failure);
                if refused(0) || refused(2) {
                    return Err(LinkEnd::NotSubscribed);
                }
                Happening::Subscribed
            }
            Event::Incoming(Packet::Publish(message)) => Happening::Message(message),
            Event::Incoming(Packet::PubAck(confirmed)) => match self.unconfirmed.remove(&confirmed.pkid) {
                Some(Carried::Record(seq)) => Happening::Delivered(seq),
                _ => Happening::Progress,
            },
            Event::Outgoing(Outgoing::Publish(packet)) => {
                self.written(packet);
                Happening::Progress
            }
            Event::Outgoing(Outgoing::AwaitAck(packet)) => {
                self.collided = self.handed.pop_front().map(|carried| (packet, carried));
                Happening::Progress
            }
            _ => Happening::Progress,
        };
        self.flush();
        Ok(happening)
    }

    fn written(&mut self, packet: u16) {
        let carried = match self.collided.take_if(|(waiting, _)| *waiting == packet) {
            Some((_, carried)) => carried,
            None => self.handed.pop_front().unwrap_or(Carried::Nothing),
        };
        self.unconfirmed.insert(packet, carried);
    }

    async fn end(&mut self) -> LinkEnd {
        match (&mut self.polling).await {
            Ok(ConnectionError::MqttState(StateError::Deserialization(
                PacketError::PayloadSizeLimitExceeded(_),
            ))) => LinkEnd::TooLarge,
            Ok(error) => LinkEnd::Broker(Box::new(error)),
            Err(error) => LinkEnd::Setup(error.to_string()),
        }
    }

    /// The receipt for a message of this connection.
    pub(super) fn receipt(&self, message: &Publish) -> Receipt {
        Receipt {
            connection: self.number,
            qos: message.qos,
            packet: message.pkid,
        }
    }

    /// Gives a receipt; one of an older connection is worth nothing here.
    pub(super) fn acknowledge(&mut self, receipt: Receipt) {
        if receipt.connection == self.number && receipt.qos != QoS::AtMostOnce {
            self.outbox.push_back(Out::Receipt(receipt));
            self.flush();
        }
    }

    /// Publishes a question or a report.
    pub(super) fn ask(&mut self, payload: Vec<u8>) -> Result<(), LinkEnd> {
        self.publish(Part::Request, payload, Carried::Nothing)
    }

    /// Publishes a record; it is told when the broker has it.
    pub(super) fn report(&mut self, seq: u64, payload: Vec<u8>) -> Result<(), LinkEnd> {
        self.publish(Part::Request, payload, Carried::Record(seq))
    }

    /// Whether the broker has yet to confirm something: on a slow network, sending again would only make it slower.
    pub(super) fn is_busy(&self) -> bool {
        !(self.outbox.is_empty() && self.handed.is_empty() && self.unconfirmed.is_empty())
    }

    /// Publishes an answer; it is kept until the broker has it.
    pub(super) fn answer(&mut self, answer: DeviceResponse) -> Result<(), LinkEnd> {
        let payload = answer.to_bytes();
        self.publish(Part::Response, payload, Carried::Answer(Box::new(answer)))
    }

    /// Publishes an answer that is repeated for other reasons until it is acknowledged.
    pub(super) fn answer_again(&mut self, answer: &DeviceResponse) -> Result<(), LinkEnd> {
        self.publish(Part::Response, answer.to_bytes(), Carried::Nothing)
    }

    fn publish(&mut self, part: Part, payload: Vec<u8>, carried: Carried) -> Result<(), LinkEnd> {
        if self.outbox.len() >= OUTBOX {
            return Err(LinkEnd::Stuck);
        }
        let topic = Topic::of_device(&self.serial, part).to_string();
        self.outbox.push_back(Out::Publish {
            topic,
            payload,
            carried,
        });
        self.flush();
        Ok(())
    }

    /// Hands the client what it takes.
    fn flush(&mut self) {
        while let Some(out) = self.outbox.pop_front() {
            match out {
                Out::Publish {
                    topic,
                    payload,
                    carried,
                } => match self.client.try_publish(topic, QoS::AtLeastOnce, false, payload) {
                    Ok(()) => self.handed.push_back(carried),
                    Err(error) => return self.put_back(error, carried),
                },
                Out::Receipt(receipt) => {
                    let mut message = Publish::new("", receipt.qos, Vec::new());
                    message.pkid = receipt.packet;
                    if self.client.try_ack(&message).is_err() {
                        return self.outbox.push_front(Out::Receipt(receipt));
                    }
                }
            }
        }
    }

    fn put_back(&mut self, error: ClientError, carried: Carried) {
        if let ClientError::TryRequest(Request::Publish(publish))
        | ClientError::Request(Request::Publish(publish)) = error
        {
            self.outbox.push_front(Out::Publish {
                topic: publish.topic,
                payload: publish.payload.into(),
                carried,
            });
        }
    }

    /// Lets what waits leave, and says goodbye (DISCONNECT).
    pub(super) async fn leave(&mut self) {
        if !self.connected {
            return;
        }
        let leaving = async {
            while !self.outbox.is_empty() || !self.handed.is_empty() {
                if self.next().await.is_err() {
                    return;
                }
            }
            if self.client.try_disconnect().is_err() {
                return;
            }
            while let Some(event) = self.events.recv().await {
                if event == Event::Outgoing(Outgoing::Disconnect) {
                    break;
                }
            }
            let closed = async { while self.events.recv().await.is_some() {} };
            let _ = tokio::time::timeout(LINGER, closed).await;
        };
        // A broker that does not read knows nothing of it.
        let _ = tokio::time::timeout(FAREWELL, leaving).await;
    }

    /// The answers that the broker may not have.
    pub(super) fn unconfirmed(mut self) -> Vec<DeviceResponse> {
        let written = std::mem::take(&mut self.unconfirmed).into_values();
        let collided = self.collided.take().map(|(_, carried)| carried);
        let handed = std::mem::take(&mut self.handed);
        let waiting = std::mem::take(&mut self.outbox)
            .into_iter()
            .filter_map(|out| match out {
                Out::Publish { carried, .. } => Some(carried),
                Out::Receipt(_) => None,
            });
        let all = written.chain(collided).chain(handed).chain(waiting);
        all.filter_map(|carried| match carried {
            Carried::Answer(answer) => Some(*answer),
            Carried::Nothing | Carried::Record(_) => None,
        })
        .collect()
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.polling.abort();
    }
}
