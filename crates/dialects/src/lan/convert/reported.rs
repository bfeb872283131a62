//! A pass at a terminal as the record for the platform.

use super::received::BY_FACE;
use crate::epoch::Epoch;
use crate::lan::record::PassRecord;
use crate::lenient::Base64Text;
use crate::reported::Pass;
use model::{Method, Outcome};

/// Makes the record of a pass; `None` for whatever did not open the door, which this dialect does not record. As listed
/// it goes without `serial` and `photo`.
#[must_use]
pub fn record_to_platform(pass: &Pass<'_>, serial: Option<&str>) -> Option<PassRecord> {
    let person = pass.person.filter(|_| pass.outcome == Outcome::Granted)?;
    Some(PassRecord {
        serial: serial.map(str::to_owned),
        person_id: person.wire_id.to_owned(),
        ts: Some(Epoch::of(pass.at)),
        pass_type: Some(pass_type(pass.method)),
        name: Some(person.person.name.clone()),
        photo: pass.capture.map(Base64Text::encode),
    })
}

/// The document leaves the values open; they follow `openDoorType` (3.2), whose 2 stands for whatever else.
fn pass_type(method: Method) -> i64 {
    match method {
        Method::Face => BY_FACE,
        Method::IdCard => 1,
        Method::FaceAndIdCard => 3,
        _ => 2,
    }
}
