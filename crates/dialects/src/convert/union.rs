//! The union of several schedules with holidays, as one schedule with holidays that never allows more.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use model::access::Times;
use model::{Holiday, HolidayMode, Period};
use std::collections::BTreeSet;

/// What a dialect can say of a schedule.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Room {
    /// Periods of a day.
    pub(crate) periods: usize,
    /// Holidays; the days of what is beyond are closed.
    pub(crate) holidays: usize,
    /// Bytes of a holiday's name.
    pub(crate) holiday_name_bytes: usize,
}

/// Holidays of at most so many days are split by weekday where the weekday matters; longer ones get what all weekdays
/// have in common.
const SPLIT_DAYS: i32 = 62;

const WEEK: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];

/// The periods of a day: sorted, disjoint, not touching.
pub(crate) type Day = Vec<Period>;

/// A schedule as the device may hold it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Union {
    /// Monday first.
    pub(crate) week: [Day; 7],
    pub(crate) holidays: Vec<UnionHoliday>,
    /// Whether it allows less than was asked for.
    pub(crate) narrowed: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UnionHoliday {
    pub(crate) name: String,
    pub(crate) first_day: Date,
    pub(crate) last_day: Date,
    pub(crate) allowed: Day,
}

impl Union {
    /// The union of schedules.
    pub(crate) fn of(all: &[&Times], room: Room) -> Self {
        let mut union = Self {
            week: WEEK.map(|day| weekday(all, day)),
            holidays: Vec::new(),
            narrowed: false,
        };
        let cuts: Vec<Date> = cuts(all).into_iter().collect();
        for (first, next) in cuts.iter().zip(cuts.iter().skip(1)) {
            let last = next.yesterday().unwrap_or(*first);
            union.add_segment(all, *first, last, room);
        }
        union.limit(room);
        union
    }

    /// Minutes of a week without holidays.
    pub(crate) fn weekly_minutes(&self) -> i64 {
        self.week.iter().flatten().map(minutes).sum()
    }

    /// The simple rule that allows as much as possible of this one, holidays apart: the days that pass, and the
    /// periods common to them. The flag says whether it is exactly this one.
    pub(crate) fn simple(&self, periods: usize) -> (Day, [bool; 7], bool) {
        let mut common = vec![Period::ALL_DAY];
        for day in self.week.iter().filter(|day| !day.is_empty()) {
            common = intersection(&common, day);
        }
        let (common, _) = longest(common, periods);
        let passes = self
            .week
            .each_ref()
            .map(|day| !day.is_empty() && !common.is_empty());
        let exact = self.holidays.is_empty() && self.week.iter().all(|day| day.is_empty() || *day == common);
        (common, passes, exact)
    }

    /// Days on which the same holidays hold throughout.
    fn add_segment(&mut self, all: &[&Times], first: Date, last: Date, room: Room) {
        let Some(name) = all
            .iter()
            .flat_map(|times| active(times, first))
            .map(|holiday| &holiday.name)
            .next()
        else {
            return;
        };
        let name = crate::text::cut(name, room.holiday_name_bytes);
        let weekday_matters = all.iter().any(|times| active(times, first).next().is_none());
        let days = first.until(last).map_or(i32::MAX, |span| span.get_days());
        if !weekday_matters {
            self.push(name, first, last, on(all, first));
        } else if days < SPLIT_DAYS {
            let mut day = Some(first);
            while let Some(date) = day.filter(|date| *date <= last) {
                self.push(name, date, date, on(all, date));
                day = date.tomorrow().ok();
            }
        } else {
            let week = (0..7).filter_map(|days| first.checked_add(days.days()).ok());
            let allowed = week
                .map(|date| on(all, date))
                .reduce(|a, b| intersection(&a, &b))
                .unwrap_or_default();
            self.push(name, first, last, allowed);
            self.narrowed = true;
        }
    }

    /// Adds a holiday, or lengthens the one before.
    fn push(&mut self, name: &str, first: Date, last: Date, allowed: Day) {
        if let Some(before) = self.holidays.last_mut()
            && before.last_day.tomorrow().is_ok_and(|next| next == first)
            && before.allowed == allowed
            && before.name == name
        {
            before.last_day = last;
            return;
        }
        self.holidays.push(UnionHoliday {
            name: name.to_owned(),
            first_day: first,
            last_day: last,
            allowed,
        });
    }

    /// Keeps within the dialect's counts.
    fn limit(&mut self, room: Room) {
        let week = self.week.iter_mut();
        for day in week.chain(self.holidays.iter_mut().map(|holiday| &mut holiday.allowed)) {
            let (kept, narrowed) = longest(std::mem::take(day), room.periods);
            *day = kept;
            self.narrowed |= narrowed;
        }
        if self.holidays.len() > room.holidays {
            let rest = self.holidays.split_off(room.holidays.saturating_sub(1));
            let last = rest.last().map(|holiday| holiday.last_day);
            if let (Some(mut closed), Some(last)) = (rest.into_iter().next(), last) {
                closed.last_day = last;
                closed.allowed = Vec::new();
                self.holidays.push(closed);
            }
            self.narrowed = true;
        }
    }
}

/// The holidays of a schedule that hold on a day.
fn active(times: &Times, date: Date) -> impl Iterator<Item = &Holiday> {
    times
        .holidays
        .iter()
        .filter(move |holiday| holiday.first_day <= date && date <= holiday.last_day)
}

/// Every day on which a holiday begins or has just ended.
fn cuts(all: &[&Times]) -> BTreeSet<Date> {
    let holidays = all
        .iter()
        .flat_map(|times| &times.holidays)
        .filter(|holiday| holiday.first_day <= holiday.last_day);
    holidays
        .flat_map(|holiday| {
            [
                holiday.first_day,
                holiday.last_day.tomorrow().unwrap_or(Date::MAX),
            ]
        })
        .collect()
}

/// What any of the schedules allows on a day.
fn on(all: &[&Times], date: Date) -> Day {
    let periods = all.iter().flat_map(|times| {
        let holidays = active(times, date).map(|holiday| match holiday.mode {
            HolidayMode::Closed => Vec::new(),
            HolidayMode::Open => vec![Period::ALL_DAY],
            HolidayMode::Periods => merged(holiday.periods.clone()),
        });
        holidays
            .reduce(|a, b| intersection(&a, &b))
            .unwrap_or_else(|| times.weekly.day(date.weekday()).to_vec())
    });
    merged(periods.collect())
}

fn weekday(all: &[&Times], day: Weekday) -> Day {
    merged(
        all.iter()
            .flat_map(|times| times.weekly.day(day))
            .copied()
            .collect(),
    )
}

/// Sorted, overlapping and touching periods joined.
fn merged(mut periods: Vec<Period>) -> Day {
    periods.sort_by_key(|period| (period.from(), period.until()));
    let mut day: Day = Vec::with_capacity(periods.len());
    for period in periods {
        match day.last_mut() {
            Some(last) if period.from() <= last.until() => {
                let until = last.until().max(period.until());
                *last = Period::new(last.from(), until).unwrap_or(*last);
            }
            _ => day.push(period),
        }
    }
    day
}

pub(crate) fn intersection(a: &[Period], b: &[Period]) -> Day {
    let both = a.iter().flat_map(|x| {
        b.iter()
            .filter_map(|y| Period::new(x.from().max(y.from()), x.until().min(y.until())).ok())
    });
    merged(both.collect())
}

/// The longest periods, at most `count`, and whether any was left out.
pub(crate) fn longest(day: Day, count: usize) -> (Day, bool) {
    if day.len() <= count {
        return (day, false);
    }
    let mut by_length = day;
    by_length.sort_by_key(|period| (std::cmp::Reverse(minutes(period)), period.from()));
    by_length.truncate(count);
    (merged(by_length), true)
}

fn minutes(period: &Period) -> i64 {
    i64::from(period.until().minutes()) - i64::from(period.from().minutes())
}
