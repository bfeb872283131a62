//! Gate and budget as rmqtt's hooks.

use super::OWN_LISTENER;
use super::budget::Budget;
use super::gate::{Applicant, ConnectionKey, Entry, SharedGate};
use async_trait::async_trait;
use rmqtt::codec::v5::SubscribeAckReason;
use rmqtt::context::ServerContext;
use rmqtt::hook::{Handler, HookResult, Parameter, ReturnType, Type};
use rmqtt::types::{AuthResult, ConnectInfo, Id, Publish, PublishAclResult, QoS, SubscribeAclResult};

/// What the broker asks us about, or tells us of.
const HOOKS: [Type; 9] = [
    Type::ClientAuthenticate,
    Type::ClientConnected,
    Type::ClientDisconnected,
    Type::ClientSubscribeCheckAcl,
    Type::ClientKeepalive,
    Type::MessagePublishCheckAcl,
    Type::MessageDelivered,
    Type::MessageAcked,
    Type::MessageDropped,
];

/// Puts gate and budget in force.
pub(super) async fn register(context: &ServerContext, gate: SharedGate, budget: Budget) {
    let register = context.extends.hook_mgr().register();
    for hook in HOOKS {
        let rights = Rights {
            gate: gate.clone(),
            budget: budget.clone(),
        };
        register.add(hook, Box::new(rights)).await;
    }
    register.start().await;
}

struct Rights {
    gate: SharedGate,
    budget: Budget,
}

#[async_trait]
impl Handler for Rights {
    async fn hook(&self, parameter: &Parameter, before: Option<HookResult>) -> ReturnType {
        match parameter {
            Parameter::ClientAuthenticate(info) => {
                let entry = self.gate.admit(applicant(info)).await;
                return (false, Some(HookResult::AuthResult(verdict(entry))));
            }
            Parameter::ClientConnected(session) => {
                // What was published while nobody listened is on its way to nobody.
                if self.is_hub(&session.id) {
                    self.budget.reset();
                }
                self.gate.connected(&key(&session.id));
            }
            Parameter::ClientDisconnected(session, _) => {
                if self.is_hub(&session.id) {
                    self.budget.reset();
                } else {
                    self.gate.left(&key(&session.id));
                }
            }
            Parameter::ClientSubscribeCheckAcl(session, subscribe) => {
                let filter = subscribe.topic_filter.to_string();
                let allowed =
                    self.is_hub(&session.id) || self.gate.may_subscribe(&key(&session.id), &filter).await;
                let answer = if allowed {
                    SubscribeAclResult::new_success(subscribe.opts.qos(), None)
                } else {
                    SubscribeAclResult::new_failure(SubscribeAckReason::NotAuthorized)
                };
                return (false, Some(HookResult::SubscribeAclResult(answer)));
            }
            Parameter::ClientKeepalive(session, true) if !self.is_hub(&session.id) => {
                self.gate.alive(&key(&session.id));
            }
            Parameter::MessagePublishCheckAcl(session, publish) => {
                let answer = self.publish(&session.id, publish).await;
                return (false, Some(HookResult::PublishAclResult(answer)));
            }
            Parameter::MessageDelivered(session, _, publish)
                if self.is_hub(&session.id) && publish.qos == QoS::AtMostOnce =>
            {
                self.budget.give_back(publish.payload.len());
            }
            Parameter::MessageAcked(session, _, publish) if self.is_hub(&session.id) => {
                self.budget.give_back(publish.payload.len());
            }
            Parameter::MessageDropped(Some(to), _, publish, reason) => {
                tracing::debug!(%reason, to = %to.client_id, "the broker dropped a message");
                if self.is_hub(to) {
                    self.budget.give_back(publish.payload.len());
                }
            }
            _ => {}
        }
        (true, before)
    }
}

impl Rights {
    fn is_hub(&self, id: &Id) -> bool {
        id.lid == OWN_LISTENER && id.username.as_ref().is_some_and(|user| self.gate.is_hub(user))
    }

    /// A device publishes within its rights, and once there is room.
    async fn publish(&self, id: &Id, publish: &Publish) -> PublishAclResult {
        if self.is_hub(id) {
            return PublishAclResult::allow();
        }
        if !self.gate.may_publish(&key(id), &publish.topic).await {
            tracing::info!(client = %id.client_id, peer = ?id.remote_addr, "a publication outside its rights");
            metrics::counter!("menshen_broker_refused_total").increment(1);
            return PublishAclResult::rejected(true, None);
        }
        if !self.budget.take(publish.payload.len()).await {
            return PublishAclResult::rejected(true, None);
        }
        PublishAclResult::allow()
    }
}

fn key(id: &Id) -> ConnectionKey {
    ConnectionKey {
        client_id: id.client_id.to_string(),
        peer: id.remote_addr,
    }
}

fn applicant(info: &ConnectInfo) -> Applicant {
    let id = info.id();
    let will = match info {
        ConnectInfo::V3(_, connect) => connect.last_will.as_ref().map(|will| will.topic.to_string()),
        ConnectInfo::V5(_, connect) => connect.last_will.as_ref().map(|will| will.topic.to_string()),
    };
    Applicant {
        id: id.clone(),
        key: key(id),
        user: info.username().map(ToString::to_string),
        password: info.password().map(|password| password.to_vec()),
        will,
        on_own_listener: id.lid == OWN_LISTENER,
    }
}

fn verdict(entry: Entry) -> AuthResult {
    match entry {
        Entry::Hub | Entry::Device => AuthResult::Allow(false, None),
        Entry::BadPassword => AuthResult::BadUsernameOrPassword,
        Entry::Refused => AuthResult::NotAuthorized,
    }
}
