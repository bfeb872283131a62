//! The hub's live events, as they come.

use super::client::Hub;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::time::Duration;
use tokio::sync::mpsc;

/// Events that wait to be looked at; the demo looks at each at once.
const WAITING: usize = 1024;

/// One event: its name and its resource.
pub(crate) type Event = (String, Value);

/// Reads the hub's event stream in the background.
pub(crate) struct Events(mpsc::Receiver<Event>);

impl Events {
    /// Starts with the next event.
    pub(crate) async fn listen(hub: &Hub) -> Result<Self> {
        let mut stream = hub.events().await?;
        let (sender, receiver) = mpsc::channel(WAITING);
        tokio::spawn(async move {
            let mut lines = Lines::default();
            while let Ok(Some(chunk)) = stream.chunk().await {
                for event in lines.push(&chunk) {
                    if sender.send(event).await.is_err() {
                        return;
                    }
                }
            }
        });
        Ok(Self(receiver))
    }

    /// Forgets what has come so far.
    pub(crate) fn forget(&mut self) {
        while self.0.try_recv().is_ok() {}
    }

    /// The next event for which `wanted` holds.
    pub(crate) async fn next(
        &mut self,
        within: Duration,
        wanted: impl Fn(&str, &Value) -> bool,
    ) -> Result<Value> {
        let found = tokio::time::timeout(within, async {
            loop {
                match self.0.recv().await {
                    Some((name, data)) if wanted(&name, &data) => return Ok(data),
                    Some(_) => {}
                    None => bail!("the hub closed its event stream"),
                }
            }
        });
        found
            .await
            .with_context(|| format!("no such event within {} s", within.as_secs()))?
    }
}

/// Server-sent events from bytes in pieces.
#[derive(Default)]
struct Lines {
    rest: Vec<u8>,
    name: String,
    data: String,
}

impl Lines {
    fn push(&mut self, chunk: &[u8]) -> Vec<Event> {
        self.rest.extend_from_slice(chunk);
        let mut events = Vec::new();
        while let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.rest.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            events.extend(self.line(line.trim_end()));
        }
        events
    }

    fn line(&mut self, line: &str) -> Option<Event> {
        if let Some(name) = line.strip_prefix("event:") {
            name.trim().clone_into(&mut self.name);
        } else if let Some(data) = line.strip_prefix("data:") {
            self.data.push_str(data.trim_start());
        } else if line.is_empty() && !self.data.is_empty() {
            let data = std::mem::take(&mut self.data);
            return Some((
                std::mem::take(&mut self.name),
                serde_json::from_str(&data).unwrap_or_default(),
            ));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::Lines;
    use serde_json::json;

    #[test]
    fn events_are_read_from_any_pieces() {
        let text =
            b": hello\n\nid: 7\nevent: record.created\ndata: {\"id\":\"r\"}\n\nevent: gap\ndata: {}\n\n";
        for size in 1..text.len() {
            let mut lines = Lines::default();
            let events: Vec<_> = text.chunks(size).flat_map(|chunk| lines.push(chunk)).collect();
            assert_eq!(
                events,
                [
                    ("record.created".to_owned(), json!({"id": "r"})),
                    ("gap".to_owned(), json!({}))
                ]
            );
        }
    }
}
