//! Who was at the door a moment ago: a repeat within the interval is the same pass (terminal rule 6).

use face::Template;
use model::CredentialKind;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// Beyond so many remembered people those whose interval is over are forgotten.
const SWEEP_AT: usize = 256;

/// Whoever is compared with those before.
#[derive(Debug, Clone)]
pub enum Visitor {
    /// A person of the library, or an unknown credential, by its text.
    Named(String),
    /// Nobody's face.
    Stranger(Box<Template>),
    /// Cannot be told from others.
    Nobody,
}

impl Visitor {
    /// Whoever shows a credential that is nobody's.
    #[must_use]
    pub fn of(kind: CredentialKind, number: &str) -> Self {
        Self::Named(format!("{kind:?} {number}"))
    }
}

/// The first pass of somebody, whose answer later ones repeat; `A` is that answer.
#[derive(Debug)]
pub struct First<A>(Arc<watch::Sender<Option<A>>>);

impl<A> Clone for First<A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<A> First<A> {
    /// Says what the answer is; called again when a platform's decision changes it.
    pub fn answer(&self, answer: A) {
        self.0.send_replace(Some(answer));
    }
}

/// What a visitor is.
#[derive(Debug)]
pub enum Claim<A> {
    /// The first within the interval; dropping it without an answer forgets it.
    First(First<A>),
    /// A repeat: the first one's answer, when it is there.
    Repeat(watch::Receiver<Option<A>>),
}

struct Remembered<A> {
    at: Instant,
    answer: watch::Receiver<Option<A>>,
}

impl<A> Remembered<A> {
    /// An answer that will never come belongs to a pass that failed.
    fn holds(&self, now: Instant, interval: Duration) -> bool {
        let failed = self.answer.has_changed().is_err() && self.answer.borrow().is_none();
        !failed && now.saturating_duration_since(self.at) < interval
    }
}

struct Memory<A> {
    named: HashMap<String, Remembered<A>>,
    stranger: Option<(Box<Template>, Remembered<A>)>,
}

/// The memory of the last interval.
pub struct Repeats<A> {
    memory: Mutex<Memory<A>>,
}

impl<A> Default for Repeats<A> {
    /// A memory of nobody.
    fn default() -> Self {
        Self {
            memory: Mutex::new(Memory {
                named: HashMap::new(),
                stranger: None,
            }),
        }
    }
}

impl<A> Repeats<A> {
    /// Whether a visitor repeats a pass of the last `interval` (zero: every pass is a first one); if not, the visitor is
    /// remembered from now on. Strangers are the same from the cosine `alike` on.
    pub fn claim(&self, visitor: Visitor, now: Instant, interval: Duration, alike: f32) -> Claim<A> {
        let (sender, answer) = watch::channel(None);
        let first = Claim::First(First(Arc::new(sender)));
        if interval.is_zero() {
            return first;
        }
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let known = match &visitor {
            Visitor::Named(name) => memory.named.get(name),
            Visitor::Stranger(template) => {
                let before = memory.stranger.as_ref();
                before
                    .filter(|(last, _)| last.similarity(template) >= alike)
                    .map(|(_, pass)| pass)
            }
            Visitor::Nobody => None,
        };
        if let Some(pass) = known.filter(|pass| pass.holds(now, interval)) {
            return Claim::Repeat(pass.answer.clone());
        }
        let pass = Remembered { at: now, answer };
        match visitor {
            Visitor::Named(name) => {
                if memory.named.len() >= SWEEP_AT {
                    memory.named.retain(|_, pass| pass.holds(now, interval));
                }
                memory.named.insert(name, pass);
            }
            Visitor::Stranger(template) => memory.stranger = Some((template, pass)),
            Visitor::Nobody => {}
        }
        first
    }

    /// Forgets a person, whose rights have changed.
    pub fn forget(&self, name: &str) {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        memory.named.remove(name);
    }

    /// Forgets everybody.
    pub fn clear(&self) {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        memory.named.clear();
        memory.stranger = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_secs(5);
    const ALIKE: f32 = 0.5;

    fn named(text: &str) -> Visitor {
        Visitor::Named(text.to_owned())
    }

    fn first<A>(claim: Claim<A>) -> First<A> {
        match claim {
            Claim::First(first) => first,
            Claim::Repeat(_) => panic!("a repeat"),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_repeat_gets_the_first_ones_answer_and_the_interval_ends() {
        let repeats = Repeats::default();
        let start = Instant::now();
        let pass = first(repeats.claim(named("a"), start, INTERVAL, ALIKE));
        pass.answer(1);
        first(repeats.claim(named("b"), start, INTERVAL, ALIKE));
        let Claim::Repeat(answer) =
            repeats.claim(named("a"), start + Duration::from_millis(4999), INTERVAL, ALIKE)
        else {
            panic!("counted twice");
        };
        assert_eq!(*answer.borrow(), Some(1));
        pass.answer(2);
        assert_eq!(*answer.borrow(), Some(2), "a late decision reaches repeats");
        first(repeats.claim(named("a"), start + INTERVAL, INTERVAL, ALIKE));
    }

    #[tokio::test(start_paused = true)]
    async fn a_pass_that_failed_is_not_repeated() {
        let repeats: Repeats<i32> = Repeats::default();
        let start = Instant::now();
        drop(first(repeats.claim(named("a"), start, INTERVAL, ALIKE)));
        first(repeats.claim(named("a"), start, INTERVAL, ALIKE));
    }

    #[tokio::test(start_paused = true)]
    async fn zero_counts_every_pass_and_a_change_of_rights_forgets() {
        let now = Instant::now();
        let every: Repeats<i32> = Repeats::default();
        first(every.claim(named("a"), now, Duration::ZERO, ALIKE)).answer(1);
        first(every.claim(named("a"), now, Duration::ZERO, ALIKE));
        let repeats = Repeats::default();
        first(repeats.claim(named("a"), now, INTERVAL, ALIKE)).answer(1);
        repeats.forget("a");
        first(repeats.claim(named("a"), now, INTERVAL, ALIKE));
    }

    #[tokio::test(start_paused = true)]
    async fn strangers_repeat_by_likeness() {
        let template = |x: f32, y: f32| {
            let mut values = [0.0; face::TEMPLATE_LENGTH];
            values[0] = x;
            values[1] = y;
            Visitor::Stranger(Box::new(Template::from_raw(values).unwrap()))
        };
        let repeats = Repeats::default();
        let now = Instant::now();
        first(repeats.claim(template(1.0, 0.0), now, INTERVAL, ALIKE)).answer(1);
        assert!(matches!(
            repeats.claim(template(1.0, 0.1), now, INTERVAL, ALIKE),
            Claim::Repeat(_)
        ));
        first(repeats.claim(template(0.0, 1.0), now, INTERVAL, ALIKE)).answer(2);
    }
}
