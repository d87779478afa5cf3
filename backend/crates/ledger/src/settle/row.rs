//! An entry as the database takes it. What can't be taken is told here, before any statement: such an entry goes to the
//! dead letters by itself and fails no batch.

use super::canonical::{ENCODING, EventFacts, Hash, OtherMeters, Tokens};
use crate::entry::{BudgetRef, Entry, LeaseRef, OpenEntry, Quality, Status};
use crate::error::LedgerError;
use crate::lease::draw::WALLET_PERIOD;
use chrono::{DateTime, NaiveDate, SubsecRound, Utc};
use serde_json::Value;
use std::sync::Arc;
use tollgate_contract::ids::RequestId;
use tollgate_money::Meters;
use uuid::Uuid;

/// Texts from outside are cut to this many characters: enough for any real name, and within what an index takes.
const TEXT_MAX: usize = 300;
/// A quarter of an hour.
const BUCKET_SECONDS: i64 = 900;

/// One row of `usage_events`, and what its batch needs beside it.
#[derive(Clone, Debug)]
pub(crate) struct EventRow {
    pub entry: Arc<Entry>,
    pub tenant_id: Uuid,
    pub request_id: Uuid,
    pub key_id: Uuid,
    pub user_id: Option<Uuid>,
    /// Only where it is the tenant's own.
    pub account_id: Option<Uuid>,
    pub account_name: String,
    pub platform: String,
    pub provider: String,
    pub model: String,
    /// The name that was priced; empty: just as asked for.
    pub priced_model: Option<String>,
    /// Only where the account is the tenant's own: a platform's names for its models are its own.
    pub upstream_model: String,
    pub path: String,
    pub streamed: bool,
    pub status: Status,
    pub http_status: i16,
    pub quality: Quality,
    pub tokens: Tokens,
    pub charge: i64,
    pub reserved: i64,
    pub price_version: Uuid,
    pub price_lines: Value,
    /// What was counted beside the five figures, zeros left out.
    pub other_meters: OtherMeters,
    pub service_tier: &'static str,
    pub unpriced: bool,
    pub plan_version: Option<Uuid>,
    pub cost_centre: String,
    pub local_date: NaiveDate,
    pub client_request_id: String,
    pub client: String,
    pub attempts: i16,
    pub error_code: String,
    pub explanation: Value,
    pub started_at: DateTime<Utc>,
    pub ttfb_ms: Option<i32>,
    pub duration_ms: i32,
    pub node_id: Uuid,
    pub epoch: i64,
    /// The leases that it is settled against: budget and period's start, each once; the wallet's first.
    pub budgets: Vec<(Uuid, DateTime<Utc>)>,
    /// Those beside the wallet, as the event keeps them.
    pub budgets_told: Value,
    /// Start of the quarter of an hour, from the request's id.
    pub bucket: DateTime<Utc>,
    /// Where the account is the platform's.
    pub cost: Option<CostPart>,
}

/// What stays in the platform's own books.
#[derive(Clone, Debug)]
pub(crate) struct CostPart {
    pub account_id: Uuid,
    /// The model as sent.
    pub upstream_model: String,
    pub cost: i64,
    pub lines: Value,
    pub explanation: Value,
}

impl CostPart {
    fn new(account_id: Uuid, entry: &Entry) -> Result<Self, LedgerError> {
        let done = &entry.done;
        Ok(Self {
            account_id,
            upstream_model: clean(&done.upstream_model),
            cost: done.cost.0,
            lines: to_value(&done.cost_lines)?,
            explanation: clean_value(
                done.platform_explanation
                    .clone()
                    .unwrap_or_else(|| Value::Object(serde_json::Map::new())),
            ),
        })
    }
}

/// What the account that answered tells of itself, else what the one tried first told.
fn of_account<'a>(told: Option<&'a String>, opened: &'a str) -> &'a str {
    told.filter(|told| !told.is_empty())
        .map_or(opened, String::as_str)
}

impl EventRow {
    /// # Errors
    /// `Figure` says what can't be booked.
    pub fn new(entry: &Arc<Entry>) -> Result<Self, LedgerError> {
        let (open, done) = (&entry.open, &entry.done);
        let charge = done.charge.total.0;
        check_charge(entry)?;
        let account = done.account.as_ref();
        let platform_account = account.filter(|account| account.is_platform());
        let is_own = account.is_some_and(|account| !account.is_platform());
        Ok(Self {
            entry: Arc::clone(entry),
            tenant_id: open.tenant_id.0,
            request_id: open.request_id.0,
            key_id: open.key_id.0,
            user_id: open.user_id.map(|user| user.0),
            account_id: account
                .filter(|account| !account.is_platform())
                .map(|account| account.id.0),
            account_name: account
                .map(|account| clean(&account.public_name))
                .unwrap_or_default(),
            platform: clean(of_account(
                account.map(|account| &account.platform),
                &open.platform,
            )),
            provider: clean(of_account(
                account.map(|account| &account.provider),
                &open.provider,
            )),
            model: clean(&open.model),
            priced_model: priced_model(open),
            upstream_model: if is_own {
                clean(&done.upstream_model)
            } else {
                String::new()
            },
            path: clean(&open.path),
            streamed: open.streamed,
            status: done.status,
            http_status: i16::try_from(done.http_status).unwrap_or(i16::MAX),
            quality: done.quality,
            tokens: tokens(&done.usage)?,
            charge,
            reserved: open.worst_case.0,
            price_version: open.price_version.0,
            price_lines: to_value(&done.charge.lines)?,
            other_meters: other_meters(&done.usage)?,
            service_tier: done.usage.tier.as_str(),
            unpriced: done.charge.unpriced,
            plan_version: done.charge.plan_version,
            cost_centre: clean(&open.cost_centre),
            local_date: open.local_date,
            client_request_id: clean(&open.client_request_id),
            client: clean(&open.client),
            attempts: i16::try_from(done.attempts).unwrap_or(i16::MAX),
            error_code: clean(&done.error_code),
            explanation: clean_value(done.explanation.clone()),
            started_at: open.started_at.trunc_subsecs(6),
            ttfb_ms: done.ttfb_ms.map(|ms| i32::try_from(ms).unwrap_or(i32::MAX)),
            duration_ms: i32::try_from(done.duration_ms).unwrap_or(i32::MAX),
            node_id: entry.node_id.0,
            epoch: entry.epoch,
            budgets: budgets(&open.lease, &open.budgets),
            budgets_told: to_value(&open.budgets)?,
            bucket: bucket(open.request_id)?,
            cost: platform_account
                .map(|account| CostPart::new(account.id.0, entry))
                .transpose()?,
        })
    }

    /// Spend beyond the reservation.
    pub fn overrun(&self) -> i64 {
        self.charge.saturating_sub(self.reserved).max(0)
    }

    /// Under the batch's hash.
    pub fn digest(&self) -> Hash {
        EventFacts {
            tenant_id: self.tenant_id,
            request_id: self.request_id,
            key_id: self.key_id,
            platform: &self.platform,
            provider: &self.provider,
            model: &self.model,
            status: self.status.as_str(),
            quality: self.quality.as_str(),
            tokens: self.tokens,
            charge: self.charge,
            reserved: self.reserved,
            price_version: self.price_version,
            node_id: self.node_id,
            epoch: self.epoch,
            other_meters: &self.other_meters,
            service_tier: self.service_tier,
            unpriced: self.unpriced,
            plan_version: self.plan_version,
        }
        .digest(ENCODING)
    }
}

/// Empty where it is the name that was asked for, as it mostly is.
fn priced_model(open: &OpenEntry) -> Option<String> {
    let priced = open.priced_model.as_ref()?;
    Some(if *priced == open.model {
        String::new()
    } else {
        clean(priced)
    })
}

/// The wallet and what is beside it, each once.
fn budgets(lease: &LeaseRef, beside: &[BudgetRef]) -> Vec<(Uuid, DateTime<Utc>)> {
    let mut all = vec![(lease.budget_id.0, WALLET_PERIOD)];
    for budget in beside {
        // The database keeps microseconds.
        let key = (budget.budget_id.0, budget.period_start.trunc_subsecs(6));
        if !all.contains(&key) {
            all.push(key);
        }
    }
    all
}

/// An event is the sum of its lines, and nobody is paid for a request.
fn check_charge(entry: &Entry) -> Result<(), LedgerError> {
    let charge = &entry.done.charge;
    let sum: i128 = charge
        .lines
        .iter()
        .map(|line| i128::from(line.amount_nano.0))
        .sum();
    if sum != i128::from(charge.total.0) {
        let total = charge.total.0;
        return Err(LedgerError::Figure(format!(
            "the charge is {total}, its lines make {sum}"
        )));
    }
    check_cost(entry)?;
    for (name, amount) in [
        ("charge", charge.total),
        ("cost", entry.done.cost),
        ("worst case", entry.open.worst_case),
    ] {
        if amount.0 < 0 {
            return Err(LedgerError::Figure(format!(
                "the {name} is below zero: {}",
                amount.0
            )));
        }
    }
    if entry.open.request_id != entry.done.request_id {
        return Err(LedgerError::Figure(
            "the two halves of the entry are of two requests".to_owned(),
        ));
    }
    Ok(())
}

/// So is the cost, where its arithmetic was kept.
fn check_cost(entry: &Entry) -> Result<(), LedgerError> {
    let (lines, total) = (&entry.done.cost_lines, entry.done.cost.0);
    let sum: i128 = lines.iter().map(|line| i128::from(line.amount_nano.0)).sum();
    if lines.is_empty() || sum == i128::from(total) {
        return Ok(());
    }
    Err(LedgerError::Figure(format!(
        "the cost is {total}, its lines make {sum}"
    )))
}

fn other_meters(usage: &Meters) -> Result<OtherMeters, LedgerError> {
    let counted = usage.other.each().into_iter().filter(|(_, count)| *count > 0);
    let booked = counted.map(|(meter, count)| {
        let booked =
            i64::try_from(count).map_err(|_| LedgerError::Figure(format!("{count} {meter} can't be booked")));
        Ok((meter.as_str().to_owned(), booked?))
    });
    booked.collect()
}

fn tokens(usage: &Meters) -> Result<Tokens, LedgerError> {
    let count = |name: &str, count: u64| {
        i64::try_from(count)
            .map_err(|_| LedgerError::Figure(format!("{count} {name} tokens can't be booked")))
    };
    Ok([
        count("input", usage.input)?,
        count("output", usage.output)?,
        count("cache write (5 m)", usage.cache_write_5m)?,
        count("cache write (1 h)", usage.cache_write_1h)?,
        count("cache read", usage.cache_read)?,
    ])
}

pub(super) fn bucket(id: RequestId) -> Result<DateTime<Utc>, LedgerError> {
    let time = id.0.get_timestamp().filter(|_| id.0.get_version_num() == 7);
    let seconds = time.and_then(|time| i64::try_from(time.to_unix().0).ok());
    seconds
        .and_then(|seconds| DateTime::from_timestamp(seconds - seconds.rem_euclid(BUCKET_SECONDS), 0))
        .ok_or_else(|| LedgerError::Figure(format!("the request's id {id} carries no time")))
}

/// PostgreSQL takes no NUL in texts.
fn clean(text: &str) -> String {
    text.chars()
        .take(TEXT_MAX)
        .map(|c| if c == '\0' { '\u{FFFD}' } else { c })
        .collect()
}

/// The same for JSON, without cutting.
pub(crate) fn clean_value(value: Value) -> Value {
    let whole = |text: &str| text.replace('\0', "\u{FFFD}");
    match value {
        Value::String(text) => Value::String(whole(&text)),
        Value::Array(items) => Value::Array(items.into_iter().map(clean_value).collect()),
        Value::Object(map) => Value::Object(
            map.into_iter()
                .map(|(key, value)| (whole(&key), clean_value(value)))
                .collect(),
        ),
        other => other,
    }
}

pub(super) fn to_value<T: serde::Serialize>(value: &T) -> Result<Value, LedgerError> {
    serde_json::to_value(value)
        .map(clean_value)
        .map_err(|error| LedgerError::Figure(error.to_string()))
}
