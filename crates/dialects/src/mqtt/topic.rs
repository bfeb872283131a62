//! Topics (1.2): who speaks, about which device, and whether it asks or answers.

use std::fmt;
use std::str::FromStr;

/// The longest serial number, bytes (2.1.1).
pub const SERIAL_BYTES: usize = 32;

/// Who publishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sender {
    /// The device: `face/…`.
    Device,
    /// The cloud: `pass/…`.
    Cloud,
}

/// What is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// Questions and reports.
    Request,
    /// Answers.
    Response,
}

/// A topic of this dialect.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Topic {
    /// Who publishes on it.
    pub sender: Sender,
    /// The device's serial number.
    pub serial: String,
    /// What is published.
    pub part: Part,
}

/// Not a topic of this dialect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not face/<serial>/request|response or pass/<serial>/request|response")]
pub struct TopicError(String);

impl Topic {
    /// Where a device publishes.
    #[must_use]
    pub fn of_device(serial: impl Into<String>, part: Part) -> Self {
        Self {
            sender: Sender::Device,
            serial: serial.into(),
            part,
        }
    }

    /// Where the cloud publishes.
    #[must_use]
    pub fn of_cloud(serial: impl Into<String>, part: Part) -> Self {
        Self {
            sender: Sender::Cloud,
            serial: serial.into(),
            part,
        }
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sender = match self.sender {
            Sender::Device => "face",
            Sender::Cloud => "pass",
        };
        let part = match self.part {
            Part::Request => "request",
            Part::Response => "response",
        };
        write!(f, "{sender}/{}/{part}", self.serial)
    }
}

/// Whether a serial number can stand in a topic: 1 to 32 bytes without wildcards, slashes, controls, blanks at its
/// ends.
#[must_use]
pub fn is_serial(serial: &str) -> bool {
    !serial.is_empty()
        && serial.len() <= SERIAL_BYTES
        && serial.trim() == serial
        && !serial
            .chars()
            .any(|c| matches!(c, '+' | '#' | '/' | '\u{0}') || c.is_control())
}

impl FromStr for Topic {
    type Err = TopicError;

    /// `requset`, as the document prints it twice, is a request (QUIRKS M4).
    fn from_str(text: &str) -> Result<Self, TopicError> {
        let wrong = || TopicError(crate::text::cut(text, 64).to_owned());
        let mut parts = text.split('/');
        let (Some(sender), Some(serial), Some(part), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(wrong());
        };
        let sender = match sender {
            "face" => Sender::Device,
            "pass" => Sender::Cloud,
            _ => return Err(wrong()),
        };
        let part = match part {
            "request" | "requset" => Part::Request,
            "response" => Part::Response,
            _ => return Err(wrong()),
        };
        if !is_serial(serial) {
            return Err(wrong());
        }
        Ok(Self {
            sender,
            serial: serial.to_owned(),
            part,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_are_read_and_written() {
        for (text, sender, part) in [
            ("face/1683800000106/request", Sender::Device, Part::Request),
            ("face/1683800000106/response", Sender::Device, Part::Response),
            ("pass/1683800000106/request", Sender::Cloud, Part::Request),
            ("pass/1683800000106/response", Sender::Cloud, Part::Response),
        ] {
            let topic: Topic = text.parse().unwrap();
            assert_eq!(
                (topic.sender, topic.part, topic.serial.as_str()),
                (sender, part, "1683800000106")
            );
            assert_eq!(topic.to_string(), text);
        }
        assert_eq!(
            "pass/1/requset".parse::<Topic>().unwrap(),
            Topic::of_cloud("1", Part::Request)
        );
    }

    #[test]
    fn other_topics_are_none_of_ours() {
        for text in [
            "",
            "face",
            "face/1",
            "face//request",
            "face/1/request/x",
            "other/1/request",
            "face/+/request",
            "face/#",
            "face/ 1/request",
            "face/1/answer",
            "face/123456789012345678901234567890123/request",
        ] {
            assert!(text.parse::<Topic>().is_err(), "{text}");
        }
    }
}
