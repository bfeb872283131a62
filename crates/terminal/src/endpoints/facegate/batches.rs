//! Many people at once, each with a code of their own (3.10.2, 3.10.6).

use super::Endpoint;
use super::failure::Unfit;
use dialects::facegate::code::{BatchPersonCode, SUCCESS};
use dialects::facegate::person::{PersonResult, PersonResults};
use dialects::facegate::{EditPersonsNew, PersonInfo};
use futures_util::StreamExt as _;

/// Photos that are fetched at the same time.
const FETCHED_AT_ONCE: usize = 4;

impl Endpoint {
    /// `AddPersons`.
    pub(super) async fn add_all(&self, people: &[PersonInfo]) -> PersonResults {
        let mut results = Vec::with_capacity(people.len());
        let checked = |info| self.checked_photo(info);
        let photos: Vec<_> = people.iter().map(checked).collect();
        let mut photos = std::pin::pin!(futures_util::stream::iter(photos).buffered(FETCHED_AT_ONCE));
        for info in people {
            let photo = photos.next().await.unwrap_or(Ok(None));
            let code = match self.add_with(info, photo).await {
                Ok(()) => SUCCESS,
                Err(unfit) => unfit.code().number(),
            };
            results.push(PersonResult::of(info, code));
        }
        PersonResults(results)
    }

    async fn checked_photo(&self, info: &PersonInfo) -> Result<Option<Vec<u8>>, Unfit> {
        info.check()?;
        self.photo(info).await
    }

    async fn add_with(&self, info: &PersonInfo, photo: Result<Option<Vec<u8>>, Unfit>) -> Result<(), Unfit> {
        let photo = photo?;
        if photo.is_none() {
            return Err(Unfit::Limit(dialects::fields::FieldError::new(
                "picinfo",
                "one of picinfo and picURI",
                "neither",
            )));
        }
        let _order = self.changing.lock().await;
        self.add_one(info, photo).await
    }

    /// `EditPersonsNew`: adds or replaces whole people.
    pub(super) async fn put_all(&self, call: &EditPersonsNew) -> PersonResults {
        let people = call.people.as_deref().unwrap_or_default();
        let mut results = Vec::with_capacity(people.len());
        let checked = |info| self.photo_for(call, info);
        let photos: Vec<_> = people.iter().map(checked).collect();
        let mut photos = std::pin::pin!(futures_util::stream::iter(photos).buffered(FETCHED_AT_ONCE));
        for info in people {
            let photo = photos.next().await.unwrap_or(Ok(None));
            let put = match photo {
                Ok(photo) => self.put_one(call, info, photo).await,
                Err(fault) => Err(fault),
            };
            let code = put.map_or_else(|fault| fault.code().number(), |()| SUCCESS);
            results.push(PersonResult::of(info, code));
        }
        PersonResults(results)
    }

    async fn photo_for(&self, call: &EditPersonsNew, info: &PersonInfo) -> Result<Option<Vec<u8>>, Fault> {
        call.check_person(info).map_err(Fault::Code)?;
        self.photo(info).await.map_err(Fault::Unfit)
    }

    async fn put_one(
        &self,
        call: &EditPersonsNew,
        info: &PersonInfo,
        photo: Option<Vec<u8>>,
    ) -> Result<(), Fault> {
        let target = call.target(info).map_err(Fault::Code)?;
        let _order = self.changing.lock().await;
        let put = match self.known(&target) {
            Some(known) => {
                self.check_ids(&known, info).map_err(Fault::Unfit)?;
                let before = self.told(&known);
                // What is not sent becomes the default, but the call names one id of the two, and the other stays.
                let whole = PersonInfo {
                    uuid: info.uuid.clone().or(before.uuid),
                    customize_id: info.customize_id.or(before.customize_id),
                    ..info.clone()
                };
                self.revise(&known, &whole, true, photo).await
            }
            None => self.add_one(info, photo).await,
        };
        put.map_err(Fault::Unfit)
    }
}

/// What is wrong with one person of `EditPersonsNew`.
enum Fault {
    Code(BatchPersonCode),
    Unfit(Unfit),
}

impl Fault {
    fn code(&self) -> BatchPersonCode {
        match self {
            Self::Code(code) => *code,
            Self::Unfit(unfit) => unfit.batch_code(),
        }
    }
}
