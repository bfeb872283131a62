//! A record as the journal keeps it and as the kiosk shows it.

use super::ruling::{Language, Ruling, words};
use crate::behaviour::Prompts;
use jiff::Timestamp;
use model::{Credential, IdentityDocument, Method, Outcome, PersonKind};
use serde::{Deserialize, Serialize};

/// What the journal keeps of a record beside the person: nothing here names anybody.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Details {
    /// How somebody identified.
    pub method: Method,
    /// How it ended, or that it is not decided yet.
    pub ruling: Ruling,
    /// What this terminal alone would say: what a deciding platform is told before it decides.
    pub local: Ruling,
    /// Cosine of the face with the person's nearest photo.
    pub similarity: Option<f32>,
    /// Body temperature in degrees Celsius.
    pub temperature: Option<f32>,
    /// Whether a mask was worn.
    pub mask: Option<bool>,
    /// Whether a helmet was worn.
    pub helmet: Option<bool>,
    /// What the person was then.
    pub kind: Option<PersonKind>,
    /// The dialect's id of the person's first photo.
    pub face_id: Option<String>,
}

/// What the journal drops when the person is deleted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Private {
    /// The person's name.
    pub name: Option<String>,
    /// The person's greeting.
    pub greeting: Option<String>,
    /// The person's cards and numbers.
    pub credentials: Vec<Credential>,
    /// What was presented.
    pub presented: Option<Credential>,
    /// The identity document presented.
    pub document: Option<IdentityDocument>,
}

/// A pass as `/api/events` and `/api/state` show it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pass {
    /// The record's id.
    pub record_id: String,
    /// The person recognised.
    pub person_id: Option<String>,
    /// The person's name.
    pub person_name: Option<String>,
    /// When, by the terminal's clock.
    pub occurred_at: Timestamp,
    /// How somebody identified.
    pub method: Method,
    /// How it ended.
    pub result: Outcome,
    /// Why.
    pub reason: Option<&'static str>,
    /// On the screen.
    pub message: String,
    /// Aloud.
    pub speech: String,
    /// Cosine of the face.
    pub similarity: Option<f32>,
    /// Body temperature.
    pub temperature: Option<f32>,
}

impl Pass {
    /// What is shown of an entry of the journal.
    #[must_use]
    pub fn of(
        entry: &store::terminal::Entry,
        details: &Details,
        private: &Private,
        language: Language,
        prompts: &Prompts,
    ) -> Self {
        let words = words(
            details.ruling,
            private.name.as_deref(),
            private.greeting.as_deref(),
            language,
            prompts,
        );
        Self {
            record_id: entry.id.to_string(),
            person_id: entry.person.clone(),
            person_name: private.name.clone(),
            occurred_at: entry.occurred_at,
            method: details.method,
            result: details.ruling.outcome(),
            reason: details.ruling.reason(),
            message: words.message,
            speech: words.speech,
            similarity: details.similarity,
            temperature: details.temperature,
        }
    }
}
