//! Who may see and change which keys, and what they must keep to. Never in here: what a change does.

use super::bindings;
use super::store::{self, Editable, Locked, Place};
use crate::permissions::{Action, Sight, allows, require};
use crate::policies::{Book, Bounds, read_self_service};
use crate::state::ManageState;
use chrono::{DateTime, Utc};
use tollgate_contract::ids::{KeyId, PolicyId, UserId};
use tollgate_contract::keys::KeyStatus;
use tollgate_contract::policies::SelfService;
use tollgate_http::{Caller, Code, Fault};
use tollgate_store::TenantTx;

/// Whose keys a caller sees.
pub(super) fn readable(caller: &Caller) -> Result<Sight, Fault> {
    Sight::of(caller, Action::KeysReadAll, Action::KeysReadOwn)
}

/// What a caller may do to keys, as of one transaction.
#[derive(Debug)]
pub(super) struct Rights {
    sees: Sight,
    writes: Sight,
    /// What is to be kept to by who may write their own keys alone.
    bounds: Option<SelfService>,
    book: Book,
    pub(super) now: DateTime<Utc>,
}

impl Rights {
    /// # Errors
    /// `forbidden` for whoever may change no key at all.
    pub(super) async fn read(tx: &mut TenantTx, caller: &Caller, now: DateTime<Utc>) -> Result<Self, Fault> {
        let writes = Sight::of(caller, Action::KeysWriteAll, Action::KeysWriteOwn)?;
        let bounds = match writes {
            Sight::All => None,
            Sight::Own(_) => Some(read_self_service(tx).await?),
        };
        if bounds.as_ref().is_some_and(|bounds| !bounds.allowed) {
            let text = "Your organisation's owners and admins make and change keys; ask one of them.";
            return Err(Fault::new(Code::Forbidden).detail(text));
        }
        Ok(Self {
            sees: readable(caller)?,
            writes,
            bounds,
            book: Book::read(tx).await?,
            now,
        })
    }

    /// Refuses a locked key that the caller may not change: as not there, where they may not see it either.
    pub(super) fn may_change(&self, caller: &Caller, key: &Locked) -> Result<(), Fault> {
        let owner = key.fields.owner_user_id;
        if !self.sees.covers(owner) {
            return Err(Fault::new(Code::NotFound));
        }
        if !self.writes.covers(owner) {
            require(caller, Action::KeysWriteAll)?;
        }
        Ok(())
    }

    /// A key that the caller may change, under lock.
    pub(super) async fn lock(
        &self,
        tx: &mut TenantTx,
        caller: &Caller,
        key: KeyId,
        place: Place,
    ) -> Result<Locked, Fault> {
        let found = store::lock(tx, &[key.0], place).await?.into_iter().next();
        let found = found.ok_or_else(|| Fault::new(Code::NotFound))?;
        self.may_change(caller, &found)?;
        Ok(found)
    }

    /// Only whoever may write everyone's keys gives one to someone else; and the new owner must be a member.
    pub(super) async fn check_owner(&self, tx: &mut TenantTx, owner: UserId) -> Result<(), Fault> {
        if self.writes.covers(Some(owner)) && store::is_member(tx, owner).await? {
            return Ok(());
        }
        let text = "must be an active member whom you may name";
        Err(wrong("owner_user_id", "not_found", text))
    }

    /// A policy that is to be named must be there; then it stays so until the transaction ends.
    pub(super) async fn check_policy(&self, tx: &mut TenantTx, policy: PolicyId) -> Result<(), Fault> {
        if Book::hold(tx, policy).await? {
            return Ok(());
        }
        Err(wrong("policy_id", "not_found", "must be a policy of yours"))
    }

    /// Refuses what a key's new fields name that is not there, or not the caller's to name. Its bindings come out in the
    /// order in which they are read.
    pub(super) async fn check_named(
        &self,
        state: &ManageState,
        caller: &Caller,
        tx: &mut TenantTx,
        before: Option<&Editable>,
        after: &mut Editable,
    ) -> Result<(), Fault> {
        let owner = after.owner_user_id;
        if let Some(owner) = owner.filter(|_| before.is_none_or(|before| before.owner_user_id != owner)) {
            self.check_owner(tx, owner).await?;
        }
        let policy = after.policy_id;
        if let Some(policy) = policy.filter(|_| before.is_none_or(|before| before.policy_id != policy)) {
            self.check_policy(tx, policy).await?;
        }
        // Accounts are nothing that members see, and a key that was bound for them is not theirs to free. Faults name a
        // binding by its place in the form.
        let bound = before.map_or(&[][..], |before| &before.bindings);
        let same = after.bindings.len() == bound.len() && after.bindings.iter().all(|to| bound.contains(to));
        if !same && !allows(caller.role, Action::KeysWriteAll) {
            let text = "are for owners and admins to change";
            return Err(wrong("bindings", "forbidden", text));
        }
        bindings::check(state, tx, bound, &after.bindings).await?;
        after.bindings.sort_by_key(|binding| binding.service.as_str());
        Ok(())
    }

    /// Refuses a member's key that would go beyond what members may have. What a change leaves as it was is not looked at
    /// again: who was given more than the others may still rename it.
    pub(super) fn check_bounds(&self, before: Option<&Editable>, after: &Editable) -> Result<(), Fault> {
        let Some(settings) = &self.bounds else {
            return Ok(());
        };
        let wakes = after.status == KeyStatus::Active
            && before.is_some_and(|before| before.status != KeyStatus::Active);
        let same = before.is_some_and(|before| {
            before.rules == after.rules
                && before.policy_id == after.policy_id
                && before.expires_at == after.expires_at
                && before.lifetime_s == after.lifetime_s
        });
        if same && !wakes {
            return Ok(());
        }
        let effective = self.book.effective(&after.rules, after.policy_id);
        let bounds = Bounds {
            settings,
            now: self.now,
        };
        let faults = bounds.faults(&effective, after.expires_at, after.lifetime_s);
        let Some(first) = faults.first() else {
            return Ok(());
        };
        let detail = format!(
            "`{}` {}: your organisation allows its members no more.",
            first.field, first.message
        );
        Err(Fault::new(Code::ValidationFailed).detail(detail).fields(faults))
    }

    /// Refuses a member who would have more keys than members may have. It counts under a lock, so that two who add keys
    /// at once don't both find room for the last one.
    pub(super) async fn check_room(&self, tx: &mut TenantTx, more: usize) -> Result<(), Fault> {
        let most = self.bounds.as_ref().and_then(|bounds| bounds.keys_max);
        let (Some(most), Sight::Own(user)) = (most, self.writes) else {
            return Ok(());
        };
        let has = store::count_owned(tx, user).await?;
        let wants = has.saturating_add(u64::try_from(more).unwrap_or(u64::MAX));
        if wants <= u64::from(most) {
            return Ok(());
        }
        let keys = if has == 1 { "key" } else { "keys" };
        let text = format!("has {has} {keys}, and may have {most} at the most");
        Err(wrong("owner_user_id", "too_many", &text))
    }
}

pub(super) fn wrong(field: &str, code: &str, message: &str) -> Fault {
    Fault::new(Code::ValidationFailed)
        .detail(format!("`{field}` {message}"))
        .field(field, code, message)
}
