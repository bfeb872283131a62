//! What permissions are about: one scope per first path segment of the API (hub rules 7 and 8).

use store::hub::accounts::Role;

/// A part of the API, and who may do what in it.
pub trait Scope: Send + Sync + 'static {
    /// The first path segment under `/api/v1`, and the name in tokens' scopes.
    const NAME: &'static str;
    /// The least role that may read.
    const READ: Role = Role::Viewer;
    /// The least role that may change.
    const CHANGE: Role = Role::Operator;
    /// Whether a user who is bound to a zone has a part in it. Where not, everything is 404 to such a user; where so,
    /// the handlers narrow what they give to the caller's zone.
    const ZONED: bool = false;
}

macro_rules! scopes {
    ($($(#[$doc:meta])* $name:ident = $text:literal { $($item:item)* })*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy)]
            pub struct $name;
            impl Scope for $name {
                const NAME: &'static str = $text;
                $($item)*
            }
        )*
        /// The names of all scopes.
        pub const NAMES: &[&str] = &[$($text),*];
    };
}

scopes! {
    /// Devices, their rosters and strays.
    Devices = "devices" { const ZONED: bool = true; }
    /// Commands to devices.
    Commands = "commands" { const ZONED: bool = true; }
    /// Persons and their photos.
    Persons = "persons" { const ZONED: bool = true; }
    /// Visitors: persons with an end and a QR code.
    Visitors = "visitors" { const ZONED: bool = true; }
    /// Who answers calls from doors.
    Rooms = "rooms" {}
    /// Groups of persons.
    Groups = "groups" {}
    /// Zones of doors.
    Zones = "zones" {}
    /// Schedules.
    Schedules = "schedules" {}
    /// Holidays.
    Holidays = "holidays" {}
    /// Grants.
    Grants = "grants" {}
    /// Records and their photos.
    Records = "records" { const ZONED: bool = true; }
    /// The event stream.
    Events = "events" { const ZONED: bool = true; }
    /// The face engine on posted photos.
    Faces = "faces" {}
    /// Users.
    Users = "users" {
        const READ: Role = Role::Admin;
        const CHANGE: Role = Role::Admin;
    }
    /// Tokens: one's own, and for an admin everyone's.
    Tokens = "tokens" { const ZONED: bool = true; }
    /// The audit.
    Audit = "audit" {
        const READ: Role = Role::Admin;
        const CHANGE: Role = Role::Admin;
    }
    /// Settings of the hub.
    Settings = "settings" {
        const READ: Role = Role::Admin;
        const CHANGE: Role = Role::Admin;
    }
    /// Counts and figures.
    Stats = "stats" { const ZONED: bool = true; }
    /// Metrics for Prometheus.
    Metrics = "metrics" {}
}

/// Whether a text is a scope that a token can have: `<name>:read`, `<name>:write` or `*`.
#[must_use]
pub fn is_known(text: &str) -> bool {
    text == "*"
        || text
            .split_once(':')
            .is_some_and(|(name, access)| NAMES.contains(&name) && matches!(access, "read" | "write"))
}

#[cfg(test)]
mod tests {
    use super::is_known;

    #[test]
    fn scopes_are_known_by_name() {
        for good in ["*", "commands:write", "metrics:read"] {
            assert!(is_known(good), "{good}");
        }
        for bad in [
            "",
            "commands",
            "commands:",
            "commands:*",
            "nothing:read",
            "*:read",
            "Commands:read",
        ] {
            assert!(!is_known(bad), "{bad}");
        }
    }
}
