//! What the dialects over HTTP share: a call as it goes out, and parameters as they come in, whatever their encoding.

mod form;
mod multipart;
mod parameters;

pub use form::{percent_decoded, percent_encoded, write as write_form};
pub use parameters::Parameters;

use std::fmt;

/// The content type of a form.
pub const FORM: &str = "application/x-www-form-urlencoded";
/// The content type of JSON.
pub const JSON: &str = "application/json";

/// The methods that the documents use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// GET.
    Get,
    /// POST.
    Post,
}

impl Method {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }

    /// The method of this name, whatever its case; `None` for one that no document uses.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        [Self::Get, Self::Post]
            .into_iter()
            .find(|method| method.name().eq_ignore_ascii_case(name))
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A call to a peer, all but its address.
#[derive(Clone, PartialEq, Eq)]
pub struct Call {
    /// The method.
    pub method: Method,
    /// The path with its query, beginning with `/`.
    pub target: String,
    /// The body's content type; `None` without a body.
    pub content_type: Option<&'static str>,
    /// The body.
    pub body: Vec<u8>,
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Queries and bodies hold keys and pictures.
        let path = self.target.split('?').next().unwrap_or_default();
        write!(f, "Call({} {path}, {} bytes)", self.method, self.body.len())
    }
}
