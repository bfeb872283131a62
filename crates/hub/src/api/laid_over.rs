//! Changes whose given fields are laid over what is there.

use super::problem::Problem;
use crate::state::Hub;
use store::StoreError;

/// How often an unconditional change is tried again when others change the same thing at the same time. Each time
/// one of them was successful, so it takes as many at once to exhaust it.
const ATTEMPTS: u32 = 32;

/// Runs an attempt that reads, lays fields over what it read, and writes it for the revision that it read. When
/// somebody else was faster and the caller named no revision, the fields are laid over what is there then.
///
/// # Errors
/// Those of the attempt; 412 where the caller named a revision.
pub(super) async fn laid_over<T, F>(
    hub: &Hub,
    expected: Option<i64>,
    attempt: impl Fn() -> F,
) -> Result<T, Problem>
where
    F: Future<Output = Result<Result<T, StoreError>, Problem>>,
{
    for _ in 1..ATTEMPTS {
        match attempt().await? {
            Err(StoreError::Revision { .. }) if expected.is_none() => {
                // The faster change is perhaps not committed yet, and then a reader does not see it: an empty write
                // ends with the commit of all that came before it.
                hub.store.engine.write(|_| Ok(())).await?;
            }
            other => return Ok(other?),
        }
    }
    Ok(attempt().await??)
}
