//! One simulated device.

use super::line::Line;
use crate::swarm::fleet::Fleet;
use crate::swarm::pace::{Pace, Tally};
use dialects::qyzn::convert::{Pass, SeenPerson, record_to_platform};
use dialects::qyzn::exchange::{Event, Moment, Role, Settings};
use dialects::qyzn::operation::{Refusal, answer_of};
use dialects::qyzn::{
    Code, Connection, Login, Logout, Register, RegisterAnswer, RequestBody, ResponseBody, SnapshotFace,
    SyncTime,
};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use model::{Outcome, PersonKind};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::Instant;

/// The pause after a connection that failed.
const PAUSE: Duration = Duration::from_secs(2);

/// How long the platform's time is awaited before records are sent.
const CLOCK_PATIENCE: Duration = Duration::from_secs(1);

/// Bytes read at once.
const READ_BYTES: usize = 4 * 1024;

/// The largest message that a hub sends to it.
const BODY_LIMIT: usize = 4 * 1024 * 1024;

/// A record that is not acknowledged yet.
struct Open {
    record: SnapshotFace,
    since: Instant,
    /// The request on the present connection that carries it.
    sequence: Option<u32>,
    not_before: Instant,
}

/// A device.
pub(super) struct Simulated {
    number: usize,
    serial: String,
    fleet: Arc<Fleet>,
    pace: Pace,
    began: Instant,
    registration: Option<RegisterAnswer>,
    /// The wall clock, as the platform set it.
    clock: TimeZone,
    open: Option<Open>,
}

impl Simulated {
    pub(super) fn new(number: usize, fleet: Arc<Fleet>) -> Self {
        Self {
            number,
            serial: fleet.options.serial(number),
            pace: Pace::new(number, Arc::clone(&fleet)),
            fleet,
            began: Instant::now(),
            registration: None,
            clock: TimeZone::UTC,
            open: None,
        }
    }

    /// Lives until its records are through, or its time is over.
    pub(super) async fn run(mut self) -> Tally {
        loop {
            if !self.fleet.may_connect().await {
                return self.pace.tally;
            }
            let end = self.live().await;
            if let Some(open) = &mut self.open {
                open.sequence = None;
            }
            match end {
                Ok(()) => return self.pace.tally,
                Err(problem) => {
                    tracing::debug!(serial = self.serial, %problem, "a simulated device lost its hub")
                }
            }
            if self.pace.is_late() {
                return self.pace.tally;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// One connection; `Ok` when everything is done.
    async fn live(&mut self) -> io::Result<()> {
        let stream = tokio::time::timeout(
            self.fleet.options.patience,
            TcpStream::connect(&self.fleet.options.hub),
        );
        let mut stream = stream
            .await
            .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        stream.set_nodelay(true)?;
        let settings = Settings {
            body_limit: BODY_LIMIT,
            ..Settings::new(Role::Device)
        };
        let mut line = Line::new(Connection::new(settings, rand::random(), self.now()));
        line.session = self.introduce(&mut line.connection);
        let mut start = self.fleet.starting();
        let mut buffer = vec![0; READ_BYTES];
        loop {
            self.settle(&mut line)?;
            if self.pace.is_done(self.open.is_some()) {
                let _ = line.connection.exchange().request(&Logout {}, self.now());
                return line.write(&mut stream).await;
            }
            line.write(&mut stream).await?;
            let wake = self.wake(&line);
            tokio::select! {
                read = stream.read(&mut buffer) => match read? {
                    0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                    count => line.connection.push(buffer.get(..count).unwrap_or_default(), self.now()),
                },
                () = tokio::time::sleep_until(wake) => line.connection.tick(self.now()),
                _ = start.changed() => {}
            }
        }
    }

    /// Acts on what happened, and sends the next record where it is time.
    fn settle(&mut self, line: &mut Line) -> io::Result<()> {
        while let Some(event) = line.connection.exchange().next_event() {
            match event {
                Event::Answer { sequence, body, .. } => {
                    line.take_answer(sequence);
                    self.answered(sequence, &body, line)?;
                }
                Event::UnknownAnswer { sequence } if line.take_answer(sequence) => {}
                Event::UnknownAnswer { .. } => self.pace.tally.duplicated += 1,
                Event::Request { ticket, body, .. } => {
                    let answer = agreement(&body);
                    line.connection.exchange().answer(&ticket, &answer, self.now());
                }
                Event::Close(reason) => return Err(io::Error::other(reason)),
                _ => {}
            }
        }
        if line.clock_due.is_some_and(|due| Instant::now() >= due) {
            self.begin(line);
        }
        if line.online {
            self.send(line);
        }
        Ok(())
    }

    fn introduce(&self, connection: &mut Connection) -> Option<u32> {
        let now = self.now();
        let sent = match &self.registration {
            Some(given) => connection
                .exchange()
                .request(&Login::signed(given, "swarm", now.unix_seconds.into()), now),
            None => {
                let mac = format!("02{:010X}", self.number);
                let request = Register::signed(&self.serial, &mac, "SWARM", now.unix_seconds.into());
                connection.exchange().request(&request, now)
            }
        };
        sent.ok()
    }

    fn answered(&mut self, sequence: u32, body: &ResponseBody, line: &mut Line) -> io::Result<()> {
        if line.session == Some(sequence) {
            return self.introduced(body, line);
        }
        if line.clock == Some(sequence) {
            self.clock_set(body, line);
            return Ok(());
        }
        if self
            .open
            .as_ref()
            .is_none_or(|open| open.sequence != Some(sequence))
        {
            return Ok(());
        }
        let Some(mut open) = self.open.take() else {
            return Ok(());
        };
        match answer_of::<SnapshotFace>(body) {
            Ok(_) => self.pace.acknowledged(open.since),
            Err(refusal) => {
                let wait = match refusal {
                    Refusal::Code {
                        wait_seconds: Some(seconds),
                        ..
                    } => Duration::from_secs(seconds.into()),
                    _ => PAUSE,
                };
                open.sequence = None;
                open.not_before = Instant::now() + wait;
                self.open = Some(open);
            }
        }
        Ok(())
    }

    fn introduced(&mut self, body: &ResponseBody, line: &mut Line) -> io::Result<()> {
        if self.registration.is_none() {
            let given = answer_of::<Register>(body).map_err(io::Error::other)?;
            self.registration = Some(given);
            line.session = self.introduce(&mut line.connection);
            return Ok(());
        }
        if let Err(refusal) = answer_of::<Login>(body) {
            if matches!(
                refusal,
                Refusal::Code {
                    code: Code::Unregistered,
                    ..
                }
            ) {
                self.registration = None;
            }
            return Err(io::Error::other(refusal));
        }
        line.session = None;
        let local = self.clock.to_datetime(Timestamp::now());
        line.clock = line
            .connection
            .exchange()
            .request(&SyncTime::new(local), self.now())
            .ok();
        line.clock_due = Some(Instant::now() + CLOCK_PATIENCE);
        Ok(())
    }

    /// Takes over the platform's wall clock, as devices do, and begins to work. A platform without one holds nobody up.
    fn clock_set(&mut self, body: &ResponseBody, line: &mut Line) {
        line.clock = None;
        if let Some(local) = answer_of::<SyncTime>(body).ok().and_then(|answer| answer.local()) {
            self.clock = clock_of(local, Timestamp::now());
        }
        self.begin(line);
    }

    fn begin(&mut self, line: &mut Line) {
        line.clock_due = None;
        line.online = true;
        self.pace.arrive();
    }

    fn send(&mut self, line: &mut Line) {
        let now = Instant::now();
        if self.open.is_none()
            && let Some(number) = self.pace.next_record(now)
        {
            self.open = Some(Open {
                record: self.record(number),
                since: now,
                sequence: None,
                not_before: now,
            });
        }
        let at = self.now();
        if let Some(open) = self
            .open
            .as_mut()
            .filter(|open| open.sequence.is_none() && open.not_before <= now)
        {
            open.sequence = line.connection.exchange().request(&open.record, at).ok();
        }
    }

    /// When something is to be done without anything coming in.
    fn wake(&self, line: &Line) -> Instant {
        let tick = self.began + line.connection.next_tick();
        if !line.online {
            return line.clock_due.map_or(tick, |due| due.min(tick));
        }
        let resend = self
            .open
            .as_ref()
            .filter(|open| open.sequence.is_none())
            .map(|open| open.not_before);
        let due = self.pace.due(self.open.is_some());
        resend.into_iter().chain(due).fold(tick, Instant::min)
    }

    fn record(&self, number: u64) -> SnapshotFace {
        let id = format!("{}-{number}", self.serial);
        let person = SeenPerson {
            id: &id,
            face_id: Some("1"),
            name: "Swarm",
            kind: PersonKind::Member,
            id_number: None,
            ic_number: None,
        };
        let record = record_to_platform(&Pass {
            person: Some(person),
            at: Timestamp::now(),
            zone: &self.clock,
            outcome: Outcome::Granted,
            score: Some(0.9),
            temperature: None,
            card: None,
            document: None,
            capture: None,
            registered: None,
        });
        SnapshotFace {
            snap_picture: self.fleet.photo.clone(),
            ..record
        }
    }

    fn now(&self) -> Moment {
        let unix_seconds = u32::try_from(Timestamp::now().as_second()).unwrap_or(0);
        Moment {
            elapsed: self.began.elapsed(),
            unix_seconds,
        }
    }
}

/// The zone whose wall clock shows `local` now, to the minute; UTC where no zone does.
fn clock_of(local: DateTime, now: Timestamp) -> TimeZone {
    const MINUTE: i64 = 60;
    let Ok(as_utc) = TimeZone::UTC.to_timestamp(local) else {
        return TimeZone::UTC;
    };
    let ahead = as_utc.as_second().saturating_sub(now.as_second());
    let minutes = ahead.saturating_add(MINUTE / 2).div_euclid(MINUTE);
    i32::try_from(minutes.saturating_mul(MINUTE))
        .ok()
        .and_then(|seconds| Offset::from_seconds(seconds).ok())
        .map_or(TimeZone::UTC, TimeZone::fixed)
}

/// A simulated device does whatever it is told, and has no camera.
fn agreement(body: &RequestBody) -> ResponseBody {
    match body.message.as_str() {
        "snapshot_picture" => ResponseBody::of_code(Code::Timeout),
        _ => ResponseBody::of_code(Code::Success),
    }
}

#[cfg(test)]
mod tests {
    use super::{Timestamp, clock_of};

    #[test]
    fn the_platforms_wall_clock_is_taken_over_to_the_minute() {
        let now: Timestamp = "2026-11-23T23:00:26Z".parse().unwrap();
        let shows = |local: &str| clock_of(local.parse().unwrap(), now).to_datetime(now).to_string();
        assert_eq!(shows("2026-11-24T07:00:27.5"), "2026-11-24T07:00:26");
        assert_eq!(shows("2026-11-24T04:45:26"), "2026-11-24T04:45:26");
        assert_eq!(shows("2016-11-24T04:45:26"), "2026-11-23T23:00:26");
    }
}
