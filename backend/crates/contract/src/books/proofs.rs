//! What proves the books, as an operator sees it: nodes' journals, seals and where they went, verifications, and past
//! re-pricings.

use crate::check;
use crate::ids::TenantId;
use crate::money::NanoUsd;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;
use validator::Validate;

/// The query of lists of the books, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct BooksQuery {
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

/// `GET ledger/books`: how the books are, at a glance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BooksState {
    /// Nodes whose journals are open: those that run, and those that went away before all of theirs was booked.
    pub journals: Vec<NodeJournal>,
    /// Dead letters that nobody worked off yet.
    pub dead_letters: u64,
    /// Since when the oldest of them lies there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest_dead_letter_at: Option<DateTime<Utc>>,
    /// Deliveries of seals that have not arrived.
    pub undelivered_seals: u64,
    /// When the oldest seal of these was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest_undelivered_at: Option<DateTime<Utc>>,
    /// The last verification that ran to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified: Option<Verification>,
    /// The one that waits or runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verifying: Option<Verification>,
}

/// A node's journal, as of its last heartbeat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NodeJournal {
    /// The journal's folder, which is the node.
    pub node_id: Uuid,
    /// Which of its starts.
    pub epoch: i64,
    /// The machine's name.
    pub host: String,
    /// Of the program.
    pub version: String,
    /// When it started.
    pub started_at: DateTime<Utc>,
    /// When it was last heard; it says so every few seconds.
    pub heartbeat_at: DateTime<Utc>,
    /// `running`; `silent`: not heard for a minute, its journal may hold requests that are not booked; `fenced`: shut out,
    /// another node books what its journal holds.
    pub state: NodeState,
    /// Requests in its journal: open ones and those that wait to be booked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests: Option<i64>,
    /// Since when the oldest of them lies there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest_at: Option<DateTime<Utc>>,
    /// Room on its disk, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free_bytes: Option<i64>,
}

/// How a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum NodeState {
    /// It is heard.
    Running,
    /// It is not.
    Silent,
    /// Nothing of it is booked by itself any more.
    Fenced,
}

/// A seal of the books.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SealView {
    /// Its number; the document stands at `ledger/seals/{no}`.
    pub seal_no: i64,
    /// When it was made.
    pub sealed_at: DateTime<Utc>,
    /// Chains that had moved since the one before.
    pub chains: i32,
    /// SHA-256 of what is signed, as hex digits.
    pub hash: String,
    /// The key that signed it, see `ledger/keys`.
    pub key_id: Uuid,
    /// Where it goes, and whether it is there.
    pub deliveries: Vec<SealDelivery>,
}

/// Where a seal goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SealPlace {
    /// A folder of files.
    Folder,
    /// A webhook.
    Webhook,
}

/// Whether a seal is where it goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SealDelivery {
    /// Where.
    pub place: SealPlace,
    /// How often it was tried.
    pub attempts: i32,
    /// When it arrived; absent: it has not, and is tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<DateTime<Utc>>,
    /// Why the last try failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// How much a verification looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum VerifyScope {
    /// Every row, every hash.
    Whole,
    /// What was booked since the last seal, row by row.
    SinceSeal,
    /// All sums and the chains' links, no hash.
    #[default]
    Quick,
}

/// `POST ledger/verifications`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct VerificationForm {
    /// How much is looked at.
    pub scope: VerifyScope,
}

/// A verification of all books.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Verification {
    /// Its id.
    pub id: Uuid,
    /// How much is looked at.
    pub scope: VerifyScope,
    /// Who asked; absent: the day's own turn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// When it was asked for.
    pub asked_at: DateTime<Utc>,
    /// Since when it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<DateTime<Utc>>,
    /// Whether everything fits; absent until it has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passed: Option<bool>,
    /// Tenants looked at.
    pub tenants: i64,
    /// Rows looked at, per check.
    pub checks: BTreeMap<String, u64>,
    /// The first row of each check and tenant that does not fit.
    pub failures: Vec<VerifyMisfit>,
    /// Why it could not be run to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// A row that does not fit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VerifyMisfit {
    /// Which check.
    pub check: String,
    /// Whose row; absent where it is the house's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<TenantId>,
    /// Which row, by its ids.
    pub row: String,
    /// What it should be.
    pub expected: String,
    /// What it is.
    pub found: String,
}

/// A re-pricing that was booked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PastRepricing {
    /// Its id.
    pub repricing_id: Uuid,
    /// Whose requests.
    pub tenant_id: TenantId,
    /// That tenant's short name.
    pub tenant: String,
    /// Requests from this time on,
    pub from: DateTime<Utc>,
    /// up to before this one.
    pub to: DateTime<Utc>,
    /// Of this model alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Why.
    pub reason: String,
    /// Who booked it.
    pub author: String,
    /// What it booked.
    pub booked: super::BookedRepricing,
}

/// What a re-pricing changes in the platform's own books.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RepricedCosts {
    /// Requests whose cost it changed.
    pub events: i64,
    /// What was booked of their cost before.
    pub old_nano: NanoUsd,
    /// And after.
    pub new_nano: NanoUsd,
    /// The batch of the platform's chain; absent in a preview.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch_no: Option<i64>,
}
