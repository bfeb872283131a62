//! What a swarm found.

use serde::Serialize;
use std::time::Duration;

/// How long acknowledgements took, from the first sending, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Latency {
    /// Half were faster.
    pub p50: f64,
    /// Nine of ten were faster.
    pub p90: f64,
    /// 99 of 100 were faster.
    pub p99: f64,
    /// The slowest.
    pub max: f64,
}

/// What a swarm found (CONTRACT, `swarm DIALECT`).
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct SwarmReport {
    /// Devices simulated.
    pub devices: usize,
    /// Devices that the hub took.
    pub connected: usize,
    /// Records sent, resends not counted.
    pub sent: u64,
    /// Records acknowledged.
    pub acknowledged: u64,
    /// Records sent and never acknowledged.
    pub lost: u64,
    /// Acknowledgements beyond one per sending (a record sent again is rightly acknowledged again). Whether the hub
    /// stored a record twice only the hub can tell.
    pub duplicated: u64,
    /// How long acknowledgements took.
    pub latency_ms: Latency,
    /// From the first record sent to the last acknowledged.
    pub seconds: f64,
}

impl Latency {
    /// The percentiles of some latencies, in any order.
    #[must_use]
    pub fn of(mut latencies: Vec<Duration>) -> Self {
        latencies.sort_unstable();
        let at = |percent: usize| {
            let rank = (latencies.len() * percent).div_ceil(100).saturating_sub(1);
            latencies
                .get(rank)
                .map_or(0.0, |latency| latency.as_secs_f64() * 1000.0)
        };
        Self {
            p50: at(50),
            p90: at(90),
            p99: at(99),
            max: at(100),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_what_was_measured() {
        let latency = Latency::of((1..=100).rev().map(Duration::from_millis).collect());
        assert_eq!(
            latency,
            Latency {
                p50: 50.0,
                p90: 90.0,
                p99: 99.0,
                max: 100.0
            }
        );
        assert_eq!(Latency::of(Vec::new()), Latency::default());
        let one = Latency::of(vec![Duration::from_millis(7)]);
        assert_eq!(
            one,
            Latency {
                p50: 7.0,
                p90: 7.0,
                p99: 7.0,
                max: 7.0
            }
        );
    }
}
