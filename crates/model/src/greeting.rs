//! What a door says and shows to somebody whom it lets in, where a person or the door itself has words of its own.

use serde::{Deserialize, Serialize};

/// What a welcome is made of. *Own* words are the person's, *fixed* ones the door's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wording {
    /// The name between the person's own words.
    NameAndOwn,
    /// The name alone.
    Name,
    /// The person's own words alone.
    Own,
    /// The door's words alone.
    Fixed,
    /// The name between the door's words.
    NameAndFixed,
}

/// One channel of a greeting: what is spoken, or what is shown.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Welcome {
    /// What it is made of; `None` leaves it to the door.
    pub wording: Option<Wording>,
    /// Whether the name comes with Mr or Ms.
    pub with_title: bool,
    /// Before the name.
    pub before: String,
    /// After the name.
    pub after: String,
}

/// The greeting of a person, or of a door.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Greeting {
    /// What is spoken.
    pub spoken: Welcome,
    /// What is shown.
    pub shown: Welcome,
}

/// Who is greeted, in the door's language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Addressee<'a> {
    /// The name.
    pub name: &'a str,
    /// The name with Mr or Ms; the plain one where neither is known.
    pub titled: &'a str,
    /// What is said where there are no other words.
    pub phrase: &'a str,
    /// Between the name and what follows.
    pub separator: &'a str,
}

impl Welcome {
    /// The words for somebody at a door; the person's wording goes before the door's. `None` where neither has one.
    #[must_use]
    pub fn words(person: &Self, door: &Self, to: Addressee<'_>) -> Option<String> {
        let ruling = if person.wording.is_some() { person } else { door };
        let name = if ruling.with_title { to.titled } else { to.name };
        let own = Self {
            // A person without a wording has no words of their own either.
            after: person.wording.map(|_| person.after.clone()).unwrap_or_default(),
            before: person.wording.map(|_| person.before.clone()).unwrap_or_default(),
            ..Self::default()
        };
        Some(match ruling.wording? {
            Wording::Name => name.to_owned(),
            Wording::NameAndOwn => own.around(name, to),
            Wording::NameAndFixed => door.around(name, to),
            Wording::Own => filled(&own.after, to.phrase).to_owned(),
            Wording::Fixed => filled(&door.after, to.phrase).to_owned(),
        })
    }

    fn around(&self, name: &str, to: Addressee<'_>) -> String {
        let before = self.before.trim();
        // Latin words are set apart by a blank, Chinese ones are not.
        let blank = if before.ends_with(|last: char| last.is_ascii()) {
            " "
        } else {
            ""
        };
        let after = filled(&self.after, to.phrase);
        format!("{before}{blank}{name}{}{after}", to.separator)
    }
}

fn filled<'a>(text: &'a str, otherwise: &'a str) -> &'a str {
    match text.trim() {
        "" => otherwise,
        text => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ZHANG: Addressee<'_> = Addressee {
        name: "张三",
        titled: "张三先生",
        phrase: "请通行",
        separator: "，",
    };

    fn welcome(wording: Option<Wording>, with_title: bool, before: &str, after: &str) -> Welcome {
        Welcome {
            wording,
            with_title,
            before: before.to_owned(),
            after: after.to_owned(),
        }
    }

    #[test]
    fn the_persons_wording_goes_before_the_doors() {
        let door = welcome(Some(Wording::NameAndFixed), false, "您好", "欢迎光临");
        let person = |wording| welcome(wording, true, "亲爱的", "欢迎您的参观");
        let words = |wording| Welcome::words(&person(wording), &door, ZHANG).unwrap();
        assert_eq!(words(Some(Wording::NameAndOwn)), "亲爱的张三先生，欢迎您的参观");
        assert_eq!(words(Some(Wording::Name)), "张三先生");
        assert_eq!(words(Some(Wording::Own)), "欢迎您的参观");
        assert_eq!(words(Some(Wording::Fixed)), "欢迎光临");
        assert_eq!(words(Some(Wording::NameAndFixed)), "您好张三先生，欢迎光临");
        // The door's own wording, and no title there.
        assert_eq!(words(None), "您好张三，欢迎光临");
    }

    #[test]
    fn a_person_without_a_wording_keeps_silent_words() {
        let person = welcome(None, false, "亲爱的", "欢迎您的参观");
        let door = welcome(Some(Wording::NameAndOwn), true, "", "");
        assert_eq!(Welcome::words(&person, &door, ZHANG).unwrap(), "张三先生，请通行");
        assert_eq!(Welcome::words(&person, &Welcome::default(), ZHANG), None);
        let english = Addressee {
            name: "Ann",
            titled: "Ms Ann",
            phrase: "welcome",
            separator: ": ",
        };
        let person = welcome(Some(Wording::NameAndOwn), true, "dear", "");
        assert_eq!(
            Welcome::words(&person, &door, english).unwrap(),
            "dear Ms Ann: welcome"
        );
    }
}
