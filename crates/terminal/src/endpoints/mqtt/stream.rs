//! Telling the platform everybody who is known (2.2.2): one person at a time, the next once the last is acknowledged,
//! over as many connections as it takes. A platform that acknowledges nothing any more has left in the middle.

use super::LinkEnd;
use super::line::Line;
use super::people;
use crate::device::Device;
use dialects::mqtt::message::Reply;
use dialects::mqtt::person::OnlineGetRegisterResp;
use dialects::mqtt::{DeviceResponse, ErrorCode, GetRegisterAck, PersonReply};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How often a person is told who is not acknowledged.
const MOST_TELLINGS: u32 = 30;

/// An extraction that is under way.
struct Telling {
    msg_id: String,
    /// Who was known when it began, in the order of places.
    ids: Vec<String>,
    place: usize,
    /// When the person at the place is told, or told again.
    due: Instant,
    /// The place that was told on this connection.
    told: Option<usize>,
    /// How often the person at the place was told.
    tellings: u32,
}

/// The extraction.
pub(super) struct Stream {
    resend: Duration,
    telling: Option<Telling>,
}

impl Telling {
    /// Counts one more telling; whether there were enough of them.
    fn is_in_vain(&mut self) -> bool {
        self.tellings += 1;
        self.tellings > MOST_TELLINGS
    }
}

impl Stream {
    pub(super) fn new(resend: Duration) -> Self {
        Self {
            resend,
            telling: None,
        }
    }

    /// Begins; one that is asked for again goes on where it is, another takes its place.
    pub(super) fn begin(&mut self, msg_id: String, ids: Vec<String>) {
        let now = Instant::now();
        match &mut self.telling {
            Some(telling) if telling.msg_id == msg_id => telling.due = now,
            _ => {
                self.telling = Some(Telling {
                    msg_id,
                    ids,
                    place: 0,
                    due: now,
                    told: None,
                    tellings: 0,
                });
            }
        }
    }

    /// Ends it.
    pub(super) fn stop(&mut self) {
        self.telling = None;
    }

    /// A new connection: whatever waits for an acknowledgement is told again.
    pub(super) fn resume(&mut self) {
        if let Some(telling) = &mut self.telling {
            telling.due = Instant::now();
            telling.told = None;
        }
    }

    /// When it goes on by itself.
    pub(super) fn due(&self) -> Option<Instant> {
        self.telling.as_ref().map(|telling| telling.due)
    }

    /// Tells the person whose turn it is.
    pub(super) async fn run(
        &mut self,
        device: &Arc<Device>,
        line: &mut Line,
        token: &str,
    ) -> Result<(), LinkEnd> {
        let Some(telling) = self
            .telling
            .as_mut()
            .filter(|telling| telling.due <= Instant::now())
        else {
            return Ok(());
        };
        telling.due = Instant::now() + self.resend;
        if telling.told.replace(telling.place) == Some(telling.place) && line.is_busy() {
            return Ok(());
        }
        if telling.is_in_vain() {
            tracing::warn!(
                place = telling.place,
                "nobody acknowledges whom the platform asked for"
            );
            self.telling = None;
            return Ok(());
        }
        let person = match telling.ids.get(telling.place) {
            // Nobody is known: this says so, and is the end (QUIRKS M40).
            None => {
                let answer = answer(device, &telling.msg_id, token, (0, None), None);
                self.telling = None;
                return line.answer(answer);
            }
            Some(id) => match people::told(device, id).await {
                Ok(person) => person,
                Err(error) => {
                    tracing::error!(%error, "a person could not be read to be told of");
                    return Ok(());
                }
            },
        };
        let count = (
            people::number(telling.ids.len()),
            Some(people::number(telling.place)),
        );
        // Whoever was deleted meanwhile leaves a place without a person, so that the others keep theirs.
        line.answer_again(&answer(device, &telling.msg_id, token, count, person))
    }

    /// Takes an acknowledgement: id and place must both be right (QUIRKS M52).
    pub(super) fn acknowledged(&mut self, ack: &GetRegisterAck) {
        let Some(telling) = &mut self.telling else { return };
        let place = usize::try_from(ack.index).ok();
        if ack.msg_id.trim() != telling.msg_id || place != Some(telling.place) {
            return;
        }
        if ack.code != ErrorCode::Success {
            tracing::warn!(code = %ack.code, place = telling.place, "the platform refused a person, who is told again");
            return;
        }
        telling.place += 1;
        telling.tellings = 0;
        telling.due = Instant::now();
        if telling.place >= telling.ids.len() {
            self.telling = None;
        }
    }
}

fn answer(
    device: &Device,
    msg_id: &str,
    token: &str,
    (people, index): (u32, Option<u32>),
    person: Option<dialects::mqtt::PersonInfo>,
) -> DeviceResponse {
    OnlineGetRegisterResp(PersonReply {
        reply: Reply::done(msg_id, &device.config.terminal.serial, token),
        people: Some(people),
        index,
        person,
    })
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ack(msg_id: &str, index: i64, code: ErrorCode) -> GetRegisterAck {
        GetRegisterAck {
            msg_id: msg_id.into(),
            device_no: String::new(),
            code,
            index,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn only_the_right_acknowledgement_moves_it_on() {
        let mut stream = Stream::new(Duration::from_secs(10));
        stream.begin("7".into(), vec!["a".into(), "b".into()]);
        let place = |stream: &Stream| stream.telling.as_ref().map(|telling| telling.place);
        for wrong in [
            ack("8", 0, ErrorCode::Success),
            ack("7", 1, ErrorCode::Success),
            ack("7", -1, ErrorCode::Success),
            ack("7", 0, ErrorCode::Failed),
        ] {
            stream.acknowledged(&wrong);
            assert_eq!(place(&stream), Some(0), "{wrong:?}");
        }
        stream.acknowledged(&ack("7", 0, ErrorCode::Success));
        assert_eq!(place(&stream), Some(1));
        // Asked for again it goes on, another begins anew.
        stream.begin("7".into(), vec!["a".into(), "b".into()]);
        assert_eq!(place(&stream), Some(1));
        stream.begin("9".into(), vec!["a".into()]);
        assert_eq!(place(&stream), Some(0));
        stream.acknowledged(&ack("9", 0, ErrorCode::Success));
        assert_eq!(place(&stream), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_person_is_told_thirty_times_and_each_acknowledgement_counts_anew() {
        let mut stream = Stream::new(Duration::from_secs(10));
        stream.begin("7".into(), vec!["a".into(), "b".into()]);
        for place in 0..2 {
            let telling = stream.telling.as_mut().unwrap();
            assert_eq!(telling.place, place);
            assert!((0..MOST_TELLINGS).all(|_| !telling.is_in_vain()));
            assert!(telling.is_in_vain());
            stream.acknowledged(&ack("7", 0, ErrorCode::Success));
        }
    }
}
