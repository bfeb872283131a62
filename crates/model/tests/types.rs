//! The outer form of the types: what the contract's JSON looks like and what is refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use model::{CommandKind, IdError, Person, PersonId, Schedule};
use serde_json::json;

#[test]
fn a_persons_id_fits_every_dialect() {
    for good in ["1", "a-b_C", &"x".repeat(32)] {
        assert!(PersonId::new(good).is_ok(), "{good}");
    }
    assert_eq!(PersonId::new(""), Err(IdError::Length { got: 0 }));
    assert_eq!(PersonId::new("x".repeat(33)), Err(IdError::Length { got: 33 }));
    assert_eq!(PersonId::new("张三"), Err(IdError::Character('张')));
    for reserved in ["0", "all", "ALL", "aLl"] {
        assert!(
            matches!(PersonId::new(reserved), Err(IdError::Reserved(_))),
            "{reserved}"
        );
    }
    assert!(serde_json::from_value::<PersonId>(json!("a b")).is_err());
    assert!(PersonId::new(PersonId::from_random(7).as_str()).is_ok());
}

#[test]
fn a_person_needs_no_more_than_id_and_name() {
    let person: Person = serde_json::from_value(json!({"id": "p1", "name": "Zhang San"})).unwrap();
    assert_eq!(person, Person::new(PersonId::new("p1").unwrap(), "Zhang San"));
    let out = serde_json::to_value(&person).unwrap();
    assert_eq!(out["kind"], "member");
    assert_eq!(out["verify"], "device");
    assert_eq!(out["pass_limit"], json!(null));
}

#[test]
fn a_schedule_refuses_a_period_that_does_not_end_after_it_starts() {
    let schedule = |from: &str, until: &str| {
        serde_json::from_value::<Schedule>(
            json!({"id": "s", "name": "hours", "weekly": {"mon": [{"from": from, "until": until}]}}),
        )
    };
    assert!(schedule("08:00", "24:00").is_ok());
    let error = schedule("18:00", "08:00").unwrap_err().to_string();
    assert!(error.contains("18:00 to 08:00"), "{error}");
    assert!(schedule("08:00", "08:00").is_err());
    assert!(schedule("8", "9").is_err());
    let unknown = json!({"id": "s", "name": "hours", "weekly": {"monday": []}});
    assert!(serde_json::from_value::<Schedule>(unknown).is_err());
}

#[test]
fn a_commands_name_is_its_serialised_form() {
    for kind in CommandKind::ALL {
        assert_eq!(serde_json::to_value(kind).unwrap(), json!(kind.name()));
    }
}
