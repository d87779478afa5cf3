//! The connectivity test: one real request for a few tokens of output, as a relayed one would be sent: with the token that
//! is issued, through the account's proxy, by a client with the same guard, time-outs and TLS. What came of it is kept
//! with the account, whose state stays as it is.

mod answer;
mod keep;
mod request;
pub(crate) mod routes;
pub(super) mod schedule;
mod stream;
mod watch;

use super::store::Locked;
use super::{proxy, sealing, service};
use crate::permissions::{Action, require};
use crate::state::ManageState;
use answer::{Outcome, judge, shortened};
use chrono::TimeDelta;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use request::Trial;
use sealing::Unsealed;
use std::time::Duration;
use stream::Streamed;
use tollgate_contract::accounts::{AccountSettings, AccountTest, TestAccount, mapped};
use tollgate_contract::ids::{AccountId, TenantId};
use tollgate_contract::platform::Platform;
use tollgate_http::throttle::retry_after_secs;
use tollgate_http::{Caller, Fault};
use tollgate_net::{Proxy, UpstreamClient};
use tollgate_scheduler::{Credential, Observed};
use tollgate_store::TenantTx;
use watch::Watch;

/// A person waits for it at a page.
const TEST_TIMEOUT: Duration = Duration::from_secs(30);
/// An answer of few tokens has a few hundred bytes, an error page some more.
const ANSWER_MAX: usize = 64 * 1024;
/// A token that ends sooner is renewed first.
const TOKEN_LEFT_MIN: TimeDelta = TimeDelta::seconds(10);

/// An account that is to be tested.
struct Tested {
    tenant: TenantId,
    account: AccountId,
    platform: Platform,
    settings: AccountSettings,
    secrets: Unsealed,
    proxy: Option<Proxy>,
    /// Whether a token has to be issued before anything can be sent.
    wants_token: bool,
    model: Option<String>,
}

impl Tested {
    /// Reads all that a test needs.
    async fn read(
        state: &ManageState,
        tx: &mut TenantTx,
        platform: Platform,
        account: AccountId,
        model: Option<String>,
    ) -> Result<Self, Fault> {
        let found = service::locked(tx, platform, account).await?;
        let secrets = sealing::open_to_send(state, tx, account, &found).await?;
        let proxy = proxy::of_account(state, tx, found.settings.proxy_id).await?;
        Ok(Self {
            tenant: tx.tenant_id(),
            account,
            platform,
            wants_token: wants_token(state, &found, &secrets),
            settings: found.settings,
            secrets,
            proxy,
            model,
        })
    }

    /// The model asked for, the account's first one, or a small one of the platform; as the account maps it.
    fn model(&self) -> String {
        model(self.platform, &self.settings, self.model.as_deref())
    }
}

fn wants_token(state: &ManageState, found: &Locked, secrets: &Unsealed) -> bool {
    let ends = found
        .token_expires_at
        .filter(|_| found.settings.credential_kind.is_issuing());
    let ends_soon = ends.is_some_and(|at| at <= state.clock().now() + TOKEN_LEFT_MIN);
    ends_soon || matches!(secrets.credential, Credential::Unissued)
}

/// Who may test, and how often; then the account.
async fn begin(
    state: &ManageState,
    caller: &Caller,
    platform: Platform,
    account: AccountId,
    form: TestAccount,
) -> Result<Tested, Fault> {
    require(caller, Action::AccountsWrite)?;
    state
        .trial_door()
        .attempt(&caller.tenant_id.to_string())
        .map_err(|wait| Fault::too_many(retry_after_secs(wait)))?;
    let mut tx = caller.tx().await?;
    // No lock is held while the vendor thinks.
    Tested::read(state, &mut tx, platform, account, form.model).await
}

/// Tests the account, with nobody watching.
pub(super) async fn run(
    state: &ManageState,
    caller: &Caller,
    upstream: &UpstreamClient,
    platform: Platform,
    account: AccountId,
    form: TestAccount,
) -> Result<AccountTest, Fault> {
    let tested = begin(state, caller, platform, account, form).await?;
    Ok(carry_out(state, upstream, tested, &Watch::nobody()).await)
}

/// Tests the account, tells the watcher each step, and keeps the result.
async fn carry_out(
    state: &ManageState,
    upstream: &UpstreamClient,
    tested: Tested,
    watch: &Watch,
) -> AccountTest {
    let (tenant, account) = (tested.tenant, tested.account);
    let (test, _) = tried(state, upstream, tested, watch).await;
    keep::keep(state, tenant, account, &test).await;
    test
}

/// What came of it, and what it tells of the account.
async fn tried(
    state: &ManageState,
    upstream: &UpstreamClient,
    tested: Tested,
    watch: &Watch,
) -> (AccountTest, Option<Observed>) {
    let model = tested.model();
    let begun = state.clock().monotonic();
    let asking = asked(state, upstream, tested, &model, watch);
    let outcome = tokio::time::timeout(TEST_TIMEOUT, asking).await;
    let took = state.clock().monotonic().saturating_duration_since(begun);
    let outcome = outcome.unwrap_or_else(|_| Outcome::failed("timeout", "it did not answer in time"));
    let seen = outcome.observed();
    let test = AccountTest {
        ok: outcome.code == "ok",
        model,
        http_status: outcome.http_status,
        latency_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        code: outcome.code.to_owned(),
        message: outcome.message,
    };
    let end = if test.ok {
        "It answered as it should."
    } else {
        test.message.as_str()
    };
    watch.tell("end", end);
    (test, seen)
}

fn model(platform: Platform, settings: &AccountSettings, asked: Option<&str>) -> String {
    let sent = |named: &str| mapped(&settings.model_mapping, named).unwrap_or(named).to_owned();
    if let Some(asked) = asked {
        return sent(asked);
    }
    let whole = settings.model_mapping.keys().filter(|key| !key.ends_with('*'));
    let own = settings.models.iter().chain(whole).map(|named| sent(named));
    let chosen = match platform {
        // A subscription's token alone may be refused larger models, which says nothing of the account.
        Platform::ClaudeOfficial => None,
        // Anthropic's own names become ids by the price list, in relayed requests alone.
        Platform::Bedrock => own.into_iter().find(|sent| !sent.starts_with("claude")),
        _ => own.into_iter().next(),
    };
    let (kind, region) = (settings.credential_kind, settings.region.as_deref());
    chosen.unwrap_or_else(|| sent(request::model_default(platform, kind, region)))
}

async fn asked(
    state: &ManageState,
    upstream: &UpstreamClient,
    mut tested: Tested,
    model: &str,
    watch: &Watch,
) -> Outcome {
    if tested.wants_token {
        match issued(state, &tested).await {
            Ok(fresh) => tested = fresh,
            Err(outcome) => return outcome,
        }
        watch.tell("token", "A new token was issued.");
    }
    match &tested.proxy {
        Some(proxy) => watch.tell("proxy", format!("Through {proxy}.")),
        None => watch.tell("proxy", "Directly, without a proxy."),
    }
    let trial = Trial {
        platform: tested.platform,
        settings: &tested.settings,
        secrets: &tested.secrets,
        model,
        watched: watch.is_watched(),
        now: state.clock().now(),
    };
    ask(upstream, tested.proxy.as_ref(), &trial, watch).await
}

/// The account with a token that was issued just now.
async fn issued(state: &ManageState, tested: &Tested) -> Result<Tested, Outcome> {
    let renewed = state.renewer().renew(tested.tenant, tested.account, None).await;
    renewed.map_err(|fault| Outcome::failed("token", shortened(fault.to_string())))?;
    let failed = |fault: Fault| {
        tracing::warn!(%fault, account.id = %tested.account, "an account can't be read for its test");
        Outcome::failed("token", "what is stored of it can't be read at the moment")
    };
    let again = async {
        let mut tx = state.db().tenant(tested.tenant).await?;
        Tested::read(
            state,
            &mut tx,
            tested.platform,
            tested.account,
            tested.model.clone(),
        )
        .await
    };
    again.await.map_err(failed)
}

async fn ask(upstream: &UpstreamClient, via: Option<&Proxy>, trial: &Trial<'_>, watch: &Watch) -> Outcome {
    let request = match trial.request() {
        Ok(request) => request,
        Err(error) => return Outcome::failed("refused", shortened(error.to_string())),
    };
    watch.tell("send", format!("POST {} for {}", request.uri(), trial.model));
    let answer = match upstream.send(request, via, TEST_TIMEOUT).await {
        Ok(answer) => answer,
        Err(error) => return Outcome::failed(error.code(), shortened(error.to_string())),
    };
    let status = answer.status();
    watch.tell("status", status.to_string());
    let is_stream = answer
        .headers()
        .get(http::header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
    // Codex's answers lack the type at times.
    if status.as_u16() == 200 && (is_stream || trial.streams() && trial.is_codex()) {
        return Streamed::new(trial.shape()).read(answer.into_body(), watch).await;
    }
    whole(trial, status.as_u16(), answer.into_body(), watch).await
}

async fn whole(trial: &Trial<'_>, status: u16, body: Incoming, watch: &Watch) -> Outcome {
    match Limited::new(body, ANSWER_MAX).collect().await {
        Ok(body) => {
            let body = body.to_bytes();
            if let Some(words) = trial.shape().words(&body) {
                watch.tell("text", words);
            }
            judge(trial.shape(), status, &body)
        }
        Err(error) => Outcome {
            http_status: Some(status),
            ..Outcome::failed(
                "bad_answer",
                shortened(format!("the answer broke off or has no end: {error}")),
            )
        },
    }
}

#[cfg(test)]
mod tests;
