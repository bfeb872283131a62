//! A whole session: two connections, whose bytes reach each other cut, delayed, doubled and mixed with foreign ones, as
//! the input says. Neither panics, and neither holds more than its bound.
#![no_main]

use dialects::qyzn::exchange::{Moment, Role, Settings};
use dialects::qyzn::operation::success;
use dialects::qyzn::{Connection, Event, Logout, OpenDoor, SnapshotPicture, SyncTime};
use libfuzzer_sys::fuzz_target;
use std::time::Duration;

const BOUND: usize = 64 * 1024;

struct Side {
    connection: Connection,
    /// On the way to the other side.
    wire: Vec<u8>,
    closed: bool,
}

impl Side {
    fn new(role: Role) -> Self {
        let settings = Settings {
            body_limit: BOUND,
            ..Settings::new(role)
        };
        Self {
            connection: Connection::new(settings, 7, moment(0)),
            wire: Vec::new(),
            closed: false,
        }
    }

    fn settle(&mut self, now: Moment) {
        while let Some(event) = self.connection.exchange().next_event() {
            match event {
                Event::Request { ticket, .. } => {
                    let answer = success::<OpenDoor>(&dialects::qyzn::Done);
                    self.connection.exchange().answer(&ticket, &answer, now);
                }
                Event::Close(_) => self.closed = true,
                _ => {}
            }
        }
        while let Some(frame) = self.connection.exchange().take_output() {
            if self.wire.len() < 4 * BOUND {
                self.wire.extend_from_slice(&frame);
            }
        }
        assert!(self.connection.pending_bytes() <= 2 * BOUND);
    }
}

fn moment(seconds: u64) -> Moment {
    Moment {
        elapsed: Duration::from_secs(seconds),
        unix_seconds: 1_700_000_000,
    }
}

fuzz_target!(|bytes: &[u8]| {
    let mut sides = [Side::new(Role::Device), Side::new(Role::Platform)];
    let mut seconds = 0_u64;
    let mut rest = bytes;
    while let [what, amount, tail @ ..] = rest {
        rest = tail;
        let now = moment(seconds);
        let (from, to) = (usize::from(what & 1), usize::from(!what & 1));
        match (what >> 1) % 8 {
            // Some of what is under way arrives.
            0 | 1 => {
                let count = usize::from(*amount).min(sides[from].wire.len());
                let part: Vec<u8> = sides[from].wire.drain(..count).collect();
                sides[to].connection.push(&part, now);
            }
            2 => {
                let all = std::mem::take(&mut sides[from].wire);
                sides[to].connection.push(&all, now);
            }
            // Time passes.
            3 => seconds += u64::from(*amount),
            4 => {
                let count = usize::from(*amount).min(rest.len());
                let (foreign, tail) = rest.split_at(count);
                rest = tail;
                sides[to].connection.push(foreign, now);
            }
            5 => drop(sides[from].connection.exchange().request(&OpenDoor {}, now)),
            6 => drop(sides[from].connection.exchange().request(
                &SnapshotPicture {
                    timeout_seconds: i64::from(*amount),
                },
                now,
            )),
            _ => {
                let exchange = sides[from].connection.exchange();
                let _ = match amount % 2 {
                    0 => exchange.request(&SyncTime::default(), now),
                    _ => exchange.request(&Logout {}, now),
                };
            }
        }
        for side in &mut sides {
            side.connection.tick(moment(seconds));
            side.settle(moment(seconds));
        }
        if sides.iter().any(|side| side.closed) {
            return;
        }
    }
});
