//! Attempts to sign in, slowed per user and address (hub rule 6): a handful costs nothing, then each costs more, and
//! nobody is locked out.
//!
//! An attempt counts as wrong from its beginning until it proves right: many at once gain nothing over one by one.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Wrong attempts for one user from one address that cost nothing.
const FREE_PER_USER: u32 = 5;
/// Wrong attempts from one address, whoever they are for, that cost nothing. Many people may share an address (a proxy),
/// so that what follows costs little each.
const FREE_PER_ADDRESS: u32 = 30;
/// What the first attempt after those costs; for the same user each further one doubles it.
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
    /// Takes a turn for an attempt, which counts as wrong until [`Attempts::right`].
    pub fn turn(&self, address: IpAddr, username: &str, now: Instant) -> Turn {
        let mut counts = self.counts();
        if counts.len() >= KEPT {
            counts.retain(|_, count| now.saturating_duration_since(count.last) < FORGOTTEN_AFTER);
        }
        let keys = keys(address, username);
        for key in &keys {
            if counts
                .get(key)
                .is_some_and(|count| now.saturating_duration_since(count.last) >= FORGOTTEN_AFTER)
            {
                counts.remove(key);
            }
        }
        let waits = keys.iter().filter_map(|key| counts.get(key));
        let wait = waits
            .map(|count| count.free_at.saturating_duration_since(now))
            .max();
        let wait = wait.unwrap_or_default();
        if wait > LONGEST_WAIT {
            return Turn::Later(wait);
        }
        for key in keys {
            if counts.len() >= KEPT && !counts.contains_key(&key) {
                continue;
            }
            let begun = now + wait;
            let count = counts.entry(key.clone()).or_insert(Count {
                wrong: 0,
                last: begun,
                free_at: now,
            });
            count.wrong = count.wrong.saturating_add(1);
            count.last = begun;
            let pause = key.pause(count.wrong);
            if !pause.is_zero() {
                count.free_at = begun + pause;
            }
        }
        Turn::After(wait)
    }

    /// An attempt was right: what was counted for this user is forgotten, and it does not count for the address.
    pub fn right(&self, address: IpAddr, username: &str) {
        let mut counts = self.counts();
        for key in keys(address, username) {
            match key {
                Key::User(..) => {
                    counts.remove(&key);
                }
                Key::Address(_) => {
                    if let Some(count) = counts.get_mut(&key) {
                        count.wrong = count.wrong.saturating_sub(1);
                    }
                }
            }
        }
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<Key, Count>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an attempt counts towards.
fn keys(address: IpAddr, username: &str) -> [Key; 2] {
    let network = network(address);
    [Key::User(network, username.to_lowercase()), Key::Address(network)]
}

/// An IPv6 household has a whole /64.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() & (u128::MAX << 64)).into()),
        v4 @ IpAddr::V4(_) => v4,
    }
}

impl Key {
    /// What the next attempt costs after so many wrong ones.
    fn pause(&self, wrong: u32) -> Duration {
        match self {
            Self::User(..) => match wrong.checked_sub(FREE_PER_USER) {
                None | Some(0) => Duration::ZERO,
                Some(over) => FIRST_PAUSE
                    .saturating_mul(1 << (over - 1).min(16))
                    .min(LONGEST_PAUSE),
            },
            Self::Address(_) if wrong > FREE_PER_ADDRESS => FIRST_PAUSE,
            Self::Address(_) => Duration::ZERO,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
    const THERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));

    /// A wrong attempt, once its turn has come.
    fn guess(attempts: &Attempts, now: &mut Instant) -> Turn {
        let turn = attempts.turn(HERE, "Admin", *now);
        if let Turn::After(wait) = turn {
            *now += wait;
        }
        turn
    }

    #[test]
    fn a_handful_is_free_and_then_it_gets_slow_but_never_locked() {
        let (attempts, mut now) = (Attempts::default(), Instant::now());
        let start = now;
        for _ in 0..=FREE_PER_USER {
            assert_eq!(guess(&attempts, &mut now), Turn::After(Duration::ZERO));
        }
        for _ in 0..20 {
            assert!(matches!(guess(&attempts, &mut now), Turn::After(_)));
        }
        assert!(now - start > Duration::from_secs(60), "{:?}", now - start);
        assert!(matches!(attempts.turn(HERE, "admin", now), Turn::After(wait) if wait <= LONGEST_PAUSE));
        assert_eq!(attempts.turn(THERE, "admin", now), Turn::After(Duration::ZERO));
        assert_eq!(attempts.turn(HERE, "operator", now), Turn::After(Duration::ZERO));
        let later = now + FORGOTTEN_AFTER + LONGEST_PAUSE;
        assert_eq!(attempts.turn(HERE, "admin", later), Turn::After(Duration::ZERO));
    }

    #[test]
    fn many_at_once_are_told_to_come_back() {
        let (attempts, now) = (Attempts::default(), Instant::now());
        let turns: Vec<_> = (0..100).map(|_| attempts.turn(HERE, "admin", now)).collect();
        let at_once = turns
            .iter()
            .filter(|turn| **turn == Turn::After(Duration::ZERO))
            .count();
        assert_eq!(at_once, FREE_PER_USER as usize + 1);
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
        for n in 0..=FREE_PER_ADDRESS {
            assert_eq!(
                attempts.turn(HERE, &format!("user{n}"), now),
                Turn::After(Duration::ZERO)
            );
        }
        assert_eq!(attempts.turn(HERE, "another", now), Turn::After(FIRST_PAUSE));
        assert_eq!(attempts.turn(THERE, "another", now), Turn::After(Duration::ZERO));
    }
}
