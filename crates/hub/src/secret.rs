//! Secrets of people and programs: passwords (argon2id), cookies and tokens (random, kept as SHA-256).

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use store::hub::accounts::SecretHash;

/// Bytes of randomness in a cookie or token.
const SECRET_BYTES: usize = 32;
/// Characters of a password at least.
const MIN_PASSWORD: usize = 8;
/// Bytes of a password at most: hashing more would be work for nothing.
const MAX_PASSWORD_BYTES: usize = 1024;
/// Passwords that everyone tries first, one a line, in lower case.
const COMMON_PASSWORDS: &str = include_str!("common_passwords.txt");

/// A new random secret, in characters that go into a URL or header as they are.
#[must_use]
pub fn random() -> String {
    let bytes: [u8; SECRET_BYTES] = rand::random();
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A new random password for a person to type.
#[must_use]
pub fn random_password() -> String {
    const BYTES: usize = 15;
    let bytes: [u8; BYTES] = rand::random();
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What is kept of a cookie or token. They are random, so a fast hash suffices.
#[must_use]
pub fn hash(secret: &str) -> SecretHash {
    Sha256::digest(secret.as_bytes()).into()
}

/// Why a password is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// Fewer than 8 characters.
    #[error("a password has at least 8 characters")]
    Short,
    /// More than 1024 bytes.
    #[error("a password has at most 1024 bytes")]
    Long,
    /// One that everyone tries first.
    #[error("this password is among the first that anyone tries; choose another")]
    Common,
}

impl WeakPassword {
    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Short => "too_short",
            Self::Long => "too_long",
            Self::Common => "too_common",
        }
    }
}

/// Whether a password will do.
///
/// # Errors
/// [`WeakPassword`] says why not.
pub fn check_password(password: &str, username: &str) -> Result<(), WeakPassword> {
    if password.chars().count() < MIN_PASSWORD {
        return Err(WeakPassword::Short);
    }
    if password.len() > MAX_PASSWORD_BYTES {
        return Err(WeakPassword::Long);
    }
    let lower = password.to_lowercase();
    let mut letters = lower.chars();
    let first = letters.next();
    let monotone = letters.all(|letter| Some(letter) == first);
    if monotone || lower == username.to_lowercase() || COMMON_PASSWORDS.lines().any(|line| line == lower) {
        return Err(WeakPassword::Common);
    }
    Ok(())
}

/// A password's argon2id hash (PHC string). Takes tens of milliseconds of CPU: not on an async thread.
///
/// # Errors
/// When the system gives no randomness.
pub fn hash_password(password: &str) -> Result<String, argon2::password_hash::Error> {
    Ok(Argon2::default().hash_password(password.as_bytes())?.to_string())
}

/// Whether a password is the one of this hash. Takes as long as hashing.
#[must_use]
pub fn verify_password(password: &str, phc: &str) -> bool {
    password.len() <= MAX_PASSWORD_BYTES
        && PasswordHash::new(phc).is_ok_and(|hash| {
            Argon2::default()
                .verify_password(password.as_bytes(), &hash)
                .is_ok()
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weak_passwords_are_refused() {
        for (password, why) in [
            ("short", WeakPassword::Short),
            ("1234567", WeakPassword::Short),
            ("Password123", WeakPassword::Common),
            ("12345678", WeakPassword::Common),
            ("aaaaaaaaaaaa", WeakPassword::Common),
            ("Gatekeeper", WeakPassword::Common),
            (&"long".repeat(300), WeakPassword::Long),
        ] {
            assert_eq!(check_password(password, "gatekeeper"), Err(why), "{password:.20}");
        }
        assert_eq!(check_password("two painted gods", "gatekeeper"), Ok(()));
        assert_eq!(check_password("门神门神守卫大门", "gatekeeper"), Ok(()));
    }

    #[test]
    fn a_password_opens_its_own_hash_only() {
        let phc = hash_password("two painted gods").unwrap();
        assert!(phc.starts_with("$argon2id$"), "{phc}");
        assert!(verify_password("two painted gods", &phc));
        assert!(!verify_password("two painted cats", &phc));
        assert!(!verify_password("two painted gods", "not a hash"));
    }

    #[test]
    fn secrets_differ() {
        assert_ne!(random(), random());
        assert_ne!(hash("a"), hash("b"));
    }
}
