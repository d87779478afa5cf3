//! Upstream accounts.

use super::{ApiError, Query, cache, client, use_get};
use tollgate_contract::accounts::{Account, AccountForm, AccountTest, Accounts, TestAccount};
use tollgate_contract::ids::AccountId;
use tollgate_contract::platform::Platform;
use yew::prelude::*;

/// All accounts.
#[hook]
pub fn use_accounts() -> Query<Accounts> {
    use_get("/accounts".to_owned())
}

/// Adds an account.
pub async fn create(platform: Platform, form: AccountForm) -> Result<Account, ApiError> {
    let made = client::send("POST", &format!("/accounts/{}", platform.as_str()), &form).await?;
    changed();
    Ok(made)
}

/// Changes an account.
pub async fn update(platform: Platform, id: AccountId, form: AccountForm) -> Result<Account, ApiError> {
    let made = client::send("PUT", &one(platform, id), &form).await?;
    changed();
    Ok(made)
}

/// Deletes an account.
pub async fn delete(platform: Platform, id: AccountId) -> Result<(), ApiError> {
    client::delete(&one(platform, id)).await?;
    changed();
    Ok(())
}

/// Sends one real request through the account.
pub async fn test(platform: Platform, id: AccountId) -> Result<AccountTest, ApiError> {
    let outcome = client::send(
        "POST",
        &format!("{}/test", one(platform, id)),
        &TestAccount::default(),
    )
    .await?;
    // A test that succeeds or is refused may move the account's state.
    changed();
    Ok(outcome)
}

/// Takes an account back into service before its state ends by itself.
pub async fn reset(platform: Platform, id: AccountId) -> Result<Account, ApiError> {
    let made = client::send(
        "POST",
        &format!("{}/reset", one(platform, id)),
        &serde_json::json!({}),
    )
    .await?;
    changed();
    Ok(made)
}

fn one(platform: Platform, id: AccountId) -> String {
    format!("/accounts/{}/{id}", platform.as_str())
}

fn changed() {
    cache::changed(&["/accounts", "/dashboard"]);
}
