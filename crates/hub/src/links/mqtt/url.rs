//! `mqtt.broker`: `mqtt://user:password@host:1883`, or `mqtts://` for TLS.

use super::client::External;

/// The port of a URL without one.
const PLAIN_PORT: u16 = 1883;
/// The same over TLS.
const TLS_PORT: u16 = 8883;

/// A broker's URL, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BrokerUrl {
    pub(super) tls: bool,
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) login: Option<(String, String)>,
}

impl BrokerUrl {
    /// Takes a URL apart.
    ///
    /// # Errors
    /// What is wrong with it, in words that do not repeat the password.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let (scheme, rest) = text
            .split_once("://")
            .ok_or("it is a URL like mqtts://user:password@host:8883")?;
        let tls = match scheme {
            "mqtt" | "tcp" => false,
            "mqtts" | "ssl" | "tls" => true,
            _ => return Err("its scheme is mqtt or mqtts"),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (login, place) = match rest.rsplit_once('@') {
            Some((login, place)) => (Some(login), place),
            None => (None, rest),
        };
        let login = match login {
            None => None,
            Some(login) => {
                let (user, password) = login.split_once(':').unwrap_or((login, ""));
                let decode = |text| decoded(text).ok_or("user or password has a % without two digits");
                Some((decode(user)?, decode(password)?))
            }
        };
        let default = if tls { TLS_PORT } else { PLAIN_PORT };
        let (host, port) = match place.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, "")) => (host, default),
            Some((host, rest)) => (host, port(rest.strip_prefix(':').unwrap_or_default())?),
            None => match place.split_once(':') {
                Some((host, text)) => (host, port(text)?),
                None => (place, default),
            },
        };
        if host.is_empty() || host.contains('/') {
            return Err("after :// (and user:password@) stands host or host:port");
        }
        Ok(Self {
            tls,
            host: host.to_owned(),
            port,
            login,
        })
    }

    /// The broker that is meant.
    pub(super) fn external(self, authority: Option<Vec<u8>>, client_id: String) -> External {
        External {
            host: self.host,
            port: self.port,
            login: self.login,
            tls: self.tls.then_some(authority),
            client_id,
        }
    }
}

fn port(text: &str) -> Result<u16, &'static str> {
    text.parse()
        .ok()
        .filter(|port| *port != 0)
        .ok_or("its port is 1 to 65535")
}

/// Percent-decoding of a URL's user and password.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let pair = [rest.next()?, rest.next()?];
            bytes.extend(hex::decode(pair).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::BrokerUrl;

    #[test]
    fn urls_are_taken_apart() {
        let url = BrokerUrl::parse("mqtts://hub:s%40cret%3A1@broker.example:8884").unwrap();
        let login = Some(("hub".to_owned(), "s@cret:1".to_owned()));
        assert_eq!(
            (url.tls, url.host.as_str(), url.port, url.login),
            (true, "broker.example", 8884, login)
        );
        let url = BrokerUrl::parse("mqtt://10.0.0.2").unwrap();
        assert_eq!(
            (url.tls, url.host.as_str(), url.port, url.login),
            (false, "10.0.0.2", 1883, None)
        );
        let url = BrokerUrl::parse("tcp://[::1]:1884/").unwrap();
        assert_eq!((url.host.as_str(), url.port), ("::1", 1884));
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, part) in [
            ("broker:1883", "a URL"),
            ("http://broker", "scheme"),
            ("mqtt://", "host"),
            ("mqtt://h:0", "port"),
            ("mqtt://h:x", "port"),
            ("mqtt://u%4:p@h", "%"),
        ] {
            let why = BrokerUrl::parse(text).unwrap_err();
            assert!(why.contains(part), "{text}: {why}");
        }
    }
}
