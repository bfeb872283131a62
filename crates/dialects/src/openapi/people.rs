//! 8.2.2 to 8.2.5: calls that concern people.

use super::code::Code;
use super::device::invalid;
use super::incoming::{Incoming, Refused};
use super::operation::{Operation, Outgoing};
use super::page::{Filters, Page, Paging};
use super::user::{EVERYBODY, User, check_id};
use crate::http::Method;
use crate::lenient;
use serde_json::{Map, Value};

/// People of a page where nothing else is asked for, and at most (8.2.5).
pub const USERS_PER_PAGE: i64 = 10;

fn malformed(error: &lenient::LenientError) -> Refused {
    let code = match error.path.as_str() {
        "photo" => Code::NotAPicture,
        _ => Code::InvalidParameter,
    };
    Refused::new(code, error.to_string())
}

/// Whether a field was sent at all.
fn is_given(content: &Map<String, Value>, name: &str) -> bool {
    content
        .iter()
        .any(|(key, value)| key.trim().eq_ignore_ascii_case(name) && !value.is_null())
}

/// Adds a person (8.2.2). What an existing id does is not documented (QUIRKS O39).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddUser(pub User);

impl Operation for AddUser {
    const NAME: &'static str = "/api/user";
    const SECTION: &'static str = "8.2.2";
    const METHOD: Method = Method::Post;
    type Answer = Option<User>;

    fn read(incoming: &Incoming, _: Option<&str>) -> Result<Self, Refused> {
        let content = incoming.content()?;
        for name in ["userId", "userType", "name"] {
            if !is_given(content, name) {
                return Err(Refused::new(Code::MissingParameter, name));
            }
        }
        let user: User = lenient::read(&Value::Object(content.clone())).map_err(|error| malformed(&error))?;
        if user.kind.is_none() {
            return Err(Refused::new(Code::InvalidParameter, "userType"));
        }
        user.checked().map(Self)
    }

    fn outgoing(&self) -> Outgoing {
        Outgoing::content(self.0.fields())
    }
}

/// Changes a person (8.2.3): what is not sent stays as it is, the photo above all (QUIRKS O33).
#[derive(Debug, Clone, PartialEq)]
pub struct UpdateUser {
    /// The person of the path.
    pub id: String,
    /// The fields sent, under the document's names.
    fields: Map<String, Value>,
}

impl UpdateUser {
    /// Changes a person to be exactly so; without a photo, the device keeps its own.
    #[must_use]
    pub fn to(user: &User) -> Self {
        Self {
            id: user.id.clone(),
            fields: user.fields(),
        }
    }

    /// The person with the change made.
    ///
    /// # Errors
    /// [`Refused`] where the outcome is outside the document's limits.
    pub fn lay_over(&self, held: &User) -> Result<User, Refused> {
        let mut fields = held.fields();
        fields.extend(self.fields.clone());
        let user: User = lenient::read(&Value::Object(fields)).map_err(|error| malformed(&error))?;
        let kept = user.photo.is_none().then(|| held.photo.clone()).flatten();
        User {
            id: self.id.clone(),
            photo: user.photo.clone().or(kept),
            ..user
        }
        .checked()
    }

    /// The photo sent.
    #[must_use]
    pub fn has_photo(&self) -> bool {
        self.fields
            .get("photo")
            .and_then(Value::as_str)
            .is_some_and(|photo| !photo.trim().is_empty())
    }
}

impl Operation for UpdateUser {
    const NAME: &'static str = "/api/user/update/{userId}";
    const SECTION: &'static str = "8.2.3";
    const METHOD: Method = Method::Post;
    type Answer = Option<User>;

    fn read(incoming: &Incoming, id: Option<&str>) -> Result<Self, Refused> {
        let id = id.unwrap_or_default().to_owned();
        check_id(&id).map_err(invalid)?;
        let content = Value::Object(incoming.content()?.clone());
        let user: User = lenient::read(&content).map_err(|error| malformed(&error))?;
        if !user.id.trim().is_empty() && user.id.trim() != id.trim() {
            return Err(Refused::new(Code::UserMismatch, "another person in the path"));
        }
        // Exact names and spellings, of the fields that were sent.
        let given = incoming.content()?;
        let mut fields = user.fields();
        fields.retain(|name, _| is_given(given, name));
        // What is sent empty is cleared.
        for cleared in OPTIONAL.iter().filter(|name| is_given(given, name)) {
            let empty = Value::String(String::new());
            fields.entry((*cleared).to_owned()).or_insert(empty);
        }
        fields.insert("userId".to_owned(), Value::String(id.clone()));
        let update = Self { id, fields };
        let stand_in = User {
            id: update.id.clone(),
            name: "-".to_owned(),
            ..User::default()
        };
        update.lay_over(&stand_in)?;
        Ok(update)
    }

    fn outgoing(&self) -> Outgoing {
        Outgoing {
            id: Some(self.id.clone()),
            ..Outgoing::content(self.fields.clone())
        }
    }
}

/// Fields that are left out where they are empty.
const OPTIONAL: &[&str] = &[
    "department",
    "birthday",
    "entryTime",
    "mail",
    "title",
    "position",
    "idNumber",
    "gender",
    "prompt",
    "startTime",
    "endTime",
    "purpose",
    "interviewee",
    "comeFrom",
    "description",
];

/// Deletes people (8.2.4), by GET. Everybody is not deleted by accident: one of them cannot be called `all`
/// (QUIRKS O4, X11).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeleteUser(Option<String>);

impl DeleteUser {
    /// One person; `None` where the id would mean everybody.
    #[must_use]
    pub fn one(id: impl Into<String>) -> Option<Self> {
        let id = id.into();
        (!id.trim().eq_ignore_ascii_case(EVERYBODY) && !id.trim().is_empty()).then_some(Self(Some(id)))
    }

    /// Everybody.
    #[must_use]
    pub fn everybody() -> Self {
        Self(None)
    }

    /// Who; `None` is everybody.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

impl Operation for DeleteUser {
    const NAME: &'static str = "/api/user/delete/{userId}";
    const SECTION: &'static str = "8.2.4";
    const METHOD: Method = Method::Get;
    type Answer = Option<User>;

    fn read(_: &Incoming, id: Option<&str>) -> Result<Self, Refused> {
        match id.unwrap_or_default() {
            EVERYBODY => Ok(Self::everybody()),
            id => {
                check_id(id).map_err(invalid)?;
                Ok(Self(Some(id.to_owned())))
            }
        }
    }

    fn outgoing(&self) -> Outgoing {
        Outgoing {
            id: Some(self.0.clone().unwrap_or_else(|| EVERYBODY.to_owned())),
            ..Outgoing::default()
        }
    }
}

/// Lists people (8.2.5), each filter narrowing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListUsers {
    /// Of this id.
    pub id: Option<String>,
    /// Of this type.
    pub kind: Option<i64>,
    /// Of this name.
    pub name: Option<String>,
    /// Of this job number.
    pub job_number: Option<String>,
    /// Of this telephone number.
    pub mobile: Option<String>,
    /// Of this e-mail address.
    pub mail: Option<String>,
    /// Of this IC card.
    pub card: Option<String>,
    /// Of this identity number.
    pub id_number: Option<String>,
    /// Of this department.
    pub department: Option<String>,
    /// Which page.
    pub paging: Paging,
}

impl ListUsers {
    /// A page of everybody, as many as a page may have.
    #[must_use]
    pub fn page(page: i64) -> Self {
        Self {
            id: None,
            kind: None,
            name: None,
            job_number: None,
            mobile: None,
            mail: None,
            card: None,
            id_number: None,
            department: None,
            paging: Paging {
                page,
                size: USERS_PER_PAGE,
            },
        }
    }

    /// One person.
    #[must_use]
    pub fn one(id: impl Into<String>) -> Self {
        Self {
            id: Some(id.into()),
            ..Self::page(1)
        }
    }

    /// Whether somebody is asked for.
    #[must_use]
    pub fn takes(&self, user: &User) -> bool {
        let text = |asked: &Option<String>, has: &str| asked.as_deref().is_none_or(|asked| asked == has);
        let given =
            |asked: &Option<String>, has: &Option<String>| text(asked, has.as_deref().unwrap_or_default());
        text(&self.id, &user.id)
            && self
                .kind
                .is_none_or(|kind| user.kind.is_some_and(|has| has.number() == kind))
            && text(&self.name, &user.name)
            && text(&self.job_number, &user.job_number)
            && text(&self.mobile, &user.mobile)
            && given(&self.mail, &user.mail)
            && text(&self.card, &user.card)
            && given(&self.id_number, &user.id_number)
            && given(&self.department, &user.department)
    }
}

impl Operation for ListUsers {
    const NAME: &'static str = "/api/user/list";
    const SECTION: &'static str = "8.2.5";
    const METHOD: Method = Method::Get;
    type Answer = Page<User>;

    fn read(incoming: &Incoming, _: Option<&str>) -> Result<Self, Refused> {
        let filters = Filters(incoming);
        Ok(Self {
            id: filters.text("userId")?,
            kind: filters.one_of("type", &[1, 2, 3, -1])?,
            name: filters.text("name")?,
            job_number: filters.text("jobNumber")?,
            mobile: filters.text("mobile")?,
            mail: filters.text("mail")?,
            card: filters.text("icNumber")?,
            id_number: filters.text("idNumber")?,
            department: filters.text("department")?,
            paging: filters.paging(USERS_PER_PAGE, USERS_PER_PAGE)?,
        })
    }

    fn outgoing(&self) -> Outgoing {
        let kind = self.kind.map(|kind| kind.to_string());
        let texts = [
            ("userId", &self.id),
            ("type", &kind),
            ("name", &self.name),
            ("jobNumber", &self.job_number),
            ("mobile", &self.mobile),
            ("mail", &self.mail),
            ("icNumber", &self.card),
            ("idNumber", &self.id_number),
            ("department", &self.department),
        ];
        let filters = texts
            .into_iter()
            .filter_map(|(name, text)| Some((name, text.clone()?)));
        Outgoing {
            query: filters.chain(self.paging.query()).collect(),
            ..Outgoing::default()
        }
    }

    fn nothing_found() -> Option<Self::Answer> {
        Some(Page::empty())
    }
}
