//! Identity cards that terminals read (3.12.6). What a card says is pushed before the pass that it was read for, which itself
//! tells only what the terminal has of the person: the two become one record.

use dialects::facegate::convert::DeviceRecord;
use dialects::facegate::push::IdCardInfoPush;
use model::{DeviceId, IdentityDocument, Method};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How soon the pass follows: a terminal that is not answered tells it again every ten seconds (3.12).
const FOLLOWS_WITHIN: Duration = Duration::from_secs(30);

/// The last card that each terminal read, until its pass comes.
#[derive(Debug, Default)]
pub(super) struct CardsRead(Mutex<HashMap<DeviceId, (Instant, IdentityDocument)>>);

impl CardsRead {
    /// A card was read.
    pub(super) fn read(&self, device: &DeviceId, card: &IdCardInfoPush) {
        let now = Instant::now();
        let mut read = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        read.retain(|_, (at, _)| now.duration_since(*at) <= FOLLOWS_WITHIN);
        read.insert(device.clone(), (now, card.document()));
    }

    /// Lays what was read over the document of the pass that it was read for.
    pub(super) fn complete(&self, device: &DeviceId, pass: &mut DeviceRecord) {
        let by_card = matches!(pass.record.method, Method::IdCard | Method::FaceAndIdCard);
        if !by_card || pass.is_late {
            return;
        }
        let mut read = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((at, card)) = read.remove(device) else {
            return;
        };
        let known = pass.record.document.take().unwrap_or_default();
        let is_same = known.number.is_none() || known.number == card.number;
        let document = if is_same && at.elapsed() <= FOLLOWS_WITHIN {
            laid_over(card, known)
        } else {
            known
        };
        pass.record.document = Some(document).filter(|document| *document != IdentityDocument::default());
    }
}

fn laid_over(card: IdentityDocument, known: IdentityDocument) -> IdentityDocument {
    IdentityDocument {
        number: card.number.or(known.number),
        name: card.name.or(known.name),
        gender: card.gender.or(known.gender),
        ethnicity: card.ethnicity.or(known.ethnicity),
        birthday: card.birthday.or(known.birthday),
        address: card.address.or(known.address),
        authority: card.authority.or(known.authority),
        valid_from: card.valid_from.or(known.valid_from),
        valid_until: card.valid_until.or(known.valid_until),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dialects::facegate::ReceivedPush;
    use dialects::facegate::convert::record_from_device;

    /// A pass by a card (2), or by a face (1), of somebody with this number.
    fn pass(kind: i64, number: &str) -> DeviceRecord {
        let text = format!(
            r#"{{"operator":"VerifyPush","info":{{"PersonUUID":"one","CreateTime":"2026-11-28T08:00:00","VerifyStatus":1,
                "VerfyType":{kind},"Sendintime":1,"Name":"held","IdCard":"{number}","Telnum":" "}}}}"#
        );
        let received = ReceivedPush::parse(text.as_bytes()).unwrap();
        record_from_device(received.push, received.native).unwrap()
    }

    fn card(number: &str) -> IdCardInfoPush {
        IdCardInfoPush {
            number: number.to_owned(),
            authority: Some("issuer".to_owned()),
            gender: Some(1),
            period: Some("20150102-20350102".to_owned()),
            ..IdCardInfoPush::default()
        }
    }

    fn document(pass: DeviceRecord) -> IdentityDocument {
        pass.record.document.unwrap_or_default()
    }

    #[tokio::test(start_paused = true)]
    async fn a_card_belongs_to_the_pass_that_follows_it() {
        let (cards, device) = (CardsRead::default(), DeviceId::new("d"));
        let other = DeviceId::new("e");
        cards.read(&device, &card("7"));
        let completed = |device: &DeviceId, mut pass: DeviceRecord| {
            cards.complete(device, &mut pass);
            document(pass)
        };
        assert_eq!(
            completed(&other, pass(2, "7")).authority,
            None,
            "another terminal's"
        );
        assert_eq!(completed(&device, pass(1, "7")).authority, None, "by face");
        let told = completed(&device, pass(2, "7"));
        assert_eq!(
            (
                told.name.as_deref(),
                told.authority.as_deref(),
                told.gender.as_deref()
            ),
            (Some("held"), Some("issuer"), Some("女"))
        );
        assert_eq!(told.valid_until.as_deref(), Some("20350102"));
        assert_eq!(completed(&device, pass(2, "7")).authority, None, "of one pass");
        cards.read(&device, &card("8"));
        assert_eq!(completed(&device, pass(2, "7")).authority, None, "another card");
        cards.read(&device, &card("8"));
        assert_eq!(
            completed(&device, pass(2, " ")).number.as_deref(),
            Some("8"),
            "nobody's"
        );
        cards.read(&device, &card("7"));
        tokio::time::advance(FOLLOWS_WITHIN * 2).await;
        assert_eq!(completed(&device, pass(2, "7")).authority, None, "long ago");
    }
}
