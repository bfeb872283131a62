//! People that the platform brings, and asks for (2.2).

use super::commands::{reply, store_failed};
use super::{DIALECT, PICTURE_BYTES};
use crate::camera::fitting;
use crate::device::Device;
use crate::people::{Member, Newcomer, PhotoChange, PutError, model_id};
use dialects::mqtt::convert::{
    KnownPerson, LibraryPerson, PersonError, person_from_platform, person_to_platform,
};
use dialects::mqtt::message::Reply;
use dialects::mqtt::person::{OnlineGetRegisterByIndexResp, Operate};
use dialects::mqtt::{
    DeviceResponse, ErrorCode, OnlineGetRegisterByIndex, OnlineGetRegisterCountResp, PersonInfo, PersonReply,
    RegisterPersonInfo,
};
use model::access::Rule;
use model::{CredentialKind, FaceFault, Greeting, Person};
use std::sync::Arc;
use store::StoreError;

/// An id that the document reserves.
const NOBODY: &str = "0";

/// A code and its words.
type Outcome = (ErrorCode, String);

/// `registerPersonInfo`: the code of the first person that fails.
pub(super) async fn register(device: &Device, message: &RegisterPersonInfo) -> Outcome {
    for person in &message.people {
        let (code, words) = one(device, person).await;
        if code != ErrorCode::Success {
            return (code, words);
        }
    }
    done()
}

fn done() -> Outcome {
    (ErrorCode::Success, ErrorCode::Success.text().to_owned())
}

async fn one(device: &Device, info: &PersonInfo) -> Outcome {
    match info.operate.unwrap_or_default() {
        Operate::Delete => match device.delete_person(info.id.trim()).await {
            // Deleting again is no failure: whoever was to go is gone.
            Ok(_) => done(),
            Err(error) => store_failed(&error),
        },
        Operate::DeleteAll => match device.clear_people().await {
            Ok(_) => done(),
            Err(error) => store_failed(&error),
        },
        Operate::Add | Operate::Change | Operate::Other(_) => put(device, info).await,
    }
}

async fn put(device: &Device, info: &PersonInfo) -> Outcome {
    if info.id.trim() == NOBODY {
        return (ErrorCode::InvalidPerson, "idNumber: not 0".to_owned());
    }
    let person = match person_from_platform(info, &device.zone()) {
        Ok(person) => person,
        Err(error @ PersonError::Field(_)) => return (ErrorCode::InvalidPerson, error.to_string()),
        Err(error @ PersonError::Photo(_)) => return (ErrorCode::NotAPicture, error.to_string()),
    };
    let put = if info.operate == Some(Operate::Change) {
        change(device, person).await
    } else if person.photos.is_empty() {
        return (
            ErrorCode::InvalidPerson,
            "registerPhoto1: at least one photo".to_owned(),
        );
    } else {
        device.put_person(newcomer(person)).await.map(|()| true)
    };
    match put {
        Ok(true) => done(),
        Ok(false) => (
            ErrorCode::InvalidPerson,
            format!("idNumber: there is no person {:?}", info.id),
        ),
        Err(error) => (put_code(&error), put_words(&error, info)),
    }
}

/// What is wrong, by the photo's own name.
fn put_words(error: &PutError, info: &PersonInfo) -> String {
    match error {
        PutError::Photo { position, fault, .. } => {
            let number = info.photos().get(*position).map_or(1, |(number, _, _)| *number);
            format!("registerPhoto{number}: {}", fault.explanation())
        }
        other => other.to_string(),
    }
}

fn put_code(error: &PutError) -> ErrorCode {
    match error {
        PutError::Photo {
            fault: FaceFault::NotAnImage | FaceFault::TooLarge,
            ..
        } => ErrorCode::NotAPicture,
        PutError::Photo { .. } => ErrorCode::NoFace,
        PutError::Photos(_) => ErrorCode::InvalidPerson,
        PutError::Capacity => ErrorCode::Full,
        PutError::Engine(_) | PutError::Store(_) => ErrorCode::Failed,
    }
}

fn newcomer(kept: LibraryPerson) -> Newcomer {
    let mut person = Person::new(model_id(&kept.id), "");
    let mut rules = Vec::new();
    let mut greeting = Greeting::default();
    let photos = kept.photos.clone();
    let wire_id = kept.id.clone();
    lay_over(kept, &mut person, &mut rules, &mut greeting);
    Newcomer {
        dialect: DIALECT,
        wire_id,
        person,
        rules,
        greeting,
        photos,
    }
}

/// What the message says of a person; what the dialect has no place for stays as it was.
fn lay_over(kept: LibraryPerson, person: &mut Person, rules: &mut Vec<Rule>, greeting: &mut Greeting) {
    person.name = kept.name;
    person.kind = kept.kind;
    person.gender = kept.gender;
    person.birthday = kept.birthday;
    person.phone = kept.phone;
    person.valid_from = kept.valid_from;
    person.valid_until = kept.valid_until;
    // The message's own greeting takes its place.
    person.greeting = None;
    person
        .credentials
        .retain(|credential| credential.kind != CredentialKind::IcCard);
    person.credentials.extend(kept.credentials);
    *rules = kept.rules;
    *greeting = kept.greeting;
}

/// Changes a person; photos that are not named stay.
async fn change(device: &Device, mut kept: LibraryPerson) -> Result<bool, PutError> {
    let photos = match std::mem::take(&mut kept.photos) {
        photos if photos.is_empty() => PhotoChange::Keep,
        photos => PhotoChange::Replace(photos),
    };
    let wire_id = kept.id.clone();
    let change = |person: &mut Person, rules: &mut Vec<Rule>, greeting: &mut Greeting| {
        lay_over(kept, person, rules, greeting);
    };
    device.revise_person(DIALECT, &wire_id, change, photos).await
}

/// `onlineGetRegisterCount` (2.2.4).
pub(super) fn count(device: &Device, msg_id: &str) -> DeviceResponse {
    let code = ErrorCode::Success;
    OnlineGetRegisterCountResp {
        msg_id: msg_id.to_owned(),
        device_no: device.config.terminal.serial.clone(),
        token: String::new(),
        code,
        msg: code.text().to_owned(),
        people: number(device.people.len()),
    }
    .into()
}

pub(super) fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// `onlineGetRegisterByIndex` (2.2.5): places count in the order of ids; 400 beyond the last.
pub(super) async fn by_index(device: &Arc<Device>, message: &OnlineGetRegisterByIndex) -> DeviceResponse {
    let ids = device.people.ids();
    let place = usize::try_from(message.index).ok().and_then(|at| ids.get(at));
    let serial = &device.config.terminal.serial;
    let (reply, person) = match place {
        None => {
            let words = format!(
                "index: 0 to {}, got {}",
                ids.len().saturating_sub(1),
                message.index
            );
            (
                reply(ErrorCode::InvalidSetting, &message.msg_id, serial, &words),
                None,
            )
        }
        Some(id) => match told(device, id).await {
            Ok(person) => (Reply::done(&message.msg_id, serial, ""), person),
            Err(error) => {
                let (code, words) = store_failed(&error);
                (reply(code, &message.msg_id, serial, &words), None)
            }
        },
    };
    OnlineGetRegisterByIndexResp(PersonReply {
        reply,
        people: None,
        index: u32::try_from(message.index).ok(),
        person,
    })
    .into()
}

/// A person with photos, as the platform is told; `None` where there is none any more.
pub(super) async fn told(device: &Arc<Device>, wire_id: &str) -> Result<Option<PersonInfo>, StoreError> {
    let Some(member) = device.people.find(wire_id) else {
        return Ok(None);
    };
    let pictures = device.people.pictures(&member).await?;
    let (zone, limits) = (device.zone(), device.config.face.photo);
    let made = tokio::task::spawn_blocking(move || {
        let photos: Vec<(String, Vec<u8>)> = pictures
            .into_iter()
            .filter_map(|(id, bytes)| Some((id, fitting(&bytes, &limits, PICTURE_BYTES, None)?)))
            .collect();
        told_with(&member, &photos, &zone)
    });
    let made = made
        .await
        .map_err(|error| StoreError::Corrupt(error.to_string()))?;
    Ok(Some(made))
}

fn told_with(member: &Member, photos: &[(String, Vec<u8>)], zone: &jiff::tz::TimeZone) -> PersonInfo {
    person_to_platform(&KnownPerson {
        id: &member.wire_id,
        person: &member.person,
        rules: &member.rules,
        greeting: &member.greeting,
        photos,
        zone,
    })
}
