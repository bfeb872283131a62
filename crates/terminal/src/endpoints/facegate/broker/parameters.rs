//! What is published, and where, as it was set (3.31).

use crate::endpoints::publisher::Account;
use dialects::facegate::{DeviceId, SettingsValues, Subscription, Topic};

/// What holds while the broker is switched on and told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::endpoints::facegate) struct Parameters {
    /// Where to, and as whom.
    pub(super) account: Account,
    /// The topic of every message.
    pub(super) topic: String,
    /// What, as if it were subscribed.
    pub(super) subscription: Subscription,
    /// Records are resumed from here on; `None`: what happens without a connection is not published.
    pub(super) resumed_from: Option<String>,
}

impl Parameters {
    /// `None` where the broker is off, or its address or the topic is missing.
    pub(super) fn of(values: &SettingsValues, id: &DeviceId) -> Option<Self> {
        if values.number("MQEnable") != Some(1) {
            return None;
        }
        let filled = |key: &str| filled(values, key);
        let account = Account {
            host: filled("MQAddr")?,
            port: u16::try_from(values.number("MQPort")?).ok()?,
            client_id: filled("MQCloudID").unwrap_or_else(|| id.to_string()),
            user: values.text("MQUser").unwrap_or_default(),
            password: values.text("MQPwd").unwrap_or_default(),
        };
        Some(Self {
            account,
            topic: filled("MQTopic")?,
            subscription: Subscription {
                topics: topics(values),
                ..Subscription::default()
            },
            resumed_from: resumes(values).then(|| filled("BeginTime").unwrap_or_default()),
        })
    }

    /// Whether codes are published.
    pub(in crate::endpoints::facegate) fn has_codes(&self) -> bool {
        self.subscription.topics.contains(&Topic::QrCode)
    }
}

/// Strangers are uploaded with 0; records with 1, and without the picture with 2.
fn topics(values: &SettingsValues) -> Vec<Topic> {
    let strangers = (values.number("StrangerUploadType") == Some(0)).then_some(Topic::Snap);
    let records = match values.number("RecordUploadType") {
        Some(1) => Some(Topic::VerifyWithSnap),
        Some(2) => Some(Topic::VerifyNoPic),
        _ => None,
    };
    let codes = (values.number("QRCode") == Some(1)).then_some(Topic::QrCode);
    strangers.into_iter().chain(records).chain(codes).collect()
}

/// Whether records that were not published in time are published later.
pub(super) fn resumes(values: &SettingsValues) -> bool {
    values.number("ResumefromBreakpoint") == Some(1)
}

/// A text that says something.
pub(super) fn filled(values: &SettingsValues, key: &str) -> Option<String> {
    let text = values.text(key)?;
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use dialects::facegate::SettingsGroup;
    use serde_json::{Value, json};

    fn of(changes: &Value) -> Option<Parameters> {
        let mut values = json!({
            "MQEnable": 1, "MQAddr": "172.168.2.89", "MQPort": 61613, "MQTopic": "face/1306612", "MQUser": "admin",
            "MQPwd": " password ", "StrangerUploadType": 0, "RecordUploadType": 1, "QRCode": 0,
        });
        for (key, value) in changes.as_object().unwrap() {
            values[key] = value.clone();
        }
        let values = SettingsValues {
            group: SettingsGroup::Broker,
            values: values.as_object().unwrap().clone(),
        };
        Parameters::of(&values, &DeviceId::from(1_306_612))
    }

    #[test]
    fn a_broker_that_is_off_or_unknown_gets_nothing() {
        for (key, value) in [
            ("MQEnable", json!(0)),
            ("MQAddr", json!(" ")),
            ("MQTopic", json!("")),
            ("MQPort", json!(0x1_0000)),
        ] {
            assert_eq!(of(&json!({ key: value })), None, "{key}");
        }
    }

    #[test]
    fn what_is_published_is_chosen_by_three_numbers() {
        let topics = |changes: Value| of(&changes).unwrap().subscription.topics;
        assert_eq!(topics(json!({})), [Topic::Snap, Topic::VerifyWithSnap]);
        assert_eq!(
            topics(json!({"StrangerUploadType": 1, "RecordUploadType": 2, "QRCode": 1})),
            [Topic::VerifyNoPic, Topic::QrCode]
        );
        assert_eq!(topics(json!({"RecordUploadType": 0})), [Topic::Snap]);
    }

    #[test]
    fn the_client_is_the_device_unless_it_is_told_who_it_is() {
        let account = of(&json!({})).unwrap().account;
        assert_eq!(account.client_id, "1306612");
        assert_eq!(
            (account.user.as_str(), account.password.as_str()),
            ("admin", " password ")
        );
        assert_eq!(
            of(&json!({"MQCloudID": "gate-7"})).unwrap().account.client_id,
            "gate-7"
        );
        assert!(!format!("{account:?}").contains("password"));
    }
}
