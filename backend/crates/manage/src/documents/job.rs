//! Closes months by itself, a while after they ended, and sends their invoices where an organisation wants that.

use super::carry::taken_in;
use super::close::alarm;
use super::deliver::{post, rendered};
use super::issue::issue;
use super::settings::DocumentSettings;
use super::store;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use std::time::Duration;
use tollgate_contract::ids::TenantId;
use tollgate_http::{Code, Fault};
use tollgate_ledger::{CloseError, close, open_period};
use tollgate_store::{Db, StoreError};
use uuid::Uuid;

/// Organisations of one run; the others are the next run's.
const TENANTS_MAX: i64 = 200;
/// Invoices of one run; the others are the next run's.
const INVOICES_MAX: i64 = 200;
/// Months of one organisation in a run.
const MONTHS_MAX: usize = 12;
/// No month is shorter: whoever closed one has nothing to close for so long.
const MONTH_MIN: TimeDelta = TimeDelta::days(28);
/// As documents and the ledger name who did it.
const JOB: &str = "monthly close";

/// What the job goes by.
#[derive(Clone, Debug)]
pub struct CloseMonths {
    /// How long after its end a month is closed.
    pub after: Duration,
    /// How documents are made.
    pub documents: DocumentSettings,
}

/// Closes what is due; tells how many months it were.
///
/// # Errors
/// If the database can't be reached. A month whose figures do not tie stays open and is told of; others are closed.
pub async fn close_months(db: &Db, job: &CloseMonths) -> Result<u64, StoreError> {
    let after = TimeDelta::from_std(job.after).unwrap_or(TimeDelta::MAX);
    let due = db
        .clock()
        .now()
        .checked_sub_signed(after)
        .unwrap_or(DateTime::UNIX_EPOCH);
    let mut closed = 0;
    for tenant in tenants(db, due).await? {
        for _ in 0..MONTHS_MAX {
            match close_one(db, tenant, due).await {
                Ok(true) => closed += 1,
                Ok(false) => break,
                Err(error @ (StoreError::Unavailable(_) | StoreError::Stopped)) => return Err(error),
                // One organisation's books are no reason to leave others' months open.
                Err(error) => {
                    alarm(&CloseError::Store(error), tenant);
                    break;
                }
            }
        }
    }
    send_waiting(db, job).await?;
    Ok(closed)
}

/// Issues and sends what should have gone out by itself and has not, be it that a node stopped in between or that something
/// was missing then. In no order, so that those that can't be sent keep nobody waiting for ever.
async fn send_waiting(db: &Db, job: &CloseMonths) -> Result<(), StoreError> {
    let mut tx = db.jobs().await?;
    let mut waiting = sqlx::query!(
        "SELECT p.tenant_id, p.month FROM billing_periods p
         JOIN billing_profiles b ON b.tenant_id = p.tenant_id AND b.send_by_itself AND b.send_since <= p.closed_at
         WHERE p.usage_nano > 0
           AND NOT EXISTS (SELECT FROM billing_documents d
                           WHERE d.tenant_id = p.tenant_id AND d.month = p.month AND d.kind = 'invoice')
           AND NOT EXISTS (SELECT FROM billing_carried c WHERE c.tenant_id = p.tenant_id AND c.month = p.month)
         ORDER BY random() LIMIT $1",
        INVOICES_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    drop(tx);
    waiting.sort_by_key(|row| row.month);
    let mut left = 0_u32;
    for row in waiting {
        let sent = send_one(db, job, TenantId(row.tenant_id), row.month).await?;
        left += u32::from(!sent);
    }
    metrics::gauge!("tollgate_invoices_waiting").set(left);
    Ok(())
}

/// Whose last close, or beginning, lies so far back that a month may be due.
async fn tenants(db: &Db, due: DateTime<Utc>) -> Result<Vec<TenantId>, StoreError> {
    let mut tx = db.jobs().await?;
    let found = sqlx::query_scalar!(
        "SELECT t.tenant_id FROM tenants t
         LEFT JOIN LATERAL (SELECT max(p.ends_at) AS ended FROM billing_periods p WHERE p.tenant_id = t.tenant_id) AS p
             ON true
         JOIN ledger_heads h ON h.tenant_id = t.tenant_id
         WHERE COALESCE(p.ended + $3, t.created_at) < $1
           -- Of one that was deleted, as far as anything was booked: retention waits for these months.
           AND (t.status <> 'deleted' OR COALESCE(h.last_booked_at, t.created_at) >= COALESCE(p.ended, t.created_at))
         ORDER BY COALESCE(p.ended, t.created_at) LIMIT $2",
        due,
        TENANTS_MAX,
        sqlx::postgres::types::PgInterval::try_from(MONTH_MIN).map_err(|error| StoreError::Settings(error.to_string()))?
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(found.into_iter().map(|id: Uuid| TenantId(id)).collect())
}

/// Whether a month was closed.
async fn close_one(db: &Db, tenant: TenantId, due: DateTime<Utc>) -> Result<bool, StoreError> {
    let mut tx = db.tenant(tenant).await?;
    tx.unhurried().await?;
    let Some(period) = open_period(&mut tx).await?.filter(|period| period.ends_at <= due) else {
        return Ok(false);
    };
    match close(&mut tx, db.clock(), period.month, JOB).await {
        Ok(_) => {
            tx.commit().await?;
            tracing::info!(tenant.id = %tenant, month = %period.month.format("%Y-%m"), "a month was closed");
            Ok(true)
        }
        Err(CloseError::Store(error)) => Err(error),
        Err(error @ CloseError::DoesNotTie(_)) => {
            alarm(&error, tenant);
            Ok(false)
        }
        // Somebody else was quicker.
        Err(_) => Ok(false),
    }
}

/// Tells whether it is sent, or there is nothing to send. What keeps one from being sent is no reason to leave others waiting.
async fn send_one(
    db: &Db,
    job: &CloseMonths,
    tenant: TenantId,
    month: NaiveDate,
) -> Result<bool, StoreError> {
    match try_to_send(db, job, tenant, month).await {
        Ok(()) => Ok(true),
        Err(fault) if fault.code() == Code::Unavailable => Err(StoreError::Settings(fault.text())),
        Err(fault) => {
            let reason = fault.inner().map_or_else(|| fault.text(), str::to_owned);
            let month = month.format("%Y-%m");
            tracing::error!(tenant.id = %tenant, %month, reason, "an invoice that should go out by itself waits");
            Ok(false)
        }
    }
}

async fn try_to_send(db: &Db, job: &CloseMonths, tenant: TenantId, month: NaiveDate) -> Result<(), Fault> {
    let mut tx = db.tenant(tenant).await?;
    let profile = store::profile(&mut tx).await?;
    let Some(closed) = store::closed(&mut tx, month)
        .await?
        .filter(|_| profile.send_by_itself)
    else {
        return Ok(());
    };
    if taken_in(&mut tx, &closed).await?.is_none() {
        return Ok(());
    }
    let (id, _) = issue(&mut tx, db.clock(), &job.documents, JOB, month).await?;
    if job.documents.mail && !profile.contact_email.is_empty() {
        let stored = store::document(&mut tx, id)
            .await?
            .ok_or_else(|| Fault::new(Code::NotFound))?;
        let file = rendered(db.core(), job.documents.fonts.as_ref(), &stored).await?;
        post(&mut tx, db.clock(), &stored, &profile.contact_email, file).await?;
    }
    tx.commit().await?;
    Ok(())
}
