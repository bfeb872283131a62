//! Identifiers, one type per thing, so that a device's id is never taken for a person's.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Why a text is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// The text is empty or longer than 32 bytes.
    #[error("an id has 1 to {max} characters, this one has {got}", max = PersonId::MAX_BYTES)]
    Length {
        /// Bytes found.
        got: usize,
    },
    /// A character outside `A-Z a-z 0-9 _ -`.
    #[error("an id consists of letters, digits, `_` and `-`; {0:?} is none of them")]
    Character(char),
    /// `0` and `all` mean "nobody" and "everybody" in some dialects.
    #[error("{0:?} has a meaning of its own in some dialects and cannot be an id")]
    Reserved(String),
}

/// A person's id: 1–32 of `A-Za-z0-9_-`, not `0`, not `all` in any case, so that every dialect can carry it
/// unchanged.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PersonId(String);

impl PersonId {
    /// The longest id, in bytes: what the narrowest dialect carries.
    pub const MAX_BYTES: usize = 32;

    /// Checks a text against the rules of a person's id.
    ///
    /// # Errors
    /// [`IdError`] says which rule is broken.
    pub fn new(text: impl Into<String>) -> Result<Self, IdError> {
        let text = text.into();
        if text.is_empty() || text.len() > Self::MAX_BYTES {
            return Err(IdError::Length { got: text.len() });
        }
        if let Some(c) = text
            .chars()
            .find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-')))
        {
            return Err(IdError::Character(c));
        }
        if text == "0" || text.eq_ignore_ascii_case("all") {
            return Err(IdError::Reserved(text));
        }
        Ok(Self(text))
    }

    /// A new id from a random 128-bit number: 32 hexadecimal digits.
    #[must_use]
    pub fn from_random(random: u128) -> Self {
        Self(format!("{random:032x}"))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for PersonId {
    type Error = IdError;
    fn try_from(text: String) -> Result<Self, IdError> {
        Self::new(text)
    }
}

impl From<PersonId> for String {
    fn from(id: PersonId) -> Self {
        id.0
    }
}

impl fmt::Display for PersonId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

macro_rules! identifiers {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes an id as it stands (from a store, a path or a peer).
            #[must_use]
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

identifiers! {
    /// Names one stored photo of a person.
    PhotoId
    /// Names a group of persons.
    GroupId
    /// Names a zone: a set of doors.
    ZoneId
    /// Names a schedule.
    ScheduleId
    /// Names a holiday.
    HolidayId
    /// Names a grant.
    GrantId
    /// Names a device, on the hub's side.
    DeviceId
    /// Names a record.
    RecordId
    /// Names a command.
    CommandId
    /// Names a user of the console or the API.
    UserId
    /// Names an API token.
    TokenId
}
