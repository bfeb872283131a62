//! Ids: ours are texts, the device has a number of its own, one of the platform's, and a text.

use crate::facegate::person::{PersonInfo, PersonRef};

/// The largest `CustomizeID` that every device takes.
const MOST: u64 = 0x7FFF_FFFF;
/// How a person is named whom a device knows by its own number alone. No id of ours has a colon.
const LIB_ID: &str = "LibID:";

/// A `CustomizeID` for a person's id, 1 to 2^31-1, always the same (QUIRKS A32): the id itself where it is such a number,
/// else one made from it. `attempt` gives another one, for when the device says that it is somebody's already.
#[must_use]
pub fn customize_id(person_id: &str, attempt: u32) -> i64 {
    let is_number = person_id.bytes().all(|byte| byte.is_ascii_digit()) && !person_id.starts_with('0');
    let own = person_id
        .parse::<u64>()
        .ok()
        .filter(|number| is_number && *number <= MOST && attempt == 0);
    let number = own.unwrap_or_else(|| fnv(person_id, attempt) % MOST + 1);
    i64::try_from(number).unwrap_or(1)
}

/// FNV-1a: spreads well, and stays the same for ever.
fn fnv(text: &str, attempt: u32) -> u64 {
    const OFFSET: u64 = 0xCBF2_9CE4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01B3;
    let bytes = text.bytes().chain(attempt.to_le_bytes());
    bytes.fold(OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME))
}

/// The id of a person on the wire: `PersonUUID`, else `CustomizeID` as text, else the device's own number behind
/// `LibID:`.
#[must_use]
pub fn wire_id(person: &PersonInfo) -> Option<String> {
    let uuid = person
        .uuid
        .as_deref()
        .map(str::trim)
        .filter(|uuid| !uuid.is_empty());
    let customized = || person.customize_id.filter(|id| *id > 0).map(|id| id.to_string());
    let by_device = || {
        person
            .lib_id
            .filter(|id| *id > 0)
            .map(|id| format!("{LIB_ID}{id}"))
    };
    uuid.map(str::to_owned).or_else(customized).or_else(by_device)
}

/// Whom an id on the wire may mean, the likeliest first: a number may be either of the platform's ids.
#[must_use]
pub fn wire_refs(wire_id: &str) -> Vec<PersonRef> {
    if let Some(id) = wire_id.strip_prefix(LIB_ID).and_then(|id| id.parse().ok()) {
        return vec![PersonRef::LibId(id)];
    }
    let uuid = PersonRef::Uuid(wire_id.to_owned());
    let number = wire_id
        .parse()
        .ok()
        .filter(|id| *id > 0)
        .map(PersonRef::CustomizeId);
    std::iter::once(uuid).chain(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_for_an_id_is_stable_and_positive() {
        assert_eq!(customize_id("1001", 0), 1001);
        assert_eq!(customize_id("2147483647", 0), 2_147_483_647);
        // These must never change: devices hold them.
        assert_eq!(customize_id("p-1", 0), 1_203_670_799);
        assert_eq!(customize_id("2147483648", 0), 408_356_281);
        assert_ne!(customize_id("007", 0), 7);
        assert_ne!(customize_id("p-1", 1), customize_id("p-1", 0));
        assert_ne!(customize_id("1001", 1), 1001);
        for at in 0..2000 {
            let id = customize_id(&format!("person-{at}"), at);
            assert!((1..=2_147_483_647).contains(&id));
        }
    }

    #[test]
    fn ids_on_the_wire_go_both_ways() {
        let person = |uuid: Option<&str>, customize_id, lib_id| PersonInfo {
            uuid: uuid.map(str::to_owned),
            customize_id,
            lib_id,
            ..PersonInfo::default()
        };
        assert_eq!(
            wire_id(&person(Some("a"), Some(7), Some(1))).as_deref(),
            Some("a")
        );
        assert_eq!(
            wire_id(&person(Some(" "), Some(7), Some(1))).as_deref(),
            Some("7")
        );
        assert_eq!(
            wire_id(&person(None, Some(-2), Some(1))).as_deref(),
            Some("LibID:1")
        );
        assert_eq!(wire_id(&person(None, None, Some(0))), None);
        assert_eq!(wire_refs("LibID:1"), [PersonRef::LibId(1)]);
        assert_eq!(
            wire_refs("7"),
            [PersonRef::Uuid("7".to_owned()), PersonRef::CustomizeId(7)]
        );
        assert_eq!(wire_refs("a"), [PersonRef::Uuid("a".to_owned())]);
    }
}
