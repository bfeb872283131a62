//! What a device is sent never lets anybody in whom the hub would not (hub rule 24).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use dialects::qyzn::Operation;
use dialects::qyzn::convert::{Wanted, person_from_platform, person_to_device};
use dialects::qyzn::time::WallTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, civil::date};
use model::access::{Door, Rule, Subject, Times, decide};
use model::{DayMinute, Holiday, HolidayId, HolidayMode, Period, Person, PersonId, PersonKind, Weekly};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

/// Autumn 2026, in which the clocks of Berlin go back on 25 October.
const START: i64 = 1_790_812_800;
const DAYS: i64 = 60;

fn period() -> impl Strategy<Value = Period> {
    (0u8..24, prop_oneof![Just(0u8), Just(30), 0..60u8], 1u16..900).prop_filter_map(
        "in the day",
        |(hour, minute, length)| {
            let from = DayMinute::new(hour, minute)?;
            let until = (from.minutes() + length).min(1440);
            Period::new(
                from,
                DayMinute::new(u8::try_from(until / 60).ok()?, u8::try_from(until % 60).ok()?)?,
            )
            .ok()
        },
    )
}

fn day() -> impl Strategy<Value = Vec<Period>> {
    prop_oneof![
        Just(vec![]),
        Just(vec![Period::ALL_DAY]),
        vec(period(), 0..4),
        vec(period(), 8..30)
    ]
}

fn holiday() -> impl Strategy<Value = Holiday> {
    let mode = prop_oneof![
        Just(HolidayMode::Closed),
        Just(HolidayMode::Open),
        Just(HolidayMode::Periods)
    ];
    (
        -10i64..DAYS,
        prop_oneof![0i64..4, -1i64..100, 62i64..100],
        mode,
        day(),
        "[a-z节]{0,12}",
    )
        .prop_map(|(first, length, mode, periods, name)| {
            let first_day = date(2026, 10, 1)
                .checked_add(SignedDuration::from_hours(first * 24))
                .unwrap();
            let last_day = first_day
                .checked_add(SignedDuration::from_hours(length * 24))
                .unwrap();
            Holiday {
                id: HolidayId::new("h"),
                name,
                first_day,
                last_day,
                mode,
                periods,
            }
        })
}

fn times() -> impl Strategy<Value = Times> {
    (vec(day(), 7), any::<bool>(), vec(holiday(), 0..4)).prop_map(|(days, same, holidays)| {
        let day = |at: usize| if same { days[0].clone() } else { days[at].clone() };
        let weekly = Weekly {
            mon: day(0),
            tue: day(1),
            wed: day(2),
            thu: day(3),
            fri: day(4),
            sat: day(5),
            sun: day(6),
        };
        Times { weekly, holidays }
    })
}

fn instant() -> impl Strategy<Value = Timestamp> {
    // Whole hours around the change of the clock are common; milliseconds happen.
    let anywhere = (0..DAYS * 86_400 * 1000).prop_map(|ms| START * 1000 + ms);
    let hours = (0..DAYS * 24).prop_map(|hour| (START + hour * 3600) * 1000);
    let doubled = (0..3600 * 3i64).prop_map(|second| (1_792_886_400 + second) * 1000);
    prop_oneof![anywhere, hours, doubled].prop_map(|ms| Timestamp::from_millisecond(ms).unwrap())
}

fn rule() -> impl Strategy<Value = Rule> {
    (option::of(times()), option::of(instant()), option::of(instant())).prop_map(
        |(times, valid_from, valid_until)| Rule {
            times,
            valid_from,
            valid_until,
        },
    )
}

fn person() -> impl Strategy<Value = Person> {
    let kind = prop_oneof![
        4 => Just(PersonKind::Member),
        1 => Just(PersonKind::Visitor),
        1 => Just(PersonKind::Vip),
        1 => Just(PersonKind::Blocked)
    ];
    let passes =
        prop_oneof![3 => Just(None), 1 => (0u32..5).prop_map(Some), 1 => any::<u32>().prop_map(Some)];
    (
        kind,
        option::weighted(0.3, instant()),
        option::weighted(0.3, instant()),
        passes,
        0u32..3,
    )
        .prop_map(
            |(kind, valid_from, valid_until, pass_limit, passes_used)| Person {
                kind,
                valid_from,
                valid_until,
                pass_limit,
                passes_used,
                ..Person::new(PersonId::new("p-1").unwrap(), "Wang")
            },
        )
}

fn subject(person: &Person) -> Subject {
    Subject {
        kind: person.kind,
        valid_from: person.valid_from,
        valid_until: person.valid_until,
        pass_limit: person.pass_limit,
        passes_used: person.passes_used,
    }
}

fn zone() -> impl Strategy<Value = TimeZone> {
    prop_oneof![
        Just("Europe/Berlin"),
        Just("Asia/Shanghai"),
        Just("Australia/Lord_Howe"),
        Just("UTC")
    ]
    .prop_map(|name| TimeZone::get(name).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_device_never_grants_more(
        person in person(),
        rules in vec(rule(), 0..5),
        zone in zone(),
        now in instant(),
        probes in vec(instant(), 60),
    ) {
        let wanted = Wanted { person: &person, rules: &rules, zone: &zone, photo: None, now, ic_number_bytes: 8 };
        let converted = person_to_device(&wanted);
        prop_assert_eq!(converted.message.check(), Ok(()));
        let message = dialects::qyzn::AddPersonFace::read(&converted.message.data()).unwrap();
        prop_assert_eq!(&message, &converted.message);

        let held = person_from_platform(&message, &zone).unwrap();
        let door = Door { time_zone: zone.clone(), device_times: None };
        for at in probes.iter().chain([&now]) {
            let device = decide(&held.subject(0), &held.rules, &door, *at);
            let hub = decide(&subject(&person), &rules, &door, *at);
            prop_assert!(!device.is_granted() || hub.is_granted(), "{at}: device {device:?}, hub {hub:?}, {message:?}");
            // Another maker's device may take an hour that is shown twice for either of the two.
            let instant = |time: Option<WallTime>| time.map(|time| zone.to_timestamp(time.local()).unwrap());
            let other = Subject {
                valid_from: instant(message.start_time),
                valid_until: instant(message.expire_time),
                ..held.subject(0)
            };
            prop_assert!(!decide(&other, &held.rules, &door, *at).is_granted() || hub.is_granted(), "{at}: {message:?}");
        }
    }

    /// One grant is said whole: nothing is lost unless a loss is reported.
    #[test]
    fn without_a_loss_a_device_grants_as_much(
        person in person(),
        rule in rule(),
        now in instant(),
        probes in vec(instant(), 40),
    ) {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let rules = [rule];
        let wanted = Wanted { person: &person, rules: &rules, zone: &zone, photo: None, now, ic_number_bytes: 8 };
        let converted = person_to_device(&wanted);
        let narrowed = converted.losses.iter().any(|loss| loss.reason == dialects::LossReason::Narrowed);
        prop_assume!(!narrowed);
        let held = person_from_platform(&converted.message, &zone).unwrap();
        let door = Door { time_zone: zone.clone(), device_times: None };
        for at in &probes {
            let second = SignedDuration::from_secs(1);
            let device = |at| decide(&held.subject(0), &held.rules, &door, at).is_granted();
            let hub = |at| decide(&subject(&person), &rules, &door, at).is_granted();
            // Validities are whole seconds on the wire: within a second of an edge the device may say no.
            let steady = hub(*at) && hub(*at - second) && hub(*at + second);
            prop_assert!(!steady || device(*at), "{at}: {:?}", converted.message);
        }
    }
}

/// What a device of `mqtt` does with a person's message: whole days, weekdays, nothing else.
fn mqtt_grants(info: &dialects::mqtt::PersonInfo, zone: &TimeZone, at: Timestamp) -> bool {
    let local = zone.to_datetime(at);
    let (first, last) = (info.valid_from.unwrap().0, info.valid_until.unwrap().0);
    let day = usize::try_from(local.date().weekday().to_monday_zero_offset()).unwrap();
    let open = info.week()[day]
        .allowed()
        .iter()
        .any(|period| period.contains(local.time()));
    let valid = first <= local.date() && local.date() <= last;
    match info.priority {
        0 => valid && open,
        2 => valid,
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Until the hub sends the person again, a device whose dialect has days alone grants nothing that the hub would not.
    #[test]
    fn a_device_with_days_alone_never_grants_more(
        person in person(),
        rules in vec(rule(), 0..5),
        zone in zone(),
        now in instant(),
        probes in vec(instant(), 60),
    ) {
        use dialects::mqtt::convert::{Wanted, person_to_device};
        use dialects::placement::Placement;
        // Passes are counted by the hub, which takes the person off the device at the last one.
        let person = Person { pass_limit: None, ..person };
        let wanted = Wanted { person: &person, rules: &rules, zone: &zone, photos: &[], now, hub_decides: false };
        let converted = person_to_device(&wanted);
        prop_assert!(converted.redo_at.is_none_or(|at| at > now));
        let Placement::Hold(info) = converted.placement else { return Ok(()) };
        let info = *info;
        prop_assert_eq!(info.check(), Ok(()));
        let payload = dialects::mqtt::CloudRequest::from(dialects::mqtt::RegisterPersonInfo::one("1", "D", info.clone()));
        let dialects::mqtt::CloudRequest::RegisterPersonInfo(read) = dialects::mqtt::CloudRequest::parse(&payload.to_bytes()).unwrap() else {
            panic!()
        };
        prop_assert_eq!(&read.people[0], &info);
        let door = Door { time_zone: zone.clone(), device_times: None };
        for at in probes.iter().chain([&now]) {
            if *at < now || converted.redo_at.is_some_and(|redo| *at >= redo) {
                continue;
            }
            let hub = decide(&subject(&person), &rules, &door, *at);
            prop_assert!(!mqtt_grants(&read.people[0], &zone, *at) || hub.is_granted(), "{at}: hub {hub:?}, {info:?}");
        }
    }
}

/// What a device of a dialect with a validity alone does with a person's message.
fn told_grants(told: &dialects::told::ToldPerson, zone: &TimeZone, at: Timestamp) -> bool {
    let door = Door {
        time_zone: zone.clone(),
        device_times: None,
    };
    decide(&told.subject(0), &told.rules, &door, at).is_granted()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_device_with_a_validity_alone_never_grants_more(
        person in person(),
        rules in vec(rule(), 0..5),
        zone in zone(),
        now in instant(),
        probes in vec(instant(), 60),
    ) {
        use dialects::lan::convert::{person_from_message, person_to_device};
        use dialects::placement::{Placement, Wanted};
        use dialects::lan::operation::parameters;
        use dialects::lan::{Encoding, Request};
        let converted = person_to_device(&Wanted { person: &person, rules: &rules, photo: None, now });
        prop_assert!(converted.redo_at.is_none_or(|at| at > now));
        let Placement::Hold(message) = converted.placement else { return Ok(()) };
        let request = Request::from(*message);
        let call = request.call("abc", Encoding::Form);
        let read = Request::parse(call.method, &call.target, &parameters("", &call.body).unwrap()).unwrap();
        prop_assert_eq!(&read, &request);
        let Request::SetPerson(message) = read else { panic!() };
        let told = person_from_message(&message, person.id.clone());
        let door = Door { time_zone: zone.clone(), device_times: None };
        for at in probes.iter().chain([&now]) {
            let hub = decide(&subject(&person), &rules, &door, *at);
            prop_assert!(!told_grants(&told, &zone, *at) || hub.is_granted(), "{at}: hub {hub:?}, {message:?}");
        }
    }

    /// A grant that holds at any time is said whole.
    #[test]
    fn a_validity_is_said_whole(
        person in person(),
        valid_from in option::of(instant()),
        valid_until in option::of(instant()),
        now in instant(),
        probes in vec(instant(), 40),
    ) {
        use dialects::lan::convert::{person_from_message, person_to_device};
        use dialects::placement::{Placement, Wanted};
        prop_assume!(person.kind != PersonKind::Blocked);
        let rules = [Rule { times: None, valid_from, valid_until }];
        let converted = person_to_device(&Wanted { person: &person, rules: &rules, photo: None, now });
        prop_assume!(converted.losses.iter().all(|loss| loss.reason != dialects::LossReason::Narrowed));
        let door = Door { time_zone: TimeZone::UTC, device_times: None };
        let hub = |at| decide(&subject(&person), &rules, &door, at).is_granted();
        let told = match &converted.placement {
            Placement::Hold(message) => Some(person_from_message(message, person.id.clone())),
            _ => None,
        };
        for at in &probes {
            let held = told.as_ref().is_some_and(|told| told_grants(told, &TimeZone::UTC, *at));
            prop_assert_eq!(held, hub(*at), "{}: {:?}", at, converted);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Until the hub sends or removes the person again, a device whose staff has no validity grants nothing that the hub
    /// would not.
    #[test]
    fn a_device_with_visits_alone_never_grants_more(
        person in person(),
        rules in vec(rule(), 0..5),
        zone in zone(),
        now in instant(),
        probes in vec(instant(), 60),
    ) {
        use dialects::openapi::convert::{person_from_message, person_to_device};
        use dialects::openapi::{AddUser, Incoming, Request};
        use dialects::placement::{Placement, Wanted};
        // Passes are counted by the hub, which takes the person off the device at the last one.
        let still = person.pass_limit.is_none_or(|limit| person.passes_used < limit);
        let converted = person_to_device(&Wanted { person: &person, rules: &rules, photo: None, now });
        prop_assert!(converted.redo_at.is_none_or(|at| at > now));
        let Placement::Hold(user) = converted.placement else { return Ok(()) };
        prop_assert!(still || person.kind == PersonKind::Blocked);
        let call = Request::from(AddUser(*user)).call(0, "x");
        let (path, query) = call.target.split_once('?').unwrap();
        let incoming = Incoming::read(call.method, path, query, &call.body).unwrap();
        let Ok(Request::AddUser(AddUser(user))) = Request::parse(&incoming) else { panic!() };
        let told = person_from_message(&user, person.id.clone());
        let door = Door { time_zone: zone.clone(), device_times: None };
        for at in probes.iter().chain([&now]) {
            if *at < now || converted.redo_at.is_some_and(|redo| *at >= redo) {
                continue;
            }
            let hub = decide(&subject(&person), &rules, &door, *at);
            prop_assert!(!told_grants(&told, &zone, *at) || hub.is_granted(), "{at}: hub {hub:?}, {user:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// A terminal that fetches its people holds nobody who may not pass, schedules apart: on those its platform decides
    /// with every pass.
    #[test]
    fn a_terminal_that_fetches_people_holds_nobody_too_long(
        person in person(),
        rules in vec(rule(), 0..5),
        now in instant(),
        probes in vec(instant(), 60),
    ) {
        use dialects::openapi::convert::platform::{Wanted, person_from_change, person_to_change};
        use dialects::openapi::platform::{Answer, FaceChanges, QueryTime};
        use dialects::placement::Placement;
        let image_url = Some("http://h/1.jpg");
        let wanted = Wanted { person: &person, rules: &rules, image_url, changed_at: now, now };
        let converted = person_to_change(&wanted);
        prop_assert!(converted.redo_at.is_none_or(|at| at > now));
        let Placement::Hold(change) = converted.placement else { return Ok(()) };
        let told = FaceChanges { list: vec![*change], mark: QueryTime::new(1) };
        let read = FaceChanges::parse(&told.to_bytes()).unwrap();
        prop_assert_eq!(&read, &told);
        let held = person_from_change(&read.list[0], person.id.clone());
        let at_any_time: Vec<Rule> = rules.into_iter().map(|rule| Rule { times: None, ..rule }).collect();
        let door = Door { time_zone: TimeZone::UTC, device_times: None };
        for at in probes.iter().chain([&now]) {
            if *at < now || converted.redo_at.is_some_and(|redo| *at >= redo) {
                continue;
            }
            let hub = decide(&subject(&person), &at_any_time, &door, *at);
            prop_assert!(!told_grants(&held, &TimeZone::UTC, *at) || hub.is_granted(), "{at}: hub {hub:?}");
        }
    }
}

/// What a device of `facegate` does with a person's fields: always, from and to, a period of every day, or a count.
fn facegate_grants(info: &dialects::facegate::PersonInfo, zone: &TimeZone, at: Timestamp) -> bool {
    use dialects::facegate::Validity;
    use dialects::facegate::time::wall_time;
    let local = zone.to_datetime(at);
    let time = |text: &Option<String>| wall_time(text.as_deref().unwrap()).unwrap();
    let valid = match info.validity() {
        Validity::Permanent | Validity::Count => true,
        Validity::Window => time(&info.valid_begin) <= local && local < time(&info.valid_end),
        Validity::Daily => {
            let (begin, end) = (time(&info.valid_begin), time(&info.valid_end));
            let in_days = begin.date() <= local.date() && local.date() <= end.date();
            in_days && begin.time() <= local.time() && local.time() < end.time()
        }
        Validity::Other(_) => false,
    };
    valid && info.person_type == Some(0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// Until the hub sends the person again, neither a device nor our own terminal grants what the hub would not.
    #[test]
    fn a_device_with_one_daily_period_never_grants_more(
        person in person(),
        rules in vec(rule(), 0..4),
        simple in option::weighted(0.6, day()),
        zone in zone(),
        now in instant(),
        new_database: bool,
        probes in vec(instant(), 60),
    ) {
        use dialects::facegate::convert::{Wanted, person_from_platform, person_to_device};
        use dialects::placement::Placement;
        // Schedules that are the same every day are rare among those made at random.
        let rules: Vec<Rule> = match simple {
            Some(day) => rules
                .into_iter()
                .map(|rule| Rule {
                    times: rule.times.map(|_| Times { weekly: Weekly::every_day(&day), holidays: vec![] }),
                    ..rule
                })
                .collect(),
            None => rules,
        };
        let converted = person_to_device(&Wanted {
            person: &person, rules: &rules, zone: &zone, photo: None, now, hub_decides: false, new_database,
            customize_id: 7,
        });
        prop_assert!(converted.redo_at.is_none_or(|at| at > now));
        let Placement::Hold(info) = converted.placement else { return Ok(()) };
        prop_assert_eq!(info.check(), Ok(()));
        let call = dialects::facegate::AddPerson { person: *info.clone() };
        let bytes = dialects::facegate::Operation::request(&call, None);
        let read = dialects::facegate::ReceivedCall::read("AddPerson", &bytes).unwrap().call;
        prop_assert_eq!(read, dialects::facegate::Call::AddPerson(call));

        let held = person_from_platform(&info, PersonId::new("p-1").unwrap(), &zone);
        let door = Door { time_zone: zone.clone(), device_times: None };
        for at in probes.iter().chain([&now]) {
            if *at < now || converted.redo_at.is_some_and(|redo| *at >= redo) {
                continue;
            }
            let hub = decide(&subject(&person), &rules, &door, *at).is_granted();
            let ours = decide(&held.subject(0), &held.rules, &door, *at).is_granted();
            prop_assert!(!ours || hub, "{at}: the terminal lets in, the hub would not: {info:?}");
            let other = facegate_grants(&info, &zone, *at);
            prop_assert!(!other || hub, "{at}: a device lets in, the hub would not: {info:?}");
        }
    }

    /// One grant is said whole, or it is told that it is not.
    #[test]
    fn without_a_loss_one_daily_period_grants_as_much(
        person in person(),
        day in day(),
        window in (option::of(instant()), option::of(instant())),
        now in instant(),
        probes in vec(instant(), 40),
    ) {
        use dialects::LossReason::{EnforcedByHub, Narrowed};
        use dialects::facegate::convert::{Wanted, person_from_platform, person_to_device};
        use dialects::placement::Placement;
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let times = Some(Times { weekly: Weekly::every_day(&day), holidays: vec![] });
        let rules = [Rule { times, valid_from: window.0, valid_until: window.1 }];
        let converted = person_to_device(&Wanted {
            person: &person, rules: &rules, zone: &zone, photo: None, now, hub_decides: false, new_database: true,
            customize_id: 7,
        });
        let lossy = converted.losses.iter().any(|loss| matches!(loss.reason, Narrowed | EnforcedByHub));
        prop_assume!(!lossy);
        let Placement::Hold(info) = converted.placement else { return Ok(()) };
        let held = person_from_platform(&info, PersonId::new("p-1").unwrap(), &zone);
        let door = Door { time_zone: zone.clone(), device_times: None };
        for at in probes.iter().filter(|at| **at >= now) {
            let second = SignedDuration::from_secs(1);
            let device = |at| decide(&held.subject(0), &held.rules, &door, at).is_granted();
            let hub = |at| decide(&subject(&person), &rules, &door, at).is_granted();
            let steady = hub(*at) && hub(*at - second) && hub(*at + second);
            prop_assert!(!steady || device(*at), "{at}: {info:?}");
        }
    }
}
