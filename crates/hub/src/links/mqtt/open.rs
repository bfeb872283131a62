//! A broker that lets anybody in, and a client of it: how a device is met without a hub.

use super::broker::OpenBroker;
use super::client::{self, Arrived, External, Publisher, Target};
use bytes::Bytes;
use dialects::mqtt::Topic;
use std::io;
use std::net::SocketAddr;
use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, DropGuard};

/// Messages of devices that wait to be read.
const WAITING: usize = 64;
/// Under which the broker knows this side.
const CLIENT_ID: &str = "menshen-meeting";

/// Where devices are met; it ends with this.
pub(crate) struct Meeting {
    publisher: Publisher,
    arrived: mpsc::Receiver<(String, Bytes)>,
    _broker: OpenBroker,
    _ends: DropGuard,
}

impl Meeting {
    /// Serves devices at this address; gives the one that is served.
    ///
    /// # Errors
    /// It cannot be listened there, or the broker does not start.
    pub(crate) async fn begin(address: &str) -> io::Result<(Self, SocketAddr)> {
        let mut broker = OpenBroker::start(address).await?;
        let (served, own) = broker.addresses();
        let target = Target::External(External {
            host: own.ip().to_string(),
            port: own.port(),
            login: None,
            tls: None,
            client_id: CLIENT_ID.to_owned(),
        });
        let (publisher, shutdown) = (Publisher::default(), CancellationToken::new());
        let (subscribed, mut is_subscribed) = mpsc::channel(1);
        let (messages, arrived) = mpsc::channel(WAITING);
        tokio::spawn(client::run(target, publisher.clone(), shutdown.clone(), {
            async move |what| match what {
                Arrived::Subscribed => drop(subscribed.try_send(())),
                Arrived::Lost(why) => tracing::debug!(why, "the broker was lost"),
                Arrived::Message { topic, payload, .. } => {
                    // Nobody reads any more once the meeting has ended.
                    let _ = messages.send((topic, payload)).await;
                }
            }
        }));
        let ends = shutdown.drop_guard();
        if is_subscribed.recv().await.is_none() {
            return Err(io::Error::other("the broker cannot be reached"));
        }
        // Nothing that a device says falls between.
        broker.open();
        let meeting = Self {
            publisher,
            arrived,
            _broker: broker,
            _ends: ends,
        };
        Ok((meeting, served))
    }

    /// The next message of whichever device.
    pub(crate) async fn next(&mut self) -> Option<(String, Bytes)> {
        self.arrived.recv().await
    }

    /// Tells a device something; `false` where the broker cannot be reached.
    pub(crate) async fn publish(&self, topic: &Topic, payload: Vec<u8>) -> bool {
        self.publisher.publish(topic, payload).await.is_ok()
    }
}
