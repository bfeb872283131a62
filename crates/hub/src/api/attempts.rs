//! Attempts to sign in, slowed per user and address (hub rule 6): a handful costs nothing, then each costs more, and
//! nobody is locked out.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Wrong attempts for one user from one address that cost nothing.
const FREE_PER_USER: u32 = 5;
/// Wrong attempts from one address, whoever they are for, that cost nothing.
const FREE_PER_ADDRESS: u32 = 30;
/// What the first attempt after those costs; each further one doubles it.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// What an attempt costs at most.
const LONGEST_PAUSE: Duration = Duration::from_secs(8);
/// Who would have to wait longer is told to come back.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// After this long without a wrong attempt all is forgotten.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(15 * 60);
/// How many users and addresses are kept in mind.
const KEPT: usize = 20_000;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    User(IpAddr, String),
    Address(IpAddr),
}

#[derive(Debug, Clone, Copy)]
struct Count {
    wrong: u32,
    last: Instant,
    /// When the next attempt may be looked at.
    free_at: Instant,
}

/// Attempts as they are remembered.
#[derive(Debug, Default)]
pub struct Attempts {
    counts: Mutex<HashMap<Key, Count>>,
}

/// What becomes of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It is looked at after this long.
    After(Duration),
    /// Too many wait already: come back after this long.
    Later(Duration),
}

impl Attempts {
    /// Takes a turn for an attempt.
    pub fn turn(&self, address: IpAddr, username: &str, now: Instant) -> Turn {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let keys = keys(address, username);
        let waits = keys.iter().map(|(key, _)| {
            counts.get(key).map_or(Duration::ZERO, |count| {
                count.free_at.saturating_duration_since(now)
            })
        });
        let wait = waits.max().unwrap_or_default();
        if wait > LONGEST_WAIT {
            return Turn::Later(wait);
        }
        for (key, free) in &keys {
            let Some(count) = counts.get_mut(key) else {
                continue;
            };
            let pause = pause(count.wrong, *free);
            if !pause.is_zero() {
                count.free_at = now + wait + pause;
            }
        }
        Turn::After(wait)
    }

    /// Remembers a wrong attempt.
    pub fn wrong(&self, address: IpAddr, username: &str, now: Instant) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.retain(|_, count| now.saturating_duration_since(count.last) < FORGOTTEN_AFTER);
        for (key, free) in keys(address, username) {
            if counts.len() >= KEPT && !counts.contains_key(&key) {
                continue;
            }
            let count = counts.entry(key).or_insert(Count {
                wrong: 0,
                last: now,
                free_at: now,
            });
            count.wrong = count.wrong.saturating_add(1);
            count.last = now;
            count.free_at = count.free_at.max(now + pause(count.wrong, free));
        }
    }

    /// Forgets the wrong attempts of somebody who then signed in.
    pub fn right(&self, address: IpAddr, username: &str) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, _) in keys(address, username) {
            counts.remove(&key);
        }
    }
}

/// What an attempt counts towards, and how many are free there.
fn keys(address: IpAddr, username: &str) -> [(Key, u32); 2] {
    let network = network(address);
    [
        (Key::User(network, username.to_lowercase()), FREE_PER_USER),
        (Key::Address(network), FREE_PER_ADDRESS),
    ]
}

/// An IPv6 household has a whole /64.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() & (u128::MAX << 64)).into()),
        v4 @ IpAddr::V4(_) => v4,
    }
}

fn pause(wrong: u32, free: u32) -> Duration {
    match wrong.checked_sub(free) {
        None | Some(0) => Duration::ZERO,
        Some(over) => FIRST_PAUSE
            .saturating_mul(1 << (over - 1).min(16))
            .min(LONGEST_PAUSE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
    const THERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));

    fn guess(attempts: &Attempts, now: &mut Instant) -> Turn {
        let turn = attempts.turn(HERE, "admin", *now);
        if let Turn::After(wait) = turn {
            *now += wait;
            attempts.wrong(HERE, "Admin", *now);
        }
        turn
    }

    #[test]
    fn a_handful_is_free_and_then_it_gets_slow_but_never_locked() {
        let (attempts, mut now) = (Attempts::default(), Instant::now());
        let start = now;
        for _ in 0..FREE_PER_USER {
            assert_eq!(guess(&attempts, &mut now), Turn::After(Duration::ZERO));
        }
        for _ in 0..20 {
            assert!(matches!(guess(&attempts, &mut now), Turn::After(_)));
        }
        assert!(now - start > Duration::from_secs(60), "{:?}", now - start);
        assert!(matches!(attempts.turn(HERE, "admin", now), Turn::After(wait) if wait <= LONGEST_PAUSE));
        assert_eq!(attempts.turn(THERE, "admin", now), Turn::After(Duration::ZERO));
        assert_eq!(attempts.turn(HERE, "operator", now), Turn::After(Duration::ZERO));
    }

    #[test]
    fn many_at_once_are_told_to_come_back() {
        let (attempts, mut now) = (Attempts::default(), Instant::now());
        for _ in 0..FREE_PER_USER + 4 {
            guess(&attempts, &mut now);
        }
        let turns: Vec<_> = (0..100).map(|_| attempts.turn(HERE, "admin", now)).collect();
        assert!(matches!(turns.last(), Some(Turn::Later(_))), "{turns:?}");
        assert!(matches!(
            attempts.turn(HERE, "admin", now + Duration::from_secs(30)),
            Turn::After(_)
        ));
    }

    #[test]
    fn signing_in_wipes_the_slate() {
        let (attempts, mut now) = (Attempts::default(), Instant::now());
        for _ in 0..FREE_PER_USER + 3 {
            guess(&attempts, &mut now);
        }
        attempts.right(HERE, "admin");
        assert_eq!(attempts.turn(HERE, "admin", now), Turn::After(Duration::ZERO));
    }

    #[test]
    fn an_address_that_tries_many_names_is_slowed_too() {
        let (attempts, now) = (Attempts::default(), Instant::now());
        for n in 0..FREE_PER_ADDRESS + 3 {
            attempts.wrong(HERE, &format!("user{n}"), now);
        }
        assert!(matches!(attempts.turn(HERE, "another", now), Turn::After(wait) if wait > Duration::ZERO));
    }
}
