//! One connection to the broker: heartbeats, codes, and records in their order, each once the broker has the one before.

use super::{Parameters, Position};
use crate::endpoints::at;
use crate::endpoints::facegate::pushes::interval;
use crate::endpoints::facegate::report::Facts;
use crate::endpoints::facegate::{DIALECT, Endpoint};
use crate::endpoints::publisher::{PublishError, Publisher, Told};
use dialects::facegate::Push;
use jiff::Timestamp;
use std::collections::VecDeque;
use std::time::Duration;
use store::StoreError;
use store::terminal::Entry;
use tokio::sync::{broadcast, watch};
use tokio::time::Instant;

/// Bytes of a message with its pictures in Base64.
const MESSAGE_BYTES: usize = 4 * 1024 * 1024;
/// How long the broker may take to confirm a message.
const CONFIRMED_WITHIN: Duration = Duration::from_secs(20);
/// Heartbeats and codes that may wait; more are as good as late.
const WAITING: usize = 16;

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
pub(super) enum LinkEnd {
    /// The broker is gone, or was never there.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// It takes what is published and says nothing.
    #[error("the broker does not confirm what was published")]
    Unconfirmed,
    /// The own store could not give a record, or keep how far the broker is.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A message that the broker has yet to confirm.
struct UnderWay {
    /// The record's place.
    record: Option<u64>,
    until: Instant,
}

/// A connection.
pub(super) struct Link<'a> {
    endpoint: &'a Endpoint,
    parameters: &'a Parameters,
    publisher: Publisher,
    /// Whether the broker took it.
    is_open: bool,
    /// How far the broker is.
    position: Position,
    beat_at: Option<Instant>,
    shown: broadcast::Receiver<Push>,
    grew: watch::Receiver<u64>,
    waiting: VecDeque<Push>,
    under_way: Option<UnderWay>,
}

impl<'a> Link<'a> {
    /// Begins to dial. Records are published that are made from now on, or that wait where they are resumed.
    pub(super) async fn dial(endpoint: &'a Endpoint, parameters: &'a Parameters) -> Result<Self, StoreError> {
        let grew = endpoint.device.journal_grew.subscribe();
        Ok(Self {
            position: endpoint.position(parameters).await?,
            publisher: Publisher::dial(&parameters.account, MESSAGE_BYTES),
            endpoint,
            parameters,
            is_open: false,
            beat_at: None,
            shown: endpoint.shown_codes.subscribe(),
            grew,
            waiting: VecDeque::new(),
            under_way: None,
        })
    }

    /// Whether the broker took this connection.
    pub(super) fn was_open(&self) -> bool {
        self.is_open
    }

    /// Publishes until the connection ends. Without loss where it is not awaited to the end.
    pub(super) async fn serve(&mut self) -> LinkEnd {
        loop {
            if let Err(end) = self.turn().await {
                return end;
            }
        }
    }

    /// Says goodbye.
    pub(super) async fn leave(self) {
        self.publisher.leave().await;
    }

    async fn turn(&mut self) -> Result<(), LinkEnd> {
        if self.is_open && self.under_way.is_none() {
            self.send_next().await?;
        }
        let confirmed_until = self.under_way.as_ref().map(|message| message.until);
        tokio::select! {
            told = self.publisher.next() => self.told(told?).await,
            Ok(code) = self.shown.recv() => {
                if self.parameters.has_codes() {
                    self.wait(code);
                }
                Ok(())
            }
            Ok(()) = self.grew.changed() => Ok(()),
            () = at(self.beat_at) => {
                self.beat();
                Ok(())
            }
            () = at(confirmed_until) => Err(LinkEnd::Unconfirmed),
        }
    }

    async fn told(&mut self, told: Told) -> Result<(), LinkEnd> {
        match told {
            Told::Open => {
                tracing::info!(account = ?self.parameters.account, "the broker took this terminal");
                self.is_open = true;
                self.beat();
            }
            Told::Confirmed => {
                if let Some(record) = self.under_way.take().and_then(|message| message.record) {
                    self.position.after = record;
                    self.endpoint
                        .keep_position(self.parameters, self.position)
                        .await?;
                }
            }
        }
        Ok(())
    }

    /// The heartbeat, as often as it was subscribed (3.14).
    fn beat(&mut self) {
        let period = interval(&self.endpoint.memory.get().subscription);
        self.beat_at = Some(Instant::now() + period);
        self.wait(self.endpoint.heart_beat());
    }

    fn wait(&mut self, push: Push) {
        if self.waiting.len() < WAITING {
            self.waiting.push_back(push);
        } else {
            tracing::debug!(operator = push.operator(), "the broker is slow: not published");
        }
    }

    async fn send_next(&mut self) -> Result<(), LinkEnd> {
        if let Some(push) = self.waiting.pop_front() {
            return self.send(&push, None);
        }
        while let Some(entry) = self.next_record().await? {
            let seq = entry.seq;
            let facts = Facts::read(entry)?;
            let subscription = &self.parameters.subscription;
            if let Some(message) = self.endpoint.message(facts, subscription).await? {
                return self.send(&message.push, Some(seq));
            }
            self.position.after = seq;
        }
        Ok(())
    }

    /// The record after the last one; none where it is yet to be decided.
    async fn next_record(&self) -> Result<Option<Entry>, StoreError> {
        let Position { from, after } = self.position;
        let journal = &self.endpoint.device.journal;
        let next = journal.visible(DIALECT, from, Timestamp::MAX, after, 1).await?;
        Ok(next.into_iter().next().filter(|entry| entry.settled))
    }

    fn send(&mut self, push: &Push, record: Option<u64>) -> Result<(), LinkEnd> {
        let payload = push.to_bytes(&self.endpoint.id);
        self.publisher.publish(&self.parameters.topic, payload)?;
        self.under_way = Some(UnderWay {
            record,
            until: Instant::now() + CONFIRMED_WITHIN,
        });
        Ok(())
    }
}
