//! What a batch adds to rollups, leases and ledgers: pure sums over the rows that were really inserted and over
//! corrections, in maps whose order is the order of locking.

use super::canonical::{CorrectionFacts, ENCODING, Hash, OtherMeters, Tokens};
use super::dims::Dims;
use super::row::EventRow;
use crate::entry::Quality;
use crate::error::LedgerError;
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use std::collections::{BTreeMap, HashMap};
use tollgate_money::local_date;
use uuid::Uuid;

/// Booked so long after it was made, a request counts as late: milliseconds of a day.
const LATE_MS: i64 = 86_400_000;

/// Key of `usage_15m`.
pub(super) type QuarterKey = (Uuid, DateTime<Utc>, String, String, &'static str);
/// Key of `usage_day`. The combination's id stands last.
pub(super) type DayKey = (Uuid, NaiveDate, Dims, Uuid);
/// Key of `usage_slices`: tenant, quarter of an hour, combination.
pub(super) type SliceKey = (Uuid, DateTime<Utc>, Uuid);
/// Tenant, budget, the period's start, node, epoch.
pub(super) type LeaseKey = (Uuid, Uuid, DateTime<Utc>, Uuid, i64);

/// An exact figure that came after its estimate was booked: the differences, and where the event was counted.
#[derive(Clone, Debug)]
pub(super) struct Correction {
    pub tenant_id: Uuid,
    pub request_id: Uuid,
    pub tokens: Tokens,
    pub other_meters: OtherMeters,
    /// The exact figures'.
    pub service_tier: &'static str,
    pub charge: i64,
    pub quarter: QuarterKey,
    pub dims: Dims,
    pub leases: Vec<LeaseKey>,
    /// The model that was sent.
    pub sent_model: String,
    pub cost: Option<CostChange>,
    /// Where it is a re-pricing's, and not an exact figure after its estimate.
    pub repriced: Option<Repriced>,
}

/// What a re-pricing keeps of a correction.
#[derive(Clone, Debug)]
pub(super) struct Repriced {
    pub repricing_id: Uuid,
    pub price_version: Uuid,
    /// The arithmetic of the new charge.
    pub price_lines: serde_json::Value,
    /// Whether the request's month was closed.
    pub late: bool,
}

/// The same for the platform's cost.
#[derive(Clone, Debug)]
pub(super) struct CostChange {
    pub account_id: Uuid,
    pub cost: i64,
    /// The exact cost's arithmetic.
    pub lines: serde_json::Value,
    /// To what the platform's books hold of the charge.
    pub charge: i64,
    pub platform: String,
    pub model: String,
    pub price_version: Uuid,
    /// Where it is a re-pricing's.
    pub repriced: Option<RepricedCost>,
}

/// What a re-pricing keeps of a change of cost.
#[derive(Clone, Copy, Debug)]
pub(super) struct RepricedCost {
    pub repricing_id: Uuid,
    /// The platform's transfer in which the cost was booked.
    pub corrects: Option<Uuid>,
}

impl Correction {
    pub fn digest(&self) -> Hash {
        CorrectionFacts {
            tenant_id: self.tenant_id,
            request_id: self.request_id,
            tokens: self.tokens,
            charge: self.charge,
            repriced: self
                .repriced
                .as_ref()
                .map(|repriced| (repriced.repricing_id, repriced.price_version)),
            other_meters: &self.other_meters,
            service_tier: self.service_tier,
        }
        .digest(ENCODING)
    }
}

/// Sums of one rollup row.
#[derive(Clone, Debug, Default)]
pub(super) struct Sums {
    pub requests: i64,
    pub tokens: Tokens,
    pub charge: i64,
    pub duration_ms: i64,
    /// Over those that had a first byte.
    pub ttfb_ms: i64,
    /// How many had one.
    pub ttfb_requests: i64,
    /// Whose figures are estimates still.
    pub estimated: i64,
    /// Booked a day or more after they were made.
    pub late: i64,
    pub last_request: Uuid,
}

impl Sums {
    /// What one event adds.
    fn of_event(row: &EventRow, booked_at: DateTime<Utc>) -> Self {
        let made = i64::try_from(row.request_id.as_u128() >> 80).unwrap_or(i64::MAX);
        Self {
            requests: 1,
            tokens: row.tokens,
            charge: row.charge,
            duration_ms: i64::from(row.duration_ms),
            ttfb_ms: i64::from(row.ttfb_ms.unwrap_or_default()),
            ttfb_requests: i64::from(row.ttfb_ms.is_some()),
            estimated: i64::from(row.quality == Quality::Estimated),
            late: i64::from(booked_at.timestamp_millis().saturating_sub(made) >= LATE_MS),
            last_request: row.request_id,
        }
    }

    /// What a correction adds. An exact figure after an estimate ends that; a re-pricing leaves figures as they are.
    fn of_correction(correction: &Correction) -> Self {
        Self {
            tokens: correction.tokens,
            charge: correction.charge,
            estimated: -i64::from(correction.repriced.is_none()),
            ..Self::default()
        }
    }

    fn add(&mut self, more: &Self) -> Result<(), LedgerError> {
        self.requests = plus(self.requests, more.requests)?;
        for (sum, count) in self.tokens.iter_mut().zip(more.tokens) {
            *sum = plus(*sum, count)?;
        }
        self.charge = plus(self.charge, more.charge)?;
        self.duration_ms = plus(self.duration_ms, more.duration_ms)?;
        self.ttfb_ms = plus(self.ttfb_ms, more.ttfb_ms)?;
        self.ttfb_requests = plus(self.ttfb_requests, more.ttfb_requests)?;
        self.estimated = plus(self.estimated, more.estimated)?;
        self.late = plus(self.late, more.late)?;
        self.last_request = self.last_request.max(more.last_request);
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
#[derive(Debug)]
pub(super) struct BatchSums {
    pub tenants: BTreeMap<Uuid, TenantSums>,
    pub quarters: BTreeMap<QuarterKey, Sums>,
    pub days: BTreeMap<DayKey, Sums>,
    pub slices: BTreeMap<SliceKey, Sums>,
    /// What the slices are of.
    pub combos: BTreeMap<(Uuid, Uuid), Dims>,
    /// Settled and overrun.
    pub leases: BTreeMap<LeaseKey, (i64, i64)>,
    booked_at: DateTime<Utc>,
    zones: HashMap<Uuid, Tz>,
}

/// Checked: a sum that does not fit is a poisoned entry's doing.
pub(super) fn plus(a: i64, b: i64) -> Result<i64, LedgerError> {
    a.checked_add(b)
        .ok_or_else(|| LedgerError::Figure(format!("{a} + {b} does not fit 64 bits")))
}

impl BatchSums {
    /// Of nothing yet. `zones` are those in which the tenants' days stand.
    pub fn new(booked_at: DateTime<Utc>, zones: HashMap<Uuid, Tz>) -> Self {
        Self {
            tenants: BTreeMap::new(),
            quarters: BTreeMap::new(),
            days: BTreeMap::new(),
            slices: BTreeMap::new(),
            combos: BTreeMap::new(),
            leases: BTreeMap::new(),
            booked_at,
            zones,
        }
    }

    pub fn add_event(&mut self, row: &EventRow) -> Result<(), LedgerError> {
        let tenant = self.tenants.entry(row.tenant_id).or_default();
        tenant.events = plus(tenant.events, 1)?;
        tenant.usage = plus(tenant.usage, row.charge)?;
        tenant.digests.push(row.digest());
        let sums = Sums::of_event(row, self.booked_at);
        self.roll_up(quarter_key(row), Dims::of(row), &sums)?;
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
        let sums = Sums::of_correction(correction);
        self.roll_up(correction.quarter.clone(), correction.dims.clone(), &sums)?;
        for key in &correction.leases {
            let lease = self.leases.entry(*key).or_default();
            lease.0 = plus(lease.0, correction.charge)?;
        }
        Ok(())
    }

    /// Into all rollups. The day is that of the zone in which the tenant's days stand now, whatever zone held when the
    /// request was made.
    fn roll_up(&mut self, quarter: QuarterKey, dims: Dims, sums: &Sums) -> Result<(), LedgerError> {
        let (tenant, bucket) = (quarter.0, quarter.1);
        let zone = self.zones.get(&tenant).copied().unwrap_or(Tz::UTC);
        let combo = dims.combo();
        self.quarters.entry(quarter).or_default().add(sums)?;
        self.slices
            .entry((tenant, bucket, combo))
            .or_default()
            .add(sums)?;
        self.combos.entry((tenant, combo)).or_insert_with(|| dims.clone());
        let day = (tenant, local_date(bucket, zone), dims, combo);
        self.days.entry(day).or_default().add(sums)
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
