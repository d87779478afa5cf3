//! A proxy's test: one tunnel and one request without credentials, through the worker's own client, so that guard and TLS
//! are those of relayed requests. What it says is kept.

use super::{service, store};
use crate::permissions::{Action, require};
use crate::state::ManageState;
use std::time::Duration;
use tollgate_contract::ids::ProxyId;
use tollgate_contract::proxies::{LastTest, ProxyTest, TestProxy};
use tollgate_http::throttle::retry_after_secs;
use tollgate_http::{Caller, Code, Fault};
use tollgate_net::UpstreamClient;
use url::Url;

/// A person waits for it at a page.
const TEST_TIMEOUT: Duration = Duration::from_secs(20);
/// Where it goes if nobody says: most accounts' own vendor.
const TARGET: &str = "https://api.anthropic.com";
/// Longest text that is kept and shown of what went wrong, in characters.
const MESSAGE_MAX: usize = 500;

pub(super) async fn run(
    state: &ManageState,
    caller: &Caller,
    upstream: &UpstreamClient,
    proxy: ProxyId,
    form: TestProxy,
) -> Result<ProxyTest, Fault> {
    require(caller, Action::AccountsWrite)?;
    let target = target(state, form.target.as_deref().unwrap_or(TARGET))?;
    state
        .trial_door()
        .attempt(&caller.tenant_id.to_string())
        .map_err(|wait| Fault::too_many(retry_after_secs(wait)))?;
    let mut tx = caller.tx().await?;
    let found = service::locked(&mut tx, proxy).await?;
    let password = service::open(state, &mut tx, proxy, found.password.as_deref()).await?;
    // No lock is held while the proxy thinks.
    drop(tx);
    let spoken_to = service::spoken_to(&found.fields, password).map_err(Fault::internal)?;
    let begun = state.clock().monotonic();
    let outcome = upstream.try_proxy(&spoken_to, &target, TEST_TIMEOUT).await;
    let took = state.clock().monotonic().saturating_duration_since(begun);
    let latency_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    let (code, message) = match outcome {
        Ok(_) => ("ok", String::new()),
        Err(error) => (error.code(), shortened(&error.to_string())),
    };
    let said = LastTest {
        at: state.clock().now(),
        code: code.to_owned(),
        message,
        latency_ms: Some(latency_ms),
    };
    let mut tx = caller.tx().await?;
    store::keep_test(&mut tx, proxy, found.version, &said).await?;
    tx.commit().await?;
    Ok(ProxyTest {
        ok: code == "ok",
        target: target.to_string(),
        code: said.code,
        message: said.message,
        latency_ms,
    })
}

/// A target that the guard lets pass: the proxy resolves its name, so that this is all that is known of it.
fn target(state: &ManageState, text: &str) -> Result<Url, Fault> {
    let refused = |code: &str, text: &str| {
        Fault::new(Code::UrlRefused)
            .detail(format!("`target`: {text}"))
            .field("target", code, text)
    };
    let url = Url::parse(text).map_err(|error| refused("url", &format!("can't be read: {error}")))?;
    state
        .parts()
        .guard
        .check_url(&url)
        .map_err(|error| refused(error.code(), &error.to_string()))?;
    Ok(url)
}

fn shortened(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control())
        .take(MESSAGE_MAX)
        .collect()
}
