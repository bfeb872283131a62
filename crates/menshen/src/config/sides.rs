//! The two sides that have a configuration.

use super::ConfigError;
use super::keys::{self, Keys};
use std::path::Path;
use toml::Table;

/// One side's default file and what is special about its keys.
#[derive(Debug)]
pub(crate) struct Side {
    /// Its name on the command line.
    pub(crate) name: &'static str,
    /// The key that `--data` sets.
    pub(crate) data_key: &'static str,
    /// The commented default file.
    pub(crate) default_text: &'static str,
    /// Tables that are off unless the file, the environment or a switch names them.
    pub(crate) optional_tables: &'static [&'static str],
    /// The other side's default file.
    pub(crate) other_text: &'static str,
}

/// The platform.
pub(crate) const HUB: Side = Side {
    name: "hub",
    data_key: "hub.data",
    default_text: hub::config::DEFAULT_TOML,
    optional_tables: &[],
    other_text: terminal::config::DEFAULT_TOML,
};

/// The device. A dialect whose table is missing is off.
pub(crate) const TERMINAL: Side = Side {
    name: "terminal",
    data_key: "terminal.data",
    default_text: terminal::config::DEFAULT_TOML,
    optional_tables: terminal::config::OPTIONAL_TABLES,
    other_text: hub::config::DEFAULT_TOML,
};

impl Side {
    /// The default file as a table.
    pub(crate) fn defaults(&self) -> Result<Table, ConfigError> {
        self.default_text
            .parse()
            .map_err(|error| built_in(self.name, &error))
    }

    /// Every known key.
    pub(crate) fn keys(&self) -> Result<Keys, ConfigError> {
        keys::known(self.default_text).map_err(|error| built_in(self.name, &error))
    }

    /// Whether the other side knows a key.
    pub(crate) fn is_known_elsewhere(&self, key: &str) -> bool {
        keys::known(self.other_text).is_ok_and(|keys| keys.contains_key(key))
    }
}

fn built_in(name: &str, error: &toml::de::Error) -> ConfigError {
    ConfigError::Meaning(format!("the built-in defaults of {name}: {error}"))
}

/// Tables that only a terminal has.
const TERMINALS_OWN: [&str; 4] = ["terminal", "kiosk", "door", "records"];

/// Which side a file is for: the terminal's if it has a table that only a terminal has, else the hub's.
pub(crate) fn guess(file: Option<&Path>) -> &'static Side {
    let table = file.and_then(|path| std::fs::read_to_string(path).ok()?.parse::<Table>().ok());
    if table.is_some_and(|table| TERMINALS_OWN.iter().any(|own| table.contains_key(*own))) {
        &TERMINAL
    } else {
        &HUB
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Effective, Sources};

    fn refuses(side: &Side, file: &str) -> bool {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        std::fs::write(&path, file).unwrap();
        let sources = Sources {
            file: Some(path),
            ..Sources::default()
        };
        matches!(Effective::load(side, &sources), Err(ConfigError::Unknown { .. }))
    }

    #[test]
    fn an_unknown_key_in_any_table_of_the_default_files_is_refused() {
        for side in [&HUB, &TERMINAL] {
            let lines: Vec<&str> = side.default_text.lines().collect();
            let headers = lines.iter().enumerate().filter(|(_, line)| line.starts_with('['));
            assert!(headers.clone().count() > 5);
            for (at, header) in headers {
                let mut text = lines.clone();
                text.insert(at + 1, "surely_unknown = 1");
                assert!(
                    refuses(side, &text.join("\n")),
                    "{} takes an unknown key in {header}",
                    side.name
                );
            }
            assert!(
                !refuses(side, side.default_text),
                "{} refuses its own default file",
                side.name
            );
        }
    }

    #[test]
    fn the_default_files_make_valid_configurations_and_so_does_each_key_that_is_commented_out() {
        let hub = Effective::load(&HUB, &Sources::default()).unwrap();
        hub.read::<hub::config::HubConfig>().unwrap();
        let terminal = Effective::load(&TERMINAL, &Sources::default()).unwrap();
        terminal.read::<terminal::config::TerminalConfig>().unwrap();

        for side in [&HUB, &TERMINAL] {
            let examples = side.keys().unwrap().into_iter();
            let sets = examples.map(|(key, value)| match value {
                toml::Value::String(text) => format!("{key}={text}"),
                other => format!("{key}={other}"),
            });
            let sources = Sources {
                sets: sets.collect(),
                ..Sources::default()
            };
            let effective = Effective::load(side, &sources).unwrap();
            match side.name {
                "hub" => drop(effective.read::<hub::config::HubConfig>().unwrap()),
                _ => drop(effective.read::<terminal::config::TerminalConfig>().unwrap()),
            }
        }
    }

    #[test]
    fn a_file_says_whose_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        let guessed = |text: &str| {
            std::fs::write(&path, text).unwrap();
            guess(Some(&path)).name
        };
        for own in TERMINALS_OWN {
            assert!(TERMINAL.defaults().unwrap().contains_key(own), "{own}");
            assert!(!HUB.defaults().unwrap().contains_key(own), "{own}");
            assert_eq!(guessed(&format!("[{own}]\n")), TERMINAL.name);
        }
        assert_eq!(guessed("[qyzn]\n"), HUB.name);
    }

    #[test]
    fn both_default_files_have_the_engines_own_defaults() {
        let engines = face::FaceConfig::default();
        let hub: hub::config::HubConfig = Effective::load(&HUB, &Sources::default())
            .unwrap()
            .read()
            .unwrap();
        let terminal: terminal::config::TerminalConfig = Effective::load(&TERMINAL, &Sources::default())
            .unwrap()
            .read()
            .unwrap();
        assert_eq!((&hub.face, &terminal.face), (&engines, &engines));
    }
}
