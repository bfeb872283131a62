//! What the access decision promises, whatever the rules: `access::decide`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use model::access::{Door, Rule, Subject, Times, decide};
use model::{
    DayMinute, Decision, Denial, Holiday, HolidayId, HolidayMode, Period, PersonKind, Weekday, Weekly,
};
use proptest::prelude::*;

const MINUTE: i64 = 60;
/// 2026-01-01T00:00:00Z.
const ANCHOR: i64 = 1_767_225_600;

fn at(zone: &str, text: &str) -> Timestamp {
    let zone = TimeZone::get(zone).unwrap();
    let civil: jiff::civil::DateTime = text.parse().unwrap();
    zone.to_ambiguous_timestamp(civil).compatible().unwrap()
}

fn period(from: &str, until: &str) -> Period {
    Period::new(from.parse().unwrap(), until.parse().unwrap()).unwrap()
}

fn member() -> Subject {
    Subject {
        kind: PersonKind::Member,
        valid_from: None,
        valid_until: None,
        pass_limit: None,
        passes_used: 0,
    }
}

fn door(zone: &str) -> Door {
    Door {
        time_zone: TimeZone::get(zone).unwrap(),
        device_times: None,
    }
}

fn scheduled(weekly: Weekly, holidays: Vec<Holiday>) -> Rule {
    Rule {
        times: Some(Times { weekly, holidays }),
        ..Rule::default()
    }
}

fn holiday(first_day: Date, last_day: Date, mode: HolidayMode, periods: Vec<Period>) -> Holiday {
    Holiday {
        id: HolidayId::new("h"),
        name: "holiday".into(),
        first_day,
        last_day,
        mode,
        periods,
    }
}

prop_compose! {
    fn periods()(bounds in proptest::collection::vec((0u16..1440, 1u16..1440), 0..3)) -> Vec<Period> {
        bounds
            .into_iter()
            .filter_map(|(start, length)| {
                let minute = |m: u16| DayMinute::new((m / 60) as u8, (m % 60) as u8);
                Period::new(minute(start)?, minute((start + length).min(1440))?).ok()
            })
            .collect()
    }
}

prop_compose! {
    fn weekly()(days in proptest::collection::vec(periods(), 7)) -> Weekly {
        let mut days = days.into_iter();
        let mut day = || days.next().unwrap();
        Weekly { mon: day(), tue: day(), wed: day(), thu: day(), fri: day(), sat: day(), sun: day() }
    }
}

prop_compose! {
    fn any_holiday()(
        start in 0i16..30, length in 0i16..5, mode in 0u8..3, periods in periods()
    ) -> Holiday {
        let first = date(2026, 1, 1) + jiff::Span::new().days(start);
        let mode = [HolidayMode::Closed, HolidayMode::Open, HolidayMode::Periods][mode as usize];
        holiday(first, first + jiff::Span::new().days(length), mode, periods)
    }
}

fn instant() -> impl Strategy<Value = Timestamp> {
    (0i64..30 * 24 * 60).prop_map(|m| Timestamp::from_second(ANCHOR + m * MINUTE).unwrap())
}

prop_compose! {
    fn rule()(
        times in proptest::option::of((weekly(), proptest::collection::vec(any_holiday(), 0..3))),
        valid_from in proptest::option::of(instant()),
        valid_until in proptest::option::of(instant()),
    ) -> Rule {
        Rule {
            times: times.map(|(weekly, holidays)| Times { weekly, holidays }),
            valid_from,
            valid_until,
        }
    }
}

prop_compose! {
    fn subject()(
        kind in 0usize..4,
        valid_from in proptest::option::of(instant()),
        valid_until in proptest::option::of(instant()),
        pass_limit in proptest::option::of(0u32..4),
        passes_used in 0u32..4,
    ) -> Subject {
        let kind = [PersonKind::Member, PersonKind::Visitor, PersonKind::Vip, PersonKind::Blocked][kind];
        Subject { kind, valid_from, valid_until, pass_limit, passes_used }
    }
}

/// A second, slower reading of the schedule rule, written from the contract's sentences (hub rule 31) minute by
/// minute and not from the code.
fn times_allow(times: &Times, zone: &TimeZone, now: Timestamp) -> bool {
    let local = now.to_zoned_datetime(zone.clone());
    let minute = u16::from(local.hour() as u8) * 60 + u16::from(local.minute() as u8);
    let inside = |periods: &[Period]| {
        periods
            .iter()
            .any(|p| (p.from().minutes()..p.until().minutes()).contains(&minute))
    };
    let today: Vec<_> = times
        .holidays
        .iter()
        .filter(|h| (h.first_day..=h.last_day).contains(&local.date()))
        .collect();
    let week = match local.weekday() {
        Weekday::Monday => &times.weekly.mon,
        Weekday::Tuesday => &times.weekly.tue,
        Weekday::Wednesday => &times.weekly.wed,
        Weekday::Thursday => &times.weekly.thu,
        Weekday::Friday => &times.weekly.fri,
        Weekday::Saturday => &times.weekly.sat,
        Weekday::Sunday => &times.weekly.sun,
    };
    if today.is_empty() {
        return inside(week);
    }
    !today.iter().any(|h| match h.mode {
        HolidayMode::Closed => true,
        HolidayMode::Open => false,
        HolidayMode::Periods => !inside(&h.periods),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn never_grants_what_any_single_fact_forbids(
        subject in subject(), rules in proptest::collection::vec(rule(), 0..4), now in instant(),
        zone in 0usize..3,
    ) {
        let zone = ["Asia/Shanghai", "Europe/Berlin", "UTC"][zone];
        let door = door(zone);
        if decide(&subject, &rules, &door, now) == Decision::Granted {
            prop_assert_ne!(subject.kind, PersonKind::Blocked);
            prop_assert!(subject.valid_from.is_none_or(|start| start <= now));
            prop_assert!(subject.valid_until.is_none_or(|end| now < end));
            prop_assert!(subject.pass_limit.is_none_or(|limit| subject.passes_used < limit));
            let one_holds = rules.iter().any(|rule| {
                rule.valid_from.is_none_or(|start| start <= now)
                    && rule.valid_until.is_none_or(|end| now < end)
                    && (subject.kind == PersonKind::Vip
                        || rule.times.as_ref().is_none_or(|t| times_allow(t, &door.time_zone, now)))
            });
            prop_assert!(one_holds);
        }
    }

    #[test]
    fn grants_whenever_nothing_forbids(
        rules in proptest::collection::vec(rule(), 1..4), now in instant(),
    ) {
        let door = door("Asia/Shanghai");
        let one_holds = rules.iter().any(|rule| {
            rule.valid_from.is_none_or(|start| start <= now)
                && rule.valid_until.is_none_or(|end| now < end)
                && rule.times.as_ref().is_none_or(|t| times_allow(t, &door.time_zone, now))
        });
        prop_assert_eq!(decide(&member(), &rules, &door, now).is_granted(), one_holds);
    }

    #[test]
    fn the_order_of_rules_has_no_influence(
        subject in subject(), rules in proptest::collection::vec(rule(), 0..5), now in instant(), turn in 0usize..5,
    ) {
        let door = door("Europe/Berlin");
        let mut turned = rules.clone();
        if !turned.is_empty() {
            let by = turn % turned.len();
            turned.rotate_left(by);
        }
        let mut reversed = rules.clone();
        reversed.reverse();
        let verdict = decide(&subject, &rules, &door, now);
        prop_assert_eq!(verdict, decide(&subject, &turned, &door, now));
        prop_assert_eq!(verdict, decide(&subject, &reversed, &door, now));
    }

    #[test]
    fn a_further_rule_never_shuts_the_door(
        subject in subject(), rules in proptest::collection::vec(rule(), 0..4), more in rule(), now in instant(),
    ) {
        let door = door("UTC");
        if decide(&subject, &rules, &door, now).is_granted() {
            let mut wider = rules;
            wider.push(more);
            prop_assert!(decide(&subject, &wider, &door, now).is_granted());
        }
    }

    #[test]
    fn any_instant_has_an_answer(
        subject in subject(), rules in proptest::collection::vec(rule(), 0..4),
        second in -377_705_000_000i64..253_402_000_000,
    ) {
        let now = Timestamp::from_second(second).unwrap();
        let _ = decide(&subject, &rules, &door("America/New_York"), now);
    }
}

#[test]
fn validity_and_periods_are_half_open() {
    let door = door("Asia/Shanghai");
    let start = at("Asia/Shanghai", "2026-03-02T08:00:00");
    let end = at("Asia/Shanghai", "2026-03-02T18:00:00");
    let second = SignedDuration::from_secs(1);
    let person = Subject {
        valid_from: Some(start),
        valid_until: Some(end),
        ..member()
    };
    let always = [Rule::default()];
    assert_eq!(
        decide(&person, &always, &door, start - second),
        Decision::Denied(Denial::NotYetValid)
    );
    assert_eq!(decide(&person, &always, &door, start), Decision::Granted);
    assert_eq!(decide(&person, &always, &door, end - second), Decision::Granted);
    assert_eq!(
        decide(&person, &always, &door, end),
        Decision::Denied(Denial::Expired)
    );

    let hours = [scheduled(Weekly::every_day(&[period("08:00", "18:00")]), vec![])];
    let verdict = |now| decide(&member(), &hours, &door, now);
    assert_eq!(verdict(start - second), Decision::Denied(Denial::OutOfSchedule));
    assert_eq!(verdict(start), Decision::Granted);
    assert_eq!(verdict(end - second), Decision::Granted);
    assert_eq!(verdict(end), Decision::Denied(Denial::OutOfSchedule));
}

#[test]
fn a_night_is_two_periods_and_midnight_belongs_to_the_new_day() {
    let monday_night = Weekly {
        mon: vec![period("22:00", "24:00")],
        tue: vec![period("00:00", "06:00")],
        ..Weekly::default()
    };
    let rules = [scheduled(monday_night, vec![])];
    let verdict = |text| {
        decide(
            &member(),
            &rules,
            &door("Asia/Shanghai"),
            at("Asia/Shanghai", text),
        )
        .is_granted()
    };
    assert!(!verdict("2026-03-02T21:59:59")); // 2026-03-02 is a Monday
    assert!(verdict("2026-03-02T23:59:59"));
    assert!(verdict("2026-03-03T00:00:00"));
    assert!(!verdict("2026-03-03T06:00:00"));
    assert!(!verdict("2026-03-04T00:00:00"));
    assert!(Period::new("22:00".parse().unwrap(), "06:00".parse().unwrap()).is_err());
    assert!("24:01".parse::<DayMinute>().is_err() && "+1:00".parse::<DayMinute>().is_err());
}

#[test]
fn schedules_follow_the_wall_clock_through_daylight_saving() {
    let rules = [scheduled(Weekly::every_day(&[period("02:30", "03:30")]), vec![])];
    let verdict =
        |text: &str| decide(&member(), &rules, &door("Europe/Berlin"), text.parse().unwrap()).is_granted();
    // 2026-03-29: 02:00 becomes 03:00 at 01:00Z; what is left of the period is 03:00 to 03:30.
    assert!(!verdict("2026-03-29T00:59:59Z"));
    assert!(verdict("2026-03-29T01:00:00Z"));
    assert!(verdict("2026-03-29T01:29:59Z"));
    assert!(!verdict("2026-03-29T01:30:00Z"));
    // 2026-10-25: 03:00 becomes 02:00 at 01:00Z; 02:30 comes twice and both times count.
    assert!(verdict("2026-10-25T00:30:00Z"));
    assert!(!verdict("2026-10-25T01:00:00Z")); // 02:00 again
    assert!(verdict("2026-10-25T01:30:00Z"));
    assert!(verdict("2026-10-25T02:29:59Z"));
    assert!(!verdict("2026-10-25T02:30:00Z"));
}

#[test]
fn the_same_instant_is_another_day_in_another_zone() {
    let sunday = Weekly {
        sun: vec![Period::ALL_DAY],
        ..Weekly::default()
    };
    let rules = [scheduled(sunday, vec![])];
    let now: Timestamp = "2026-03-01T17:00:00Z".parse().unwrap(); // Sunday in Berlin, Monday in Shanghai
    assert!(decide(&member(), &rules, &door("Europe/Berlin"), now).is_granted());
    assert!(!decide(&member(), &rules, &door("Asia/Shanghai"), now).is_granted());
    // Kiritimati is 14 hours ahead, Kathmandu has three quarters.
    assert!(!decide(&member(), &rules, &door("Pacific/Kiritimati"), now).is_granted());
    assert!(decide(&member(), &rules, &door("Asia/Kathmandu"), now).is_granted());
}

#[test]
fn a_holiday_beats_the_weekday_and_the_stricter_of_two_wins() {
    let weekly = Weekly::every_day(&[period("08:00", "18:00")]);
    let day = date(2026, 10, 1);
    let open = holiday(day, day, HolidayMode::Open, vec![]);
    let closed = holiday(day, date(2026, 10, 7), HolidayMode::Closed, vec![]);
    let morning = holiday(day, day, HolidayMode::Periods, vec![period("09:00", "12:00")]);
    let afternoon = holiday(day, day, HolidayMode::Periods, vec![period("11:00", "15:00")]);
    let verdict = |holidays: &[&Holiday], text| {
        let rules = [scheduled(
            weekly.clone(),
            holidays.iter().map(|h| (*h).clone()).collect(),
        )];
        decide(
            &member(),
            &rules,
            &door("Asia/Shanghai"),
            at("Asia/Shanghai", text),
        )
        .is_granted()
    };
    assert!(verdict(&[&open], "2026-10-01T03:00:00"));
    assert!(!verdict(&[&closed], "2026-10-01T10:00:00"));
    assert!(!verdict(&[&open, &closed], "2026-10-01T10:00:00"));
    assert!(!verdict(&[&closed, &open], "2026-10-01T10:00:00"));
    assert!(!verdict(&[&morning, &afternoon], "2026-10-01T10:00:00"));
    assert!(verdict(&[&morning, &afternoon], "2026-10-01T11:30:00"));
    assert!(!verdict(&[&closed], "2026-10-07T10:00:00"));
    assert!(verdict(&[&closed], "2026-10-08T10:00:00"));
}

#[test]
fn reasons_are_those_closest_to_being_let_in() {
    let door = door("UTC");
    let now = at("UTC", "2026-03-02T12:00:00");
    let hour = SignedDuration::from_hours(1);
    let ended = Rule {
        valid_until: Some(now - hour),
        ..Rule::default()
    };
    let to_come = Rule {
        valid_from: Some(now + hour),
        ..Rule::default()
    };
    let shut = scheduled(Weekly::default(), vec![]);
    let verdict = |subject: &Subject, rules: &[Rule]| decide(subject, rules, &door, now);
    assert_eq!(verdict(&member(), &[]), Decision::Denied(Denial::NotAuthorised));
    assert_eq!(
        verdict(&member(), std::slice::from_ref(&ended)),
        Decision::Denied(Denial::Expired)
    );
    assert_eq!(
        verdict(&member(), &[ended.clone(), to_come.clone()]),
        Decision::Denied(Denial::NotYetValid)
    );
    assert_eq!(
        verdict(&member(), &[ended, to_come, shut.clone()]),
        Decision::Denied(Denial::OutOfSchedule)
    );
    let used_up = Subject {
        pass_limit: Some(3),
        passes_used: 3,
        ..member()
    };
    assert_eq!(
        verdict(&used_up, &[Rule::default()]),
        Decision::Denied(Denial::UsedUp)
    );
    let vip = Subject {
        kind: PersonKind::Vip,
        ..member()
    };
    assert_eq!(verdict(&vip, &[shut]), Decision::Granted);
    assert_eq!(verdict(&vip, &[]), Decision::Denied(Denial::NotAuthorised));
}

#[test]
fn a_rule_of_the_whole_door_binds_everyone_but_vips() {
    let mut door = door("UTC");
    door.device_times = Some(Times {
        weekly: Weekly::every_day(&[period("08:00", "18:00")]),
        holidays: vec![],
    });
    let now = at("UTC", "2026-03-02T20:00:00");
    let vip = Subject {
        kind: PersonKind::Vip,
        ..member()
    };
    assert_eq!(
        decide(&member(), &[Rule::default()], &door, now),
        Decision::Denied(Denial::OutOfSchedule)
    );
    assert_eq!(decide(&vip, &[Rule::default()], &door, now), Decision::Granted);
}
