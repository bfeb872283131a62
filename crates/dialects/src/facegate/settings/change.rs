//! Changing a group of settings, the clock among them.

use super::{SettingsGroup, SettingsValues, debug, tables};
use crate::facegate::body::{Body, Place};
use crate::facegate::operation::{Done, Operation, named};
use crate::fields::{self, FieldError, Spelling};
use crate::lenient::LenientError;
use jiff::civil::DateTime;
use serde_json::{Map, Value};
use std::fmt;

/// Changes a group.
#[derive(Clone, PartialEq)]
pub struct SetSettings {
    /// The group.
    pub group: SettingsGroup,
    /// The fields to set, as they came; [`Self::exact`] has them exact.
    pub values: Map<String, Value>,
}

impl fmt::Debug for SetSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.group.setter())?;
        debug(self.group, &self.values, f)
    }
}

impl SetSettings {
    /// Sets some fields of a group. What must always be named is taken from `current`, where it is known.
    ///
    /// # Errors
    /// The first field that the group lacks, that is read-only, outside its range, or needed and not known.
    pub fn new(
        group: SettingsGroup,
        changes: &Map<String, Value>,
        current: Option<&SettingsValues>,
    ) -> Result<Self, FieldError> {
        let mut values = group.change(changes)?;
        let known = |name: &str| current.filter(|current| current.group == group)?.values.get(name);
        for field in group.fields().iter().filter(|field| field.required) {
            if let Some(value) = known(field.name).filter(|_| !values.contains_key(field.name)) {
                values.insert(field.name.to_owned(), value.clone());
            }
        }
        let change = Self { group, values };
        change.check()?;
        Ok(change)
    }

    /// Sets the wall clock (3.5).
    #[must_use]
    pub fn time(local: DateTime) -> Self {
        let parts = [
            ("Year", i64::from(local.year())),
            ("Month", local.month().into()),
            ("Day", local.day().into()),
            ("Hour", local.hour().into()),
            ("Minute", local.minute().into()),
            ("Second", local.second().into()),
        ];
        Self {
            group: SettingsGroup::SysTime,
            values: parts
                .into_iter()
                .map(|(key, number)| (key.to_owned(), number.into()))
                .collect(),
        }
    }

    /// The wall clock to set, the parts that are not given taken from `now` (3.5); `None` for another group, or for a day
    /// that is none.
    #[must_use]
    pub fn local_time(&self, now: DateTime) -> Option<DateTime> {
        if self.group != SettingsGroup::SysTime {
            return None;
        }
        wall_clock(&self.exact().ok()?, now)
    }

    /// The fields to set, exact.
    ///
    /// # Errors
    /// The first field that is outside its range, or needed and not there.
    pub fn exact(&self) -> Result<Map<String, Value>, FieldError> {
        let table = self.group.fields();
        let exact = fields::change(table, &self.values, Spelling::Json)?;
        match fields::missing(table, &exact) {
            Some(field) => Err(FieldError::new(field.name, "is needed", "nothing")),
            None => Ok(exact),
        }
    }

    /// Whether the device reboots after it (3.4, 3.30, 3.35).
    #[must_use]
    pub fn reboots(&self) -> bool {
        match self.group {
            SettingsGroup::Rtsp => true,
            SettingsGroup::NetParam => self.values.contains_key("IPAddr"),
            SettingsGroup::SysCfg => self.values.contains_key("Language"),
            _ => false,
        }
    }
}

impl SettingsValues {
    /// The wall clock that a device tells (3.5).
    #[must_use]
    pub fn local_time(&self) -> Option<DateTime> {
        let nothing = DateTime::constant(1900, 1, 1, 0, 0, 0, 0);
        let is_time = self.group == SettingsGroup::SysTime && self.values.contains_key("Year");
        is_time.then(|| wall_clock(&self.values, nothing))?
    }
}

fn wall_clock(parts: &Map<String, Value>, now: DateTime) -> Option<DateTime> {
    let part = |key: &str, now: i8| match parts.get(key) {
        Some(value) => i8::try_from(value.as_i64()?).ok(),
        None => Some(now),
    };
    let year = match parts.get("Year") {
        Some(value) => i16::try_from(value.as_i64()?).ok()?,
        None => now.year(),
    };
    DateTime::new(
        year,
        part("Month", now.month())?,
        part("Day", now.day())?,
        part("Hour", now.hour())?,
        part("Minute", now.minute())?,
        part("Second", now.second())?,
        0,
    )
    .ok()
}

impl Operation for SetSettings {
    type Answer = Done;

    fn operator(&self) -> &'static str {
        self.group.setter()
    }

    fn section(&self) -> &'static str {
        self.group.section()
    }

    fn device_beside(&self) -> bool {
        self.group.is_device_beside()
    }

    fn read(operator: &str, body: &mut Body) -> Option<Result<Self, LenientError>> {
        let mut groups = SettingsGroup::ALL.iter().copied();
        let group = groups.find(|group| named(operator, &[group.setter()]))?;
        let flat = std::mem::take(body).flat(Place::INFO);
        let given = flat.as_object().into_iter().flatten();
        let settable = given.filter_map(|(key, value)| {
            let field = fields::find(group.fields(), key).filter(|field| field.writable)?;
            Some((field.name.to_owned(), value.clone()))
        });
        Some(Ok(Self {
            group,
            values: settable.collect(),
        }))
    }

    fn body(&self) -> Body {
        Body::placed(self.operator(), self.values.clone(), Place::INFO)
    }

    fn check(&self) -> Result<(), FieldError> {
        let exact = self.exact()?;
        if self.group == SettingsGroup::FaceParam {
            tables::check_area(&exact)?;
        }
        Ok(())
    }
}
