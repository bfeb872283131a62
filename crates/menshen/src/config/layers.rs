//! Laying the layers over each other.

use super::ConfigError;
use super::keys::{self, Keys};
use super::sides::Side;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// What a variable of the environment that sets a key begins with.
const ENVIRONMENT_PREFIX: &str = "MENSHEN_";
/// What separates table and key in a variable's name.
const ENVIRONMENT_SEPARATOR: &str = "__";

/// Everything beside the compiled-in defaults.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    /// `--config`.
    pub(crate) file: Option<PathBuf>,
    /// Variables of the process.
    pub(crate) environment: Vec<(String, String)>,
    /// `--set`, each `key=value`.
    pub(crate) sets: Vec<String>,
    /// `--data`.
    pub(crate) data: Option<PathBuf>,
}

impl Sources {
    /// With the variables of this process.
    pub(crate) fn new(file: Option<PathBuf>, sets: Vec<String>, data: Option<PathBuf>) -> Self {
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Self {
            file,
            environment: environment.collect(),
            sets,
            data,
        }
    }
}

/// The result: a value for each key, and where it came from.
#[derive(Debug)]
pub(crate) struct Effective {
    known: Keys,
    values: BTreeMap<String, (Value, String)>,
    /// Tables that are off unless named, and that nobody named.
    off: BTreeSet<String>,
}

impl Effective {
    /// Lays `sources` over the defaults of `side`.
    pub(crate) fn load(side: &Side, sources: &Sources) -> Result<Self, ConfigError> {
        let known = side.keys()?;
        let defaults = side.defaults()?;
        let values = keys::leaves(&defaults)
            .into_iter()
            .map(|(key, value)| (key, (value, "default".to_owned())));
        let mut effective = Self {
            values: values.collect(),
            known,
            off: BTreeSet::new(),
        };
        let named = sources
            .file
            .as_deref()
            .map(|path| effective.lay_file(path))
            .transpose()?;
        effective.lay_environment(side, &sources.environment)?;
        for set in &sources.sets {
            let (key, value) = set
                .split_once('=')
                .ok_or_else(|| ConfigError::NoValue(set.clone()))?;
            effective.lay_text(key.trim(), value, "--set")?;
        }
        if let Some(data) = &sources.data {
            effective.lay(side.data_key, Value::String(data.display().to_string()), "--data")?;
        }
        effective.switch_off(side, &named.unwrap_or_default());
        Ok(effective)
    }

    /// The configuration as a type.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, ConfigError> {
        let meaning =
            |error: toml::de::Error| ConfigError::Meaning(error.to_string().trim().replace('\n', ", "));
        Value::Table(self.table()).try_into().map_err(meaning)
    }

    /// Every key that is in force with its value and where that came from.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&str, &Value, &str)> {
        let on = self.values.iter().filter(|(key, _)| !self.is_off(key));
        on.map(|(key, (value, origin))| (key.as_str(), value, origin.as_str()))
    }

    fn is_off(&self, key: &str) -> bool {
        key.split('.')
            .next()
            .is_some_and(|table| self.off.contains(table))
    }

    fn table(&self) -> Table {
        let mut root = Table::new();
        for (key, value, _) in self.entries() {
            insert(&mut root, key, value.clone());
        }
        root
    }

    /// Lays a file and gives the names of its tables.
    fn lay_file(&mut self, path: &Path) -> Result<BTreeSet<String>, ConfigError> {
        let unreadable = |source| ConfigError::Unreadable {
            path: path.to_owned(),
            source,
        };
        let text = std::fs::read_to_string(path).map_err(unreadable)?;
        let not_toml = |error: toml::de::Error| ConfigError::NotToml {
            path: path.to_owned(),
            detail: error.to_string().trim().replace('\n', " "),
        };
        let table: Table = text.parse().map_err(not_toml)?;
        let origin = path.display().to_string();
        for name in keys::empty_tables(&table) {
            let inside = format!("{name}.");
            if !self.known.keys().any(|key| key.starts_with(&inside)) {
                return Err(self.unknown(&name, &origin));
            }
        }
        for (key, value) in keys::leaves(&table) {
            self.lay(&key, value, &origin)?;
        }
        Ok(table.into_iter().map(|(name, _)| name).collect())
    }

    /// Lays the variables that name a key. One that names a key of another side is left to that side, so that both
    /// may run in one environment.
    fn lay_environment(&mut self, side: &Side, environment: &[(String, String)]) -> Result<(), ConfigError> {
        for (name, value) in environment {
            let Some(rest) = name
                .strip_prefix(ENVIRONMENT_PREFIX)
                .filter(|rest| rest.contains(ENVIRONMENT_SEPARATOR))
            else {
                continue;
            };
            let key = rest.to_ascii_lowercase().replace(ENVIRONMENT_SEPARATOR, ".");
            if self.known.contains_key(&key) || !side.is_known_elsewhere(&key) {
                self.lay_text(&key, value, name)?;
            }
        }
        Ok(())
    }

    /// Lays a bare value, read as the type that its key has.
    fn lay_text(&mut self, key: &str, text: &str, origin: &str) -> Result<(), ConfigError> {
        let Some(example) = self.known.get(key) else {
            return Err(self.unknown(key, origin));
        };
        let value = match example {
            Value::String(_) => Value::String(text.to_owned()),
            _ => bare(text.trim()),
        };
        self.lay(key, value, origin)
    }

    fn lay(&mut self, key: &str, value: Value, origin: &str) -> Result<(), ConfigError> {
        let Some(example) = self.known.get(key) else {
            return Err(self.unknown(key, origin));
        };
        let value = conform(value, example).map_err(|found| ConfigError::Type {
            key: key.to_owned(),
            origin: origin.to_owned(),
            wanted: wanted(example),
            found,
        })?;
        self.values.insert(key.to_owned(), (value, origin.to_owned()));
        Ok(())
    }

    /// A table that is off unless named stays off when neither the file nor a later layer names it.
    fn switch_off(&mut self, side: &Side, named: &BTreeSet<String>) {
        for table in side.optional_tables {
            let inside = format!("{table}.");
            let later = self
                .values
                .iter()
                .any(|(key, (_, origin))| key.starts_with(&inside) && origin != "default");
            if !named.contains(*table) && !later {
                self.off.insert((*table).to_owned());
            }
        }
    }

    fn unknown(&self, key: &str, origin: &str) -> ConfigError {
        ConfigError::Unknown {
            key: key.to_owned(),
            origin: origin.to_owned(),
            nearest: keys::nearest(key, self.known.keys()),
        }
    }
}

fn insert(table: &mut Table, key: &str, value: Value) {
    match key.split_once('.') {
        None => {
            table.insert(key.to_owned(), value);
        }
        Some((name, rest)) => {
            let inner = table.entry(name).or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(inner) = inner {
                insert(inner, rest, value);
            }
        }
    }
}

/// A bare value as TOML; what is not TOML is text.
fn bare(text: &str) -> Value {
    let parsed = format!("value = {text}").parse::<Table>().ok();
    parsed
        .and_then(|mut table| table.remove("value"))
        .unwrap_or_else(|| Value::String(text.to_owned()))
}

/// `value` as the type of `example`; an integer serves where a fraction is wanted.
fn conform(value: Value, example: &Value) -> Result<Value, String> {
    match (value, example) {
        #[allow(clippy::cast_precision_loss, reason = "settings are far below 2^52")]
        (Value::Integer(number), Value::Float(_)) => Ok(Value::Float(number as f64)),
        (value, example) if value.type_str() == example.type_str() => Ok(value),
        (Value::String(text), _) => Err(format!("\"{text}\"")),
        (value, _) => Err(value.to_string()),
    }
}

fn wanted(example: &Value) -> &'static str {
    match example {
        Value::String(_) => "a text",
        Value::Integer(_) => "a whole number",
        Value::Float(_) => "a number",
        Value::Boolean(_) => "true or false",
        Value::Array(_) => "a list",
        Value::Datetime(_) => "a date",
        Value::Table(_) => "a table",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIDE: Side = Side {
        name: "hub",
        data_key: "hub.data",
        default_text: "[hub]\ndata = \"./d\"\n[face]\naccept = 0.4\nthreads = 0\n# extra = true\n[qyzn]\nlisten = \"\"\n",
        optional_tables: &["qyzn"],
        other_text: "[door]\nopen_ms = 3000\n",
    };

    fn sources(file: &str, environment: &[(&str, &str)], sets: &[&str]) -> (tempfile::TempDir, Sources) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hub.toml");
        std::fs::write(&path, file).unwrap();
        let environment = environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let sources = Sources {
            file: Some(path),
            environment: environment.collect(),
            sets: sets.iter().map(|set| (*set).to_owned()).collect(),
            data: None,
        };
        (folder, sources)
    }

    fn load(file: &str, environment: &[(&str, &str)], sets: &[&str]) -> Result<Effective, String> {
        let (_folder, sources) = sources(file, environment, sets);
        Effective::load(&SIDE, &sources).map_err(|error| error.to_string())
    }

    fn value(effective: &Effective, key: &str) -> String {
        effective
            .values
            .get(key)
            .map(|(value, _)| value.to_string())
            .unwrap_or_default()
    }

    #[test]
    fn each_layer_beats_the_one_before() {
        let file = "[face]\naccept = 1\nthreads = 1\nextra = false\n";
        let environment = [("MENSHEN_FACE__THREADS", "2"), ("MENSHEN_FACE__EXTRA", "true")];
        let effective = load(file, &environment, &["face.threads=3", "hub.data=a=b"]).unwrap();
        assert_eq!(value(&effective, "face.accept"), "1.0");
        assert_eq!(value(&effective, "face.threads"), "3");
        assert_eq!(value(&effective, "face.extra"), "true");
        assert_eq!(value(&effective, "hub.data"), "\"a=b\"");
    }

    #[test]
    fn an_unknown_key_is_refused_in_every_layer_with_its_nearest() {
        let nearest = "the nearest known key is `face.threads`";
        assert!(
            load("[face]\nthread = 1\n", &[], &[])
                .unwrap_err()
                .contains(nearest)
        );
        assert!(
            load("", &[("MENSHEN_FACE__THREAD", "1")], &[])
                .unwrap_err()
                .contains(nearest)
        );
        assert!(load("", &[], &["face.thread=1"]).unwrap_err().contains(nearest));
        assert!(load("[fase]\n", &[], &[]).is_err());
    }

    #[test]
    fn a_variable_of_the_other_side_is_left_to_it() {
        assert!(
            load(
                "",
                &[("MENSHEN_DOOR__OPEN_MS", "1"), ("MENSHEN_LOG", "debug")],
                &[]
            )
            .is_ok()
        );
    }

    #[test]
    fn a_wrong_type_says_what_is_wanted() {
        let error = load("", &[], &["face.threads=many"]).unwrap_err();
        assert!(
            error.contains("`face.threads` (--set) wants a whole number, not \"many\""),
            "{error}"
        );
    }

    #[test]
    fn an_optional_table_is_on_when_named_by_any_layer() {
        let is_on = |effective: &Effective| effective.entries().any(|(key, _, _)| key == "qyzn.listen");
        assert!(!is_on(&load("", &[], &[]).unwrap()));
        assert!(is_on(&load("[qyzn]\n", &[], &[]).unwrap()));
        assert!(is_on(&load("", &[], &["qyzn.listen=x"]).unwrap()));
    }
}
