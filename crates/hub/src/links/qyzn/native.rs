//! Operations as they stand in the document: what a `native` command is on the wire, and what it asks of a device (hub
//! rules 33 to 35).

use dialects::qyzn::{AddPersonFace, Operation, PlatformRequest, RequestBody, Version};
use serde_json::{Value, json};

/// The request of a `native` command; `get_configs:audioctl` names a group of `get_configs` (rule 34's table).
pub(super) fn request(body: &Value) -> RequestBody {
    let operation = body
        .get("operation")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .trim();
    let (message, group) = match operation.split_once(':') {
        Some((message, group)) => (message, Some(group)),
        None => (operation, None),
    };
    let given = body.get("body").filter(|body| body.is_object()).cloned();
    let data = match (given, message, group) {
        (None, "get_configs", Some(group)) => json!({"groupKey": [group]}),
        (Some(values), "config_system", Some(group)) if values.get(group).is_none() => {
            json!({ group: values })
        }
        (Some(data), _, _) => data,
        (None, _, _) => json!({}),
    };
    RequestBody {
        message: message.to_owned(),
        data,
    }
}

/// The version that a message needs (QUIRKS T1).
pub(super) fn needs(message: &str) -> Version {
    match message {
        "config_device_pass_rule" => Version::V4,
        AddPersonFace::NAME => AddPersonFace::SINCE,
        message if message.starts_with("device_call") => Version::V5,
        _ => Version::V2,
    }
}

/// The version that a `native` command needs of a device, where it is not the first. What a device itself asks is
/// none of its operations: that it does not know one tells nothing.
pub(super) fn needs_of_device(body: &Value) -> Option<Version> {
    let message = request(body).message;
    let asked = PlatformRequest::ALL.contains(&message.as_str());
    asked
        .then(|| needs(&message))
        .filter(|needs| *needs > Version::V2)
}

/// Whether a `native` command destroys the device's records: `record_clear`, in any spelling (4.5.5).
pub(super) fn clears_records(body: &Value) -> bool {
    let request = request(body);
    let read = PlatformRequest::read(&request.message, &request.data);
    matches!(read, Ok(PlatformRequest::RecordClear(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn native(operation: &str) -> Value {
        json!({"operation": operation})
    }

    #[test]
    fn a_message_is_sent_in_the_version_that_it_needs() {
        assert_eq!(needs("open_door"), Version::V2);
        assert_eq!(needs("add_person_face"), Version::V3);
        assert_eq!(needs("config_device_pass_rule"), Version::V4);
        assert_eq!(needs("get_configs"), Version::V2);
    }

    #[test]
    fn only_operations_of_a_device_tell_what_it_speaks() {
        let needed = |operation: &str| needs_of_device(&native(operation));
        assert_eq!(needed("config_device_pass_rule"), Some(Version::V4));
        assert_eq!(needed("add_person_face"), Some(Version::V3));
        for other in ["open_door", "device_call_param", "no_such_message"] {
            assert_eq!(needed(other), None, "{other}");
        }
    }

    #[test]
    fn clearing_is_recognised_however_it_is_spelt() {
        for clearing in ["record_clear", "Record_Clear", " record_clear "] {
            assert!(clears_records(&native(clearing)), "{clearing}");
        }
        assert!(!clears_records(&native("clear_person")));
    }

    #[test]
    fn a_group_is_named_behind_a_colon() {
        let read = request(&native("get_configs:audioctl"));
        assert_eq!(read.data, json!({"groupKey": ["audioctl"]}));
        let written = request(&json!({"operation": "config_system:audioctl", "body": {"level": 3}}));
        assert_eq!(written.data, json!({"audioctl": {"level": 3}}));
        assert_eq!(written.message, "config_system");
    }
}
