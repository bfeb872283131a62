//! Pictures that devices fetch: under addresses that nobody guesses, for a while (hub rule 20). What is fetched is made
//! then, so that a place costs no more than its name.

use crate::api::problem::Problem;
use crate::roster;
use crate::state::Hub;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use face::RenditionLimits;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use store::hub::people::DevicePhoto;
use tokio::time::Instant;

/// How long an address is good for.
const GOOD_FOR: Duration = Duration::from_secs(3600);
/// Characters of an address in all (hub rule 20).
pub const URL_CHARACTERS: usize = 128;
/// Bytes of randomness in an address.
const TOKEN_BYTES: usize = 18;
/// Addresses at a time; past it those go that end first.
const MOST: usize = 100_000;

/// The addresses that are good now.
#[derive(Debug, Default)]
pub(crate) struct Pictures(Mutex<HashMap<String, Offered>>);

#[derive(Debug)]
struct Offered {
    picture: Picture,
    until: Instant,
}

/// What is behind an address.
#[derive(Debug, Clone)]
enum Picture {
    /// The best of some photos, made when it is fetched.
    Kept(Vec<DevicePhoto>, RenditionLimits),
    /// A JPEG that is there.
    Made(Bytes),
}

impl Pictures {
    /// Offers the best of some photos; the last part of its address.
    pub(crate) fn offer(&self, photos: Vec<DevicePhoto>, limits: RenditionLimits) -> String {
        self.put(Picture::Kept(photos, limits))
    }

    /// Offers a JPEG until [`Self::withdraw`], or as long as any; the last part of its address.
    pub(crate) fn offer_made(&self, jpeg: Vec<u8>) -> String {
        self.put(Picture::Made(jpeg.into()))
    }

    /// Nobody is to fetch it any more.
    pub(crate) fn withdraw(&self, token: &str) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(token);
    }

    fn put(&self, picture: Picture) -> String {
        let bytes: [u8; TOKEN_BYTES] = rand::random();
        let token = hex::encode(bytes);
        let now = Instant::now();
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST {
            all.retain(|_, offered| offered.until > now);
        }
        if all.len() >= MOST
            && let Some(first) = all.iter().min_by_key(|(_, offered)| offered.until)
        {
            let first = first.0.clone();
            all.remove(&first);
        }
        let offered = Offered {
            picture,
            until: now + GOOD_FOR,
        };
        all.insert(token.clone(), offered);
        token
    }

    fn find(&self, token: &str) -> Option<Picture> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let offered = all.get(token)?;
        if offered.until <= Instant::now() {
            all.remove(token);
            return None;
        }
        Some(offered.picture.clone())
    }
}

/// Hands a picture out; devices like a name that ends like a picture's.
pub(crate) async fn fetch(State(hub): State<Arc<Hub>>, Path(name): Path<String>) -> Response {
    let token = name.strip_suffix(".jpg").unwrap_or(&name);
    let jpeg = |jpeg: Bytes| ([(header::CONTENT_TYPE, "image/jpeg")], jpeg).into_response();
    let (photos, limits) = match hub.pictures.find(token) {
        Some(Picture::Kept(photos, limits)) => (photos, limits),
        Some(Picture::Made(made)) => return jpeg(made),
        None => return Problem::not_found().into_response(),
    };
    match roster::picture(&hub, limits, &photos).await {
        Ok(Some(made)) => jpeg(made.into()),
        Ok(None) => Problem::not_found().into_response(),
        Err(error) => Problem::from(error).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_address_is_unlike_another_and_ends() {
        let pictures = Pictures::default();
        let limits = RenditionLimits::default();
        let (first, second) = (
            pictures.offer(Vec::new(), limits),
            pictures.offer(Vec::new(), limits),
        );
        assert_ne!(first, second);
        assert_eq!(first.len(), TOKEN_BYTES * 2);
        assert!(pictures.find(&first).is_some());
        assert!(pictures.find("").is_none());
        let made = pictures.offer_made(vec![1]);
        assert!(matches!(pictures.find(&made), Some(Picture::Made(jpeg)) if *jpeg == [1]));
        pictures.withdraw(&made);
        assert!(pictures.find(&made).is_none());
        tokio::time::advance(GOOD_FOR).await;
        assert!(pictures.find(&first).is_none() && pictures.find(&second).is_none());
    }
}
