//! A dialect's name stands in its rooms and in the wiring, and nowhere else: adding a sixth dialect adds its rooms
//! and changes none.
//!
//! Comments may name a dialect (they say why something is as it is); code may not. `lan` and `openapi` are also
//! words of other trades, so they count as a module path, a string or a type's beginning only.

use super::sources::{code_of, files, relative};
use anyhow::{Context, Result};
use std::path::Path;

const DIALECTS: [&str; 5] = ["mqtt", "qyzn", "facegate", "lan", "openapi"];

/// Where a dialect has a room: `{}` is its name; a folder or a file.
const ROOMS: [&str; 8] = [
    "crates/dialects/src/{}",
    "crates/dialects/tests/{}",
    "crates/dialects/tests/golden/{}",
    "crates/hub/src/links/{}",
    "crates/hub/src/probe/{}",
    "crates/terminal/src/endpoints/{}",
    "crates/terminal/src/swarm/{}",
    "crates/menshen/tests/{}",
];

/// The wiring: files and folders in which dialects are listed by name. The binary is wiring as a whole; a crate's tests
/// may let any dialects meet.
const WIRING: [&str; 18] = [
    "crates/dialects/src/lib.rs",
    "crates/dialects/tests/",
    "crates/hub/src/config.rs",
    "crates/hub/src/config/",
    "crates/hub/src/lib.rs",
    "crates/hub/src/links/mod.rs",
    "crates/hub/src/start.rs",
    "crates/hub/src/probe/mod.rs",
    "crates/hub/tests/",
    "crates/menshen/",
    "crates/terminal/src/config.rs",
    "crates/terminal/src/config/",
    "crates/terminal/src/lib.rs",
    "crates/terminal/src/endpoints/mod.rs",
    "crates/terminal/src/running.rs",
    "crates/terminal/src/swarm/mod.rs",
    "crates/terminal/tests/",
    "xtask/",
];

/// Names that hold a dialect's name and mean something else: on the wire of another dialect, in the broker's client.
const WORDS_OF_OTHERS: [&str; 3] = ["MQTTParam", "rumqttc", "MqttOptions"];

/// Every line of code that names a dialect outside its rooms.
pub(crate) fn breaches(root: &Path) -> Result<Vec<String>> {
    let mut breaches = Vec::new();
    for file in files(&root.join("crates"), "rs")? {
        let path = relative(root, &file);
        if WIRING.iter().any(|wiring| path.starts_with(wiring)) {
            continue;
        }
        let text = std::fs::read_to_string(&file).with_context(|| path.clone())?;
        breaches.extend(breaches_of(&path, &text));
    }
    Ok(breaches)
}

fn breaches_of(path: &str, text: &str) -> Vec<String> {
    let foreign: Vec<&str> = DIALECTS
        .into_iter()
        .filter(|dialect| !is_room_of(path, dialect))
        .collect();
    let code = text.split("\n#[cfg(test)]").next().unwrap_or(text);
    let mut breaches = Vec::new();
    for (number, line) in code.lines().enumerate() {
        for dialect in foreign.iter().filter(|dialect| names(code_of(line), dialect)) {
            breaches.push(format!(
                "{path}:{} names the dialect {dialect} outside its rooms",
                number + 1
            ));
        }
    }
    breaches
}

fn is_room_of(path: &str, dialect: &str) -> bool {
    ROOMS.iter().any(|room| {
        let room = room.replace("{}", dialect);
        path.strip_prefix(&room)
            .is_some_and(|rest| rest.starts_with(['/', '.', '_']))
    })
}

/// Whether a line of code names a dialect.
fn names(line: &str, dialect: &str) -> bool {
    if matches!(dialect, "lan" | "openapi") {
        let shapes = [
            format!("dialects::{dialect}"),
            format!("links::{dialect}"),
            format!("endpoints::{dialect}"),
            format!("\"{dialect}\""),
        ];
        return shapes.iter().any(|shape| line.contains(shape.as_str()));
    }
    let others = WORDS_OF_OTHERS
        .iter()
        .fold(line.to_owned(), |line, word| line.replace(word, ""));
    others.to_ascii_lowercase().contains(dialect)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_may_name_its_own_dialect_and_no_other() {
        let text = "use dialects::qyzn::Code;\nlet x = \"mqtt\";\n";
        let breaches = breaches_of("crates/hub/src/links/qyzn/session.rs", text);
        assert_eq!(
            breaches,
            ["crates/hub/src/links/qyzn/session.rs:2 names the dialect mqtt outside its rooms"]
        );
    }

    #[test]
    fn a_shared_file_may_name_none_in_code_but_in_comments() {
        let text = "// qyzn sends it twice\nfn intake() { QyznLink::new(); }\n";
        assert_eq!(breaches_of("crates/hub/src/intake.rs", text).len(), 1);
    }

    #[test]
    fn an_operator_may_hold_the_name_of_another_dialect() {
        let text = "let x = \"SetMQTTParam\";\n";
        assert!(breaches_of("crates/dialects/src/facegate/settings.rs", text).is_empty());
        assert_eq!(
            breaches_of("crates/dialects/src/facegate/settings.rs", "use crate::mqtt;\n").len(),
            1
        );
    }

    #[test]
    fn words_of_other_trades_are_not_dialects() {
        assert!(breaches_of("crates/hub/src/api/mod.rs", "#[openapi(paths())] let plan = 1;\n").is_empty());
        assert_eq!(
            breaches_of("crates/hub/src/api/mod.rs", "use dialects::lan;\n").len(),
            1
        );
    }
}
