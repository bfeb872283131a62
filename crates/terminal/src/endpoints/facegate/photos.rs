//! Photos that come in a call, or are fetched from an address that it names (3.10).

use super::Endpoint;
use super::failure::Unfit;
use crate::endpoints::http::client::CallError;
use dialects::facegate::PersonInfo;
use dialects::facegate::person::{LEAST_PICTURE_BYTES, PICTURE_BYTES};

impl Endpoint {
    /// A person's photo; where both are given, the one in the call counts. `None` where there is neither.
    pub(super) async fn photo(&self, info: &PersonInfo) -> Result<Option<Vec<u8>>, Unfit> {
        let given = info.picture.as_ref().filter(|picture| !picture.is_blank());
        if let Some(picture) = given {
            let bytes = picture.decode().map_err(|_| Unfit::NotAPicture)?;
            return fitting(bytes).map(Some);
        }
        match info.picture_url() {
            Some(url) => self.fetched(&url).await.map(Some),
            None => Ok(None),
        }
    }

    async fn fetched(&self, url: &str) -> Result<Vec<u8>, Unfit> {
        let fetched = self.client.picture(url).await;
        let bytes = fetched.map_err(|error| {
            tracing::info!(%error, "a photo could not be fetched");
            match error {
                CallError::Address => Unfit::Address,
                CallError::Network(_) | CallError::Status(_) => Unfit::Unreachable,
                CallError::TooLarge(_) => Unfit::TooLarge,
                CallError::NotAPicture => Unfit::TooShort,
            }
        })?;
        if bytes.len() < LEAST_PICTURE_BYTES {
            return Err(Unfit::TooShort);
        }
        fitting(bytes.to_vec())
    }
}

fn fitting(bytes: Vec<u8>) -> Result<Vec<u8>, Unfit> {
    if bytes.len() > PICTURE_BYTES {
        return Err(Unfit::TooLarge);
    }
    Ok(bytes)
}
