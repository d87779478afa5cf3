//! Notices: what an organisation is told by itself.

use crate::check;
use crate::ids::{BudgetId, NoticeId};
use crate::money::NanoUsd;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use validator::Validate;

/// What a notice says, with all that is needed to say it in any language. Also how it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum NoticeText {
    /// So many per cent of a budget are spent.
    BudgetThreshold {
        /// Which.
        budget_id: BudgetId,
        /// What it was called then.
        budget: String,
        /// The threshold that was passed, in per cent.
        threshold: u16,
        /// What was spent then, in whole per cent, rounded down.
        percent: u32,
        /// What was spent then.
        spent_nano: NanoUsd,
        /// Of how much.
        limit_nano: NanoUsd,
        /// Whether requests are refused at its end.
        hard: bool,
        /// When its period began.
        period_start: DateTime<Utc>,
        /// When the next one begins; never if absent.
        period_end: Option<DateTime<Utc>>,
        /// The zone in which it begins.
        time_zone: String,
    },
    /// The wallet's balance fell below what was set.
    LowBalance {
        /// What it was then.
        balance_nano: NanoUsd,
        /// What was set.
        low_balance_nano: NanoUsd,
    },
    /// A provider's calls about one payment contradict each other: somebody has to look.
    PaymentConflict {
        /// The payment provider.
        provider: String,
        /// What it calls the payment.
        provider_id: String,
        /// What is wrong, in English.
        problem: String,
    },
    /// A model that an account offers has no price. Told to the platform's own tenant, once a day for each.
    UnpricedModel {
        /// Whose, by its name in the price book.
        provider: String,
        /// As it was asked for.
        model: String,
        /// Whether it was relayed at the provider's dearest price; else it was refused.
        relayed: bool,
    },
    /// A node keeps rate limits in its own memory, since Redis is gone or slow. Told to the platform's own tenant.
    LimitsInProcess {
        /// The node's machine.
        host: String,
        /// Since when.
        since: DateTime<Utc>,
    },
}

/// A notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Notice {
    /// Stable over its life.
    pub id: NoticeId,
    /// What it says.
    pub text: NoticeText,
    /// When it was written.
    pub created_at: DateTime<Utc>,
}

/// `GET notices`: the newest hundred.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Notices {
    /// The newest first.
    pub items: Vec<Notice>,
}

/// `GET|PUT billing/notices`: of what the organisation wants to be told, beside what its budgets say themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NoticeSettings {
    /// Told when the wallet's balance falls below it, in nano-USD; not at all if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::low_balance"))]
    pub low_balance_nano: Option<NanoUsd>,
}
