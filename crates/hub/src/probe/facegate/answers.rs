//! An answer as it is written exactly, and what of it is no difference.

use crate::probe::compare::{Difference, dropped as lacking};
use crate::probe::row::NoAnswer;
use dialects::facegate::{AddPersonCode, BatchCode, Call, DeviceId, Refusal};
use serde_json::Value;

/// Fields that a person or a record may have; one that cannot be read is left out by the codec.
const OPTIONAL: &[&str] = &[
    "CardType",
    "CustomizeID",
    "EffectNumber",
    "Gender",
    "LibID",
    "LibSnapID",
    "MjCardFrom",
    "MjCardNo",
    "Nation",
    "PersonType",
    "RegPicinfo",
    "RemoteOpenDoor",
    "RFIDCard",
    "Similarity",
    "SnapPicinfo",
    "Temperature",
    "TemperatureAlarm",
    "Tempvalid",
    "VerfyType",
    "WGFacilityCode",
    "WiegandType",
];

/// The answer to a call, read leniently and written exactly.
///
/// # Errors
/// [`NoAnswer`] for one that says no, or cannot be read.
pub(super) fn exact(call: &Call, bytes: &[u8], came: &Value, device: &DeviceId) -> Result<Value, NoAnswer> {
    let body = call
        .exact_answer(bytes, device)
        .map_err(|refusal| no_answer(call, &refusal))?;
    if says_no(came) {
        // How a search says that there is nobody is not documented (QUIRKS A76).
        return Ok(came.clone());
    }
    let mut exact = body.to_value();
    equate(came, &mut exact);
    Ok(exact)
}

/// Fields that came and that the codec could not read.
pub(super) fn dropped(came: &Value, exact: &Value) -> Vec<Difference> {
    lacking(came, exact, OPTIONAL)
}

fn no_answer(call: &Call, refusal: &Refusal) -> NoAnswer {
    let text = refusal.to_string();
    let is_documented = |code: i64| match call {
        Call::EditPersonsNew(_) => !matches!(BatchCode::from(code), BatchCode::Other(_)),
        _ => !matches!(AddPersonCode::from(code), AddPersonCode::Other(_)),
    };
    match refusal {
        Refusal::Failed { code: Some(code), .. } if !is_documented(*code) => {
            NoAnswer::Malformed(format!("{text}: the document has no such code"))
        }
        Refusal::Authentication(_) | Refusal::Failed { .. } => NoAnswer::Refused(text),
        Refusal::Body(_) | Refusal::Malformed(_) => NoAnswer::Malformed(text),
    }
}

fn says_no(came: &Value) -> bool {
    let result = came.pointer("/info/Result").and_then(Value::as_str);
    result.is_some_and(|result| result.trim().eq_ignore_ascii_case("Fail"))
}

/// A text that says nothing may have any number of blanks: the document's examples have one.
fn equate(came: &Value, exact: &mut Value) {
    match (came, exact) {
        (Value::Object(came), Value::Object(exact)) => {
            for (name, exact) in exact {
                if let Some(came) = came.get(name) {
                    equate(came, exact);
                }
            }
        }
        (Value::Array(came), Value::Array(exact)) => {
            for (came, exact) in came.iter().zip(exact) {
                equate(came, exact);
            }
        }
        (Value::String(came), Value::String(exact)) if came.trim().is_empty() && exact.trim().is_empty() => {
            exact.clone_from(came);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dialects::facegate::PersonRef;
    use dialects::facegate::person::SearchPerson;
    use serde_json::json;

    fn searched(came: &Value) -> Result<Value, NoAnswer> {
        let search = SearchPerson::new(&PersonRef::Uuid("7".to_owned()), false);
        let device = DeviceId::from("1300001");
        exact(&search.into(), came.to_string().as_bytes(), came, &device)
    }

    #[test]
    fn blanks_and_the_words_for_nobody_are_no_difference() {
        let nobody =
            json!({"operator": "SearchPerson", "info": {"Result": "Fail", "Detail": "no such thing"}});
        assert_eq!(searched(&nobody), Ok(nobody));
        let came = json!({"operator": "SearchPerson", "info": {"DeviceID": 1_300_001, "LibID": 3, "IdCard": "", "Notes": "  "}});
        let exact = searched(&came).unwrap();
        assert_eq!(exact["info"]["IdCard"], "");
        assert_eq!(exact["info"]["Notes"], "  ");
        assert_eq!(exact["info"]["Address"], " ");
    }

    #[test]
    fn a_code_that_the_document_lacks_is_no_refusal() {
        let fail = |code: i64| {
            let answer =
                json!({"operator": "AddPerson", "code": code, "info": {"Result": "Fail", "Detail": "?"}});
            exact(
                &dialects::facegate::AddPerson::default().into(),
                answer.to_string().as_bytes(),
                &answer,
                &DeviceId::from("1"),
            )
        };
        assert!(matches!(fail(473), Err(NoAnswer::Refused(_))));
        assert!(matches!(fail(777), Err(NoAnswer::Malformed(_))));
    }
}
