//! What a conversion from the model to a dialect could not express.

use serde::Serialize;

/// Why a field did not arrive on the wire as it is in the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LossReason {
    /// Cut to the dialect's length, on a character boundary.
    Cut,
    /// The dialect has no place for it.
    Unsupported,
    /// The dialect can say less than was wanted; what it says allows less, never more.
    Narrowed,
    /// The value does not fit the dialect's field at all and was left out.
    LeftOut,
    /// The dialect has no place for it; the hub adds and removes the person in time (hub rule 25).
    EnforcedByHub,
}

/// One narrowing of a conversion; it reaches the API's answer and the console.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Loss {
    /// The model's field, as in the API (`name`, `credentials.ic_card`).
    pub field: String,
    /// Why.
    pub reason: LossReason,
    /// The value as it is in the model; `None` where it is secret or large.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// The value as it goes out; `None` where nothing does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

impl Loss {
    /// A field that the dialect lacks.
    #[must_use]
    pub fn unsupported(field: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            reason: LossReason::Unsupported,
            before: None,
            after: None,
        }
    }

    /// A value that was changed on its way.
    #[must_use]
    pub fn changed(
        field: impl Into<String>,
        reason: LossReason,
        before: impl Into<String>,
        after: impl Into<String>,
    ) -> Self {
        Self {
            field: field.into(),
            reason,
            before: Some(before.into()),
            after: Some(after.into()),
        }
    }
}
