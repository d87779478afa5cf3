//! What a batch adds to rollups, leases and ledgers: pure sums over the rows that were really inserted and over
//! corrections, in maps whose order is the order of locking.

use super::canonical::{CorrectionFacts, Hash, Tokens};
use super::row::EventRow;
use crate::error::LedgerError;
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Key of `usage_15m`.
pub(super) type QuarterKey = (Uuid, DateTime<Utc>, String, String, &'static str);
/// Key of `usage_day`.
pub(super) type DayKey = (Uuid, NaiveDate, Uuid, Uuid, Uuid, String, String);
/// Tenant, budget, the period's start, node, epoch.
pub(super) type LeaseKey = (Uuid, Uuid, DateTime<Utc>, Uuid, i64);

/// An exact figure that came after its estimate was booked: the differences, and where the event was counted.
#[derive(Clone, Debug)]
pub(super) struct Correction {
    pub tenant_id: Uuid,
    pub request_id: Uuid,
    pub tokens: Tokens,
    pub charge: i64,
    pub quarter: QuarterKey,
    pub day: DayKey,
    pub leases: Vec<LeaseKey>,
    pub cost: Option<CostChange>,
}

/// The same for the platform's cost.
#[derive(Clone, Debug)]
pub(super) struct CostChange {
    pub account_id: Uuid,
    pub cost: i64,
    /// To what the platform's books hold of the charge.
    pub charge: i64,
    pub platform: String,
    pub model: String,
    pub price_version: Uuid,
}

impl Correction {
    pub fn digest(&self) -> Hash {
        CorrectionFacts {
            tenant_id: self.tenant_id,
            request_id: self.request_id,
            tokens: self.tokens,
            charge: self.charge,
        }
        .digest()
    }
}

/// Sums of one rollup row.
#[derive(Clone, Debug, Default)]
pub(super) struct Sums {
    pub requests: i64,
    pub tokens: Tokens,
    pub charge: i64,
    pub duration_ms: i64,
    pub last_request: Uuid,
}

impl Sums {
    fn add(
        &mut self,
        requests: i64,
        tokens: &Tokens,
        charge: i64,
        duration_ms: i64,
    ) -> Result<(), LedgerError> {
        self.requests = plus(self.requests, requests)?;
        for (sum, count) in self.tokens.iter_mut().zip(tokens) {
            *sum = plus(*sum, *count)?;
        }
        self.charge = plus(self.charge, charge)?;
        self.duration_ms = plus(self.duration_ms, duration_ms)?;
        Ok(())
    }
}

/// What one tenant's batch comes to.
#[derive(Clone, Debug, Default)]
pub(super) struct TenantSums {
    pub events: i64,
    pub usage: i64,
    pub corrected_up: i64,
    pub corrected_down: i64,
    pub digests: Vec<Hash>,
}

/// All sums of a settlement.
#[derive(Debug, Default)]
pub(super) struct BatchSums {
    pub tenants: BTreeMap<Uuid, TenantSums>,
    pub quarters: BTreeMap<QuarterKey, Sums>,
    pub days: BTreeMap<DayKey, Sums>,
    /// Settled and overrun.
    pub leases: BTreeMap<LeaseKey, (i64, i64)>,
}

/// Checked: a sum that does not fit is a poisoned entry's doing.
pub(super) fn plus(a: i64, b: i64) -> Result<i64, LedgerError> {
    a.checked_add(b)
        .ok_or_else(|| LedgerError::Figure(format!("{a} + {b} does not fit 64 bits")))
}

impl BatchSums {
    pub fn add_event(&mut self, row: &EventRow) -> Result<(), LedgerError> {
        let tenant = self.tenants.entry(row.tenant_id).or_default();
        tenant.events = plus(tenant.events, 1)?;
        tenant.usage = plus(tenant.usage, row.charge)?;
        tenant.digests.push(row.digest());
        let quarter = self.quarters.entry(quarter_key(row)).or_default();
        quarter.add(1, &row.tokens, row.charge, i64::from(row.duration_ms))?;
        let day = self.days.entry(day_key(row)).or_default();
        day.add(1, &row.tokens, row.charge, 0)?;
        day.last_request = day.last_request.max(row.request_id);
        for (budget, start) in &row.budgets {
            let key = (row.tenant_id, *budget, *start, row.node_id, row.epoch);
            let lease = self.leases.entry(key).or_default();
            *lease = (plus(lease.0, row.charge)?, plus(lease.1, row.overrun())?);
        }
        Ok(())
    }

    pub fn add_correction(&mut self, correction: &Correction) -> Result<(), LedgerError> {
        let tenant = self.tenants.entry(correction.tenant_id).or_default();
        if correction.charge >= 0 {
            tenant.corrected_up = plus(tenant.corrected_up, correction.charge)?;
        } else {
            tenant.corrected_down = plus(tenant.corrected_down, correction.charge.saturating_neg())?;
        }
        tenant.digests.push(correction.digest());
        let quarter = self.quarters.entry(correction.quarter.clone()).or_default();
        quarter.add(0, &correction.tokens, correction.charge, 0)?;
        let day = self.days.entry(correction.day.clone()).or_default();
        day.add(0, &correction.tokens, correction.charge, 0)?;
        for key in &correction.leases {
            let lease = self.leases.entry(*key).or_default();
            lease.0 = plus(lease.0, correction.charge)?;
        }
        Ok(())
    }
}

pub(super) fn quarter_key(row: &EventRow) -> QuarterKey {
    (
        row.tenant_id,
        row.bucket,
        row.platform.clone(),
        row.model.clone(),
        row.status.as_str(),
    )
}

/// The nil UUID stands for none.
pub(super) fn day_key(row: &EventRow) -> DayKey {
    let (user, account) = (
        row.user_id.unwrap_or_default(),
        row.account_id.unwrap_or_default(),
    );
    (
        row.tenant_id,
        row.local_date,
        row.key_id,
        user,
        account,
        row.model.clone(),
        row.cost_centre.clone(),
    )
}
