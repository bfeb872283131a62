//! Work that is finished even when the caller hangs up.

use super::problem::Problem;
use crate::state::Hub;
use std::sync::Arc;

/// Runs work as a task of its own, which a cancelled request does not cancel and a stopping hub waits for.
///
/// # Errors
/// Those of the work.
pub(super) async fn settled<T: Send + 'static>(
    hub: &Arc<Hub>,
    work: impl Future<Output = Result<T, Problem>> + Send + 'static,
) -> Result<T, Problem> {
    hub.tasks
        .spawn(work)
        .await
        .map_err(|error| Problem::internal(&error))?
}
