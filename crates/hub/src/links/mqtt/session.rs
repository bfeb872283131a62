//! One device: it registers, says that it is alive, brings records and answers (2.1.1, 2.1.2, 2.3.1; hub rules 17 to 21).

use super::calls::MqttLink;
use super::devices::{Devices, Incoming, Overrun};
use super::{Mqtt, NAME, record};
use crate::config::Approval;
use crate::intake::clock_measured;
use crate::links::{Dialect as _, LiveLink};
use crate::state::Hub;
use crate::{presence, roster};
use bytes::Bytes;
use dialects::lenient;
use dialects::mqtt::person::OnlineGetRegisterResp;
use dialects::mqtt::topic::Part;
use dialects::mqtt::{DeviceRequest, ErrorCode, KeepAliveResp, Message as _, Register};
use jiff::Timestamp;
use std::iter;
use std::sync::Arc;
use std::time::Duration;
use store::hub::devices::{Contact, Registration, Standing, StoredDevice};
use tokio::sync::mpsc;

/// A device that says nothing for so long is gone (hub rule 21).
const SILENCE: Duration = Duration::from_secs(90);
/// A device may say by the keep-alive of MQTT alone that it is there, which no other broker tells us (QUIRKS M38): it is asked
/// after so much of the silence.
const ASKED_AFTER: Duration = Duration::from_secs(60);
/// How finely a registration tells the time, in milliseconds.
const RESOLUTION_MS: u64 = 1000;
/// Names of messages by which a last will says that the device is gone; the document has none.
const GONE: [&str; 5] = ["lastwill", "will", "offline", "disconnect", "disconnected"];

/// Serves a device until it is gone.
pub(super) async fn run(
    devices: &Arc<Devices>,
    serial: &str,
    mut incoming: mpsc::Receiver<Incoming>,
    overrun: &Overrun,
) {
    let hub = Arc::clone(&devices.hub);
    let link = MqttLink::new(
        serial.to_owned(),
        devices.publisher.clone(),
        devices.broker.clone(),
    );
    let mut session = Session {
        hub: Arc::clone(&hub),
        address: devices
            .broker
            .as_ref()
            .and_then(|broker| broker.address_of(serial))
            .map(|address| address.to_string())
            .unwrap_or_default(),
        link: Arc::clone(&link),
        live: None,
        clock: None,
    };
    let mut asked = false;
    let why = loop {
        let asks = !asked && session.live.is_some();
        let patience = match (asked, asks) {
            (true, _) => SILENCE - ASKED_AFTER,
            (_, true) => ASKED_AFTER,
            _ => SILENCE,
        };
        let next = tokio::select! {
            next = tokio::time::timeout(patience, incoming.recv()) => next,
            () = link.closed() => break "closed by the hub",
        };
        asked = next.is_err();
        match next {
            Err(_) if asks => link.ask_for_a_word().await,
            Err(_) => break "silence",
            Ok(None | Some(Incoming::Gone)) => break "the connection ended",
            Ok(Some(Incoming::Alive)) => session.seen(),
            Ok(Some(Incoming::Message {
                part,
                payload,
                receipt,
            })) => {
                let goes_on = session.message(part, &payload).await;
                drop(receipt);
                if overrun.take() {
                    session.overran();
                }
                if !goes_on {
                    break "turned away, or gone by its own word";
                }
            }
        }
    };
    tracing::debug!(serial, why, "a device's session ended");
    metrics::counter!("menshen_link_closed_total", "dialect" => NAME).increment(1);
    incoming.close();
    devices.ended(serial);
    session.end().await;
}

/// What is known of a device's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Measured {
    /// When it was measured, by ours; the device sets its own by our answer then.
    pub(super) at: Timestamp,
    /// Its clock minus ours until then, in milliseconds.
    pub(super) skew_ms: i64,
}

/// Whether an answer is one of those to `onlineGetRegister`, by either of its names (QUIRKS M1).
fn tells_of_somebody(name: &str) -> bool {
    iter::once(&OnlineGetRegisterResp::NAME)
        .chain(OnlineGetRegisterResp::ALIASES)
        .any(|known| known.eq_ignore_ascii_case(name))
}

/// A device's session.
pub(super) struct Session {
    pub(super) hub: Arc<Hub>,
    pub(super) link: Arc<MqttLink>,
    pub(super) clock: Option<Measured>,
    address: String,
    live: Option<Arc<LiveLink>>,
}

impl Session {
    fn serial(&self) -> &str {
        &self.link.serial
    }

    fn seen(&self) {
        if let Some(live) = &self.live {
            live.seen(Timestamp::now());
        }
    }

    /// Something of the device's was thrown away; what must not be lost comes again.
    fn overran(&self) {
        if let Some(live) = &self.live {
            live.records.postpone(record::COMES_AGAIN_WITHIN);
        }
    }

    /// Deals with one message; `false` ends the session.
    async fn message(&mut self, part: Part, payload: &Bytes) -> bool {
        self.seen();
        match part {
            Part::Response => {
                self.answer(payload).await;
                true
            }
            Part::Request => self.request(payload).await,
        }
    }

    /// An answer is told by its id, whatever it calls itself.
    async fn answer(&mut self, payload: &Bytes) {
        if self.present().await.is_none() {
            return;
        }
        let (Some(msg_id), _) = dialects::mqtt::message::identity(payload) else {
            return self.malformed("an answer without msgID");
        };
        match lenient::body(payload) {
            Ok(answer) => {
                if !self.link.answered(&msg_id, answer) {
                    tracing::debug!(serial = self.serial(), msg_id, "an answer that nobody waits for");
                    if dialects::mqtt::message::name(payload).is_some_and(|name| tells_of_somebody(&name)) {
                        self.link.stop_unread().await;
                    }
                }
            }
            Err(error) => self.malformed(&error.to_string()),
        }
    }

    async fn request(&mut self, payload: &Bytes) -> bool {
        if payload.is_empty() {
            return false;
        }
        let request = match DeviceRequest::parse(payload) {
            Ok(request) => request,
            Err(error) => {
                self.malformed(&error.to_string());
                return true;
            }
        };
        if self.is_anothers(payload) {
            return true;
        }
        match request {
            DeviceRequest::Register(register) => return self.register(register).await,
            DeviceRequest::KeepAlive(_) => {
                if self.present().await.is_some() {
                    let device_no = self.serial().to_owned();
                    self.link.tell(KeepAliveResp { device_no }).await;
                }
            }
            DeviceRequest::UploadRecord(upload) => {
                if let Some(live) = self.present().await {
                    record::take(self, &live, upload, payload).await;
                }
            }
            DeviceRequest::Unknown { name, .. } => {
                if GONE.contains(&name.to_ascii_lowercase().as_str()) {
                    return false;
                }
                tracing::debug!(serial = self.serial(), name, "an unknown message");
            }
        }
        true
    }

    /// The topic says who speaks; a message that names another is nobody's (QUIRKS M16).
    fn is_anothers(&self, payload: &Bytes) -> bool {
        let (_, named) = dialects::mqtt::message::identity(payload);
        let other = named.filter(|named| !named.is_empty() && named != self.serial());
        if let Some(other) = &other {
            self.malformed(&format!("it names the device {other:?}"));
        }
        other.is_some()
    }

    fn malformed(&self, problem: &str) {
        tracing::info!(serial = self.serial(), problem, "a message that cannot be taken");
        metrics::counter!("menshen_link_malformed_total", "dialect" => NAME).increment(1);
    }

    /// `register` (2.1.1): on every connection, and again at will (QUIRKS M51).
    async fn register(&mut self, register: Register) -> bool {
        if !register.is_signed() && !self.hub.config.mqtt.accept_bad_sign {
            self.malformed("register: the sign is wrong");
            self.link.tell_registered(ErrorCode::Failed).await;
            return self.live.is_some();
        }
        let token = format!("{:032x}", rand::random::<u128>());
        let device = match self.enter(&register, &token).await {
            Ok(Some(device)) => device,
            Ok(None) => {
                self.link.tell_registered(ErrorCode::Failed).await;
                return self.live.is_some();
            }
            Err(error) => {
                // Without an answer the device registers again.
                tracing::error!(serial = self.serial(), %error, "a device could not be registered");
                return true;
            }
        };
        self.link.set_token(token);
        match device.standing {
            Standing::Disabled => {
                self.link.tell_registered(ErrorCode::Failed).await;
                return false;
            }
            Standing::Pending => {
                self.here(&device).await;
                self.link.tell_registered(ErrorCode::Failed).await;
            }
            Standing::Approved => {
                self.measure(&register, &device).await;
                self.link.tell_registered(ErrorCode::Success).await;
                self.here(&device).await;
            }
        }
        true
    }

    /// Writes the registration down; `None` where there is no place for it.
    async fn enter(
        &self,
        register: &Register,
        token: &str,
    ) -> Result<Option<StoredDevice>, store::StoreError> {
        let registration = Registration {
            dialect: NAME,
            serial: self.serial().to_owned(),
            mac: String::new(),
            model: Some(register.hardware.trim().to_owned()).filter(|model| !model.is_empty()),
            address: self.address.clone(),
            protocol_version: 1,
            capabilities: Mqtt.capabilities().iter().map(|&name| name.to_owned()).collect(),
            link_key: token.to_owned(),
            secret: String::new(),
            most_pending: self.hub.config.limits.pending_devices,
            approve: self.hub.config.devices.approve == Approval::Automatic,
            at: Timestamp::now(),
        };
        // A device registers on each connection, and its connections replace one another.
        let devices = &self.hub.store.devices;
        let registered = match devices.register(registration, Box::new(|_| false)).await {
            Err(store::StoreError::Busy { .. } | store::StoreError::Full { .. }) => return Ok(None),
            other => other?,
        };
        self.hub.outbox_grew();
        if registered.standing == Standing::Disabled {
            return Ok(Some(registered));
        }
        let contact = Contact {
            address: self.address.clone(),
            firmware: Some(register.software.trim().to_owned()).filter(|version| !version.is_empty()),
            protocol_version: 1,
            at: Timestamp::now(),
        };
        devices.signed_in(&registered.device.id, token, contact).await
    }

    /// The device's clock before it sets it by our answer.
    async fn measure(&mut self, register: &Register, device: &StoredDevice) {
        let Some(told) = register.milliseconds() else {
            return;
        };
        let at = Timestamp::now();
        let skew_ms = told.saturating_sub(at.as_millisecond());
        self.clock = Some(Measured { at, skew_ms });
        if let Err(error) = clock_measured(&self.hub, &device.device.id, skew_ms, RESOLUTION_MS).await {
            tracing::warn!(device = %device.device.id, %error, "a clock's skew was not kept");
        }
    }

    /// The device, if it is known here: a hub that was away is still spoken to by those that registered before.
    async fn present(&mut self) -> Option<Arc<LiveLink>> {
        if let Some(live) = &self.live {
            return Some(Arc::clone(live));
        }
        let known = match self.hub.store.devices.by_serial(NAME, self.serial()).await {
            Ok(known) => known?.device,
            Err(error) => {
                tracing::error!(serial = self.serial(), %error, "a device could not be looked up");
                return None;
            }
        };
        // Entered beforehand and never registered, or switched off: it has nothing to say yet.
        if known.standing == Standing::Disabled || known.protocol_version.is_none() {
            return None;
        }
        Some(self.here(&known).await)
    }

    /// The device is here from now on; an older session of it ends.
    async fn here(&mut self, device: &StoredDevice) -> Arc<LiveLink> {
        self.link.set_zone(self.hub.zone_of(&device.device));
        self.link.note_decider(device.device.decision);
        if let Some(live) = &self.live {
            live.wake.notify_one();
            return Arc::clone(live);
        }
        let link: Arc<dyn crate::links::Link> = self.link.clone();
        let live = self
            .hub
            .links
            .add(device.device.id.clone(), link, Timestamp::now());
        self.live = Some(Arc::clone(&live));
        presence::settle(&self.hub, &live.device).await;
        self.hub
            .tasks
            .spawn(roster::work_off(Arc::clone(&self.hub), Arc::clone(&live)));
        live
    }

    async fn end(&self) {
        self.link.end();
        if let Some(live) = &self.live {
            self.hub.links.remove(live);
            live.wake.notify_one();
            presence::settle(&self.hub, &live.device).await;
        }
    }
}
