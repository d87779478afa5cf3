//! What the journal keeps of a request and what settlement books of it: plain data with a stable encoding.
//! Never in here: prices (the relay brings finished amounts) and SQL.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;
use tollgate_contract::ids::{
    AccountId, BudgetId, KeyId, NodeId, PriceVersionId, RequestId, TenantId, UserId,
};
use tollgate_money::{Cost, Factor, Meters, Nano, Per};
use tollgate_store::PLATFORM_TENANT;
use uuid::Uuid;

/// The wallet's lease from which a request's worst case was reserved: its charge is settled against it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseRef {
    /// The tenant's wallet.
    pub budget_id: BudgetId,
    /// The node that drew.
    pub node_id: NodeId,
    /// Its epoch.
    pub epoch: i64,
}

/// A budget beside the wallet, in the period of the request's time. Its lease is the same node's and epoch's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetRef {
    /// Which.
    #[serde(rename = "id")]
    pub budget_id: BudgetId,
    /// The period's first instant.
    #[serde(rename = "start")]
    pub period_start: DateTime<Utc>,
}

/// The upstream account that serves a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountRef {
    /// The account.
    pub id: AccountId,
    /// Whose it is: the request's own tenant, or the platform.
    pub owner: TenantId,
    /// The name that the tenant may see: its own account's, or the pool's.
    pub public_name: String,
    /// Its platform, e.g. `claude_console`. Empty in entries of before there were several: the request's own holds.
    #[serde(default)]
    pub platform: String,
    /// Its platform's provider in the price book, e.g. `anthropic`. Empty as above.
    #[serde(default)]
    pub provider: String,
}

impl AccountRef {
    /// Whether the account belongs to the platform: then its id is hidden from the tenant and its cost is booked apart.
    pub fn is_platform(&self) -> bool {
        self.owner == PLATFORM_TENANT
    }
}

/// One line of an amount's arithmetic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceLine {
    /// What was counted, e.g. `input`.
    pub meter: String,
    /// How much of it.
    pub quantity: u64,
    /// As decimal text, in US dollars or the price list's currency; of what, [`PriceLine::per`] tells.
    pub price: String,
    /// The line's amount, rounded once.
    pub amount_nano: Nano,
    /// `one` where the price is of one call, picture or request; empty: of a million tokens.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub per: String,
    /// What a unit of the price list's currency is in US dollars; empty: its prices are US dollars.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub rate: String,
    /// What the plan multiplies it by; empty: nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub factor: String,
}

/// An amount with its arithmetic: the total is the sum of the lines.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charge {
    /// What is booked.
    pub total: Nano,
    /// How it came about.
    pub lines: Vec<PriceLine>,
    /// The version of the tenant's plan; `None`: list prices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan_version: Option<Uuid>,
    /// The model has no price: the provider's dearest stands in.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unpriced: bool,
}

impl From<&Cost> for Charge {
    fn from(cost: &Cost) -> Self {
        let told = |factor: Factor| {
            if factor == Factor::ONE {
                String::new()
            } else {
                factor.to_string()
            }
        };
        let (rate, factor) = (told(cost.rate), told(cost.factor));
        let line = |line: &tollgate_money::CostLine| {
            // What is missing to a smallest charge is US dollars as it stands.
            let is_minimum = line.meter == tollgate_money::Meter::Minimum;
            let beside = |text: &String| if is_minimum { String::new() } else { text.clone() };
            let per = line.meter.per();
            PriceLine {
                meter: line.meter.to_string(),
                quantity: line.quantity,
                price: line.price.told(per),
                amount_nano: line.amount,
                per: match per {
                    Per::Million => String::new(),
                    Per::One => "one".to_owned(),
                },
                rate: beside(&rate),
                factor: beside(&factor),
            }
        };
        Self {
            total: cost.total,
            lines: cost.lines.iter().map(line).collect(),
            plan_version: None,
            unpriced: false,
        }
    }
}

/// Written before the first byte goes upstream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenEntry {
    /// The request; its time decides partition, rollup, price version and budget period.
    pub request_id: RequestId,
    /// Who pays.
    pub tenant_id: TenantId,
    /// By which key.
    pub key_id: KeyId,
    /// The key's owner, if it has one.
    pub user_id: Option<UserId>,
    /// The account tried first.
    pub account: Option<AccountRef>,
    /// The platform of the account tried first, e.g. `claude_console`.
    pub platform: String,
    /// That platform's provider in the price book, e.g. `anthropic`.
    pub provider: String,
    /// The model as the client asked for it.
    pub model: String,
    /// The name by which list and plan were asked, without a provider before it. `None` in entries of before it was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priced_model: Option<String>,
    /// The model as sent upstream.
    pub upstream_model: String,
    /// The version of the price book that holds for this request.
    pub price_version: PriceVersionId,
    /// What was reserved at admission.
    pub worst_case: Nano,
    /// From which lease of the wallet.
    pub lease: LeaseRef,
    /// The budgets beside the wallet, soft ones included. Entries of before there were any have none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub budgets: Vec<BudgetRef>,
    /// Path of the request, e.g. `/api/v1/messages`: it names the client's format as well.
    pub path: String,
    /// Whether the answer is a stream.
    pub streamed: bool,
    /// The client's own name for itself (`user-agent`), shortened.
    pub client: String,
    /// The client's own id of the request, if it sent one.
    pub client_request_id: String,
    /// The key's cost centre at that time.
    pub cost_centre: String,
    /// The day of the request in the tenant's zone.
    pub local_date: NaiveDate,
    /// When it was admitted.
    pub started_at: DateTime<Utc>,
}

/// What is known while the answer runs: enough to book an estimate if this process dies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// The account that answers, where it is another one than was opened with.
    pub account: Option<AccountRef>,
    /// The model as sent to it.
    pub upstream_model: String,
    /// Status of the upstream's answer.
    pub http_status: u16,
    /// Figures so far.
    pub usage: Meters,
    /// What they cost the tenant.
    pub charge: Charge,
    /// What they cost the platform, on an account of its own.
    pub cost: Nano,
    /// The cost's arithmetic. Entries of before it was kept have none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cost_lines: Vec<PriceLine>,
    /// Time to the first byte.
    pub ttfb_ms: Option<u32>,
    /// Time since the start.
    pub elapsed_ms: u32,
    /// Accounts tried.
    pub attempts: u16,
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Answered.
    Ok,
    /// The upstream refused it for a fault of the client's.
    ClientError,
    /// The upstream failed.
    UpstreamError,
    /// The upstream took too long.
    Timeout,
    /// Ended before the answer was complete: the client left, or this process did.
    Cut,
    /// Sent, but nothing is known of an answer.
    Unknown,
}

impl Status {
    /// As it stands in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::ClientError => "client_error",
            Self::UpstreamError => "upstream_error",
            Self::Timeout => "timeout",
            Self::Cut => "cut",
            Self::Unknown => "unknown",
        }
    }
}

/// How the figures are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quality {
    /// The upstream's own final figures.
    Exact,
    /// The answer was cut before them.
    Estimated,
}

impl Quality {
    /// As it stands in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Estimated => "estimated",
        }
    }
}

/// The final figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DoneEntry {
    /// The request that was opened.
    pub request_id: RequestId,
    /// How it ended.
    pub status: Status,
    /// Status sent to the client.
    pub http_status: u16,
    /// How the figures are known.
    pub quality: Quality,
    /// The figures.
    pub usage: Meters,
    /// What they cost the tenant.
    pub charge: Charge,
    /// What they cost the platform, on an account of its own; else zero.
    pub cost: Nano,
    /// The cost's arithmetic; empty where there is none, and in entries of before it was kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cost_lines: Vec<PriceLine>,
    /// The account that answered; `None` if none was reached.
    pub account: Option<AccountRef>,
    /// The model as sent to it.
    pub upstream_model: String,
    /// Time to the first byte.
    pub ttfb_ms: Option<u32>,
    /// Time to the last byte.
    pub duration_ms: u32,
    /// Accounts tried.
    pub attempts: u16,
    /// Machine-readable reason of a failure, or empty.
    pub error_code: String,
    /// Why this account, as the tenant may read it.
    pub explanation: Value,
    /// The same as the platform may read it, where the account is the platform's.
    pub platform_explanation: Option<Value>,
}

/// A finished request as settlement books it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The node whose journal holds it.
    pub node_id: NodeId,
    /// The node's epoch when it was opened.
    pub epoch: i64,
    /// How it began.
    pub open: Arc<OpenEntry>,
    /// How it ended.
    pub done: DoneEntry,
}

/// The end of a request whose process died: an estimate from its last figures, or nothing known.
pub(crate) fn recovered(open: &OpenEntry, progress: Option<Progress>) -> DoneEntry {
    let explanation = Value::Object(serde_json::Map::from_iter([(
        "recovered".to_owned(),
        Value::Bool(true),
    )]));
    match progress {
        Some(progress) => DoneEntry {
            request_id: open.request_id,
            status: Status::Cut,
            http_status: progress.http_status,
            quality: Quality::Estimated,
            usage: progress.usage,
            charge: progress.charge,
            cost: progress.cost,
            cost_lines: progress.cost_lines,
            account: progress.account.or_else(|| open.account.clone()),
            upstream_model: progress.upstream_model,
            ttfb_ms: progress.ttfb_ms,
            duration_ms: progress.elapsed_ms,
            attempts: progress.attempts,
            error_code: "gateway_restarted".to_owned(),
            explanation,
            platform_explanation: None,
        },
        None => DoneEntry {
            request_id: open.request_id,
            status: Status::Unknown,
            http_status: 0,
            quality: Quality::Estimated,
            usage: Meters::default(),
            charge: Charge::default(),
            cost: Nano::default(),
            cost_lines: Vec::new(),
            account: open.account.clone(),
            upstream_model: open.upstream_model.clone(),
            ttfb_ms: None,
            duration_ms: 0,
            attempts: 1,
            error_code: "gateway_restarted".to_owned(),
            explanation,
            platform_explanation: None,
        },
    }
}

#[cfg(test)]
mod tests {
    use crate::entry::{BudgetRef, OpenEntry};
    use crate::samples::open_entry;
    use tollgate_contract::ids::{BudgetId, TenantId};
    use tollgate_store::Clock;
    use uuid::Uuid;

    #[test]
    fn an_entry_of_before_there_were_budgets_is_read_and_budgets_travel() {
        let clock = Clock::system();
        let open = open_entry(&clock, TenantId(Uuid::nil()));
        let old = serde_json::to_string(&open).unwrap();
        assert!(!old.contains("budgets"));
        assert_eq!(serde_json::from_str::<OpenEntry>(&old).unwrap(), open);
        let budget = BudgetRef {
            budget_id: BudgetId(Uuid::from_u128(3)),
            period_start: "2026-10-31T16:00:00Z".parse().unwrap(),
        };
        let with_budget = OpenEntry {
            budgets: vec![budget],
            ..open
        };
        let text = serde_json::to_string(&with_budget).unwrap();
        assert!(
            text.contains(r#"{"id":"00000000-0000-0000-0000-000000000003","start":"2026-10-31T16:00:00Z"}"#),
            "verify reads it: {text}"
        );
        assert_eq!(serde_json::from_str::<OpenEntry>(&text).unwrap(), with_budget);
    }
}
