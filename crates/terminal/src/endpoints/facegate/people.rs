//! People who come, change and go (3.10, 3.11).

use super::failure::{Failure, Unfit};
use super::roll::Entry;
use super::{DIALECT, Endpoint};
use crate::people::{Member, Newcomer, PhotoChange, PutError, model_id};
use dialects::facegate::convert::{
    ReportKind, Wanted, changed, person_from_platform, person_to_platform, wire_id,
};
use dialects::facegate::person::DatabaseVersion;
use dialects::facegate::{Done, EditPerson, PersonIds, PersonInfo, PersonRef};
use dialects::told::ToldPerson;
use jiff::Timestamp;
use model::access::Rule;
use model::{CredentialKind, Greeting, Person, PersonKind};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The credentials that the dialect has a place for.
const OWN_CREDENTIALS: [CredentialKind; 4] = [
    CredentialKind::IcCard,
    CredentialKind::RfCard,
    CredentialKind::Wiegand,
    CredentialKind::IdCard,
];

/// Somebody who is there, with what the roll says.
pub(super) struct Known {
    pub(super) member: Arc<Member>,
    pub(super) entry: Entry,
}

impl Endpoint {
    /// `GetDatabaseVer`: daily periods and counts are known.
    pub(super) fn database_version() -> DatabaseVersion {
        DatabaseVersion { version: 1 }
    }

    /// Whom a reference means.
    pub(super) fn known(&self, person: &PersonRef) -> Option<Known> {
        let wire_id = self.roll.whom(person)?;
        let member = self.device.people.find(&wire_id)?;
        let entry = self.roll.entry(&wire_id).unwrap_or_else(|| Entry {
            lib_id: 0,
            added: Timestamp::UNIX_EPOCH,
            extra: serde_json::Map::new(),
        });
        Some(Known { member, entry })
    }

    /// A person as the dialect tells one, without the photo.
    pub(super) fn told(&self, known: &Known) -> PersonInfo {
        let wanted = Wanted {
            person: &known.member.person,
            rules: &known.member.rules,
            zone: &self.device.zone(),
            photo: None,
            now: self.device.clock.now(),
            hub_decides: false,
            new_database: true,
            customize_id: 0,
        };
        let told = person_to_platform(&wanted, &known.member.wire_id, &known.entry.extra, None);
        PersonInfo {
            lib_id: Some(known.entry.lib_id),
            ..told
        }
    }

    /// `AddPerson`.
    pub(super) async fn add(&self, info: &PersonInfo) -> Result<Done, Failure> {
        let photo = self.photo(info).await?;
        let _order = self.changing.lock().await;
        self.add_one(info, photo).await?;
        Ok(Done)
    }

    /// Adds somebody new; the caller holds `changing`.
    pub(super) async fn add_one(&self, info: &PersonInfo, photo: Option<Vec<u8>>) -> Result<(), Unfit> {
        let lib_id = self.roll.next_lib_id();
        let info = PersonInfo {
            lib_id: Some(lib_id),
            ..info.clone()
        };
        let uuid = info.uuid.clone().map(PersonRef::Uuid);
        let number = info.customize_id.map(PersonRef::CustomizeId);
        let mut refs = uuid.into_iter().chain(number);
        if refs.any(|person| self.known(&person).is_some()) {
            return Err(Unfit::IdExists);
        }
        let told = self.read(&info);
        if self.device.people.find(&told.wire_id).is_some() {
            return Err(Unfit::IdExists);
        }
        self.check_cards(&told)?;
        if info.check_similarity == Some(1) {
            self.check_face(photo.as_deref(), None).await?;
        }
        let newcomer = Newcomer {
            dialect: DIALECT,
            wire_id: told.wire_id.clone(),
            person: told.person,
            rules: told.rules,
            greeting: Greeting::default(),
            photos: photo.map(|bytes| (String::new(), bytes)).into_iter().collect(),
        };
        self.device.put_person(newcomer).await?;
        let now = self.device.clock.now();
        self.roll.put(&told.wire_id, lib_id, told.extra, now).await?;
        Ok(())
    }

    fn read(&self, info: &PersonInfo) -> ToldPerson {
        let id = wire_id(info).unwrap_or_default();
        person_from_platform(info, model_id(&id), &self.device.zone())
    }

    /// Numbers of cards are one person's (C.10.1.1).
    fn check_cards(&self, told: &ToldPerson) -> Result<(), Unfit> {
        for credential in &told.person.credentials {
            let holder = self.device.people.holder(credential.kind, &credential.number);
            if holder.is_none_or(|holder| holder.wire_id == told.wire_id) {
                continue;
            }
            match credential.kind {
                CredentialKind::Wiegand => return Err(Unfit::WiegandExists),
                CredentialKind::RfCard => return Err(Unfit::RfCardExists),
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether nobody else has this face (`isCheckSimilarity`).
    async fn check_face(&self, photo: Option<&[u8]>, own: Option<&str>) -> Result<(), Unfit> {
        let (Some(engine), Some(photo)) = (self.device.engine(), photo) else {
            return Ok(());
        };
        let photo = photo.to_vec();
        let examined = tokio::task::spawn_blocking(move || engine.examine(&photo));
        let engine_failed = |words: String| Unfit::Put(PutError::Engine(words));
        let examination = match examined.await.map_err(|error| engine_failed(error.to_string()))? {
            Ok(examination) => examination,
            Err(face::ExamineError::Image(error)) => {
                return Err(Unfit::Put(PutError::unread(0, &error)));
            }
            Err(face::ExamineError::Run(error)) => return Err(engine_failed(error.to_string())),
        };
        let has_face = !examination.faces.is_empty();
        let template = examination
            .template
            .ok_or(Unfit::Put(PutError::no_template(0, has_face)))?;
        let accept = self.device.thresholds().accept;
        let found = self.device.people.search(&template).best;
        let is_taken = found.is_some_and(|(wire_id, similarity)| {
            similarity >= accept && own.is_none_or(|own| own != wire_id)
        });
        if is_taken {
            return Err(Unfit::FaceExists);
        }
        Ok(())
    }

    /// `EditPerson`: what is given replaces what was.
    pub(super) async fn edit(&self, call: &EditPerson) -> Result<Done, Failure> {
        let photo = self.photo(&call.person).await?;
        let _order = self.changing.lock().await;
        let known = call.target().and_then(|target| self.known(&target));
        let known = self.numbered(known.ok_or(Unfit::Unknown)?).await?;
        let change = PersonInfo {
            lib_id: None,
            ..call.person.clone()
        };
        let whole = changed(&self.told(&known), &change)
            .map_err(|error| Failure::new(format!("Parameter error: {error}")))?;
        whole.check()?;
        let says_when = change.validity.is_some()
            || change.valid_begin.is_some()
            || change.valid_end.is_some()
            || change.passes.is_some();
        self.check_ids(&known, &change)?;
        if change.check_similarity == Some(1) {
            self.check_face(photo.as_deref(), Some(&known.member.wire_id))
                .await?;
        }
        self.revise(&known, &whole, says_when, photo).await?;
        Ok(Done)
    }

    /// A new id must not be somebody else's.
    pub(super) fn check_ids(&self, known: &Known, change: &PersonInfo) -> Result<(), Unfit> {
        let uuid = change.uuid.clone().map(PersonRef::Uuid);
        let number = change.customize_id.map(PersonRef::CustomizeId);
        let others = uuid
            .into_iter()
            .chain(number)
            .filter_map(|person| self.known(&person));
        let is_taken = others
            .into_iter()
            .any(|other| other.member.wire_id != known.member.wire_id);
        if is_taken { Err(Unfit::IdExists) } else { Ok(()) }
    }

    /// Makes somebody who is there what a whole person says; the caller holds `changing`.
    pub(super) async fn revise(
        &self,
        known: &Known,
        whole: &PersonInfo,
        says_when: bool,
        photo: Option<Vec<u8>>,
    ) -> Result<(), Unfit> {
        let before = &known.member.wire_id;
        let mut told = self.read(whole);
        // Without an id of the platform's the old one stays.
        if whole.uuid.is_none() && whole.customize_id.is_none() {
            told.wire_id.clone_from(before);
        }
        let wire_id = told.wire_id.clone();
        if wire_id != *before && self.device.people.find(&wire_id).is_some() {
            return Err(Unfit::IdExists);
        }
        self.check_cards(&ToldPerson {
            wire_id: before.clone(),
            ..told.clone()
        })?;
        let lib_id = match known.entry.lib_id {
            0 => self.roll.next_lib_id(),
            lib_id => lib_id,
        };
        let extra = std::mem::take(&mut told.extra);
        let photos = photo.map_or(PhotoChange::Keep, |bytes| {
            PhotoChange::Replace(vec![(String::new(), bytes)])
        });
        let change = |person: &mut Person, rules: &mut Vec<Rule>, _: &mut Greeting| {
            lay_over(told, says_when, person, rules);
        };
        if !self.device.revise_person(DIALECT, before, change, photos).await? {
            return Err(Unfit::Unknown);
        }
        if wire_id != *before {
            self.device
                .rename_person(before, &wire_id, &std::collections::HashMap::new())
                .await?;
            self.roll.remove(before).await?;
        }
        let now = self.device.clock.now();
        self.roll.put(&wire_id, lib_id, extra, now).await?;
        Ok(())
    }

    /// `DeletePerson`: with all control records, for this dialect (terminal rule 17). Whoever is gone already is no
    /// failure.
    pub(super) async fn delete(&self, ids: &PersonIds) -> Result<Done, Failure> {
        let _order = self.changing.lock().await;
        let refs: Vec<PersonRef> = match ids {
            PersonIds::CustomizeIds(ids) => ids.iter().copied().map(PersonRef::CustomizeId).collect(),
            PersonIds::LibIds(ids) => ids.iter().copied().map(PersonRef::LibId).collect(),
            PersonIds::Uuids(ids) => ids.iter().cloned().map(PersonRef::Uuid).collect(),
        };
        let known = refs.iter().filter_map(|person| self.known(person));
        let wire_ids: BTreeSet<String> = known.map(|known| known.member.wire_id.clone()).collect();
        if wire_ids.is_empty() {
            return Ok(Done);
        }
        self.hide(|_, entry| entry.person.as_ref().is_some_and(|id| wire_ids.contains(id)))
            .await?;
        for wire_id in &wire_ids {
            self.device.delete_person(wire_id).await?;
            self.roll.remove(wire_id).await?;
        }
        Ok(Done)
    }

    /// `DeleteAllPerson`.
    pub(super) async fn delete_everybody(&self) -> Result<Done, Failure> {
        let _order = self.changing.lock().await;
        self.hide(|kind, _| kind != ReportKind::Snap).await?;
        let deleted = self.device.clear_people().await?;
        self.roll.clear().await?;
        tracing::info!(dialect = DIALECT, deleted, "everybody was deleted");
        Ok(Done)
    }
}

/// What a message says of a person; what the dialect has no place for stays as it was.
fn lay_over(told: ToldPerson, says_when: bool, person: &mut Person, rules: &mut Vec<Rule>) {
    let given = told.person;
    person.name = given.name;
    if (person.kind == PersonKind::Blocked) != (given.kind == PersonKind::Blocked) {
        person.kind = given.kind;
    }
    person.gender = given.gender;
    person.birthday = given.birthday;
    person.phone = given.phone;
    person.ethnicity = given.ethnicity;
    person.native_place = given.native_place;
    person.address = given.address;
    person.remark = given.remark;
    person.room = given.room;
    person
        .credentials
        .retain(|credential| !OWN_CREDENTIALS.contains(&credential.kind));
    person.credentials.extend(given.credentials);
    if says_when {
        person.valid_from = given.valid_from;
        person.valid_until = given.valid_until;
        person.pass_limit = given.pass_limit;
        *rules = told.rules;
    }
}
