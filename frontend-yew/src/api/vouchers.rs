//! Vouchers.

use super::{ApiError, Query, cache, client, path_with, use_get};
use tollgate_contract::ids::VoucherId;
use tollgate_contract::page::Page;
use tollgate_contract::vouchers::{
    CreateVouchers, CreatedVouchers, RedeemVoucher, Redeemed, Voucher, VoucherQuery,
};
use yew::prelude::*;

/// One page of the organisation's vouchers.
#[hook]
pub fn use_vouchers(query: &VoucherQuery) -> Query<Page<Voucher>> {
    use_get(path_with("/vouchers", query))
}

/// Makes some; the answer holds the only copies of their codes.
pub async fn create(form: CreateVouchers) -> Result<CreatedVouchers, ApiError> {
    let made = client::send("POST", "/vouchers", &form).await?;
    cache::changed(&["/vouchers"]);
    Ok(made)
}

/// Takes one back.
pub async fn revoke(id: VoucherId) -> Result<(), ApiError> {
    client::act(&format!("/vouchers/{id}/revoke")).await?;
    cache::changed(&["/vouchers"]);
    Ok(())
}

/// Redeems one.
pub async fn redeem(form: RedeemVoucher) -> Result<Redeemed, ApiError> {
    let brought = client::send("POST", "/vouchers/redeem", &form).await?;
    cache::changed(&["/vouchers", "/keys", "/budgets", "/billing", "/dashboard"]);
    Ok(brought)
}
