//! Who may pass where and when: groups, zones, schedules, holidays and the grants that join them.
//!
//! The trait is the seam; [`SqliteRules`] stands behind it. Every change reaches the roster in the same transaction.

mod calendars;
mod grants;
mod names;
mod resolved;
mod sqlite;

pub use resolved::resolved;
pub use sqlite::SqliteRules;

use super::accounts::Actor;
use super::{Page, PageRequest, Revised};
use crate::StoreError;
use async_trait::async_trait;
use jiff::{Timestamp, civil::Date};
use model::{
    Grant, GrantId, Group, GroupId, Holiday, HolidayId, HolidayMode, Period, Schedule, ScheduleId, Weekly,
    Zone, ZoneId,
};

/// A schedule to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleDraft {
    /// Its name.
    pub name: String,
    /// The periods of the week.
    pub weekly: Weekly,
    /// The holidays that override the week.
    pub holidays: Vec<HolidayId>,
}

/// A holiday to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HolidayDraft {
    /// Its name.
    pub name: String,
    /// The first day.
    pub first_day: Date,
    /// The last day (inclusive).
    pub last_day: Date,
    /// What holds on these days.
    pub mode: HolidayMode,
    /// The periods, where the mode is `periods`.
    pub periods: Vec<Period>,
}

/// A grant to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantDraft {
    /// Who.
    pub group_id: GroupId,
    /// Where.
    pub zone_id: ZoneId,
    /// When; `None` is always.
    pub schedule_id: Option<ScheduleId>,
    /// From here (inclusive).
    pub valid_from: Option<Timestamp>,
    /// Until here (exclusive).
    pub valid_until: Option<Timestamp>,
}

/// Groups, zones, schedules, holidays and grants.
///
/// Changes give back the thing as it is then. `expected` is the revision that a change is based on; `None` is
/// unconditional.
///
/// # Errors
/// All methods: what the database says. Changes: not found, a stale revision, a missing reference, a conflict where
/// something still refers to what is deleted.
#[async_trait]
#[allow(
    missing_docs,
    reason = "five resources with the same five verbs; the trait's words hold for each"
)]
pub trait Rules: Send + Sync {
    async fn groups(&self, page: PageRequest) -> Result<Page<Revised<Group>>, StoreError>;
    async fn group(&self, id: &GroupId) -> Result<Option<Revised<Group>>, StoreError>;
    async fn create_group(&self, actor: &Actor, name: String) -> Result<Revised<Group>, StoreError>;
    async fn rename_group(
        &self,
        actor: &Actor,
        id: &GroupId,
        name: String,
        expected: Option<i64>,
    ) -> Result<Revised<Group>, StoreError>;
    async fn delete_group(
        &self,
        actor: &Actor,
        id: &GroupId,
        expected: Option<i64>,
    ) -> Result<(), StoreError>;

    async fn zones(&self, page: PageRequest) -> Result<Page<Revised<Zone>>, StoreError>;
    async fn zone(&self, id: &ZoneId) -> Result<Option<Revised<Zone>>, StoreError>;
    async fn create_zone(&self, actor: &Actor, name: String) -> Result<Revised<Zone>, StoreError>;
    async fn rename_zone(
        &self,
        actor: &Actor,
        id: &ZoneId,
        name: String,
        expected: Option<i64>,
    ) -> Result<Revised<Zone>, StoreError>;
    async fn delete_zone(&self, actor: &Actor, id: &ZoneId, expected: Option<i64>) -> Result<(), StoreError>;

    async fn schedules(&self, page: PageRequest) -> Result<Page<Revised<Schedule>>, StoreError>;
    async fn schedule(&self, id: &ScheduleId) -> Result<Option<Revised<Schedule>>, StoreError>;
    async fn create_schedule(
        &self,
        actor: &Actor,
        draft: ScheduleDraft,
    ) -> Result<Revised<Schedule>, StoreError>;
    async fn replace_schedule(
        &self,
        actor: &Actor,
        id: &ScheduleId,
        draft: ScheduleDraft,
        expected: Option<i64>,
    ) -> Result<Revised<Schedule>, StoreError>;
    async fn delete_schedule(
        &self,
        actor: &Actor,
        id: &ScheduleId,
        expected: Option<i64>,
    ) -> Result<(), StoreError>;

    async fn holidays(&self, page: PageRequest) -> Result<Page<Revised<Holiday>>, StoreError>;
    async fn holiday(&self, id: &HolidayId) -> Result<Option<Revised<Holiday>>, StoreError>;
    async fn create_holiday(
        &self,
        actor: &Actor,
        draft: HolidayDraft,
    ) -> Result<Revised<Holiday>, StoreError>;
    async fn replace_holiday(
        &self,
        actor: &Actor,
        id: &HolidayId,
        draft: HolidayDraft,
        expected: Option<i64>,
    ) -> Result<Revised<Holiday>, StoreError>;
    async fn delete_holiday(
        &self,
        actor: &Actor,
        id: &HolidayId,
        expected: Option<i64>,
    ) -> Result<(), StoreError>;

    async fn grants(&self, page: PageRequest) -> Result<Page<Revised<Grant>>, StoreError>;
    async fn grant(&self, id: &GrantId) -> Result<Option<Revised<Grant>>, StoreError>;
    async fn create_grant(&self, actor: &Actor, draft: GrantDraft) -> Result<Revised<Grant>, StoreError>;
    async fn replace_grant(
        &self,
        actor: &Actor,
        id: &GrantId,
        draft: GrantDraft,
        expected: Option<i64>,
    ) -> Result<Revised<Grant>, StoreError>;
    async fn delete_grant(
        &self,
        actor: &Actor,
        id: &GrantId,
        expected: Option<i64>,
    ) -> Result<(), StoreError>;
}
