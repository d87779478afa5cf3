//! Payments in the database.

use chrono::{DateTime, Utc};
use tollgate_contract::ids::{PaymentId, TransferId};
use tollgate_contract::money::NanoUsd;
use tollgate_contract::payments::{Payment, PaymentStatus};
use tollgate_store::{StoreError, TenantTx};

/// How many payments are listed.
const LISTED_MAX: i64 = 100;

pub(super) async fn insert(tx: &mut TenantTx, payment: &Payment) -> Result<(), StoreError> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "INSERT INTO payment_intents (tenant_id, payment_id, provider, amount_nano, created_by, created_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
        tenant.0,
        payment.id.0,
        payment.provider,
        payment.amount_nano.0,
        payment.created_by,
        payment.created_at
    )
    .execute(tx.conn())
    .await?;
    tx.enter_payment(payment.id).await
}

/// The newest payments, or the one of this id.
pub(super) async fn read(tx: &mut TenantTx, wanted: Option<PaymentId>) -> Result<Vec<Payment>, StoreError> {
    let tenant = tx.tenant_id();
    let rows = sqlx::query!(
        "SELECT payment_id, provider, amount_nano, status, provider_id, transfer_id, tested_at, decided_at, created_by,
                created_at
         FROM payment_intents WHERE tenant_id = $1 AND ($2::uuid IS NULL OR payment_id = $2)
         ORDER BY payment_id DESC LIMIT $3",
        tenant.0,
        wanted.map(|payment| payment.0),
        LISTED_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    let payments = rows.into_iter().filter_map(|row| {
        Some(Payment {
            id: PaymentId(row.payment_id),
            provider: row.provider,
            amount_nano: NanoUsd(row.amount_nano),
            status: PaymentStatus::parse(&row.status)?,
            provider_id: row.provider_id,
            transfer_id: row.transfer_id.map(TransferId),
            tested_at: row.tested_at,
            decided_at: row.decided_at,
            created_by: row.created_by,
            created_at: row.created_at,
        })
    });
    Ok(payments.collect())
}

/// A payment as a provider's call meets it.
#[derive(Clone, Debug)]
pub(super) struct Locked {
    pub(super) provider: String,
    pub(super) amount: i64,
    pub(super) status: PaymentStatus,
    pub(super) transfer: Option<TransferId>,
    /// The tenant's short name.
    pub(super) slug: String,
}

/// A payment, kept from other calls until the transaction ends.
pub(super) async fn lock(tx: &mut TenantTx, payment: PaymentId) -> Result<Option<Locked>, StoreError> {
    let tenant = tx.tenant_id();
    let row = sqlx::query!(
        "SELECT p.provider, p.amount_nano, p.status, p.transfer_id, t.slug
         FROM payment_intents p JOIN tenants t ON t.tenant_id = p.tenant_id
         WHERE p.tenant_id = $1 AND p.payment_id = $2 FOR UPDATE OF p",
        tenant.0,
        payment.0
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.and_then(|row| {
        Some(Locked {
            provider: row.provider,
            amount: row.amount_nano,
            status: PaymentStatus::parse(&row.status)?,
            transfer: row.transfer_id.map(TransferId),
            slug: row.slug,
        })
    }))
}

/// Writes how a locked payment was decided.
pub(super) async fn decide(
    tx: &mut TenantTx,
    payment: PaymentId,
    (status, transfer): (PaymentStatus, Option<TransferId>),
    provider_id: &str,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "UPDATE payment_intents SET status = $3, transfer_id = $4, provider_id = $5, decided_at = $6
         WHERE tenant_id = $1 AND payment_id = $2",
        tenant.0,
        payment.0,
        status.as_str(),
        transfer.map(|transfer| transfer.0),
        provider_id,
        at
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Notes that a locked payment was told to be paid in test mode.
pub(super) async fn note_test(
    tx: &mut TenantTx,
    payment: PaymentId,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "UPDATE payment_intents SET tested_at = $3 WHERE tenant_id = $1 AND payment_id = $2",
        tenant.0,
        payment.0,
        at
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
