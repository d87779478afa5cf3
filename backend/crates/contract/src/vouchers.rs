//! Vouchers: codes that add credit to a wallet, or money and days to a key.

use crate::check;
use crate::ids::{KeyId, TransferId, VoucherId};
use crate::money::NanoUsd;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;
use validator::Validate;

/// What a voucher brings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum VoucherValue {
    /// Credit to the wallet of whoever redeems it. Only the operator makes such.
    Credit {
        /// How much, in nano-USD.
        amount_nano: NanoUsd,
    },
    /// More of a key's budgets that never begin anew, and a later expiry. An organisation makes such for its own keys.
    Key {
        /// Added to the limit of each budget of the key's own that never begins anew, in nano-USD; 0: nothing.
        #[serde(default)]
        amount_nano: NanoUsd,
        /// Added to its expiry; 0: nothing.
        #[serde(default)]
        days: u32,
    },
}

/// A voucher, without its code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Voucher {
    /// Stable over its life.
    pub id: VoucherId,
    /// The code's last four letters.
    pub last_four: String,
    /// What it brings.
    pub value: VoucherValue,
    /// What it is for.
    pub note: String,
    /// Until when it may be redeemed; for ever if absent.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was redeemed.
    pub redeemed_at: Option<DateTime<Utc>>,
    /// By whom; empty while it was not.
    pub redeemed_by: String,
    /// The key that it was redeemed for.
    pub key_id: Option<KeyId>,
    /// When it was taken back; then nobody can redeem it any more.
    pub revoked_at: Option<DateTime<Utc>>,
    /// Who made it.
    pub created_by: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// `POST vouchers`: makes some for keys of one's own organisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateVouchers {
    /// How many, 1 to 1000.
    #[validate(range(
        min = 1,
        max = 1000,
        code = "out_of_range",
        message = "must be between 1 and 1000"
    ))]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1000))]
    pub count: u32,
    /// Added to the limit of each budget of the key's own that never begins anew, in nano-USD.
    #[serde(default)]
    #[validate(custom(function = "check::voucher_amount"))]
    pub amount_nano: NanoUsd,
    /// Added to the key's expiry.
    #[serde(default)]
    #[validate(range(max = 3650, code = "out_of_range", message = "must be at most 3650"))]
    pub days: u32,
    /// What they are for.
    #[serde(default)]
    #[validate(custom(function = "check::description"))]
    pub note: String,
    /// Until when they may be redeemed; for ever if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::instant"))]
    pub expires_at: Option<DateTime<Utc>>,
}

/// Vouchers just made, with the only copy of their codes.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreatedVouchers {
    /// The vouchers.
    pub items: Vec<Voucher>,
    /// Their codes, in the same order; they cannot be shown again.
    pub codes: Vec<String>,
}

/// Never shows the codes.
impl fmt::Debug for CreatedVouchers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreatedVouchers")
            .field("items", &self.items.len())
            .finish_non_exhaustive()
    }
}

/// `GET vouchers`: the organisation's own, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct VoucherQuery {
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

/// `POST vouchers/redeem`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RedeemVoucher {
    /// The code; hyphens, spaces and case do not matter.
    #[validate(custom(function = "check::voucher_code"))]
    pub code: String,
    /// The key that it is for, where it brings something to a key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_id: Option<KeyId>,
}

/// Never shows the code.
impl fmt::Debug for RedeemVoucher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedeemVoucher")
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}

/// What a voucher brought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Redeemed {
    /// What it brought.
    pub value: VoucherValue,
    /// The ledger's transfer, of a credit.
    pub transfer_id: Option<TransferId>,
    /// The key's expiry now, where days were added.
    pub expires_at: Option<DateTime<Utc>>,
}
