//! One simulated device: it does whatever it is told, keeps people without their photos, and has no camera.

use crate::endpoints::{Client, Post};
use crate::swarm::dialled::{address, serve};
use crate::swarm::fleet::Fleet;
use crate::swarm::posting::Voice;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{Method as HttpMethod, Uri};
use dialects::epoch::Epoch;
use dialects::http::{FORM, Method};
use dialects::lan::heartbeat::DEFAULT_PERIOD;
use dialects::lan::key::DEFAULT_KEY;
use dialects::lan::operation::{Refused, authenticate, parameters};
use dialects::lan::record::is_kept;
use dialects::lan::{
    Check, Checked, DeviceInfo, DeviceTime, GetDeviceInfo, GetHeartBeat, GetPerson, GetRecordCallback,
    GetTime, HeartBeat, HeartBeatTarget, ListPerson, ListRecord, PassRecord, People, RecordTarget, Records,
    Reply, Request, SetPerson, Status, Usability,
};
use dialects::lenient::Base64Text;
use jiff::Timestamp;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::DropGuard;

/// The document's port.
const PORT: u16 = 8088;

/// What the hub told the device.
struct Told {
    serial: String,
    key: String,
    record_url: String,
    heartbeat: HeartBeatTarget,
    people: BTreeMap<String, SetPerson>,
}

/// A device.
pub(super) struct Simulated {
    serial: String,
    client: Client,
    photo: Option<Base64Text>,
    address: IpAddr,
    /// Where heartbeats go before the hub says where.
    first_contact: String,
    told: Arc<Mutex<Told>>,
    started: Instant,
    _serving: DropGuard,
}

impl Simulated {
    /// A device that listens.
    pub(super) async fn listen(number: usize, fleet: &Arc<Fleet>) -> io::Result<Self> {
        let (serial, address) = (fleet.options.serial(number), address(number));
        let told = Arc::new(Mutex::new(Told {
            serial: serial.clone(),
            key: DEFAULT_KEY.to_owned(),
            record_url: String::new(),
            heartbeat: HeartBeatTarget {
                period: DEFAULT_PERIOD,
                url: String::new(),
            },
            people: BTreeMap::new(),
        }));
        let router = Router::new().fallback(call).with_state(Arc::clone(&told));
        Ok(Self {
            client: crate::swarm::client(&fleet.options, Some(address), false).map_err(io::Error::other)?,
            photo: fleet.photo.clone(),
            first_contact: format!("http://{}/lan/heartbeat", fleet.options.hub),
            serial,
            address,
            told,
            started: Instant::now(),
            _serving: serve(address, PORT, router, false).await?,
        })
    }

    fn told<T>(&self, read: impl FnOnce(&Told) -> T) -> T {
        read(&self.told.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn post(&self, url: String, form: String) -> Option<bytes::Bytes> {
        let post = Post {
            url,
            content_type: FORM,
            body: form.into_bytes(),
        };
        let answer = self.client.post(post).await;
        let answer = answer.inspect_err(|error| tracing::debug!(%error, "the hub did not answer"));
        answer.ok().map(|answer| answer.body)
    }
}

#[async_trait::async_trait]
impl Voice for Simulated {
    type Record = PassRecord;

    async fn arrive(&mut self) -> bool {
        self.beat().await;
        self.told(|told| !told.record_url.is_empty())
    }

    async fn beat(&mut self) -> Instant {
        let (url, period) = self.told(|told| (told.heartbeat.url.clone(), told.heartbeat.period));
        let next = Instant::now() + Duration::from_secs_f64(period);
        let heartbeat = HeartBeat {
            uptime: Some(self.started.elapsed().as_secs_f64()),
            system_version: Some(std::env::consts::OS.to_owned()),
            serial: Some(self.serial.clone()),
            app_version: Some("swarm".to_owned()),
            rom_available: Some("0".to_owned()),
            rom_size: Some("0".to_owned()),
            address: Some(self.address.to_string()),
        };
        let url = if url.is_empty() {
            self.first_contact.clone()
        } else {
            url
        };
        self.post(url, heartbeat.to_form()).await;
        next
    }

    fn record(&self, number: u64) -> PassRecord {
        PassRecord {
            serial: Some(self.serial.clone()),
            person_id: format!("{}-{number}", self.serial),
            ts: Some(Epoch::of(Timestamp::now())),
            pass_type: Some(0),
            name: Some("Swarm".to_owned()),
            photo: self.photo.clone(),
        }
    }

    async fn send(&mut self, record: &PassRecord) -> bool {
        let url = self.told(|told| told.record_url.clone());
        let answer = self.post(url, record.to_form()).await;
        answer.is_some_and(|answer| is_kept(&answer))
    }
}

async fn call(State(told): State<Arc<Mutex<Told>>>, method: HttpMethod, uri: Uri, body: Bytes) -> Vec<u8> {
    let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
    let reply = told.answer(&method, &uri, &body);
    reply.unwrap_or_else(|refused| refused.reply()).to_bytes()
}

impl Told {
    fn answer(&mut self, method: &HttpMethod, uri: &Uri, body: &[u8]) -> Result<Reply, Refused> {
        let parameters = parameters(uri.query().unwrap_or_default(), body)?;
        authenticate(&parameters, &self.key)?;
        let method = Method::of(method.as_str()).unwrap_or(Method::Post);
        self.obey(Request::parse(method, uri.path(), &parameters)?)
    }

    fn obey(&mut self, request: Request) -> Result<Reply, Refused> {
        Ok(match request {
            Request::SetDeviceKey(message) => {
                self.key = message.new_key;
                Reply::done()
            }
            Request::SetRecordCallback(message) => {
                self.record_url = message.url;
                Reply::done()
            }
            Request::GetRecordCallback(_) => Reply::success::<GetRecordCallback>(&RecordTarget {
                url: self.record_url.clone(),
            }),
            Request::SetHeartBeat(message) => {
                self.heartbeat = HeartBeatTarget {
                    period: message.period,
                    url: message.url,
                };
                Reply::done()
            }
            Request::GetHeartBeat(_) => Reply::success::<GetHeartBeat>(&self.heartbeat),
            Request::GetDeviceInfo(_) => {
                let serial = ("sn".to_owned(), Value::from(self.serial.clone()));
                Reply::success::<GetDeviceInfo>(&DeviceInfo(Map::from_iter([serial])))
            }
            Request::GetTime(_) => Reply::success::<GetTime>(&DeviceTime {
                ts: Epoch::of(Timestamp::now()),
            }),
            Request::ListRecord(_) => Reply::success::<ListRecord>(&Records::default()),
            Request::Check(_) => Reply::success::<Check>(&Checked {
                usability: Usability::Usable,
                exists: false,
            }),
            Request::Photo(_) => return Err(Refused::new(Status::Unknown, "no camera")),
            Request::Unknown { name, .. } => return Err(Refused::new(Status::ClientError, name)),
            people => self.people(people)?,
        })
    }

    fn people(&mut self, request: Request) -> Result<Reply, Refused> {
        let unknown = || Refused::new(Status::UnknownPerson, "id");
        Ok(match request {
            Request::SetPerson(person) => {
                let id = person.id.clone();
                self.people.insert(
                    id,
                    SetPerson {
                        photo: None,
                        ..person
                    },
                );
                Reply::done()
            }
            Request::GetPerson(message) => {
                Reply::success::<GetPerson>(self.people.get(&message.id).ok_or_else(unknown)?)
            }
            Request::ListPerson(_) => Reply::success::<ListPerson>(&People {
                people: self.people.values().cloned().collect(),
            }),
            Request::RemovePerson(message) => {
                match message.ids() {
                    Some(ids) => self.people.retain(|id, _| !ids.contains(id)),
                    None => self.people.clear(),
                }
                Reply::done()
            }
            _ => Reply::done(),
        })
    }
}
