//! One attempt to pass: proof, decision, journal, door, answer, in this order.

use super::channel::Channel;
use super::conditions::{Conditions, Sensors};
use super::factors::{Factor, Proof};
use super::record::{Details, Pass, Private};
use super::repeats::{Claim, First, Visitor};
use super::ruling::Ruling;
use super::words::{Hearer, words};
use crate::behaviour::Identification;
use crate::decider::{Decider, Verdict, WhenSilent};
use crate::device::{Device, visitor_name};
use crate::people::Member;
use bytes::Bytes;
use jiff::Timestamp;
use model::{
    Credential, CredentialKind, Decision, Denial, IdentityDocument, Method, Outcome, RecordId, Verify, access,
};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use store::StoreError;
use store::terminal::{Entry, NewEntry};
use tokio::time::Instant;

/// Who is at the door.
#[derive(Debug, Clone)]
pub(super) enum Who {
    /// Somebody of the library.
    Known(Arc<Member>),
    /// A face that nobody of the library has.
    Stranger(Box<face::Template>),
    /// Nobody in particular, with a password of the door.
    PasswordHolder,
    /// A credential that nobody of the library has.
    Unknown,
}

/// What somebody showed, and who it is.
#[derive(Debug, Clone)]
pub(super) struct Attempt {
    pub(super) who: Who,
    pub(super) factor: Factor,
    pub(super) similarity: Option<f32>,
    pub(super) presented: Option<Credential>,
    pub(super) document: Option<IdentityDocument>,
    pub(super) capture: Option<Bytes>,
    pub(super) channel: Option<Channel>,
}

/// A ruling, and the dialect whose platform is asked for it.
struct RulingBy {
    ruling: Ruling,
    asked: Option<String>,
    /// What its silence means.
    when_silent: WhenSilent,
}

/// What is said at the door.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Saying {
    /// How it ended.
    pub result: Outcome,
    /// Why; null while a platform decides.
    pub reason: Option<&'static str>,
    /// On the screen.
    pub message: String,
    /// Aloud.
    pub speech: String,
}

/// The answer to an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// What is said.
    pub decision: Saying,
    /// The record; null where none is made.
    pub record_id: Option<String>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum PassError {
    /// More frames are in work than the terminal takes on.
    #[error("the terminal is busy with other frames; try again in a moment")]
    Busy,
    /// The bytes are not a picture that is accepted.
    #[error(transparent)]
    Image(#[from] face::ImageError),
    /// There is no face engine.
    #[error("faces cannot be recognised: {0}")]
    NoEngine(String),
    /// The face engine failed.
    #[error("the face engine failed: {0}")]
    Engine(String),
    /// The record could not be kept; the door stays shut.
    #[error("the pass could not be recorded, the door stays shut: {0}")]
    Store(#[from] StoreError),
}

impl Attempt {
    fn visitor(&self) -> Visitor {
        match &self.who {
            Who::Known(member) => Visitor::Named(visitor_name(&member.wire_id)),
            Who::Stranger(template) => Visitor::Stranger(template.clone()),
            Who::Unknown | Who::PasswordHolder => match &self.presented {
                Some(credential) => Visitor::of(credential.kind, &credential.number),
                None => Visitor::Nobody,
            },
        }
    }

    pub(super) fn member(&self) -> Option<&Arc<Member>> {
        match &self.who {
            Who::Known(member) => Some(member),
            Who::Stranger(_) | Who::Unknown | Who::PasswordHolder => None,
        }
    }

    /// Whose record it is to dialects that tell records apart by whole seconds: the person's, or the picture's.
    fn wire_key(&self) -> String {
        match (&self.who, &self.capture) {
            (Who::Known(member), _) => format!("p:{}", member.wire_id),
            (_, Some(picture)) => format!("h:{}", hex::encode(Sha256::digest(picture))),
            (_, None) => "n:".to_owned(),
        }
    }

    fn private(&self) -> Private {
        let shown = Private {
            presented: self.presented.clone(),
            document: self.document.clone(),
            ..Private::default()
        };
        let Some(member) = self.member() else {
            return shown;
        };
        let person = &member.person;
        Private {
            name: Some(person.name.clone()),
            greeting: person.greeting.clone(),
            welcome: member.greeting.clone(),
            gender: person.gender,
            birthday: person.birthday,
            phone: person.phone.clone(),
            valid_from: person.valid_from,
            valid_until: person.valid_until,
            credentials: person.credentials.clone(),
            ..shown
        }
    }

    fn details(&self, method: Method, ruling: RulingBy, local: Decision, sensors: Sensors) -> Details {
        let member = self.member();
        Details {
            method,
            ruling: ruling.ruling,
            local: local.into(),
            asked: ruling.asked,
            similarity: self.similarity,
            temperature: sensors.temperature,
            mask: sensors.mask,
            helmet: sensors.safety_hat,
            kind: member.map(|member| member.person.kind),
            face_id: member
                .and_then(|member| member.face_ids.first().cloned())
                .filter(|id| !id.is_empty()),
            channel: self.channel,
        }
    }
}

/// Whether a face was compared.
fn shows_face(method: Method) -> bool {
    matches!(method, Method::Face | Method::FaceAndCard | Method::FaceAndIdCard)
}

impl Device {
    /// Carries an attempt through. Runs to its end even if whoever asked goes away.
    pub(super) async fn attempt(self: &Arc<Self>, attempt: Attempt) -> Result<Answer, PassError> {
        let device = Arc::clone(self);
        let running = tokio::spawn(async move { device.attempt_now(attempt).await });
        running
            .await
            .unwrap_or_else(|error| Err(PassError::Engine(error.to_string())))
    }

    async fn attempt_now(self: Arc<Self>, attempt: Attempt) -> Result<Answer, PassError> {
        match self.first_or_answer(attempt.visitor()).await {
            Ok(first) => self.first(attempt, first).await,
            Err(answer) => Ok(answer),
        }
    }

    /// Whether this is a visitor's first pass within the interval; else the answer to that one.
    pub(super) async fn first_or_answer(&self, visitor: Visitor) -> Result<First<Answer>, Answer> {
        loop {
            match self.claim(visitor.clone()) {
                Claim::First(first) => return Ok(first),
                Claim::Repeat(mut answer) => {
                    // An error means that the first one failed: then this one is the first.
                    if let Ok(answer) = answer.wait_for(Option::is_some).await
                        && let Some(answer) = answer.clone()
                    {
                        return Err(answer);
                    }
                }
            }
        }
    }

    fn claim(&self, visitor: Visitor) -> Claim<Answer> {
        let (interval, alike) = (self.repeat_interval(), self.thresholds().accept);
        self.repeats.claim(visitor, Instant::now(), interval, alike)
    }

    /// The door that opens as soon as anybody is seen, where no record is made of it: once within the interval for the
    /// person who it may be.
    pub(super) fn open_to_anybody(self: &Arc<Self>, perhaps: &str, answer: &Answer) {
        if !self.behaviour().always_open {
            return;
        }
        if let Claim::First(first) = self.claim(Visitor::Named(format!("anybody {perhaps}"))) {
            self.open_door(Method::Face);
            first.answer(answer.clone());
        }
    }

    async fn first(self: Arc<Self>, attempt: Attempt, first: First<Answer>) -> Result<Answer, PassError> {
        let Some(method) = self.proof(&attempt) else {
            let name = attempt.member().map(|member| member.person.name.as_str());
            let answer = self.unrecorded(Denial::SecondFactorMissing, name);
            if let (Factor::Face, Some(member)) = (attempt.factor, attempt.member()) {
                self.open_to_anybody(&member.wire_id, &answer);
            }
            return Ok(answer);
        };
        let behaviour = self.behaviour();
        let anybody = behaviour.always_open && attempt.factor == Factor::Face;
        if matches!(attempt.who, Who::Stranger(_)) && !behaviour.strangers.recorded {
            let answer = self.unrecorded(Denial::Stranger, None);
            // Whom the door stays shut to is nobody's pass to repeat.
            if anybody {
                self.open_door(method);
                first.answer(answer.clone());
            }
            return Ok(answer);
        }
        let now = self.clock.now();
        let sensors = *self.sensors.lock().unwrap_or_else(PoisonError::into_inner);
        let objection = Conditions::of(&behaviour).objection(&sensors);
        let local = self.local_decision(&attempt, objection, now);
        let ruling = self.ruling(local, objection, &attempt, method);
        let when_silent = ruling.when_silent;
        let taken = attempt.member().filter(|_| local.is_granted());
        let details = attempt.details(method, ruling, local, sensors);
        let ruling = details.ruling;
        let private = attempt.private();
        let entry = match self.keep(&attempt, &details, &private, now).await {
            Ok(entry) => entry,
            Err(error) => {
                if let Some(member) = taken {
                    member.give_back_pass();
                }
                return Err(error.into());
            }
        };
        if ruling == Ruling::Pending {
            self.await_verdict(&attempt, &entry, &details, &private, when_silent, first.clone());
        } else if ruling == Ruling::Granted {
            self.open_door(method);
        } else {
            if let Some(member) = taken {
                member.give_back_pass();
            }
            let stranger = ruling == Ruling::Denied(Denial::Stranger) && behaviour.strangers.let_in;
            // The record says what it would have been.
            if anybody || (stranger && objection.is_none()) {
                self.open_door(method);
            }
        }
        self.wake_delivery();
        let answer = self.announce(&entry, &details, &private, None);
        first.answer(answer.clone());
        Ok(answer)
    }

    /// The method, where what was shown is enough.
    fn proof(&self, attempt: &Attempt) -> Option<Method> {
        let Some(member) = attempt.member() else {
            return Some(attempt.factor.method());
        };
        let identification = self.behaviour().identification;
        let verify = match (member.person.verify, identification) {
            (Verify::Device, Identification::As(verify)) => verify,
            (Verify::Device, Identification::FaceOrIdCard) if !attempt.factor.is_face_or_identity_card() => {
                return None;
            }
            (Verify::Device, Identification::IdCard) if !attempt.factor.is_identity_card() => return None,
            (verify, _) => verify,
        };
        let proof = self
            .factors
            .show(&member.wire_id, verify, attempt.factor, Instant::now());
        match proof {
            Proof::Complete(method) => Some(method),
            Proof::Missing => None,
        }
    }

    /// What this terminal says; if it grants, the pass is taken.
    fn local_decision(&self, attempt: &Attempt, objection: Option<Denial>, now: Timestamp) -> Decision {
        let behaviour = self.behaviour();
        let refused = attempt
            .presented
            .as_ref()
            .is_some_and(|shown| shown.kind == CredentialKind::IdCard && behaviour.refuses_id(&shown.number));
        if refused {
            return Decision::Denied(Denial::NotAuthorised);
        }
        let member = match &attempt.who {
            Who::Known(member) if self.is_shut_to(member, attempt.channel) => {
                return Decision::Denied(Denial::NotAuthorised);
            }
            Who::Known(member) => member,
            Who::Stranger(_) => return Decision::Denied(Denial::Stranger),
            Who::PasswordHolder => return objection.map_or(Decision::Granted, Decision::Denied),
            Who::Unknown => return Decision::Denied(Denial::UnknownCredential),
        };
        let door = access::Door {
            time_zone: self.zone(),
            device_times: behaviour.times.clone(),
        };
        let decision = access::decide(&member.subject(), &member.rules, &door, now);
        match (decision, objection) {
            (Decision::Granted, Some(denial)) => Decision::Denied(denial),
            (Decision::Granted, None) => member.take_pass(),
            (denied, _) => denied,
        }
    }

    /// Whether somebody may not pass where this camera, of several, looks.
    fn is_shut_to(&self, member: &Member, channel: Option<Channel>) -> bool {
        channel.is_some_and(|channel| self.shut_channels.contain(&member.wire_id, channel))
    }

    /// Who has the last word: this terminal, or a platform that is asked. What the sensors say no platform overrules.
    fn ruling(
        &self,
        local: Decision,
        objection: Option<Denial>,
        attempt: &Attempt,
        method: Method,
    ) -> RulingBy {
        match self.decisions.decider() {
            Decider::Platform {
                dialect,
                when_silent,
                faces_only,
            } if objection.is_none()
                && (!faces_only || (attempt.member().is_some() && shows_face(method))) =>
            {
                let is_asked = self.connections.is_online(&dialect);
                RulingBy {
                    ruling: match is_asked {
                        true => Ruling::Pending,
                        false => super::verdict::without_verdict(local, when_silent),
                    },
                    asked: is_asked.then_some(dialect),
                    when_silent,
                }
            }
            _ => RulingBy {
                ruling: local.into(),
                asked: None,
                when_silent: WhenSilent::TerminalDecides,
            },
        }
    }

    async fn keep(
        self: &Arc<Self>,
        attempt: &Attempt,
        details: &Details,
        private: &Private,
        now: Timestamp,
    ) -> Result<Entry, StoreError> {
        let entry = self.journal.append(NewEntry {
            id: RecordId::new(uuid::Uuid::now_v7().simple().to_string()),
            occurred_at: now,
            wire_key: attempt.wire_key(),
            person: attempt.member().map(|member| member.wire_id.clone()),
            settled: details.ruling != Ruling::Pending,
            counts: details.ruling == Ruling::Granted,
            details: serde_json::to_value(details)?,
            private: serde_json::to_value(private)?,
            capture: attempt.capture.as_ref().map(|bytes| bytes.to_vec()),
            hidden_from: Vec::new(),
        });
        let passing = self.people.passing().await;
        let entry = entry.await?;
        if let (Ruling::Granted, Some(member)) = (details.ruling, attempt.member()) {
            member.keep_pass(true);
        }
        drop(passing);
        self.trim_soon();
        Ok(entry)
    }

    /// Tells the pass: at once if it is decided, else its state only. A deciding platform's words replace the door's.
    pub(super) fn announce(
        &self,
        entry: &Entry,
        details: &Details,
        private: &Private,
        verdict: Option<Verdict>,
    ) -> Answer {
        let mut pass = Pass::of(entry, details, private, self.language, &self.behaviour().prompts);
        let said = verdict.unwrap_or_default();
        if let Some(show) = said.show {
            pass.message.clone_from(&show);
            pass.speech = show;
        }
        if let Some(speak) = said.speak {
            pass.speech = speak;
        }
        let decision = Saying {
            result: pass.result,
            reason: pass.reason,
            message: pass.message.clone(),
            speech: pass.speech.clone(),
        };
        let answer = Answer {
            decision,
            record_id: Some(pass.record_id.clone()),
        };
        if details.ruling != Ruling::Pending {
            metrics::counter!("menshen_terminal_passes_total", "reason" => details.ruling.reason().unwrap_or("pending"))
                .increment(1);
            self.events.tell("record.created", &pass);
        }
        let mut last = self.last_pass.lock().unwrap_or_else(PoisonError::into_inner);
        // A person who was deleted meanwhile is named no more.
        let is_gone = |id: &String| self.people.find(id).is_none();
        let gone = pass.person_id.as_ref().is_some_and(is_gone);
        *last = (!gone).then_some(pass);
        drop(last);
        self.touch();
        answer
    }

    /// An answer that leaves no record.
    pub(super) fn unrecorded(&self, denial: Denial, name: Option<&str>) -> Answer {
        Answer {
            decision: self.saying(Ruling::Denied(denial), name),
            record_id: None,
        }
    }

    /// What is said of a ruling.
    pub(super) fn saying(&self, ruling: Ruling, name: Option<&str>) -> Saying {
        let hearer = Hearer {
            name,
            ..Hearer::default()
        };
        let words = words(ruling, &hearer, self.language, &self.behaviour().prompts);
        Saying {
            result: ruling.outcome(),
            reason: ruling.reason(),
            message: words.message,
            speech: words.speech,
        }
    }

    /// Trims the journal beside the door's work, one at a time.
    pub(super) fn trim_soon(self: &Arc<Self>) {
        let keep = self.config.records.keep;
        if self.journal.count() <= keep || self.trimming.swap(true, Ordering::AcqRel) {
            return;
        }
        let device = Arc::clone(self);
        tokio::spawn(async move {
            match device.journal.trim(keep, &device.dialects).await {
                Ok(trimmed) => {
                    metrics::counter!("menshen_terminal_records_lost_total").increment(trimmed.lost);
                    if trimmed.lost > 0 {
                        tracing::warn!(
                            lost = trimmed.lost,
                            keep,
                            "the oldest records went before they were delivered"
                        );
                    }
                }
                Err(error) => tracing::error!(%error, "the journal could not be trimmed"),
            }
            device.trimming.store(false, Ordering::Release);
        });
    }
}
