use super::*;

fn default_text() -> TerminalConfig {
    toml::from_str(DEFAULT_TOML).unwrap()
}

#[test]
fn the_commented_file_states_the_built_in_defaults() {
    let from_text = default_text();
    let built_in = TerminalConfig {
        qyzn: Some(QyznConfig::default()),
        mqtt: Some(MqttConfig::default()),
        facegate: Some(FacegateConfig::default()),
        lan: Some(LanConfig::default()),
        openapi: Some(OpenapiConfig::default()),
        ..TerminalConfig::default()
    };
    assert_eq!(
        serde_json::to_value(from_text).unwrap(),
        serde_json::to_value(built_in).unwrap()
    );
    default_text().check().unwrap();
}

#[test]
fn an_unknown_key_in_any_table_is_refused() {
    let tables = DEFAULT_TOML.lines().filter(|line| line.starts_with('[')).count();
    assert!(tables >= 9);
    for index in 0..tables {
        let mut seen = 0;
        let mut text = String::new();
        for line in DEFAULT_TOML.lines() {
            text.push_str(line);
            text.push('\n');
            if line.starts_with('[') {
                if seen == index {
                    text.push_str("no_such_key = 1\n");
                }
                seen += 1;
            }
        }
        let error = toml::from_str::<TerminalConfig>(&text).unwrap_err();
        assert!(
            error.to_string().contains("no_such_key"),
            "table {index}: {error}"
        );
    }
}

#[test]
fn every_listener_can_be_off() {
    let lines = DEFAULT_TOML
        .lines()
        .map(|line| match line.split_once("listen =") {
            Some((before @ ("" | "push_"), _)) => format!("{before}listen = \"\"\n"),
            _ => format!("{line}\n"),
        });
    let text: String = lines.collect();
    assert_eq!(text.matches("listen = \"\"").count(), 5);
    toml::from_str::<TerminalConfig>(&text).unwrap().check().unwrap();
}

#[test]
fn contradictory_values_name_their_key() {
    for (text, key) in [
        ("[terminal]\nserial = \"\"", "terminal.serial"),
        ("[terminal]\ntime_zone = \"Mars/Olympus\"", "terminal.time_zone"),
        ("[door]\nkind = \"gpio\"", "door.kind"),
        ("[kiosk]\nlisten = \"nowhere\"", "kiosk.listen"),
        ("[qyzn]\nplatform = \"nowhere\"", "qyzn.platform"),
        ("[qyzn]\nmac = \"xyz\"", "qyzn.mac"),
        ("[mqtt]\nbroker = \"127.0.0.1:1883\"", "mqtt.broker"),
        ("[mqtt]\npassword = \"x\"", "mqtt.username"),
        ("[mqtt]\nca = \"ca.pem\"", "mqtt.ca"),
        ("[mqtt]\nheartbeat_seconds = 0", "mqtt"),
        ("[mqtt]\n[terminal]\nserial = \"a/b\"", "terminal.serial"),
        ("[facegate]\nlisten = \"8000\"", "facegate.listen"),
        ("[facegate]\nresend_seconds = 0", "facegate.resend_seconds"),
        ("[lan]\nlisten = \"8088\"", "lan.listen"),
        ("[lan]\nresend_seconds = 0", "lan.resend_seconds"),
        ("[openapi]\nplatform = \"nowhere\"", "openapi.platform"),
        ("[openapi]\npush_listen = \"9000\"", "openapi.push_listen"),
        ("[openapi]\npassword = \"\"", "openapi.password"),
        ("[openapi]\npoll_seconds = 0", "openapi"),
        ("[limits]\nconnections = 0", "limits"),
        ("[face]\naccept = 0.1", "face"),
    ] {
        let config: TerminalConfig = toml::from_str(text).unwrap();
        let error = config.check().unwrap_err().to_string();
        assert!(error.starts_with(key), "{error}");
    }
}
