//! Redeeming a voucher: whoever is first gets what it brings, once. Why a code is refused is told to nobody but the one
//! who redeemed it, who gets the same answer again.

use super::service::wrong;
use super::store::{self, Brought, Extended, LockedKey};
use crate::budgets::{Raised, raise_total};
use crate::permissions::{Action, Sight, require};
use crate::state::ManageState;
use crate::trail::{self, Target};
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use serde_json::json;
use tollgate_contract::check;
use tollgate_contract::ids::KeyId;
use tollgate_contract::money::NanoUsd;
use tollgate_contract::vouchers::{RedeemVoucher, Redeemed, VoucherValue};
use tollgate_http::throttle::retry_after_secs;
use tollgate_http::{Caller, Code, Fault};
use tollgate_ledger::{Credit, CreditError, CreditKind, credit};
use tollgate_money::Nano;
use tollgate_store::{FoundVoucher, TenantTx, Topic, VoucherCode, announce};

pub(super) async fn redeem(
    state: &ManageState,
    caller: &Caller,
    form: RedeemVoucher,
) -> Result<Redeemed, Fault> {
    count_attempt(state, caller)?;
    let code = VoucherCode::read(&form.code).ok_or_else(|| {
        let text = "is no code of ours: look for a letter that was mistaken";
        wrong("code", "voucher_code", text)
    })?;
    let hash = state.parts().hasher.hash(code.expose());
    let found = state.db().resolve_voucher(&hash).await?.ok_or_else(refused)?;
    let others = !found.credit && found.maker != caller.tenant_id;
    if others || found.redeemed_by.is_some_and(|tenant| tenant != caller.tenant_id) {
        return Err(refused());
    }
    let mut tx = caller.tx().await?;
    let key = entitled(&mut tx, caller, &found, form.key_id).await?;
    if let Some(earlier) = store::redemption(&mut tx, found.voucher_id).await? {
        return again(&found, form.key_id, earlier);
    }
    let now = state.clock().now().trunc_subsecs(6);
    if !tx.claim_voucher(&hash, now).await? {
        // Somebody of one's own may have been quicker by a moment.
        let earlier = store::redemption(&mut tx, found.voucher_id).await?;
        return again(&found, form.key_id, earlier.ok_or_else(refused)?);
    }
    let brought = match (&key, form.key_id) {
        (Some(key), Some(id)) => bring_to_key(state, caller, &mut tx, &found, (id, key), now).await?,
        _ => bring_credit(state, caller, &mut tx, &found, &code).await?,
    };
    let who = (caller.user_id, caller.email.as_str());
    store::insert_redemption(&mut tx, found.voucher_id, who, &brought, now).await?;
    let target = Target {
        id: found.voucher_id.0,
        name: code.last_four(),
    };
    let told = json!({
        "value": value(&found), "key_id": brought.key, "transfer_id": brought.transfer, "expires_at": brought.expires_at,
    });
    trail::record(
        &mut tx,
        state.clock(),
        &caller.into(),
        "voucher.redeemed",
        target,
        told,
    )
    .await?;
    tx.commit().await?;
    Ok(answer(&found, &brought))
}

/// Each try counts, also a good one: nobody redeems dozens in a minute, and a guesser must not reset the count.
fn count_attempt(state: &ManageState, caller: &Caller) -> Result<(), Fault> {
    let too_many = |wait| Fault::too_many(retry_after_secs(wait));
    state
        .voucher_user_door()
        .attempt(&caller.user_id.to_string())
        .map_err(too_many)?;
    state
        .voucher_address_door()
        .attempt(&caller.address.bucket())
        .map_err(too_many)
}

/// One answer for codes that are unknown, expired, revoked, redeemed, or somebody else's.
fn refused() -> Fault {
    let text = "is unknown, expired, taken back, or was redeemed";
    Fault::new(Code::VoucherRefused)
        .detail(format!("The code {text}."))
        .field("code", "voucher_refused", text)
}

fn value(found: &FoundVoucher) -> VoucherValue {
    let amount_nano = NanoUsd(found.amount_nano);
    if found.credit {
        return VoucherValue::Credit { amount_nano };
    }
    VoucherValue::Key {
        amount_nano,
        days: found.days,
    }
}

fn answer(found: &FoundVoucher, brought: &Brought) -> Redeemed {
    Redeemed {
        value: value(found),
        transfer_id: brought.transfer,
        expires_at: brought.expires_at,
    }
}

/// The same call again gets the same answer; for another key the voucher is gone.
fn again(found: &FoundVoucher, key: Option<KeyId>, earlier: Brought) -> Result<Redeemed, Fault> {
    if earlier.key != key {
        return Err(refused());
    }
    Ok(answer(found, &earlier))
}

/// Whether the caller may have what the voucher brings; the key, under lock, where it is for one.
async fn entitled(
    tx: &mut TenantTx,
    caller: &Caller,
    found: &FoundVoucher,
    key: Option<KeyId>,
) -> Result<Option<LockedKey>, Fault> {
    if found.credit {
        require(caller, Action::BillingWrite)?;
        if key.is_some() {
            let text = "does not apply: the voucher adds credit to the wallet";
            return Err(wrong("key_id", "not_applicable", text));
        }
        return Ok(None);
    }
    let sight = Sight::of(caller, Action::KeysWriteAll, Action::KeysWriteOwn)?;
    let Some(key) = key else {
        return Err(wrong(
            "key_id",
            "required",
            "must name the key that the voucher is for",
        ));
    };
    let locked = store::lock_key(tx, key)
        .await?
        .filter(|key| sight.covers(key.owner));
    let locked = locked.ok_or_else(|| wrong("key_id", "not_found", "must be a key that you may change"))?;
    Ok(Some(locked))
}

async fn bring_credit(
    state: &ManageState,
    caller: &Caller,
    tx: &mut TenantTx,
    found: &FoundVoucher,
    code: &VoucherCode,
) -> Result<Brought, Fault> {
    let booking = Credit {
        kind: CreditKind::Voucher,
        amount: Nano(found.amount_nano),
        reason: format!("voucher …{}", code.last_four()),
        author: caller.email.clone(),
        idempotency_key: format!("voucher:{}", found.voucher_id),
    };
    let booked = credit(tx, state.clock(), &booking)
        .await
        .map_err(|error| match error {
            CreditError::Store(error) => error.into(),
            other => Fault::internal(other),
        })?;
    // Nodes that had just refused for want of money ask again at once.
    announce(tx, Topic::Tenant, caller.tenant_id.0, 0).await?;
    Ok(Brought {
        transfer: Some(booked.transfer_id),
        ..Brought::default()
    })
}

/// All that the voucher brings or nothing: what the key has no room for would be lost.
async fn bring_to_key(
    state: &ManageState,
    caller: &Caller,
    tx: &mut TenantTx,
    found: &FoundVoucher,
    (id, key): (KeyId, &LockedKey),
    now: DateTime<Utc>,
) -> Result<Brought, Fault> {
    let clock = state.clock();
    if found.amount_nano > 0 {
        let raised = raise_total(tx, id, found.amount_nano, now).await?;
        if raised.is_empty() {
            let text =
                "has no budget of its own that never begins anew, so the voucher's money would be lost";
            return Err(wrong("key_id", "no_budget", text));
        }
        for budget in &raised {
            tell_raised(state, caller, tx, budget).await?;
        }
    }
    let mut brought = Brought {
        key: Some(id),
        ..Brought::default()
    };
    if found.days > 0 {
        let extended = extended(key, found.days, now)?;
        let version = store::set_key_days(tx, id, extended, now).await?;
        let target = Target {
            id: id.0,
            name: &key.name,
        };
        let told = match extended {
            Extended::Until(at) => json!({"expires_at": {"from": key.expires_at, "to": at}}),
            Extended::FromFirstUse(seconds) => json!({"lifetime_s": {"from": key.lifetime_s, "to": seconds}}),
        };
        trail::record(tx, clock, &caller.into(), "key.updated", target, told).await?;
        announce(tx, Topic::Key, id.0, version).await?;
        if let Extended::Until(at) = extended {
            brought.expires_at = Some(at);
        }
    }
    Ok(brought)
}

async fn tell_raised(
    state: &ManageState,
    caller: &Caller,
    tx: &mut TenantTx,
    budget: &Raised,
) -> Result<(), Fault> {
    if check::budget_limit(&NanoUsd(budget.to)).is_err() {
        let text = "has a budget that can't be raised so far";
        return Err(wrong("key_id", "out_of_range", text));
    }
    let target = Target {
        id: budget.id.0,
        name: &budget.name,
    };
    let told = json!({"limit_nano": {"from": NanoUsd(budget.from), "to": NanoUsd(budget.to)}});
    trail::record(tx, state.clock(), &caller.into(), "budget.updated", target, told).await?;
    announce(tx, Topic::Budget, budget.id.0, budget.version).await?;
    Ok(())
}

/// The key's expiry with so many days more: from now on, if it is over. One that lives from its first use on lives longer.
fn extended(key: &LockedKey, days: u32, now: DateTime<Utc>) -> Result<Extended, Fault> {
    let too_late = || {
        let text = "would expire later than a calendar in use goes";
        wrong("key_id", "out_of_range", text)
    };
    let more = TimeDelta::days(days.into());
    if let Some(lifetime) = key.lifetime_s {
        let longer = lifetime.saturating_add(more.num_seconds());
        let fits = u64::try_from(longer).is_ok_and(|seconds| check::lifetime_s(seconds).is_ok());
        return fits
            .then_some(Extended::FromFirstUse(longer))
            .ok_or_else(too_late);
    }
    let Some(expires_at) = key.expires_at else {
        let text = "never expires, so the voucher's days would be lost";
        return Err(wrong("key_id", "never_expires", text));
    };
    let later = expires_at.max(now).checked_add_signed(more);
    let later = later.filter(|at| check::instant(at).is_ok());
    later.map(Extended::Until).ok_or_else(too_late)
}
