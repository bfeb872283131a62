//! A pass at a terminal, as a dialect's report of it needs it.

use jiff::Timestamp;
use model::{CredentialKind, Direction, IdentityDocument, Method, Outcome, Person, TemperatureAlarm};

/// Somebody whom the terminal knows.
#[derive(Debug, Clone, Copy)]
pub struct SeenPerson<'a> {
    /// The id on the wire.
    pub wire_id: &'a str,
    /// What the library has of the person.
    pub person: &'a Person,
}

impl<'a> SeenPerson<'a> {
    /// The person's credential of a kind.
    #[must_use]
    pub fn number(&self, kind: CredentialKind) -> Option<&'a str> {
        let credentials = self.person.credentials.iter();
        let mut of_kind = credentials.filter(|credential| credential.kind == kind);
        of_kind.next().map(|credential| credential.number.as_str())
    }
}

/// One attempt to pass.
#[derive(Debug, Clone, Copy)]
pub struct Pass<'a> {
    /// Who; `None` is a stranger.
    pub person: Option<SeenPerson<'a>>,
    /// When.
    pub at: Timestamp,
    /// How the person identified.
    pub method: Method,
    /// How it ended.
    pub outcome: Outcome,
    /// Similarity on the wire's scale, 0 to 1; `None` where no face was compared.
    pub score: Option<f32>,
    /// Body temperature, °C.
    pub temperature: Option<f32>,
    /// Whether it was out of the normal.
    pub temperature_alarm: TemperatureAlarm,
    /// Whether a mask was worn; `None` where nobody looked.
    pub mask: Option<bool>,
    /// Which way people pass here.
    pub direction: Direction,
    /// The card presented.
    pub card: Option<&'a str>,
    /// The identity document presented.
    pub document: Option<&'a IdentityDocument>,
    /// The picture just taken, JPEG.
    pub capture: Option<&'a [u8]>,
    /// The enrolled photo, JPEG.
    pub registered: Option<&'a [u8]>,
}
