//! Chapter 4: signatures, `md5(timestamp#password)` in lower-case hex.

use super::code::Code;
use super::incoming::Refused;
use crate::epoch::Epoch;
use crate::http::Parameters;
use jiff::Timestamp;
use md5::{Digest, Md5};
use std::sync::atomic::{AtomicI64, Ordering};
use subtle::ConstantTimeEq;

/// The password of a fresh device (3).
pub const DEFAULT_PASSWORD: &str = "123456";
/// How far a timestamp may be from the device's clock, milliseconds, either way (4.2).
pub const WINDOW_MS: i64 = 5 * 60 * 1000;
/// The parameter that holds the time of the call, milliseconds since 1970.
pub const TIMESTAMP: &str = "timestamp";
/// The parameter that holds the signature.
pub const SIGN: &str = "sign";

/// The signature of a timestamp, as it stands in the call.
#[must_use]
pub fn signature(timestamp: &str, password: &str) -> String {
    let mut digest = Md5::new();
    digest.update(timestamp.as_bytes());
    digest.update(b"#");
    digest.update(password.as_bytes());
    hex::encode(digest.finalize())
}

/// A clock that was ahead by more is followed back at once, milliseconds.
const MOST_AHEAD_MS: i64 = 1000;

/// Times for the calls of one sender: each call has its own, because devices may take a signature once.
#[derive(Debug, Default)]
pub struct Stamps(AtomicI64);

impl Stamps {
    /// Those of a sender that has made no call.
    #[must_use]
    pub const fn new() -> Self {
        Self(AtomicI64::new(0))
    }

    /// The time of the next call, milliseconds: `now_ms`, or as little later as no call had before.
    pub fn next(&self, now_ms: i64) -> i64 {
        let after = |last_ms: i64| match last_ms.saturating_sub(now_ms) {
            0..MOST_AHEAD_MS => last_ms.saturating_add(1),
            _ => now_ms,
        };
        let last_ms = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last_ms| {
                Some(after(last_ms))
            });
        last_ms.map_or(now_ms, after)
    }
}

/// The time of a call, and whether its sender knows the password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// The time as it came.
    pub timestamp: String,
    /// The signature as it came.
    pub sign: String,
}

impl Signed {
    /// What a call has.
    ///
    /// # Errors
    /// [`Refused`] with code 30003 where there is no timestamp or no signature.
    pub fn of(parameters: &Parameters) -> Result<Self, Refused> {
        let given = |name: &str| {
            let text = parameters.text(name).filter(|text| !text.trim().is_empty());
            text.ok_or_else(|| Refused::new(Code::MissingParameter, name))
        };
        Ok(Self {
            timestamp: given(TIMESTAMP)?,
            sign: given(SIGN)?,
        })
    }

    /// Whether the signature is that of the password, whatever the case of its digits (QUIRKS O28); compared in constant
    /// time.
    #[must_use]
    pub fn is_by(&self, password: &str) -> bool {
        let came = self.digits();
        let is =
            |timestamp: &str| bool::from(came.as_bytes().ct_eq(signature(timestamp, password).as_bytes()));
        is(&self.timestamp) || is(self.timestamp.trim())
    }

    /// The signature, written in one way.
    #[must_use]
    pub fn digits(&self) -> String {
        self.sign.trim().to_ascii_lowercase()
    }

    /// The time of the call; `None` where it is none.
    #[must_use]
    pub fn at(&self) -> Option<Timestamp> {
        let number: f64 = self.timestamp.trim().parse().ok()?;
        Epoch::from_number(number)?.timestamp()
    }

    /// Checks signature and time. `windowed` is false where the clock may be off by any measure (`syncTime`: QUIRKS O2).
    ///
    /// # Errors
    /// [`Refused`] with code 10005 for another signature, 30001 for a timestamp that is none, 10003 for one that is more
    /// than [`WINDOW_MS`] from `now`.
    pub fn verify(&self, password: &str, now: Timestamp, windowed: bool) -> Result<(), Refused> {
        if !self.is_by(password) {
            return Err(Refused::new(Code::WrongSignature, "another password"));
        }
        let at = self
            .at()
            .ok_or_else(|| Refused::new(Code::InvalidParameter, TIMESTAMP))?;
        let apart = now.as_millisecond().abs_diff(at.as_millisecond());
        if windowed && apart > WINDOW_MS.unsigned_abs() {
            let reason = format!("{apart} ms from this device's clock");
            return Err(Refused::new(Code::RequestExpired, reason));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Stamps;

    #[test]
    fn each_call_has_its_own_time() {
        let stamps = Stamps::default();
        assert_eq!(
            [1000, 1000, 1000, 1001].map(|now| stamps.next(now)),
            [1000, 1001, 1002, 1003]
        );
        assert_eq!(stamps.next(5000), 5000);
        assert_eq!(stamps.next(3000), 3000, "a clock that was set back");
    }
}
