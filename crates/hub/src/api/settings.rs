//! What admins set at run time, over the configuration.

use super::answer::{self, IfMatch};
use super::input::Input;
use super::permission::{Change, Read};
use super::problem::{FieldError, Problem};
use super::{laid_over, scope};
use crate::config::HubConfig;
use crate::state::Hub;
use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;
use std::sync::{Arc, PoisonError, RwLock};
use store::StoreError;
use store::hub::HubStore;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The key under which the store keeps them.
const KEY: &str = "hub";
/// Characters of the site's name.
const NAME: RangeInclusive<usize> = 1..=128;
/// Days that things can be kept: a century is for ever.
pub(crate) const DAYS: RangeInclusive<u32> = 1..=36_500;
/// What the console speaks.
const LANGUAGES: [&str; 2] = ["zh-CN", "en"];

pub(super) fn routes() -> OpenApiRouter<Arc<Hub>> {
    OpenApiRouter::new().routes(routes!(show, change))
}

/// How long things are kept, in days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RetentionSettings {
    /// Records.
    pub records_days: u32,
    /// Photos of records.
    pub captures_days: u32,
    /// Photos of strangers.
    pub strangers_days: u32,
}

/// The settings of the hub as they hold now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HubSettings {
    /// The site's name.
    pub name: String,
    /// IANA time zone of the site.
    pub time_zone: String,
    /// Language of the console.
    pub language: String,
    /// How long things are kept.
    pub retention: RetentionSettings,
}

impl HubSettings {
    fn configured(config: &HubConfig) -> Self {
        Self {
            name: config.hub.name.clone(),
            time_zone: config.hub.time_zone.clone(),
            language: config.hub.language.clone(),
            retention: RetentionSettings {
                records_days: config.retention.records_days,
                captures_days: config.retention.captures_days,
                strangers_days: config.retention.strangers_days,
            },
        }
    }

    fn check(&self) -> Result<(), Problem> {
        let mut errors = Vec::new();
        if !NAME.contains(&self.name.trim().chars().count()) {
            errors.push(FieldError::new(
                "name",
                "invalid",
                "a name has 1 to 128 characters",
            ));
        }
        if jiff::tz::TimeZone::get(&self.time_zone).is_err() {
            errors.push(FieldError::new(
                "time_zone",
                "unknown_time_zone",
                "an IANA name like Asia/Shanghai",
            ));
        }
        if !LANGUAGES.contains(&self.language.as_str()) {
            errors.push(FieldError::new("language", "unknown_language", "zh-CN or en"));
        }
        let kept = &self.retention;
        for (path, days) in [
            ("retention.records_days", kept.records_days),
            ("retention.captures_days", kept.captures_days),
            ("retention.strangers_days", kept.strangers_days),
        ] {
            if !DAYS.contains(&days) {
                errors.push(FieldError::new(path, "out_of_range", "1 to 36500 days"));
            }
        }
        if errors.is_empty() {
            Ok(())
        } else {
            Err(Problem::invalid(errors))
        }
    }
}

/// What to change; what is absent stays. The same is kept: what was never set at run time is the configuration's.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SettingsPatch {
    /// The site's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// IANA time zone of the site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    time_zone: Option<String>,
    /// Language of the console.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    /// How long things are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retention: Option<RetentionPatch>,
}

/// What to change of how long things are kept.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RetentionPatch {
    /// Records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    records_days: Option<u32>,
    /// Photos of records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    captures_days: Option<u32>,
    /// Photos of strangers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    strangers_days: Option<u32>,
}

impl SettingsPatch {
    /// Both, this one above.
    fn over_patch(self, below: Self) -> Self {
        let (kept, set) = (below.retention, self.retention);
        let retention = kept.is_some() || set.is_some();
        let (kept, set) = (kept.unwrap_or_default(), set.unwrap_or_default());
        Self {
            name: self.name.or(below.name),
            time_zone: self.time_zone.or(below.time_zone),
            language: self.language.or(below.language),
            retention: retention.then(|| RetentionPatch {
                records_days: set.records_days.or(kept.records_days),
                captures_days: set.captures_days.or(kept.captures_days),
                strangers_days: set.strangers_days.or(kept.strangers_days),
            }),
        }
    }

    fn over(self, below: HubSettings) -> HubSettings {
        let (kept, set) = (below.retention, self.retention.unwrap_or_default());
        HubSettings {
            name: self.name.unwrap_or(below.name),
            time_zone: self.time_zone.unwrap_or(below.time_zone),
            language: self.language.unwrap_or(below.language),
            retention: RetentionSettings {
                records_days: set.records_days.unwrap_or(kept.records_days),
                captures_days: set.captures_days.unwrap_or(kept.captures_days),
                strangers_days: set.strangers_days.unwrap_or(kept.strangers_days),
            },
        }
    }
}

/// The settings as the API shows them.
#[derive(Debug, Serialize, ToSchema)]
struct SettingsView {
    /// 0 until something was set at run time; grows with each change.
    revision: i64,
    /// The settings.
    #[serde(flatten)]
    settings: HubSettings,
}

/// The settings that hold now, for every part of the hub to read.
#[derive(Debug)]
pub(crate) struct Current(RwLock<(i64, Arc<HubSettings>)>);

impl Current {
    /// The configuration's settings, and over them what was set at run time.
    pub(crate) async fn load(config: &HubConfig, store: &HubStore) -> Result<Self, StoreError> {
        let (revision, set) = kept(store).await?;
        let settings = set.over(HubSettings::configured(config));
        Ok(Self(RwLock::new((revision, Arc::new(settings)))))
    }

    /// The settings and their revision.
    pub(crate) fn get(&self) -> (i64, Arc<HubSettings>) {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes what was just kept, unless something later is here already.
    fn set(&self, revision: i64, settings: &HubSettings) {
        let mut current = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if revision > current.0 {
            *current = (revision, Arc::new(settings.clone()));
        }
    }
}

/// What was set at run time, and its revision.
async fn kept(store: &HubStore) -> Result<(i64, SettingsPatch), StoreError> {
    Ok(match store.settings.get(KEY).await? {
        Some(kept) => (kept.revision, serde_json::from_value(kept.object)?),
        None => (0, SettingsPatch::default()),
    })
}

fn answer(revision: i64, settings: HubSettings) -> Response {
    answer::object(revision, SettingsView { revision, settings })
}

/// The settings that hold now.
#[utoipa::path(get, path = "/settings", tag = "settings", responses((status = 200, body = SettingsView)))]
async fn show(State(hub): State<Arc<Hub>>, _: Read<scope::Settings>) -> Result<Response, Problem> {
    let (revision, settings) = hub.settings.get();
    Ok(answer(revision, HubSettings::clone(&settings)))
}

/// Changes settings.
#[utoipa::path(patch, path = "/settings", tag = "settings", request_body = SettingsPatch, responses((status = 200, body = SettingsView)))]
async fn change(
    State(hub): State<Arc<Hub>>,
    by: Change<scope::Settings>,
    IfMatch(expected): IfMatch,
    Input(patch): Input<SettingsPatch>,
) -> Result<Response, Problem> {
    let (revision, settings) = laid_over(&hub, expected, || async {
        let (revision, before) = kept(&hub.store).await?;
        let set = patch.clone().over_patch(before);
        let settings = set.clone().over(HubSettings::configured(&hub.config));
        settings.check()?;
        let value = serde_json::to_value(&set).map_err(|error| Problem::internal(&error))?;
        let expected = Some(expected.unwrap_or(revision));
        let actor = by.0.actor();
        let kept = hub.store.settings.put(&actor, KEY, value, expected).await;
        Ok(kept.map(|kept| (kept.revision, settings)))
    })
    .await?;
    hub.settings.set(revision, &settings);
    Ok(answer(revision, settings))
}
