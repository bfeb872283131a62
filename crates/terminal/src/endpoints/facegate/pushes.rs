//! What is pushed to the platform: records (3.12.3, 3.12.4, 3.12.6 to 3.12.8), again until they are acknowledged where
//! that was subscribed, and heartbeats (3.14).

use super::report::Facts;
use super::{DIALECT, Endpoint};
use crate::config::FacegateConfig;
use crate::decider::Verdict;
use crate::endpoints::at;
use crate::endpoints::http::Post;
use crate::endpoints::http::client::CallError;
use crate::endpoints::http::pushing::{self, Delivered, Delivery, Platform};
use dialects::facegate::convert::{ReportKind, record_to_platform};
use dialects::facegate::push::{HeartBeat, IdCardInfoPush};
use dialects::facegate::subscription::DEFAULT_BEAT_SECONDS;
use dialects::facegate::time::{day, write_day, write_wall_time};
use dialects::facegate::{Acknowledgement, OpenDoorWay, Push, Subscription, Topic};
use model::IdentityDocument;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use store::StoreError;
use store::terminal::Entry;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// What pushes are (3.14).
const PUSH_TYPE: &str = "application/json; charset=UTF-8";

/// Whoever subscribed.
struct Subscriber {
    endpoint: Arc<Endpoint>,
    /// The place of the last record whose document was pushed.
    documents: AtomicU64,
}

/// Pushes records until `end`, one at a time and in order; anew from the oldest that waits where some wait again.
pub(super) async fn records(endpoint: Arc<Endpoint>, config: &FacegateConfig, end: CancellationToken) {
    let mut reopened = endpoint.reopened.subscribe();
    while !end.is_cancelled() {
        let run = end.child_token();
        let mut pushing = std::pin::pin!(records_in_order(Arc::clone(&endpoint), config, run.clone()));
        tokio::select! {
            () = pushing.as_mut() => continue,
            _ = reopened.changed() => run.cancel(),
        }
        // What was acknowledged until now is written down.
        pushing.await;
        let since = *reopened.borrow_and_update();
        let journal = &endpoint.device.journal;
        if let Some(since) = since
            && let Err(error) = journal.reopen(DIALECT, since).await
        {
            tracing::error!(%error, "records are not pushed again");
        }
    }
}

async fn records_in_order(endpoint: Arc<Endpoint>, config: &FacegateConfig, end: CancellationToken) {
    let delivery = Delivery {
        dialect: DIALECT,
        window: 1,
        resend: Duration::from_secs(config.resend_seconds),
        changed: endpoint.stirred.subscribe(),
    };
    let device = Arc::clone(&endpoint.device);
    let subscriber = Subscriber {
        endpoint,
        documents: AtomicU64::new(0),
    };
    pushing::run(device, subscriber, delivery, end).await;
}

/// What is told of a record.
pub(super) struct Message {
    /// As what.
    kind: ReportKind,
    /// Under which topic.
    topic: Topic,
    /// The message.
    pub(super) push: Push,
}

/// The topic under which a record is pushed, and as what.
pub(super) fn topic(subscription: &Subscription, kind: ReportKind) -> Option<(ReportKind, Topic)> {
    let has = |topic: Topic| subscription.topics.contains(&topic).then_some(topic);
    let own = match kind {
        ReportKind::Snap => return Some((kind, has(Topic::Snap)?)),
        ReportKind::Card => has(Topic::Card),
        ReportKind::Password => has(Topic::Password),
        ReportKind::Verify => None,
    };
    let verify = || {
        subscription
            .topics
            .iter()
            .find(|topic| topic.is_verify())
            .cloned()
    };
    let own = own.map(|topic| (kind, topic));
    own.or_else(|| verify().map(|topic| (ReportKind::Verify, topic)))
}

#[async_trait::async_trait]
impl Platform for Subscriber {
    fn is_wanted(&self) -> bool {
        !self.endpoint.memory.get().subscription.topics.is_empty()
    }

    async fn deliver(&self, entry: Entry) -> Delivered {
        let facts = match Facts::read(entry) {
            Ok(facts) => facts,
            Err(error) => return Delivered::Unread(error),
        };
        self.push_document(&facts).await;
        let subscription = &self.endpoint.memory.get().subscription;
        let Message { kind, topic, push } = match self.endpoint.message(facts, subscription).await {
            Ok(Some(message)) => message,
            Ok(None) => return Delivered::Unsaid,
            Err(error) => return Delivered::Unread(error),
        };
        // Cards and passwords have no acknowledgement (QUIRKS A77).
        let resumes =
            subscription.resumes == Some(true) && matches!(kind, ReportKind::Snap | ReportKind::Verify);
        let answered = self.endpoint.push(subscription, &topic, &push).await;
        outcome(answered, &push, resumes)
    }
}

/// What an answer means; without resuming, a push goes out once, and whatever is answered will do.
fn outcome(answered: Result<Acknowledgement, CallError>, push: &Push, resumes: bool) -> Delivered {
    match answered {
        Ok(answer) if answer.is_confirmed() || !resumes => Delivered::Acknowledged(verdict(&answer, push)),
        Ok(_) => Delivered::Failed("the answer is not code 200".to_owned()),
        Err(error) if resumes => Delivered::Failed(error.to_string()),
        Err(error) => {
            tracing::info!(%error, "a push was not taken, and does not come again");
            Delivered::Unsaid
        }
    }
}

/// What the platform says of the door; of a push whose answer opens nothing, that it stays shut (3.2.3, QUIRKS A24).
fn verdict(answer: &Acknowledgement, push: &Push) -> Option<Verdict> {
    let may_open = matches!(push, Push::Verify(push) if push.may_open());
    let open = match answer.open_door {
        Some(open) => open && may_open,
        None if may_open => return None,
        None => false,
    };
    let show = answer
        .show
        .clone()
        .filter(|show| may_open && !show.trim().is_empty());
    Some(Verdict {
        open,
        show,
        speak: None,
        open_ms: None,
    })
}

impl Subscriber {
    /// The document of a pass, once (3.12.6).
    async fn push_document(&self, facts: &Facts) {
        let subscription = &self.endpoint.memory.get().subscription;
        let Some(document) = facts.private.document.as_ref() else {
            return;
        };
        let is_new = self.documents.fetch_max(facts.entry.seq, Ordering::Relaxed) < facts.entry.seq;
        if is_new && subscription.topics.contains(&Topic::IdCard) {
            let push = Push::from(identity_card(document, facts));
            // There is no acknowledgement (QUIRKS A77).
            drop(self.endpoint.push(subscription, &Topic::IdCard, &push).await);
        }
    }
}

fn identity_card(document: &IdentityDocument, facts: &Facts) -> IdCardInfoPush {
    let presented = facts.private.presented.as_ref();
    let digits = |text: &Option<String>| {
        let digits = text
            .as_ref()
            .map(|text| text.chars().filter(char::is_ascii_digit).collect());
        digits.filter(|digits: &String| !digits.is_empty())
    };
    let period = digits(&document.valid_from).zip(digits(&document.valid_until));
    IdCardInfoPush {
        number: presented.map(|shown| shown.number.clone()).unwrap_or_default(),
        name: document.name.clone(),
        gender: document.gender.as_deref().and_then(printed_gender),
        nation: document
            .ethnicity
            .as_deref()
            .and_then(dialects::facegate::nation::number),
        birthday: document.birthday.as_deref().and_then(day).map(write_day),
        address: document.address.clone(),
        authority: document.authority.clone(),
        period: period.map(|(first, last)| format!("{first}-{last}")),
        photo: None,
    }
}

/// Gender as cards print it (QUIRKS A47).
fn printed_gender(printed: &str) -> Option<i64> {
    match printed.trim().chars().next()? {
        '男' | 'm' | 'M' => Some(0),
        '女' | 'f' | 'F' => Some(1),
        _ => None,
    }
}

/// Pushes heartbeats until `end`: at once where the subscription is new, then once in an interval.
pub(super) async fn heartbeats(endpoint: Arc<Endpoint>, end: CancellationToken) {
    let mut changed = endpoint.memory.changes();
    let subscription = || endpoint.memory.get().subscription.clone();
    let mut told = subscription();
    let mut next = Instant::now();
    loop {
        let beats = !told.topics.is_empty() && told.heart_beat_url().is_some();
        tokio::select! {
            () = end.cancelled() => return,
            changed = changed.changed() => {
                if changed.is_err() {
                    return;
                }
                if subscription() != told {
                    told = subscription();
                    next = Instant::now();
                }
            }
            () = at(beats.then_some(next)) => {
                next = Instant::now() + interval(&told);
                tokio::select! {
                    () = end.cancelled() => return,
                    () = endpoint.beat(&told) => {}
                }
            }
        }
    }
}

/// The time between two heartbeats.
pub(super) fn interval(subscription: &Subscription) -> Duration {
    let seconds = subscription.beat_seconds.unwrap_or(DEFAULT_BEAT_SECONDS);
    Duration::from_secs(u64::try_from(seconds).unwrap_or(1).max(1))
}

impl Endpoint {
    async fn beat(&self, subscription: &Subscription) {
        let Some(url) = subscription.heart_beat_url() else {
            return;
        };
        if let Err(error) = self.post(subscription, &url, &self.heart_beat()).await {
            tracing::info!(%error, "a heartbeat was not taken");
        }
    }

    /// `HeartBeat` (3.14).
    pub(super) fn heart_beat(&self) -> Push {
        let local = self.device.zone().to_datetime(self.device.clock.now());
        Push::from(HeartBeat {
            time: write_wall_time(local),
        })
    }

    /// What is told of a record to whoever subscribed like this; `None`: nothing.
    pub(super) async fn message(
        &self,
        facts: Facts,
        subscription: &Subscription,
    ) -> Result<Option<Message>, StoreError> {
        let kind = facts.kind();
        // With mode 1 only strangers are told (3.2.3).
        let is_told = kind == ReportKind::Snap || self.memory.get().way() != OpenDoorWay::Remote;
        let Some((kind, topic)) = topic(subscription, kind).filter(|_| is_told) else {
            return Ok(None);
        };
        let material = self.material(facts, topic.pictures(), false).await?;
        let push = record_to_platform(&material.report(), kind);
        Ok(Some(Message { kind, topic, push }))
    }

    /// Pushes something under a topic, and reads the answer; one that cannot be read confirms nothing.
    pub(super) async fn push(
        &self,
        subscription: &Subscription,
        topic: &Topic,
        push: &Push,
    ) -> Result<Acknowledgement, CallError> {
        let url = subscription.url(topic).ok_or(CallError::Address)?;
        let body = self.post(subscription, &url, push).await?;
        Ok(Acknowledgement::parse(&body).unwrap_or_default())
    }

    /// Whether anybody answers tells how the platform stands.
    async fn post(
        &self,
        subscription: &Subscription,
        url: &str,
        push: &Push,
    ) -> Result<bytes::Bytes, CallError> {
        let post = Post {
            url: with_user(subscription, url)?,
            content_type: PUSH_TYPE,
            body: push.to_bytes(&self.id),
        };
        let answered = match self.client.post(post).await {
            Ok(answer) if (200..300).contains(&answer.status) => Ok(answer.body),
            Ok(answer) => Err(CallError::Status(answer.status)),
            Err(error) => Err(error),
        };
        let problem = answered.as_ref().err().map(ToString::to_string);
        self.tell(problem.is_none(), problem);
        answered
    }
}

/// The address with whoever pushes, which the client makes a header of (3.12.2).
fn with_user(subscription: &Subscription, url: &str) -> Result<String, CallError> {
    if !subscription.is_basic() {
        return Ok(url.to_owned());
    }
    let mut url = reqwest::Url::parse(url).map_err(|_| CallError::Address)?;
    let user = subscription.user.as_deref().unwrap_or_default();
    url.set_username(user).map_err(|()| CallError::Address)?;
    url.set_password(subscription.password.as_deref())
        .map_err(|()| CallError::Address)?;
    Ok(url.into())
}
