//! `auth/…`: signing in and out over HTTP. The refresh token travels as a cookie, or in the body for those who ask.

use super::begin::{Client, Started};
use super::cookie;
use super::members::{Door, Member};
use super::service::{self, Entered};
use crate::mount::Routes;
use crate::state::{ManageState, State};
use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use secrecy::ExposeSecret;
use tollgate_contract::auth::{Me, Refresh, Sessions, SignIn, SignedIn, Switch, TokenDelivery};
use tollgate_contract::ids::SessionId;
use tollgate_http::{Body, Caller, Code, Fault, OptionalBody, PathId};

pub(crate) fn mount(routes: &mut Routes) {
    routes.post("/auth/admin/login", sign_in_admin);
    routes.post("/auth/user/login", sign_in_user);
    routes.post("/auth/refresh", refresh);
    routes.post("/auth/logout", sign_out);
    routes.post("/auth/switch", switch);
    routes.get("/auth/me", me);
    routes.get("/auth/sessions", sessions);
    routes.delete("/auth/sessions/{id}", end_session);
}

/// Sign in as someone who runs the organisation.
///
/// For owners, admins and finance. Answers with an access token of some minutes; the refresh token comes as an `HttpOnly`
/// cookie, or in the body with `token_delivery: body`.
#[utoipa::path(post, path = "/auth/admin/login", tag = "auth", request_body = SignIn,
    responses((status = 200, description = "Signed in", body = SignedIn)))]
pub(crate) async fn sign_in_admin(
    state: State,
    request: HttpRequest,
    form: Body<SignIn>,
) -> Result<HttpResponse, Fault> {
    sign_in(&state, &request, Door::Admin, form.0).await
}

/// Sign in as any member.
///
/// The same identity as at the other door; members are let in too.
#[utoipa::path(post, path = "/auth/user/login", tag = "auth", request_body = SignIn,
    responses((status = 200, description = "Signed in", body = SignedIn)))]
pub(crate) async fn sign_in_user(
    state: State,
    request: HttpRequest,
    form: Body<SignIn>,
) -> Result<HttpResponse, Fault> {
    sign_in(&state, &request, Door::User, form.0).await
}

async fn sign_in(
    state: &ManageState,
    request: &HttpRequest,
    door: Door,
    form: SignIn,
) -> Result<HttpResponse, Fault> {
    let delivery = form.token_delivery;
    let entered = service::sign_in(state, &Client::of(request, state), door, form).await?;
    Ok(welcome(state, StatusCode::OK, &entered, delivery))
}

/// Renew the session.
///
/// Each refresh token is good for one use; a second use ends the session, since one of its two users is a thief. Browsers
/// send it by cookie; others in the body, and get the next one there.
#[utoipa::path(post, path = "/auth/refresh", tag = "auth", request_body = Option<Refresh>,
    responses((status = 200, description = "The next tokens", body = SignedIn)))]
pub(crate) async fn refresh(
    state: State,
    request: HttpRequest,
    form: OptionalBody<Refresh>,
) -> Result<HttpResponse, Fault> {
    let (token, delivery) = presented(&state, &request, form.0).ok_or_else(|| {
        Fault::new(Code::InvalidRefreshToken).detail("Send the cookie, or `refresh_token` in the body.")
    })?;
    let entered = service::refresh(&state, &Client::of(&request, &state), &token).await;
    match entered {
        Ok(entered) => Ok(welcome(&state, StatusCode::OK, &entered, delivery)),
        Err(fault)
            if delivery == TokenDelivery::Cookie && fault.code().status() == StatusCode::UNAUTHORIZED =>
        {
            Err(taking_the_cookie_away(&state, fault))
        }
        Err(fault) => Err(fault),
    }
}

/// Sign out.
///
/// Ends the session of the bearer token and that of the refresh token, whichever come. Answers alike when there was
/// nothing to end.
#[utoipa::path(post, path = "/auth/logout", tag = "auth", request_body = Option<Refresh>,
    responses((status = 204, description = "Signed out")))]
pub(crate) async fn sign_out(
    state: State,
    request: HttpRequest,
    caller: Result<Caller, Fault>,
    form: OptionalBody<Refresh>,
) -> Result<HttpResponse, Fault> {
    let refresh_token = presented(&state, &request, form.0);
    if let Some((token, _)) = &refresh_token {
        service::end_by_token(&state, &Client::of(&request, &state), token).await?;
    }
    match caller {
        Ok(caller) => match service::end(&state, &caller, caller.session_id, "signed_out").await {
            Err(fault) if fault.code() != Code::NotFound => return Err(fault),
            _ => {}
        },
        Err(fault) if leaves_open(&fault, &request, refresh_token.is_some()) => return Err(fault),
        Err(_) => {}
    }
    let mut answer = HttpResponse::NoContent();
    if cookie::is_ours_to_read(&request, state.security())
        && let Some(cookie) = cookie::clear(is_https(&state))
    {
        answer.insert_header((header::SET_COOKIE, cookie));
    }
    Ok(answer.finish())
}

/// Whether a session would stay open behind an answer that says otherwise: its bearer token came alone and was refused.
fn leaves_open(fault: &Fault, request: &HttpRequest, by_token: bool) -> bool {
    let came = request.headers().contains_key(header::AUTHORIZATION);
    came && !by_token && fault.code() != Code::SessionEnded
}

/// Enter another of one's organisations.
#[utoipa::path(post, path = "/auth/switch", tag = "auth", request_body = Switch, security(("bearer" = [])),
    responses((status = 200, description = "A session in the other organisation; the present one has ended",
               body = SignedIn)))]
pub(crate) async fn switch(
    state: State,
    request: HttpRequest,
    caller: Caller,
    form: Body<Switch>,
) -> Result<HttpResponse, Fault> {
    let entered = service::switch(&state, &Client::of(&request, &state), &caller, &form.0.tenant).await?;
    Ok(welcome(&state, StatusCode::OK, &entered, form.0.token_delivery))
}

/// Who am I?
#[utoipa::path(get, path = "/auth/me", tag = "auth", security(("bearer" = [])),
    responses((status = 200, description = "The caller, their organisation and role", body = Me)))]
pub(crate) async fn me(state: State, caller: Caller) -> Result<web::Json<Me>, Fault> {
    Ok(web::Json(service::whoami(&state, &caller).await?))
}

/// My open sessions.
#[utoipa::path(get, path = "/auth/sessions", tag = "auth", security(("bearer" = [])),
    responses((status = 200, description = "The newest first", body = Sessions)))]
pub(crate) async fn sessions(state: State, caller: Caller) -> Result<web::Json<Sessions>, Fault> {
    Ok(web::Json(Sessions {
        items: service::sessions(&state, &caller).await?,
    }))
}

/// End one of my sessions.
#[utoipa::path(delete, path = "/auth/sessions/{id}", tag = "auth", security(("bearer" = [])),
    params(("id" = SessionId, Path, description = "The session")),
    responses((status = 204, description = "Ended")))]
pub(crate) async fn end_session(
    state: State,
    caller: Caller,
    id: PathId<SessionId>,
) -> Result<HttpResponse, Fault> {
    service::end(&state, &caller, id.0, "revoked").await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The token that came, and how the next one goes back: the way it came.
fn presented(state: &ManageState, request: &HttpRequest, form: Refresh) -> Option<(String, TokenDelivery)> {
    let by_body = form.refresh_token.map(|token| (token, TokenDelivery::Body));
    by_body.or_else(|| {
        let token = cookie::read(request, state.security())?;
        Some((token, TokenDelivery::Cookie))
    })
}

fn welcome(
    state: &ManageState,
    status: StatusCode,
    entered: &Entered,
    delivery: TokenDelivery,
) -> HttpResponse {
    answer(
        state,
        status,
        &entered.member,
        &entered.all,
        &entered.started,
        delivery,
    )
}

/// The answer to whoever has come in, by whichever way.
pub(crate) fn answer(
    state: &ManageState,
    status: StatusCode,
    member: &Member,
    all: &[Member],
    started: &Started,
    delivery: TokenDelivery,
) -> HttpResponse {
    let refresh_token = started.refresh_token.expose_secret();
    let lifetime = state.parts().signer.lifetime().num_seconds();
    let body = SignedIn {
        access_token: started.access_token.clone(),
        token_type: "Bearer".to_owned(),
        expires_in: u32::try_from(lifetime).unwrap_or_default(),
        expires_at: started.access_until,
        refresh_token: (delivery == TokenDelivery::Body).then(|| refresh_token.to_owned()),
        session_expires_at: started.session_until,
        me: service::describe(state, member, started.session, all),
    };
    let mut answer = HttpResponse::build(status);
    if delivery == TokenDelivery::Cookie
        && let Some(cookie) = cookie::store(refresh_token, state.settings().refresh_ttl, is_https(state))
    {
        answer.insert_header((header::SET_COOKIE, cookie));
    }
    answer.json(body)
}

fn taking_the_cookie_away(state: &ManageState, fault: Fault) -> Fault {
    match cookie::clear(is_https(state)) {
        Some(cookie) => fault.header(header::SET_COOKIE, cookie.to_str().unwrap_or_default()),
        None => fault,
    }
}

fn is_https(state: &ManageState) -> bool {
    state.settings().public_url.scheme() == "https"
}
