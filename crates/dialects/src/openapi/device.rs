//! 8.1.7 to 8.1.17: calls that concern the device.

use super::code::Code;
use super::incoming::{Incoming, Refused};
use super::object::{Information, Network, Peripherals, SmartFace};
use super::operation::{Operation, Outgoing};
use crate::fields::FieldError;
use crate::http::Method;
use crate::limits::characters;
use serde_json::{Map, Value};

/// Characters of what is noted with an opening (8.1.7).
pub const REMARK_CHARACTERS: usize = 255;

/// Refuses what is out of its range.
pub(super) fn invalid(error: FieldError) -> Refused {
    Refused::new(Code::InvalidParameter, error.to_string())
}

/// Opens the door (8.1.7).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OpenDoor {
    /// What is noted with it.
    pub remark: Option<String>,
}

impl Operation for OpenDoor {
    const NAME: &'static str = "/api/device/open";
    const SECTION: &'static str = "8.1.7";
    const METHOD: Method = Method::Post;
    type Answer = ();

    fn read(incoming: &Incoming, _: Option<&str>) -> Result<Self, Refused> {
        let remark = incoming.parameters.text("remark");
        characters("remark", remark.as_deref().unwrap_or_default(), REMARK_CHARACTERS).map_err(invalid)?;
        Ok(Self {
            remark: remark.filter(|remark| !remark.is_empty()),
        })
    }

    fn outgoing(&self) -> Outgoing {
        Outgoing {
            query: self
                .remark
                .iter()
                .map(|remark| ("remark", remark.clone()))
                .collect(),
            ..Outgoing::default()
        }
    }
}

/// Calls that say nothing but their name.
macro_rules! bare {
    ($($(#[$doc:meta])* $name:ident = $wire:literal, $section:literal -> $answer:ty;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub struct $name;

        impl Operation for $name {
            const NAME: &'static str = $wire;
            const SECTION: &'static str = $section;
            const METHOD: Method = Method::Post;
            type Answer = $answer;

            fn read(_: &Incoming, _: Option<&str>) -> Result<Self, Refused> {
                Ok(Self)
            }

            fn outgoing(&self) -> Outgoing {
                Outgoing::default()
            }
        }
    )*};
}

bare! {
    /// Sets the device's clock to the timestamp of the call (8.1.8), which may be any: a clock that is days off must be
    /// set, too (QUIRKS O2). Other calls do not set it (QUIRKS O40).
    SyncTime = "/api/device/syncTime", "8.1.8" -> ();
    /// Restarts the device (8.1.9).
    Reboot = "/api/device/reboot", "8.1.9" -> ();
    /// What the device is (8.1.11).
    GetInformation = "/api/device/information", "8.1.11" -> Information;
    /// Its network (8.1.12).
    GetNetwork = "/api/device/network", "8.1.12" -> Network;
    /// How it looks for faces (8.1.14).
    GetSmartFace = "/api/device/smartface", "8.1.14" -> SmartFace;
    /// What is around it (8.1.16).
    GetPeripherals = "/api/device/perpara", "8.1.16" -> Peripherals;
}

/// Calls whose content is a whole object.
macro_rules! settings {
    ($($(#[$doc:meta])* $name:ident($object:ty) = $wire:literal, $section:literal, $check:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name(pub $object);

        impl Operation for $name {
            const NAME: &'static str = $wire;
            const SECTION: &'static str = $section;
            const METHOD: Method = Method::Post;
            type Answer = ();

            fn read(incoming: &Incoming, _: Option<&str>) -> Result<Self, Refused> {
                let whole = <$object>::whole(incoming.content()?)?;
                let check: fn(&$object) -> Result<(), FieldError> = $check;
                check(&whole).map_err(invalid)?;
                Ok(Self(whole))
            }

            fn outgoing(&self) -> Outgoing {
                Outgoing::content(self.0.0.clone())
            }
        }
    )*};
}

settings! {
    /// Sets the network, whole (8.1.13).
    SetNetwork(Network) = "/api/device/networkcfg", "8.1.13", Network::check;
    /// Sets how the device looks for faces, whole (8.1.15).
    SetSmartFace(SmartFace) = "/api/device/smartfacecfg", "8.1.15", |_| Ok(());
    /// Sets what is around the device, whole (8.1.17).
    SetPeripherals(Peripherals) = "/api/device/perparacfg", "8.1.17", |_| Ok(());
}

/// A command of the vendor's own (8.1.10): the content is the command.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JsonCommand(pub Map<String, Value>);

impl Operation for JsonCommand {
    const NAME: &'static str = "/api/device/jsonCmd";
    const SECTION: &'static str = "8.1.10";
    const METHOD: Method = Method::Post;
    const ANSWERS_IN_JSON: bool = true;
    type Answer = Value;

    fn read(incoming: &Incoming, _: Option<&str>) -> Result<Self, Refused> {
        incoming.content().cloned().map(Self)
    }

    fn outgoing(&self) -> Outgoing {
        Outgoing::content(self.0.clone())
    }
}
