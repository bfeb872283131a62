//! What a simulated device does with what it is told: whatever it is, and it keeps people without their photos. It has no
//! camera and no records.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use dialects::facegate::code::{AddPersonCode, SUCCESS};
use dialects::facegate::operation::Done;
use dialects::facegate::person::{
    DatabaseVersion, FoundPerson, HeldPeople, HeldPerson, PersonCount, PersonResult, PersonResults,
    SearchPerson, SearchPersonList,
};
use dialects::facegate::record::control::ControlRecords;
use dialects::facegate::record::{Captures, PushedRecords};
use dialects::facegate::subscription::Subscribed;
use dialects::facegate::{
    BasicUser, Body, Call, DeviceId, Operation, PersonIds, PersonInfo, PersonRef, ReceivedCall, SetSettings,
    SettingsGroup, SettingsValues, Subscription, failure, success,
};
use dialects::http::JSON;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Who calls until told otherwise (2.4).
const FIRST_USER: &str = "admin";
/// People that the device can hold.
const CAPACITY: i64 = 50_000;

/// What the hub told a device.
pub(super) struct Told {
    id: DeviceId,
    zone: TimeZone,
    user: BasicUser,
    subscription: Subscription,
    settings: BTreeMap<SettingsGroup, Map<String, Value>>,
    /// By the device's own number.
    people: BTreeMap<i64, PersonInfo>,
    last_number: i64,
}

/// A call, and its answer.
pub(super) async fn call(
    State(told): State<Arc<Mutex<Told>>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
    let header = headers.get(AUTHORIZATION).and_then(|header| header.to_str().ok());
    let (status, answer) = match told.user.admits(header) {
        Ok(()) => (StatusCode::OK, told.answer(uri.path(), &body)),
        Err(error) => (StatusCode::UNAUTHORIZED, error.answer()),
    };
    (status, [(CONTENT_TYPE, JSON)], answer.to_bytes()).into_response()
}

impl Told {
    pub(super) fn new(id: DeviceId, zone: TimeZone) -> Self {
        Self {
            id,
            zone,
            user: BasicUser::new(FIRST_USER, FIRST_USER),
            subscription: Subscription::default(),
            settings: BTreeMap::new(),
            people: BTreeMap::new(),
            last_number: 0,
        }
    }

    /// What is to be pushed, and where to.
    pub(super) fn subscription(&self) -> &Subscription {
        &self.subscription
    }

    fn answer(&mut self, path: &str, body: &[u8]) -> Body {
        let operator = path.rsplit('/').next().unwrap_or_default();
        match ReceivedCall::parse(operator, body, &self.id) {
            Ok(received) => self.obey(received.call),
            Err(refused) => refused.answer(),
        }
    }

    fn obey(&mut self, call: Call) -> Body {
        match call {
            Call::GetSettings(call) => self.yes(&call, &self.settings_of(call.0)),
            Call::SetSettings(call) => {
                let values = call.exact().unwrap_or_default();
                self.settings.entry(call.group).or_default().extend(values);
                self.yes(&call, &Done)
            }
            Call::SetUserPwd(call) => {
                self.user = BasicUser::new(call.user.as_str(), call.password.as_str());
                self.yes(&call, &Done)
            }
            Call::Subscribe(call) => {
                self.subscription = std::mem::take(&mut self.subscription).followed_by(call.0.clone());
                self.yes(&call, &Done)
            }
            Call::GetSubscribe(call) => self.yes(&call, &Subscribed(self.subscription.clone())),
            Call::Unsubscribe(call) => {
                self.subscription = std::mem::take(&mut self.subscription).without(&call.topics);
                self.yes(&call, &Done)
            }
            Call::SearchControl(call) => self.yes(&call, &ControlRecords::default()),
            Call::SearchCapture(call) => self.yes(&call, &Captures::default()),
            Call::ManualPushRecords(call) => self.yes(&call, &PushedRecords::default()),
            Call::OpenDoor(call) => self.yes(&call, &Done),
            Call::RebootDevice(call) => self.yes(&call, &Done),
            Call::SetFactoryDefault(call) => self.yes(&call, &Done),
            Call::Upgrade(call) => self.yes(&call, &Done),
            people => self.keep(people),
        }
    }

    /// What concerns people; whatever else there is the device lacks.
    fn keep(&mut self, call: Call) -> Body {
        match call {
            Call::AddPerson(call) => {
                self.hold(&call.person);
                self.yes(&call, &Done)
            }
            Call::AddPersons(call) => {
                let results = self.hold_all(&call.people);
                self.yes(&call, &results)
            }
            Call::EditPersonsNew(call) => {
                let results = self.hold_all(call.people.as_deref().unwrap_or_default());
                self.yes(&call, &results)
            }
            Call::EditPerson(call) => {
                self.hold(&call.person);
                self.yes(&call, &Done)
            }
            Call::DeletePerson(call) => {
                self.people
                    .retain(|number, person| !is_among(*number, person, &call.ids));
                self.yes(&call, &Done)
            }
            Call::DeleteAllPerson(call) => {
                self.people.clear();
                self.yes(&call, &Done)
            }
            Call::GetDatabaseVer(call) => self.yes(&call, &DatabaseVersion { version: 1 }),
            Call::SearchPerson(call) => self.yes(&call, &self.find(&call)),
            Call::SearchPersonNum(call) => {
                let found = i64::try_from(self.people.len()).unwrap_or(i64::MAX);
                let capacity = CAPACITY;
                self.yes(&call, &PersonCount { capacity, found })
            }
            Call::SearchPersonList(call) => self.yes(&call, &self.page(&call)),
            other => {
                let problem = AddPersonCode::UnknownOperator;
                failure(other.operator(), Some(problem.number()), "Unkonw operator")
            }
        }
    }

    fn yes<O: Operation>(&self, call: &O, answer: &O::Answer) -> Body {
        success(call, answer, &self.id)
    }

    fn settings_of(&self, group: SettingsGroup) -> SettingsValues {
        let values = match group {
            SettingsGroup::SysTime => SetSettings::time(self.zone.to_datetime(Timestamp::now())).values,
            SettingsGroup::SysParam => Map::from_iter([("Version".to_owned(), "swarm".into())]),
            _ => self.settings.get(&group).cloned().unwrap_or_default(),
        };
        SettingsValues { group, values }
    }

    fn hold_all(&mut self, people: &[PersonInfo]) -> PersonResults {
        let hold = |person: &PersonInfo| {
            self.hold(person);
            PersonResult::of(person, SUCCESS)
        };
        PersonResults(people.iter().map(hold).collect())
    }

    /// Whoever is there already is replaced.
    fn hold(&mut self, person: &PersonInfo) {
        let known = self.people.iter().find(|(number, held)| {
            let is_meant = |named: PersonRef| is(**number, held, &named);
            (0..=2)
                .filter_map(|kind| PersonRef::of(kind, person))
                .any(is_meant)
        });
        let number = known.map_or(self.last_number + 1, |(number, _)| *number);
        self.last_number = self.last_number.max(number);
        let held = PersonInfo {
            lib_id: Some(number),
            picture: None,
            ..person.clone()
        };
        self.people.insert(number, held);
    }

    fn find(&self, call: &SearchPerson) -> FoundPerson {
        let target = call.target();
        let found = self
            .people
            .iter()
            .find(|(number, held)| target.as_ref().is_some_and(|target| is(**number, held, target)));
        FoundPerson(found.map(|(_, person)| HeldPerson {
            person: person.clone(),
        }))
    }

    fn page(&self, call: &SearchPersonList) -> HeldPeople {
        let at = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        let page = self.people.values().skip(at(call.begin())).take(at(call.count()));
        HeldPeople(page.cloned().map(|person| HeldPerson { person }).collect())
    }
}

/// Whether somebody is meant.
fn is(number: i64, held: &PersonInfo, target: &PersonRef) -> bool {
    match target {
        PersonRef::CustomizeId(id) => held.customize_id == Some(*id),
        PersonRef::Uuid(id) => held.uuid.as_deref() == Some(id.trim()),
        PersonRef::LibId(id) => number == *id,
    }
}

fn is_among(number: i64, held: &PersonInfo, ids: &PersonIds) -> bool {
    match ids {
        PersonIds::CustomizeIds(ids) => held.customize_id.is_some_and(|id| ids.contains(&id)),
        PersonIds::LibIds(ids) => ids.contains(&number),
        PersonIds::Uuids(ids) => held.uuid.as_ref().is_some_and(|id| ids.contains(id)),
    }
}
