//! The proof that the books agree: every figure is computed again from the rows beneath it and compared. Reads only,
//! tenant by tenant, each in one snapshot that its checks share, so it runs beside a serving house. Months that were
//! dropped count with what was noted of them, which their seal vouches for. Never in here: repairing anything.

mod accounts;
mod books;
mod chain;
mod days;
mod documents;
mod dropped;
mod house;
mod kept;
mod periods;
mod quick;
mod rollups;
mod seals;
mod series;
mod slices;
mod spans;
mod sums;

pub use kept::{Verification, ask_verification, run_verification, verifications};

use crate::error::{LedgerError, is_lock_timeout};
use crate::seal::figures;
use sqlx::AssertSqlSafe;
use std::collections::BTreeMap;
use tollgate_contract::ids::TenantId;
use tollgate_store::{Db, JobsTx};
use uuid::Uuid;

/// Tenants listed at a time.
const TENANTS_PAGE: i64 = 200;
/// How often a tenant's books are looked at where locks were not to be had.
const LOCK_TRIES: u32 = 20;
/// Failures kept: the first of each check and tenant, and no more than can be read.
const FAILURES_MAX: usize = 100;

/// How much is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum VerifyScope {
    /// Every row: all hashes are computed again, and all sums.
    #[default]
    Whole,
    /// What was booked since each chain's last seal, row by row; what is sealed counts with the seal's figures.
    SinceSeal,
    /// All sums and the chains' links, but no hash is computed again and no price line read.
    Quick,
}

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

    /// Adds what another report tells.
    fn take(&mut self, other: Self) {
        self.tenants += other.tenants;
        for (check, rows) in other.checks {
            *self.checks.entry(check).or_default() += rows;
        }
        let room = FAILURES_MAX.saturating_sub(self.failures.len());
        self.failures.extend(other.failures.into_iter().take(room));
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

/// Verifies all tenants' books and the house's own, every row of them.
///
/// # Errors
/// Only if the database can't be read; what does not fit stands in the report.
pub async fn verify(db: &Db) -> Result<VerifyReport, LedgerError> {
    verify_within(db, VerifyScope::Whole).await
}

/// Verifies all tenants' books and the house's own, as much of them as is wanted.
///
/// # Errors
/// As for [`verify`].
pub async fn verify_within(db: &Db, scope: VerifyScope) -> Result<VerifyReport, LedgerError> {
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
            report.take(verify_patiently(db, scope, tenant).await?);
        }
    }
    house::verify(db, scope, &mut report).await?;
    seals::verify_all(db, &mut report).await?;
    Ok(report)
}

/// Again where a lock was not to be had: of what waits behind a change of a table (a month that is dropped), which itself
/// waits for what another of the tenant's transactions reads, the database can't know that it waits for itself.
async fn verify_patiently(db: &Db, scope: VerifyScope, tenant: Uuid) -> Result<VerifyReport, LedgerError> {
    let mut tries = 1;
    loop {
        let mut report = VerifyReport::default();
        match verify_tenant(db, scope, tenant, &mut report).await {
            Err(error) if is_lock_timeout(&error) && tries < LOCK_TRIES => tries += 1,
            done => return done.map(|()| report),
        }
    }
}

/// Three things at once that see the same moment: the chain's rows come here while the database sums up the events, and
/// what is made of them.
async fn verify_tenant(
    db: &Db,
    scope: VerifyScope,
    tenant: Uuid,
    report: &mut VerifyReport,
) -> Result<(), LedgerError> {
    let mut tx = snapshot(db).await?;
    no_long_wait(&mut tx).await?;
    let from = match scope {
        VerifyScope::SinceSeal => seals::last(&mut tx, tenant).await?,
        _ => None,
    };
    let (mut over, mut beneath) = (shared(db, &mut tx).await?, shared(db, &mut tx).await?);
    let (mut sums, mut made, mut books) = <(VerifyReport, VerifyReport, VerifyReport)>::default();
    let rows = async {
        match scope {
            VerifyScope::Quick => quick::verify(&mut tx, tenant).await,
            _ => chain::verify(&mut tx, tenant, from.as_ref()).await,
        }
    };
    let events = async {
        if from.is_some() {
            return rollups::verify_months(&mut over, tenant, from.as_ref(), &mut sums).await;
        }
        rollups::verify(&mut over, tenant, &mut sums).await?;
        accounts::verify(&mut over, tenant, &mut sums).await
    };
    let made_of_them = async {
        days::verify(&mut beneath, tenant, &mut made).await?;
        sums::verify(&mut beneath, tenant, from.is_none(), &mut made).await?;
        books::verify(&mut beneath, tenant, from.is_none(), &mut books).await
    };
    let (rows, events, made_of_them) = tokio::join!(rows, events, made_of_them);
    let rows = rows?;
    events.and(made_of_them)?;
    for part in [sums, made, rows.report, books] {
        report.take(part);
    }
    periods::verify(&mut tx, tenant, scope == VerifyScope::Whole, report).await?;
    documents::verify(&mut tx, tenant, report).await?;
    seals::verify_tenant(&mut tx, tenant, rows.sealed.as_ref(), report).await?;
    report.tenants += 1;
    Ok(())
}

/// What a look at a tenant's rows told.
#[derive(Debug, Default)]
struct Rows {
    report: VerifyReport,
    /// What the rows up to the last seal come to, month by month, dropped ones included; `None`: not looked at.
    sealed: Option<BTreeMap<chrono::NaiveDate, figures::Figures>>,
}

/// A transaction that sees one moment, with room for the sums of a span; compiling its statements would take longer than
/// they do.
async fn snapshot(db: &Db) -> Result<JobsTx, LedgerError> {
    let mut tx = db.jobs().await?;
    for setting in [
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
        "SET LOCAL work_mem = '64MB'",
        "SET LOCAL jit = off",
    ] {
        sqlx::query(setting).execute(tx.conn()).await?;
    }
    Ok(tx)
}

/// Locks are waited for this long and no longer: see [`verify_patiently`].
async fn no_long_wait(tx: &mut JobsTx) -> Result<(), LedgerError> {
    sqlx::query("SET LOCAL lock_timeout = '5s'")
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Another transaction that sees the same moment as one that goes on.
async fn shared(db: &Db, with: &mut JobsTx) -> Result<JobsTx, LedgerError> {
    let id = sqlx::query_scalar!(r#"SELECT pg_export_snapshot() AS "id!""#)
        .fetch_one(with.conn())
        .await?;
    let mut tx = snapshot(db).await?;
    // The statement takes no parameters; the id is the database's own word of hex digits and hyphens.
    let id: String = id
        .chars()
        .filter(|c| c.is_ascii_hexdigit() || *c == '-')
        .collect();
    sqlx::query(AssertSqlSafe(format!("SET TRANSACTION SNAPSHOT '{id}'")))
        .execute(tx.conn())
        .await?;
    no_long_wait(&mut tx).await?;
    Ok(tx)
}
