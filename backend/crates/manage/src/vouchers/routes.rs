//! `vouchers`: over HTTP.

use super::{redeem, service};
use crate::mount::Routes;
use crate::state::State;
use actix_web::{HttpResponse, web};
use tollgate_contract::ids::VoucherId;
use tollgate_contract::page::Page;
use tollgate_contract::problem::Problem;
use tollgate_contract::vouchers::{
    CreateVouchers, CreatedVouchers, RedeemVoucher, Redeemed, Voucher, VoucherQuery,
};
use tollgate_http::{Body, Caller, Fault, Params, PathId};

pub(crate) fn mount(routes: &mut Routes) {
    routes.get("/vouchers", list_vouchers);
    routes.post("/vouchers", create_vouchers);
    routes.post("/vouchers/redeem", redeem_voucher);
    routes.post("/vouchers/{id}/revoke", revoke_voucher);
}

/// List the organisation's own vouchers.
#[utoipa::path(get, path = "/vouchers", tag = "vouchers", params(VoucherQuery), security(("bearer" = [])),
    responses((status = 200, description = "A page of vouchers, without their codes", body = Page<Voucher>)))]
pub(crate) async fn list_vouchers(
    caller: Caller,
    query: Params<VoucherQuery>,
) -> Result<web::Json<Page<Voucher>>, Fault> {
    Ok(web::Json(service::list(&caller, &query.0).await?))
}

/// Make vouchers for the organisation's own keys.
///
/// The answer has the only copy of their codes.
#[utoipa::path(post, path = "/vouchers", tag = "vouchers", request_body = CreateVouchers, security(("bearer" = [])),
    responses((status = 201, description = "The vouchers and their codes", body = CreatedVouchers)))]
pub(crate) async fn create_vouchers(
    state: State,
    caller: Caller,
    form: Body<CreateVouchers>,
) -> Result<HttpResponse, Fault> {
    Ok(HttpResponse::Created().json(service::create(&state, &caller, form.0).await?))
}

/// Redeem a voucher.
///
/// Credit goes to the wallet (owners, admins, finance); money and days to a key that the caller may change. Why a code is
/// refused is not told. The same call again gets the same answer and brings nothing twice.
#[utoipa::path(post, path = "/vouchers/redeem", tag = "vouchers", request_body = RedeemVoucher,
    security(("bearer" = [])),
    responses((status = 200, description = "What it brought", body = Redeemed),
        (status = 429, description = "Too many attempts", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn redeem_voucher(
    state: State,
    caller: Caller,
    form: Body<RedeemVoucher>,
) -> Result<web::Json<Redeemed>, Fault> {
    Ok(web::Json(redeem::redeem(&state, &caller, form.0).await?))
}

/// Take a voucher back.
///
/// Nobody can redeem it any more. One that was redeemed stays as it is.
#[utoipa::path(post, path = "/vouchers/{id}/revoke", tag = "vouchers", security(("bearer" = [])),
    params(("id" = VoucherId, Path, description = "The voucher")),
    responses((status = 200, description = "The voucher as it is now", body = Voucher),
        (status = 409, description = "It was redeemed", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn revoke_voucher(
    state: State,
    caller: Caller,
    id: PathId<VoucherId>,
) -> Result<web::Json<Voucher>, Fault> {
    Ok(web::Json(service::revoke(&state, &caller, id.0).await?))
}
