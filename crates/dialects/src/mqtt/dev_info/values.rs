//! What the table of settings cannot say of a value (2.1.6).

use super::{DevInfo, FIELDS};
use crate::fields::{self, FieldError};
use crate::mqtt::time::{DayPeriods, PERIODS, WeekPeriods};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// Where the time comes from: a name, though the example has a URL (QUIRKS M26).
const NTP: &str = "ntpAddress";
/// The week that binds everybody.
const WEEK: &str = "passTime";
/// When wide dynamic range is on.
const SPANS: [&str; 2] = ["wdrTimeSet1", "wdrTimeSet2"];
/// Characters of these at most, where the examples have more (QUIRKS M26).
const SHORT: [(&str, usize); 2] = [("openDoorTimeDelayMs", 4), ("faceFeverTemperature", 4)];

/// The settings, the host of a URL in its place where a name is due.
pub(super) fn without_scheme(settings: &Map<String, Value>) -> Cow<'_, Map<String, Value>> {
    let is_ntp = |key: &str| fields::find(FIELDS, key).is_some_and(|field| field.name == NTP);
    let url = settings.iter().find_map(|(key, value)| {
        let (_, host) = value.as_str()?.split_once("://")?;
        is_ntp(key).then_some((key, host))
    });
    match url {
        None => Cow::Borrowed(settings),
        Some((key, host)) => {
            let mut bare = settings.clone();
            bare.insert(key.clone(), host.trim_end_matches('/').into());
            Cow::Owned(bare)
        }
    }
}

/// Whether texts that are periods are such.
pub(super) fn check(settings: &DevInfo) -> Result<(), FieldError> {
    check_week(settings)?;
    check_spans(settings)
}

/// Whether values fit the document's lengths. Others send longer ones, which are taken; they are not sent.
pub(super) fn check_lengths(settings: &DevInfo) -> Result<(), FieldError> {
    let too_long = SHORT.into_iter().find_map(|(name, most)| {
        let text = settings.text(name)?;
        (text.chars().count() > most)
            .then(|| FieldError::new(name, format!("at most {most} characters"), text))
    });
    too_long.map_or(Ok(()), Err)
}

fn check_week(settings: &DevInfo) -> Result<(), FieldError> {
    let Some(text) = settings.text(WEEK) else {
        return Ok(());
    };
    let week: WeekPeriods = text
        .parse()
        .map_err(|error| FieldError::new(WEEK, "HH:MM-HH:MM,…;…", error))?;
    match week.0.iter().find(|day| day.periods.len() > PERIODS) {
        Some(day) => Err(FieldError::new(
            WEEK,
            format!("at most {PERIODS} periods a day"),
            day.periods.len(),
        )),
        None => Ok(()),
    }
}

fn check_spans(settings: &DevInfo) -> Result<(), FieldError> {
    for name in SPANS {
        let Some(text) = settings.text(name).filter(|text| !text.trim().is_empty()) else {
            continue;
        };
        let span = text.parse::<DayPeriods>();
        if !span.is_ok_and(|span| span.periods.len() + usize::from(span.closed) == 1) {
            return Err(FieldError::new(name, "HH:MM-HH:MM", text));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mqtt::OnlineSetDevInfo;
    use serde_json::json;

    fn written(settings: Value) -> Result<Value, String> {
        let changes = settings.as_object().unwrap();
        DevInfo::change(changes)
            .map(|exact| Value::Object(exact.0))
            .map_err(|error| error.field)
    }

    /// QUIRKS M26: longer ones are taken, and not sent.
    #[test]
    fn what_is_sent_is_no_longer_than_the_document_has_it() {
        for (name, longest, longer) in [
            ("openDoorTimeDelayMs", "9999", "10000"),
            ("faceFeverTemperature", "37.3", "36.55"),
        ] {
            assert_eq!(written(json!({name: longest})), Ok(json!({name: longest})));
            assert_eq!(written(json!({name: longer})), Err(name.to_owned()));
            let taken = OnlineSetDevInfo {
                msg_id: "1".to_owned(),
                device_no: String::new(),
                settings: DevInfo(Map::from_iter([(name.to_owned(), longer.into())])),
            };
            assert_eq!(taken.exact().unwrap().text(name), Some(longer));
        }
        assert_eq!(
            written(json!({"NtpAddress": "ntp://ntp1.aliyun.com/"})),
            Ok(json!({"ntpAddress": "ntp1.aliyun.com"}))
        );
    }

    #[test]
    fn periods_are_periods() {
        let six = "08:00-09:00,09:00-10:00,10:00-11:00,11:00-12:00,12:00-13:00,13:00-14:00;;;;;;";
        for week in [six, "08:00-", "open"] {
            assert_eq!(
                written(json!({"passTime": week})),
                Err("passTime".to_owned()),
                "{week}"
            );
        }
        assert!(written(json!({"passTime": "08:00-18:00;;;;;;"})).is_ok());
        assert_eq!(
            written(json!({"wdrTimeSet2": "noon"})),
            Err("wdrTimeSet2".to_owned())
        );
        assert!(written(json!({"wdrTimeSet1": "21:56-21:56", "wdrTimeSet2": ""})).is_ok());
    }
}
