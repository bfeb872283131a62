//! One connection, from dialling to its end.

use super::asking::Asking;
use super::config::Own;
use super::identity::Identity;
use super::pump::Pump;
use super::requests::{Answered, Requests, Then};
use super::session::{Progress, Session};
use super::sync::Sync;
use super::wire::Wire;
use super::{DIAL_PATIENCE, DIALECT, Ending, LinkEnd};
use crate::config::QyznConfig;
use crate::connections;
use crate::device::Device;
use crate::endpoints::at;
use crate::questions::Question;
use dialects::qyzn::exchange::{Event, Moment, Role, Settings};
use dialects::qyzn::{Connection, Logout};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedReadHalf;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

/// Bytes read at once.
const READ_BYTES: usize = 64 * 1024;

/// Requests of the platform that are carried out at the same time.
const RUNNING: usize = 16;

/// How long the answer to `logout` is awaited.
const FAREWELL: Duration = Duration::from_secs(1);

/// Serves one connection; `was_online` tells whether the platform took this terminal.
pub(super) async fn run(
    device: &Arc<Device>,
    config: &QyznConfig,
    identity: &Identity,
    ending: &Ending,
    was_online: &mut bool,
) -> LinkEnd {
    let dialled = tokio::select! {
        dialled = dial(&config.platform) => dialled,
        () = ending.run.cancelled() => return LinkEnd::Ended,
    };
    let (reader, wire, address) = match dialled {
        Ok(stream) => {
            let address = stream.local_addr().map(|own| own.ip().to_string());
            let (reader, writer) = stream.into_split();
            (reader, Wire::new(writer), address.unwrap_or_default())
        }
        Err(end) => return end,
    };
    let own = Own {
        device_type: identity.device_type.clone(),
        version: device.version(),
        mac: identity.mac.clone(),
        address,
    };
    let mut link = Link::new(device, config, own, reader, wire);
    let end = match link.serve(identity, ending).await {
        Ok(()) => LinkEnd::Ended,
        Err(end) => end,
    };
    *was_online = link.was_online;
    link.finish(ending).await;
    end
}

async fn dial(address: &str) -> Result<TcpStream, LinkEnd> {
    let failed = |source| LinkEnd::Dial {
        address: address.to_owned(),
        source,
    };
    let late = |_| failed(io::ErrorKind::TimedOut.into());
    let stream = tokio::time::timeout(DIAL_PATIENCE, TcpStream::connect(address))
        .await
        .map_err(late)?;
    let stream = stream.map_err(failed)?;
    stream.set_nodelay(true).map_err(failed)?;
    Ok(stream)
}

struct Link<'a> {
    device: &'a Arc<Device>,
    config: &'a QyznConfig,
    connection: Connection,
    reader: OwnedReadHalf,
    wire: Wire,
    pump: Pump,
    sync: Sync,
    asking: Asking,
    requests: Requests,
    answers: mpsc::UnboundedReceiver<Answered>,
    grew: watch::Receiver<u64>,
    began: Instant,
    was_online: bool,
}

/// What woke the connection up.
enum Wake {
    Bytes(usize),
    Answer(Answered),
    Time,
    Sync,
    Records,
    Question(Question),
    End,
}

impl<'a> Link<'a> {
    fn new(
        device: &'a Arc<Device>,
        config: &'a QyznConfig,
        own: Own,
        reader: OwnedReadHalf,
        wire: Wire,
    ) -> Self {
        let settings = Settings {
            heartbeat: Duration::from_secs(config.heartbeat_seconds),
            request_timeout: Duration::from_secs(config.request_timeout_seconds),
            running: RUNNING,
            body_limit: device.config.limits.message_bytes,
            ..Settings::new(Role::Device)
        };
        let began = Instant::now();
        let (requests, answers) = Requests::new(Arc::clone(device), own);
        Self {
            connection: Connection::new(settings, rand::random(), moment(device, began)),
            pump: Pump::new(Arc::clone(device), config.window),
            sync: Sync::default(),
            asking: Asking::default(),
            grew: device.journal_grew.subscribe(),
            device,
            config,
            reader,
            wire,
            requests,
            answers,
            began,
            was_online: false,
        }
    }

    fn now(&self) -> Moment {
        moment(self.device, self.began)
    }

    async fn serve(&mut self, identity: &Identity, ending: &Ending) -> Result<(), LinkEnd> {
        let now = self.now();
        let mut session = Session::begin(self.device, identity, self.connection.exchange(), now).await?;
        let mut buffer = vec![0; READ_BYTES];
        loop {
            self.settle(&mut session, identity).await?;
            let wake = self.wait(&session, &mut buffer, ending).await?;
            let now = self.now();
            match wake {
                Wake::End => return Ok(()),
                Wake::Bytes(count) => self.connection.push(buffer.get(..count).unwrap_or_default(), now),
                Wake::Answer(answered) => self.answer(answered).await?,
                Wake::Question(question) => self.asking.ask(question, self.connection.exchange(), now),
                Wake::Time => self.connection.tick(now),
                Wake::Sync => session.sync_time(self.device, self.connection.exchange(), now),
                Wake::Records => {}
            }
        }
    }

    /// Waits for whatever comes first.
    async fn wait(&mut self, session: &Session, buffer: &mut [u8], ending: &Ending) -> Result<Wake, LinkEnd> {
        let tick_at = self.began + self.connection.next_tick();
        tokio::select! {
            biased;
            () = ending.run.cancelled() => Ok(Wake::End),
            Some(answered) = self.answers.recv() => Ok(Wake::Answer(answered)),
            read = self.reader.read(buffer) => match read? {
                0 => Err(LinkEnd::Closed),
                count => Ok(Wake::Bytes(count)),
            },
            () = tokio::time::sleep_until(tick_at) => Ok(Wake::Time),
            () = at(session.sync_due()) => Ok(Wake::Sync),
            () = at(self.pump.due()) => Ok(Wake::Records),
            () = at(self.sync.due()) => Ok(Wake::Records),
            Some(question) = self.asking.next() => Ok(Wake::Question(question)),
            Ok(()) = self.grew.changed() => Ok(Wake::Records),
        }
    }

    /// Acts on what happened until nothing is left, and writes what is to be written.
    async fn settle(&mut self, session: &mut Session, identity: &Identity) -> Result<(), LinkEnd> {
        while let Some(event) = self.connection.exchange().next_event() {
            self.take(event, session, identity).await?;
        }
        if session.is_online() {
            let now = self.now();
            self.pump.run(self.connection.exchange(), now).await;
            self.sync.run(self.device, self.connection.exchange(), now).await;
        }
        self.flush()
    }

    fn flush(&mut self) -> Result<(), LinkEnd> {
        while let Some(frame) = self.connection.exchange().take_output() {
            self.wire.write(frame)?;
        }
        Ok(())
    }

    async fn take(
        &mut self,
        event: Event,
        session: &mut Session,
        identity: &Identity,
    ) -> Result<(), LinkEnd> {
        match event {
            Event::Request { ticket, body, .. } => {
                self.requests.take(ticket, &body);
            }
            Event::Answer { sequence, body, .. } => self.answered(sequence, &body, session, identity).await?,
            Event::Close(reason) => return Err(reason.into()),
            Event::Malformed { error, .. } => {
                tracing::warn!(%error, "the platform sent something unreadable")
            }
            Event::Overrun { message } => tracing::warn!(message, "the platform asks too much at a time"),
            Event::GaveUp { message, .. } => tracing::warn!(message, "never answered"),
            Event::Notification(_)
            | Event::UnknownAnswer { .. }
            | Event::Repeated { .. }
            | Event::Heartbeat
            | Event::UnknownKind(_) => {}
        }
        Ok(())
    }

    async fn answered(
        &mut self,
        sequence: u32,
        body: &dialects::qyzn::ResponseBody,
        session: &mut Session,
        identity: &Identity,
    ) -> Result<(), LinkEnd> {
        let now = self.now();
        let exchange = self.connection.exchange();
        if self.pump.answered(sequence, body)
            || self.sync.answered(self.device, sequence, body).await
            || self.asking.answered(self.device, (sequence, body), exchange, now)
        {
            return Ok(());
        }
        let progress = session
            .answered((sequence, body), self.device, identity, exchange, now)
            .await?;
        if progress == Progress::Online {
            self.was_online = true;
            self.asking.begin(self.device);
            tracing::info!(address = self.config.platform, "the platform took this terminal");
            let connection = connections::Connection {
                online: true,
                address: self.config.platform.clone(),
                since: Some(self.device.clock.now()),
                problem: None,
            };
            self.device.connections.set(DIALECT, connection);
            self.device.touch();
        }
        Ok(())
    }

    /// Sends an answer and does what follows from the request.
    async fn answer(&mut self, answered: Answered) -> Result<(), LinkEnd> {
        let now = self.now();
        let Answered { ticket, body, then } = answered;
        self.connection.exchange().answer(&ticket, &body, now);
        match then {
            Then::Nothing => {}
            Then::Sync(ids) => self.sync.begin(ids),
            Then::Forget => self.pump.forget(),
            Then::Reboot => {
                // The answers leave before the connection closes.
                while let Ok(Answered { ticket, body, .. }) = self.answers.try_recv() {
                    self.connection.exchange().answer(&ticket, &body, now);
                }
                self.flush()?;
                self.device.reboot();
            }
        }
        Ok(())
    }

    /// Says goodbye where the terminal stops, and writes down what was acknowledged.
    async fn finish(mut self, ending: &Ending) {
        if ending.shutdown.is_cancelled() && self.was_online {
            self.log_out().await;
        }
        self.wire.finish().await;
        if let Err(error) = self.pump.finish().await {
            tracing::error!(%error, "what the platform has again could not be kept");
        }
    }

    async fn log_out(&mut self) {
        let now = self.now();
        let Ok(sequence) = self.connection.exchange().request(&Logout {}, now) else {
            return;
        };
        if self.flush().is_err() {
            return;
        }
        let mut buffer = vec![0; READ_BYTES];
        let answered = async {
            loop {
                let count = self.reader.read(&mut buffer).await.unwrap_or(0);
                if count == 0 {
                    return;
                }
                let now = moment(self.device, self.began);
                self.connection.push(buffer.get(..count).unwrap_or_default(), now);
                while let Some(event) = self.connection.exchange().next_event() {
                    match event {
                        Event::Answer {
                            sequence: answered, ..
                        } if answered == sequence => return,
                        // A record that was on its way is acknowledged after all.
                        Event::Answer { sequence, body, .. } => drop(self.pump.answered(sequence, &body)),
                        _ => {}
                    }
                }
            }
        };
        // A platform that does not answer knows the word nevertheless.
        let _ = tokio::time::timeout(FAREWELL, answered).await;
    }
}

fn moment(device: &Device, began: Instant) -> Moment {
    let unix_seconds = u32::try_from(device.clock.now().as_second()).unwrap_or(0);
    Moment {
        elapsed: began.elapsed(),
        unix_seconds,
    }
}
