//! `accounts/{platform}/auth-url` and `…/exchange` over HTTP.

use super::{begin, finish};
use crate::accounts::routes::OnPlatform;
use crate::state::State;
use actix_web::{HttpResponse, web};
use tollgate_contract::accounts::{AuthUrl, BeginConnect, Connected, FinishConnect};
use tollgate_contract::platform::Platform;
use tollgate_http::{Body, Caller, Fault, OptionalBody};
use tollgate_net::UpstreamClient;

/// Begin to connect an account at its vendor.
///
/// Gives the link of the vendor's page of consent, on `claude_official`, `gemini` and `openai`. What that page shows at its
/// end is brought back by `exchange`, within ten minutes and by the same sign-in session.
#[utoipa::path(post, path = "/accounts/{platform}/auth-url", operation_id = "begin_connect", tag = "accounts",
    request_body = Option<BeginConnect>, security(("bearer" = [])),
    params(("platform" = Platform, Path, description = "The platform")),
    responses((status = 201, description = "The link to open", body = AuthUrl)))]
pub(crate) async fn auth_url(
    state: State,
    caller: Caller,
    platform: OnPlatform,
    form: OptionalBody<BeginConnect>,
) -> Result<HttpResponse, Fault> {
    Ok(HttpResponse::Created().json(begin::begin(&state, &caller, platform.0, form.0).await?))
}

/// Connect an account with the code that its vendor gave.
///
/// The code is exchanged through the chosen proxy and no other way. Each link can be used once, whatever comes of it. Where
/// anything fails, nothing is stored. An account that is connected anew keeps its settings, and its state begins anew; it
/// must be the same person's.
#[utoipa::path(post, path = "/accounts/{platform}/exchange", operation_id = "finish_connect", tag = "accounts",
    request_body = FinishConnect, security(("bearer" = [])),
    params(("platform" = Platform, Path, description = "The platform")),
    responses((status = 200, description = "The account, and what could not be learnt", body = Connected)))]
pub(crate) async fn exchange(
    state: State,
    caller: Caller,
    platform: OnPlatform,
    upstream: web::Data<UpstreamClient>,
    form: Body<FinishConnect>,
) -> Result<web::Json<Connected>, Fault> {
    let connected = finish::finish(&state, &caller, &upstream, platform.0, form.0).await?;
    Ok(web::Json(connected))
}
