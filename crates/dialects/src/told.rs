//! A person as a message tells, whatever the dialect: what a terminal takes into its library, and what a hub imports.

use crate::lenient::Base64Text;
use model::access::{Rule, Subject};
use model::{Credential, CredentialKind, Person};
use serde_json::{Map, Value};

/// A person of a message.
#[derive(Debug, Clone, PartialEq)]
pub struct ToldPerson {
    /// The id on the wire, whatever the sender chose.
    pub wire_id: String,
    /// Everything that the message says of the person, under the id that the reader gave.
    pub person: Person,
    /// When the door may be passed; empty for somebody who is listed without a right to it.
    pub rules: Vec<Rule>,
    /// The photo, as it came.
    pub photo: Option<Base64Text>,
    /// Where the photo is to be fetched instead.
    pub photo_url: Option<String>,
    /// What the model has no place for, by the names on the wire, to be told again.
    pub extra: Map<String, Value>,
}

impl ToldPerson {
    /// What the access decision needs to know, with the passes granted since the message.
    #[must_use]
    pub fn subject(&self, passes_used: u32) -> Subject {
        Subject {
            kind: self.person.kind,
            valid_from: self.person.valid_from,
            valid_until: self.person.valid_until,
            pass_limit: self.person.pass_limit,
            passes_used,
        }
    }
}

/// A credential of a field that may be missing or blank.
pub(crate) fn credential(kind: CredentialKind, number: Option<&str>) -> Option<Credential> {
    Some(Credential {
        kind,
        number: filled(number?)?,
        facility: None,
        bits: None,
    })
}

/// A text without the blanks around it; `None` where nothing is left.
pub(crate) fn filled(text: &str) -> Option<String> {
    Some(text.trim())
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}
