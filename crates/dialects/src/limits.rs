//! Limits of single fields, each refused naming the field and what is allowed.

use crate::fields::FieldError;

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
    not_blank(field, text)?;
    at_most(field, text, limit)
}

/// A text that says something.
///
/// # Errors
/// [`FieldError`] for a blank one.
pub fn not_blank(field: &str, text: &str) -> Result<(), FieldError> {
    if text.trim().is_empty() {
        return Err(FieldError::new(field, "must not be empty", "nothing"));
    }
    Ok(())
}

/// A text of at most `limit` characters.
///
/// # Errors
/// [`FieldError`] for a longer one.
pub fn characters(field: &str, text: &str, limit: usize) -> Result<(), FieldError> {
    // No text has more characters than bytes.
    if text.len() <= limit || text.chars().count() <= limit {
        return Ok(());
    }
    Err(FieldError::new(
        field,
        format!("at most {limit} characters"),
        format!("{} characters", text.chars().count()),
    ))
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
pub fn within(field: &str, number: i64, range: std::ops::RangeInclusive<i64>) -> Result<(), FieldError> {
    if range.contains(&number) {
        return Ok(());
    }
    Err(FieldError::new(
        field,
        format!("{} to {}", range.start(), range.end()),
        number,
    ))
}
