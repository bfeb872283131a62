//! Waiting for the platform that decides, and what its silence means (terminal rule 16).

use super::attempt::{Answer, Attempt};
use super::record::{Details, Private};
use super::repeats::First;
use super::ruling::Ruling;
use crate::decider::{Verdict, WhenSilent};
use crate::device::Device;
use crate::people::Member;
use model::{Decision, Denial};
use std::sync::Arc;
use std::time::Duration;
use store::StoreError;
use store::terminal::Entry;
use tokio::sync::oneshot;

/// A pass on which a platform decides.
struct Open {
    entry: Entry,
    details: Details,
    private: Private,
    member: Option<Arc<Member>>,
    when_silent: WhenSilent,
    first: First<Answer>,
}

/// The ruling where no platform can be asked.
pub(super) fn without_verdict(local: Decision, when_silent: WhenSilent) -> Ruling {
    match (when_silent, local) {
        (WhenSilent::TerminalDecides, local) => local.into(),
        (WhenSilent::StaysShut, Decision::Granted) => Ruling::Denied(Denial::PlatformSilent),
        (WhenSilent::StaysShut, denied) => denied.into(),
    }
}

/// The ruling after a platform's verdict; a refusal keeps the reason that the terminal sees itself.
fn with_verdict(open: bool, local: Decision) -> Ruling {
    match (open, local) {
        (true, _) => Ruling::Granted,
        (false, Decision::Granted) => Ruling::Denied(Denial::PlatformDenied),
        (false, denied) => denied.into(),
    }
}

/// What the terminal alone said.
fn local(details: &Details) -> Decision {
    match details.local {
        Ruling::Denied(denial) => Decision::Denied(denial),
        Ruling::Granted | Ruling::Pending => Decision::Granted,
    }
}

impl Device {
    /// Waits for the verdict on a pass beside everything else.
    pub(super) fn await_verdict(
        self: &Arc<Self>,
        attempt: &Attempt,
        entry: &Entry,
        details: &Details,
        private: &Private,
        when_silent: WhenSilent,
        first: First<Answer>,
    ) {
        let open = Open {
            entry: entry.clone(),
            details: details.clone(),
            private: private.clone(),
            member: attempt.member().cloned(),
            when_silent,
            first,
        };
        let verdict = self.decisions.wait(entry.seq);
        let device = Arc::clone(self);
        tokio::spawn(async move { device.follow(open, verdict).await });
    }

    async fn follow(self: Arc<Self>, mut open: Open, verdict: oneshot::Receiver<Verdict>) {
        let patience = Duration::from_millis(self.config.limits.decision_wait_ms);
        let verdict = tokio::time::timeout(patience, verdict)
            .await
            .ok()
            .and_then(Result::ok);
        self.decisions.give_up(open.entry.seq);
        let local = local(&open.details);
        open.details.ruling = match &verdict {
            Some(verdict) => with_verdict(verdict.open, local),
            None => without_verdict(local, open.when_silent),
        };
        let granted = open.details.ruling == Ruling::Granted;
        let passing = self.people.passing().await;
        let settled = self.settle(&open).await;
        match (&open.member, granted && settled.is_ok(), local.is_granted()) {
            (Some(member), true, taken) => member.keep_pass(taken),
            (Some(member), false, true) => member.give_back_pass(),
            _ => {}
        }
        drop(passing);
        match settled {
            Ok(()) if granted => {
                let open_ms = verdict.as_ref().and_then(|verdict| verdict.open_ms);
                self.open_door_for(open.details.method, open_ms);
            }
            Ok(()) => {}
            Err(error) => {
                tracing::error!(%error, "a decision could not be kept, the door stays shut");
                return;
            }
        }
        self.wake_delivery();
        let answer = self.announce(&open.entry, &open.details, &open.private, verdict);
        open.first.answer(answer);
    }

    async fn settle(&self, open: &Open) -> Result<(), StoreError> {
        let details = serde_json::to_value(&open.details)?;
        let counts = open.details.ruling == Ruling::Granted;
        self.journal.settle(open.entry.seq, details, counts).await?;
        Ok(())
    }

    /// Ends what waited for a verdict when the terminal stopped: the door did not open.
    ///
    /// # Errors
    /// [`StoreError`] of the journal.
    pub(crate) async fn settle_interrupted(&self) -> Result<(), StoreError> {
        for entry in self.journal.unsettled().await? {
            let mut details: Details = serde_json::from_value(entry.details)?;
            details.ruling = without_verdict(local(&details), WhenSilent::StaysShut);
            self.journal
                .settle(entry.seq, serde_json::to_value(details)?, false)
                .await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_means_what_the_mode_says() {
        let expired = Decision::Denied(Denial::Expired);
        let silent = Ruling::Denied(Denial::PlatformSilent);
        assert_eq!(
            without_verdict(Decision::Granted, WhenSilent::TerminalDecides),
            Ruling::Granted
        );
        assert_eq!(without_verdict(Decision::Granted, WhenSilent::StaysShut), silent);
        assert_eq!(
            without_verdict(expired, WhenSilent::StaysShut),
            Ruling::Denied(Denial::Expired)
        );
    }

    #[test]
    fn the_platform_has_the_last_word() {
        assert_eq!(
            with_verdict(true, Decision::Denied(Denial::Stranger)),
            Ruling::Granted
        );
        assert_eq!(
            with_verdict(false, Decision::Granted),
            Ruling::Denied(Denial::PlatformDenied)
        );
    }
}
