//! The proof that the books agree: every figure is computed again from the rows beneath it and compared. Reads only,
//! tenant by tenant, each in one snapshot, so it runs beside a serving house. Never in here: repairing anything.

mod books;
mod chain;
mod house;
mod rollups;

use crate::error::LedgerError;
use std::collections::BTreeMap;
use tollgate_contract::ids::TenantId;
use tollgate_store::{Db, JobsTx};
use uuid::Uuid;

/// Tenants listed at a time.
const TENANTS_PAGE: i64 = 200;
/// Failures kept: the first of each check and tenant, and no more than can be read.
const FAILURES_MAX: usize = 100;

/// A row that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyFailure {
    /// Which check.
    pub check: &'static str,
    /// Whose row; `None` where it is the house's.
    pub tenant_id: Option<TenantId>,
    /// Which row, by its ids.
    pub row: String,
    /// What it should be.
    pub expected: String,
    /// What it is.
    pub found: String,
}

impl std::fmt::Display for VerifyFailure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: ", self.check)?;
        if let Some(tenant) = self.tenant_id {
            write!(f, "tenant {tenant}, ")?;
        }
        write!(
            f,
            "{}: expected {}, found {}",
            self.row, self.expected, self.found
        )
    }
}

/// What was checked and what did not fit.
#[derive(Clone, Debug, Default)]
pub struct VerifyReport {
    /// Rows looked at, per check.
    pub checks: BTreeMap<&'static str, u64>,
    /// Tenants looked at.
    pub tenants: u64,
    /// The first row of each check and tenant that does not fit.
    pub failures: Vec<VerifyFailure>,
}

impl VerifyReport {
    /// Whether everything fits.
    pub fn passed(&self) -> bool {
        self.failures.is_empty()
    }

    /// Rows looked at, all together.
    pub fn rows(&self) -> u64 {
        self.checks.values().sum()
    }

    /// Notes what a check looked at, and the first row that did not fit.
    fn note(&mut self, check: &'static str, rows: i64, misfit: Option<Misfit>, tenant: Option<Uuid>) {
        *self.checks.entry(check).or_default() += u64::try_from(rows).unwrap_or(0);
        if let Some(misfit) = misfit
            && self.failures.len() < FAILURES_MAX
        {
            let Misfit { row, expected, found } = misfit;
            self.failures.push(VerifyFailure {
                check,
                tenant_id: tenant.map(TenantId),
                row,
                expected,
                found,
            });
        }
    }
}

/// A row that does not fit, before it is known whose it is.
#[derive(Clone, Debug)]
struct Misfit {
    row: String,
    expected: String,
    found: String,
}

impl Misfit {
    fn new(row: impl Into<String>, expected: impl ToString, found: impl ToString) -> Self {
        Self {
            row: row.into(),
            expected: expected.to_string(),
            found: found.to_string(),
        }
    }
}

/// Verifies all tenants' books and the house's own.
///
/// # Errors
/// Only if the database can't be read; what does not fit stands in the report.
pub async fn verify(db: &Db) -> Result<VerifyReport, LedgerError> {
    let mut report = VerifyReport::default();
    let mut after = Uuid::nil();
    loop {
        let mut tx = db.jobs().await?;
        let tenants = sqlx::query_scalar!(
            "SELECT tenant_id FROM tenants WHERE tenant_id > $1 ORDER BY tenant_id LIMIT $2",
            after,
            TENANTS_PAGE
        )
        .fetch_all(tx.conn())
        .await?;
        drop(tx);
        let Some(last) = tenants.last() else { break };
        after = *last;
        for tenant in tenants {
            verify_tenant(db, tenant, &mut report).await?;
        }
    }
    let mut tx = snapshot(db).await?;
    house::verify(&mut tx, &mut report).await?;
    Ok(report)
}

async fn verify_tenant(db: &Db, tenant: Uuid, report: &mut VerifyReport) -> Result<(), LedgerError> {
    let mut tx = snapshot(db).await?;
    rollups::verify(&mut tx, tenant, report).await?;
    chain::verify(&mut tx, tenant, report).await?;
    books::verify(&mut tx, tenant, report).await?;
    report.tenants += 1;
    Ok(())
}

/// A transaction that sees one moment.
async fn snapshot(db: &Db) -> Result<JobsTx, LedgerError> {
    let mut tx = db.jobs().await?;
    sqlx::query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        .execute(tx.conn())
        .await?;
    Ok(tx)
}
