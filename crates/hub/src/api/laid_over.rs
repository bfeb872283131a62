//! Changes whose given fields are laid over what is there.

use super::problem::Problem;
use store::StoreError;

/// How often an unconditional change is tried again when others change the same thing at the same time.
const ATTEMPTS: u32 = 5;

/// Runs an attempt that reads, lays fields over what it read, and writes it for the revision that it read. When
/// somebody else was faster and the caller named no revision, the fields are laid over what is there then.
///
/// # Errors
/// Those of the attempt; 412 where the caller named a revision.
pub(super) async fn laid_over<T, F>(expected: Option<i64>, attempt: impl Fn() -> F) -> Result<T, Problem>
where
    F: Future<Output = Result<Result<T, StoreError>, Problem>>,
{
    for _ in 1..ATTEMPTS {
        match attempt().await? {
            Err(StoreError::Revision { .. }) if expected.is_none() => {}
            other => return Ok(other?),
        }
    }
    Ok(attempt().await??)
}
