//! People whom a message tells, into the library: the one of the same id is changed, with what the dialect has no place
//! for left as it was; anybody else is added.

use crate::device::Device;
use crate::people::{Newcomer, PhotoChange, PutError};
use dialects::told::ToldPerson;
use model::access::Rule;
use model::{Greeting, Person};

/// Lays what a dialect has a place for over somebody who is there.
pub(crate) type LayOver = fn(ToldPerson, &mut Person, &mut Vec<Rule>);

/// Photos by the dialect's ids, which may be empty.
pub(crate) type Photos = Vec<(String, Vec<u8>)>;

/// Takes a person in; `None` leaves the photos as they are.
///
/// # Errors
/// [`PutError`]; nothing changed then.
pub(crate) async fn take(
    device: &Device,
    dialect: &'static str,
    told: ToldPerson,
    photos: Option<Photos>,
    lay_over: LayOver,
) -> Result<(), PutError> {
    let wire_id = told.wire_id.clone();
    if device.people.find(&wire_id).is_some() {
        let told = told.clone();
        let change = |person: &mut Person, rules: &mut Vec<Rule>, _: &mut Greeting| {
            lay_over(told, person, rules);
        };
        let photos = photos.clone().map_or(PhotoChange::Keep, PhotoChange::Replace);
        if device.revise_person(dialect, &wire_id, change, photos).await? {
            return Ok(());
        }
    }
    let newcomer = Newcomer {
        dialect,
        wire_id,
        person: told.person,
        rules: told.rules,
        greeting: Greeting::default(),
        photos: photos.unwrap_or_default(),
    };
    device.put_person(newcomer).await
}
