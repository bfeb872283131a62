//! A record as the journal keeps it and as the kiosk shows it.

use super::channel::Channel;
use super::ruling::Ruling;
use super::words::{Hearer, Language, Words, words};
use crate::behaviour::Prompts;
use jiff::Timestamp;
use jiff::civil::Date;
use model::{Credential, Gender, Greeting, IdentityDocument, Method, Outcome, PersonKind};
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
    /// The dialect whose platform was asked to decide, and was told what this terminal says.
    #[serde(default)]
    pub asked: Option<String>,
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
    /// Which camera saw it, where somebody said so.
    #[serde(default)]
    pub channel: Option<Channel>,
}

impl Details {
    /// The outcome to tell a platform: while it decides, what this terminal sees.
    #[must_use]
    pub fn told_outcome(&self) -> Outcome {
        match (self.ruling, self.local) {
            (Ruling::Pending, Ruling::Granted) => Outcome::Pending,
            (Ruling::Pending, local) => local.outcome(),
            (ruling, _) => ruling.outcome(),
        }
    }

    /// The same for a dialect in which another outcome makes another record: a platform that was asked to decide is
    /// told for ever what this terminal says, as it was told then.
    #[must_use]
    pub fn lasting_outcome(&self, dialect: &str) -> Outcome {
        match &self.asked {
            Some(asked) if asked == dialect => self.local.outcome(),
            _ => self.told_outcome(),
        }
    }
}

/// What the journal drops when the person is deleted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Private {
    /// The person's name.
    pub name: Option<String>,
    /// The person's greeting.
    pub greeting: Option<String>,
    /// How the person is greeted, where that is more than one text.
    pub welcome: Greeting,
    /// The person's gender.
    pub gender: Option<Gender>,
    /// The person's day of birth.
    pub birthday: Option<Date>,
    /// The person's telephone number.
    pub phone: Option<String>,
    /// The person's validity started here.
    pub valid_from: Option<Timestamp>,
    /// The person's validity ends here.
    pub valid_until: Option<Timestamp>,
    /// The person's cards and numbers.
    pub credentials: Vec<Credential>,
    /// What was presented.
    pub presented: Option<Credential>,
    /// The identity document presented.
    pub document: Option<IdentityDocument>,
}

impl Private {
    /// What is said to the person.
    #[must_use]
    pub fn words(&self, details: &Details, language: Language, prompts: &Prompts) -> Words {
        let hearer = Hearer {
            name: self.name.as_deref(),
            gender: self.gender,
            own_words: self.greeting.as_deref(),
            greeting: Some(&self.welcome),
            method: Some(details.method),
        };
        words(details.ruling, &hearer, language, prompts)
    }
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
        let words = private.words(details, language, prompts);
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

#[cfg(test)]
mod tests {
    use super::*;
    use model::Denial;

    #[test]
    fn whoever_was_asked_is_told_the_same_after_the_verdict() {
        let pending = Details {
            method: Method::Face,
            ruling: Ruling::Pending,
            local: Ruling::Granted,
            asked: Some("one".to_owned()),
            similarity: None,
            temperature: None,
            mask: None,
            helmet: None,
            kind: None,
            face_id: None,
            channel: None,
        };
        let refused = Details {
            ruling: Ruling::Denied(Denial::PlatformDenied),
            ..pending.clone()
        };
        assert_eq!(pending.lasting_outcome("one"), Outcome::Granted);
        assert_eq!(refused.lasting_outcome("one"), Outcome::Granted);
        assert_eq!(refused.lasting_outcome("other"), Outcome::Denied);
        let let_in = Details {
            ruling: Ruling::Granted,
            local: Ruling::Denied(Denial::Expired),
            ..pending
        };
        assert_eq!(let_in.lasting_outcome("one"), Outcome::Expired);
        assert_eq!(let_in.lasting_outcome("other"), Outcome::Granted);
    }
}
