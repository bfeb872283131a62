//! `[mqtt]`: the terminal is a client of a broker, and a platform is another.

use super::{ConfigError, value};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::PathBuf;

/// `[mqtt]`.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MqttConfig {
    /// `tcp://host:port` or `ssl://host:port` (1.1).
    pub broker: String,
    /// The user name that the broker knows; empty: none is told.
    pub username: String,
    /// The password.
    pub password: String,
    /// A private authority's certificates (PEM) for `ssl://`; empty: those of the system.
    pub ca: PathBuf,
    /// Seconds between `keepAlive` messages at most (2.1.2).
    pub heartbeat_seconds: u64,
    /// Seconds until a record or a streamed person that is not acknowledged is sent again.
    pub resend_seconds: u64,
    /// Seconds of the first pause after a lost connection.
    pub reconnect_seconds: u64,
    /// Seconds until a registration without an answer is repeated.
    pub register_seconds: u64,
    /// Records that wait for their acknowledgement at the same time.
    pub window: usize,
}

impl Default for MqttConfig {
    fn default() -> Self {
        Self {
            broker: "tcp://127.0.0.1:1883".into(),
            username: String::new(),
            password: String::new(),
            ca: PathBuf::new(),
            heartbeat_seconds: 30,
            resend_seconds: 10,
            reconnect_seconds: 5,
            register_seconds: 30,
            window: 8,
        }
    }
}

impl fmt::Debug for MqttConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MqttConfig")
            .field("broker", &self.broker)
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

/// Where a broker is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokerAddress {
    /// Name or address; an IPv6 one in brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Whether TLS is spoken there.
    pub tls: bool,
}

impl BrokerAddress {
    /// Reads `tcp://host:port` or `ssl://host:port`; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.trim().split_once("://")?;
        let tls = match scheme {
            "tcp" => false,
            "ssl" => true,
            _ => return None,
        };
        let (host, port) = rest.trim_end_matches('/').rsplit_once(':')?;
        let strange = |c: char| c.is_whitespace() || matches!(c, '/' | '@' | '?' | '#');
        let bare = host.contains(':') && !host.starts_with('[');
        if host.is_empty() || bare || host.contains(strange) {
            return None;
        }
        Some(Self {
            host: host.to_owned(),
            port: port.parse().ok().filter(|port| *port > 0)?,
            tls,
        })
    }
}

impl MqttConfig {
    /// Where the broker is.
    ///
    /// # Errors
    /// [`ConfigError`] naming the key.
    pub fn address(&self) -> Result<BrokerAddress, ConfigError> {
        BrokerAddress::parse(&self.broker).ok_or_else(|| {
            value(
                "mqtt.broker",
                format!("tcp://host:port or ssl://host:port, not {:?}", self.broker),
            )
        })
    }

    /// Refuses what cannot work; `serial` is the terminal's.
    pub(super) fn check(&self, serial: &str) -> Result<(), ConfigError> {
        let address = self.address()?;
        if !dialects::mqtt::topic::is_serial(serial) {
            let limit = format!(
                "a part of a topic with [mqtt], without + # / and blanks at the ends, not {serial:?}"
            );
            return Err(value("terminal.serial", limit));
        }
        if self.username.is_empty() && !self.password.is_empty() {
            return Err(value("mqtt.username", "a password needs a user name"));
        }
        if !address.tls && !self.ca.as_os_str().is_empty() {
            return Err(value("mqtt.ca", "of use with ssl:// alone"));
        }
        let periods = [self.heartbeat_seconds, self.resend_seconds, self.register_seconds];
        if periods.contains(&0) || self.window == 0 {
            return Err(value(
                "mqtt",
                "heartbeat_seconds, resend_seconds, register_seconds and window are at least 1",
            ));
        }
        if self.heartbeat_seconds > u64::from(u16::MAX) {
            return Err(value("mqtt.heartbeat_seconds", format!("at most {}", u16::MAX)));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_the_documents() {
        let at = |text| BrokerAddress::parse(text).map(|at| (at.host, at.port, at.tls));
        assert_eq!(
            at("tcp://121.40.165.18:8800"),
            Some(("121.40.165.18".into(), 8800, false))
        );
        assert_eq!(
            at("ssl://broker.example:8883/"),
            Some(("broker.example".into(), 8883, true))
        );
        assert_eq!(at("tcp://[::1]:1883"), Some(("[::1]".into(), 1883, false)));
        for wrong in [
            "",
            "127.0.0.1:1883",
            "http://host:1",
            "tcp://host",
            "tcp://:1883",
            "tcp://host:0",
            "tcp://host:65536",
            "tcp://::1:1883",
            "tcp://user@host:1883",
            "tcp://host/x:1883",
        ] {
            assert_eq!(at(wrong), None, "{wrong}");
        }
    }
}
