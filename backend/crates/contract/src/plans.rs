//! Plans: what organisations pay, made by the platform's operator.

use crate::check;
use crate::ids::{PlanId, PlanVersionId, TenantId};
use crate::money::NanoUsd;
use crate::platform::Platform;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use validator::Validate;

/// What a rule makes of a price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum RulePriceForm {
    /// The list price times a factor.
    Factor {
        /// As decimal text: `1.15` is 15 % more than the list.
        factor: String,
    },
    /// Prices of the plan's own, in US dollars.
    Own {
        /// By name, as the price book has them.
        #[cfg_attr(feature = "openapi", schema(value_type = Object))]
        prices: BTreeMap<String, String>,
    },
}

/// One rule of a plan; also how it is stored. What it leaves open fits everything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PlanRuleForm {
    /// Accounts of this platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// Models of this provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::query_text"))]
    pub provider: Option<String>,
    /// Models whose name fits this pattern; `*` stands for any text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::query_text"))]
    pub model: Option<String>,
    /// Keys that bear this tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::query_text"))]
    pub tag: Option<String>,
    /// What they cost.
    pub price: RulePriceForm,
    /// The smallest charge of a request, in the place of the plan's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum_nano: Option<NanoUsd>,
}

/// What a plan says from an instant on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PlanTerms {
    /// From when on; now if absent. Not in the past, and later than the plan's newest version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::instant"))]
    pub effective_from: Option<DateTime<Utc>>,
    /// What list prices are multiplied by where no rule fits, as decimal text.
    #[validate(length(
        min = 1,
        max = 30,
        code = "invalid",
        message = "must be a decimal number such as 1.15"
    ))]
    pub factor: String,
    /// The smallest charge of a request that counted anything, on the platform's accounts.
    #[serde(default)]
    pub minimum_nano: NanoUsd,
    /// What list prices are multiplied by on organisations' own accounts, as decimal text; `1` if absent.
    #[serde(default = "one")]
    #[validate(length(
        min = 1,
        max = 30,
        code = "invalid",
        message = "must be a decimal number such as 0.05"
    ))]
    pub own_factor: String,
    /// In order; the first that fits holds. They do not hold on organisations' own accounts.
    #[serde(default)]
    #[validate(
        length(max = 200, code = "out_of_range", message = "must have at most 200 rules"),
        nested
    )]
    pub rules: Vec<PlanRuleForm>,
}

fn one() -> String {
    "1".to_owned()
}

/// `POST plans`: a new plan with its first terms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CreatePlan {
    /// Its name; no two are alike.
    #[validate(custom(function = "check::name"))]
    pub name: String,
    /// What it is for.
    #[serde(default)]
    #[validate(custom(function = "check::description"))]
    pub description: String,
    /// What it says.
    #[validate(nested)]
    pub terms: PlanTerms,
}

/// A plan as it is from an instant on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlanVersionView {
    /// Its id, as each request names it.
    pub id: PlanVersionId,
    /// From when on.
    pub effective_from: DateTime<Utc>,
    /// See [`PlanTerms::factor`].
    pub factor: String,
    /// See [`PlanTerms::minimum_nano`].
    pub minimum_nano: NanoUsd,
    /// See [`PlanTerms::own_factor`].
    pub own_factor: String,
    /// See [`PlanTerms::rules`].
    pub rules: Vec<PlanRuleForm>,
    /// Who wrote it.
    pub author: String,
    /// When.
    pub created_at: DateTime<Utc>,
    /// Whether it holds now.
    pub holds: bool,
}

/// A plan with all its versions, the newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Plan {
    /// Its id.
    pub id: PlanId,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Who made it.
    pub created_by: String,
    /// When.
    pub created_at: DateTime<Utc>,
    /// What it says, and said.
    pub versions: Vec<PlanVersionView>,
    /// How many organisations have it now.
    pub tenants: u64,
}

/// All plans, by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Plans {
    /// The plans.
    pub items: Vec<Plan>,
}

/// `POST plans/assignments`: an organisation has a plan from an instant on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AssignPlan {
    /// The organisation's short name.
    #[validate(custom(function = "check::slug"))]
    pub tenant_slug: String,
    /// The plan; list prices if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan_id: Option<PlanId>,
    /// From when on; now if absent. Not in the past, and later than what is written already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::instant"))]
    pub effective_from: Option<DateTime<Utc>>,
}

/// Which organisation has which plan from when on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlanAssignment {
    /// The organisation.
    pub tenant_id: TenantId,
    /// Its short name.
    pub tenant_slug: String,
    /// The plan; absent: list prices.
    pub plan_id: Option<PlanId>,
    /// The plan's name.
    pub plan: String,
    /// From when on.
    pub effective_from: DateTime<Utc>,
    /// Who wrote it.
    pub author: String,
}

/// The newest assignments first; at most a thousand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlanAssignments {
    /// The assignments.
    pub items: Vec<PlanAssignment>,
}
