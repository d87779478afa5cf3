//! Payments: an organisation says what it wants to pay, a provider tells by a signed call that it was paid.

use crate::check;
use crate::ids::{PaymentId, TransferId};
use crate::money::NanoUsd;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use validator::Validate;

/// `POST billing/payments`: what shall be paid, by whom it shall be taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CreatePayment {
    /// The payment provider, one of `providers` of `GET billing/payments`.
    #[validate(custom(function = "check::provider_name"))]
    pub provider: String,
    /// How much, in nano-USD: whole cents, from one dollar to a million.
    #[validate(custom(function = "check::payment_amount"))]
    pub amount_nano: NanoUsd,
}

/// How far a payment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// Nothing was heard of it yet.
    Open,
    /// It was paid and stands in the wallet.
    Paid,
    /// The provider said that it came to nothing; it may still be paid later.
    Failed,
}

impl PaymentStatus {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Open, Self::Paid, Self::Failed];

    /// As stored and written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Paid => "paid",
            Self::Failed => "failed",
        }
    }

    /// The status of this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }
}

/// A payment. Its id is what the provider is given, and what it sends back as `payment_id`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Payment {
    /// Stable over its life.
    pub id: PaymentId,
    /// Who takes it.
    pub provider: String,
    /// How much.
    pub amount_nano: NanoUsd,
    /// How far it is.
    pub status: PaymentStatus,
    /// What the provider calls it; empty while nothing was heard.
    pub provider_id: String,
    /// The ledger's transfer, once it is paid.
    pub transfer_id: Option<TransferId>,
    /// When the provider said in test mode that it was paid: no money came by that.
    pub tested_at: Option<DateTime<Utc>>,
    /// When it was paid, or said to have failed.
    pub decided_at: Option<DateTime<Utc>>,
    /// Who wanted to pay.
    pub created_by: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// `GET billing/payments`: the newest hundred.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Payments {
    /// The newest first.
    pub items: Vec<Payment>,
    /// Payment providers that the operator has set up; none: money comes in by the operator and by vouchers.
    pub providers: Vec<String>,
}

/// What a provider says came of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PaymentOutcome {
    /// The money is there.
    Succeeded,
    /// It came to nothing.
    Failed,
}

/// `POST payments/{provider}`: a provider's call, signed as docs/operations.md says. Either `amount_nano`, or `amount`
/// with `currency`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PaymentCall {
    /// What the provider calls the payment. The same id is the same call: it is taken once.
    #[validate(custom(function = "check::provider_id"))]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 100))]
    pub id: String,
    /// The payment's id, as the organisation got it.
    pub payment_id: PaymentId,
    /// The organisation's short name; checked where it is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::slug"))]
    pub tenant: Option<String>,
    /// How much, in nano-USD.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount_nano: Option<NanoUsd>,
    /// How much, as decimal text such as `25.00`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<String>,
    /// The currency of `amount`: `USD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// What came of it.
    pub status: PaymentOutcome,
    /// Whether no real money moved. Must be said.
    pub test: bool,
}

/// What became of a provider's call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PaymentTaken {
    /// The payment.
    pub payment_id: PaymentId,
    /// How far it is now.
    pub status: PaymentStatus,
    /// The ledger's transfer, if it is paid.
    pub transfer_id: Option<TransferId>,
    /// Whether the call was taken before, so that this one changed nothing.
    pub replayed: bool,
}
