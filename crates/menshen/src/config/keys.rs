//! The known keys of one side, read from its default file: keys that are set there, and keys that are commented out
//! there (`# key = value`) because they are unset by default.

use std::collections::BTreeMap;
use toml::{Table, Value};

/// Known keys in full (`table.key`), each with an example of its value.
pub(crate) type Keys = BTreeMap<String, Value>;

/// Every known key of a default file.
pub(crate) fn known(default_text: &str) -> Result<Keys, toml::de::Error> {
    let mut keys = leaves(&default_text.parse::<Table>()?);
    let mut table = String::new();
    for line in default_text.lines() {
        if let Some(name) = line
            .trim()
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            name.clone_into(&mut table);
        } else if let Some((key, value)) = commented_out(line) {
            keys.entry(format!("{table}.{key}")).or_insert(value);
        }
    }
    Ok(keys)
}

/// The key and example of a line such as `# repeat_seconds = 5`; a line of prose is none.
fn commented_out(line: &str) -> Option<(String, Value)> {
    let line = line.trim().strip_prefix('#')?.trim();
    let (key, _) = line.split_once('=')?;
    let is_name = |part: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_ascii_lowercase() || c == '_' || c.is_ascii_digit())
    };
    if !is_name(key.trim()) {
        return None;
    }
    line.parse::<Table>().ok()?.into_iter().next()
}

/// The values of a table that are not tables themselves, under their full keys.
pub(crate) fn leaves(table: &Table) -> Keys {
    let mut found = Keys::new();
    collect("", table, &mut found);
    found
}

fn collect(prefix: &str, table: &Table, found: &mut Keys) {
    for (name, value) in table {
        let key = if prefix.is_empty() {
            name.clone()
        } else {
            format!("{prefix}.{name}")
        };
        match value {
            Value::Table(inner) => collect(&key, inner, found),
            other => {
                found.insert(key, other.clone());
            }
        }
    }
}

/// Tables of a file, by full name, that hold nothing.
pub(crate) fn empty_tables(table: &Table) -> Vec<String> {
    let tables = table
        .iter()
        .filter_map(|(name, value)| Some((name, value.as_table()?)));
    tables
        .flat_map(|(name, inner)| inner_empty_tables(name, inner))
        .collect()
}

fn inner_empty_tables(name: &str, table: &Table) -> Vec<String> {
    if table.is_empty() {
        return vec![name.to_owned()];
    }
    empty_tables(table)
        .into_iter()
        .map(|inner| format!("{name}.{inner}"))
        .collect()
}

/// The known key most like `key`.
pub(crate) fn nearest<'a>(key: &str, known: impl Iterator<Item = &'a String>) -> String {
    let scored = known.map(|candidate| (likeness(key, candidate), candidate));
    let best = scored.max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(a.1)));
    best.map(|(_, candidate)| candidate.clone()).unwrap_or_default()
}

/// How alike two full keys are, 0 to 1: the whole counts, and the last part alone counts nearly as much, so that a
/// right key in a wrong table is found.
fn likeness(key: &str, candidate: &str) -> f64 {
    const LAST_PART_WEIGHT: f64 = 0.9;
    let last = |full: &'_ str| full.rsplit('.').next().unwrap_or_default().to_owned();
    let whole = strsim::normalized_damerau_levenshtein(key, candidate);
    let part = strsim::normalized_damerau_levenshtein(&last(key), &last(candidate));
    whole.max(part * LAST_PART_WEIGHT)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "[terminal]\n# Seconds, as in = signs.\n# repeat_seconds = 5\nserial = \"MS\"\n[qyzn]\nmac = \"\"\n";

    #[test]
    fn keys_that_are_commented_out_are_known_too() {
        let keys = known(TEXT).unwrap();
        let names: Vec<&str> = keys.keys().map(String::as_str).collect();
        assert_eq!(names, ["qyzn.mac", "terminal.repeat_seconds", "terminal.serial"]);
    }

    #[test]
    fn the_nearest_key_is_found_by_spelling_and_across_tables() {
        let keys = known(TEXT).unwrap();
        assert_eq!(nearest("terminal.seral", keys.keys()), "terminal.serial");
        assert_eq!(nearest("terminal.mac", keys.keys()), "qyzn.mac");
    }
}
