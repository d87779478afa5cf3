//! `tenants`: an organisation signs up.

use super::service;
use crate::auth::{self, Client};
use crate::mount::Routes;
use crate::state::State;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use tollgate_contract::auth::SignedIn;
use tollgate_contract::tenants::SignUp;
use tollgate_http::{Body, Fault};

pub(crate) fn mount(routes: &mut Routes) {
    routes.post("/tenants", sign_up);
}

/// Sign up an organisation.
///
/// Creates the organisation, its first owner and its empty wallet, and answers as a sign-in does.
#[utoipa::path(post, path = "/tenants", tag = "tenants", request_body = SignUp,
    responses((status = 201, description = "Signed up and signed in", body = SignedIn)))]
pub(crate) async fn sign_up(
    state: State,
    request: HttpRequest,
    form: Body<SignUp>,
) -> Result<HttpResponse, Fault> {
    let delivery = form.0.token_delivery;
    let (member, started) = service::sign_up(&state, &Client::of(&request, &state), form.0).await?;
    let all = std::slice::from_ref(&member);
    Ok(auth::routes::answer(
        &state,
        StatusCode::CREATED,
        &member,
        all,
        &started,
        delivery,
    ))
}
