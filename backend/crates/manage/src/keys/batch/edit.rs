//! What of each key of a batch is changed, checked once for all of them.

use super::super::rights::{Rights, wrong};
use super::super::service::stored_instant;
use super::super::store::{Editable, Locked};
use crate::state::ManageState;
use tollgate_contract::check::TAGS_MAX;
use tollgate_contract::keys::KeyPatch;
use tollgate_contract::rules::KeyRules;
use tollgate_http::{Caller, Fault};
use tollgate_store::TenantTx;

/// A change that makes sense as such.
pub(super) struct Edit(KeyPatch);

impl Edit {
    /// # Errors
    /// `validation_failed` with the field, if the change contradicts itself, or names what is not there.
    pub(super) async fn read(state: &ManageState, caller: &Caller, patch: KeyPatch) -> Result<Self, Fault> {
        let now = state.clock().now();
        if patch.policy_id.is_some() && patch.without_policy {
            return Err(contrary("without_policy", "policy_id"));
        }
        if patch.expires_at.is_some() && patch.without_expiry {
            return Err(contrary("without_expiry", "expires_at"));
        }
        if patch.expires_at.is_some_and(|at| at <= now) {
            return Err(wrong("expires_at", "in_the_past", "must lie ahead"));
        }
        if patch.add_tags.iter().any(|tag| patch.remove_tags.contains(tag)) {
            let text = "must not name a tag that is added";
            return Err(wrong("remove_tags", "not_together", text));
        }
        if patch.inherit.iter().any(|rule| patch.rules.sets(*rule)) {
            return Err(contrary("inherit", "the same rule in rules"));
        }
        let edit = Self(patch);
        let mut tx = caller.tx().await?;
        let rights = Rights::read(&mut tx, caller, now).await?;
        edit.check(&mut tx, &rights).await?;
        Ok(edit)
    }

    /// Whom and what it names must be there; then it stays so until the transaction ends.
    pub(super) async fn check(&self, tx: &mut TenantTx, rights: &Rights) -> Result<(), Fault> {
        if let Some(owner) = self.0.owner_user_id {
            rights.check_owner(tx, owner).await?;
        }
        if let Some(policy) = self.0.policy_id {
            rights.check_policy(tx, policy).await?;
        }
        Ok(())
    }

    /// What becomes of a key.
    pub(super) fn of(&self, before: &Locked) -> Result<Editable, Fault> {
        let patch = &self.0;
        let mut after = before.fields.clone();
        after.status = patch.status.unwrap_or(after.status);
        after.owner_user_id = patch.owner_user_id.or(after.owner_user_id);
        if let Some(cost_centre) = &patch.cost_centre {
            after.cost_centre.clone_from(cost_centre);
        }
        after.policy_id = if patch.without_policy {
            None
        } else {
            patch.policy_id.or(after.policy_id)
        };
        if patch.without_expiry || patch.expires_at.is_some() {
            after.expires_at = stored_instant(patch.expires_at);
            after.lifetime_s = None;
        }
        after.tags.retain(|tag| !patch.remove_tags.contains(tag));
        for tag in &patch.add_tags {
            if !after.tags.contains(tag) {
                after.tags.push(tag.clone());
            }
        }
        if after.tags.len() > TAGS_MAX {
            let text = format!("would be too many: a key takes at most {TAGS_MAX} tags");
            return Err(wrong("add_tags", "too_many", &text));
        }
        after.tags.sort();
        replace(&mut after.rules, &patch.rules);
        for rule in &patch.inherit {
            after.rules.inherit(*rule);
        }
        Ok(after)
    }
}

/// Each rule that the change has replaces the key's.
fn replace(rules: &mut KeyRules, by: &KeyRules) {
    fn over<T: Clone>(rule: &mut Option<T>, by: Option<&T>) {
        if by.is_some() {
            *rule = by.cloned();
        }
    }
    over(&mut rules.services, by.services.as_ref());
    over(&mut rules.models_allowed, by.models_allowed.as_ref());
    over(&mut rules.models_denied, by.models_denied.as_ref());
    over(&mut rules.clients, by.clients.as_ref());
    over(&mut rules.addresses, by.addresses.as_ref());
    over(&mut rules.concurrency, by.concurrency.as_ref());
    over(&mut rules.windows, by.windows.as_ref());
}

fn contrary(field: &str, other: &str) -> Fault {
    let text = format!("goes without {other}: give one of them");
    wrong(field, "not_together", &text)
}
