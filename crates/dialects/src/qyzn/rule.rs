//! Pass rules (4.3.8 "extPassRule", 4.5.9): what holds on which weekday, and holidays that beat the weekday.

use super::check::{self, FieldError};
use super::time::{DayRange, Periods};
use serde::{Deserialize, Serialize};

/// What holds on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "i64", into = "i64")]
pub enum PassMode {
    /// 0: no passing.
    Closed,
    /// 1: passing all day.
    Open,
    /// 2: passing within the periods.
    Periods,
    /// A number that the document does not have.
    Other(i64),
}

impl From<i64> for PassMode {
    fn from(number: i64) -> Self {
        match number {
            0 => Self::Closed,
            1 => Self::Open,
            2 => Self::Periods,
            other => Self::Other(other),
        }
    }
}

impl From<PassMode> for i64 {
    fn from(mode: PassMode) -> Self {
        match mode {
            PassMode::Closed => 0,
            PassMode::Open => 1,
            PassMode::Periods => 2,
            PassMode::Other(number) => number,
        }
    }
}

/// The rule of a weekday.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayRule {
    /// What holds.
    pub mode: PassMode,
    /// The periods, with mode 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub periods: Option<Periods>,
}

/// The rules of the week; a day that is missing is closed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct WeeklyRule {
    /// Monday.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mon: Option<DayRule>,
    /// Tuesday.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tue: Option<DayRule>,
    /// Wednesday.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wed: Option<DayRule>,
    /// Thursday.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thu: Option<DayRule>,
    /// Friday.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fri: Option<DayRule>,
    /// Saturday.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sat: Option<DayRule>,
    /// Sunday.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sun: Option<DayRule>,
}

impl WeeklyRule {
    /// The days with their wire names, Monday first.
    #[must_use]
    pub fn days(&self) -> [(&'static str, Option<&DayRule>); 7] {
        [
            ("mon", self.mon.as_ref()),
            ("tue", self.tue.as_ref()),
            ("wed", self.wed.as_ref()),
            ("thu", self.thu.as_ref()),
            ("fri", self.fri.as_ref()),
            ("sat", self.sat.as_ref()),
            ("sun", self.sun.as_ref()),
        ]
    }
}

/// The rule of a holiday; it beats the weekday.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HolidayRule {
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// Its days (only in the example: QUIRKS T32).
    #[serde(rename = "dayRange")]
    pub days: DayRange,
    /// What holds.
    pub mode: PassMode,
    /// The periods, with mode 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub periods: Option<Periods>,
}

/// A pass rule; one without `weekly` and `holiday` is "empty" and means that it is not used.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PassRule {
    /// The rule's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The rule's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When it was changed, as text: the example prints the format itself.
    #[serde(rename = "updateTime", default, skip_serializing_if = "Option::is_none")]
    pub update_time: Option<String>,
    /// The week.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weekly: Option<WeeklyRule>,
    /// The holidays.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holiday: Vec<HolidayRule>,
}

impl PassRule {
    /// Whether the rule says nothing, so that the simple one is used.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.weekly.is_none() && self.holiday.is_empty()
    }

    /// Whether every field is within the document's limits. `field` is the place of the rule in its message, with a
    /// point behind it, or empty.
    ///
    /// # Errors
    /// The first field that is not.
    pub fn check(&self, field: &str) -> Result<(), FieldError> {
        check::optional(&format!("{field}id"), self.id.as_deref(), check::RULE_ID_BYTES)?;
        check::optional(
            &format!("{field}name"),
            self.name.as_deref(),
            check::RULE_NAME_BYTES,
        )?;
        for (day, rule) in self.weekly.iter().flat_map(WeeklyRule::days) {
            if let Some(rule) = rule {
                check_day(&format!("{field}weekly.{day}"), rule.mode, rule.periods.as_ref())?;
            }
        }
        for (at, holiday) in self.holiday.iter().enumerate() {
            let place = format!("{field}holiday[{at}]");
            check::at_most(&format!("{place}.name"), &holiday.name, check::HOLIDAY_NAME_BYTES)?;
            check_day(&place, holiday.mode, holiday.periods.as_ref())?;
        }
        Ok(())
    }
}

fn check_day(place: &str, mode: PassMode, periods: Option<&Periods>) -> Result<(), FieldError> {
    check::within(&format!("{place}.mode"), mode.into(), 0..=2)?;
    let count = periods.map_or(0, |periods| periods.0.len());
    if mode == PassMode::Periods && count == 0 {
        return Err(FieldError::new(
            format!("{place}.periods"),
            "needed with mode 2",
            "nothing",
        ));
    }
    if count > check::PERIODS {
        return Err(FieldError::new(
            format!("{place}.periods"),
            format!("at most {}", check::PERIODS),
            count,
        ));
    }
    Ok(())
}
