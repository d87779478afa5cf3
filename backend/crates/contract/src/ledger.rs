//! The tenant's money: its balance and the movements behind it.

use crate::check;
use crate::ids::TransferId;
use crate::money::NanoUsd;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use validator::Validate;

/// `GET billing/balance`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Balance {
    /// What is booked: paid in less charged and less tax. May be below zero by what a vendor billed beyond its announcement.
    pub balance_nano: NanoUsd,
    /// Of it, drawn by gateway nodes and not yet charged; it comes back where it is not used.
    pub held_nano: NanoUsd,
    /// What new requests may still draw: what was paid in and the credit limit, less all that nodes drew.
    pub available_nano: NanoUsd,
    /// How far below zero the balance may go by the operator's leave; no part of it.
    pub credit_limit_nano: NanoUsd,
    /// All that was ever paid in or granted, less refunds.
    pub paid_in_nano: NanoUsd,
    /// All that was ever charged for requests, corrections included, less what credit notes gave back.
    pub charged_nano: NanoUsd,
    /// Tax and rounding to cents of all invoices, less what credit notes gave back.
    #[serde(default)]
    pub tax_nano: NanoUsd,
    /// When it was read.
    pub at: DateTime<Utc>,
}

/// What a transfer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TransferKind {
    /// Money paid in.
    TopUp,
    /// Credit given.
    Promotion,
    /// A batch of relayed requests.
    Usage,
    /// An exact figure after its estimate, or a past request priced anew.
    Correction,
    /// Money paid back.
    Refund,
    /// Put right by an operator.
    Adjustment,
    /// What the platform paid a vendor; in the platform's own tenant only.
    UpstreamCost,
    /// A voucher's credit.
    Voucher,
    /// Tax of an invoice or, back, of a credit note.
    Tax,
    /// What a document in cents leaves of nano-dollars.
    Rounding,
    /// A payment of an invoice.
    Payment,
    /// Given back by a credit note.
    CreditNote,
}

impl TransferKind {
    /// All kinds.
    pub const ALL: [Self; 12] = [
        Self::TopUp,
        Self::Promotion,
        Self::Usage,
        Self::Correction,
        Self::Refund,
        Self::Adjustment,
        Self::UpstreamCost,
        Self::Voucher,
        Self::Tax,
        Self::Rounding,
        Self::Payment,
        Self::CreditNote,
    ];

    /// As stored and written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TopUp => "top_up",
            Self::Promotion => "promotion",
            Self::Usage => "usage",
            Self::Correction => "correction",
            Self::Refund => "refund",
            Self::Adjustment => "adjustment",
            Self::UpstreamCost => "upstream_cost",
            Self::Voucher => "voucher",
            Self::Tax => "tax",
            Self::Rounding => "rounding",
            Self::Payment => "payment",
            Self::CreditNote => "credit_note",
        }
    }

    /// The kind of this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A movement between two of the tenant's ledger accounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Transfer {
    /// The transfer's id.
    pub id: TransferId,
    /// What it is for.
    pub kind: TransferKind,
    /// The ledger account that the amount leaves.
    pub from_account: String,
    /// The ledger account that it reaches.
    pub to_account: String,
    /// How much; above zero.
    pub amount_nano: NanoUsd,
    /// What it does to the wallet: the amount with its sign, zero where the wallet is not touched.
    pub wallet_nano: NanoUsd,
    /// The batch whose requests it sums, for usage.
    pub batch_no: Option<i64>,
    /// The transfer that it corrects or pays back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrects_id: Option<TransferId>,
    /// Why, in words.
    pub reason: String,
    /// Who.
    pub author: String,
    /// When it was booked.
    pub booked_at: DateTime<Utc>,
}

/// The filters and paging of `GET billing/transfers`; the newest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct TransferQuery {
    /// Only this kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<TransferKind>,
    /// Booked at or after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::instant"))]
    pub from: Option<DateTime<Utc>>,
    /// Booked before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::instant"))]
    pub to: Option<DateTime<Utc>>,
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
