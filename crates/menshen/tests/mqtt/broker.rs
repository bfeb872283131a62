//! A broker of others that is killed while people pass: whatever was answered at the door is at the hub, once.

use crate::kill::{self, random_moment};
use crate::kit::{Pair, Wire, free_port, number};
use crate::wires;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Debian's package puts it where not everybody's path leads.
const BESIDE: &str = "/usr/sbin/mosquitto";

/// A mosquitto of our own; killed when dropped.
struct Mosquitto {
    port: u16,
    child: Option<Child>,
}

impl Mosquitto {
    fn start(port: u16) -> Self {
        let mut broker = Self { port, child: None };
        broker.restart();
        broker
    }

    fn restart(&mut self) {
        let program = if Path::new(BESIDE).exists() {
            BESIDE
        } else {
            "mosquitto"
        };
        let started = Command::new(program)
            .args(["-p", &self.port.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        self.child = Some(started.expect("Debian's package mosquitto"));
    }

    fn kill(&mut self) {
        let mut child = self.child.take().expect("it runs");
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _gone = child.kill();
            let _gone = child.wait();
        }
    }
}

/// Hub and terminal meet at that broker.
const ELSEWHERE: Wire = Wire {
    hub: |port| vec![format!("mqtt.broker=mqtt://127.0.0.1:{port}")],
    ..wires::MQTT
};

#[tokio::test(flavor = "multi_thread")]
async fn no_answered_pass_is_lost_or_doubled_when_the_broker_is_killed() {
    let rounds = number("MENSHEN_TEST_ROUNDS", 3);
    let port = free_port();
    let mut broker = Mosquitto::start(port);
    let pair = Pair::start_at(&ELSEWHERE, port, &["terminal.repeat_seconds=0"]).await;
    let passing = kill::Passing::start(&pair).await;
    for _ in 0..rounds {
        tokio::time::sleep(random_moment()).await;
        broker.kill();
        tokio::time::sleep(random_moment()).await;
        broker.restart();
    }
    passing.all_arrive_once(&pair, rounds).await;
}
