//! 2.4 and B.1: Basic authentication, and the answer to a caller without it.

use super::body::Body;
use super::operation::failure;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fmt;
use subtle::ConstantTimeEq as _;

/// `operator` of the answer to a caller who is not known (B.1).
pub const AUTHENTICATION: &str = "authentication";

/// A user with a password (3.3).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct BasicUser {
    /// The name.
    pub user: String,
    /// The password.
    pub password: String,
}

impl fmt::Debug for BasicUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BasicUser({:?}, …)", self.user)
    }
}

/// Why a caller is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum AuthError {
    /// Nothing at all, or another scheme than Basic.
    #[error("Unsupport authentication protocol type")]
    Scheme,
    /// A wrong user or password, or a text that is neither.
    #[error("Unknown user or password")]
    Unknown,
}

impl BasicUser {
    /// A user.
    #[must_use]
    pub fn new(user: impl Into<String>, password: impl Into<String>) -> Self {
        Self {
            user: user.into(),
            password: password.into(),
        }
    }

    /// The value of the `Authorization` header.
    #[must_use]
    pub fn header(&self) -> String {
        format!(
            "Basic {}",
            STANDARD.encode(format!("{}:{}", self.user, self.password))
        )
    }

    /// Whether a header is this user's, in the same time whatever differs.
    ///
    /// # Errors
    /// [`AuthError`] says why not.
    pub fn admits(&self, header: Option<&str>) -> Result<(), AuthError> {
        let header = header.map(str::trim).unwrap_or_default();
        let (scheme, credentials) = header.split_once(' ').ok_or(AuthError::Scheme)?;
        if !scheme.eq_ignore_ascii_case("Basic") {
            return Err(AuthError::Scheme);
        }
        let given = STANDARD
            .decode(credentials.trim())
            .map_err(|_| AuthError::Unknown)?;
        let due = format!("{}:{}", self.user, self.password);
        if bool::from(given.as_slice().ct_eq(due.as_bytes())) {
            Ok(())
        } else {
            Err(AuthError::Unknown)
        }
    }
}

impl AuthError {
    /// The answer (B.1); it goes with HTTP status 401.
    #[must_use]
    pub fn answer(self) -> Body {
        failure(AUTHENTICATION, None, &self.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documents_header_is_the_documents_user() {
        let admin = BasicUser::new("admin", "admin");
        assert_eq!(admin.header(), "Basic YWRtaW46YWRtaW4=");
        assert_eq!(admin.admits(Some("basic YWRtaW46YWRtaW4= ")), Ok(()));
        assert_eq!(admin.admits(None), Err(AuthError::Scheme));
        assert_eq!(admin.admits(Some("Digest x")), Err(AuthError::Scheme));
        for wrong in ["Basic jdhaHY0=", "Basic YWRtaW46", "Basic %"] {
            assert_eq!(admin.admits(Some(wrong)), Err(AuthError::Unknown));
        }
        assert_eq!(
            AuthError::Unknown.answer().to_bytes(),
            br#"{"info":{"Detail":"Unknown user or password","Result":"Fail"},"operator":"authentication"}"#
        );
        assert!(!format!("{:?}", BasicUser::new("a", "secret")).contains("secret"));
    }
}
