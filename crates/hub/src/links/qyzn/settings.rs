//! The device's configuration (4.5.10) as settings of the API (hub rules 36 and 37).

use crate::links::BodyFault;
use dialects::qyzn::ConfigGroup;
use serde_json::{Map, Value};

/// Whether a change of a group can be sent.
pub(super) fn check(group: &str, changes: &Map<String, Value>) -> Result<(), BodyFault> {
    let Some(known) = ConfigGroup::of(group) else {
        return Err(BodyFault::new(
            "",
            format!("one of {}", ConfigGroup::NAMES.join(", ")),
        ));
    };
    if !known.is_writable() {
        return Err(BodyFault::new("", format!("{group} is read-only")));
    }
    if changes.is_empty() {
        return Err(BodyFault::new("", "at least one field of the group"));
    }
    if let Some(unknown) = dialects::fields::unknown(known.fields(), changes) {
        return Err(BodyFault::new(unknown, format!("{group} has no such field")));
    }
    known.change(changes).map(|_| ()).map_err(|error| {
        let field = error
            .field
            .split_once('.')
            .map_or(error.field.as_str(), |(_, field)| field);
        BodyFault::new(field, format!("{}, got {}", error.limit, error.got))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_fault_names_the_field_and_its_range() {
        let fault = |group: &str, changes: Value| check(group, changes.as_object().unwrap()).unwrap_err();
        let loud = fault("audioctl", json!({"level": 16}));
        assert_eq!(
            (loud.path.as_str(), loud.message.as_str()),
            ("level", "a whole number, 0 to 15, got 16")
        );
        assert_eq!(fault("audioctl", json!({"lvl": 1})).path, "lvl");
        assert_eq!(
            fault("version", json!({"appVer": "1"})).message,
            "version is read-only"
        );
        assert!(
            fault("what", json!({}))
                .message
                .starts_with("one of version, netinfo")
        );
        assert!(check("audioctl", json!({"level": "3"}).as_object().unwrap()).is_ok());
    }
}
