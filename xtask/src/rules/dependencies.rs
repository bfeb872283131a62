//! Who may know whom, read from what cargo itself says of the workspace.

use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::path::Path;

/// A crate of the house and the crates of the house that it may depend on, for tests and builds too.
const ALLOWED: [(&str, &[&str]); 8] = [
    (
        "menshen",
        &["hub", "terminal", "store", "face", "dialects", "model"],
    ),
    ("hub", &["store", "face", "dialects", "model"]),
    ("terminal", &["store", "face", "dialects", "model"]),
    ("store", &["model"]),
    ("face", &["model"]),
    ("dialects", &["model"]),
    ("model", &[]),
    ("xtask", &[]),
];

/// Crates that would put a second TLS stack or a second crypto provider into the binary.
const UNWANTED: [&str; 5] = ["openssl", "native-tls", "aws-lc-rs", "aws-lc-sys", "boring"];

/// What `cargo metadata` says of the workspace at `root`, dependencies resolved.
pub(crate) fn metadata(root: &Path) -> Result<Value> {
    let arguments = ["metadata", "--format-version", "1", "--locked", "--all-features"];
    let output = crate::process::cargo(&arguments)
        .current_dir(root)
        .output()
        .context("cargo metadata")?;
    if !output.status.success() {
        bail!("cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    }
    serde_json::from_slice(&output.stdout).context("the answer of cargo metadata")
}

/// Every dependency that is not allowed.
pub(crate) fn breaches(metadata: &Value) -> Result<Vec<String>> {
    let packages = metadata
        .get("packages")
        .and_then(Value::as_array)
        .context("packages")?;
    let ours: Vec<&Value> = packages
        .iter()
        .filter(|package| package["source"].is_null())
        .collect();
    let names: Vec<&str> = ours
        .iter()
        .filter_map(|package| package["name"].as_str())
        .collect();
    let mut breaches = Vec::new();
    for package in &ours {
        breaches.extend(breaches_of(package, &names)?);
    }
    for package in packages {
        if let Some(name) = package["name"].as_str().filter(|name| UNWANTED.contains(name)) {
            breaches.push(format!(
                "{name} is in the dependency tree: TLS is rustls with ring alone"
            ));
        }
    }
    Ok(breaches)
}

/// Every dependency of the workspace's table that docs/dependencies.md gives no reason for.
pub(crate) fn unexplained(root: &Path) -> Result<Vec<String>> {
    let manifest: toml::Table = std::fs::read_to_string(root.join("Cargo.toml"))?.parse()?;
    let reasons =
        std::fs::read_to_string(root.join("docs/dependencies.md")).context("docs/dependencies.md")?;
    let table = manifest
        .get("workspace")
        .and_then(|workspace| workspace.get("dependencies"));
    let table = table
        .and_then(toml::Value::as_table)
        .context("[workspace.dependencies]")?;
    let foreign = table
        .iter()
        .filter(|(_, entry)| entry.get("path").is_none())
        .map(|(name, _)| name);
    let without = foreign.filter(|name| !reasons.contains(&format!("\n| `{name}` |")));
    Ok(without
        .map(|name| format!("docs/dependencies.md gives no reason for {name}"))
        .collect())
}

fn breaches_of(package: &Value, names: &[&str]) -> Result<Vec<String>> {
    let name = package["name"].as_str().context("a package's name")?;
    let Some((_, allowed)) = ALLOWED.iter().find(|(known, _)| *known == name) else {
        return Ok(vec![format!(
            "crate {name} is not in the list of rooms of xtask/src/rules/dependencies.rs"
        )]);
    };
    let dependencies = package["dependencies"]
        .as_array()
        .context("a package's dependencies")?;
    let known = dependencies
        .iter()
        .filter_map(|dependency| dependency["name"].as_str());
    let forbidden = known.filter(|to| names.contains(to) && !allowed.contains(to));
    Ok(forbidden
        .map(|to| format!("{name} depends on {to}, which it may not know"))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn package(name: &str, dependencies: &[&str]) -> Value {
        let dependencies: Vec<Value> = dependencies.iter().map(|name| json!({ "name": name })).collect();
        json!({ "name": name, "source": null, "dependencies": dependencies })
    }

    #[test]
    fn hub_and_terminal_may_not_know_each_other() {
        let metadata = json!({ "packages": [package("hub", &["terminal", "model"]), package("terminal", &[]), package("model", &[])] });
        assert_eq!(
            breaches(&metadata).unwrap(),
            ["hub depends on terminal, which it may not know"]
        );
    }

    #[test]
    fn a_crate_without_a_room_is_told() {
        let metadata = json!({ "packages": [package("attic", &[])] });
        assert_eq!(breaches(&metadata).unwrap().len(), 1);
    }

    #[test]
    fn a_second_crypto_provider_is_told() {
        let foreign = json!({ "name": "aws-lc-rs", "source": "registry", "dependencies": [] });
        assert_eq!(breaches(&json!({ "packages": [foreign] })).unwrap().len(), 1);
    }
}
