//! Delivering records: oldest first, each sent again until it is acknowledged under its own id (terminal rule 27).

use super::line::Line;
use super::{DIALECT, LinkEnd, report};
use crate::config::MqttConfig;
use crate::decider::Verdict;
use crate::device::Device;
use crate::endpoints::delivery::{Queue, STORE_PAUSE};
use dialects::mqtt::{DeviceRequest, ErrorCode, UploadRecordResp};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use store::StoreError;
use store::terminal::Entry;
use tokio::time::Instant;

/// Refused records that are offered again beside newer ones; with more, newer ones wait.
const REFUSED: usize = 64;

/// A record that was sent.
struct Sent {
    seq: u64,
    /// When it is sent again; never before the broker has it, or the connection ends.
    again_at: Option<Instant>,
    /// The platform has answered, and does not take it yet.
    refused: bool,
}

/// The deliveries of one connection.
pub(super) struct Pump {
    device: Arc<Device>,
    queue: Queue,
    window: usize,
    resend: Duration,
    /// By the records' ids.
    sent: BTreeMap<String, Sent>,
    not_before: Option<Instant>,
}

impl Pump {
    pub(super) fn new(device: &Arc<Device>, config: &MqttConfig) -> Self {
        Self {
            device: Arc::clone(device),
            queue: Queue::new(Arc::clone(device), DIALECT),
            window: config.window,
            resend: Duration::from_secs(config.resend_seconds),
            sent: BTreeMap::new(),
            not_before: None,
        }
    }

    /// When it goes on by itself.
    pub(super) fn due(&self) -> Option<Instant> {
        let resend = self.sent.values().filter_map(|sent| sent.again_at).min();
        resend.into_iter().chain(self.not_before).min()
    }

    /// Sends what may be sent.
    pub(super) async fn run(&mut self, line: &mut Line, token: &str) -> Result<(), LinkEnd> {
        match self.messages(token).await {
            Ok(messages) => messages
                .into_iter()
                .try_for_each(|(seq, message)| line.report(seq, message)),
            Err(error) => {
                tracing::error!(%error, "records cannot be read for delivery");
                self.not_before = Some(Instant::now() + STORE_PAUSE);
                Ok(())
            }
        }
    }

    /// The messages that are due: those that the platform decides on, then those that wait for too long, then new ones.
    async fn messages(&mut self, token: &str) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        let mut messages = Vec::new();
        while let Some(entry) = self.queue.urgent().await? {
            messages.push(self.message(entry, token).await?);
        }
        if self.not_before.is_some_and(|until| Instant::now() < until) {
            return Ok(messages);
        }
        self.not_before = None;
        for seq in self.overdue() {
            match self.device.journal.entry(seq).await? {
                Some(entry) => messages.push(self.message(entry, token).await?),
                // Trimmed meanwhile.
                None => self.sent.retain(|_, sent| sent.seq != seq),
            }
        }
        while self.has_room() {
            let Some(entry) = self.queue.next().await? else {
                break;
            };
            messages.push(self.message(entry, token).await?);
        }
        Ok(messages)
    }

    fn overdue(&self) -> Vec<u64> {
        let now = Instant::now();
        let mut overdue: Vec<u64> = self
            .sent
            .values()
            .filter(|sent| sent.again_at.is_some_and(|again_at| again_at <= now))
            .map(|sent| sent.seq)
            .collect();
        overdue.sort_unstable();
        overdue
    }

    fn has_room(&self) -> bool {
        let refused = self.sent.values().filter(|sent| sent.refused).count();
        self.sent.len() - refused < self.window && refused < REFUSED
    }

    async fn message(&mut self, entry: Entry, token: &str) -> Result<(u64, Vec<u8>), StoreError> {
        let (seq, id) = (entry.seq, entry.id.to_string());
        let mut record = report::upload_record(&self.device, entry).await?;
        token.clone_into(&mut record.token);
        let sent = self.sent.entry(id).or_insert(Sent {
            seq,
            again_at: None,
            refused: false,
        });
        sent.again_at = None;
        Ok((seq, DeviceRequest::from(record).to_bytes()))
    }

    /// The broker has a record: from now on the platform's answer is waited for.
    pub(super) fn delivered(&mut self, seq: u64) {
        let again_at = Instant::now() + self.resend;
        if let Some(sent) = self.sent.values_mut().find(|sent| sent.seq == seq) {
            sent.again_at = Some(again_at);
        }
    }

    /// Takes the answer to a record; one to a record that does not wait is without effect.
    pub(super) fn answered(&mut self, answer: &UploadRecordResp) {
        let id = answer.msg_id.trim();
        if answer.code != ErrorCode::Success {
            if let Some(sent) = self.sent.get_mut(id) {
                tracing::warn!(id, code = %answer.code, "the platform refused a record, which is sent again");
                sent.refused = true;
            }
            return;
        }
        let Some(sent) = self.sent.remove(id) else { return };
        let words = Some(answer.msg.trim())
            .filter(|words| !words.is_empty())
            .map(str::to_owned);
        // Where this platform decides, only `open` opens.
        let verdict = Verdict {
            open: answer.verdict() == Some(true),
            show: words.clone(),
            speak: words,
            open_ms: None,
        };
        self.device.decisions.decide(DIALECT, sent.seq, verdict);
        self.queue.acknowledge(sent.seq);
    }

    /// Nothing that was made so far goes out any more.
    pub(super) fn forget(&mut self) {
        self.sent.clear();
        self.queue.forget();
    }

    /// Waits until all acknowledgements are written down.
    pub(super) async fn finish(self) {
        self.queue.finish().await;
    }
}
