//! The eighteen groups of settings (3.1 to 3.35): kept as they were set, and acted upon where this terminal has the thing.

mod acting;
mod defaults;

use super::failure::Failure;
use super::report::SIMILARITY;
use super::{DIALECT, Endpoint};
use crate::decider::{Decider, WhenSilent};
use acting::Whole;
use dialects::facegate::convert::ReportKind;
use dialects::facegate::device::{AudioFiles, SetAudio, SetFactoryDefault};
use dialects::facegate::time::zone_number;
use dialects::facegate::{Done, OpenDoorWay, SetSettings, SettingsGroup, SettingsValues};
use jiff::civil::DateTime;
use model::{Direction, RebootDay};
use serde_json::{Map, Value, json};

/// The sounds that this terminal has.
const SOUNDS: [&str; 2] = ["granted.wav", "denied.wav"];
/// Fields that stand in two groups, and in which (3.2, 3.4, 3.23); `DHCP` has other values in the two.
const SHARED: [(SettingsGroup, SettingsGroup, &[&str]); 2] = [
    (
        SettingsGroup::DoorCondition,
        SettingsGroup::GeneralParam,
        &["FaceThreshold", "IDCardThreshold"],
    ),
    (
        SettingsGroup::NetParam,
        SettingsGroup::GeneralParam,
        &["IPAddr", "Submask", "Gateway"],
    ),
];
/// When the terminal restarts by itself (3.23): the maintenance of 3.8.
const MAINTENANCE: [&str; 2] = ["AutoRebootDay", "AutoRebootHour"];

impl Endpoint {
    /// `Get…`: what was set, else what holds by default, and what the terminal itself knows.
    pub(super) fn settings_of(&self, group: SettingsGroup) -> SettingsValues {
        let mut values = defaults::of(group);
        if let Some(set) = self.memory.get().settings.get(group.name()) {
            values.extend(set.clone());
        }
        values.extend(self.live(group));
        SettingsValues { group, values }
    }

    /// `Set…`: all of the message, or nothing of it.
    pub(super) async fn set(&self, call: &SetSettings) -> Result<Done, Failure> {
        let mut changed = call.exact()?;
        if call.group == SettingsGroup::SysTime {
            self.set_clock(call).await?;
            return Ok(Done);
        }
        if call.group == SettingsGroup::Broker {
            self.prepare_broker(&mut changed).await?;
        }
        let listener = match call.group {
            SettingsGroup::NetParam | SettingsGroup::GeneralParam => self.place_in(&changed).await?,
            _ => None,
        };
        self.hand_over(call.group, &changed).await?;
        self.memory
            .change(|memory| {
                keep(memory, call.group, &changed);
            })
            .await?;
        self.move_to(listener)?;
        self.act(call.group, &changed).await?;
        Ok(Done)
    }

    async fn set_clock(&self, call: &SetSettings) -> Result<(), Failure> {
        let zone = self.device.zone();
        let now = zone.to_datetime(self.device.clock.now());
        let local: Option<DateTime> = call.local_time(now);
        let instant = local.and_then(|local| zone.to_timestamp(local).ok());
        let instant = instant.ok_or_else(|| Failure::new("Parameter error: there is no such time"))?;
        self.device.clock.set(instant).await?;
        Ok(())
    }

    /// `OpendoorWay` says who decides (terminal rule 16), and whether passes make records (3.2.3).
    async fn hand_over(&self, group: SettingsGroup, changed: &Map<String, Value>) -> Result<(), Failure> {
        let way = changed.get("OpendoorWay").and_then(Value::as_i64);
        let Some(way) = way
            .filter(|_| group == SettingsGroup::DoorCondition)
            .map(OpenDoorWay::from)
        else {
            return Ok(());
        };
        let decider = match way {
            OpenDoorWay::Platform => Decider::Platform {
                dialect: DIALECT.to_owned(),
                when_silent: WhenSilent::StaysShut,
                faces_only: false,
            },
            _ => Decider::Terminal,
        };
        self.device.decisions.set_decider(decider).await?;
        let since = self.memory.get().unrecorded_since;
        match (way, since) {
            (OpenDoorWay::Remote, None) => {
                let now = self.device.clock.now();
                self.memory
                    .change(|memory| memory.unrecorded_since = Some(now))
                    .await?;
            }
            (OpenDoorWay::Remote, Some(_)) | (_, None) => {}
            (_, Some(since)) => {
                let is_unrecorded = |kind, at| kind != ReportKind::Snap && at >= since;
                self.hide(|kind, entry| is_unrecorded(kind, entry.occurred_at))
                    .await?;
                self.memory
                    .change(|memory| memory.unrecorded_since = None)
                    .await?;
            }
        }
        Ok(())
    }

    async fn act(&self, group: SettingsGroup, changed: &Map<String, Value>) -> Result<(), Failure> {
        let whole = Whole {
            changed,
            group,
            door: self.settings_of(SettingsGroup::DoorCondition),
            temperature: self.settings_of(SettingsGroup::Temperature),
            accept: self.device.configured_thresholds.accept,
        };
        self.device
            .change_behaviour(|behaviour| whole.act(behaviour))
            .await?;
        Ok(())
    }

    /// What other dialects may have changed since, and what cannot be set.
    fn live(&self, group: SettingsGroup) -> Map<String, Value> {
        let device = &self.device;
        let behaviour = device.behaviour();
        let value = match group {
            SettingsGroup::Sound => match behaviour.volume {
                #[allow(clippy::cast_possible_truncation, reason = "0 to 20")]
                Some(volume) => json!({"Volume": ((volume * 20.0).round() as i64).clamp(1, 20) * 5}),
                None => Value::Null,
            },
            SettingsGroup::DoorCondition => json!({
                "FaceThreshold": self.threshold(),
                "IOStayTime": behaviour.lock.open_ms.unwrap_or(device.config.door.open_ms),
            }),
            SettingsGroup::NetParam => self.network(),
            SettingsGroup::SysTime => clock(device.zone().to_datetime(device.clock.now())),
            SettingsGroup::SysNtp => {
                let offset = device.zone().to_offset(device.clock.now()).seconds() / 60;
                zone_number(offset).map_or(Value::Null, |number| json!({"NtpTimeZone": number}))
            }
            SettingsGroup::SysParam => json!({
                "Name": behaviour.name.as_deref().unwrap_or(&device.config.terminal.name),
                "Version": device.version(),
            }),
            SettingsGroup::GeneralParam => {
                let (day, hour) = reboot(behaviour.reboot.as_ref());
                json!({
                    "FaceThreshold": self.threshold(),
                    "IPAddr": self.address.ip().to_string(),
                    "AutoRebootDay": day,
                    "AutoRebootHour": hour,
                    "Direction": match behaviour.direction {
                        Direction::None => 0,
                        Direction::Entry => 1,
                        Direction::Exit => 2,
                    },
                })
            }
            // Pictures are kept, and told where that is on (3.30).
            SettingsGroup::SysCfg => json!({
                "DataBaseEnable": i64::from(behaviour.report_capture.unwrap_or(true)),
            }),
            // 3.31 numbers directions in its own way (QUIRKS A7).
            SettingsGroup::Broker => json!({
                "Direction": match behaviour.direction {
                    Direction::Entry => 0,
                    Direction::Exit => 1,
                    Direction::None => 2,
                },
            }),
            _ => Value::Null,
        };
        defaults::object(value)
    }

    fn threshold(&self) -> i64 {
        let configured = self.device.configured_thresholds.accept;
        #[allow(clippy::cast_possible_truncation, reason = "50 to 100")]
        let threshold = SIMILARITY
            .wire(self.device.thresholds().accept, configured)
            .round() as i64;
        threshold.clamp(50, 100)
    }

    /// `GetAudio`.
    pub(super) fn sounds() -> AudioFiles {
        AudioFiles {
            count: i64::try_from(SOUNDS.len()).unwrap_or_default(),
            names: SOUNDS.map(str::to_owned).to_vec(),
        }
    }

    /// `SetAudio`: this terminal has no loudspeaker; whoever follows its events hears the name.
    pub(super) fn play(&self, call: &SetAudio) -> Result<Done, Failure> {
        let name = call.name.as_deref().unwrap_or_default().trim();
        let is_known = call.kind == 0 && SOUNDS.contains(&name);
        if !is_known {
            return Err(Failure::new(format!("there is no sound {name:?}")));
        }
        self.device.events.tell("output", &json!({"sound": name}));
        Ok(Done)
    }

    /// `SetFactoryDefault` (3.8): the parts that are named, and no others. This terminal keeps no log.
    pub(super) async fn reset(&self, call: &SetFactoryDefault) -> Result<Done, Failure> {
        let groups = [
            (call.door, SettingsGroup::DoorCondition),
            (call.sound, SettingsGroup::Sound),
            (call.network, SettingsGroup::NetParam),
            (call.centre, SettingsGroup::Centre),
            (call.system, SettingsGroup::SysCfg),
            (call.cameras, SettingsGroup::EnterIpc),
            (call.server, SettingsGroup::ServerBasicPara),
            (call.kinds, SettingsGroup::WorkType),
        ];
        for (_, group) in groups.into_iter().filter(|(is_named, _)| *is_named) {
            self.reset_settings(group, |_| true).await?;
        }
        if call.maintenance {
            self.reset_settings(SettingsGroup::GeneralParam, |key| MAINTENANCE.contains(&key))
                .await?;
        }
        if call.people {
            self.delete_everybody().await?;
        }
        self.forget_records(call.records || call.captures, call.captures)
            .await
            .map(|()| Done)
    }

    /// The fields of a group that are part of what is reset, as the factory had them.
    async fn reset_settings(&self, group: SettingsGroup, is_part: fn(&str) -> bool) -> Result<(), Failure> {
        let mut factory = defaults::of(group);
        factory.retain(|key, _| is_part(key));
        self.hand_over(group, &factory).await?;
        self.memory
            .change(|memory| {
                forget(memory, group, is_part);
            })
            .await?;
        self.act(group, &factory).await?;
        self.device
            .change_behaviour(|behaviour| acting::reset(group, behaviour))
            .await?;
        Ok(())
    }
}

/// Keeps what was set, in both groups where it stands in two.
fn keep(memory: &mut super::Memory, group: SettingsGroup, changed: &Map<String, Value>) {
    memory
        .settings
        .entry(group.name().to_owned())
        .or_default()
        .extend(changed.clone());
    for (other, names) in sharing(group) {
        let shared = names
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), changed.get(*name)?.clone())));
        memory
            .settings
            .entry(other.name().to_owned())
            .or_default()
            .extend(shared);
    }
}

/// Forgets what was set of a part of a group, in both groups where it stands in two.
fn forget(memory: &mut super::Memory, group: SettingsGroup, is_part: fn(&str) -> bool) {
    if let Some(values) = memory.settings.get_mut(group.name()) {
        values.retain(|key, _| !is_part(key));
    }
    for (other, names) in sharing(group) {
        if let Some(values) = memory.settings.get_mut(other.name()) {
            values.retain(|key, _| !(is_part(key) && names.contains(&key.as_str())));
        }
    }
}

/// The other groups that have some of a group's fields, and which.
fn sharing(group: SettingsGroup) -> impl Iterator<Item = (SettingsGroup, &'static [&'static str])> {
    SHARED.into_iter().filter_map(move |(one, other, names)| {
        if group == one {
            Some((other, names))
        } else {
            (group == other).then_some((one, names))
        }
    })
}

fn clock(local: DateTime) -> Value {
    Value::Object(SetSettings::time(local).values)
}

/// `AutoRebootDay` and `AutoRebootHour` (QUIRKS A66).
fn reboot(schedule: Option<&model::ScheduledReboot>) -> (i64, i64) {
    let Some(schedule) = schedule else { return (0, 0) };
    let day = match schedule.day {
        RebootDay::Never => 0,
        RebootDay::Daily => 1,
        RebootDay::Mon => 2,
        RebootDay::Tue => 3,
        RebootDay::Wed => 4,
        RebootDay::Thu => 5,
        RebootDay::Fri => 6,
        RebootDay::Sat => 7,
        RebootDay::Sun => 8,
    };
    let hour = schedule.at.get(..2).and_then(|hour| hour.parse().ok());
    (day, hour.unwrap_or_default())
}
