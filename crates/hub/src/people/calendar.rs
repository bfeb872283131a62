//! Schedules, holidays and grants as somebody wants them (hub rule 31).

use super::fields::Fields;
use super::limits::{HOLIDAYS_OF_A_SCHEDULE, NAME_CHARACTERS, PERIODS_OF_A_DAY};
use crate::api::problem::Problem;
use model::{Date, DayMinute, GroupId, HolidayId, HolidayMode, Period, ScheduleId, Weekly, ZoneId};
use serde_json::{Map, Value};
use store::hub::rules::{GrantDraft, HolidayDraft, ScheduleDraft};

/// An id is at most so long; longer ones cannot exist.
const ID_CHARACTERS: usize = 64;

/// A group or zone: its name, and nothing else.
///
/// # Errors
/// 422 naming every bad field.
pub fn name(body: Map<String, Value>) -> Result<String, Problem> {
    let mut fields = Fields::default();
    let mut name = None;
    for (field, value) in with_required(body, &["name"]) {
        match field.as_str() {
            "name" => name = fields.required("name", value, NAME_CHARACTERS),
            "id" | "revision" => {}
            _ => fields.unknown(&field),
        }
    }
    fields.finish(name.unwrap_or_default())
}

/// A schedule: `current` with the given fields, or a new one where there is none.
///
/// # Errors
/// 422 naming every bad field.
pub fn schedule(current: Option<ScheduleDraft>, body: Map<String, Value>) -> Result<ScheduleDraft, Problem> {
    let body = if current.is_none() {
        with_required(body, &["name", "weekly"])
    } else {
        body
    };
    let mut draft = current.unwrap_or_else(|| ScheduleDraft {
        name: String::new(),
        weekly: Weekly::default(),
        holidays: Vec::new(),
    });
    let mut fields = Fields::default();
    for (field, value) in body {
        match field.as_str() {
            "name" => {
                draft.name = fields
                    .required("name", value, NAME_CHARACTERS)
                    .unwrap_or_default()
            }
            "weekly" => draft.weekly = weekly(&mut fields, value),
            "holidays" => draft.holidays = holidays(&mut fields, value),
            "id" | "revision" => {}
            _ => fields.unknown(&field),
        }
    }
    fields.finish(draft)
}

/// A holiday: `current` with the given fields, or a new one where there is none.
///
/// # Errors
/// 422 naming every bad field.
pub fn holiday(current: Option<HolidayDraft>, body: Map<String, Value>) -> Result<HolidayDraft, Problem> {
    let required: &[&str] = &["name", "first_day", "last_day", "mode"];
    let body = if current.is_none() {
        with_required(body, required)
    } else {
        body
    };
    let mut draft = current.unwrap_or_else(|| HolidayDraft {
        name: String::new(),
        first_day: Date::MIN,
        last_day: Date::MAX,
        mode: HolidayMode::Closed,
        periods: Vec::new(),
    });
    let mut fields = Fields::default();
    for (field, value) in body {
        match field.as_str() {
            "name" => {
                draft.name = fields
                    .required("name", value, NAME_CHARACTERS)
                    .unwrap_or_default()
            }
            "first_day" => draft.first_day = day(&mut fields, "first_day", value).unwrap_or(draft.first_day),
            "last_day" => draft.last_day = day(&mut fields, "last_day", value).unwrap_or(draft.last_day),
            "mode" => draft.mode = mode(&mut fields, value).unwrap_or(draft.mode),
            "periods" => draft.periods = periods(&mut fields, "periods", value),
            "id" | "revision" => {}
            _ => fields.unknown(&field),
        }
    }
    if draft.first_day > draft.last_day {
        fields.fault("last_day", "invalid", "the last day is not before the first");
    }
    match draft.mode {
        HolidayMode::Periods if draft.periods.is_empty() => {
            fields.fault(
                "periods",
                "required",
                "the mode periods needs at least one; a day without any is closed",
            );
        }
        HolidayMode::Periods => {}
        HolidayMode::Closed | HolidayMode::Open => draft.periods.clear(),
    }
    fields.finish(draft)
}

/// A grant: `current` with the given fields, or a new one where there is none.
///
/// # Errors
/// 422 naming every bad field.
pub fn grant(current: Option<GrantDraft>, body: Map<String, Value>) -> Result<GrantDraft, Problem> {
    let body = if current.is_none() {
        with_required(body, &["group_id", "zone_id"])
    } else {
        body
    };
    let mut draft = current.unwrap_or_else(|| GrantDraft {
        group_id: GroupId::new(""),
        zone_id: ZoneId::new(""),
        schedule_id: None,
        valid_from: None,
        valid_until: None,
    });
    let mut fields = Fields::default();
    for (field, value) in body {
        match field.as_str() {
            "group_id" => {
                draft.group_id =
                    GroupId::new(fields.required(&field, value, ID_CHARACTERS).unwrap_or_default());
            }
            "zone_id" => {
                draft.zone_id =
                    ZoneId::new(fields.required(&field, value, ID_CHARACTERS).unwrap_or_default());
            }
            "schedule_id" => {
                draft.schedule_id = fields
                    .text(&field, value, ID_CHARACTERS, false)
                    .map(ScheduleId::new);
            }
            "valid_from" => draft.valid_from = fields.instant(&field, value),
            "valid_until" => draft.valid_until = fields.instant(&field, value),
            "id" | "revision" => {}
            _ => fields.unknown(&field),
        }
    }
    fields.validity(draft.valid_from, draft.valid_until);
    fields.finish(draft)
}

/// Makes absent fields null, so that they are told as missing like empty ones.
fn with_required(mut body: Map<String, Value>, names: &[&str]) -> Map<String, Value> {
    for name in names {
        body.entry(*name).or_insert(Value::Null);
    }
    body
}

fn day(fields: &mut Fields, path: &str, value: Value) -> Option<Date> {
    if value.is_null() {
        fields.fault(path, "required", "a day as in 2030-10-01");
    }
    fields.date(path, value)
}

fn mode(fields: &mut Fields, value: Value) -> Option<HolidayMode> {
    if value.is_null() {
        fields.fault("mode", "required", "one of closed, open, periods");
    }
    fields.word("mode", value, "closed, open, periods")
}

fn holidays(fields: &mut Fields, value: Value) -> Vec<HolidayId> {
    let mut ids = Vec::new();
    for (index, item) in fields
        .list("holidays", value, HOLIDAYS_OF_A_SCHEDULE)
        .into_iter()
        .enumerate()
    {
        let path = format!("holidays[{index}]");
        let id = fields.required(&path, item, ID_CHARACTERS).map(HolidayId::new);
        ids.extend(id.filter(|id| !ids.contains(id)));
    }
    ids
}

fn weekly(fields: &mut Fields, value: Value) -> Weekly {
    let mut weekly = Weekly::default();
    let Value::Object(days) = value else {
        let code = if value.is_null() { "required" } else { "invalid" };
        fields.fault(
            "weekly",
            code,
            "an object with a list of periods for each of mon, tue, wed, thu, fri, sat, sun",
        );
        return weekly;
    };
    for (day, value) in days {
        let path = format!("weekly.{day}");
        let list = match day.as_str() {
            "mon" => &mut weekly.mon,
            "tue" => &mut weekly.tue,
            "wed" => &mut weekly.wed,
            "thu" => &mut weekly.thu,
            "fri" => &mut weekly.fri,
            "sat" => &mut weekly.sat,
            "sun" => &mut weekly.sun,
            _ => {
                fields.unknown(&path);
                continue;
            }
        };
        *list = periods(fields, &path, value);
    }
    weekly
}

fn periods(fields: &mut Fields, path: &str, value: Value) -> Vec<Period> {
    let items = fields.list(path, value, PERIODS_OF_A_DAY);
    items
        .into_iter()
        .enumerate()
        .filter_map(|(index, item)| period(fields, &format!("{path}[{index}]"), item))
        .collect()
}

fn period(fields: &mut Fields, path: &str, value: Value) -> Option<Period> {
    let Value::Object(mut object) = value else {
        fields.fault(
            path,
            "invalid",
            "an object with from and until, as in 08:00 and 18:00",
        );
        return None;
    };
    let from = minute(fields, &format!("{path}.from"), object.remove("from"));
    let until = minute(fields, &format!("{path}.until"), object.remove("until"));
    for name in object.keys() {
        fields.unknown(&format!("{path}.{name}"));
    }
    Period::new(from?, until?)
        .map_err(|error| fields.fault(&format!("{path}.until"), "invalid", error.to_string()))
        .ok()
}

fn minute(fields: &mut Fields, path: &str, value: Option<Value>) -> Option<DayMinute> {
    match value {
        None | Some(Value::Null) => {
            fields.fault(path, "required", "a time of day as in 08:00");
            None
        }
        Some(Value::String(text)) => text
            .parse()
            .map_err(|error: model::PeriodError| fields.fault(path, "invalid", error.to_string()))
            .ok(),
        Some(_) => {
            fields.fault(path, "invalid", "a time of day as in 08:00");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn map(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(map) => map,
            other => panic!("{other} is no object"),
        }
    }

    fn path<T: std::fmt::Debug>(result: Result<T, Problem>) -> String {
        let problem = result.unwrap_err();
        let paths: Vec<&str> = problem.errors().iter().map(|error| error.path.as_str()).collect();
        paths.join(" ")
    }

    #[test]
    fn each_bad_field_of_a_schedule_is_named() {
        let monday = |period: Value| json!({"name": "s", "weekly": {"mon": [period]}});
        let table = [
            (json!({}), "name weekly"),
            (json!({"name": "s", "weekly": []}), "weekly"),
            (json!({"name": "s", "weekly": {"monday": []}}), "weekly.monday"),
            (json!({"name": "s", "weekly": {"mon": "08:00"}}), "weekly.mon"),
            (monday(json!({})), "weekly.mon[0].from weekly.mon[0].until"),
            (
                monday(json!({"from": "08:00", "until": "08:00"})),
                "weekly.mon[0].until",
            ),
            (
                monday(json!({"from": "22:00", "until": "06:00"})),
                "weekly.mon[0].until",
            ),
            (
                monday(json!({"from": "24:00", "until": "24:00"})),
                "weekly.mon[0].until",
            ),
            (
                monday(json!({"from": "08:60", "until": "24:01"})),
                "weekly.mon[0].from weekly.mon[0].until",
            ),
            (monday(json!({"from": 8, "until": "09:00"})), "weekly.mon[0].from"),
            (
                monday(json!({"from": "08:00", "until": "09:00", "to": ""})),
                "weekly.mon[0].to",
            ),
            (json!({"name": "s", "weekly": {}, "holidays": [1]}), "holidays[0]"),
        ];
        for (body, expected) in table {
            assert_eq!(path(schedule(None, map(body.clone()))), expected, "{body}");
        }
        let night = json!({"name": "night", "weekly": {"mon": [{"from": "22:00", "until": "24:00"}],
            "tue": [{"from": "00:00", "until": "06:00"}]}});
        let draft = schedule(None, map(night)).unwrap();
        let renamed = schedule(Some(draft.clone()), map(json!({"name": "late"}))).unwrap();
        assert_eq!((renamed.weekly, renamed.name.as_str()), (draft.weekly, "late"));
    }

    #[test]
    fn each_bad_field_of_a_holiday_is_named() {
        let base =
            json!({"name": "h", "first_day": "2030-10-01", "last_day": "2030-10-07", "mode": "closed"});
        let with = |field: &str, value: Value| {
            let mut body = map(base.clone());
            body.insert(field.to_owned(), value);
            body
        };
        for (field, value, expected) in [
            ("first_day", json!("2030-02-30"), "first_day"),
            ("first_day", json!("2030-10-08"), "last_day"),
            ("last_day", json!(null), "last_day"),
            ("mode", json!("half"), "mode"),
            ("mode", json!("periods"), "periods"),
            (
                "periods",
                json!([{"from": "9", "until": "10:00"}]),
                "periods[0].from",
            ),
        ] {
            assert_eq!(path(holiday(None, with(field, value))), expected, "{field}");
        }
        let body = with("periods", json!([{"from": "09:00", "until": "10:00"}]));
        assert!(
            holiday(None, body).unwrap().periods.is_empty(),
            "a closed day has no periods"
        );
    }

    #[test]
    fn each_bad_field_of_a_grant_is_named() {
        for (body, expected) in [
            (json!({}), "group_id zone_id"),
            (json!({"group_id": "", "zone_id": 1}), "group_id zone_id"),
            (
                json!({"group_id": "g", "zone_id": "z", "valid_from": "x"}),
                "valid_from",
            ),
            (
                json!({"group_id": "g", "zone_id": "z", "device_id": "x"}),
                "device_id",
            ),
            (
                json!({"group_id": "g", "zone_id": "z", "valid_from": "2030-01-01T00:00:00Z",
                "valid_until": "2030-01-01T00:00:00Z"}),
                "valid_until",
            ),
        ] {
            assert_eq!(path(grant(None, map(body.clone()))), expected, "{body}");
        }
        assert_eq!(path(name(map(json!({"name": "", "x": 1})))), "name x");
    }
}
