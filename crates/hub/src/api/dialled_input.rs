//! Where and how a device is dialled, as operators give it (hub rules 14 and 20).

use super::device_input::{DeviceInput, DevicePatch};
use super::problem::Problem;
use crate::links::Dialect;
use crate::links::dialled::address::HostPort;
use crate::secret;
use serde_json::Value;
use store::hub::devices::{Standing, StoredDevice};

/// Where a device is that is being entered; nothing of it for dialects whose devices dial the hub.
#[derive(Debug, Default)]
pub(super) struct Dialling {
    pub(super) address: Option<String>,
    pub(super) push_address: Option<String>,
    pub(super) pinned_address: Option<String>,
    pub(super) link_key: Option<String>,
}

impl Dialling {
    /// # Errors
    /// 422 for what is missing or malformed.
    pub(super) fn of(dialect: &dyn Dialect, input: &DeviceInput) -> Result<Self, Problem> {
        if dialect.dialled().is_none() {
            return Ok(Self {
                address: input.address.clone(),
                ..Self::default()
            });
        }
        check_credentials(dialect, input.credentials.as_ref())?;
        let address = place("address", input.address.as_deref().unwrap_or_default())?;
        let push_address = input.push_address.as_deref();
        let push_address = push_address.map(|text| push_place(dialect, text)).transpose()?;
        Ok(Self {
            address: Some(address.to_string()),
            push_address: push_address.map(|place| place.to_string()),
            pinned_address: Some(address.host),
            link_key: Some(secret::random()),
        })
    }
}

/// Whether a change of where and how a device is dialled can be.
///
/// # Errors
/// 422 for what is malformed.
pub(super) fn check_dialled(dialect: &dyn Dialect, input: &DevicePatch) -> Result<(), Problem> {
    if dialect.dialled().is_none() {
        return Ok(());
    }
    check_credentials(dialect, input.credentials.as_ref())?;
    if let Some(address) = input.address.as_ref().and_then(Option::as_deref) {
        place("address", address)?;
    }
    if let Some(address) = input.push_address.as_ref().and_then(Option::as_deref) {
        push_place(dialect, address)?;
    }
    Ok(())
}

/// Whether credentials are those of the dialect.
///
/// # Errors
/// 422 with the field.
pub(super) fn check_credentials(dialect: &dyn Dialect, credentials: Option<&Value>) -> Result<(), Problem> {
    let (Some(dialled), Some(credentials)) = (dialect.dialled(), credentials) else {
        return Ok(());
    };
    dialled.check_credentials(credentials).map_err(|fault| {
        let path = match fault.path.as_str() {
            "" => "credentials".to_owned(),
            field => format!("credentials.{field}"),
        };
        Problem::invalid_field(&path, "invalid", fault.message)
    })
}

/// The address that a device may come from, as addresses are compared; a device that is dialled may have a name there.
///
/// # Errors
/// 422 for what is neither.
pub(super) fn pinnable(
    dialect: &dyn Dialect,
    pinned: Option<Option<String>>,
) -> Result<Option<Option<String>>, Problem> {
    let Some(Some(text)) = pinned else {
        return Ok(pinned);
    };
    let text = text.trim();
    if let Ok(address) = text.parse::<std::net::IpAddr>() {
        return Ok(Some(Some(address.to_string())));
    }
    let names = dialect.hub_dials();
    if names
        && format!("{text}:1")
            .parse::<HostPort>()
            .is_ok_and(|place| place.host == text)
    {
        return Ok(Some(Some(text.to_owned())));
    }
    let limit = match names {
        true => "an IP address like 192.0.2.7, or a host's name, without a port",
        false => "an IP address like 192.0.2.7",
    };
    Err(Problem::invalid_field("pinned_address", "invalid", limit))
}

/// A device that is dialled elsewhere comes from elsewhere, too, unless something else is said.
pub(super) fn repinned(before: &StoredDevice, input: &DevicePatch) -> Option<Option<String>> {
    if input.pinned_address.is_some() {
        return input.pinned_address.clone();
    }
    let old = host_of(before.device.address.as_deref());
    let was_pinned_there = before.pinned_address.is_some() && before.pinned_address == old;
    let new = input.address.as_ref()?;
    was_pinned_there
        .then(|| host_of(new.as_deref()))
        .flatten()
        .map(Some)
}

/// A device that came by its pushes is pinned to where it came from.
pub(super) fn pinned_on_approval(before: &StoredDevice) -> Option<Option<String>> {
    let dialect = crate::links::dialect(&before.device.dialect)?;
    let is_new = before.standing == Standing::Pending && before.pinned_address.is_none();
    if !is_new || !dialect.hub_dials() {
        return None;
    }
    host_of(before.device.address.as_deref()).map(Some)
}

fn host_of(address: Option<&str>) -> Option<String> {
    let address = address?;
    if address.parse::<std::net::IpAddr>().is_ok() {
        return Some(address.to_owned());
    }
    let place: HostPort = address.parse().ok()?;
    Some(place.host)
}

fn place(path: &str, text: &str) -> Result<HostPort, Problem> {
    text.parse()
        .map_err(|error: crate::links::dialled::address::NoHostPort| {
            Problem::invalid_field(path, "invalid", error.to_string())
        })
}

fn push_place(dialect: &dyn Dialect, text: &str) -> Result<HostPort, Problem> {
    if dialect
        .dialled()
        .and_then(|dialled| dialled.push_port())
        .is_none()
    {
        return Err(Problem::unsupported(
            "push_address",
            "devices of this dialect are listened to where they are called",
        ));
    }
    place("push_address", text)
}
