//! Processes, and the two HTTP APIs. Which dialect they meet in says `crate::WIRE`.

#![allow(dead_code, reason = "each test binary uses a part")]

use crate::WIRE;
use reqwest::header::{CONTENT_TYPE, COOKIE, SET_COOKIE};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Once;
use std::time::{Duration, Instant};

/// How long anything may take on a busy machine before a test gives up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// How much longer each person may take beyond that.
const EACH_PERSON: Duration = Duration::from_millis(1500);
/// How often something that cannot be waited for is asked for.
const ASK_EVERY: Duration = Duration::from_millis(20);
/// The contract: SIGTERM, then gone.
const STOP_WITHIN: Duration = Duration::from_secs(10);
/// Ports below those that systems give to outgoing connections: a terminal that dials a hub that is down must not
/// reach itself, and the hub's port must still be free when it comes back.
const PORTS: std::ops::Range<u16> = 12_000..30_000;
pub(crate) const PASSWORD: &str = "correct horse battery";
pub(crate) const SERIAL: &str = "TEST-1";

/// A number from the environment.
pub(crate) fn number(variable: &str, default: usize) -> usize {
    std::env::var(variable)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}

/// How long something with so many people may take on a busy machine.
pub(crate) fn patience_for(people: usize) -> Duration {
    PATIENCE + EACH_PERSON * u32::try_from(people).unwrap()
}

/// Asks until there is an answer.
pub(crate) async fn until<T, F: Future<Output = Option<T>>>(what: &str, ask: impl FnMut() -> F) -> T {
    until_within(PATIENCE, what, ask).await
}

/// Asks until there is an answer, for as long as something large may take.
pub(crate) async fn until_within<T, F: Future<Output = Option<T>>>(
    within: Duration,
    what: &str,
    mut ask: impl FnMut() -> F,
) -> T {
    let deadline = Instant::now() + within;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(
            Instant::now() < deadline,
            "waited {} s in vain for {what}",
            within.as_secs()
        );
        tokio::time::sleep(ASK_EVERY).await;
    }
}

pub(crate) fn free_port() -> u16 {
    let start = u64::from(std::process::id()) * 7919 + u64::from(uuid::Uuid::new_v4().as_fields().0);
    let span = u64::from(PORTS.end - PORTS.start);
    let candidates = (0..span).map(|n| PORTS.start + u16::try_from((start + n) % span).unwrap());
    candidates
        .into_iter()
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("a free port")
}

/// One of our processes; killed when dropped.
pub(crate) struct Process {
    arguments: Vec<String>,
    data: PathBuf,
    child: Option<Child>,
}

impl Process {
    pub(crate) fn start(side: &str, data: &Path, sets: &[String]) -> Self {
        let mut arguments = vec![side.to_owned(), "--data".to_owned(), data.display().to_string()];
        for set in sets {
            arguments.extend(["--set".to_owned(), set.clone()]);
        }
        let mut process = Self {
            arguments,
            data: data.to_owned(),
            child: None,
        };
        process.restart();
        process
    }

    /// Starts again on the same data and with the same settings.
    pub(crate) fn restart(&mut self) {
        self.restart_with(&[]);
    }

    /// The same on a computer whose clock is `ahead` of this one's, in the words of `faketime` (Debian's package).
    pub(crate) fn restart_ahead(&mut self, ahead: &str) {
        let library = Command::new("faketime")
            .args(["-m", "-f", ahead, "printenv", "LD_PRELOAD"])
            .output()
            .expect("faketime, of the Debian package of that name");
        let library = String::from_utf8(library.stdout).unwrap();
        self.restart_with(&[
            ("LD_PRELOAD", library.trim()),
            ("FAKETIME", ahead),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
        ]);
    }

    fn restart_with(&mut self, environment: &[(&str, &str)]) {
        assert!(self.child.is_none(), "it still runs");
        let _gone = std::fs::remove_file(self.data.join("listeners.json"));
        std::fs::create_dir_all(&self.data).unwrap();
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.data.join("stderr.log"))
            .unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_menshen"));
        command
            .args(&self.arguments)
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        self.child = Some(command.spawn().unwrap());
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.as_ref().expect("it runs").id()
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        let mut child = self.child.take().expect("it runs");
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// SIGTERM; must end with 0 in time.
    pub(crate) fn stop(&mut self) {
        let mut child = self.child.take().expect("it runs");
        let kill = Command::new("kill")
            .args(["-TERM", &child.id().to_string()])
            .status()
            .unwrap();
        assert!(kill.success());
        let started = Instant::now();
        let status = child.wait().unwrap();
        assert!(status.success(), "{status}: {}", self.log());
        assert!(
            started.elapsed() < STOP_WITHIN,
            "stopping took {:?}",
            started.elapsed()
        );
    }

    /// The last lines of its log.
    pub(crate) fn log(&self) -> String {
        let text = std::fs::read_to_string(self.data.join("stderr.log")).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(15)..].join("\n")
    }

    /// What it listens on, as soon as it says so.
    pub(crate) async fn listener(&self, name: &str) -> String {
        let path = self.data.join("listeners.json");
        let find = || async {
            let listeners: Value = serde_json::from_slice(&std::fs::read(&path).ok()?).ok()?;
            listeners[name].as_str().map(str::to_owned)
        };
        until(
            &format!("{name} in listeners.json; its log:\n{}", self.log()),
            find,
        )
        .await
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _gone = child.kill();
            let _gone = child.wait();
        }
    }
}

/// What a terminal does when the hub that decides says nothing (terminal rule 16).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Silence {
    /// It decides by itself.
    TerminalDecides,
    /// The door stays shut.
    StaysShut,
}

/// How a dialect's terminal meets the hub.
pub(crate) struct Wire {
    /// The dialect.
    pub(crate) name: &'static str,
    /// The hub's settings for a port that is free.
    pub(crate) hub: fn(u16) -> Vec<String>,
    /// The terminal's settings for the same port, and for one of its own.
    pub(crate) terminal: fn(u16, u16) -> Vec<String>,
    /// How finely the wire tells times.
    pub(crate) resolution: Duration,
    /// Settings of a terminal that waits for no answer long.
    pub(crate) impatient: &'static [&'static str],
    /// How far a terminal's clock may be off: the hub's answers that set it are under way for a moment.
    pub(crate) clock: Duration,
    /// Nobody is on a device without a photo.
    pub(crate) needs_photo: bool,
    /// Somebody blocked is on the device, too.
    pub(crate) knows_blocked: bool,
    /// Somebody unknown makes a record, too.
    pub(crate) tells_strangers: bool,
    /// What an outage left comes newest first, as the document lists it.
    pub(crate) newest_first: bool,
    /// Where the swarm's devices are dialled, if that port may need rights.
    pub(crate) swarm_port: Option<u16>,
    /// The kind and the number of a person's card.
    pub(crate) card: fn(&str) -> (&'static str, String),
    /// How a pass by card is told.
    pub(crate) card_method: &'static str,
    /// Somebody whose time is over stays on the device, which says so.
    pub(crate) keeps_end: bool,
    /// How a pass of somebody whose time is over is told; `None`: not at all.
    pub(crate) over: Option<&'static str>,
    /// QR codes are brought to the hub, which decides on them.
    pub(crate) brings_codes: bool,
    /// The hub can be the one who decides, and what its silence then means at the door; `None`: it cannot.
    pub(crate) hub_decides: Option<Silence>,
    /// Where the hub dials: what it must know, given the terminal's own port, and which one to dial instead of a port.
    pub(crate) dialled: Option<fn(u16, Between<'_>) -> Value>,
}

/// Which port to dial instead of another one, where something stands between the two.
pub(crate) type Between<'a> = &'a mut dyn FnMut(u16) -> u16;

/// A card with the person's id for its number.
pub(crate) fn ic_card(person: &str) -> (&'static str, String) {
    ("ic_card", person.to_owned())
}

/// An address of this computer.
pub(crate) fn here(port: u16) -> String {
    format!("127.0.0.1:{port}")
}

impl Wire {
    /// How many ports the two listen at, for each other.
    pub(crate) fn ports(&self) -> usize {
        let mut ports = 1;
        if let Some(dialled) = self.dialled {
            dialled(1, &mut |port| {
                ports += 1;
                port
            });
        }
        ports
    }

    /// So many people that nobody passes twice within what the wire cannot tell apart, when somebody passes every
    /// `between`; at least `least`.
    pub(crate) fn people(&self, between: Duration, least: usize) -> usize {
        let blurred = self.resolution.max(self.clock);
        let fits = blurred.as_millis().saturating_mul(4) / between.as_millis().max(1);
        usize::try_from(fits).unwrap().max(least)
    }
}

/// A hub and a terminal on ports of their own.
pub(crate) struct Pair {
    pub(crate) hub: Process,
    pub(crate) terminal: Process,
    pub(crate) folder: tempfile::TempDir,
    pub(crate) api: Api,
    pub(crate) kiosk: Kiosk,
    pub(crate) device: String,
    pub(crate) group: String,
    pub(crate) grant: String,
    /// Where the dialect meets.
    pub(crate) port: u16,
    /// Where the terminal itself is dialled.
    own: u16,
}

impl Pair {
    /// Starts both, approves the terminal into a zone, and grants a group that zone.
    pub(crate) async fn start(terminal_sets: &[&str]) -> Self {
        Self::start_over(WIRE, terminal_sets).await
    }

    /// The same over a wire of one's choice.
    pub(crate) async fn start_over(wire: &Wire, terminal_sets: &[&str]) -> Self {
        Self::start_between(wire, &[], terminal_sets, |port| port).await
    }

    /// The same with settings of the hub, too.
    pub(crate) async fn start_with_hub(hub_sets: &[&str], terminal_sets: &[&str]) -> Self {
        Self::start_between(WIRE, hub_sets, terminal_sets, |port| port).await
    }

    /// The same with something between the two: given a port that one of them listens at, `between` says which one the
    /// other dials.
    pub(crate) async fn start_between(
        wire: &Wire,
        hub_sets: &[&str],
        terminal_sets: &[&str],
        between: impl FnMut(u16) -> u16,
    ) -> Self {
        Self::start_all(wire, free_port(), hub_sets, terminal_sets, between).await
    }

    /// The same at a port where something else waits already.
    pub(crate) async fn start_at(wire: &Wire, port: u16, terminal_sets: &[&str]) -> Self {
        Self::start_all(wire, port, &[], terminal_sets, |port| port).await
    }

    async fn start_all(
        wire: &Wire,
        port: u16,
        hub_sets: &[&str],
        terminal_sets: &[&str],
        mut between: impl FnMut(u16) -> u16,
    ) -> Self {
        use_ring();
        let folder = tempfile::tempdir().unwrap();
        let reached = between(port);
        let public_url = format!("devices.public_url=http://{}", here(reached));
        let mut hub_sets = hub_sets.to_vec();
        if wire.dialled.is_some() && reached != port {
            hub_sets.push(&public_url);
        }
        let (hub, admin) = start_hub_over(wire, &folder.path().join("hub"), port, &hub_sets).await;
        let own = free_port();
        let mut sets = (wire.terminal)(reached, own);
        sets.extend(terminal_sets.iter().map(|set| (*set).to_owned()));
        let (terminal, kiosk) = start_terminal(&folder.path().join("terminal"), &sets).await;
        let api = Api::sign_in(&admin).await;
        let zone = api.post("/zones", &json!({ "name": "House" })).await["id"].clone();
        let group = api.post("/groups", &json!({ "name": "People" })).await["id"].clone();
        let grant = api
            .post("/grants", &json!({ "group_id": group, "zone_id": zone }))
            .await;
        let more = json!({ "name": "Door", "zone_id": zone, "direction": "entry" });
        let device = introduce(wire, &api, own, &mut between, &more).await;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let (group, grant) = (text(&group), text(&grant["id"]));
        let pair = Self {
            hub,
            terminal,
            folder,
            api,
            kiosk,
            device,
            group,
            grant,
            port,
            own,
        };
        pair.online().await;
        pair
    }

    /// What another hub must know to dial the terminal, which this hub may have given other credentials.
    pub(crate) async fn credentials(&self) -> Value {
        if WIRE.dialled.is_none() {
            return json!({});
        }
        let path = format!("/devices/{}/credentials", self.device);
        let mut credentials = self.api.get(&path).await;
        // By these that hub alone knows what the device pushes.
        for own in ["link_key", "secret"] {
            credentials.as_object_mut().unwrap().remove(own);
        }
        json!({ "credentials": credentials })
    }

    /// Makes another hub know the terminal; the device there.
    pub(crate) async fn introduce_to(&self, api: &Api, more: &Value) -> String {
        introduce(WIRE, api, self.own, &mut |port| port, more).await
    }

    /// Waits until the hub says that the terminal is there.
    pub(crate) async fn online(&self) {
        self.status("online").await;
    }

    /// Waits for a status of the terminal.
    pub(crate) async fn status(&self, status: &str) {
        let is = || async {
            (self.api.try_get(&format!("/devices/{}", self.device)).await?["status"] == status).then_some(())
        };
        until(&format!("the terminal to be {status}"), is).await;
    }

    /// Waits until the hub serves, after a restart.
    pub(crate) async fn hub_ready(&self) {
        until("the hub to be ready", || async {
            self.api.is_ready().await.then_some(())
        })
        .await;
    }

    /// Waits until the kiosk serves, after a restart.
    pub(crate) async fn kiosk_ready(&self) {
        until("the kiosk to be ready", || async { self.kiosk.try_state().await }).await;
    }

    /// Creates a person in the granted group.
    pub(crate) async fn person(&self, id: &str, more: &Value) -> Value {
        let mut person = json!({ "id": id, "name": format!("Name of {id}"), "groups": [self.group] });
        merge(&mut person, more);
        self.api.post("/persons", &person).await
    }

    /// So many people with cards: `p0`, `p1`, …
    pub(crate) async fn people_with_cards(&self, count: usize) {
        let photo = WIRE
            .needs_photo
            .then(|| photos().expect("the face models and sample photos")[1][0].clone());
        for n in 0..count {
            let id = format!("p{n}");
            let (kind, number) = (WIRE.card)(&id);
            let cards = json!({ "credentials": [{ "kind": kind, "number": number }] });
            self.person(&id, &cards).await;
            if let Some(photo) = &photo {
                self.api
                    .upload(&format!("/persons/{id}/photos"), photo.clone())
                    .await;
            }
        }
        self.settled(count).await;
    }

    /// Waits until the terminal holds exactly so many, and nothing is left to do.
    pub(crate) async fn settled(&self, count: usize) {
        self.settled_at(count, count).await;
    }

    /// Waits until so many are applied, nothing is left to do, and the terminal holds `held`.
    pub(crate) async fn settled_at(&self, count: usize, held: usize) {
        let path = format!("/devices/{}/roster", self.device);
        let settled = || async {
            let items = self.api.try_all(&path).await?;
            (items.len() == count && items.iter().all(|item| item["state"] == "applied")).then_some(())
        };
        let applied = format!("{count} people to be applied");
        until_within(patience_for(count), &applied, settled).await;
        let there = || async { (self.kiosk.try_state().await?["counts"]["persons"] == held).then_some(()) };
        until(&format!("{held} people on the terminal"), there).await;
    }

    /// All records of the hub, oldest first.
    pub(crate) async fn records(&self) -> Vec<Value> {
        let mut records = self.api.all("/records").await;
        records.reverse();
        records
    }

    /// Waits until the hub has each record that the terminal has, and gives all, oldest first.
    pub(crate) async fn drained(&self) -> Vec<Value> {
        let made = self.kiosk.state().await["counts"]["records"].as_u64().unwrap();
        let within = PATIENCE + Duration::from_millis(made * 100);
        let arrived = || async {
            let stored = self.api.all("/records").await.len();
            if stored < usize::try_from(made).unwrap() {
                // Listing thousands is work that delays what is waited for.
                tokio::time::sleep(Duration::from_millis(made / 10)).await;
                return None;
            }
            Some(())
        };
        until_within(within, &format!("{made} records at the hub"), arrived).await;
        self.records().await
    }

    /// Waits until the hub has at least so many records, and gives all, oldest first.
    pub(crate) async fn records_at_least(&self, count: usize) -> Vec<Value> {
        let enough = || async { (self.records().await.len() >= count).then_some(()) };
        until(&format!("{count} records"), enough).await;
        self.records().await
    }
}

/// Starts a hub that meets the dialect's terminals at this port, and gives it with its admin address.
pub(crate) async fn start_hub(data: &Path, port: u16, more: &[&str]) -> (Process, String) {
    start_hub_over(WIRE, data, port, more).await
}

/// The same over a wire of one's choice.
pub(crate) async fn start_hub_over(wire: &Wire, data: &Path, port: u16, more: &[&str]) -> (Process, String) {
    use_ring();
    let admin = format!("127.0.0.1:{}", free_port());
    let mut sets = vec![
        format!("admin.listen={admin}"),
        format!("admin.password={PASSWORD}"),
        "devices.listen=127.0.0.1:0".to_owned(),
        "qyzn.listen=".to_owned(),
        "devices.drain_quiet_ms=200".to_owned(),
        "mqtt.listen=".to_owned(),
    ];
    sets.extend((wire.hub)(port));
    sets.extend(more.iter().map(|set| (*set).to_owned()));
    let hub = Process::start("hub", data, &sets);
    assert_eq!(hub.listener("admin").await, admin);
    (hub, admin)
}

/// Starts a terminal that has a kiosk.
pub(crate) async fn start_terminal(data: &Path, more: &[String]) -> (Process, Kiosk) {
    let mut sets = vec![
        format!("terminal.serial={SERIAL}"),
        format!("kiosk.listen=127.0.0.1:{}", free_port()),
    ];
    sets.extend_from_slice(more);
    let terminal = Process::start("terminal", data, &sets);
    let kiosk = Kiosk::new(&terminal.listener("kiosk").await);
    (terminal, kiosk)
}

/// Makes a hub know the terminal: enters it where the hub dials, else approves it once it has come. Gives the device.
async fn introduce(wire: &Wire, api: &Api, own: u16, between: Between<'_>, more: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    if let Some(dialled) = wire.dialled {
        let mut device = dialled(own, between);
        device["dialect"] = wire.name.into();
        merge(&mut device, more);
        return text(&api.post("/devices", &device).await["id"]);
    }
    let pending = until("the terminal to be pending", || api.device()).await;
    assert_eq!(pending["status"], "pending");
    let device = text(&pending["id"]);
    api.post(&format!("/devices/{device}/approve"), more).await;
    device
}

/// Puts the keys of the one into the other.
fn merge(into: &mut Value, more: &Value) {
    for (key, value) in more.as_object().into_iter().flatten() {
        into[key] = value.clone();
    }
}

pub(crate) fn use_ring() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
}

/// The hub's API, signed in.
pub(crate) struct Api {
    base: String,
    http: Client,
    session: tokio::sync::RwLock<(String, String, String)>,
}

impl Api {
    /// Signs in as the first user.
    pub(crate) async fn sign_in(address: &str) -> Self {
        let base = format!("http://{address}");
        let http = Client::new();
        let api = Self {
            base,
            http,
            session: tokio::sync::RwLock::default(),
        };
        until("the hub to be ready", || async {
            api.is_ready().await.then_some(())
        })
        .await;
        let credentials = json!({ "username": "admin", "password": PASSWORD });
        let answer = api
            .http
            .post(format!("{}/api/v1/session", api.base))
            .json(&credentials)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);
        let cookie = answer.headers()[SET_COOKIE]
            .to_str()
            .unwrap()
            .split(';')
            .next()
            .unwrap()
            .to_owned();
        let body: Value = answer.json().await.unwrap();
        let text = |key: &str| body[key].as_str().unwrap().to_owned();
        *api.session.write().await = (cookie, text("csrf_header"), text("csrf_token"));
        api
    }

    /// What `/metrics` prints.
    pub(crate) async fn metrics(&self) -> String {
        let session = self.session.read().await;
        let request = self.http.get(format!("{}/metrics", self.base));
        let answer = request.header(COOKIE, &session.0).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.text().await.unwrap()
    }

    /// How many records came again.
    pub(crate) async fn repeated(&self) -> u64 {
        let metrics = self.metrics().await;
        let line = metrics
            .lines()
            .find_map(|line| line.strip_prefix(r#"menshen_records_total{kind="repeated"} "#));
        line.map_or(0, |count| count.parse().unwrap())
    }

    async fn is_ready(&self) -> bool {
        let answer = self.http.get(format!("{}/readyz", self.base)).send().await;
        answer.is_ok_and(|answer| answer.status() == 200)
    }

    async fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let session = self.session.read().await;
        let request = self.http.request(method, format!("{}/api/v1{path}", self.base));
        request.header(COOKIE, &session.0).header(&session.1, &session.2)
    }

    /// Any request; the answer as it comes.
    pub(crate) async fn send(&self, method: Method, path: &str, body: &Value) -> Response {
        self.request(method, path).await.json(body).send().await.unwrap()
    }

    /// `GET`; `None` where it fails.
    pub(crate) async fn try_get(&self, path: &str) -> Option<Value> {
        let answer = self.request(Method::GET, path).await.send().await.ok()?;
        if answer.status() == StatusCode::OK {
            answer.json().await.ok()
        } else {
            None
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let answer = self.request(Method::GET, path).await.send().await.unwrap();
        good(&format!("GET {path}"), answer).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Value {
        good(&format!("POST {path}"), self.send(Method::POST, path, body).await).await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Value {
        good(
            &format!("PATCH {path}"),
            self.send(Method::PATCH, path, body).await,
        )
        .await
    }

    pub(crate) async fn delete(&self, path: &str) {
        good(
            &format!("DELETE {path}"),
            self.request(Method::DELETE, path).await.send().await.unwrap(),
        )
        .await;
    }

    pub(crate) async fn upload(&self, path: &str, picture: Vec<u8>) -> Value {
        let request = self
            .request(Method::POST, path)
            .await
            .header(CONTENT_TYPE, media_type(&picture));
        good(
            &format!("POST {path}"),
            request.body(picture).send().await.unwrap(),
        )
        .await
    }

    /// `POST` of any bytes; the answer as it comes.
    pub(crate) async fn post_bytes(&self, path: &str, bytes: Vec<u8>) -> Response {
        let request = self
            .request(Method::POST, path)
            .await
            .header(CONTENT_TYPE, "image/jpeg");
        request.body(bytes).send().await.unwrap()
    }

    /// The bytes behind a URL of the API.
    pub(crate) async fn bytes(&self, url: &str) -> Vec<u8> {
        let path = url.trim_start_matches("/api/v1");
        let answer = self.request(Method::GET, path).await.send().await.unwrap();
        assert_eq!(answer.status(), 200, "GET {url}");
        answer.bytes().await.unwrap().to_vec()
    }

    /// All items of a list, page by page.
    pub(crate) async fn all(&self, path: &str) -> Vec<Value> {
        self.try_all(path).await.expect("a whole list")
    }

    /// All items of a list; `None` where the hub does not answer.
    pub(crate) async fn try_all(&self, path: &str) -> Option<Vec<Value>> {
        let mut items = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = self.try_get(&format!("{path}?limit=1000{cursor}")).await?;
            items.extend(page["items"].as_array()?.iter().cloned());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return Some(items),
            }
        }
    }

    /// The terminal, once it is known.
    pub(crate) async fn device(&self) -> Option<Value> {
        let devices = self.try_get("/devices").await?;
        devices["items"]
            .as_array()?
            .iter()
            .find(|device| device["serial"] == SERIAL)
            .cloned()
    }
}

async fn good(what: &str, answer: Response) -> Value {
    let status = answer.status();
    let body = answer.text().await.unwrap();
    assert!(status.is_success(), "{what}: {status}: {body}");
    serde_json::from_str(&body).unwrap_or(Value::Null)
}

/// The terminal's camera, reader and state.
#[derive(Clone)]
pub(crate) struct Kiosk {
    base: String,
    http: Client,
}

impl Kiosk {
    pub(crate) fn new(address: &str) -> Self {
        Self {
            base: format!("http://{address}"),
            http: Client::new(),
        }
    }

    pub(crate) async fn frame(&self, picture: Vec<u8>) -> Value {
        let request = self
            .http
            .post(format!("{}/api/frames", self.base))
            .header(CONTENT_TYPE, media_type(&picture));
        good("a frame", request.body(picture).send().await.unwrap()).await
    }

    /// Something of a kind, presented to the reader.
    pub(crate) async fn present(&self, kind: &str, number: &str) -> Value {
        self.show(&json!({ "kind": kind, "number": number })).await
    }

    /// The same with whatever else it says.
    pub(crate) async fn show(&self, credential: &Value) -> Value {
        let request = self.http.post(format!("{}/api/credentials", self.base));
        let answer = request.json(credential).send().await.unwrap();
        good("a credential", answer).await
    }

    /// What the sensors measure from now on.
    pub(crate) async fn senses(&self, measured: &Value) {
        let request = self.http.put(format!("{}/api/sensors", self.base));
        good("sensors", request.json(measured).send().await.unwrap()).await;
    }

    /// Somebody at the door calls a room.
    pub(crate) async fn call(&self, room: &str) -> (u16, Value) {
        let request = self.http.post(format!("{}/api/calls", self.base));
        let answer = request.json(&json!({ "room": room })).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// What is told live, from now on.
    pub(crate) async fn events(&self) -> Told {
        let answer = self
            .http
            .get(format!("{}/api/events", self.base))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);
        Told {
            answer,
            text: String::new(),
        }
    }

    /// A person's card.
    pub(crate) async fn card(&self, person: &str) -> Value {
        self.try_card(person).await.expect("an answer to a card")
    }

    /// A person's card; `None` where the terminal did not answer.
    pub(crate) async fn try_card(&self, person: &str) -> Option<Value> {
        let (kind, number) = (WIRE.card)(person);
        let body = json!({ "kind": kind, "number": number });
        let answer = self
            .http
            .post(format!("{}/api/credentials", self.base))
            .json(&body)
            .send()
            .await
            .ok()?;
        if answer.status() == StatusCode::OK {
            answer.json().await.ok()
        } else {
            None
        }
    }

    pub(crate) async fn state(&self) -> Value {
        self.try_state().await.expect("the kiosk's state")
    }

    pub(crate) async fn try_state(&self) -> Option<Value> {
        let answer = self
            .http
            .get(format!("{}/api/state", self.base))
            .send()
            .await
            .ok()?;
        answer.json().await.ok()
    }
}

/// A stream of events.
pub(crate) struct Told {
    answer: Response,
    text: String,
}

impl Told {
    /// The next event of this name.
    pub(crate) async fn named(&mut self, name: &str) -> Value {
        let start = format!("event: {name}\n");
        loop {
            if let Some(at) = self.text.find(&start)
                && let Some(end) = self.text[at..].find("\n\n")
            {
                let event = self.text[at..at + end].to_owned();
                self.text.drain(..at + end);
                let data = event
                    .lines()
                    .find_map(|line| line.strip_prefix("data: "))
                    .unwrap();
                return serde_json::from_str(data).unwrap();
            }
            let chunk = tokio::time::timeout(PATIENCE, self.answer.chunk()).await;
            let chunk = chunk
                .expect("an event in time")
                .unwrap()
                .expect("the stream goes on");
            self.text.push_str(&String::from_utf8_lossy(&chunk));
        }
    }
}

fn media_type(bytes: &[u8]) -> &'static str {
    if bytes.starts_with(b"\x89PNG") {
        "image/png"
    } else {
        "image/jpeg"
    }
}

/// The sample photos by person, the person with the most first; `None`, and a word about it, without models or photos.
pub(crate) fn photos() -> Option<Vec<Vec<Vec<u8>>>> {
    let directory = face::samples::default_directory();
    if face::models::verify(&face::models::default_directory()).is_err()
        || face::samples::verify(&directory).is_err()
    {
        eprintln!(
            "left out: no face models or sample photos; `menshen models install --samples` fetches them"
        );
        return None;
    }
    let mut people: Vec<(&str, Vec<Vec<u8>>)> = Vec::new();
    for sample in face::samples::SAMPLES {
        let photo = std::fs::read(directory.join(sample.file.name)).unwrap();
        match people.iter_mut().find(|(person, _)| *person == sample.person) {
            Some((_, photos)) => photos.push(photo),
            None => people.push((sample.person, vec![photo])),
        }
    }
    people.sort_by_key(|(_, photos)| std::cmp::Reverse(photos.len()));
    Some(people.into_iter().map(|(_, photos)| photos).collect())
}
