//! The simplest limits of documents: lengths in bytes and ranges of numbers.

use crate::fields::FieldError;
use std::ops::RangeInclusive;

/// A text of at most `limit` bytes.
///
/// # Errors
/// [`FieldError`] for a longer one.
pub fn at_most(field: &str, text: &str, limit: usize) -> Result<(), FieldError> {
    if text.len() <= limit {
        return Ok(());
    }
    Err(FieldError::new(
        field,
        format!("at most {limit} bytes"),
        format!("{} bytes", text.len()),
    ))
}

/// A text of 1 to `limit` bytes that is not blank.
///
/// # Errors
/// [`FieldError`] for another.
pub fn filled(field: &str, text: &str, limit: usize) -> Result<(), FieldError> {
    if text.trim().is_empty() {
        return Err(FieldError::new(field, "must not be empty", "nothing"));
    }
    at_most(field, text, limit)
}

/// An optional text of at most `limit` bytes.
///
/// # Errors
/// [`FieldError`] for a longer one.
pub fn optional(field: &str, text: Option<&str>, limit: usize) -> Result<(), FieldError> {
    text.map_or(Ok(()), |text| at_most(field, text, limit))
}

/// A number within a range.
///
/// # Errors
/// [`FieldError`] for one outside.
pub fn within(field: &str, number: i64, range: RangeInclusive<i64>) -> Result<(), FieldError> {
    if range.contains(&number) {
        return Ok(());
    }
    Err(FieldError::new(
        field,
        format!("{} to {}", range.start(), range.end()),
        number,
    ))
}

/// An optional number within a range.
///
/// # Errors
/// [`FieldError`] for one outside.
pub fn optional_within(
    field: &str,
    number: Option<i64>,
    range: RangeInclusive<i64>,
) -> Result<(), FieldError> {
    number.map_or(Ok(()), |number| within(field, number, range))
}

/// One of the numbers that a document lists.
///
/// # Errors
/// [`FieldError`] for another.
pub fn one_of(field: &str, number: i64, listed: &[i64]) -> Result<(), FieldError> {
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
