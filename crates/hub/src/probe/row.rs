//! An operation as a probe tries it, and the trying: the same for every dialect. A dialect's room is a table of
//! [`Row`]s and a [`Device`] that they are asked of.

use super::compare::{Difference, bytes_shown, differences};
use super::report::{Finding, Outcome};
use crate::links::CallError;
use async_trait::async_trait;
use bytes::Bytes;
use serde_json::Value;

/// What an operation does to a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nothing, or nothing that its own steps do not undo.
    Restored,
    /// Something that cannot be undone, or that others notice; it is tried only where that was asked for.
    Destructive(&'static str),
    /// It cannot be tried from here.
    Untried(&'static str),
}

/// An operation of the document.
pub struct Row<R: 'static, F: 'static> {
    /// The wire name.
    pub name: &'static str,
    /// The section of the document.
    pub section: &'static str,
    /// What it does to the device.
    pub effect: Effect,
    /// What is asked, in this order; what it changes is put back by a step for which [`Step::always`] holds.
    pub steps: &'static [Step<R, F>],
}

/// A line of a room's table.
pub(super) const fn row<R, F>(
    name: &'static str,
    section: &'static str,
    effect: Effect,
    steps: &'static [Step<R, F>],
) -> Row<R, F> {
    Row {
        name,
        section,
        effect,
        steps,
    }
}

/// Where devices are known to differ, as in `data.person[].endTs`, and the entry that explains it: there and below, or
/// with `$` at its end there alone.
pub(super) type Quirks = &'static [(&'static str, &'static str)];

/// A call, and what is expected of its answer beside its form.
pub struct Step<R: 'static, F: 'static> {
    /// The call, given what was found so far; the error says why there is none.
    pub ask: fn(&F) -> Result<R, String>,
    /// Looks at the answer, written exactly, and keeps what later calls need; the error says what is wrong.
    pub look: fn(&mut F, &Value) -> Result<(), Difference>,
    /// Whether it is asked even after an earlier step went wrong: it puts something back.
    pub always: bool,
}

impl<R, F> Step<R, F> {
    /// A call whose answer says enough by its form.
    pub const fn ask(ask: fn(&F) -> Result<R, String>) -> Self {
        Self::looked_at(ask, |_, _| Ok(()))
    }

    /// A call whose answer is looked at.
    pub const fn looked_at(
        ask: fn(&F) -> Result<R, String>,
        look: fn(&mut F, &Value) -> Result<(), Difference>,
    ) -> Self {
        Self {
            ask,
            look,
            always: false,
        }
    }

    /// The same, asked whatever came before.
    #[must_use]
    pub const fn always(self) -> Self {
        Self { always: true, ..self }
    }
}

/// An answer of a device.
#[derive(Debug, Clone)]
pub struct Came {
    /// All of it.
    pub bytes: Bytes,
    /// What it says, as it came.
    pub value: Value,
    /// The same, read leniently and written exactly.
    pub exact: Result<Value, NoAnswer>,
    /// What is wrong around it: a status of HTTP, an envelope.
    pub around: Vec<Difference>,
}

/// Why an answer gives nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoAnswer {
    /// It says no, with a code of the document.
    Refused(String),
    /// It cannot be read.
    Malformed(String),
}

/// Whatever can be asked.
#[async_trait]
pub trait Device: Send {
    /// A call of the dialect.
    type Request: Send + Sync;

    /// Asks, and waits for the answer within bounds.
    ///
    /// # Errors
    /// No answer came.
    async fn ask(&mut self, request: &Self::Request) -> Result<Came, CallError>;
}

/// Tries every row in order.
pub(super) async fn try_all<D: Device, F: Send>(
    device: &mut D,
    rows: &[Row<D::Request, F>],
    quirks: Quirks,
    found: &mut F,
    destructive: bool,
) -> Vec<Finding> {
    let mut findings = Vec::with_capacity(rows.len());
    for row in rows {
        let tried = match row.effect {
            Effect::Untried(why) => Tried::skipped(why),
            Effect::Destructive(why) if !destructive => {
                Tried::skipped(&format!("{why}; tried with --destructive"))
            }
            _ => try_one(device, row, found).await,
        };
        findings.push(tried.told(row.name, row.section, quirks));
    }
    findings
}

/// What became of a row so far: the worst of its steps.
pub(super) struct Tried {
    pub(super) outcome: Outcome,
    detail: String,
    path: String,
}

impl Tried {
    pub(super) fn skipped(why: &str) -> Self {
        Self::of(Outcome::Skipped, why.to_owned())
    }

    fn of(outcome: Outcome, detail: String) -> Self {
        Self {
            outcome,
            detail,
            path: String::new(),
        }
    }

    pub(super) fn differs(differences: &[Difference], bytes: &[u8]) -> Self {
        let texts: Vec<String> = differences
            .iter()
            .map(|difference| {
                format!("{} {}", difference.path, difference.text)
                    .trim()
                    .to_owned()
            })
            .collect();
        let first = differences.first();
        Self {
            outcome: Outcome::Differs,
            detail: format!("{}: {}", texts.join("; "), bytes_shown(bytes)),
            path: first.map(|first| first.path.clone()).unwrap_or_default(),
        }
    }

    /// As documented.
    pub(super) fn holds() -> Self {
        Self::of(Outcome::Holds, String::new())
    }

    /// Nothing came where something must.
    pub(super) fn absent(why: &str) -> Self {
        Self::of(Outcome::Differs, why.to_owned())
    }

    /// What a message is like: as it came, as it is written exactly, and what `look` finds wrong beside that.
    pub(super) fn judged(came: &Came, look: impl FnOnce(&Value) -> Result<(), Difference>) -> Self {
        let exact = match &came.exact {
            Ok(exact) => exact,
            Err(NoAnswer::Refused(why)) if came.around.is_empty() => {
                return Self::of(Outcome::Refused, why.clone());
            }
            Err(NoAnswer::Refused(why) | NoAnswer::Malformed(why)) => {
                let mut all = came.around.clone();
                all.push(Difference::new("", why.as_str()));
                return Self::differs(&all, &came.bytes);
            }
        };
        let mut all = came.around.clone();
        all.extend(differences(&came.value, exact));
        all.extend(look(exact).err());
        if all.is_empty() {
            return Self::holds();
        }
        Self::differs(&all, &came.bytes)
    }

    /// The line of the report, with the entry of `quirks` that explains a difference.
    pub(super) fn told(self, name: &str, section: &str, quirks: Quirks) -> Finding {
        let is_there = |place: &str| {
            if let Some(exactly) = place.strip_suffix('$') {
                return self.path == exactly;
            }
            let rest = self.path.strip_prefix(place);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        let known = quirks.iter().find(|(place, _)| is_there(place));
        let explains = self.outcome == Outcome::Differs;
        Finding {
            name: name.to_owned(),
            section: section.to_owned(),
            outcome: self.outcome,
            detail: self.detail,
            quirk: known.filter(|_| explains).map(|(_, id)| (*id).to_owned()),
        }
    }
}

async fn try_one<D: Device, F: Send>(device: &mut D, row: &Row<D::Request, F>, found: &mut F) -> Tried {
    let mut worst: Option<Tried> = None;
    for step in row.steps {
        let is_well = worst.as_ref().is_none_or(|worst| worst.outcome == Outcome::Holds);
        if !is_well && !step.always {
            continue;
        }
        let tried = match (step.ask)(found) {
            Ok(request) => match device.ask(&request).await {
                Ok(came) => Tried::judged(&came, |exact| (step.look)(found, exact)),
                Err(error) => Tried::of(Outcome::Differs, error.to_string()),
            },
            Err(_) if worst.is_some() => continue,
            Err(why) => Tried::skipped(&why),
        };
        if worst.as_ref().is_none_or(|worst| worst.outcome < tried.outcome) {
            worst = Some(tried);
        }
    }
    worst.unwrap_or_else(|| Tried::skipped("nothing is asked"))
}

/// Whether all of these fields are there.
///
/// # Errors
/// The first that is not.
pub fn need(value: &Value, names: &[&str]) -> Result<(), Difference> {
    match names
        .iter()
        .find(|name| value.get(name).is_none_or(Value::is_null))
    {
        Some(name) => Err(Difference::new(*name, "is missing")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Answers with what is asked for; `"no"` is refused.
    struct Echo(Vec<&'static str>);

    #[async_trait]
    impl Device for Echo {
        type Request = &'static str;

        async fn ask(&mut self, request: &&'static str) -> Result<Came, CallError> {
            self.0.push(request);
            let value = json!({ "a": request });
            let exact = match *request {
                "no" => Err(NoAnswer::Refused("1: no".to_owned())),
                "bad" => Ok(json!({"a": 1})),
                _ => Ok(value.clone()),
            };
            Ok(Came {
                bytes: Bytes::from(value.to_string()),
                value,
                exact,
                around: Vec::new(),
            })
        }
    }

    const ROWS: &[Row<&str, ()>] = &[
        row("reads", "1", Effect::Restored, &[Step::ask(|()| Ok("yes"))]),
        row(
            "changes",
            "1",
            Effect::Restored,
            &[
                Step::ask(|()| Ok("bad")),
                Step::ask(|()| Ok("never")),
                Step::ask(|()| Ok("back")).always(),
            ],
        ),
        row("refused", "1", Effect::Restored, &[Step::ask(|()| Ok("no"))]),
        row(
            "wipes",
            "1",
            Effect::Destructive("wipes"),
            &[Step::ask(|()| Ok("wipe"))],
        ),
        row(
            "cannot",
            "1",
            Effect::Restored,
            &[Step::ask(|()| Err("why".to_owned()))],
        ),
    ];

    const QUIRKS: Quirks = &[("a", "Z1")];

    #[test]
    fn an_entry_explains_its_place_and_below_or_that_place_alone() {
        let quirk = |path: &str| {
            let tried = Tried::differs(&[Difference::new(path, "is missing")], b"{}");
            tried
                .told("a", "1", &[("data.list", "Z1"), ("data$", "Z2")])
                .quirk
        };
        assert_eq!(quirk("data.list[].id").as_deref(), Some("Z1"));
        assert_eq!(quirk("data.lists"), None);
        assert_eq!(quirk("data").as_deref(), Some("Z2"));
        assert_eq!(quirk("data.id"), None);
    }

    #[tokio::test]
    async fn each_row_has_its_outcome_and_what_was_changed_is_put_back() {
        let mut device = Echo(Vec::new());
        let findings = try_all(&mut device, ROWS, QUIRKS, &mut (), false).await;
        let outcomes: Vec<Outcome> = findings.iter().map(|found| found.outcome).collect();
        use Outcome::*;
        assert_eq!(outcomes, [Holds, Differs, Refused, Skipped, Skipped]);
        assert_eq!(device.0, ["yes", "bad", "back", "no"]);
        let differs = &findings[1];
        assert_eq!(differs.quirk.as_deref(), Some("Z1"));
        assert!(differs.detail.ends_with(r#"{"a":"bad"}"#), "{}", differs.detail);
        let mut device = Echo(Vec::new());
        try_all(&mut device, ROWS, QUIRKS, &mut (), true).await;
        assert_eq!(device.0.last(), Some(&"wipe"));
    }
}
