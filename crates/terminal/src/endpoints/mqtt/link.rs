//! One connection, from dialling to its end.

use super::answers::Memory;
use super::commands::{Answered, Commands, Then};
use super::line::{Happening, Line};
use super::pump::Pump;
use super::session::Session;
use super::stream::Stream;
use super::{DIALECT, Ending, LinkEnd};
use crate::config::MqttConfig;
use crate::connections::Connection;
use crate::device::Device;
use crate::endpoints::at;
use dialects::mqtt::topic::{Part, Sender, Topic};
use dialects::mqtt::{CloudResponse, DeviceResponse, RegisterResp};
use rumqttc::Publish;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Commands that may come before the platform has answered `register`; brokers hold back more of their own accord.
const EARLY: usize = 64;
/// Bytes of them.
const EARLY_BYTES: usize = 64 * 1024 * 1024;

/// What outlives a connection.
pub(super) struct Lasting {
    commands: Commands,
    stream: Stream,
    /// Answers that no broker has confirmed.
    kept: Vec<DeviceResponse>,
    /// Connections so far.
    connections: u64,
}

impl Lasting {
    pub(super) fn new(device: &Arc<Device>, config: &MqttConfig, memory: Memory) -> Self {
        Self {
            commands: Commands::new(device, memory),
            stream: Stream::new(Duration::from_secs(config.resend_seconds)),
            kept: Vec::new(),
            connections: 0,
        }
    }
}

/// Serves one connection; `was_online` tells whether the platform took this terminal.
pub(super) async fn run(
    device: &Arc<Device>,
    config: &MqttConfig,
    lasting: &mut Lasting,
    fresh: bool,
    ending: &Ending,
    was_online: &mut bool,
) -> LinkEnd {
    lasting.connections += 1;
    let line = match Line::open(device, config, lasting.connections, fresh) {
        Ok(line) => line,
        Err(end) => return end,
    };
    let mut link = Link {
        device,
        config,
        line,
        session: Session::new(config),
        pump: Pump::new(device, config),
        lasting,
        early: Vec::new(),
        grew: device.journal_grew.subscribe(),
    };
    let end = match link.serve(ending).await {
        Ok(()) => LinkEnd::Ended,
        Err(end) => end,
    };
    *was_online = link.session.is_online();
    link.finish(&end).await;
    end
}

struct Link<'a> {
    device: &'a Arc<Device>,
    config: &'a MqttConfig,
    line: Line,
    session: Session,
    pump: Pump,
    lasting: &'a mut Lasting,
    /// Commands that wait until the platform knows this terminal.
    early: Vec<Publish>,
    grew: watch::Receiver<u64>,
}

/// What woke the connection up.
enum Wake {
    Line(Happening),
    Answer(Answered),
    Time,
    Work,
    End,
}

impl Link<'_> {
    async fn serve(&mut self, ending: &Ending) -> Result<(), LinkEnd> {
        loop {
            self.work().await?;
            match self.wait(ending).await? {
                Wake::End => return Ok(()),
                Wake::Line(happening) => self.happened(happening).await?,
                Wake::Answer(answered) => self.answer(answered)?,
                Wake::Time => self.say()?,
                Wake::Work => {}
            }
        }
    }

    /// Waits for whatever comes first.
    async fn wait(&mut self, ending: &Ending) -> Result<Wake, LinkEnd> {
        let online = self.session.is_online();
        let work_at = [self.pump.due(), self.lasting.stream.due()];
        let work_at = work_at.into_iter().flatten().min().filter(|_| online);
        tokio::select! {
            biased;
            () = ending.run.cancelled() => Ok(Wake::End),
            happening = self.line.next() => happening.map(Wake::Line),
            answered = self.lasting.commands.next(), if online => Ok(Wake::Answer(answered)),
            () = at(self.session.due()) => Ok(Wake::Time),
            () = at(work_at) => Ok(Wake::Work),
            Ok(()) = self.grew.changed() => Ok(Wake::Work),
        }
    }

    /// Sends the records and people that are due.
    async fn work(&mut self) -> Result<(), LinkEnd> {
        if !self.session.is_online() {
            return Ok(());
        }
        let token = self.session.token();
        self.pump.run(&mut self.line, token).await?;
        self.lasting.stream.run(self.device, &mut self.line, token).await
    }

    fn say(&mut self) -> Result<(), LinkEnd> {
        let message = self.session.say(self.device);
        self.line.ask(message.to_bytes())
    }

    async fn happened(&mut self, happening: Happening) -> Result<(), LinkEnd> {
        match happening {
            Happening::Connected => self.line.subscribe(),
            Happening::Subscribed => self.say(),
            Happening::Message(message) => self.message(message).await,
            Happening::Delivered(seq) => {
                self.pump.delivered(seq);
                Ok(())
            }
            Happening::Progress => Ok(()),
        }
    }

    async fn message(&mut self, message: Publish) -> Result<(), LinkEnd> {
        let topic = message.topic.parse::<Topic>().ok();
        let ours = topic.filter(|topic| {
            topic.sender == Sender::Cloud && topic.serial == self.device.config.terminal.serial
        });
        match ours.map(|topic| topic.part) {
            Some(Part::Response) => {
                self.line.acknowledge(self.line.receipt(&message));
                self.response(&message.payload).await
            }
            // What a broker keeps for whoever subscribes was meant for another time.
            Some(Part::Request) if !message.retain => {
                self.command(message);
                Ok(())
            }
            _ => {
                tracing::debug!(
                    topic = message.topic,
                    retained = message.retain,
                    "a message is ignored"
                );
                self.line.acknowledge(self.line.receipt(&message));
                Ok(())
            }
        }
    }

    /// Takes a command; before the platform knows this terminal it waits.
    fn command(&mut self, message: Publish) {
        if self.session.is_online() {
            let receipt = self.line.receipt(&message);
            self.lasting.commands.take(&message.payload, receipt);
            return;
        }
        let bytes: usize = self.early.iter().map(|early| early.payload.len()).sum();
        if self.early.len() >= EARLY || bytes + message.payload.len() > EARLY_BYTES {
            tracing::warn!("a command that came before the registration was dropped");
            return;
        }
        self.early.push(message);
    }

    async fn response(&mut self, payload: &[u8]) -> Result<(), LinkEnd> {
        let response = match CloudResponse::read(payload) {
            Ok(response) => response,
            Err(error) => {
                tracing::warn!(%error, "the platform answered something unreadable");
                return Ok(());
            }
        };
        let device_no = response.device_no();
        if !device_no.is_empty() && device_no != self.device.config.terminal.serial {
            tracing::debug!(device_no, "an answer for another device is ignored");
            return Ok(());
        }
        match response {
            CloudResponse::RegisterResp(answer) => self.registered(&answer).await?,
            CloudResponse::GetRegisterAck(ack) => self.lasting.stream.acknowledged(&ack),
            CloudResponse::UploadRecordResp(answer) => self.pump.answered(&answer),
            CloudResponse::KeepAliveResp(_) | CloudResponse::Unknown { .. } => {}
        }
        Ok(())
    }

    async fn registered(&mut self, answer: &RegisterResp) -> Result<(), LinkEnd> {
        if !self.session.registered(answer, self.device).await? {
            return Ok(());
        }
        tracing::info!(broker = self.config.broker, "the platform took this terminal");
        let connection = Connection {
            online: true,
            address: self.config.broker.clone(),
            since: Some(self.device.clock.now()),
            problem: None,
        };
        self.device.connections.set(DIALECT, connection);
        self.device.touch();
        for answer in std::mem::take(&mut self.lasting.kept) {
            self.publish(answer)?;
        }
        for message in std::mem::take(&mut self.early) {
            self.command(message);
        }
        self.lasting.stream.resume();
        Ok(())
    }

    fn publish(&mut self, mut answer: DeviceResponse) -> Result<(), LinkEnd> {
        answer.set_token(self.session.token());
        self.line.answer(answer)
    }

    /// Sends an answer and does what follows from the command.
    fn answer(&mut self, answered: Answered) -> Result<(), LinkEnd> {
        let Answered {
            answer,
            receipt,
            then,
        } = answered;
        if let Some(answer) = answer {
            self.publish(*answer)?;
        }
        if let Some(receipt) = receipt {
            self.line.acknowledge(receipt);
        }
        match then {
            Then::Nothing => {}
            Then::Tell { msg_id, ids } => self.lasting.stream.begin(msg_id, ids),
            Then::StopTelling => self.lasting.stream.stop(),
            Then::Forget => self.pump.forget(),
            Then::Reboot => {
                // Other answers that are ready leave before the connection closes.
                while let Some(other) = self.lasting.commands.ready() {
                    self.answer(other)?;
                }
                self.device.reboot();
            }
        }
        Ok(())
    }

    /// Says goodbye where it is this side that ends the connection in good order, keeps the answers that may not have
    /// arrived, and writes down what was acknowledged.
    async fn finish(mut self, end: &LinkEnd) {
        // A refusal whose receipt does not reach the broker comes again on each connection.
        if matches!(end, LinkEnd::Ended | LinkEnd::Refused(_)) {
            self.line.leave().await;
        }
        self.lasting.kept = self.line.unconfirmed();
        self.pump.finish().await;
    }
}
