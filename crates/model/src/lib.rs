//! What a person, credential, rule, device, record and command *is*, and the access decision.
//!
//! Everything here is pure: no I/O, no clock, no wire names. Instants are UTC ([`jiff::Timestamp`]); wall-clock
//! rules are read in the time zone of the door.

pub mod access;
mod command;
mod decision;
mod device;
mod face;
mod greeting;
mod id;
mod person;
mod record;
mod schedule;
mod settings;

pub use command::{Command, CommandKind, CommandState};
pub use decision::{Decision, Denial};
pub use device::{Decider, Device, DeviceStatus, Direction};
pub use face::{FaceFault, PhotoQuality};
pub use greeting::{Addressee, Greeting, Welcome, Wording};
pub use id::{
    CommandId, DeviceId, GrantId, GroupId, HolidayId, IdError, PersonId, PhotoId, RecordId, ScheduleId,
    TokenId, UserId, ZoneId,
};
pub use person::{Credential, CredentialKind, Gender, Person, PersonKind, Photo, Verify, Visit};
pub use record::{IdentityDocument, Location, Method, Outcome, Record, TemperatureAlarm};
pub use schedule::{
    Date, DayMinute, Grant, Group, Holiday, HolidayMode, Period, PeriodError, Schedule, Weekday, Weekly, Zone,
};
pub use settings::{DeviceSettings, RebootDay, ScheduledReboot, SettingsChange, TemperatureCheck};
