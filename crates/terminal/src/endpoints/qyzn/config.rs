//! The groups of configuration (4.5.10): kept as they were set, and acted upon where this terminal has the thing.

use super::DIALECT;
use super::people::store_failed;
use crate::behaviour::{Behaviour, Identification, Push};
use crate::device::Device;
use crate::endpoints::threshold::Scale;
use dialects::local_time;
use dialects::qyzn::config::GroupChange;
use dialects::qyzn::convert::settings;
use dialects::qyzn::operation::success;
use dialects::qyzn::time::WallTime;
use dialects::qyzn::{
    Code, ConfigDevicePassRule, ConfigGroup, ConfigSystem, ConfigValues, Configs, GetConfigs, ResponseBody,
};
use model::{RebootDay, ScheduledReboot, Verify};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use store::StoreError;

/// `SimilarThres`.
const SIMILARITY: Scale = Scale {
    default: 80.0,
    highest: 100.0,
};
/// The highest volume.
const LOUDEST: f64 = 15.0;
/// `timezone` is the offset from UTC in hours plus this.
const ZONE_OFFSET: i64 = 12;

type Groups = BTreeMap<String, Map<String, Value>>;

fn key() -> String {
    format!("{DIALECT}.config")
}

async fn kept(device: &Device) -> Result<Groups, StoreError> {
    let bytes = device.state.get(&key()).await?;
    Ok(bytes
        .map(|bytes| serde_json::from_slice(&bytes))
        .transpose()?
        .unwrap_or_default())
}

/// `get_configs`: the groups that are known; 103 where none is (QUIRKS T61).
pub(super) async fn get(device: &Device, message: &GetConfigs, own: &Own) -> ResponseBody {
    let kept = match kept(device).await {
        Ok(kept) => kept,
        Err(error) => return store_failed(&error),
    };
    let groups: Vec<ConfigGroup> = message
        .groups
        .iter()
        .filter_map(|name| ConfigGroup::of(name))
        .collect();
    if groups.is_empty() {
        return ResponseBody::refusal(Code::UnknownCommand, "there is no such group");
    }
    let values = groups
        .iter()
        .map(|group| ConfigValues::new(*group, values(device, *group, &kept, own)));
    let answer = success::<GetConfigs>(&Configs(values.collect()));
    let kind = match groups.as_slice() {
        [group] => group.get_reply(),
        _ => "get_configs".to_owned(),
    };
    ResponseBody {
        kind: Some(kind),
        ..answer
    }
}

/// What the connection tells of this terminal.
#[derive(Debug, Clone)]
pub(super) struct Own {
    pub(super) device_type: String,
    pub(super) version: String,
    pub(super) mac: String,
    pub(super) address: String,
}

fn values(device: &Device, group: ConfigGroup, kept: &Groups, own: &Own) -> Map<String, Value> {
    let mut values = object(defaults(device, group, own));
    if let Some(set) = kept.get(group.name()) {
        values.extend(set.clone());
    }
    if group == ConfigGroup::Time {
        let now = device.zone().to_datetime(device.clock.now());
        values.insert("currenttime".to_owned(), WallTime::new(now).to_string().into());
        values.insert("timezone".to_owned(), time_zone(device).into());
    }
    values
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

/// The zone's offset from UTC now, in whole hours plus 12.
fn time_zone(device: &Device) -> i64 {
    let offset = device.zone().to_offset(device.clock.now());
    i64::from(offset.seconds()).div_euclid(3600) + ZONE_OFFSET
}

fn defaults(device: &Device, group: ConfigGroup, own: &Own) -> Value {
    let volume = device.behaviour().volume.unwrap_or(0.8);
    match group {
        ConfigGroup::Version => json!({
            "devType": own.device_type, "appVer": own.version, "sysVer": concat!("menshen ", env!("CARGO_PKG_VERSION")),
            "license": device.config.terminal.serial,
        }),
        ConfigGroup::NetInfo => json!({"item": [{
            "name": "eth0", "macaddr": colons(&own.mac), "ipaddr": own.address, "maskaddr": "", "gateway": "", "DNS": "",
        }]}),
        ConfigGroup::Time => json!({"time_control": 1, "ntpServer": "", "ntpPort": 123}),
        ConfigGroup::Light => json!({"mode": 2, "closeScreen": 0}),
        ConfigGroup::Serial => {
            json!({"baudrate": 3, "databit": 8, "stopbit": 1, "checktype": 0, "putOutType": 1})
        }
        #[allow(clippy::cast_possible_truncation, reason = "0 to 15")]
        ConfigGroup::Audio => json!({"level": (volume * LOUDEST).round() as i64}),
        ConfigGroup::Wiegand => json!({"type": 0, "InputType": 2, "putOutType": 0}),
        ConfigGroup::Face => json!({
            "SimilarThres": 80, "DetThres": 65, "LiveThres": 50, "LiveSwitch": 0, "Distance": 0, "safetyhatDecect": false,
        }),
        ConfigGroup::Switch => json!({
            "switchOutput": true, "switchOutMode": 0, "outputInterval": device.config.door.open_ms, "outputDelay": 0,
        }),
        ConfigGroup::VoiceTips => json!({"SuccessTips": 2, "FailTips": 1}),
        ConfigGroup::ProductName => json!({"UIName": device.config.terminal.name}),
        ConfigGroup::OpenDoorMode => json!({"OpenDoor": 5}),
        ConfigGroup::Stranger => json!({"strangerIdentifyEn": true, "strangerOpenDoorEn": false}),
        ConfigGroup::HttpPush => json!({
            "httpPushEnable": false, "httpServerAddr": "", "httpServerAddrStandby": "", "httpServerPort": 80,
            "timeout": 5, "charcode": 0, "heartbeat_interval": 0, "private_protocol": 0, "sslenable": false,
            "sslport": 443, "appid": "", "appSecret": "", "AuthSn": "",
        }),
        ConfigGroup::Reboot => json!({"auto_reboot": false, "time": "03:00:00", "week": 0, "log_level": 1}),
        ConfigGroup::VerifyReport => json!({"SnapshotPic": true}),
        ConfigGroup::ForbiddenIdCards => json!({"NumPrefix": []}),
    }
}

fn colons(mac: &str) -> String {
    let pairs: Vec<String> = mac
        .as_bytes()
        .chunks(2)
        .map(|pair| String::from_utf8_lossy(pair).into_owned())
        .collect();
    pairs.join(":")
}

/// `config_system`: all of the message, or nothing of it.
pub(super) async fn set(device: &Device, message: &ConfigSystem, own: &Own) -> ResponseBody {
    if let Some(unknown) = message.groups.iter().find(|group| group.known().is_none()) {
        let reason = format!("there is no group {:?}", unknown.group);
        return ResponseBody::refusal(Code::UnknownCommand, reason);
    }
    let changes = match message.exact() {
        Ok(changes) => changes,
        Err(error) => return ResponseBody::refusal(Code::InvalidParameter, error.to_string()),
    };
    let kind = match changes.as_slice() {
        [(group, _)] => group.set_reply(),
        _ => "config_system".to_owned(),
    };
    match apply(device, changes, own).await {
        Ok(None) => ResponseBody {
            kind: Some(kind),
            ..ResponseBody::of_code(Code::Success)
        },
        Ok(Some(problem)) => ResponseBody::refusal(Code::InvalidParameter, problem),
        Err(error) => store_failed(&error),
    }
}

/// Keeps changes and acts upon them; says what cannot be.
async fn apply(device: &Device, changes: Vec<GroupChange>, own: &Own) -> Result<Option<String>, StoreError> {
    let mut kept = kept(device).await?;
    let mut set_clock = None;
    for (group, changed) in &changes {
        if *group == ConfigGroup::Time
            && let Some(text) = changed.get("currenttime").and_then(Value::as_str)
        {
            match text.parse::<WallTime>() {
                Ok(local) => set_clock = Some(local),
                Err(error) => return Ok(Some(format!("time.currenttime: {error}"))),
            }
        }
        let group = kept.entry(group.name().to_owned()).or_default();
        group.extend(changed.clone());
    }
    for group in kept.values_mut() {
        // Told anew each time.
        group.remove("currenttime");
        group.remove("timezone");
    }
    let bytes = serde_json::to_vec(&kept)?;
    device.state.set(&key(), Some(&bytes)).await?;
    let told: Vec<Told> = changes
        .into_iter()
        .map(|(group, changed)| Told {
            whole: values(device, group, &kept, own),
            group,
            changed,
        })
        .collect();
    let accept = device.configured_thresholds.accept;
    device
        .change_behaviour(|behaviour| {
            for told in &told {
                act(behaviour, told, accept);
            }
        })
        .await?;
    if let Some(local) = set_clock
        && let Some((_, at)) = local_time::readings(local.local(), &device.zone())
    {
        device.clock.set(at).await?;
    }
    Ok(None)
}

/// A group that was set: as it is now, and what was changed.
struct Told {
    group: ConfigGroup,
    whole: Map<String, Value>,
    changed: Map<String, Value>,
}

/// What a group means for this terminal: only what was changed of it, since other dialects set the same things.
fn act(behaviour: &mut Behaviour, told: &Told, accept: f32) {
    let (group, changed) = (told.group, &told.changed);
    let number = |key: &str| changed.get(key).and_then(Value::as_i64);
    let on = |key: &str| changed.get(key).and_then(Value::as_bool);
    let text = |key: &str| changed.get(key).and_then(Value::as_str).map(str::to_owned);
    match group {
        ConfigGroup::Time => {
            if let Some(zone) = number("timezone") {
                behaviour.time_zone = Some(settings::zone_name(zone));
            }
        }
        #[allow(clippy::cast_precision_loss, reason = "0 to 15")]
        ConfigGroup::Audio => {
            if let Some(level) = number("level") {
                behaviour.volume = Some(level as f64 / LOUDEST);
            }
        }
        #[allow(clippy::cast_precision_loss, reason = "0 to 100")]
        ConfigGroup::Face => {
            if let Some(similarity) = number("SimilarThres") {
                behaviour.accept = Some(SIMILARITY.cosine(similarity as f32, accept));
            }
        }
        ConfigGroup::Switch => {
            let lock = &mut behaviour.lock;
            lock.used = on("switchOutput").unwrap_or(lock.used);
            let time = |key| number(key).and_then(|time| u32::try_from(time).ok());
            lock.open_ms = time("outputInterval").or(lock.open_ms);
            lock.delay_ms = time("outputDelay").unwrap_or(lock.delay_ms);
        }
        ConfigGroup::VoiceTips => {
            if let Some(tip) = number("SuccessTips") {
                // The last dialect that says how people are greeted wins.
                behaviour.prompts.welcome = None;
                behaviour.prompts.granted = granted_words(tip).map(str::to_owned);
            }
            if let Some(tip) = number("FailTips") {
                behaviour.prompts.denied = Some(denied_words(tip).to_owned());
            }
        }
        ConfigGroup::ProductName => {
            if let Some(name) = text("UIName") {
                behaviour.name = Some(name).filter(|name| !name.is_empty());
            }
        }
        ConfigGroup::OpenDoorMode => {
            if let Some(mode) = number("OpenDoor") {
                behaviour.identification = identification(mode);
            }
        }
        ConfigGroup::Stranger => {
            let strangers = &mut behaviour.strangers;
            strangers.recorded = on("strangerIdentifyEn").unwrap_or(strangers.recorded);
            strangers.let_in = on("strangerOpenDoorEn").unwrap_or(strangers.let_in);
        }
        // No other dialect sets it.
        ConfigGroup::HttpPush => behaviour.push = push(&told.whole),
        ConfigGroup::Reboot => set_reboot(&mut behaviour.reboot, told),
        ConfigGroup::VerifyReport => {
            behaviour.report_capture = on("SnapshotPic").or(behaviour.report_capture);
        }
        ConfigGroup::ForbiddenIdCards => {
            if let Some(prefixes) = changed.get("NumPrefix").and_then(Value::as_array) {
                let prefixes = prefixes.iter().filter_map(Value::as_str);
                behaviour.refused_id_prefixes = prefixes.map(str::to_owned).collect();
            }
        }
        ConfigGroup::Version
        | ConfigGroup::NetInfo
        | ConfigGroup::Light
        | ConfigGroup::Serial
        | ConfigGroup::Wiegand => {}
    }
}

/// Switched on, the reboot is as the group says; without a word on that, what there is of one moves.
fn set_reboot(reboot: &mut Option<ScheduledReboot>, told: &Told) {
    let day = |values: &Map<String, Value>| values.get("week").and_then(Value::as_i64).map(settings::day);
    let time = |values: &Map<String, Value>| values.get("time").and_then(Value::as_str).map(str::to_owned);
    match (told.changed.get("auto_reboot").and_then(Value::as_bool), reboot) {
        (Some(false), reboot) => *reboot = None,
        (Some(true), reboot) => {
            *reboot = Some(ScheduledReboot {
                day: day(&told.whole).unwrap_or(RebootDay::Daily),
                at: time(&told.whole).unwrap_or_default(),
            });
        }
        (None, Some(reboot)) => {
            reboot.day = day(&told.changed).unwrap_or(reboot.day);
            if let Some(at) = time(&told.changed) {
                reboot.at = at;
            }
        }
        (None, None) => {}
    }
}

fn granted_words(tip: i64) -> Option<&'static str> {
    Some(match tip {
        1 => "识别成功",
        2 => "请通行",
        3 => "验证通过",
        4 => "欢迎光临",
        5 => "欢迎回家",
        6 => "请慢走",
        7 => "一路平安",
        8 => "请戴安全帽",
        _ => return None,
    })
}

fn denied_words(tip: i64) -> &'static str {
    if tip == 0 { "未授权" } else { "陌生人" }
}

fn identification(mode: i64) -> Identification {
    match mode {
        0 => Identification::As(Verify::Face),
        1 => Identification::As(Verify::FaceAndCard),
        2 => Identification::As(Verify::Card),
        3 => Identification::As(Verify::FaceAndIdCard),
        4 => Identification::As(Verify::FaceAndIdCardListed),
        6 => Identification::FaceOrIdCard,
        _ => Identification::As(Verify::FaceOrCard),
    }
}

fn push(group: &Map<String, Value>) -> Option<Push> {
    let number = |key: &str| group.get(key).and_then(Value::as_i64).unwrap_or_default();
    let on = |key: &str| group.get(key).and_then(Value::as_bool).unwrap_or_default();
    let address = group.get("httpServerAddr").and_then(Value::as_str);
    let address = address.filter(|address| !address.is_empty() && on("httpPushEnable"))?;
    let bare = address
        .trim_start_matches("http://")
        .trim_start_matches("https://")
        .trim_end_matches('/');
    let (scheme, port) = if on("sslenable") {
        ("https", number("sslport"))
    } else {
        ("http", number("httpServerPort"))
    };
    Some(Push {
        url: format!("{scheme}://{bare}:{port}/"),
        timeout_seconds: u64::try_from(number("timeout")).unwrap_or(0).max(1),
    })
}

/// `config_device_pass_rule` (4.5.9); an empty rule lifts it.
pub(super) async fn set_rule(device: &Device, message: &ConfigDevicePassRule) -> ResponseBody {
    let times = (!message.0.is_empty()).then(|| dialects::qyzn::convert::rule_times(&message.0));
    match device.change_behaviour(|behaviour| behaviour.times = times).await {
        Ok(()) => ResponseBody::of_code(Code::Success),
        Err(error) => store_failed(&error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_named_stays_as_another_dialect_set_it() {
        let mut behaviour = Behaviour {
            accept: Some(0.7),
            identification: Identification::As(Verify::FaceAndCard),
            reboot: Some(ScheduledReboot {
                day: RebootDay::Mon,
                at: "04:30:00".to_owned(),
            }),
            ..Behaviour::default()
        };
        behaviour.prompts.welcome = Some("Hello".to_owned());
        behaviour.prompts.denied = Some("No".to_owned());
        behaviour.lock.open_ms = Some(700);
        behaviour.strangers.let_in = true;
        let before = behaviour.clone();
        let tell = |behaviour: &mut Behaviour, group: ConfigGroup, changed: Value| {
            let told = Told {
                group,
                whole: object(changed.clone()),
                changed: object(changed),
            };
            act(behaviour, &told, 0.5);
        };
        for (group, changed) in [
            (ConfigGroup::Face, json!({"Distance": 1})),
            (ConfigGroup::OpenDoorMode, json!({"SwipeCardTip": 0})),
            (ConfigGroup::Reboot, json!({"log_level": 2})),
            (ConfigGroup::Switch, json!({"switchOutMode": 1})),
        ] {
            tell(&mut behaviour, group, changed);
            assert_eq!(behaviour, before, "{group:?}");
        }
        tell(
            &mut behaviour,
            ConfigGroup::Stranger,
            json!({"strangerIdentifyEn": false}),
        );
        tell(&mut behaviour, ConfigGroup::Switch, json!({"outputDelay": 90}));
        tell(&mut behaviour, ConfigGroup::Reboot, json!({"time": "05:00:00"}));
        tell(&mut behaviour, ConfigGroup::VoiceTips, json!({"FailTips": 0}));
        assert_eq!(
            (behaviour.strangers.recorded, behaviour.strangers.let_in),
            (false, true)
        );
        assert_eq!((behaviour.lock.open_ms, behaviour.lock.delay_ms), (Some(700), 90));
        let reboot = behaviour.reboot.clone().unwrap();
        assert_eq!((reboot.day, reboot.at.as_str()), (RebootDay::Mon, "05:00:00"));
        assert_eq!(behaviour.prompts.welcome.as_deref(), Some("Hello"));
        assert_eq!(behaviour.prompts.denied.as_deref(), Some("未授权"));
    }

    #[test]
    fn zones_map() {
        assert_eq!(settings::zone_name(20), "Etc/GMT-8");
        for timezone in 0..=24 {
            assert!(jiff::tz::TimeZone::get(&settings::zone_name(timezone)).is_ok());
        }
    }
}
