//! Writes that must not be lost because the store is busy for a moment: what a device did, and who is there.

use std::time::Duration;
use store::StoreError;

/// How soon to try again.
const AGAIN_AFTER: Duration = Duration::from_millis(100);
/// How often to try: a minute in all.
const ATTEMPTS: u32 = 600;

/// Does a piece of work again and again while the store is busy or the disk is full.
///
/// # Errors
/// Any other error, and those after a minute of them.
pub(crate) async fn patiently<T, F>(mut work: impl FnMut() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    for _ in 1..ATTEMPTS {
        match work().await {
            Err(StoreError::Busy { .. } | StoreError::Full { .. }) => {
                tokio::time::sleep(AGAIN_AFTER).await;
            }
            other => return other,
        }
    }
    work().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn busy_is_tried_again_and_nothing_else_is() {
        let mut left = 3;
        let done = patiently(|| {
            left -= 1;
            let answer = if left == 0 {
                Ok("done")
            } else {
                Err(StoreError::Busy { limit: 1 })
            };
            std::future::ready(answer)
        });
        assert_eq!(done.await.unwrap(), "done");
        let mut calls = 0;
        let failed: Result<(), _> = patiently(|| {
            calls += 1;
            std::future::ready(Err(StoreError::Closed))
        })
        .await;
        assert!(matches!(failed, Err(StoreError::Closed)));
        assert_eq!(calls, 1);
    }
}
