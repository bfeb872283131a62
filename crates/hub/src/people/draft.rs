//! A person as somebody wants it: a new one, or changes to one that is there (hub rules 10, 28).

use super::fields::Fields;
use super::limits::{
    CODE_CHARACTERS, CREDENTIAL_CHARACTERS, GROUPS_OF_A_PERSON, NAME_CHARACTERS, WIEGAND_BITS,
};
use crate::api::problem::Problem;
use model::{Credential, CredentialKind, GroupId, Person, PersonId, Visit};
use serde_json::{Map, Value};

/// Kinds of credentials, as the API names them.
const CREDENTIAL_KINDS: &str = "ic_card, rf_card, wiegand, id_card, qr, pin";
/// One credential of each kind.
const CREDENTIALS_OF_A_PERSON: usize = 6;

/// A checked person.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// The person as it is to be.
    pub person: Person,
    /// Whether the count of passes was given and is to be written.
    pub counts_anew: bool,
}

/// A new person: with the given id, else with `made`.
///
/// # Errors
/// 422 naming every bad field.
pub fn create(mut body: Map<String, Value>, made: PersonId) -> Result<Draft, Problem> {
    let mut fields = Fields::default();
    let id = match body.remove("id") {
        None | Some(Value::Null) => made,
        Some(value) => read_id(&mut fields, value).unwrap_or(made),
    };
    if !body.contains_key("name") {
        body.insert("name".to_owned(), Value::Null);
    }
    finish(fields, Person::new(id, ""), body)
}

/// A person with the given fields changed: null takes a value away, lists are replaced as a whole.
///
/// # Errors
/// 422 naming every bad field.
pub fn change(person: Person, mut body: Map<String, Value>) -> Result<Draft, Problem> {
    let mut fields = Fields::default();
    if let Some(value) = body.remove("id")
        && value.as_str() != Some(person.id.as_str())
    {
        fields.fault("id", "read_only", "an id never changes: make another person");
    }
    finish(fields, person, body)
}

fn read_id(fields: &mut Fields, value: Value) -> Option<PersonId> {
    let Value::String(text) = value else {
        fields.fault("id", "invalid", "an id is a text");
        return None;
    };
    PersonId::new(text)
        .map_err(|error| fields.fault("id", "invalid", error.to_string()))
        .ok()
}

fn finish(mut fields: Fields, mut person: Person, body: Map<String, Value>) -> Result<Draft, Problem> {
    let counts_anew = body.get("passes_used").is_some_and(|value| !value.is_null());
    for (name, value) in body {
        read_field(&mut fields, &mut person, &name, value);
    }
    fields.validity(person.valid_from, person.valid_until);
    fields.finish(Draft { person, counts_anew })
}

/// Reads one field into the person.
fn read_field(fields: &mut Fields, person: &mut Person, name: &str, value: Value) {
    match name {
        "name" => person.name = fields.required(name, value, NAME_CHARACTERS).unwrap_or_default(),
        "code" => person.code = fields.text(name, value, CODE_CHARACTERS, false),
        "kind" => {
            person.kind = fields
                .word(name, value, "member, visitor, vip, blocked")
                .unwrap_or_default();
        }
        "gender" => person.gender = fields.word(name, value, "male, female, other"),
        "birthday" => person.birthday = fields.date(name, value),
        "phone" => person.phone = fields.line(name, value),
        "email" => person.email = read_email(fields, name, value),
        "department" => person.department = fields.line(name, value),
        "title" => person.title = fields.line(name, value),
        "company" => person.company = fields.line(name, value),
        "ethnicity" => person.ethnicity = fields.line(name, value),
        "native_place" => person.native_place = fields.line(name, value),
        "address" => person.address = fields.lines(name, value),
        "remark" => person.remark = fields.lines(name, value),
        "greeting" => person.greeting = fields.line(name, value),
        "room" => person.room = fields.line(name, value),
        "visit" => person.visit = read_visit(fields, value),
        "verify" => {
            let words = "device, face, card, face_and_card, face_or_card, face_and_id_card, \
                         face_and_id_card_listed";
            person.verify = fields.word(name, value, words).unwrap_or_default();
        }
        "valid_from" => person.valid_from = fields.instant(name, value),
        "valid_until" => person.valid_until = fields.instant(name, value),
        "pass_limit" => person.pass_limit = fields.count(name, value, 1),
        "passes_used" => person.passes_used = fields.count(name, value, 0).unwrap_or(person.passes_used),
        "credentials" => person.credentials = read_credentials(fields, value),
        "groups" => person.groups = read_groups(fields, value),
        // The hub's own: an object that was read can be sent back as it is.
        "photos" | "revision" => {}
        _ => fields.unknown(name),
    }
}

fn read_email(fields: &mut Fields, path: &str, value: Value) -> Option<String> {
    let email = fields.line(path, value)?;
    let plausible = email
        .rsplit_once('@')
        .is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty() && !email.contains(' '));
    if !plausible {
        fields.fault(path, "invalid", "an address as in name@example.org");
    }
    plausible.then_some(email)
}

fn read_visit(fields: &mut Fields, value: Value) -> Option<Visit> {
    let object = match value {
        Value::Null => return None,
        Value::Object(object) => object,
        _ => {
            fields.fault("visit", "invalid", "an object with host, purpose, from_company");
            return None;
        }
    };
    let mut visit = Visit::default();
    for (name, value) in object {
        let path = format!("visit.{name}");
        match name.as_str() {
            "host" => visit.host = fields.line(&path, value),
            "purpose" => visit.purpose = fields.line(&path, value),
            "from_company" => visit.from_company = fields.line(&path, value),
            _ => fields.unknown(&path),
        }
    }
    Some(visit)
}

fn read_groups(fields: &mut Fields, value: Value) -> Vec<GroupId> {
    let mut groups = Vec::new();
    for (index, item) in fields
        .list("groups", value, GROUPS_OF_A_PERSON)
        .into_iter()
        .enumerate()
    {
        match item {
            Value::String(id) => {
                let id = GroupId::new(id);
                if !groups.contains(&id) {
                    groups.push(id);
                }
            }
            _ => fields.fault(&format!("groups[{index}]"), "invalid", "the id of a group"),
        }
    }
    groups
}

fn read_credentials(fields: &mut Fields, value: Value) -> Vec<Credential> {
    let mut credentials: Vec<Credential> = Vec::new();
    // More than one of a kind is told as such below, hence the room for one more.
    let items = fields.list("credentials", value, CREDENTIALS_OF_A_PERSON + 1);
    for (index, item) in items.into_iter().enumerate() {
        let path = format!("credentials[{index}]");
        let Some(credential) = read_credential(fields, &path, item) else {
            continue;
        };
        if credentials.iter().any(|other| other.kind == credential.kind) {
            fields.fault(
                &format!("{path}.kind"),
                "duplicate",
                "one credential of each kind",
            );
        } else {
            credentials.push(credential);
        }
    }
    credentials.sort_by_key(|credential| credential.kind);
    credentials
}

fn read_credential(fields: &mut Fields, path: &str, value: Value) -> Option<Credential> {
    let Value::Object(mut object) = value else {
        fields.fault(path, "invalid", "an object with kind and number");
        return None;
    };
    let mut take = |name: &str| object.remove(name).unwrap_or(Value::Null);
    let (kind, number, facility, bits) = (take("kind"), take("number"), take("facility"), take("bits"));
    if kind.is_null() {
        fields.fault(
            &format!("{path}.kind"),
            "required",
            format!("one of {CREDENTIAL_KINDS}"),
        );
    }
    let kind: Option<CredentialKind> = fields.word(&format!("{path}.kind"), kind, CREDENTIAL_KINDS);
    let number = fields.required(&format!("{path}.number"), number, CREDENTIAL_CHARACTERS);
    let facility = fields.count(&format!("{path}.facility"), facility, 0);
    let bits_path = format!("{path}.bits");
    let bits = fields.count(&bits_path, bits, 0).and_then(|bits| {
        let width = u8::try_from(bits).ok().filter(|bits| WIEGAND_BITS.contains(bits));
        if width.is_none() {
            fields.fault(&bits_path, "invalid", "26 or 34");
        }
        width
    });
    for name in object.keys() {
        fields.unknown(&format!("{path}.{name}"));
    }
    Some(Credential {
        kind: kind?,
        number: number?,
        facility,
        bits,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::LINE_CHARACTERS;
    use serde_json::json;

    fn map(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(map) => map,
            other => panic!("{other} is no object"),
        }
    }

    fn made() -> PersonId {
        PersonId::new("made").unwrap()
    }

    fn paths(body: Value) -> Vec<String> {
        let problem = create(map(body), made()).unwrap_err();
        assert_eq!(problem.status().as_u16(), 422);
        let mut paths: Vec<String> = problem.errors().iter().map(|error| error.path.clone()).collect();
        paths.sort();
        paths
    }

    #[test]
    fn each_bad_field_is_named() {
        let long = |characters| "x".repeat(characters + 1);
        let table = [
            (json!({}), "name"),
            (json!({"name": "  "}), "name"),
            (json!({"name": null}), "name"),
            (json!({"name": 7}), "name"),
            (json!({"name": long(NAME_CHARACTERS)}), "name"),
            (json!({"name": "a\u{0}b"}), "name"),
            (json!({"name": "a", "id": "0"}), "id"),
            (json!({"name": "a", "id": "ALL"}), "id"),
            (json!({"name": "a", "id": ""}), "id"),
            (json!({"name": "a", "id": long(PersonId::MAX_BYTES)}), "id"),
            (json!({"name": "a", "id": "a b"}), "id"),
            (json!({"name": "a", "id": "门"}), "id"),
            (json!({"name": "a", "id": 5}), "id"),
            (json!({"name": "a", "code": long(CODE_CHARACTERS)}), "code"),
            (json!({"name": "a", "kind": "guest"}), "kind"),
            (json!({"name": "a", "gender": "x"}), "gender"),
            (json!({"name": "a", "birthday": "31.1.1990"}), "birthday"),
            (json!({"name": "a", "phone": long(LINE_CHARACTERS)}), "phone"),
            (json!({"name": "a", "email": "nobody"}), "email"),
            (json!({"name": "a", "verify": "smell"}), "verify"),
            (json!({"name": "a", "valid_from": "tomorrow"}), "valid_from"),
            (
                json!({"name": "a", "valid_from": "2030-01-01T00:00:00"}),
                "valid_from",
            ),
            (
                json!({"name": "a", "valid_from": "2030-01-02T00:00:00Z", "valid_until": "2030-01-01T00:00:00Z"}),
                "valid_until",
            ),
            (json!({"name": "a", "pass_limit": 0}), "pass_limit"),
            (json!({"name": "a", "pass_limit": -1}), "pass_limit"),
            (json!({"name": "a", "passes_used": 1.5}), "passes_used"),
            (json!({"name": "a", "visit": "yes"}), "visit"),
            (json!({"name": "a", "visit": {"hosts": "b"}}), "visit.hosts"),
            (json!({"name": "a", "groups": "g"}), "groups"),
            (json!({"name": "a", "groups": [1]}), "groups[0]"),
            (json!({"name": "a", "credentials": {}}), "credentials"),
            (json!({"name": "a", "credentials": [5]}), "credentials[0]"),
            (
                json!({"name": "a", "credentials": [{"number": "1"}]}),
                "credentials[0].kind",
            ),
            (
                json!({"name": "a", "credentials": [{"kind": "pin"}]}),
                "credentials[0].number",
            ),
            (
                json!({"name": "a", "credentials": [{"kind": "pin", "number": "1", "x": 1}]}),
                "credentials[0].x",
            ),
            (
                json!({"name": "a", "credentials": [{"kind": "wiegand", "number": "1", "bits": 27}]}),
                "credentials[0].bits",
            ),
            (
                json!({"name": "a", "credentials": [{"kind": "pin", "number": "1"}, {"kind": "pin", "number": "2"}]}),
                "credentials[1].kind",
            ),
            (json!({"name": "a", "shoe_size": 43}), "shoe_size"),
        ];
        for (body, path) in table {
            assert_eq!(paths(body.clone()), [path], "{body}");
        }
    }

    #[test]
    fn all_bad_fields_are_named_at_once() {
        let body =
            json!({"id": "all", "kind": 1, "credentials": [{"kind": "x", "number": ""}], "email": "@"});
        assert_eq!(
            paths(body),
            [
                "credentials[0].kind",
                "credentials[0].number",
                "email",
                "id",
                "kind",
                "name"
            ]
        );
    }

    #[test]
    fn a_change_leaves_the_rest_alone_and_null_takes_away() {
        let body = json!({"id": "P-1", "name": " Ann ", "code": "7", "phone": "1", "pass_limit": 3,
            "credentials": [{"kind": "pin", "number": "0042"}, {"kind": "ic_card", "number": "AB"}]});
        let person = create(map(body), made()).unwrap().person;
        assert_eq!((person.id.as_str(), person.name.as_str()), ("P-1", "Ann"));
        let draft = change(person, map(json!({"phone": null, "name": "Bea"}))).unwrap();
        assert!(!draft.counts_anew);
        let person = draft.person;
        assert_eq!((person.name.as_str(), person.phone.as_deref()), ("Bea", None));
        assert_eq!((person.code.as_deref(), person.pass_limit), (Some("7"), Some(3)));
        assert_eq!(person.credentials.len(), 2);
        assert!(
            change(person.clone(), map(json!({"passes_used": 0})))
                .unwrap()
                .counts_anew
        );
        assert!(change(person, map(json!({"id": "P-2"}))).is_err());
    }

    #[test]
    fn what_was_read_can_be_sent_back() {
        let person = create(map(json!({"name": "Ann"})), made()).unwrap().person;
        let mut body = map(serde_json::to_value(&person).unwrap());
        body.insert("revision".to_owned(), json!(1));
        assert_eq!(change(person.clone(), body).unwrap().person, person);
    }
}
