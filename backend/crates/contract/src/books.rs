//! The books' proofs, and what an operator does with the books.

mod proofs;

pub use proofs::{
    BooksQuery, BooksState, NodeJournal, NodeState, PastRepricing, RepricedCosts, SealDelivery, SealPlace,
    SealView, Verification, VerificationForm, VerifyMisfit, VerifyScope,
};

use crate::check;
use crate::ids::{RequestId, TenantId};
use crate::money::NanoUsd;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use validator::{Validate, ValidationError};

/// A public key of the installation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LedgerKey {
    /// By this id seals and receipts name it.
    pub key_id: Uuid,
    /// `Ed25519` (RFC 8032).
    pub algorithm: String,
    /// The key's 32 bytes as 64 hex digits.
    pub public_key: String,
    /// Since when it signs.
    pub created_at: DateTime<Utc>,
    /// Since when it signs no more; absent for the current one. What it signed before holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retired_at: Option<DateTime<Utc>>,
}

/// `GET ledger/keys`, the newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LedgerKeys {
    /// All that there ever were.
    pub keys: Vec<LedgerKey>,
}

/// Which past requests are to be priced anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RepricingForm {
    /// Whose.
    pub tenant_id: TenantId,
    /// From this time on, the request's own.
    #[validate(custom(function = "check::instant"))]
    pub from: DateTime<Utc>,
    /// Up to before this time.
    #[validate(custom(function = "check::instant"))]
    pub to: DateTime<Utc>,
    /// Of this model alone, as clients ask for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::query_text"))]
    pub model: Option<String>,
    /// By the prices of this instant; those of now if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::instant"))]
    pub prices_at: Option<DateTime<Utc>>,
}

/// A request whose charge or cost would be something else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RepricedRequest {
    /// The request.
    pub request_id: RequestId,
    /// Its model.
    pub model: String,
    /// What is charged for it.
    pub old_nano: NanoUsd,
    /// What it would be.
    pub new_nano: NanoUsd,
    /// What it costs upstream, on the platform's own accounts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old_cost_nano: Option<NanoUsd>,
    /// What that would be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_cost_nano: Option<NanoUsd>,
    /// Whether its month is closed: the difference then counts in the month in which it is booked.
    pub late: bool,
}

/// `POST ledger/repricings/preview`: what a re-pricing would do; nothing is booked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RepricingSeen {
    /// Requests of the time and model.
    pub looked_at: u64,
    /// Of them, those without a price: they stay as they are.
    pub unpriced: u64,
    /// Those that would change, but were given back by credit notes: they stay as they are.
    #[serde(default)]
    pub credited: u64,
    /// How many would be charged something else.
    pub events: u64,
    /// Of them, those of closed months.
    pub late_events: u64,
    /// What is charged for them.
    pub old_nano: NanoUsd,
    /// What it would be.
    pub new_nano: NanoUsd,
    /// What would change in the platform's own books.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub costs: Option<RepricedCosts>,
    /// Of all that change, the first two hundred by time.
    pub first: Vec<RepricedRequest>,
    /// Hand it back to book exactly this.
    pub fingerprint: String,
    /// The instant whose prices were put in; hand it back as `prices_at`.
    pub prices_at: DateTime<Utc>,
}

/// `POST ledger/repricings`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RepricingOrderForm {
    /// The same id again is the same re-pricing, not another one.
    pub repricing_id: Uuid,
    /// What was previewed.
    #[validate(nested)]
    pub order: RepricingForm,
    /// The preview's: 64 hex digits.
    #[validate(custom(function = "hex_digits"))]
    pub fingerprint: String,
    /// Why, in a few words.
    #[validate(custom(function = "check::reason"))]
    pub reason: String,
}

/// A re-pricing as it is booked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BookedRepricing {
    /// Its id.
    pub repricing_id: Uuid,
    /// Requests whose charge it changed.
    pub events: i64,
    /// Of them, those of closed months.
    pub late_events: i64,
    /// What was charged for them before.
    pub old_nano: NanoUsd,
    /// And after.
    pub new_nano: NanoUsd,
    /// The batch of the tenant's chain that holds the corrections; absent where only costs changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch_no: Option<i64>,
    /// What it changed in the platform's own books.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub costs: Option<RepricedCosts>,
    /// When.
    pub booked_at: DateTime<Utc>,
}

/// The query of `GET ledger/dead-letters`; the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct DeadLetterQuery {
    /// Those that are worked off as well.
    #[serde(default)]
    pub all: bool,
    /// Where to go on: `next_cursor` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::cursor"))]
    pub cursor: Option<String>,
    /// How many items: 1–200, 50 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::page_limit"))]
    #[cfg_attr(feature = "openapi", param(minimum = 1, maximum = 200))]
    pub limit: Option<u32>,
}

/// Why an entry lies among the dead letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DeadLetterKind {
    /// It can't be booked.
    Poison,
    /// It differs from what is booked under its id.
    Conflict,
}

impl DeadLetterKind {
    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Poison => "poison",
            Self::Conflict => "conflict",
        }
    }
}

/// Which dead letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DeadLetterName {
    /// Whose request it is.
    pub tenant_id: TenantId,
    /// The request.
    pub request_id: RequestId,
    /// A request may have one of each.
    pub kind: DeadLetterKind,
}

/// A dead letter: an entry of a journal that settlement could not book.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeadLetterView {
    /// Which.
    pub name: DeadLetterName,
    /// The tenant's short name; absent where there is no such tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// Why it could not be booked.
    pub error: String,
    /// The entry as it was, or its bytes as hex digits where it can't be read.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub entry: serde_json::Value,
    /// The node whose journal held it.
    pub node_id: Uuid,
    /// In which epoch.
    pub epoch: i64,
    /// Since when it lies here.
    pub created_at: DateTime<Utc>,
    /// Since when it is worked off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_at: Option<DateTime<Utc>>,
    /// By whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_by: Option<String>,
    /// `booked` or `given_up`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolution: Option<String>,
    /// Why it was given up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// `POST ledger/dead-letters/resolve`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DeadLetterResolution {
    /// Which.
    pub letter: DeadLetterName,
    /// Why nothing is booked of it.
    #[validate(custom(function = "check::reason"))]
    pub reason: String,
}

/// How long an organisation keeps what is personal in its requests: `GET` and `PUT retention`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// Days after which the client's request id and program, and why an account answered, are blanked; absent: they stay
    /// as long as the platform keeps the requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "days_kept"))]
    pub personal_days: Option<i32>,
}

/// Longest retention of a tenant's own, in days.
const PERSONAL_DAYS_MAX: i32 = 3_650;

fn days_kept(days: i32) -> Result<(), ValidationError> {
    if (1..=PERSONAL_DAYS_MAX).contains(&days) {
        return Ok(());
    }
    Err(ValidationError::new("out_of_range").with_message("must be from 1 to 3650 days".into()))
}

fn hex_digits(text: &str) -> Result<(), ValidationError> {
    if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(());
    }
    Err(ValidationError::new("not_hex").with_message("must be the 64 hex digits of the preview".into()))
}
