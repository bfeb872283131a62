//! Where devices are: `host:port`, and the addresses that they are pinned to (hub rules 14 and 20).

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// The longest host, in bytes: that of a DNS name.
const MOST_HOST_BYTES: usize = 253;

/// A host and a port; the host is a name or an address, IPv6 without its brackets.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HostPort {
    /// The name or address.
    pub host: String,
    /// The port, not 0.
    pub port: u16,
}

/// It is no `host:port`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("host:port, as in 192.0.2.7:8000 or [2001:db8::7]:8000")]
pub struct NoHostPort;

impl FromStr for HostPort {
    type Err = NoHostPort;

    fn from_str(text: &str) -> Result<Self, NoHostPort> {
        let (host, port) = text.trim().rsplit_once(':').ok_or(NoHostPort)?;
        let port: u16 = port.parse().map_err(|_| NoHostPort)?;
        let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let is_host = match bracketed {
            Some(host) => host.parse::<std::net::Ipv6Addr>().is_ok(),
            None => (1..=MOST_HOST_BYTES).contains(&host.len()) && host.bytes().all(is_of_name),
        };
        if port == 0 || !is_host {
            return Err(NoHostPort);
        }
        let host = bracketed.unwrap_or(host).to_owned();
        Ok(Self { host, port })
    }
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_')
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// Whether somebody who calls from `peer` is at the pinned address: the address itself, or one that the pinned name has
/// now.
pub async fn is_pinned(pinned: &str, peer: IpAddr) -> bool {
    let peer = peer.to_canonical();
    if let Ok(pinned) = pinned.parse::<IpAddr>() {
        return pinned.to_canonical() == peer;
    }
    // A port is needed to look a name up, and means nothing.
    let found = tokio::net::lookup_host((pinned, 1)).await;
    found.is_ok_and(|mut all| all.any(|address| address.ip().to_canonical() == peer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_host_and_port_is_refused() {
        for (text, host, port) in [
            ("192.0.2.7:8000", "192.0.2.7", 8000),
            ("door-1.example:80", "door-1.example", 80),
            ("[2001:db8::7]:8088", "2001:db8::7", 8088),
        ] {
            let read: HostPort = text.parse().unwrap();
            assert_eq!((read.host.as_str(), read.port), (host, port));
            assert_eq!(read.to_string(), text);
        }
        for text in [
            "",
            "door",
            "door:",
            ":80",
            "door:0",
            "door:70000",
            "http://door:80",
            "a@b:80",
            "2001:db8::7",
            "a b:80",
        ] {
            assert!(text.parse::<HostPort>().is_err(), "{text}");
        }
    }

    #[tokio::test]
    async fn an_address_is_the_same_in_both_families_spellings() {
        let peer = |text: &str| text.parse::<IpAddr>().unwrap();
        assert!(is_pinned("192.0.2.7", peer("::ffff:192.0.2.7")).await);
        assert!(!is_pinned("192.0.2.7", peer("192.0.2.8")).await);
        assert!(is_pinned("localhost", peer("127.0.0.1")).await);
    }
}
