//! Upstream accounts.

use super::{ApiError, Query, cache, client, stream, use_get};
use serde::Serialize;
use tollgate_contract::accounts::{
    Account, AccountBatch, AccountBundle, AccountEvents, AccountForm, AccountHistory, AccountTest, Accounts,
    AuthUrl, BatchResult, BeginConnect, Connected, ExportAccounts, FinishConnect, ImportAccounts,
    ImportResult, TestAccount, TestStep,
};
use tollgate_contract::ids::AccountId;
use tollgate_contract::platform::Platform;
use web_sys::AbortSignal;
use yew::prelude::*;

/// All accounts.
#[hook]
pub fn use_accounts() -> Query<Accounts> {
    use_accounts_if(true)
}

/// The same, if they are wanted and the viewer may see them.
#[hook]
pub fn use_accounts_if(wanted: bool) -> Query<Accounts> {
    use_get(if wanted { "/accounts" } else { "" }.to_owned())
}

/// What happened to an account, the newest first.
#[hook]
pub fn use_events(platform: Platform, id: AccountId) -> Query<AccountEvents> {
    use_get(format!("{}/events", one(platform, id)))
}

/// An account's usage over the last 30 days.
#[hook]
pub fn use_history(platform: Platform, id: AccountId) -> Query<AccountHistory> {
    use_get(format!("{}/history", one(platform, id)))
}

/// Adds an account.
pub async fn create(platform: Platform, form: AccountForm) -> Result<Account, ApiError> {
    changing("POST", &format!("/accounts/{}", platform.as_str()), &form).await
}

/// Changes an account.
pub async fn update(platform: Platform, id: AccountId, form: AccountForm) -> Result<Account, ApiError> {
    changing("PUT", &one(platform, id), &form).await
}

/// Deletes an account.
pub async fn delete(platform: Platform, id: AccountId) -> Result<(), ApiError> {
    client::delete(&one(platform, id)).await?;
    changed();
    Ok(())
}

/// Takes an account back into service before its state ends by itself.
pub async fn reset(platform: Platform, id: AccountId) -> Result<Account, ApiError> {
    changing(
        "POST",
        &format!("{}/reset", one(platform, id)),
        &serde_json::json!({}),
    )
    .await
}

/// Renews an account's token now.
pub async fn renew(platform: Platform, id: AccountId) -> Result<Account, ApiError> {
    changing(
        "POST",
        &format!("{}/refresh", one(platform, id)),
        &serde_json::json!({}),
    )
    .await
}

/// Begins a way to a vendor's consent.
pub async fn begin(platform: Platform, form: BeginConnect) -> Result<AuthUrl, ApiError> {
    client::send(
        "POST",
        &format!("/accounts/{}/auth-url", platform.as_str()),
        &form,
    )
    .await
}

/// Brings the code back.
pub async fn finish(platform: Platform, form: FinishConnect) -> Result<Connected, ApiError> {
    changing(
        "POST",
        &format!("/accounts/{}/exchange", platform.as_str()),
        &form,
    )
    .await
}

/// Does one thing to many accounts.
pub async fn batch(batch: AccountBatch) -> Result<BatchResult, ApiError> {
    changing("POST", "/accounts/batch", &batch).await
}

/// Accounts as a file.
pub async fn export(wish: ExportAccounts) -> Result<AccountBundle, ApiError> {
    client::send("POST", "/accounts/export", &wish).await
}

/// Accounts out of a file.
pub async fn import(wish: ImportAccounts) -> Result<ImportResult, ApiError> {
    changing("POST", "/accounts/import", &wish).await
}

/// What a test tells while it runs, and at its end.
#[derive(Clone, Debug, PartialEq)]
pub enum TestNews {
    /// It came so far.
    Step(TestStep),
    /// It is over.
    Done(AccountTest),
}

/// Sends one real request through the account, and tells of it as it goes. Aborting the signal ends it.
pub async fn test(
    platform: Platform,
    id: AccountId,
    signal: Option<&AbortSignal>,
    on_news: impl Fn(TestNews),
) -> Result<(), ApiError> {
    let path = format!("{}/test/stream", one(platform, id));
    let body = client::json(&TestAccount::default())?;
    let mut is_over = false;
    let outcome = stream::post(&path, body, signal, |event| {
        let news = match event.name.as_str() {
            "step" => serde_json::from_str(&event.data).map(TestNews::Step),
            "done" => serde_json::from_str(&event.data).map(TestNews::Done),
            _ => return,
        };
        // One that a newer server tells in another way is passed over.
        if let Ok(news) = news {
            is_over = is_over || matches!(news, TestNews::Done(_));
            on_news(news);
        }
    })
    .await;
    // A test that succeeds or is refused may move the account's state.
    changed();
    match outcome {
        // It broke off before its last word.
        Ok(()) if !is_over => Err(ApiError::Offline),
        outcome => outcome,
    }
}

async fn changing<T: serde::de::DeserializeOwned>(
    method: &str,
    path: &str,
    body: &impl Serialize,
) -> Result<T, ApiError> {
    let made = client::send(method, path, body).await?;
    changed();
    Ok(made)
}

fn one(platform: Platform, id: AccountId) -> String {
    format!("/accounts/{}/{id}", platform.as_str())
}

fn changed() {
    // Groups name their members, proxies count theirs.
    cache::changed(&["/accounts", "/account-groups", "/proxies", "/dashboard"]);
}
