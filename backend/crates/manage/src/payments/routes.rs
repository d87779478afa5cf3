//! `billing/payments`, and providers' calls: over HTTP.

use super::{call, service};
use crate::mount::Routes;
use crate::state::State;
use actix_web::{HttpRequest, HttpResponse, web};
use tollgate_contract::ids::PaymentId;
use tollgate_contract::payments::{CreatePayment, Payment, PaymentCall, PaymentTaken, Payments};
use tollgate_contract::problem::Problem;
use tollgate_http::{Body, Caller, Fault, PathId, RawBody};

pub(crate) fn mount(routes: &mut Routes) {
    routes.get("/billing/payments", list_payments);
    routes.post("/billing/payments", create_payment);
    routes.get("/billing/payments/{id}", get_payment);
    routes.post("/payments/{provider}", payment_call);
}

/// List payments by providers.
#[utoipa::path(get, path = "/billing/payments", tag = "billing", security(("bearer" = [])),
    responses((status = 200, description = "The newest hundred, and who takes payments", body = Payments)))]
pub(crate) async fn list_payments(state: State, caller: Caller) -> Result<web::Json<Payments>, Fault> {
    Ok(web::Json(service::list(&state, &caller).await?))
}

/// Begin a payment.
///
/// Its id is handed to the provider, which names it when it tells that the money came.
#[utoipa::path(post, path = "/billing/payments", tag = "billing", request_body = CreatePayment,
    security(("bearer" = [])),
    responses((status = 201, description = "The payment, open", body = Payment),
        (status = 429, description = "Too many were begun", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn create_payment(
    state: State,
    caller: Caller,
    form: Body<CreatePayment>,
) -> Result<HttpResponse, Fault> {
    Ok(HttpResponse::Created().json(service::create(&state, &caller, form.0).await?))
}

/// Get a payment.
#[utoipa::path(get, path = "/billing/payments/{id}", tag = "billing", security(("bearer" = [])),
    params(("id" = PaymentId, Path, description = "The payment")),
    responses((status = 200, description = "The payment", body = Payment)))]
pub(crate) async fn get_payment(caller: Caller, id: PathId<PaymentId>) -> Result<web::Json<Payment>, Fault> {
    Ok(web::Json(service::get(&caller, id.0).await?))
}

/// A provider tells what came of a payment.
///
/// Signed with the header `tollgate-signature: t=SECONDS,v1=HEX`, where HEX is the HMAC-SHA-256 of `SECONDS.BODY` under the
/// provider's secret. The same call again gets the same answer and books nothing twice; a call that contradicts what is
/// known books nothing.
#[utoipa::path(post, path = "/payments/{provider}", tag = "billing", request_body = PaymentCall,
    params(("provider" = String, Path, description = "The provider's name, as the operator has set it up")),
    responses((status = 200, description = "It is taken", body = PaymentTaken)))]
pub(crate) async fn payment_call(
    state: State,
    request: HttpRequest,
    provider: web::Path<String>,
    body: RawBody,
) -> Result<web::Json<PaymentTaken>, Fault> {
    Ok(web::Json(call::take(&state, &request, &provider, &body).await?))
}
