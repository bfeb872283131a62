//! How a person must identify, and the first of two proofs while the second is awaited (terminal rule 10).

use model::{CredentialKind, Method, Verify};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How long the first proof of two counts.
pub const SECOND_FACTOR_WINDOW: Duration = Duration::from_secs(10);

/// One thing that somebody showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Factor {
    /// The face.
    Face,
    /// A card, code or document.
    Credential(CredentialKind),
}

impl Factor {
    /// The method of a pass by this alone.
    #[must_use]
    pub fn method(self) -> Method {
        match self {
            Self::Face => Method::Face,
            Self::Credential(kind) => match kind {
                CredentialKind::IcCard => Method::IcCard,
                CredentialKind::RfCard => Method::RfCard,
                CredentialKind::Wiegand => Method::Wiegand,
                CredentialKind::IdCard => Method::IdCard,
                CredentialKind::Qr => Method::Qr,
                CredentialKind::Pin => Method::Pin,
            },
        }
    }

    fn is_card(self) -> bool {
        !matches!(self, Self::Face)
    }

    /// A face, or an identity card.
    #[must_use]
    pub fn is_face_or_identity_card(self) -> bool {
        self == Self::Face || self.is_identity_card()
    }

    /// An identity card.
    #[must_use]
    pub fn is_identity_card(self) -> bool {
        self == Self::Credential(CredentialKind::IdCard)
    }
}

/// Whether what was shown is enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// Enough; a pass by this method.
    Complete(Method),
    /// Something else is needed.
    Missing,
}

/// First proofs that wait for their second, per person.
#[derive(Debug, Default)]
pub struct Factors {
    waiting: Mutex<HashMap<String, Vec<(Factor, Instant)>>>,
}

impl Factors {
    /// Takes one more proof of a person's into account.
    pub fn show(&self, wire_id: &str, verify: Verify, shown: Factor, now: Instant) -> Proof {
        if let Some(method) = alone(verify, shown) {
            return Proof::Complete(method);
        }
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|_, proofs| {
            proofs.retain(|(_, at)| now.saturating_duration_since(*at) < SECOND_FACTOR_WINDOW);
            !proofs.is_empty()
        });
        let proofs = waiting.entry(wire_id.to_owned()).or_default();
        let partner = proofs
            .iter()
            .find_map(|(other, _)| together(verify, *other, shown));
        if let Some(method) = partner {
            waiting.remove(wire_id);
            return Proof::Complete(method);
        }
        proofs.retain(|(other, _)| *other != shown);
        proofs.push((shown, now));
        Proof::Missing
    }
}

/// The method, where one proof suffices.
fn alone(verify: Verify, shown: Factor) -> Option<Method> {
    let enough = match verify {
        Verify::Device | Verify::FaceOrCard => true,
        Verify::Face => shown == Factor::Face,
        Verify::Card => shown.is_card(),
        Verify::FaceAndCard | Verify::FaceAndIdCard | Verify::FaceAndIdCardListed => false,
    };
    enough.then(|| shown.method())
}

/// The method, where two proofs suffice.
fn together(verify: Verify, one: Factor, other: Factor) -> Option<Method> {
    let pair = |fits: fn(Factor) -> bool| {
        (one == Factor::Face && fits(other)) || (other == Factor::Face && fits(one))
    };
    match verify {
        Verify::FaceAndCard if pair(Factor::is_card) => Some(Method::FaceAndCard),
        Verify::FaceAndIdCard | Verify::FaceAndIdCardListed if pair(Factor::is_identity_card) => {
            Some(Method::FaceAndIdCard)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CARD: Factor = Factor::Credential(CredentialKind::IcCard);
    const DOCUMENT: Factor = Factor::Credential(CredentialKind::IdCard);

    #[tokio::test(start_paused = true)]
    async fn two_proofs_in_either_order_within_ten_seconds() {
        for (first, second) in [(Factor::Face, CARD), (CARD, Factor::Face)] {
            let factors = Factors::default();
            let start = Instant::now();
            assert_eq!(
                factors.show("a", Verify::FaceAndCard, first, start),
                Proof::Missing
            );
            assert_eq!(
                factors.show("b", Verify::FaceAndCard, second, start),
                Proof::Missing,
                "another's"
            );
            let in_time = start + Duration::from_millis(9_999);
            let proof = factors.show("a", Verify::FaceAndCard, second, in_time);
            assert_eq!(proof, Proof::Complete(Method::FaceAndCard));
            assert_eq!(
                factors.show("a", Verify::FaceAndCard, second, in_time),
                Proof::Missing,
                "used up"
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_proof_fades() {
        let factors = Factors::default();
        let start = Instant::now();
        assert_eq!(
            factors.show("a", Verify::FaceAndCard, Factor::Face, start),
            Proof::Missing
        );
        let late = start + SECOND_FACTOR_WINDOW;
        assert_eq!(factors.show("a", Verify::FaceAndCard, CARD, late), Proof::Missing);
    }

    #[tokio::test(start_paused = true)]
    async fn each_mode_takes_what_it_names() {
        let now = Instant::now();
        let show = |verify, shown| Factors::default().show("a", verify, shown, now);
        assert_eq!(show(Verify::Device, CARD), Proof::Complete(Method::IcCard));
        assert_eq!(show(Verify::Face, CARD), Proof::Missing);
        assert_eq!(show(Verify::Card, Factor::Face), Proof::Missing);
        assert_eq!(show(Verify::Card, CARD), Proof::Complete(Method::IcCard));
        assert_eq!(
            show(Verify::FaceOrCard, Factor::Face),
            Proof::Complete(Method::Face)
        );
        let factors = Factors::default();
        assert_eq!(
            factors.show("a", Verify::FaceAndIdCard, CARD, now),
            Proof::Missing
        );
        assert_eq!(
            factors.show("a", Verify::FaceAndIdCard, Factor::Face, now),
            Proof::Missing
        );
        let proof = factors.show("a", Verify::FaceAndIdCard, DOCUMENT, now);
        assert_eq!(proof, Proof::Complete(Method::FaceAndIdCard));
    }
}
