//! A bad network: a TCP proxy that delays, splits, stalls, silences and cuts connections by a plan that a seed fixes, in
//! both directions. Test binaries take it in by its path.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses a part")]

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Bytes taken at a time.
const READ_BYTES: usize = 4096;

/// What happens to connections, and how often.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What fixes everything but the peers' own timing.
    pub seed: u64,
    /// A connection is cut after so many bytes of a direction.
    pub cut_after: Range<u64>,
    /// Of a hundred connections, so many are cut.
    pub cut_percent: u64,
    /// Of a hundred cuts, so many are silence first: bytes are taken and go nowhere.
    pub silent_percent: u64,
    /// For how long, in milliseconds.
    pub silent_ms: Range<u64>,
    /// Of a hundred pieces, so many go on in small parts.
    pub split_percent: u64,
    /// Of a hundred pieces, so many go on later.
    pub delay_percent: u64,
    /// How much later, in milliseconds.
    pub delay_ms: Range<u64>,
    /// Of a thousand pieces, so many stall their direction.
    pub stall_permille: u64,
    /// For how long, in milliseconds.
    pub stall_ms: Range<u64>,
}

impl Plan {
    /// A network on which connections live for some ten messages without pictures.
    pub fn rough(seed: u64) -> Self {
        Self {
            seed,
            cut_after: 1_500..15_000,
            cut_percent: 90,
            silent_percent: 20,
            silent_ms: 500..3_000,
            split_percent: 30,
            delay_percent: 20,
            delay_ms: 1..20,
            stall_permille: 10,
            stall_ms: 200..1_500,
        }
    }

    /// A network that only passes on.
    pub fn calm() -> Self {
        Self {
            cut_percent: 0,
            split_percent: 0,
            delay_percent: 0,
            stall_permille: 0,
            ..Self::rough(0)
        }
    }
}

/// What the proxy has done.
#[derive(Debug, Default)]
pub struct Done {
    pub connections: AtomicU64,
    pub cuts: AtomicU64,
    pub silences: AtomicU64,
    pub splits: AtomicU64,
    pub stalls: AtomicU64,
    pub bytes: AtomicU64,
}

impl Done {
    fn count(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

/// A proxy on a port of its own; gone when dropped.
pub struct Proxy {
    address: SocketAddr,
    target: Arc<Mutex<Option<String>>>,
    calm: Arc<AtomicBool>,
    done: Arc<Done>,
    task: JoinHandle<()>,
    end: CancellationToken,
}

impl Proxy {
    /// Listens; who connects before there is a target is turned away.
    pub async fn start(plan: Plan) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (target, calm, done, end) = (
            Arc::<Mutex<Option<String>>>::default(),
            Arc::<AtomicBool>::default(),
            Arc::<Done>::default(),
            CancellationToken::new(),
        );
        let accepting = Accepting {
            plan: Arc::new(plan),
            target: Arc::clone(&target),
            calm: Arc::clone(&calm),
            done: Arc::clone(&done),
            end: end.clone(),
        };
        Self {
            address,
            target,
            calm,
            done,
            task: tokio::spawn(accepting.run(listener)),
            end,
        }
    }

    /// Where connections go from now on.
    pub fn lead_to(&self, target: &str) {
        *self.target.lock().unwrap() = Some(target.to_owned());
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Where it listens.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// From now on it only passes on.
    pub fn calm_down(&self) {
        self.calm.store(true, Ordering::Relaxed);
    }

    /// What it has done.
    pub fn done(&self) -> &Done {
        &self.done
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.end.cancel();
        self.task.abort();
    }
}

struct Accepting {
    plan: Arc<Plan>,
    target: Arc<Mutex<Option<String>>>,
    calm: Arc<AtomicBool>,
    done: Arc<Done>,
    end: CancellationToken,
}

impl Accepting {
    async fn run(self, listener: TcpListener) {
        for number in 0.. {
            let Ok((near, _)) = listener.accept().await else {
                return;
            };
            let target = self.target.lock().unwrap().clone();
            let Some(target) = target else { continue };
            Done::count(&self.done.connections);
            self.connect(number, near, target);
        }
    }

    fn connect(&self, number: u64, near: TcpStream, target: String) {
        let (plan, calm, done) = (
            Arc::clone(&self.plan),
            Arc::clone(&self.calm),
            Arc::clone(&self.done),
        );
        let end = self.end.clone();
        tokio::spawn(async move {
            let Ok(far) = TcpStream::connect(target).await else {
                return;
            };
            for stream in [&near, &far] {
                stream.set_nodelay(true).unwrap();
            }
            let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
            let way = |direction| Way {
                chance: Chance::new(plan.seed, number * 2 + direction),
                plan: Arc::clone(&plan),
                calm: Arc::clone(&calm),
                done: Arc::clone(&done),
            };
            // The first direction that ends takes the other with it: both sockets close.
            tokio::select! {
                _ = way(0).pass(near_in, far_out) => {}
                _ = way(1).pass(far_in, near_out) => {}
                () = end.cancelled() => {}
            }
        });
    }
}

/// One direction of a connection.
struct Way {
    chance: Chance,
    plan: Arc<Plan>,
    calm: Arc<AtomicBool>,
    done: Arc<Done>,
}

impl Way {
    async fn pass(mut self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) -> io::Result<()> {
        let cut = self.chance.percent(self.plan.cut_percent);
        let mut left = cut.then(|| self.chance.within(&self.plan.cut_after));
        let mut buffer = vec![0; READ_BYTES];
        loop {
            let count = from.read(&mut buffer).await?;
            if count == 0 {
                return Ok(());
            }
            let rough = !self.calm.load(Ordering::Relaxed);
            if let Some(left) = left.as_mut().filter(|_| rough) {
                if *left < count as u64 {
                    // What goes before the cut may be a part of a message.
                    to.write_all(&buffer[..usize::try_from(*left).unwrap()]).await?;
                    return self.cut(from).await;
                }
                *left -= count as u64;
            }
            self.done.bytes.fetch_add(count as u64, Ordering::Relaxed);
            if rough {
                self.pass_on(&buffer[..count], &mut to).await?;
            } else {
                to.write_all(&buffer[..count]).await?;
            }
        }
    }

    async fn pass_on(&mut self, piece: &[u8], to: &mut OwnedWriteHalf) -> io::Result<()> {
        if self.chance.permille(self.plan.stall_permille) {
            Done::count(&self.done.stalls);
            self.wait(self.plan.stall_ms.clone()).await;
        } else if self.chance.percent(self.plan.delay_percent) {
            self.wait(self.plan.delay_ms.clone()).await;
        }
        if !self.chance.percent(self.plan.split_percent) {
            return to.write_all(piece).await;
        }
        Done::count(&self.done.splits);
        let mut rest = piece;
        while !rest.is_empty() {
            let most = rest.len() as u64 + 1;
            let (part, after) = rest.split_at(usize::try_from(self.chance.within(&(1..most))).unwrap());
            to.write_all(part).await?;
            tokio::time::sleep(Duration::from_millis(1)).await;
            rest = after;
        }
        Ok(())
    }

    /// Ends the connection, at once or after a silence.
    async fn cut(&mut self, mut from: OwnedReadHalf) -> io::Result<()> {
        Done::count(&self.done.cuts);
        if self.chance.percent(self.plan.silent_percent) {
            Done::count(&self.done.silences);
            let mut nowhere = [0; READ_BYTES];
            let taking = async { while from.read(&mut nowhere).await.is_ok_and(|count| count > 0) {} };
            let silence = Duration::from_millis(self.chance.within(&self.plan.silent_ms));
            let _ = tokio::time::timeout(silence, taking).await;
        }
        Ok(())
    }

    async fn wait(&mut self, milliseconds: Range<u64>) {
        tokio::time::sleep(Duration::from_millis(self.chance.within(&milliseconds))).await;
    }
}

/// A sequence of numbers that a seed fixes (SplitMix64).
struct Chance(u64);

impl Chance {
    fn new(seed: u64, number: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ number.wrapping_mul(0xD1B5_4A32_D192_ED03))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn within(&mut self, range: &Range<u64>) -> u64 {
        range.start + self.next() % (range.end - range.start).max(1)
    }

    fn percent(&mut self, percent: u64) -> bool {
        self.next() % 100 < percent
    }

    fn permille(&mut self, permille: u64) -> bool {
        self.next() % 1000 < permille
    }
}

mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(20);

    /// A listener that sends everything back.
    async fn echo() -> String {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (mut from, mut to) = stream.into_split();
                tokio::spawn(async move { tokio::io::copy(&mut from, &mut to).await });
            }
        });
        address
    }

    /// Sends bytes through the proxy and reads what comes back until the end or as much as was sent.
    async fn through(proxy: &Proxy, sent: &[u8]) -> Vec<u8> {
        let stream = TcpStream::connect(proxy.address()).await.unwrap();
        let (mut from, mut to) = stream.into_split();
        let owned = sent.to_vec();
        let writing = tokio::spawn(async move {
            // The proxy may cut first.
            let _ = to.write_all(&owned).await;
            to
        });
        let mut back = Vec::new();
        let mut buffer = [0; 1024];
        while back.len() < sent.len() {
            let read = tokio::time::timeout(PATIENCE, from.read(&mut buffer)).await;
            match read.expect("bytes, or the end, in time") {
                Ok(0) | Err(_) => break,
                Ok(count) => back.extend_from_slice(&buffer[..count]),
            }
        }
        drop(writing.await);
        back
    }

    fn bytes(count: usize) -> Vec<u8> {
        (0..count).map(|at| u8::try_from(at % 251).unwrap()).collect()
    }

    #[tokio::test]
    async fn a_proxy_that_splits_and_delays_changes_no_byte() {
        let plan = Plan {
            cut_percent: 0,
            split_percent: 90,
            delay_percent: 50,
            delay_ms: 0..3,
            stall_ms: 1..5,
            stall_permille: 200,
            ..Plan::rough(7)
        };
        let proxy = Proxy::start(plan).await;
        proxy.lead_to(&echo().await);
        let sent = bytes(50_000);
        assert!(through(&proxy, &sent).await == sent);
        assert!(proxy.done().splits.load(Ordering::Relaxed) > 0);
        assert!(proxy.done().stalls.load(Ordering::Relaxed) > 0);
    }

    #[tokio::test]
    async fn a_proxy_cuts_where_its_seed_says_and_gives_what_came_before() {
        let mut lengths = Vec::new();
        for _ in 0..2 {
            let plan = Plan {
                cut_percent: 100,
                cut_after: 1_000..9_000,
                silent_percent: 0,
                stall_permille: 0,
                ..Plan::rough(11)
            };
            let proxy = Proxy::start(plan).await;
            proxy.lead_to(&echo().await);
            let sent = bytes(50_000);
            let back = through(&proxy, &sent).await;
            assert!(back.len() < sent.len() && sent.starts_with(&back));
            assert_eq!(proxy.done().cuts.load(Ordering::Relaxed), 1);
            lengths.push(Chance::new(11, 0).next());
        }
        assert_eq!(lengths[0], lengths[1]);
        assert_ne!(Chance::new(11, 0).next(), Chance::new(12, 0).next());
        assert_ne!(Chance::new(11, 0).next(), Chance::new(11, 1).next());
    }

    #[tokio::test]
    async fn a_proxy_that_is_calm_passes_everything_on() {
        let plan = Plan {
            cut_percent: 100,
            cut_after: 10..11,
            ..Plan::rough(3)
        };
        let proxy = Proxy::start(plan).await;
        proxy.lead_to(&echo().await);
        proxy.calm_down();
        let sent = bytes(20_000);
        assert!(through(&proxy, &sent).await == sent);
        assert_eq!(proxy.done().cuts.load(Ordering::Relaxed), 0);
    }
}
