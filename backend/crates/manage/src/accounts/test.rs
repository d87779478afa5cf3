//! The connectivity test: one real request for a few tokens of output, through the worker's own upstream client, so that
//! guard, time-outs and TLS are those of relayed requests. Its result changes nothing.

mod answer;
mod request;

use super::{sealing, service};
use crate::permissions::{Action, require};
use crate::state::ManageState;
use answer::{Outcome, judge, shortened};
use http_body_util::{BodyExt, Limited};
use request::Trial;
use std::time::Duration;
use tollgate_contract::accounts::{AccountSettings, AccountTest, TestAccount, mapped};
use tollgate_contract::ids::AccountId;
use tollgate_contract::platform::Platform;
use tollgate_http::throttle::retry_after_secs;
use tollgate_http::{Caller, Fault};
use tollgate_net::UpstreamClient;

/// A person waits for it at a page.
const TEST_TIMEOUT: Duration = Duration::from_secs(30);
/// An answer of one token has a few hundred bytes, an error page some more.
const ANSWER_MAX: usize = 64 * 1024;
pub(super) async fn run(
    state: &ManageState,
    caller: &Caller,
    upstream: &UpstreamClient,
    platform: Platform,
    account: AccountId,
    form: TestAccount,
) -> Result<AccountTest, Fault> {
    require(caller, Action::AccountsWrite)?;
    state
        .trial_door()
        .attempt(&caller.tenant_id.to_string())
        .map_err(|wait| Fault::too_many(retry_after_secs(wait)))?;
    let mut tx = caller.tx().await?;
    let found = service::locked(&mut tx, platform, account).await?;
    let headers = found.extra_headers.as_deref();
    let kind = found.settings.credential_kind;
    let opened = sealing::open(state, &mut tx, account, kind, &found.credential, headers).await?;
    // No lock is held while the vendor thinks.
    drop(tx);
    let model = model(platform, &found.settings, form.model);
    let trial = Trial {
        platform,
        settings: &found.settings,
        secrets: &opened,
        model: &model,
        now: state.clock().now(),
    };
    let begun = state.clock().monotonic();
    let outcome = tokio::time::timeout(TEST_TIMEOUT, ask(upstream, &trial)).await;
    let took = state.clock().monotonic().saturating_duration_since(begun);
    let outcome = outcome.unwrap_or_else(|_| Outcome::failed("timeout", "it did not answer in time"));
    Ok(AccountTest {
        ok: outcome.code == "ok",
        model,
        http_status: outcome.http_status,
        latency_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        code: outcome.code.to_owned(),
        message: outcome.message,
    })
}

/// The model asked for, the account's first one, or a small one of the platform; as the account maps it.
fn model(platform: Platform, settings: &AccountSettings, asked: Option<String>) -> String {
    let sent = |named: &str| mapped(&settings.model_mapping, named).unwrap_or(named).to_owned();
    if let Some(asked) = asked {
        return sent(&asked);
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
    chosen.unwrap_or_else(|| sent(request::model_default(platform, settings.region.as_deref())))
}

async fn ask(upstream: &UpstreamClient, trial: &Trial<'_>) -> Outcome {
    let request = match trial.request() {
        Ok(request) => request,
        Err(error) => return Outcome::failed("refused", shortened(error.to_string())),
    };
    match upstream.send(request, None, TEST_TIMEOUT).await {
        Ok(answer) => {
            let status = answer.status().as_u16();
            match Limited::new(answer.into_body(), ANSWER_MAX).collect().await {
                Ok(body) => judge(trial.shape(), status, &body.to_bytes()),
                Err(error) => Outcome {
                    http_status: Some(status),
                    ..Outcome::failed(
                        "bad_answer",
                        shortened(format!("the answer broke off or has no end: {error}")),
                    )
                },
            }
        }
        Err(error) => Outcome::failed(error.code(), shortened(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tollgate_contract::accounts::AccountForm;

    fn settings(models: &[&str], mapping: &[(&str, &str)]) -> AccountSettings {
        let mut form = AccountForm::named("a");
        form.api_key = Some("k".to_owned());
        form.models = models.iter().map(|model| (*model).to_owned()).collect();
        form.model_mapping = mapping
            .iter()
            .map(|(asked, sent)| ((*asked).to_owned(), (*sent).to_owned()))
            .collect();
        let read = form.on(Platform::OpenAi, None);
        read.map(|input| input.settings).unwrap()
    }

    #[test]
    fn the_model_is_the_one_asked_for_or_the_accounts_first_or_a_small_one() {
        let chosen = |settings: &AccountSettings, asked: Option<&str>| {
            model(Platform::OpenAi, settings, asked.map(str::to_owned))
        };
        let small = request::model_default(Platform::OpenAi, None);
        assert_eq!(chosen(&settings(&[], &[]), None), small);
        let listing = settings(&["gpt-5", "o3"], &[("gpt-*", "theirs")]);
        assert_eq!(chosen(&listing, None), "theirs");
        assert_eq!(chosen(&listing, Some("o3")), "o3");
        let mapping = settings(&[], &[("a*", "wild"), ("gpt-5", "deployment")]);
        assert_eq!(chosen(&mapping, None), "deployment");
        // Each has a reason of its own not to be tried with what it lists.
        let bedrock = model(
            Platform::Bedrock,
            &settings(&["claude-haiku-4-5", "id-1"], &[]),
            None,
        );
        assert_eq!(bedrock, "id-1");
        let official = model(
            Platform::ClaudeOfficial,
            &settings(&["claude-opus-4-6"], &[]),
            None,
        );
        assert_eq!(official, request::model_default(Platform::ClaudeOfficial, None));
    }
}
