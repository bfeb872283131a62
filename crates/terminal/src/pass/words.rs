//! The words for a ruling: the door's own, or what platforms and people put in their place.

use super::ruling::Ruling;
use crate::behaviour::{NAME_PLACE, Occasion, Prompts};
use model::{Addressee, Denial, Gender, Greeting, Method, Welcome};
use serde::{Deserialize, Serialize};

/// The language of the door's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Chinese.
    Chinese,
    /// English.
    English,
}

/// What is shown and spoken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// On the screen.
    pub message: String,
    /// Aloud.
    pub speech: String,
}

/// Whom the words are for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Hearer<'a> {
    /// The name, where it is known.
    pub name: Option<&'a str>,
    /// Gender, for Mr or Ms.
    pub gender: Option<Gender>,
    /// A greeting that is all there is to say.
    pub own_words: Option<&'a str>,
    /// How the person is greeted.
    pub greeting: Option<&'a Greeting>,
    /// How the person identified.
    pub method: Option<Method>,
}

/// The words for a ruling on somebody, by name where the name is known; a person's own greeting replaces the
/// welcome.
#[must_use]
pub fn words(ruling: Ruling, hearer: &Hearer<'_>, language: Language, prompts: &Prompts) -> Words {
    let mut words = if ruling == Ruling::Granted {
        welcome(hearer, language, prompts)
    } else {
        refusal(ruling, hearer, language, prompts)
    };
    let refused = matches!(ruling, Ruling::Denied(_));
    let granted = ruling == Ruling::Granted;
    if prompts.mute || (refused && prompts.mute_refusals) || (granted && prompts.mute_welcome) {
        words.speech.clear();
    }
    if (refused && prompts.blank_refusals) || (granted && prompts.blank_welcome) {
        words.message.clear();
    }
    words
}

fn welcome(hearer: &Hearer<'_>, language: Language, prompts: &Prompts) -> Words {
    let own = hearer.own_words.map(str::trim).filter(|text| !text.is_empty());
    if let Some(own) = own {
        return both(own.to_owned());
    }
    if let Some(welcome) = &prompts.welcome {
        return both(welcome.replace(NAME_PLACE, hearer.name.unwrap_or_default()));
    }
    let phrase = prompts.granted.as_deref();
    let phrase = phrase.unwrap_or(standard(Ruling::Granted, language));
    let matched = hearer.method == Some(Method::FaceAndIdCard);
    let occasion = prompts
        .occasions
        .get(&Occasion::DocumentMatches)
        .filter(|_| matched);
    let door = &prompts.greeting;
    let none = Greeting::default();
    let person = hearer.greeting.unwrap_or(&none);
    let greeted = |person: &Welcome, door: &Welcome, occasion: Option<&String>| {
        let phrase = occasion.map_or(phrase, String::as_str);
        let name = hearer.name.unwrap_or_default();
        let to = Addressee {
            name,
            titled: &titled(name, hearer.gender, language),
            phrase,
            separator: separator(language),
        };
        Welcome::words(person, door, to)
            .filter(|_| !name.is_empty())
            .unwrap_or_else(|| named(hearer.name, phrase, language))
    };
    Words {
        message: greeted(
            &person.shown,
            &door.shown,
            occasion.and_then(|phrase| phrase.shown.as_ref()),
        ),
        speech: greeted(
            &person.spoken,
            &door.spoken,
            occasion.and_then(|phrase| phrase.spoken.as_ref()),
        ),
    }
}

fn refusal(ruling: Ruling, hearer: &Hearer<'_>, language: Language, prompts: &Prompts) -> Words {
    let general = match ruling {
        Ruling::Denied(Denial::NotAuthorised | Denial::Stranger | Denial::UnknownCredential) => {
            prompts.denied.as_deref()
        }
        _ => None,
    };
    let general = general.unwrap_or(standard(ruling, language));
    let particular = occasion(ruling, hearer.method).and_then(|occasion| prompts.occasions.get(&occasion));
    let said = |particular: Option<&String>| {
        let phrase = particular.map_or(general, String::as_str);
        named(hearer.name, phrase, language)
    };
    Words {
        message: said(particular.and_then(|phrase| phrase.shown.as_ref())),
        speech: said(particular.and_then(|phrase| phrase.spoken.as_ref())),
    }
}

fn occasion(ruling: Ruling, method: Option<Method>) -> Option<Occasion> {
    let Ruling::Denied(denial) = ruling else {
        return None;
    };
    Some(match denial {
        Denial::Stranger => Occasion::Stranger,
        Denial::Blocked => Occasion::Blocked,
        Denial::NotAuthorised | Denial::UnknownCredential => Occasion::NotAuthorised,
        Denial::OutOfSchedule | Denial::NotYetValid => Occasion::OutOfSchedule,
        Denial::Expired => Occasion::Expired,
        _ if method == Some(Method::FaceAndIdCard) => Occasion::DocumentDiffers,
        _ => return None,
    })
}

fn both(text: String) -> Words {
    Words {
        speech: text.clone(),
        message: text,
    }
}

fn named(name: Option<&str>, phrase: &str, language: Language) -> String {
    match name.filter(|name| !name.is_empty()) {
        Some(name) => format!("{name}{}{phrase}", separator(language)),
        None => phrase.to_owned(),
    }
}

fn separator(language: Language) -> &'static str {
    match language {
        Language::Chinese => "，",
        Language::English => ": ",
    }
}

fn titled(name: &str, gender: Option<Gender>, language: Language) -> String {
    match (gender, language) {
        (Some(Gender::Male), Language::Chinese) => format!("{name}先生"),
        (Some(Gender::Female), Language::Chinese) => format!("{name}女士"),
        (Some(Gender::Male), Language::English) => format!("Mr {name}"),
        (Some(Gender::Female), Language::English) => format!("Ms {name}"),
        (Some(Gender::Other) | None, _) => name.to_owned(),
    }
}

/// The door's own words.
fn standard(ruling: Ruling, language: Language) -> &'static str {
    match language {
        Language::Chinese => chinese(ruling),
        Language::English => english(ruling),
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
    use crate::behaviour::Phrase;
    use model::Wording;

    const ZHANG: Hearer<'_> = Hearer {
        name: Some("张三"),
        gender: Some(Gender::Male),
        own_words: None,
        greeting: None,
        method: None,
    };

    fn said(ruling: Ruling, hearer: &Hearer<'_>, prompts: &Prompts) -> (String, String) {
        let Words { message, speech } = words(ruling, hearer, Language::Chinese, prompts);
        (message, speech)
    }

    fn pair(message: &str, speech: &str) -> (String, String) {
        (message.to_owned(), speech.to_owned())
    }

    #[test]
    fn a_greeting_is_for_those_let_in() {
        let greeted = Hearer {
            own_words: Some("生日快乐"),
            ..ZHANG
        };
        let none = Prompts::default();
        assert_eq!(
            said(Ruling::Granted, &greeted, &none),
            pair("生日快乐", "生日快乐")
        );
        let refused = said(Ruling::Denied(Denial::Expired), &greeted, &none);
        assert_eq!(refused, pair("张三，授权已过期", "张三，授权已过期"));
        assert_eq!(
            said(Ruling::Granted, &ZHANG, &none),
            pair("张三，请通行", "张三，请通行")
        );
    }

    #[test]
    fn screen_and_voice_have_their_own_greeting() {
        let greeting = Greeting {
            spoken: Welcome {
                wording: Some(Wording::NameAndOwn),
                with_title: true,
                before: "亲爱的".into(),
                after: "欢迎您".into(),
            },
            shown: Welcome::default(),
        };
        let hearer = Hearer {
            greeting: Some(&greeting),
            ..ZHANG
        };
        let said = said(Ruling::Granted, &hearer, &Prompts::default());
        assert_eq!(said, pair("张三，请通行", "亲爱的张三先生，欢迎您"));
    }

    #[test]
    fn occasions_go_before_the_general_words_and_either_can_be_silent() {
        let mut prompts = Prompts {
            denied: Some("陌生人".into()),
            ..Prompts::default()
        };
        let phrase = Phrase {
            spoken: Some("请注意".into()),
            shown: None,
        };
        prompts.occasions.insert(Occasion::Stranger, phrase);
        let stranger = Ruling::Denied(Denial::Stranger);
        let nobody = Hearer::default();
        assert_eq!(said(stranger, &nobody, &prompts), pair("陌生人", "请注意"));
        prompts.mute_refusals = true;
        assert_eq!(said(stranger, &nobody, &prompts), pair("陌生人", ""));
        prompts.blank_refusals = true;
        assert_eq!(said(stranger, &nobody, &prompts), pair("", ""));
        assert_eq!(said(Ruling::Granted, &ZHANG, &prompts).1, "张三，请通行");
        prompts.mute = true;
        assert_eq!(said(Ruling::Granted, &ZHANG, &prompts), pair("张三，请通行", ""));
    }
}
