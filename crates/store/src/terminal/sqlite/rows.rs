//! Numbers between SQLite (signed) and Rust.

use crate::StoreError;
use jiff::Timestamp;

/// A sequence number as SQLite takes it; what does not fit is beyond every row.
pub(super) fn from_seq(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

/// A sequence number or count from SQLite; negative ones do not occur.
pub(super) fn to_seq(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

/// An instant from its milliseconds.
pub(super) fn instant(milliseconds: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(milliseconds).map_err(|error| StoreError::Corrupt(error.to_string()))
}
