//! Limits of this document's fields beside those of [`crate::limits`].

use crate::fields::FieldError;
use crate::limits::within;
use std::ops::RangeInclusive;

/// An optional number within a range.
///
/// # Errors
/// [`FieldError`] for one outside.
pub(super) fn optional_within(
    field: &str,
    number: Option<i64>,
    range: RangeInclusive<i64>,
) -> Result<(), FieldError> {
    number.map_or(Ok(()), |number| within(field, number, range))
}

/// One of the numbers that the document lists.
///
/// # Errors
/// [`FieldError`] for another.
pub(super) fn one_of(field: &str, number: i64, listed: &[i64]) -> Result<(), FieldError> {
    if listed.contains(&number) {
        return Ok(());
    }
    let listed: Vec<String> = listed.iter().map(i64::to_string).collect();
    Err(FieldError::new(
        field,
        format!("one of {}", listed.join(", ")),
        number,
    ))
}
