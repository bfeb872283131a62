//! The shapes of persons and rules for the API's document. What is sent is made of the types of `model`; a test holds
//! the two together.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A card, code or PIN.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = Credential)]
pub struct CredentialSchema {
    /// `ic_card`, `rf_card`, `wiegand`, `id_card`, `qr` or `pin`; one of each kind.
    pub kind: String,
    /// The number or content, compared as text.
    pub number: String,
    /// The facility code of a Wiegand card.
    pub facility: Option<u32>,
    /// The width of a Wiegand number: 26 or 34.
    pub bits: Option<u8>,
}

/// Why and to whom a visitor comes.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = Visit)]
pub struct VisitSchema {
    /// The person visited, by id or name.
    pub host: Option<String>,
    /// The purpose.
    pub purpose: Option<String>,
    /// Where the visitor comes from.
    pub from_company: Option<String>,
}

/// What was measured on the largest face of a photo.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = PhotoQuality)]
pub struct QualitySchema {
    /// The shorter side of the face, in pixels of the picture.
    pub size: f32,
    /// Variance of the Laplacian of the aligned face.
    pub sharpness: f32,
    /// Mean luminance of the aligned face, 0 to 1.
    pub exposure: f32,
    /// Turned left or right, in degrees.
    pub yaw: f32,
    /// Raised or lowered, in degrees.
    pub pitch: f32,
    /// Tilted, in degrees.
    pub roll: f32,
}

/// A photo of a person.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = Photo)]
pub struct PhotoSchema {
    /// Its id.
    pub id: String,
    /// What was measured; null when nobody looked.
    pub quality: Option<QualitySchema>,
    /// Where its bytes are.
    pub url: String,
}

/// A person's fields as they are sent; in a change, absent ones stay and null takes a value away.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = PersonInput)]
pub struct PersonInputSchema {
    /// 1 to 32 of `A-Za-z0-9_-`, not `0`, not `all`; made when absent; never changes.
    pub id: Option<String>,
    /// The employee number, unique.
    pub code: Option<String>,
    /// The name shown at the door; required.
    pub name: Option<String>,
    /// `member`, `visitor`, `vip` or `blocked`.
    pub kind: Option<String>,
    /// `male`, `female` or `other`.
    pub gender: Option<String>,
    /// A day, as in `1990-01-31`.
    pub birthday: Option<String>,
    /// Telephone number.
    pub phone: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Department.
    pub department: Option<String>,
    /// Job title.
    pub title: Option<String>,
    /// Company.
    pub company: Option<String>,
    /// Ethnicity, as identity documents state it.
    pub ethnicity: Option<String>,
    /// Native place.
    pub native_place: Option<String>,
    /// Postal address.
    pub address: Option<String>,
    /// Free remark.
    pub remark: Option<String>,
    /// The visit, of a visitor.
    pub visit: Option<VisitSchema>,
    /// Cards, codes and PINs.
    pub credentials: Option<Vec<CredentialSchema>>,
    /// Ids of groups.
    pub groups: Option<Vec<String>>,
    /// Validity from here, inclusive.
    pub valid_from: Option<String>,
    /// Validity until here, exclusive.
    pub valid_until: Option<String>,
    /// Passes in all; null is unlimited.
    pub pass_limit: Option<u32>,
    /// Passes so far.
    pub passes_used: Option<u32>,
    /// `device`, `face`, `card`, `face_and_card`, `face_or_card`, `face_and_id_card` or `face_and_id_card_listed`.
    pub verify: Option<String>,
    /// What the door says.
    pub greeting: Option<String>,
    /// The room that the person answers calls for.
    pub room: Option<String>,
}

/// A person.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = Person)]
pub struct PersonSchema {
    /// Grows with each change.
    pub revision: i64,
    /// The fields.
    #[serde(flatten)]
    pub fields: PersonInputSchema,
    /// Photos, the best first.
    pub photos: Vec<PhotoSchema>,
}

/// A group or zone.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = Named)]
pub struct NamedSchema {
    /// Its id.
    pub id: String,
    /// Grows with each change.
    pub revision: i64,
    /// Its name.
    pub name: String,
}

/// A group or zone to make or rename.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = NamedInput)]
pub struct NamedInputSchema {
    /// Its name.
    pub name: String,
}

/// A span of wall-clock time within one day.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = Period)]
pub struct PeriodSchema {
    /// From here, inclusive, as in `08:00`.
    pub from: String,
    /// Until here, exclusive; `24:00` is the end of the day. A night is two periods.
    pub until: String,
}

/// The periods of each weekday; a day without any is closed.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = Weekly)]
pub struct WeeklySchema {
    /// Monday.
    #[serde(default)]
    pub mon: Vec<PeriodSchema>,
    /// Tuesday.
    #[serde(default)]
    pub tue: Vec<PeriodSchema>,
    /// Wednesday.
    #[serde(default)]
    pub wed: Vec<PeriodSchema>,
    /// Thursday.
    #[serde(default)]
    pub thu: Vec<PeriodSchema>,
    /// Friday.
    #[serde(default)]
    pub fri: Vec<PeriodSchema>,
    /// Saturday.
    #[serde(default)]
    pub sat: Vec<PeriodSchema>,
    /// Sunday.
    #[serde(default)]
    pub sun: Vec<PeriodSchema>,
}

/// A schedule to make; in a change, absent fields stay.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = ScheduleInput)]
pub struct ScheduleInputSchema {
    /// Its name.
    pub name: String,
    /// The periods of the week, by the clock of the door.
    pub weekly: WeeklySchema,
    /// Ids of the holidays that override the week.
    #[serde(default)]
    pub holidays: Vec<String>,
}

/// A schedule.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = Schedule)]
pub struct ScheduleSchema {
    /// Its id.
    pub id: String,
    /// Grows with each change.
    pub revision: i64,
    /// The fields.
    #[serde(flatten)]
    pub fields: ScheduleInputSchema,
}

/// A holiday to make; in a change, absent fields stay.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = HolidayInput)]
pub struct HolidayInputSchema {
    /// Its name.
    pub name: String,
    /// The first day, as in `2030-10-01`.
    pub first_day: String,
    /// The last day, inclusive.
    pub last_day: String,
    /// `closed`, `open` or `periods`.
    pub mode: String,
    /// The periods, where the mode is `periods`.
    #[serde(default)]
    pub periods: Vec<PeriodSchema>,
}

/// A holiday.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = Holiday)]
pub struct HolidaySchema {
    /// Its id.
    pub id: String,
    /// Grows with each change.
    pub revision: i64,
    /// The fields.
    #[serde(flatten)]
    pub fields: HolidayInputSchema,
}

/// A grant to make; in a change, absent fields stay.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = GrantInput)]
pub struct GrantInputSchema {
    /// Who: a group.
    pub group_id: String,
    /// Where: a zone.
    pub zone_id: String,
    /// When: a schedule; null is always.
    pub schedule_id: Option<String>,
    /// From here, inclusive.
    pub valid_from: Option<String>,
    /// Until here, exclusive.
    pub valid_until: Option<String>,
}

/// A grant.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = Grant)]
pub struct GrantSchema {
    /// Its id.
    pub id: String,
    /// Grows with each change.
    pub revision: i64,
    /// The fields.
    #[serde(flatten)]
    pub fields: GrantInputSchema,
}
