//! Passwords that open the door (3.21): those that a platform adds, and one for each hour. The door meets them as people
//! without a name whose PIN is the password.

use super::Endpoint;
use super::failure::Failure;
use dialects::facegate::Done;
use dialects::facegate::device::TemporaryPassword;
use jiff::ToSpan as _;
use jiff::civil::DateTime;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Passwords of all calls together; the document names no limit.
const MOST: usize = 1000;
/// How often the hour is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(5);

impl Endpoint {
    /// `GetAccessTempPwd`: six digits that hold for this hour.
    pub(super) fn temporary_password(&self) -> Result<TemporaryPassword, Failure> {
        let (first, last) = self.hour()?;
        Ok(TemporaryPassword::new(self.password_of(first), first, last))
    }

    /// The hour's first and last second by the wall clock.
    fn hour(&self) -> Result<(DateTime, DateTime), Failure> {
        let now = self.device.zone().to_datetime(self.device.clock.now());
        let first = now.with().minute(0).second(0).subsec_nanosecond(0).build();
        let first = first.map_err(|error| Failure::new(error.to_string()))?;
        let last = first.checked_add(59.minutes().seconds(59));
        Ok((first, last.map_err(|error| Failure::new(error.to_string()))?))
    }

    fn password_of(&self, hour: DateTime) -> String {
        let seed = &self.memory.get().password_seed;
        let digest = Sha256::digest(format!("{seed} {hour}"));
        let number = digest
            .iter()
            .take(8)
            .fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
        format!("{:06}", number % 1_000_000)
    }

    /// `AddAccessPwd`; one that is there already is no failure.
    pub(super) async fn add_passwords(&self, passwords: &[String]) -> Result<Done, Failure> {
        let mut all = self.memory.get().passwords.clone();
        all.extend(passwords.iter().cloned());
        if all.len() > MOST {
            return Err(Failure::new(format!("AccessPwd: at most {MOST} passwords")));
        }
        self.keep_all(all).await
    }

    /// `DelAccessPwd`; one that is not there is no failure.
    pub(super) async fn delete_passwords(&self, passwords: &[String]) -> Result<Done, Failure> {
        let mut all = self.memory.get().passwords.clone();
        all.retain(|password| !passwords.contains(password));
        self.keep_all(all).await
    }

    /// `ClearAccessPwd`.
    pub(super) async fn clear_passwords(&self) -> Result<Done, Failure> {
        self.keep_all(std::collections::BTreeSet::new()).await
    }

    async fn keep_all(&self, passwords: std::collections::BTreeSet<String>) -> Result<Done, Failure> {
        self.memory.change(|memory| memory.passwords = passwords).await?;
        self.show_passwords();
        Ok(Done)
    }

    /// Tells the door what opens it now.
    fn show_passwords(&self) {
        let memory = self.memory.get();
        let temporary = self.hour().map(|(first, _)| self.password_of(first)).ok();
        let all = memory.passwords.iter().cloned().chain(temporary);
        self.device.pins.set(all.collect());
    }

    /// Keeps what the door knows in step with the hour, until `end`.
    pub(super) async fn keep_passwords(self: &Arc<Self>, end: CancellationToken) {
        if self.memory.get().password_seed.is_empty() {
            let seed = uuid::Uuid::new_v4().simple().to_string();
            let made = self.memory.change(|memory| memory.password_seed = seed).await;
            if let Err(error) = made {
                tracing::error!(%error, "temporary passwords cannot be made");
            }
        }
        loop {
            self.show_passwords();
            tokio::select! {
                () = end.cancelled() => return,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }
}
