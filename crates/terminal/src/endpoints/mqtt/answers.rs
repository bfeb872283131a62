//! What was answered: a command that comes again with the same id is answered again, and not carried out twice.

use super::line::Receipt;
use dialects::mqtt::DeviceResponse;
use sha2::{Digest, Sha256};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Commands that are remembered.
const REMEMBERED: usize = 256;

/// What makes two commands the same: name, id and content. Platforms count ids anew after a restart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    name: String,
    msg_id: String,
    digest: [u8; 32],
}

impl Key {
    /// The key of a payload.
    pub(super) fn of(name: &str, msg_id: &str, payload: &[u8]) -> Self {
        Self {
            name: name.to_owned(),
            msg_id: msg_id.to_owned(),
            digest: Sha256::digest(payload).into(),
        }
    }
}

/// A command that is carried out, or was.
struct Known {
    key: Key,
    /// The last answer so far.
    answer: Option<DeviceResponse>,
    /// Owed to the broker until there is an answer.
    receipt: Option<Receipt>,
    is_done: bool,
}

/// What a command is to the memory.
#[derive(Debug, PartialEq)]
pub(super) enum Seen {
    /// It is new, and remembered from now on.
    New,
    /// It is being carried out; its answer will come, this is the last so far.
    Running(Option<DeviceResponse>),
    /// It was carried out, and this was the answer.
    Done(DeviceResponse),
}

/// The memory; the oldest commands are forgotten first. A reboot, which is a command itself, does not clear it.
#[derive(Clone, Default)]
pub(crate) struct Memory(Arc<Mutex<VecDeque<Known>>>);

impl Memory {
    fn all(&self) -> MutexGuard<'_, VecDeque<Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets what was not carried out to its end, because whoever did it is gone.
    pub(super) fn forget_unfinished(&self) {
        self.all().retain(|known| known.is_done);
    }

    /// Takes note of a command; its receipt is kept until it is answered.
    pub(super) fn see(&self, key: &Key, receipt: Receipt) -> Seen {
        let mut all = self.all();
        if let Some(known) = all.iter_mut().find(|known| known.key == *key) {
            return match (&known.answer, known.is_done) {
                (Some(answer), true) => Seen::Done(answer.clone()),
                (answer, _) => {
                    if answer.is_none() {
                        known.receipt = Some(receipt);
                    }
                    Seen::Running(answer.clone())
                }
            };
        }
        if all.len() >= REMEMBERED {
            all.pop_front();
        }
        all.push_back(Known {
            key: key.clone(),
            answer: None,
            receipt: Some(receipt),
            is_done: false,
        });
        Seen::New
    }

    /// Takes note of an answer; gives the receipt that is due with the first one.
    pub(super) fn answered(&self, key: &Key, answer: &DeviceResponse, is_done: bool) -> Option<Receipt> {
        let mut all = self.all();
        let known = all.iter_mut().find(|known| known.key == *key)?;
        known.answer = Some(answer.clone());
        known.is_done |= is_done;
        known.receipt.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dialects::mqtt::control::OnlineOpenResp;
    use dialects::mqtt::message::Reply;

    fn answer(text: &str) -> DeviceResponse {
        OnlineOpenResp(Reply::done(text, "D", "")).into()
    }

    #[test]
    fn the_same_command_is_known_and_another_is_not() {
        let answers = Memory::default();
        let first = Receipt::test(1);
        let key = Key::of("onlineOpen", "1", b"open");
        assert_eq!(answers.see(&key, first), Seen::New);
        // It comes again before it is answered, on another connection: the later receipt counts.
        assert_eq!(answers.see(&key, Receipt::test(2)), Seen::Running(None));
        assert_eq!(
            answers.answered(&key, &answer("1"), false),
            Some(Receipt::test(2))
        );
        assert_eq!(answers.see(&key, first), Seen::Running(Some(answer("1"))));
        assert_eq!(answers.answered(&key, &answer("2"), true), None);
        assert_eq!(answers.see(&key, first), Seen::Done(answer("2")));
        // A command that nobody finishes any more is new when it comes again.
        let begun = Key::of("onlineUpdate", "1", b"");
        answers.see(&begun, first);
        answers.forget_unfinished();
        assert_eq!(answers.see(&begun, first), Seen::New);
        assert_eq!(answers.see(&key, first), Seen::Done(answer("2")));
        for other in [
            Key::of("onlineOpen", "1", b"open!"),
            Key::of("onlineOpen", "2", b"open"),
            Key::of("onlineReboot", "1", b"open"),
        ] {
            assert_eq!(answers.see(&other, first), Seen::New);
        }
    }

    #[test]
    fn the_oldest_are_forgotten() {
        let answers = Memory::default();
        let key = |number: usize| Key::of("onlineOpen", &number.to_string(), b"");
        for number in 0..=REMEMBERED {
            assert_eq!(answers.see(&key(number), Receipt::test(1)), Seen::New);
        }
        assert_eq!(answers.all().len(), REMEMBERED);
        assert_eq!(answers.see(&key(0), Receipt::test(1)), Seen::New);
        assert_eq!(
            answers.see(&key(REMEMBERED), Receipt::test(1)),
            Seen::Running(None)
        );
    }
}
