//! `accounts/{platform}/{id}/test` and `…/test/stream` over HTTP.

use super::watch::Watch;
use super::{begin, carry_out, run};
use crate::accounts::routes::OnPlatform;
use crate::state::State;
use actix_web::body::{BodySize, MessageBody};
use actix_web::http::header;
use actix_web::web::Bytes;
use actix_web::{HttpResponse, web};
use serde::Serialize;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tollgate_contract::accounts::{AccountTest, TestAccount, TestStep};
use tollgate_contract::ids::AccountId;
use tollgate_contract::platform::Platform;
use tollgate_http::{Caller, Fault, OptionalBody, PathId};
use tollgate_net::UpstreamClient;

/// Test an upstream account.
///
/// Sends one real request for a few tokens of output, paid at the vendor and booked nowhere, and tells what came of it. The
/// account's state stays as it is.
#[utoipa::path(post, path = "/accounts/{platform}/{id}/test", operation_id = "test_account", tag = "accounts", request_body = Option<TestAccount>,
    security(("bearer" = [])),
    params(("platform" = Platform, Path, description = "The platform"), ("id" = AccountId, Path, description = "The account")),
    responses((status = 200, description = "What came of it, good or bad", body = AccountTest)))]
pub(crate) async fn try_out(
    state: State,
    caller: Caller,
    platform: OnPlatform,
    id: PathId<AccountId>,
    upstream: web::Data<UpstreamClient>,
    form: OptionalBody<TestAccount>,
) -> Result<web::Json<AccountTest>, Fault> {
    Ok(web::Json(
        run(&state, &caller, &upstream, platform.0, id.0, form.0).await?,
    ))
}

/// Test an upstream account and watch it.
///
/// As `test`, told while it runs, as server-sent events: `step` for each step, the model's words as they come among them,
/// and at last `done` with the result. Whoever leaves before ends the test.
#[utoipa::path(post, path = "/accounts/{platform}/{id}/test/stream", operation_id = "watch_account_test", tag = "accounts",
    request_body = Option<TestAccount>, security(("bearer" = [])),
    params(("platform" = Platform, Path, description = "The platform"), ("id" = AccountId, Path, description = "The account")),
    responses((status = 200, description = "Events `step` and, at last, `done` with an `AccountTest`", body = TestStep,
        content_type = "text/event-stream")))]
pub(crate) async fn watch(
    state: State,
    caller: Caller,
    platform: OnPlatform,
    id: PathId<AccountId>,
    upstream: web::Data<UpstreamClient>,
    form: OptionalBody<TestAccount>,
) -> Result<HttpResponse, Fault> {
    let tested = begin(&state, &caller, platform.0, id.0, form.0).await?;
    let (sender, steps) = mpsc::unbounded_channel();
    let watch = Watch::live(state.clock().clone(), sender);
    let work = async move { carry_out(&state, &upstream, tested, &watch).await };
    let body = Told {
        work: Some(Box::pin(work)),
        steps,
        done: None,
    };
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/event-stream"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        // Proxies of nginx's kind would hold the events back.
        .insert_header(("x-accel-buffering", "no"))
        .body(body))
}

/// A test that goes on as its events are taken; dropping it ends the test.
struct Told {
    work: Option<Pin<Box<dyn Future<Output = AccountTest>>>>,
    steps: UnboundedReceiver<TestStep>,
    done: Option<Bytes>,
}

impl MessageBody for Told {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        if let Some(work) = &mut self.work
            && let Poll::Ready(test) = work.as_mut().poll(cx)
        {
            self.work = None;
            self.done = Some(event("done", &test));
        }
        if let Poll::Ready(Some(step)) = self.steps.poll_recv(cx) {
            return Poll::Ready(Some(Ok(event("step", &step))));
        }
        if self.work.is_some() {
            return Poll::Pending;
        }
        Poll::Ready(self.done.take().map(Ok))
    }
}

/// JSON has no line breaks of its own, so it is one line of data.
fn event(name: &str, data: &impl Serialize) -> Bytes {
    let data = serde_json::to_string(data).unwrap_or_default();
    Bytes::from(format!("event: {name}\ndata: {data}\n\n"))
}
