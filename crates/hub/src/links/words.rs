//! What a door says and shows where the hub decides, in the hub's language.

use model::{Decision, Denial};

/// A few words about a decision; at most 20 bytes of UTF-8, which every dialect has room for.
#[must_use]
pub fn of_decision(language: &str, decision: Decision) -> &'static str {
    match decision {
        Decision::Granted => in_language(language, "请通行", "Please pass"),
        Decision::Denied(denial) => of_denial(language, denial),
    }
}

/// The same about a refusal.
#[must_use]
pub fn of_denial(language: &str, denial: Denial) -> &'static str {
    let (chinese, english) = match denial {
        Denial::Blocked => ("禁止通行", "No entry"),
        Denial::Expired => ("已过期", "Expired"),
        Denial::NotYetValid => ("尚未生效", "Not valid yet"),
        Denial::UsedUp => ("次数已用完", "No passes left"),
        Denial::OutOfSchedule => ("不在通行时段", "Not at this time"),
        Denial::Stranger | Denial::UnknownCredential => ("陌生人", "Stranger"),
        Denial::PlatformSilent => ("请重试", "Try again"),
        _ => ("未授权", "Not authorised"),
    };
    in_language(language, chinese, english)
}

fn in_language(language: &str, chinese: &'static str, english: &'static str) -> &'static str {
    if language.starts_with("zh") {
        chinese
    } else {
        english
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_fits_the_smallest_screen() {
        for denial in [
            Denial::Blocked,
            Denial::Expired,
            Denial::NotYetValid,
            Denial::UsedUp,
            Denial::OutOfSchedule,
            Denial::Stranger,
            Denial::PlatformSilent,
            Denial::NotAuthorised,
        ] {
            for language in ["zh-CN", "en"] {
                let text = of_decision(language, Decision::Denied(denial));
                assert!(text.len() <= 20, "{text}");
            }
        }
    }
}
