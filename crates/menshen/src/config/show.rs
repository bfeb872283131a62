//! Printing configurations; secrets stay hidden.

use super::layers::Effective;
use super::sides::Side;
use crate::output;
use anyhow::Result;
use serde_json::json;
use toml::Value;

/// What stands in a secret's place.
const HIDDEN: &str = "(hidden)";
/// A key whose last part is one of these holds a secret.
const SECRETS: [&str; 4] = ["password", "key", "secret", "token"];

/// Prints a side's commented default file.
pub(crate) fn print_default(side: &Side) -> Result<()> {
    output::line(side.default_text.trim_end())
}

/// Prints every key with its value and origin.
pub(crate) fn print_effective(effective: &Effective, as_json: bool) -> Result<()> {
    let mut table = "";
    for (key, value, origin) in effective.entries() {
        let shown = shown(key, value);
        if as_json {
            let value = serde_json::to_value(&shown).unwrap_or_default();
            output::line(format_args!(
                "{}",
                json!({ "key": key, "value": value, "origin": origin })
            ))?;
            continue;
        }
        let (of, name) = key.rsplit_once('.').unwrap_or(("", key));
        if of != table {
            output::line(format_args!("{}[{of}]", if table.is_empty() { "" } else { "\n" }))?;
            table = of;
        }
        output::line(format_args!("{:<48} # {origin}", format!("{name} = {shown}")))?;
    }
    Ok(())
}

/// A value as it may be shown: secrets hidden, and so are passwords in addresses.
fn shown(key: &str, value: &Value) -> Value {
    let name = key.rsplit('.').next().unwrap_or_default();
    let Value::String(text) = value else {
        return value.clone();
    };
    if SECRETS.contains(&name) && !text.is_empty() {
        return Value::String(HIDDEN.to_owned());
    }
    Value::String(without_password(text))
}

fn without_password(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else {
        return text.to_owned();
    };
    let end = rest.find('/').unwrap_or(rest.len());
    let at = rest.get(..end).and_then(|authority| authority.rfind('@'));
    match at.and_then(|at| rest.get(at..)) {
        Some(host) => format!("{scheme}://{HIDDEN}{host}"),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_hidden_and_nothing_else() {
        let text = |text: &str| Value::String(text.to_owned());
        assert_eq!(shown("admin.password", &text("x")), text(HIDDEN));
        assert_eq!(shown("admin.password", &text("")), text(""));
        assert_eq!(
            shown("mqtt.broker", &text("mqtts://u:p@h:1/x")),
            text("mqtts://(hidden)@h:1/x")
        );
        assert_eq!(
            shown("secrets.key_file", &text("menshen.key")),
            text("menshen.key")
        );
    }
}
