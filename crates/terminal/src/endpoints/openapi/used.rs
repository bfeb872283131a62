//! Signatures that were taken. The document signs the time alone, not what is asked: whoever overhears a call could make
//! another of it. So what acts at once, and could not be undone, takes a signature once, whatever call it came with.

use dialects::openapi::sign::{Signed, WINDOW_MS};
use jiff::Timestamp;
use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};

/// Signatures that are remembered one by one; of those before, the time of the latest is.
const REMEMBERED: usize = 4096;

/// The signatures that were taken.
pub(super) struct Used(Mutex<Taken>);

struct Taken {
    order: VecDeque<(i64, String)>,
    digits: HashSet<String>,
    /// Whatever was signed until then counts as taken, milliseconds since 1970.
    until_ms: i64,
}

impl Used {
    /// Those of before: whatever was signed until then.
    pub(super) fn until(until_ms: i64) -> Self {
        Self(Mutex::new(Taken {
            order: VecDeque::new(),
            digits: HashSet::new(),
            until_ms,
        }))
    }

    /// Takes a signature; whether it is its first time.
    pub(super) fn take(&self, signed: &Signed) -> bool {
        let Some(at_ms) = signed.at().map(Timestamp::as_millisecond) else {
            return false;
        };
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_before = is_credible(taken.until_ms) && at_ms <= taken.until_ms;
        let digits = signed.digits();
        let is_new = taken.digits.insert(digits.clone());
        if is_new {
            taken.order.push_back((at_ms, digits));
        }
        if taken.order.len() > REMEMBERED
            && let Some((at_ms, digits)) = taken.order.pop_front()
        {
            taken.digits.remove(&digits);
            taken.until_ms = taken.until_ms.max(at_ms);
        }
        is_new && !is_before
    }
}

/// Whether it can have been signed by a clock that was right: one that was ahead once must not bar all calls until then.
pub(super) fn is_credible(signed_ms: i64) -> bool {
    signed_ms <= Timestamp::now().as_millisecond().saturating_add(WINDOW_MS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use dialects::openapi::sign::signature;

    const START: i64 = 1_700_000_000_000;

    fn signed(at_ms: i64) -> Signed {
        let timestamp = at_ms.to_string();
        Signed {
            sign: signature(&timestamp, "123456"),
            timestamp,
        }
    }

    #[test]
    fn a_signature_is_taken_once_however_it_is_written() {
        let used = Used::until(START);
        assert!(!used.take(&signed(START)), "from before");
        assert!(used.take(&signed(START + 1)));
        let again = Signed {
            sign: format!(" {} ", signed(START + 1).sign.to_uppercase()),
            ..signed(START + 1)
        };
        assert!(!used.take(&again));
        for at_ms in START + 2..START + 2 + i64::try_from(REMEMBERED).unwrap() {
            assert!(used.take(&signed(at_ms)));
        }
        assert!(!used.take(&signed(START + 1)), "not one by one any more");
    }

    #[test]
    fn a_clock_that_was_ahead_once_bars_nothing() {
        let used = Used::until(i64::MAX);
        assert!(used.take(&signed(START)));
        assert!(!used.take(&signed(START)));
    }
}
