//! Who is there, by id and by credential.

use super::Member;
use model::CredentialKind;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

#[derive(Default)]
pub(super) struct Index {
    pub(super) members: HashMap<String, Arc<Member>>,
    pub(super) credentials: HashMap<(CredentialKind, String), BTreeSet<String>>,
}

impl Index {
    pub(super) fn insert(&mut self, member: Arc<Member>) -> Option<Arc<Member>> {
        let before = self.remove(&member.wire_id);
        for credential in &member.person.credentials {
            let key = (credential.kind, credential.number.clone());
            self.credentials
                .entry(key)
                .or_default()
                .insert(member.wire_id.clone());
        }
        self.members.insert(member.wire_id.clone(), member);
        before
    }

    pub(super) fn remove(&mut self, wire_id: &str) -> Option<Arc<Member>> {
        let member = self.members.remove(wire_id)?;
        for credential in &member.person.credentials {
            let key = (credential.kind, credential.number.clone());
            if let Some(holders) = self.credentials.get_mut(&key) {
                holders.remove(wire_id);
                if holders.is_empty() {
                    self.credentials.remove(&key);
                }
            }
        }
        Some(member)
    }
}
