//! The groups of settings (3.1 to 3.35): each is read, and most are changed, looked at, and put back. What changes the
//! network or restarts the terminal is among the [`super::last`].

use super::found::Found;
use super::{Ask, call, restored};
use crate::probe::compare::Difference;
use crate::probe::look::{Looked, at, fits, is};
use crate::probe::row::{Row, Step};
use dialects::facegate::{Call, GetSettings, SetSettings, SettingsGroup, SettingsValues};
use jiff::ToSpan as _;
use jiff::civil::DateTime;
use serde_json::{Map, Value, json};
use tokio::time::Instant;

/// How far a wall clock of whole seconds may be from what it was set to, seconds.
const CLOCK_SECONDS: i64 = 3;

/// Values of a field, of which one is not that which it has.
enum Other {
    Numbers(i64, i64),
    Texts(&'static str, &'static str),
}

impl Other {
    fn than(&self, own: &Value) -> Value {
        let (first, second) = match self {
            Self::Numbers(first, second) => (json!(first), json!(second)),
            Self::Texts(first, second) => (json!(first), json!(second)),
        };
        if dialects::lenient::read::<String>(own).ok() == dialects::lenient::read::<String>(&first).ok() {
            return second;
        }
        first
    }
}

/// The field of each group that is changed: one that nobody at the door notices.
const CHANGES: &[(SettingsGroup, &str, Other)] = &[
    (SettingsGroup::Sound, "Volume", Other::Numbers(50, 55)),
    (
        SettingsGroup::DoorCondition,
        "IDCardThreshold",
        Other::Numbers(60, 61),
    ),
    (SettingsGroup::SysNtp, "NtpInterval", Other::Numbers(60, 61)),
    (SettingsGroup::Centre, "SendSnapImage", Other::Numbers(0, 1)),
    (
        SettingsGroup::SysParam,
        "Name",
        Other::Texts("menshen-probe", "Menshen Probe"),
    ),
    (
        SettingsGroup::ServerBasicPara,
        "DisplaySnapVerify",
        Other::Numbers(0, 1),
    ),
    (
        SettingsGroup::GeneralParam,
        "IDCardThreshold",
        Other::Numbers(60, 61),
    ),
    (
        SettingsGroup::Temperature,
        "ShowAbnormalTemp",
        Other::Numbers(0, 1),
    ),
    (
        SettingsGroup::HandShark,
        "HandSharkInfo",
        Other::Texts("menshen-probe", "Menshen Probe"),
    ),
    (SettingsGroup::SysCfg, "WebTimeOut", Other::Numbers(5, 6)),
    (SettingsGroup::Broker, "QRCode", Other::Numbers(0, 1)),
    (SettingsGroup::FaceParam, "faceMinPixel", Other::Numbers(120, 122)),
];

macro_rules! read {
    ($($group:ident $get:literal $section:literal;)*) => {
        /// The groups as they are read.
        pub(super) const READ: &[Row<Call, Found>] = &[$(
            restored($get, $section, &[Step::looked_at(
                |_| get(SettingsGroup::$group),
                |found, answer| keep(found, SettingsGroup::$group, answer),
            )]),
        )*];
    };
}

read! {
    Sound "GetSound" "3.1.1";
    DoorCondition "GetDoorCondition" "3.2.1";
    NetParam "GetNetParam" "3.4.1";
    SysTime "GetSysTime" "3.5.1";
    SysNtp "GetSysNTP" "3.6";
    Centre "GetCenter" "3.7";
    SysParam "GetSysParam" "3.9.1";
    EnterIpc "GetEnterIPC" "3.15.1";
    ServerBasicPara "GetServerBasicPara" "3.16.1";
    WorkType "GetWorktype" "3.17.1";
    GeneralParam "GetGeneralParam" "3.23.1";
    Temperature "GetTemperature" "3.27.1";
    HandShark "GetHandSharkData" "3.28.1";
    SysCfg "GetSysCfg" "3.30.1";
    Broker "GetMQTTParam" "3.31.1";
    NetWifi "GetNetWiFi" "3.33.1";
    FaceParam "GetFaceParam" "3.34.1";
    Rtsp "GetRTSPCfg" "3.35.1";
}

macro_rules! changed {
    ($($group:ident $set:literal $section:literal;)*) => {
        /// The groups as they are changed and put back; lists and the clock are set to what they are.
        pub(super) const CHANGED: &[Row<Call, Found>] = &[
            $(restored($set, $section, &[
                Step::ask(|found| set_other(found, SettingsGroup::$group)),
                Step::looked_at(
                    |_| get(SettingsGroup::$group),
                    |found, answer| has(answer, other(found, SettingsGroup::$group)),
                ),
                Step::ask(|found: &Found| put_back(found, SettingsGroup::$group)).always(),
                Step::looked_at(
                    |_| get(SettingsGroup::$group),
                    |found, answer| has(answer, own(found, SettingsGroup::$group)),
                ),
            ]),)*
            restored("SetSysTime", "3.5.2", &[
                Step::ask(same_time),
                Step::looked_at(|_| get(SettingsGroup::SysTime), has_time),
            ]),
            restored("SetEnterIPC", "3.15.2", &[Step::ask(|found| same(found, SettingsGroup::EnterIpc))]),
            restored("SetWorktype", "3.17.2", &[Step::ask(|found| same(found, SettingsGroup::WorkType))]),
        ];
    };
}

changed! {
    Sound "SetSound" "3.1.2";
    DoorCondition "SetDoorCondition" "3.2.2";
    SysNtp "SetSysNTP" "3.6";
    Centre "SetCenter" "3.7";
    SysParam "SetSysParam" "3.9.2";
    ServerBasicPara "SetServerBasicPara" "3.16.2";
    GeneralParam "SetGeneralParam" "3.23.2";
    Temperature "SetTemperature" "3.27.2";
    HandShark "SetHandSharkData" "3.28.2";
    SysCfg "SetSysCfg" "3.30.2";
    Broker "SetMQTTParam" "3.31.2";
    FaceParam "SetFaceParam" "3.34.2";
}

fn get(group: SettingsGroup) -> Ask {
    call(GetSettings(group))
}

/// Keeps what a group has; fields may be left out, but for those that a change must name.
fn keep(found: &mut Found, group: SettingsGroup, answer: &Value) -> Looked {
    let values = at(answer, "info").as_object().cloned().unwrap_or_default();
    let table = group.fields();
    if !table.iter().any(|field| values.contains_key(field.name)) {
        return Err(Difference::new("info", "has no field of the group"));
    }
    let values = SettingsValues { group, values };
    if group == SettingsGroup::SysTime {
        let local = values.local_time();
        let local = local.ok_or_else(|| Difference::new("info.Year", "gives no time with the others"))?;
        found.clock = Some((local, Instant::now()));
    }
    found.settings.insert(group, values);
    let optional: Vec<&str> = table
        .iter()
        .filter(|field| !field.required)
        .map(|field| field.name)
        .collect();
    fits(answer, "info", table, &optional)
}

fn one(name: &str, value: Value) -> Map<String, Value> {
    Map::from_iter([(name.to_owned(), value)])
}

/// The field that is changed, and what it has.
fn own(found: &Found, group: SettingsGroup) -> Result<(&'static str, Value), String> {
    let (_, name, _) = change_of(group)?;
    let value = found.group(group)?.values.get(*name);
    let value = value.ok_or_else(|| format!("it does not tell its {name}"))?;
    Ok((name, value.clone()))
}

/// The field that is changed, and what it is changed to.
fn other(found: &Found, group: SettingsGroup) -> Result<(&'static str, Value), String> {
    let (_, _, other) = change_of(group)?;
    let (name, own) = own(found, group)?;
    let exact = group.change(&one(name, other.than(&own)));
    let mut exact = exact.map_err(|error| error.to_string())?;
    Ok((name, exact.remove(name).unwrap_or_default()))
}

fn change_of(group: SettingsGroup) -> Result<&'static (SettingsGroup, &'static str, Other), String> {
    let change = CHANGES.iter().find(|(of, _, _)| *of == group);
    change.ok_or_else(|| format!("nothing of {} is changed", group.name()))
}

fn set(found: &Found, group: SettingsGroup, changes: &Map<String, Value>) -> Ask {
    let set = SetSettings::new(group, changes, found.settings.get(&group));
    call(set.map_err(|error| error.to_string())?)
}

fn set_other(found: &Found, group: SettingsGroup) -> Ask {
    let (name, value) = other(found, group)?;
    set(found, group, &one(name, value))
}

fn put_back(found: &Found, group: SettingsGroup) -> Ask {
    let (name, value) = own(found, group)?;
    set(found, group, &one(name, value))
}

fn has(answer: &Value, wanted: Result<(&'static str, Value), String>) -> Looked {
    match wanted {
        Ok((name, value)) => is(answer, &format!("info.{name}"), &value),
        Err(why) => Err(Difference::new("info", why)),
    }
}

/// Sets a whole group to what it is.
pub(super) fn same(found: &Found, group: SettingsGroup) -> Ask {
    let mut values = found.group(group)?.values.clone();
    let is_settable = |name: &str| {
        let mut table = group.fields().iter();
        table.any(|field| field.name == name && field.writable)
    };
    values.retain(|name, _| is_settable(name));
    set(found, group, &values)
}

/// What its wall clock shows now.
fn local_now(found: &Found) -> Result<DateTime, String> {
    let (local, told) = found.clock.ok_or("it does not tell its time")?;
    let seconds = i64::try_from(told.elapsed().as_secs()).unwrap_or_default();
    let now = local.checked_add(seconds.seconds());
    now.map_err(|error| error.to_string())
}

fn same_time(found: &Found) -> Ask {
    call(SetSettings::time(local_now(found)?))
}

fn has_time(found: &mut Found, answer: &Value) -> Looked {
    let wrong = |text: &str| Difference::new("info.Second", text);
    let values = SettingsValues {
        group: SettingsGroup::SysTime,
        values: at(answer, "info").as_object().cloned().unwrap_or_default(),
    };
    let told = values
        .local_time()
        .ok_or_else(|| wrong("gives no time with the others"))?;
    let due = local_now(found).map_err(|why| wrong(&why))?;
    let apart = told.duration_since(due).as_secs().abs();
    if apart <= CLOCK_SECONDS {
        return Ok(());
    }
    Err(wrong("is not the time that it was set to"))
}
