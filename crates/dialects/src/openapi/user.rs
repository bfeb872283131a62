//! 8.2.1: a person.

use super::code::Code;
use super::device::invalid;
use super::incoming::Refused;
use super::operation::plain;
use super::time::Seconds;
use crate::fields::FieldError;
use crate::lenient::Base64Text;
use crate::limits::{characters, not_blank, within};
use crate::numbered::numbered;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Characters of an id.
pub const USER_ID_CHARACTERS: usize = 40;
/// Characters of a name.
pub const NAME_CHARACTERS: usize = 80;
/// Characters of an IC card's number.
pub const CARD_CHARACTERS: usize = 40;
/// Characters of a job number.
pub const JOB_NUMBER_CHARACTERS: usize = 40;
/// Characters of a telephone number.
pub const MOBILE_CHARACTERS: usize = 20;
/// Characters of a remark.
pub const REMARK_CHARACTERS: usize = 255;
/// Characters of a department.
pub const DEPARTMENT_CHARACTERS: usize = 80;
/// Characters of an e-mail address.
pub const MAIL_CHARACTERS: usize = 40;
/// Characters of a job title.
pub const TITLE_CHARACTERS: usize = 40;
/// Characters of a place of work.
pub const POSITION_CHARACTERS: usize = 100;
/// Characters of an identity number.
pub const ID_NUMBER_CHARACTERS: usize = 40;
/// Characters of a greeting.
pub const PROMPT_CHARACTERS: usize = 100;
/// Characters of a visit's purpose.
pub const PURPOSE_CHARACTERS: usize = 40;
/// Characters of the host's name.
pub const INTERVIEWEE_CHARACTERS: usize = 80;
/// Characters of where a visitor comes from.
pub const COME_FROM_CHARACTERS: usize = 200;
/// Characters of a signature.
pub const DESCRIPTION_CHARACTERS: usize = 80;
/// The id in a path that means everybody (QUIRKS O4).
pub const EVERYBODY: &str = "all";

numbered! {
    /// What a person is to the house.
    UserType, else "未知" {
        /// Belongs here.
        Staff = 1 "员工",
        /// A guest.
        Visitor = 2 "访客",
        /// Never passes.
        Blocked = 3 "黑名单",
        /// Nobody known; in records alone.
        Stranger = -1 "陌生人",
    }
}

/// A person (8.2.1). Texts that the document demands may be empty, and are written in any case (QUIRKS O32).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct User {
    /// The id, at most 40 characters, not `all`.
    #[serde(rename = "userId")]
    pub id: String,
    /// What the person is; `None` where it is missing.
    #[serde(rename = "userType", skip_serializing_if = "Option::is_none")]
    pub kind: Option<UserType>,
    /// The photo, JPEG.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub photo: Option<Base64Text>,
    /// IC card number.
    #[serde(rename = "icNumber")]
    pub card: String,
    /// Job number.
    #[serde(rename = "jobNumber")]
    pub job_number: String,
    /// Telephone number.
    pub mobile: String,
    /// The name.
    pub name: String,
    /// Free remark.
    pub remark: String,
    /// Department.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    /// Day of birth.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birthday: Option<Seconds>,
    /// When the person joined.
    #[serde(rename = "entryTime", skip_serializing_if = "Option::is_none")]
    pub entry_time: Option<Seconds>,
    /// E-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mail: Option<String>,
    /// Job title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Place of work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<String>,
    /// Identity number.
    #[serde(rename = "idNumber", skip_serializing_if = "Option::is_none")]
    pub id_number: Option<String>,
    /// 1 male, 2 female.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gender: Option<i64>,
    /// What the door says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    /// A visit begins.
    #[serde(rename = "startTime", skip_serializing_if = "Option::is_none")]
    pub start: Option<Seconds>,
    /// A visit ends.
    #[serde(rename = "endTime", skip_serializing_if = "Option::is_none")]
    pub end: Option<Seconds>,
    /// Why a visitor comes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    /// Whom a visitor sees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interviewee: Option<String>,
    /// Where a visitor comes from.
    #[serde(rename = "comeFrom", skip_serializing_if = "Option::is_none")]
    pub come_from: Option<String>,
    /// Signature.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

impl User {
    /// Whether every field is within the document's limits; what is missing counts as empty.
    ///
    /// # Errors
    /// The first field that is not.
    pub fn check(&self) -> Result<(), FieldError> {
        check_id(&self.id)?;
        not_blank("name", &self.name)?;
        let given = |text: &Option<String>| text.clone().unwrap_or_default();
        let texts = [
            ("icNumber", self.card.clone(), CARD_CHARACTERS),
            ("jobNumber", self.job_number.clone(), JOB_NUMBER_CHARACTERS),
            ("mobile", self.mobile.clone(), MOBILE_CHARACTERS),
            ("name", self.name.clone(), NAME_CHARACTERS),
            ("remark", self.remark.clone(), REMARK_CHARACTERS),
            ("department", given(&self.department), DEPARTMENT_CHARACTERS),
            ("mail", given(&self.mail), MAIL_CHARACTERS),
            ("title", given(&self.title), TITLE_CHARACTERS),
            ("position", given(&self.position), POSITION_CHARACTERS),
            ("idNumber", given(&self.id_number), ID_NUMBER_CHARACTERS),
            ("prompt", given(&self.prompt), PROMPT_CHARACTERS),
            ("purpose", given(&self.purpose), PURPOSE_CHARACTERS),
            ("interviewee", given(&self.interviewee), INTERVIEWEE_CHARACTERS),
            ("comeFrom", given(&self.come_from), COME_FROM_CHARACTERS),
            ("description", given(&self.description), DESCRIPTION_CHARACTERS),
        ];
        for (field, text, limit) in texts {
            characters(field, &text, limit)?;
        }
        // A stranger is nobody to be held.
        let kind = self.kind.unwrap_or(UserType::Staff).number();
        within("userType", kind, 1..=3)?;
        within("gender", self.gender.unwrap_or(1), 1..=2)?;
        let times = [
            ("birthday", self.birthday),
            ("entryTime", self.entry_time),
            ("startTime", self.start),
            ("endTime", self.end),
        ];
        times
            .into_iter()
            .try_for_each(|(field, at)| at.map_or(Ok(()), |at| at.check(field)))
    }

    /// Checks the fields, and that the photo is Base64 (code 30004).
    pub(super) fn checked(self) -> Result<Self, Refused> {
        self.check().map_err(invalid)?;
        let photo = self.photo.as_ref().filter(|photo| !photo.is_blank());
        match photo.map(Base64Text::decode) {
            Some(Err(error)) => Err(Refused::new(Code::NotAPicture, error.to_string())),
            _ => Ok(self),
        }
    }

    /// The fields as they go out.
    #[must_use]
    pub fn fields(&self) -> Map<String, Value> {
        plain(self)
    }
}

/// An id that can be held and found again by its path.
pub(super) fn check_id(id: &str) -> Result<(), FieldError> {
    not_blank("userId", id)?;
    characters("userId", id, USER_ID_CHARACTERS)?;
    if id.trim().eq_ignore_ascii_case(EVERYBODY) {
        return Err(FieldError::new("userId", "not the word for everybody", id));
    }
    Ok(())
}
