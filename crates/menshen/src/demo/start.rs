//! Starting the hub and the terminal of the demo, and finding out what the demo can show.

use super::client::{Hub, Kiosk};
use super::events::Events;
use super::people::{People, Photos};
use super::scenes::Stage;
use super::site::{SERIAL, Site};
use crate::cli::DemoArguments;
use crate::config::{Effective, HUB, Side, Sources, TERMINAL};
use crate::output;
use anyhow::{Context, Result};
use face::{Engine, Settings, models, samples};
use hub::start::Options;
use serde::de::DeserializeOwned;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use terminal::StartOptions;

/// The user of the demo.
const USER: &str = "admin";
/// The file in the data folder that keeps the password, so that a second start can sign in.
const PASSWORD_FILE: &str = "demo-password";
/// The terminal's folder in the data folder.
const TERMINAL_FOLDER: &str = "terminal";

/// Both sides, running.
pub(crate) struct Both {
    hub: hub::Running,
    terminal: terminal::Running,
    admin: String,
    kiosk: String,
    password: String,
    recognises: bool,
}

impl Both {
    /// Starts the hub, then the terminal that dials it.
    pub(crate) async fn start(arguments: &DemoArguments) -> Result<Self> {
        let data = &arguments.data;
        std::fs::create_dir_all(data).with_context(|| data.display().to_string())?;
        let password = password(data)?;
        let engine = engine()?;
        let options = Options {
            engine: engine.clone(),
        };
        let hub = hub::Hub::start(hub_config(arguments, &password)?, options).await?;
        let admin = hub.listeners().admin.clone().context("the hub has no console")?;
        let platform = hub
            .listeners()
            .qyzn
            .clone()
            .context("the hub has no listener for terminals")?;
        let terminal = terminal::Terminal::start(
            terminal_config(data, &platform)?,
            StartOptions {
                engine: engine.clone(),
            },
        )
        .await?;
        let kiosk = terminal
            .listeners()
            .kiosk
            .context("the terminal has no kiosk")?
            .to_string();
        output::line(format_args!(
            "hub       http://{admin}/   user {USER}, password {password}"
        ))?;
        output::line(format_args!(
            "terminal  http://{kiosk}/   camera and screen of the door"
        ))?;
        output::line(format_args!("data      {}   (Ctrl-C stops)\n", data.display()))?;
        Ok(Self {
            hub,
            terminal,
            admin,
            kiosk,
            password,
            recognises: engine.is_some(),
        })
    }

    /// Everything ready for the first round.
    pub(crate) async fn stage(&self, pause: Duration) -> Result<Stage> {
        let hub = Hub::sign_in(&self.admin, USER, &self.password).await.with_context(|| {
            format!("if these data are not the demo's, or its file {PASSWORD_FILE} was changed: choose another folder with --data")
        })?;
        let events = Events::listen(&hub).await?;
        let site = Site::prepare(hub).await?;
        Ok(Stage {
            site,
            kiosk: Kiosk::new(&self.kiosk)?,
            events,
            people: people(self.recognises)?,
            pause,
            surprises: 0,
        })
    }

    /// Stops both, the terminal first so that it takes its leave.
    pub(crate) async fn stop(self) {
        self.terminal.stop().await;
        self.hub.stop().await;
    }
}

fn hub_config<T: DeserializeOwned>(arguments: &DemoArguments, password: &str) -> Result<T> {
    let sets = [
        format!("hub.data={}", arguments.data.display()),
        format!("admin.listen={}", arguments.listen),
        format!("admin.password={password}"),
        "devices.listen=127.0.0.1:0".to_owned(),
        "qyzn.listen=127.0.0.1:0".to_owned(),
        "mqtt.listen=127.0.0.1:0".to_owned(),
    ];
    configured(&HUB, sets.into())
}

fn terminal_config<T: DeserializeOwned>(data: &Path, platform: &str) -> Result<T> {
    let sets = [
        format!("terminal.data={}", data.join(TERMINAL_FOLDER).display()),
        format!("terminal.serial={SERIAL}"),
        "terminal.name=Demo door".to_owned(),
        // Every pass counts, however soon the next one comes.
        "terminal.repeat_seconds=0".to_owned(),
        "kiosk.listen=127.0.0.1:0".to_owned(),
        format!("qyzn.platform={platform}"),
    ];
    configured(&TERMINAL, sets.into())
}

fn configured<T: DeserializeOwned>(side: &Side, sets: Vec<String>) -> Result<T> {
    let sources = Sources {
        sets,
        ..Sources::default()
    };
    Ok(Effective::load(side, &sources)?.read()?)
}

/// The password of the first start, made then and kept beside the data.
fn password(data: &Path) -> Result<String> {
    let path = data.join(PASSWORD_FILE);
    if let Ok(password) = std::fs::read_to_string(&path) {
        return Ok(password.trim().to_owned());
    }
    let password = uuid::Uuid::new_v4().simple().to_string();
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options
        .open(&path)
        .and_then(|mut file| file.write_all(password.as_bytes()));
    written.with_context(|| path.display().to_string())?;
    Ok(password)
}

/// The face engine that both share, if its models are there. Loading takes half a second of work, at the start.
fn engine() -> Result<Option<Arc<Engine>>> {
    match Engine::load(&models::default_directory(), Settings::default()) {
        Ok(engine) => Ok(Some(Arc::new(engine))),
        Err(error) => {
            output::line(format_args!("without recognition: {error}\n"))?;
            Ok(None)
        }
    }
}

/// The three people, with faces if there are models and photos.
fn people(recognises: bool) -> Result<People> {
    if !recognises {
        return Ok(People::with_cards());
    }
    match photos() {
        Ok(photos) => People::with_photos(&photos),
        Err(error) => {
            output::line(format_args!(
                "no sample photos, so the people come with cards: {error:#}"
            ))?;
            output::line("(`menshen models install --samples` fetches them)\n")?;
            Ok(People::with_cards())
        }
    }
}

/// The sample photos: the person with the most is the member.
fn photos() -> Result<Photos> {
    let directory = samples::default_directory();
    samples::verify(&directory)?;
    let mut people: Vec<(&str, Vec<Vec<u8>>)> = Vec::new();
    for sample in samples::SAMPLES {
        let photo = std::fs::read(directory.join(sample.file.name)).context(sample.file.name)?;
        match people.iter_mut().find(|(person, _)| *person == sample.person) {
            Some((_, photos)) => photos.push(photo),
            None => people.push((sample.person, vec![photo])),
        }
    }
    people.sort_by_key(|(_, photos)| std::cmp::Reverse(photos.len()));
    let mut photos = people.into_iter().map(|(_, photos)| photos);
    let member = photos.next().context("no sample photos")?;
    let mut one = || {
        photos
            .next()
            .and_then(|photos| photos.into_iter().next())
            .context("too few sample photos")
    };
    Ok(Photos {
        member,
        visitor: one()?,
        third: one()?,
    })
}
