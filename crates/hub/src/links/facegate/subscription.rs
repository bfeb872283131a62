//! What a terminal is to push, and where to (3.12): subscribed once, looked at now and then, and subscribed anew where it was
//! changed or is lost (QUIRKS A75).

use super::NAME;
use super::wire::Wire;
use crate::links::dialled::Line;
use crate::links::{CallError, Failure};
use dialects::facegate::subscription::SubscribeUrls;
use dialects::facegate::{GetSubscribe, Subscribe, Subscription, Topic};
use store::hub::devices::Dialling;

/// What everybody has; the document counts four (QUIRKS A20).
const TOPICS: [Topic; 4] = [Topic::Snap, Topic::Verify, Topic::QrCode, Topic::IdCard];
/// What door stations have besides.
const OF_STATIONS: [Topic; 2] = [Topic::Card, Topic::Password];

/// Whether there are passes among these of which the terminal tells once: a door station's have no acknowledgement (QUIRKS
/// A77).
pub(super) fn pushed_once<'a>(mut topics: impl Iterator<Item = &'a Topic>) -> bool {
    topics.any(|topic| OF_STATIONS.contains(topic))
}

/// What a terminal is to push; `None` where the hub has no listener for it.
pub(super) fn wanted(line: &Line, dialling: &Dialling) -> Option<Subscription> {
    let token = dialling.token.as_deref()?;
    let url = line.public_url("")?;
    let (address, prefix) = split(&url);
    let path = |what: &str| Some(format!("{prefix}/{NAME}/{token}/{what}"));
    let period = line.hub.config.devices.period_seconds;
    Some(Subscription {
        topics: TOPICS.into_iter().chain(OF_STATIONS).collect(),
        address: Some(address.to_owned()),
        urls: Some(SubscribeUrls {
            snap: path("snap"),
            verify: path("verify"),
            heart_beat: path("heartbeat"),
            card: path("card"),
            qr_code: path("qrcode"),
            password: path("password"),
            id_card: path("idcard"),
        }),
        beat_seconds: i64::try_from(period).ok(),
        auth: Some("none".to_owned()),
        resumes: Some(true),
        ..Subscription::default()
    })
}

/// Address and path: the document has no path in `SubscribeAddr` (QUIRKS A81).
fn split(url: &str) -> (&str, &str) {
    let host = url.find("://").map_or(0, |at| at + 3);
    let path = url.get(host..).and_then(|rest| rest.find('/'));
    let at = path.map_or(url.len(), |at| host + at);
    let (address, path) = url.split_at_checked(at).unwrap_or((url, ""));
    (address, path.trim_end_matches('/'))
}

/// What of the wanted topics is not pushed as it is wanted.
fn missing(wanted: &Subscription, held: &Subscription) -> Vec<Topic> {
    let is_as_wanted = held
        .beat_seconds
        .is_none_or(|beat| Some(beat) == wanted.beat_seconds)
        && held.resumes.is_none_or(|resumes| Some(resumes) == wanted.resumes);
    let is_held =
        |topic: &Topic| is_as_wanted && held.topics.contains(topic) && held.url(topic) == wanted.url(topic);
    let topics = wanted.topics.iter();
    topics.filter(|topic| !is_held(topic)).cloned().collect()
}

/// Subscribes what is wanted and not subscribed; gives back the topics that the terminal has for good. `accepted`: those that
/// it took before, the only ones that it is asked for again.
pub(super) async fn keep(
    wire: &Wire,
    wanted: &Subscription,
    accepted: Option<Vec<Topic>>,
) -> Result<Vec<Topic>, CallError> {
    let wanted = Subscription {
        topics: accepted.unwrap_or_else(|| wanted.topics.clone()),
        ..wanted.clone()
    };
    let held = match wire.call(&GetSubscribe {}).await {
        Ok(held) => Some(held.0),
        Err(error) if error.failure == Failure::Unsupported => None,
        Err(error) => return Err(error),
    };
    if held
        .as_ref()
        .is_some_and(|held| missing(&wanted, held).is_empty())
    {
        return Ok(wanted.topics);
    }
    subscribe(wire, &wanted).await?;
    let lacking = match held {
        Some(_) => missing(&wanted, &wire.call(&GetSubscribe {}).await?.0),
        None => Vec::new(),
    };
    if lacking.contains(&Topic::Verify) {
        let text = "the device was subscribed and says that it is not";
        return Err(CallError::ours(Failure::Internal, text));
    }
    if !lacking.is_empty() {
        tracing::info!(device = %wire.line.device.device.id, ?lacking, "the device does not push these");
    }
    let has = |topic: &Topic| !lacking.contains(topic);
    Ok(wanted.topics.into_iter().filter(has).collect())
}

/// All in one call, or, where that is too much, those of door stations after the others.
async fn subscribe(wire: &Wire, wanted: &Subscription) -> Result<(), CallError> {
    match wire.call(&Subscribe(wanted.clone())).await {
        Err(error) if matches!(error.failure, Failure::BadParameter | Failure::Internal) => {}
        other => return other.map(|_| ()),
    }
    let of = |topics: &[Topic]| Subscription {
        topics: topics
            .iter()
            .filter(|topic| wanted.topics.contains(topic))
            .cloned()
            .collect(),
        ..wanted.clone()
    };
    wire.call(&Subscribe(of(&TOPICS))).await?;
    let stations = of(&OF_STATIONS);
    if !stations.topics.is_empty()
        && let Err(error) = wire.call(&Subscribe(stations)).await
    {
        tracing::info!(device = %wire.line.device.device.id, %error, "it is no door station");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subscription(address: &str, topics: &[Topic]) -> Subscription {
        Subscription {
            topics: topics.to_vec(),
            address: Some(address.to_owned()),
            urls: Some(SubscribeUrls {
                snap: Some("/s".to_owned()),
                verify: Some("/v".to_owned()),
                ..SubscribeUrls::default()
            }),
            resumes: Some(true),
            ..Subscription::default()
        }
    }

    #[test]
    fn an_address_has_no_path() {
        assert_eq!(split("http://10.0.0.1:8080"), ("http://10.0.0.1:8080", ""));
        assert_eq!(
            split("https://hub.example/menshen/"),
            ("https://hub.example", "/menshen")
        );
    }

    #[test]
    fn what_goes_elsewhere_or_is_gone_is_missing() {
        let wanted = subscription("http://a", &[Topic::Snap, Topic::Verify]);
        assert!(missing(&wanted, &wanted).is_empty());
        assert_eq!(
            missing(&wanted, &subscription("http://a", &[Topic::Verify])),
            [Topic::Snap]
        );
        assert_eq!(
            missing(&wanted, &subscription("http://b", &wanted.topics)).len(),
            2
        );
        assert_eq!(missing(&wanted, &Subscription::default()).len(), 2);
        let forgetful = Subscription {
            resumes: Some(false),
            ..wanted.clone()
        };
        assert_eq!(missing(&wanted, &forgetful).len(), 2);
    }
}
