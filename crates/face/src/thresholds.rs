//! Known, unsure or stranger: two thresholds and a margin to the second best.

use serde::{Deserialize, Serialize};

use crate::gallery::Top2;

/// When a similarity is a person. The defaults are argued in `docs/face.md`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Thresholds {
    /// At or over this cosine it is the person.
    pub accept: f32,
    /// Under this cosine it is a stranger; between the two nobody is sure.
    pub reject: f32,
    /// The best must lie at least this much above the best of any other person.
    pub margin: f32,
}

/// Why thresholds cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("face thresholds must be 0 ≤ reject ≤ accept ≤ 1 and 0 ≤ margin ≤ 1; they are {0:?}")]
pub struct ThresholdsError(pub Thresholds);

/// Who a face is.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict<K> {
    /// This person, with this cosine.
    Known(K, f32),
    /// Alike, but not enough or too much like another person: look again.
    Unsure,
    /// Nobody of the gallery.
    Stranger,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            accept: 0.50,
            reject: 0.40,
            margin: 0.05,
        }
    }
}

impl Thresholds {
    /// Refuses thresholds that contradict each other.
    ///
    /// # Errors
    /// [`ThresholdsError`] with the thresholds.
    pub fn check(&self) -> Result<(), ThresholdsError> {
        let ordered = 0.0 <= self.reject && self.reject <= self.accept && self.accept <= 1.0;
        if ordered && (0.0..=1.0).contains(&self.margin) {
            Ok(())
        } else {
            Err(ThresholdsError(*self))
        }
    }

    /// Judges a search.
    #[must_use]
    pub fn judge<K: Clone>(&self, found: &Top2<K>) -> Verdict<K> {
        let Some((key, similarity)) = &found.best else {
            return Verdict::Stranger;
        };
        if *similarity < self.reject {
            return Verdict::Stranger;
        }
        let clear = found
            .second
            .as_ref()
            .is_none_or(|(_, second)| similarity - second >= self.margin);
        if *similarity >= self.accept && clear {
            Verdict::Known(key.clone(), *similarity)
        } else {
            Verdict::Unsure
        }
    }

    /// Judges two faces, as `face compare` does: `same`, `unsure` or `different`.
    #[must_use]
    pub fn compare(&self, similarity: f32) -> &'static str {
        if similarity >= self.accept {
            "same"
        } else if similarity >= self.reject {
            "unsure"
        } else {
            "different"
        }
    }
}

impl<K> Verdict<K> {
    /// The verdict as `face search` prints it: `known`, `unsure` or `stranger`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Known(..) => "known",
            Self::Unsure => "unsure",
            Self::Stranger => "stranger",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THRESHOLDS: Thresholds = Thresholds {
        accept: 0.5,
        reject: 0.4,
        margin: 0.05,
    };

    fn judge(best: Option<f32>, second: Option<f32>) -> &'static str {
        let found = Top2 {
            best: best.map(|score| ("a", score)),
            second: second.map(|score| ("b", score)),
        };
        THRESHOLDS.judge(&found).name()
    }

    #[test]
    fn each_side_of_each_threshold() {
        assert_eq!(judge(None, None), "stranger");
        assert_eq!(judge(Some(0.399), None), "stranger");
        assert_eq!(judge(Some(0.4), None), "unsure");
        assert_eq!(judge(Some(0.499), None), "unsure");
        assert_eq!(judge(Some(0.5), None), "known");
        assert_eq!(judge(Some(0.7), Some(0.66)), "unsure");
        assert_eq!(judge(Some(0.7), Some(0.64)), "known");
    }

    #[test]
    fn contradictions_are_refused() {
        assert!(Thresholds::default().check().is_ok());
        assert!(
            Thresholds {
                accept: 0.3,
                ..THRESHOLDS
            }
            .check()
            .is_err()
        );
        assert!(
            Thresholds {
                margin: f32::NAN,
                ..THRESHOLDS
            }
            .check()
            .is_err()
        );
    }
}
