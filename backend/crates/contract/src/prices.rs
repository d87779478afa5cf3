//! The price book: list prices in versions, how two versions differ, imports and edits; and what an organisation pays.

use crate::check;
use crate::ids::PriceVersionId;
use crate::money::NanoUsd;
use crate::platform::Platform;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use validator::Validate;

/// The most changes of one edit.
pub const EDITS_MAX: u64 = 200;
/// The largest list that is read, in bytes: LiteLLM's has some two million.
pub const LIST_BYTES_MAX: u64 = 12 * 1024 * 1024;

/// A version of the price book.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PriceVersion {
    /// Its id, as each request names it.
    pub id: PriceVersionId,
    /// From when on it holds.
    pub effective_from: DateTime<Utc>,
    /// Where it comes from: a file's name, an edit.
    pub source: String,
    /// What it is for.
    pub note: String,
    /// Who wrote it.
    pub author: String,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// What its prices are in: `USD`, `EUR` …
    pub currency: String,
    /// What a unit of that is in US dollars, as decimal text.
    pub usd_rate: String,
    /// The day of that rate.
    pub rate_date: Option<NaiveDate>,
    /// How many rows it has.
    pub rows: u64,
    /// Whether it holds now.
    pub holds: bool,
}

/// All versions, the newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PriceVersions {
    /// The versions.
    pub items: Vec<PriceVersion>,
}

/// One row of a version: a model's prices.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ModelPrice {
    /// Whose model, as the price book calls it: `anthropic`, `openai`, `azure_openai`, `gemini`, `bedrock`.
    pub provider: String,
    /// Where the row holds on one platform alone; empty: on all of the provider's.
    #[serde(default)]
    pub platform: String,
    /// The model as the provider calls it, or a pattern with `*`. A model's own name comes first, then its other names,
    /// then the longest pattern.
    pub model: String,
    /// Other names of the same model.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// `chat`, `responses`, `embedding`, `image`.
    pub mode: String,
    /// Prices by name, as decimal text: `input`, `output`, `cache_read`, `long_input`, `batch_input`, `audio_output`,
    /// `web_search`, `request` … Tokens' are per million, all others per piece.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub prices: BTreeMap<String, String>,
    /// Prompts above so many tokens cost the `long_` prices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub long_context_above: Option<u64>,
    /// The model's window, in tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_input: Option<u64>,
    /// Its longest output, in tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_output: Option<u64>,
    /// When the provider stops serving it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deprecation_date: Option<NaiveDate>,
}

/// The rows of a version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ModelPrices {
    /// The version.
    pub version: PriceVersion,
    /// The rows that were asked for, by provider and model; at most two hundred.
    pub items: Vec<ModelPrice>,
    /// How many rows fit in all.
    pub total: u64,
}

/// What of a version to show.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct ModelPriceQuery {
    /// Only models whose name holds this text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::query_text"))]
    pub search: Option<String>,
    /// Only this provider's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::query_text"))]
    pub provider: Option<String>,
    /// How many rows to pass over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u32>,
}

/// Which versions to compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct PriceDiffQuery {
    /// The older one.
    pub from: PriceVersionId,
    /// The newer one.
    pub to: PriceVersionId,
}

/// One field that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PriceFieldChange {
    /// The price's name, or `max_input`, `aliases` …
    pub field: String,
    /// As it was; absent: not named.
    pub old: Option<String>,
    /// As it comes.
    pub new: Option<String>,
    /// By how many per cent a price changes, as decimal text such as `-33.33`, cut to two decimals.
    pub percent: Option<String>,
}

/// A model of which something differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ModelPriceChange {
    /// Whose model.
    pub provider: String,
    /// The platform that the row is for, or empty.
    pub platform: String,
    /// The model or pattern.
    pub model: String,
    /// Its mode.
    pub mode: String,
    /// What differs.
    pub fields: Vec<PriceFieldChange>,
}

/// How two versions differ. Of each part at most five hundred are listed; the counts are of all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PriceDiff {
    /// Rows that only the newer one has.
    pub added: Vec<ModelPrice>,
    /// Rows that only the older one has.
    pub removed: Vec<ModelPrice>,
    /// Rows of both where something differs.
    pub changed: Vec<ModelPriceChange>,
    /// How many were added.
    pub added_total: u64,
    /// How many were removed.
    pub removed_total: u64,
    /// How many changed.
    pub changed_total: u64,
    /// How many are the same.
    pub same_total: u64,
}

/// How a list is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PriceListFormat {
    /// CSV with the columns of `model_prices.csv`, and one for each other price by its name.
    Csv,
    /// LiteLLM's `model_prices_and_context_window.json`.
    Litellm,
}

/// `POST prices/import`: a list that becomes a version, or a look at what it would change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ImportPrices {
    /// How it is written.
    pub format: PriceListFormat,
    /// The list itself.
    #[validate(length(
        min = 1,
        max = 12_582_912,
        code = "out_of_range",
        message = "must have 1 to 12582912 bytes"
    ))]
    pub text: String,
    /// The file's name, kept with the version.
    #[validate(custom(function = "check::name"))]
    pub source: String,
    /// From when on it holds; now if absent. Not in the past, and later than the newest version's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::instant"))]
    pub effective_from: Option<DateTime<Utc>>,
    /// What its prices are in; US dollars if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(nested)]
    pub currency: Option<PriceCurrency>,
    /// What it is for.
    #[serde(default)]
    #[validate(custom(function = "check::description"))]
    pub note: String,
    /// Only tell what would change.
    #[serde(default)]
    pub dry_run: bool,
    /// The version that the look was taken against: if another one came in between, nothing is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_version: Option<PriceVersionId>,
}

/// A currency with its dated rate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PriceCurrency {
    /// ISO 4217: three capital letters.
    #[validate(length(
        equal = 3,
        code = "invalid",
        message = "must be three capital letters such as EUR"
    ))]
    pub code: String,
    /// US dollars a unit, as decimal text.
    #[validate(length(
        min = 1,
        max = 30,
        code = "invalid",
        message = "must be a decimal number such as 1.0834"
    ))]
    pub usd_rate: String,
    /// The day of that rate.
    pub dated: NaiveDate,
}

/// What an import or an edit did, or would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PriceChangeResult {
    /// The version that was written; absent after a dry run.
    pub version: Option<PriceVersionId>,
    /// The newest version before it, to be sent back with the confirmation.
    pub base_version: Option<PriceVersionId>,
    /// Against the newest version before it.
    pub diff: PriceDiff,
    /// Entries of the list that were passed over, by reason: providers that no platform here has, prices by what is not
    /// metered.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub left_out: BTreeMap<String, u64>,
}

/// What names a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ModelPriceKey {
    /// Whose model.
    pub provider: String,
    /// The platform that the row is for, or empty.
    #[serde(default)]
    pub platform: String,
    /// The model or pattern.
    pub model: String,
    /// Its mode.
    pub mode: String,
}

/// `POST prices/edit`: the newest version with some models changed, as a version of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct EditPrices {
    /// Rows that take the place of those with the same provider, platform, model and mode, or are new.
    #[serde(default)]
    #[validate(length(max = 200, code = "out_of_range", message = "must have at most 200 rows"))]
    pub set: Vec<ModelPrice>,
    /// Rows that are left out.
    #[serde(default)]
    #[validate(length(max = 200, code = "out_of_range", message = "must have at most 200 rows"))]
    pub remove: Vec<ModelPriceKey>,
    /// From when on it holds; now if absent. Not in the past, and later than the newest version's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::instant"))]
    pub effective_from: Option<DateTime<Utc>>,
    /// What it is for.
    #[serde(default)]
    #[validate(custom(function = "check::description"))]
    pub note: String,
    /// Only tell what would change.
    #[serde(default)]
    pub dry_run: bool,
    /// The newest version as the editor saw it: if another one came in between, nothing is written.
    pub base_version: PriceVersionId,
}

/// What an organisation pays for a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TenantPrice {
    /// The service.
    pub platform: Platform,
    /// Whether the account is the organisation's own.
    pub own_account: bool,
    /// The model or pattern.
    pub model: String,
    /// Prices by name in US dollars, as decimal text, the plan included: tokens' per million, all others per piece.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub prices: BTreeMap<String, String>,
    /// Prompts above so many tokens cost the `long_` prices.
    pub long_context_above: Option<u64>,
    /// The smallest charge of a request, in nano-dollars; absent: none.
    pub minimum_nano: Option<NanoUsd>,
    /// What it will be from [`TenantPrices::next_change`] on, where that differs; no prices: it is offered no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub next: Option<BTreeMap<String, String>>,
}

/// `GET prices`: what the organisation pays today, and what comes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TenantPrices {
    /// As of when.
    pub at: DateTime<Utc>,
    /// The next instant at which something may change: a version, or the plan.
    pub next_change: Option<DateTime<Utc>>,
    /// How amounts are rounded: `half_even_per_line`.
    pub rounding: String,
    /// By service and model.
    pub items: Vec<TenantPrice>,
}
