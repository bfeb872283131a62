//! The first word to a terminal: its user (2.4), who it is (3.9), its clock (3.5), what it knows (3.10.4, 3.19.2), and what
//! it is to push (3.12).

use super::calls::FacegateLink;
use super::declared::{kept, user_of};
use super::wire::Wire;
use super::{fill, subscription};
use crate::links::dialled::Line;
use crate::links::{CallError, Failure};
use dialects::facegate::device::SetUserPwd;
use dialects::facegate::person::{GetDatabaseVer, SearchPersonNum};
use dialects::facegate::settings::{SettingsGroup, SettingsValues};
use dialects::facegate::{BasicUser, DeviceId, GetSettings};
use jiff::Timestamp;
use std::sync::Arc;
use store::hub::devices::{Dialling, Identity};

/// Who a terminal is (3.9).
const WHO: GetSettings = GetSettings(SettingsGroup::SysParam);
/// The middle of the second that a terminal tells, in milliseconds.
const HALF_A_SECOND_MS: i64 = 500;

/// Speaks to a terminal for the first time on this line.
pub(super) async fn contact(line: Line) -> Result<Arc<FacegateLink>, CallError> {
    let dialling = line.dialling().await?;
    let wire = Wire::new(line, user_of(dialling.credentials.as_ref()));
    let said = enter(&wire, &dialling).await?;
    identify(&wire, &said).await?;
    fill::begin(&wire).await?;
    measure(&wire).await?;
    let has_new_database = has_new_database(&wire).await?;
    let wanted = subscription::wanted(&wire.line, &dialling);
    let link = FacegateLink::new(wire, wanted, has_new_database);
    link.keep_subscribed().await?;
    Ok(Arc::new(link))
}

/// Looks at a terminal again: its program may be another one, and its clock another time.
pub(super) async fn look(wire: &Wire) -> Result<(), CallError> {
    let said = wire.call(&WHO).await?;
    identify(wire, &said).await?;
    measure(wire).await
}

/// Keeps who a terminal says that it is.
async fn identify(wire: &Wire, said: &SettingsValues) -> Result<(), CallError> {
    let serial = said.text("DeviceID").unwrap_or_default().trim().to_owned();
    if !serial.is_empty() {
        wire.set_device(DeviceId::from(serial.as_str()));
    }
    let identity = Identity {
        serial,
        model: None,
        firmware: said.text("Version").filter(|text| !text.trim().is_empty()),
        capacity: capacity(wire).await?,
    };
    wire.line.identified(identity).await.map(|_| ())
}

/// Finds the user that the terminal takes: one that is in doubt first.
async fn enter(wire: &Wire, dialling: &Dialling) -> Result<SettingsValues, CallError> {
    if let Some(candidate) = &dialling.candidate {
        wire.set_user(user_of(Some(candidate)));
        match wire.call(&WHO).await {
            Err(error) if error.failure == Failure::Auth => {}
            other => {
                let said = other?;
                wire.line.proven(candidate).await?;
                return Ok(said);
            }
        }
    }
    wire.set_user(user_of(dialling.credentials.as_ref()));
    wire.call(&WHO).await
}

/// Gives the terminal another user and password (3.3, hub rule 22): kept before they are sent, and in use once a call
/// succeeded with them. `call` is the call that sets them.
pub(super) async fn replace_user<T>(
    wire: &Wire,
    new: &SetUserPwd,
    call: impl Future<Output = Result<T, CallError>>,
) -> Result<T, CallError> {
    let user = BasicUser::new(new.user.as_str(), new.password.as_str());
    let candidate = kept(&user);
    wire.line.propose(&candidate).await?;
    let answer = call.await?;
    wire.set_user(user);
    wire.call(&WHO).await?;
    wire.line.proven(&candidate).await?;
    Ok(answer)
}

/// Looks at the terminal's clock, which shows whole seconds.
pub(super) async fn measure(wire: &Wire) -> Result<(), CallError> {
    let asked = Timestamp::now();
    let told = wire.call(&GetSettings(SettingsGroup::SysTime)).await?;
    let local = told.local_time();
    let Some(at) = local.and_then(|local| wire.line.zone().to_timestamp(local).ok()) else {
        tracing::info!(device = %wire.line.device.device.id, "the device tells no time that can be read");
        return Ok(());
    };
    let told_ms = at.as_millisecond().saturating_add(HALF_A_SECOND_MS);
    let skew_ms = wire.line.clock(told_ms, asked, Timestamp::now()).await?;
    wire.set_skew(skew_ms);
    Ok(())
}

/// What a terminal without such an operator says is nothing.
fn known<T>(answer: Result<T, CallError>) -> Result<Option<T>, CallError> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error)
            if matches!(
                error.failure,
                Failure::Auth | Failure::Disconnected | Failure::Timeout
            ) =>
        {
            Err(error)
        }
        Err(_) => Ok(None),
    }
}

async fn capacity(wire: &Wire) -> Result<Option<u32>, CallError> {
    let count = known(wire.call(&SearchPersonNum::default()).await)?;
    Ok(count
        .and_then(|count| u32::try_from(count.capacity).ok())
        .filter(|most| *most > 0))
}

async fn has_new_database(wire: &Wire) -> Result<bool, CallError> {
    let version = known(wire.call(&GetDatabaseVer {}).await)?;
    Ok(version.is_some_and(|version| version.version >= 1))
}
