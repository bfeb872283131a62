//! What a device asks: to register, to sign in, the time, to take a record (documents 3.2, 4.2, 4.6; hub rules 17 to
//! 19).

use super::calls::QyznLink;
use super::sync::Heard;
use super::{NAME, Qyzn, calling, record};
use crate::config::Approval;
use crate::intake::clock_measured;
use crate::links::{Dialect, HeldPerson, LiveLink};
use crate::state::Hub;
use crate::{presence, roster};
use dialects::local_time;
use dialects::qyzn::exchange::Ticket;
use dialects::qyzn::{
    Code, DeviceRequest, DeviceSyncPerson, DeviceSyncPersonAnswer, Login, Operation, Register,
    RegisterAnswer, RequestBody, ResponseBody, SyncTime, operation,
};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::DeviceId;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use store::StoreError;
use store::hub::devices::{Contact, Registration, Standing, StoredDevice};

/// What a device is told to wait when the hub cannot serve it now, in seconds.
const BUSY_SECONDS: u32 = 3;
/// What a device is told to wait that is switched off, or has no place, in seconds.
const UNWANTED_SECONDS: u32 = 60;
/// What a device is told to wait while the disk is full, in seconds.
const FULL_SECONDS: u32 = 30;
/// The longest serial and MAC taken (4.2.2 has 32 and 12).
const MOST_IDENTITY_BYTES: usize = 64;
/// No skew was measured on this connection.
const UNMEASURED: i64 = i64::MIN;

/// An answer, and what follows from the request.
pub(super) struct Handled {
    pub(super) ticket: Ticket,
    pub(super) answer: ResponseBody,
    pub(super) after: After,
}

/// What follows from a request.
pub(super) enum After {
    Nothing,
    Registered(Identity),
    SignedIn(Box<StoredDevice>),
    Close(&'static str),
}

/// Who registered on a connection, and what it was given.
#[derive(Debug, Clone)]
pub(super) struct Identity {
    serial: String,
    mac: String,
    given: RegisterAnswer,
}

/// What a connection knows of its device; cheap to hand to the work on a request.
#[derive(Clone)]
pub(super) struct Session {
    pub(super) hub: Arc<Hub>,
    peer: SocketAddr,
    link: Arc<QyznLink>,
    identity: Option<Arc<Identity>>,
    live: Option<Arc<LiveLink>>,
    /// The device's clock minus ours, in milliseconds, as measured on this connection.
    skew_ms: Arc<AtomicI64>,
}

impl Session {
    pub(super) fn new(hub: Arc<Hub>, peer: SocketAddr, link: Arc<QyznLink>) -> Self {
        Self {
            hub,
            peer,
            link,
            identity: None,
            live: None,
            skew_ms: Arc::new(AtomicI64::new(UNMEASURED)),
        }
    }

    pub(super) fn link(&self) -> Arc<QyznLink> {
        Arc::clone(&self.link)
    }

    pub(super) fn peer(&self) -> SocketAddr {
        self.peer
    }

    pub(super) fn live(&self) -> Option<Arc<LiveLink>> {
        self.live.clone()
    }

    pub(super) fn device_id(&self) -> Option<&DeviceId> {
        self.live.as_ref().map(|live| &live.device)
    }

    pub(super) fn is_signed_in(&self) -> bool {
        self.live.is_some()
    }

    /// The measured skew, where one was measured on this connection.
    pub(super) fn skew_ms(&self) -> Option<i64> {
        Some(self.skew_ms.load(Ordering::Relaxed)).filter(|skew| *skew != UNMEASURED)
    }

    pub(super) fn seen(&self, at: Timestamp) {
        if let Some(live) = &self.live {
            live.seen(at);
        }
    }

    /// Something comes that may become a record.
    pub(super) fn stir(&self) {
        if let Some(live) = &self.live {
            live.records.stir();
        }
    }

    pub(super) fn registered(&mut self, identity: Identity) {
        self.identity = Some(Arc::new(identity));
    }

    /// The device is here from now on; an older connection of it ends.
    pub(super) fn signed_in(&mut self, device: &StoredDevice) {
        self.link.signed_in(&device.device.id);
        let live = presence::arrived(&self.hub, device.device.id.clone(), self.link());
        self.live = Some(live);
    }

    /// The work on one request.
    pub(super) fn handle(
        &self,
        ticket: Ticket,
        body: RequestBody,
        timestamp: u32,
    ) -> BoxFuture<'static, Handled> {
        let session = self.clone();
        async move {
            // It may be a record, and nothing of it is here before it is answered.
            let _under_way = session.live.as_ref().map(|live| live.records.begin());
            let (answer, after) = session.answer(body, timestamp).await;
            Handled {
                ticket,
                answer,
                after,
            }
        }
        .boxed()
    }

    async fn answer(&self, body: RequestBody, timestamp: u32) -> (ResponseBody, After) {
        let request = match DeviceRequest::parse(&body.message, &body.data) {
            Ok(request) => request,
            Err(error) => {
                if body.message.trim().eq_ignore_ascii_case(DeviceSyncPerson::NAME) {
                    self.link.told_of_unreadable(&body.data, &error).await;
                }
                return (error.answer(), After::Nothing);
            }
        };
        match request {
            DeviceRequest::Register(register) => self.register(register).await,
            DeviceRequest::Login(login) => self.login(login).await,
            DeviceRequest::Logout(_) => (
                ResponseBody::of_code(Code::Success),
                After::Close("the device logged out"),
            ),
            DeviceRequest::SyncTime(sync) => (self.sync_time(&sync).await, After::Nothing),
            DeviceRequest::SnapshotFace(face) => match &self.live {
                Some(live) => (
                    record::take(self, live, face, &body.data, timestamp).await,
                    After::Nothing,
                ),
                None => (ResponseBody::of_code(Code::Unregistered), After::Nothing),
            },
            DeviceRequest::QrCodeData(code) => (
                match &self.live {
                    Some(live) => record::take_code(self, live, &code.content).await,
                    None => ResponseBody::of_code(Code::Unregistered),
                },
                After::Nothing,
            ),
            DeviceRequest::DeviceSyncPerson(person) => (self.told_of(person).await, After::Nothing),
            DeviceRequest::DeviceCallParam(call) => (calling::param(self, &call).await, After::Nothing),
            DeviceRequest::DeviceCallResult(report) => (calling::result(self, &report), After::Nothing),
            DeviceRequest::Unknown { message, .. } => {
                tracing::debug!(device = ?self.device_id(), message, "an unknown message");
                (ResponseBody::of_code(Code::UnknownCommand), After::Nothing)
            }
        }
    }

    /// Takes a person that the device tells of (4.3.7). Nobody changes ids; one who was not asked for is a stray (hub
    /// rule 29).
    async fn told_of(&self, person: DeviceSyncPerson) -> ResponseBody {
        let Some(live) = &self.live else {
            return ResponseBody::of_code(Code::Unregistered);
        };
        let person = match self.link.told_of(person).await {
            Heard::Answer(answer) => return answer,
            Heard::Unasked(person) => person,
        };
        let answer = operation::success::<DeviceSyncPerson>(&DeviceSyncPersonAnswer::unchanged(&person.0));
        match self.hub.store.devices.device(&live.device, None).await {
            Ok(Some(device)) if device.standing == Standing::Approved => {}
            Ok(_) => return answer,
            Err(error) => return refusal(&error),
        }
        let held = HeldPerson {
            wire_id: person.0.person_id,
            name: person.0.name,
        };
        match roster::keep_stray(&self.hub, &live.device, held).await {
            Ok(()) => answer,
            Err(error) => refusal(&error),
        }
    }

    /// A connection speaks for one device: registering once more as the same one gets the same answer, as another
    /// one, or once signed in, code 101. A wrong sign is code 100.
    async fn register(&self, register: Register) -> (ResponseBody, After) {
        if !register.is_signed() || register.mac.len() > MOST_IDENTITY_BYTES {
            return (ResponseBody::of_code(Code::Unregistered), After::Nothing);
        }
        let mac = register.mac.trim().to_ascii_uppercase();
        if let Some(before) = &self.identity {
            let same = before.serial == register.serial && before.mac == mac && self.live.is_none();
            let answer = if same {
                operation::success::<Register>(&before.given)
            } else {
                ResponseBody::refusal(Code::Exists, "this connection is registered already")
            };
            return (answer, After::Nothing);
        }
        if self.live.is_some() {
            return (
                ResponseBody::refusal(Code::Exists, "this connection is signed in already"),
                After::Nothing,
            );
        }
        let given = RegisterAnswer {
            uuid: random_hex(),
            passwd: random_hex().chars().take(16).collect(),
        };
        let registration = self.registration(&register, &mac, &given);
        let hub = Arc::clone(&self.hub);
        let live = Box::new(move |device: &DeviceId| hub.links.is_live(device));
        match self.hub.store.devices.register(registration, live).await {
            Ok(device) if device.standing == Standing::Disabled => (
                ResponseBody::busy(UNWANTED_SECONDS),
                After::Close("the device is switched off"),
            ),
            Ok(device) => {
                self.hub.outbox_grew();
                tracing::info!(device = %device.device.id, serial = register.serial, standing = ?device.standing,
                    "a device registered");
                let answer = operation::success::<Register>(&given);
                (
                    answer,
                    After::Registered(Identity {
                        serial: register.serial,
                        mac,
                        given,
                    }),
                )
            }
            Err(error) => (refusal(&error), After::Nothing),
        }
    }

    fn registration(&self, register: &Register, mac: &str, given: &RegisterAnswer) -> Registration {
        Registration {
            dialect: NAME,
            serial: register.serial.clone(),
            mac: mac.to_owned(),
            model: register.device_type.clone(),
            address: self.peer.to_string(),
            protocol_version: dialects::qyzn::Version::V2.0,
            capabilities: Qyzn.capabilities().iter().map(|&name| name.to_owned()).collect(),
            link_key: given.uuid.clone(),
            secret: given.passwd.clone(),
            most_pending: self.hub.config.limits.pending_devices,
            approve: self.hub.config.devices.approve == Approval::Automatic,
            at: Timestamp::now(),
        }
    }

    async fn login(&self, login: Login) -> (ResponseBody, After) {
        let unregistered = || (ResponseBody::of_code(Code::Unregistered), After::Nothing);
        let known = match self.hub.store.devices.by_link_key(NAME, &login.uuid).await {
            Ok(Some(known)) if login.is_signed(&known.secret) => known,
            Ok(_) => return unregistered(),
            Err(error) => return (refusal(&error), After::Nothing),
        };
        let id = known.device.device.id.clone();
        if let Some(live) = &self.live {
            let code = if live.device == id {
                Code::Success
            } else {
                Code::Exists
            };
            return (ResponseBody::of_code(code), After::Nothing);
        }
        if known.device.standing == Standing::Disabled {
            return (
                ResponseBody::busy(UNWANTED_SECONDS),
                After::Close("the device is switched off"),
            );
        }
        if self.wrong_address(&known.device).await {
            return (
                ResponseBody::busy(UNWANTED_SECONDS),
                After::Close("not the device's address"),
            );
        }
        let contact = Contact {
            address: self.peer.to_string(),
            firmware: login.version.clone(),
            protocol_version: dialects::qyzn::Version::V2.0,
            at: Timestamp::now(),
        };
        match self.hub.store.devices.signed_in(&id, &login.uuid, contact).await {
            Ok(Some(device)) => (
                ResponseBody::of_code(Code::Success),
                After::SignedIn(Box::new(device)),
            ),
            Ok(None) => unregistered(),
            Err(error) => (refusal(&error), After::Nothing),
        }
    }

    /// A device that is pinned to an address comes from another.
    async fn wrong_address(&self, device: &StoredDevice) -> bool {
        let address = self.peer.ip().to_string();
        let wrong = device
            .pinned_address
            .as_ref()
            .is_some_and(|pinned| *pinned != address);
        if wrong {
            if let Err(error) = self
                .hub
                .store
                .devices
                .wrong_address(&device.device.id, &address)
                .await
            {
                tracing::warn!(%error, "a wrong address was not noted");
            }
            self.hub.outbox_grew();
        }
        wrong
    }

    /// The answer sets the device's clock: the time of its zone. What its own clock said is measured.
    async fn sync_time(&self, sync: &SyncTime) -> ResponseBody {
        let device = match &self.live {
            Some(live) => self
                .hub
                .store
                .devices
                .device(&live.device, None)
                .await
                .ok()
                .flatten(),
            None => None,
        };
        let zone = zone_of(&self.hub, device.as_ref());
        let now = Timestamp::now();
        if let Some(reading) = sync.local().and_then(|local| local_time::read(local, &zone, now)) {
            let skew = reading.at.as_millisecond().saturating_sub(now.as_millisecond());
            self.skew_ms.store(skew, Ordering::Relaxed);
            if let Some(device) = &device {
                self.keep_skew(device, skew).await;
            }
        }
        operation::success::<SyncTime>(&SyncTime::new(zone.to_datetime(Timestamp::now())))
    }

    async fn keep_skew(&self, device: &StoredDevice, skew: i64) {
        if let Err(error) = clock_measured(&self.hub, &device.device.id, skew, 0).await {
            tracing::warn!(device = %device.device.id, %error, "a clock's skew was not kept");
        }
    }
}

/// The zone of a device's wall clock, where the device is known.
fn zone_of(hub: &Hub, device: Option<&StoredDevice>) -> TimeZone {
    device.map_or_else(|| hub.time_zone(), |known| hub.zone_of(&known.device))
}

/// What a device is told when the store could not do its part.
pub(super) fn refusal(error: &StoreError) -> ResponseBody {
    match error {
        StoreError::Busy { .. } => ResponseBody::busy(BUSY_SECONDS),
        StoreError::Full { .. } => ResponseBody::busy(FULL_SECONDS),
        StoreError::NotFound { .. } => ResponseBody::of_code(Code::Unregistered),
        other => {
            tracing::error!(error = %other, "a device's request failed");
            ResponseBody::busy(BUSY_SECONDS)
        }
    }
}

/// 128 random bits as 32 hexadecimal digits.
fn random_hex() -> String {
    format!("{:032x}", rand::random::<u128>())
}
