//! Vouchers in the database, without their codes.

use super::make::{MadeVoucher, VoucherOrder};
use chrono::{DateTime, Utc};
use tollgate_contract::ids::{KeyId, TransferId, UserId, VoucherId};
use tollgate_contract::money::NanoUsd;
use tollgate_contract::vouchers::{Voucher, VoucherValue};
use tollgate_store::{StoreError, TenantTx};
use uuid::Uuid;

pub(super) fn value(kind: &str, amount: i64, days: i32) -> VoucherValue {
    let amount_nano = NanoUsd(amount);
    if kind == "credit" {
        return VoucherValue::Credit { amount_nano };
    }
    VoucherValue::Key {
        amount_nano,
        days: u32::try_from(days).unwrap_or_default(),
    }
}

pub(super) async fn insert(
    tx: &mut TenantTx,
    made: &[MadeVoucher],
    order: &VoucherOrder,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let tenant = tx.tenant_id();
    let ids: Vec<Uuid> = made.iter().map(|voucher| voucher.id.0).collect();
    let ends: Vec<String> = made
        .iter()
        .map(|voucher| voucher.code.last_four().to_owned())
        .collect();
    sqlx::query!(
        "INSERT INTO vouchers (tenant_id, voucher_id, last_four, kind, amount_nano, days, note, expires_at, created_by,
                               created_at)
         SELECT $1, id, last_four, $4, $5, $6, $7, $8, $9, $10 FROM unnest($2::uuid[], $3::text[]) AS row (id, last_four)",
        tenant.0,
        &ids,
        &ends,
        order.terms.kind(),
        order.terms.amount_nano,
        order.terms.days,
        order.note,
        order.terms.expires_at,
        order.author,
        at
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The tenant's own vouchers, the newest first; or the one of this id.
pub(super) async fn read(
    tx: &mut TenantTx,
    wanted: Option<VoucherId>,
    before: Option<Uuid>,
    limit: usize,
) -> Result<Vec<Voucher>, StoreError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query!(
        r#"SELECT v.voucher_id, v.last_four, v.kind, v.amount_nano, v.days, v.note, v.expires_at, v.revoked_at,
                  v.created_by, v.created_at, r.redeemed_at AS "redeemed_at?", r.redeemed_by AS "redeemed_by?", r.key_id
           FROM vouchers v
           LEFT JOIN voucher_redemptions r ON r.tenant_id = v.tenant_id AND r.voucher_id = v.voucher_id
           WHERE v.tenant_id = $1 AND ($2::uuid IS NULL OR v.voucher_id = $2)
             AND ($3::uuid IS NULL OR v.voucher_id < $3)
           ORDER BY v.voucher_id DESC LIMIT $4"#,
        tenant.0,
        wanted.map(|voucher| voucher.0),
        before,
        i64::try_from(limit).unwrap_or(i64::MAX)
    )
    .fetch_all(tx.conn())
    .await?;
    let vouchers = rows.into_iter().map(|row| Voucher {
        id: VoucherId(row.voucher_id),
        last_four: row.last_four,
        value: value(&row.kind, row.amount_nano, row.days),
        note: row.note,
        expires_at: row.expires_at,
        redeemed_at: row.redeemed_at,
        redeemed_by: row.redeemed_by.unwrap_or_default(),
        key_id: row.key_id.map(KeyId),
        revoked_at: row.revoked_at,
        created_by: row.created_by,
        created_at: row.created_at,
    });
    Ok(vouchers.collect())
}

pub(super) async fn mark_revoked(
    tx: &mut TenantTx,
    voucher: VoucherId,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "UPDATE vouchers SET revoked_at = $3 WHERE tenant_id = $1 AND voucher_id = $2",
        tenant.0,
        voucher.0,
        at
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What a voucher brought to this tenant.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Brought {
    pub(super) key: Option<KeyId>,
    pub(super) transfer: Option<TransferId>,
    /// The key's expiry thereafter, where days were added.
    pub(super) expires_at: Option<DateTime<Utc>>,
}

/// What a voucher brought to this tenant before.
pub(super) async fn redemption(tx: &mut TenantTx, voucher: VoucherId) -> Result<Option<Brought>, StoreError> {
    let tenant = tx.tenant_id();
    let row = sqlx::query!(
        "SELECT key_id, transfer_id, key_expires_at FROM voucher_redemptions WHERE tenant_id = $1 AND voucher_id = $2",
        tenant.0,
        voucher.0
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| Brought {
        key: row.key_id.map(KeyId),
        transfer: row.transfer_id.map(TransferId),
        expires_at: row.key_expires_at,
    }))
}

pub(super) async fn insert_redemption(
    tx: &mut TenantTx,
    voucher: VoucherId,
    (user, name): (UserId, &str),
    brought: &Brought,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "INSERT INTO voucher_redemptions (tenant_id, voucher_id, user_id, redeemed_by, key_id, transfer_id, key_expires_at,
                                          redeemed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        tenant.0,
        voucher.0,
        user.0,
        name,
        brought.key.map(|key| key.0),
        brought.transfer.map(|transfer| transfer.0),
        brought.expires_at,
        at
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A key as a voucher meets it.
#[derive(Debug)]
pub(super) struct LockedKey {
    pub(super) name: String,
    pub(super) owner: Option<UserId>,
    pub(super) expires_at: Option<DateTime<Utc>>,
    /// How long it lives from its first use on, where that has not been yet.
    pub(super) lifetime_s: Option<i64>,
}

/// A key that is not deleted, kept from others' changes until the transaction ends.
pub(super) async fn lock_key(tx: &mut TenantTx, key: KeyId) -> Result<Option<LockedKey>, StoreError> {
    let tenant = tx.tenant_id();
    let row = sqlx::query!(
        "SELECT name, owner_user_id, expires_at, lifetime_s FROM api_keys
         WHERE tenant_id = $1 AND key_id = $2 AND deleted_at IS NULL FOR UPDATE",
        tenant.0,
        key.0
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| LockedKey {
        name: row.name,
        owner: row.owner_user_id.map(UserId),
        expires_at: row.expires_at,
        lifetime_s: row.lifetime_s.filter(|_| row.expires_at.is_none()),
    }))
}

/// What a key's days are after some were added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extended {
    /// It expires then.
    Until(DateTime<Utc>),
    /// It lives for so many seconds from its first use on.
    FromFirstUse(i64),
}

/// Sets a locked key's expiry or lifetime and gives it the next version.
pub(super) async fn set_key_days(
    tx: &mut TenantTx,
    key: KeyId,
    extended: Extended,
    at: DateTime<Utc>,
) -> Result<i64, StoreError> {
    let tenant = tx.tenant_id();
    let (expires_at, lifetime_s) = match extended {
        Extended::Until(expires_at) => (Some(expires_at), None),
        Extended::FromFirstUse(seconds) => (None, Some(seconds)),
    };
    Ok(sqlx::query_scalar!(
        "UPDATE api_keys SET expires_at = COALESCE($3, expires_at), lifetime_s = COALESCE($4, lifetime_s), updated_at = $5,
                             version = version + 1
         WHERE tenant_id = $1 AND key_id = $2 RETURNING version",
        tenant.0,
        key.0,
        expires_at,
        lifetime_s,
        at
    )
    .fetch_one(tx.conn())
    .await?)
}
