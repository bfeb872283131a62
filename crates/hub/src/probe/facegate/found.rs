//! What the terminal said of itself, and what it is shown.

use super::Caller;
use super::server::Server;
use crate::probe::picture;
use dialects::facegate::convert::picture as written;
use dialects::facegate::face::GetImage;
use dialects::facegate::{BasicUser, SettingsGroup, SettingsValues, Subscription};
use dialects::lenient::Base64Text;
use jiff::civil::DateTime;
use std::collections::BTreeMap;
use tokio::time::Instant;

/// Digits of a password that opens the door (QUIRKS A69).
const PASSWORDS: std::ops::Range<u32> = 10_000_000..100_000_000;

/// What later calls need of earlier answers.
pub(super) struct Found {
    /// Who calls.
    pub(super) user: BasicUser,
    /// Whether what cannot be undone is tried, too.
    pub(super) destructive: bool,
    /// Where the terminal reaches the probe.
    server: Option<Server>,
    photo: Option<Base64Text>,
    /// The groups of settings.
    pub(super) settings: BTreeMap<SettingsGroup, SettingsValues>,
    /// What its wall clock showed, and when.
    pub(super) clock: Option<(DateTime, Instant)>,
    /// What is subscribed.
    pub(super) subscription: Option<Subscription>,
    /// Whether the photo's person was added.
    pub(super) has_person: bool,
    /// The features of the photo's face.
    pub(super) features: Option<Base64Text>,
    /// A picture of somebody who was found.
    pub(super) image: Option<GetImage>,
    /// A password that nobody else uses, eight digits.
    pub(super) password: String,
    /// A sound that it has.
    pub(super) sound: Option<String>,
}

impl Found {
    pub(super) fn new(caller: Caller, server: Option<Server>, destructive: bool) -> Self {
        Self {
            user: caller.user,
            destructive,
            server,
            photo: caller.photo.map(|photo| written(&photo)),
            settings: BTreeMap::new(),
            clock: None,
            subscription: None,
            has_person: false,
            features: None,
            image: None,
            password: rand::random_range(PASSWORDS).to_string(),
            sound: None,
        }
    }

    /// A photo with a face.
    pub(super) fn photo(&self) -> Result<Base64Text, String> {
        let photo = self.photo.clone();
        photo.ok_or_else(|| "it needs a photo with a face: --photo".to_owned())
    }

    /// The photo, or a picture without a face; and whether it has one.
    pub(super) fn picture(&self) -> (Base64Text, bool) {
        match &self.photo {
            Some(photo) => (photo.clone(), true),
            None => (written(&picture::grey()), false),
        }
    }

    /// Where the terminal reaches the probe, as `http://host:port`.
    pub(super) fn base(&self) -> Result<String, String> {
        let server = self.server.as_ref();
        let server = server.ok_or("the probe cannot be reached by it")?;
        Ok(server.base())
    }

    /// What a group of settings has.
    pub(super) fn group(&self, group: SettingsGroup) -> Result<&SettingsValues, String> {
        let values = self.settings.get(&group);
        values.ok_or_else(|| format!("it does not tell its {}", group.name()))
    }
}
