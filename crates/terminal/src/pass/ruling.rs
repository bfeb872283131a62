//! What the door says of one attempt: the outcome, the reason, and the words for it.

use crate::behaviour::Prompts;
use model::{Decision, Denial, Outcome};
use serde::{Deserialize, Serialize};

/// How an attempt stands: decided, or waiting for the platform that decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ruling {
    /// Let in.
    Granted,
    /// Not let in, and why.
    Denied(Denial),
    /// A platform has yet to decide.
    Pending,
}

impl From<Decision> for Ruling {
    fn from(decision: Decision) -> Self {
        match decision {
            Decision::Granted => Self::Granted,
            Decision::Denied(denial) => Self::Denied(denial),
        }
    }
}

impl Ruling {
    /// The outcome that the record states (terminal rule 7).
    #[must_use]
    pub fn outcome(self) -> Outcome {
        match self {
            Self::Granted => Outcome::Granted,
            Self::Pending => Outcome::Pending,
            Self::Denied(denial) => match denial {
                Denial::Blocked => Outcome::Blocked,
                Denial::Expired | Denial::UsedUp => Outcome::Expired,
                Denial::NotYetValid | Denial::OutOfSchedule => Outcome::OutOfSchedule,
                Denial::NotAuthorised | Denial::UnknownCredential => Outcome::NotAuthorised,
                Denial::Stranger => Outcome::Stranger,
                Denial::LookAgain
                | Denial::Liveness
                | Denial::Fever
                | Denial::Mask
                | Denial::SecondFactorMissing
                | Denial::PlatformDenied
                | Denial::PlatformSilent => Outcome::Denied,
            },
        }
    }

    /// The reason, as the kiosk's answer names it; `None` while a platform decides.
    #[must_use]
    pub fn reason(self) -> Option<&'static str> {
        match self {
            Self::Pending => None,
            Self::Granted => Some("granted"),
            Self::Denied(denial) => Some(match denial {
                Denial::Blocked => "blocked",
                Denial::Expired => "expired",
                Denial::NotYetValid => "not_yet_valid",
                Denial::UsedUp => "used_up",
                Denial::NotAuthorised => "not_authorised",
                Denial::OutOfSchedule => "out_of_schedule",
                Denial::Stranger => "stranger",
                Denial::UnknownCredential => "unknown_credential",
                Denial::LookAgain => "look_again",
                Denial::Liveness => "liveness",
                Denial::Fever => "fever",
                Denial::Mask => "mask",
                Denial::SecondFactorMissing => "second_factor_missing",
                Denial::PlatformDenied => "platform_denied",
                Denial::PlatformSilent => "platform_silent",
            }),
        }
    }
}

/// The language of the door's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Chinese.
    Chinese,
    /// English.
    English,
}

/// What is shown and spoken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// On the screen.
    pub message: String,
    /// Aloud.
    pub speech: String,
}

/// The words for a ruling on somebody, by name where the name is known; a person's own greeting replaces the
/// welcome.
#[must_use]
pub fn words(
    ruling: Ruling,
    name: Option<&str>,
    greeting: Option<&str>,
    language: Language,
    prompts: &Prompts,
) -> Words {
    let set = match ruling {
        Ruling::Granted => prompts.granted.as_deref(),
        Ruling::Denied(Denial::NotAuthorised | Denial::Stranger | Denial::UnknownCredential) => {
            prompts.denied.as_deref()
        }
        Ruling::Denied(_) | Ruling::Pending => None,
    };
    let phrase = set.unwrap_or(match language {
        Language::Chinese => chinese(ruling),
        Language::English => english(ruling),
    });
    if ruling == Ruling::Granted
        && let Some(greeting) = greeting.filter(|text| !text.trim().is_empty())
    {
        return Words {
            message: greeting.to_owned(),
            speech: greeting.to_owned(),
        };
    }
    let message = match (name.filter(|name| !name.is_empty()), language) {
        (Some(name), Language::Chinese) => format!("{name}，{phrase}"),
        (Some(name), Language::English) => format!("{name}: {phrase}"),
        (None, _) => phrase.to_owned(),
    };
    Words {
        speech: message.clone(),
        message,
    }
}

fn chinese(ruling: Ruling) -> &'static str {
    match ruling {
        Ruling::Granted => "请通行",
        Ruling::Pending => "请稍候",
        Ruling::Denied(denial) => match denial {
            Denial::Blocked => "禁止通行",
            Denial::Expired => "授权已过期",
            Denial::NotYetValid => "授权尚未生效",
            Denial::UsedUp => "通行次数已用完",
            Denial::NotAuthorised => "未授权",
            Denial::OutOfSchedule => "不在通行时段",
            Denial::Stranger => "未登记人员",
            Denial::UnknownCredential => "无效凭证",
            Denial::LookAgain => "请正视摄像头",
            Denial::Liveness => "请本人刷脸",
            Denial::Fever => "体温异常",
            Denial::Mask => "请佩戴口罩",
            Denial::SecondFactorMissing => "请继续验证",
            Denial::PlatformDenied => "平台拒绝通行",
            Denial::PlatformSilent => "平台未响应，请稍后再试",
        },
    }
}

fn english(ruling: Ruling) -> &'static str {
    match ruling {
        Ruling::Granted => "welcome",
        Ruling::Pending => "one moment",
        Ruling::Denied(denial) => match denial {
            Denial::Blocked => "no entry",
            Denial::Expired => "your access has ended",
            Denial::NotYetValid => "your access has not begun",
            Denial::UsedUp => "no passes left",
            Denial::NotAuthorised => "no access to this door",
            Denial::OutOfSchedule => "not at this time",
            Denial::Stranger => "not registered",
            Denial::UnknownCredential => "unknown card or code",
            Denial::LookAgain => "please look at the camera",
            Denial::Liveness => "please show your own face",
            Denial::Fever => "temperature too high",
            Denial::Mask => "please wear a mask",
            Denial::SecondFactorMissing => "please present the second proof",
            Denial::PlatformDenied => "refused by the platform",
            Denial::PlatformSilent => "the platform does not answer, please try again",
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_follow_the_contract() {
        for (denial, outcome) in [
            (Denial::Expired, Outcome::Expired),
            (Denial::UsedUp, Outcome::Expired),
            (Denial::NotYetValid, Outcome::OutOfSchedule),
            (Denial::OutOfSchedule, Outcome::OutOfSchedule),
            (Denial::Blocked, Outcome::Blocked),
            (Denial::Stranger, Outcome::Stranger),
            (Denial::UnknownCredential, Outcome::NotAuthorised),
            (Denial::Fever, Outcome::Denied),
            (Denial::PlatformSilent, Outcome::Denied),
        ] {
            assert_eq!(Ruling::Denied(denial).outcome(), outcome);
        }
    }

    #[test]
    fn reasons_are_the_names_that_the_model_writes() {
        for denial in [
            Denial::UsedUp,
            Denial::NotYetValid,
            Denial::PlatformSilent,
            Denial::LookAgain,
        ] {
            let written = serde_json::to_value(denial).unwrap();
            assert_eq!(written.as_str(), Ruling::Denied(denial).reason());
        }
    }

    #[test]
    fn a_greeting_is_for_those_let_in() {
        let greeted = words(
            Ruling::Granted,
            Some("张三"),
            Some("生日快乐"),
            Language::Chinese,
            &Prompts::default(),
        );
        assert_eq!(greeted.speech, "生日快乐");
        let refused = words(
            Ruling::Denied(Denial::Expired),
            Some("张三"),
            Some("生日快乐"),
            Language::Chinese,
            &Prompts::default(),
        );
        assert_eq!(refused.message, "张三，授权已过期");
    }
}
