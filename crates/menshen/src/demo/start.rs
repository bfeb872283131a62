//! Starting the hub and the terminals of the demo, and finding out what the demo can show.

use super::client::Hub;
use super::doors::{DOORS, Door, configured};
use super::events::Events;
use super::people::{People, Photos};
use super::scenes::{At, Stage};
use super::site::Site;
use crate::cli::DemoArguments;
use crate::config::HUB;
use crate::output;
use anyhow::{Context, Result};
use face::{Engine, Settings, models, samples};
use hub::start::Options;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// The user of the demo.
const USER: &str = "admin";
/// The file in the data folder that keeps the password, so that a second start can sign in.
const PASSWORD_FILE: &str = "demo-password";
/// The terminals' folder in the data folder.
const TERMINALS_FOLDER: &str = "terminals";

/// Both sides, running.
pub(crate) struct Both {
    hub: hub::Running,
    doors: Vec<Door>,
    admin: String,
    password: String,
    recognises: bool,
}

impl Both {
    /// Starts the hub, then the terminals.
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
        output::line(format_args!(
            "hub       http://{admin}/   user {USER}, password {password}"
        ))?;
        let mut doors = Vec::new();
        for plan in DOORS {
            let folder = data.join(TERMINALS_FOLDER);
            let door = Door::start(plan, &folder, hub.listeners(), engine.clone()).await?;
            output::line(format_args!(
                "{:<9} http://{}/   camera and screen of a door",
                plan.dialect, door.address
            ))?;
            doors.push(door);
        }
        output::line(format_args!("data      {}   (Ctrl-C stops)\n", data.display()))?;
        Ok(Self {
            hub,
            doors,
            admin,
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
        let people = people(self.recognises)?;
        let mut site = Site::prepare(hub).await?;
        let mut doors = Vec::new();
        for door in &self.doors {
            if door.plan.needs_photo && people.member.enrolled.is_none() {
                output::line(format_args!(
                    "{:<9} takes nobody without a photo, and is left alone\n",
                    door.plan.dialect
                ))?;
                continue;
            }
            doors.push(At {
                plan: door.plan,
                device: site.admit(door).await?,
                kiosk: door.kiosk()?,
            });
        }
        Ok(Stage {
            site,
            doors,
            events,
            people,
            pause,
            surprises: 0,
        })
    }

    /// Stops both, the terminals first so that they take their leave.
    pub(crate) async fn stop(self) {
        let mut stopping = tokio::task::JoinSet::new();
        for door in self.doors {
            stopping.spawn(door.stop());
        }
        while stopping.join_next().await.is_some() {}
        self.hub.stop().await;
    }
}

fn hub_config(arguments: &DemoArguments, password: &str) -> Result<hub::config::HubConfig> {
    let sets = [
        format!("hub.data={}", arguments.data.display()),
        format!("admin.listen={}", arguments.listen),
        format!("admin.password={password}"),
        "devices.listen=127.0.0.1:0".to_owned(),
        "qyzn.listen=127.0.0.1:0".to_owned(),
        "mqtt.listen=127.0.0.1:0".to_owned(),
        // On loopback alone, for terminals of this process.
        "mqtt.anonymous=true".to_owned(),
    ];
    configured(&HUB, sets.into())
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
