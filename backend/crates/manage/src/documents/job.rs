//! Closes months by itself, a while after they ended, and sends their invoices where an organisation wants that.

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
            let Some(month) = close_one(db, tenant, due).await? else {
                break;
            };
            closed += 1;
            send_one(db, job, tenant, month).await?;
        }
    }
    Ok(closed)
}

/// Whose last close, or beginning, lies so far back that a month may be due.
async fn tenants(db: &Db, due: DateTime<Utc>) -> Result<Vec<TenantId>, StoreError> {
    let mut tx = db.jobs().await?;
    let found = sqlx::query_scalar!(
        "SELECT t.tenant_id FROM tenants t
         LEFT JOIN LATERAL (SELECT max(p.ends_at) AS ended FROM billing_periods p WHERE p.tenant_id = t.tenant_id) AS p
             ON true
         WHERE t.status <> 'deleted' AND COALESCE(p.ended + $3, t.created_at) < $1
           AND EXISTS (SELECT FROM ledger_heads h WHERE h.tenant_id = t.tenant_id)
         ORDER BY COALESCE(p.ended, t.created_at) LIMIT $2",
        due,
        TENANTS_MAX,
        sqlx::postgres::types::PgInterval::try_from(MONTH_MIN).map_err(|error| StoreError::Settings(error.to_string()))?
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(found.into_iter().map(|id: Uuid| TenantId(id)).collect())
}

async fn close_one(db: &Db, tenant: TenantId, due: DateTime<Utc>) -> Result<Option<NaiveDate>, StoreError> {
    let mut tx = db.tenant(tenant).await?;
    let Some(period) = open_period(&mut tx).await?.filter(|period| period.ends_at <= due) else {
        return Ok(None);
    };
    match close(&mut tx, db.clock(), period.month, JOB).await {
        Ok(_) => {
            tx.commit().await?;
            tracing::info!(tenant.id = %tenant, month = %period.month.format("%Y-%m"), "a month was closed");
            Ok(Some(period.month))
        }
        Err(CloseError::Store(error)) => Err(error),
        Err(error @ CloseError::DoesNotTie(_)) => {
            alarm(&error);
            Ok(None)
        }
        // Somebody else was quicker.
        Err(_) => Ok(None),
    }
}

/// What keeps an invoice from being sent is no reason to leave others' months open.
async fn send_one(db: &Db, job: &CloseMonths, tenant: TenantId, month: NaiveDate) -> Result<(), StoreError> {
    match try_to_send(db, job, tenant, month).await {
        Ok(()) => Ok(()),
        Err(fault) if fault.code() == Code::Unavailable => Err(StoreError::Settings(fault.text())),
        Err(fault) => {
            let reason = fault.inner().map_or_else(|| fault.text(), str::to_owned);
            tracing::warn!(tenant.id = %tenant, month = %month.format("%Y-%m"), reason, "no invoice was sent by itself");
            Ok(())
        }
    }
}

async fn try_to_send(db: &Db, job: &CloseMonths, tenant: TenantId, month: NaiveDate) -> Result<(), Fault> {
    let mut tx = db.tenant(tenant).await?;
    let profile = store::profile(&mut tx).await?;
    if !profile.send_by_itself {
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
