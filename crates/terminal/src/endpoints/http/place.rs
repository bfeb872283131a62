//! Where dialects listen: bound before the terminal says that it runs, and again on the same addresses after a commanded
//! reboot (terminal rules 4 and 20), unless a platform said otherwise meanwhile.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;

/// How soon an address that is still taken is tried again.
const BIND_AGAIN: Duration = Duration::from_millis(100);

/// An address, and the listener that nobody has opened yet.
#[derive(Debug)]
struct Place {
    address: SocketAddr,
    bound: Option<TcpListener>,
}

/// All addresses that dialects listen on, by their names in `listeners.json`.
#[derive(Debug, Default)]
pub(crate) struct Places(Mutex<BTreeMap<&'static str, Place>>);

impl Places {
    /// Binds one more; an empty address is off.
    pub(crate) async fn bind(&self, name: &'static str, address: &str) -> io::Result<()> {
        if address.is_empty() {
            return Ok(());
        }
        self.move_to(name, TcpListener::bind(address).await?)
    }

    /// From the next opening on, one listens here.
    pub(crate) fn move_to(&self, name: &'static str, listener: TcpListener) -> io::Result<()> {
        let place = Place {
            address: listener.local_addr()?,
            bound: Some(listener),
        };
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(name, place);
        Ok(())
    }

    /// Where one listens; `None` where it is off.
    pub(crate) fn address(&self, name: &str) -> Option<SocketAddr> {
        let places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        places.get(name).map(|place| place.address)
    }

    /// The listener of a place, bound anew where it was opened before; waits until the address is free. `None` where it
    /// is off.
    pub(crate) async fn open(&self, name: &str) -> Option<TcpListener> {
        let address = self.address(name)?;
        let first = {
            let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            places.get_mut(name).and_then(|place| place.bound.take())
        };
        if first.is_some() {
            return first;
        }
        loop {
            match TcpListener::bind(address).await {
                Ok(listener) => return Some(listener),
                Err(error) => {
                    tracing::warn!(%address, %error, "cannot be listened on again yet");
                    tokio::time::sleep(BIND_AGAIN).await;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn opens_again_on_the_same_address() {
        let places = Places::default();
        places.bind("door", "127.0.0.1:0").await.unwrap();
        places.bind("off", "").await.unwrap();
        let address = places.address("door").unwrap();
        for _ in 0..3 {
            let listener = places.open("door").await.unwrap();
            assert_eq!(listener.local_addr().unwrap(), address);
        }
        assert!(places.open("off").await.is_none());
        let elsewhere = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let moved = elsewhere.local_addr().unwrap();
        places.move_to("door", elsewhere).unwrap();
        for _ in 0..2 {
            let listener = places.open("door").await.unwrap();
            assert_eq!(listener.local_addr().unwrap(), moved);
        }
    }
}
