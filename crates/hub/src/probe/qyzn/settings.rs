//! Chapter 4.5.10: each group of configuration is read, one field of it is changed, read back and put back.

use super::{Asked, Found, Looked};
use crate::probe::PERSON_NAME;
use crate::probe::compare::Difference;
use crate::probe::look::within;
use crate::probe::row::{Effect, Row, Step, row};
use dialects::fields::{self, Field, Kind, Spelling};
use dialects::qyzn::{ConfigGroup, ConfigSystem, Configs, GetConfigs, PlatformRequest};
use serde_json::{Map, Value, json};

/// No identity number begins so.
const NO_PREFIX: &str = "00";

/// A group is read.
macro_rules! read {
    ($name:literal $section:literal $group:ident) => {
        row(
            $name,
            $section,
            Effect::Restored,
            &[Step::looked_at(
                |_| Ok(get(ConfigGroup::$group)),
                |found, answer| keep(found, ConfigGroup::$group, answer),
            )],
        )
    };
}

/// A field is changed and put back.
macro_rules! changed {
    ($name:literal $section:literal $group:ident $field:literal) => {
        row(
            $name,
            $section,
            Effect::Restored,
            &[
                Step::ask(|found| {
                    set(
                        ConfigGroup::$group,
                        $field,
                        another(found, ConfigGroup::$group, $field)?,
                    )
                }),
                Step::looked_at(
                    |_| Ok(get(ConfigGroup::$group)),
                    |found, answer| {
                        let wanted = another(found, ConfigGroup::$group, $field);
                        has(answer, ConfigGroup::$group, $field, wanted.ok())
                    },
                ),
                Step::ask(|found: &Found| put_back(found, ConfigGroup::$group, $field)).always(),
                Step::looked_at(
                    |_| Ok(get(ConfigGroup::$group)),
                    |found, answer| {
                        let before = found.value(ConfigGroup::$group, $field);
                        has(answer, ConfigGroup::$group, $field, before.cloned())
                    },
                ),
            ],
        )
    };
}

/// A field is set to what it is: another value could let people in, or keep them out.
macro_rules! kept {
    ($name:literal $section:literal $group:ident $field:literal) => {
        row(
            $name,
            $section,
            Effect::Restored,
            &[
                Step::ask(|found: &Found| put_back(found, ConfigGroup::$group, $field)),
                Step::looked_at(
                    |_| Ok(get(ConfigGroup::$group)),
                    |found, answer| {
                        let before = found.value(ConfigGroup::$group, $field);
                        has(answer, ConfigGroup::$group, $field, before.cloned())
                    },
                ),
            ],
        )
    };
}

/// In the order of the document.
pub(super) const ROWS: &[Row<PlatformRequest, Found>] = &[
    read!("get_configs:version" "4.5.10.1" Version),
    read!("get_configs:netinfo" "4.5.10.2" NetInfo),
    read!("get_configs:time" "4.5.10.3" Time),
    changed!("config_system:time" "4.5.10.3" Time "ntpPort"),
    read!("get_configs:ledctl" "4.5.10.4" Light),
    changed!("config_system:ledctl" "4.5.10.4" Light "closeScreen"),
    read!("get_configs:serial" "4.5.10.5" Serial),
    changed!("config_system:serial" "4.5.10.5" Serial "stopbit"),
    read!("get_configs:audioctl" "4.5.10.6" Audio),
    changed!("config_system:audioctl" "4.5.10.6" Audio "level"),
    read!("get_configs:weigand" "4.5.10.7" Wiegand),
    changed!("config_system:weigand" "4.5.10.7" Wiegand "InputType"),
    read!("get_configs:vaparam" "4.5.10.8" Face),
    changed!("config_system:vaparam" "4.5.10.8" Face "DetThres"),
    read!("get_configs:switchCtrl" "4.5.10.9" Switch),
    changed!("config_system:switchCtrl" "4.5.10.9" Switch "outputDelay"),
    read!("get_configs:VoiceTips" "4.5.10.10" VoiceTips),
    changed!("config_system:VoiceTips" "4.5.10.10" VoiceTips "SuccessTips"),
    read!("get_configs:ProductNameSet" "4.5.10.11" ProductName),
    changed!("config_system:ProductNameSet" "4.5.10.11" ProductName "UIName"),
    read!("get_configs:OpenDoorModeSet" "4.5.10.12" OpenDoorMode),
    kept!("config_system:OpenDoorModeSet" "4.5.10.12" OpenDoorMode "OpenDoor"),
    read!("get_configs:StrangerParam" "4.5.10.15" Stranger),
    kept!("config_system:StrangerParam" "4.5.10.15" Stranger "strangerOpenDoorEn"),
    read!("get_configs:HttpPush" "4.5.10.16" HttpPush),
    changed!("config_system:HttpPush" "4.5.10.16" HttpPush "timeout"),
    read!("get_configs:system_reboot" "4.5.10.17" Reboot),
    changed!("config_system:system_reboot" "4.5.10.17" Reboot "log_level"),
    read!("get_configs:VerifyRetRspSet" "4.5.10.18" VerifyReport),
    kept!("config_system:VerifyRetRspSet" "4.5.10.18" VerifyReport "SnapshotPic"),
    read!("get_configs:ForbidIdCardSet" "4.5.10.19" ForbiddenIdCards),
    changed!("config_system:ForbidIdCardSet" "4.5.10.19" ForbiddenIdCards "NumPrefix"),
];

fn get(group: ConfigGroup) -> PlatformRequest {
    GetConfigs::one(group).into()
}

fn set(group: ConfigGroup, field: &str, value: Value) -> Asked {
    let changes = Map::from_iter([(field.to_owned(), value)]);
    let change = ConfigSystem::one(group, &changes).map_err(|error| error.to_string())?;
    Ok(change.into())
}

fn put_back(found: &Found, group: ConfigGroup, field: &str) -> Asked {
    let before = found.value(group, field);
    let before = before.ok_or_else(|| format!("it does not tell its {field}"))?;
    set(group, field, before.clone())
}

/// Whether the group is told whole and within its ranges; it is kept for what is put back.
fn keep(found: &mut Found, group: ConfigGroup, answer: &Value) -> Looked {
    let configs = Configs::read(answer.get("data").unwrap_or(&Value::Null));
    let values = configs.group(group).cloned();
    let values =
        values.ok_or_else(|| Difference::new("data", format!("is not the group {}", group.name())))?;
    let looked = group.fields().iter().try_for_each(|field| fits(field, &values));
    found.groups.insert(group, values);
    looked
}

fn fits(field: &Field, values: &Map<String, Value>) -> Looked {
    let place = || format!("data[].{}", field.name);
    match values.get(field.name) {
        None if belongs_to_a_mode(field.name, values) => Ok(()),
        None => Err(Difference::new(place(), "is missing")),
        Some(value) => within(field, value, Spelling::Json, place),
    }
}

/// Of the passing modes, some have fields that the others lack (4.5.10.12, QUIRKS T57).
fn belongs_to_a_mode(field: &str, values: &Map<String, Value>) -> bool {
    const FACE_AND_CARD: i64 = 1;
    const FACE_AND_ID_CARD: i64 = 3;
    let mode = values.get("OpenDoor").and_then(Value::as_i64);
    match field {
        "CardVerify" | "SwipeCardTip" => mode != Some(FACE_AND_CARD),
        "IdCardVerify" | "SwipeIdCardTip" => mode != Some(FACE_AND_ID_CARD),
        "SwipeFaceTip" => mode != Some(FACE_AND_CARD) && mode != Some(FACE_AND_ID_CARD),
        _ => false,
    }
}

fn has(answer: &Value, group: ConfigGroup, field: &str, wanted: Option<Value>) -> Looked {
    let configs = Configs::read(answer.get("data").unwrap_or(&Value::Null));
    let told = configs.group(group).and_then(|values| values.get(field));
    if told == wanted.as_ref() {
        return Ok(());
    }
    let text = format!(
        "is {}, was set to {}",
        told.unwrap_or(&Value::Null),
        wanted.unwrap_or(Value::Null)
    );
    Err(Difference::new(format!("data[].{field}"), text))
}

/// Another value than the field's own; none where its own could not be put back.
fn another(found: &Found, group: ConfigGroup, name: &str) -> Result<Value, String> {
    let own = found.value(group, name);
    let own = own.ok_or_else(|| format!("it does not tell its {name}"))?;
    let field = fields::find(group.fields(), name).ok_or("there is no such field")?;
    field
        .exact(own, Spelling::Json)
        .map_err(|error| format!("its own value could not be put back: {error}"))?;
    another_of(field.kind, own).ok_or_else(|| format!("there is no other value than its {name}"))
}

fn another_of(kind: Kind, own: &Value) -> Option<Value> {
    match kind {
        Kind::Integer(first, last) => {
            let number = own.as_i64()?;
            let other = if number < last { number + 1 } else { number - 1 };
            (other >= first).then(|| json!(other))
        }
        Kind::OneOf(numbers) => numbers
            .iter()
            .find(|number| own.as_i64() != Some(**number))
            .map(|number| json!(number)),
        Kind::Text(_) => Some(json!(PERSON_NAME)).filter(|other| other != own),
        Kind::Texts(..) => {
            let mut texts = own.as_array()?.clone();
            texts.push(json!(NO_PREFIX));
            Some(Value::Array(texts))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::qyzn::people::Told;
    use std::collections::BTreeMap;

    fn told(group: ConfigGroup, field: &str, value: Value) -> Result<Value, String> {
        let values = Map::from_iter([(field.to_owned(), value)]);
        let found = Found {
            told: Told::default(),
            groups: BTreeMap::from([(group, values)]),
        };
        another(&found, group, field)
    }

    #[test]
    fn another_value_is_within_the_range_and_its_own_can_be_put_back() {
        assert_eq!(told(ConfigGroup::Audio, "level", json!(3)), Ok(json!(4)));
        assert_eq!(told(ConfigGroup::Audio, "level", json!(15)), Ok(json!(14)));
        assert_eq!(told(ConfigGroup::Light, "closeScreen", json!(0)), Ok(json!(1)));
        let prefixes = told(ConfigGroup::ForbiddenIdCards, "NumPrefix", json!(["44"]));
        assert_eq!(prefixes, Ok(json!(["44", "00"])));
        assert!(told(ConfigGroup::Audio, "level", json!(16)).is_err());
        assert!(told(ConfigGroup::Audio, "other", json!(1)).is_err());
    }
}
