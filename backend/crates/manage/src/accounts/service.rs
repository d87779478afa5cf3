//! The rules of upstream accounts: who may change them, where they may point, how their credentials are kept.

use super::store::{self, Credential, Locked, Wanted};
use crate::permissions::{Action, require};
use crate::state::ManageState;
use crate::trail::{self, Target, differences};
use crate::zone::{local_date, zone};
use serde_json::{Value, json};
use tollgate_contract::accounts::{
    Account, AccountSettings, AccountState, Accounts, CreateAccount, UpdateAccount,
};
use tollgate_contract::ids::AccountId;
use tollgate_contract::platform::Platform;
use tollgate_http::{Caller, Code, Fault};
use tollgate_store::{SecretPlace, StoreError, TenantTx, Topic, announce};
use url::Url;

/// Shorter credentials show nothing of themselves: four signs would be too much of them.
const HINT_FROM_CHARS: usize = 12;

/// Where an account's credential is stored; it can't be opened in any other place.
pub(super) fn place(account: AccountId) -> SecretPlace {
    SecretPlace {
        table: "accounts",
        row: account.0,
        column: "credential",
    }
}

pub(super) async fn list(
    state: &ManageState,
    caller: &Caller,
    platform: Option<Platform>,
) -> Result<Accounts, Fault> {
    require(caller, Action::AccountsRead)?;
    let mut tx = caller.tx().await?;
    let today = local_date(state.clock().now(), zone(&caller.time_zone));
    let items = store::read(&mut tx, Wanted { platform, id: None }, today).await?;
    Ok(Accounts { items })
}

pub(super) async fn get(
    state: &ManageState,
    caller: &Caller,
    platform: Platform,
    account: AccountId,
) -> Result<Account, Fault> {
    require(caller, Action::AccountsRead)?;
    shown(state, caller, &mut caller.tx().await?, platform, account).await
}

async fn shown(
    state: &ManageState,
    caller: &Caller,
    tx: &mut TenantTx,
    platform: Platform,
    account: AccountId,
) -> Result<Account, Fault> {
    let today = local_date(state.clock().now(), zone(&caller.time_zone));
    let wanted = Wanted {
        platform: Some(platform),
        id: Some(account),
    };
    let found = store::read(tx, wanted, today).await?;
    found.into_iter().next().ok_or_else(|| Fault::new(Code::NotFound))
}

pub(super) async fn create(
    state: &ManageState,
    caller: &Caller,
    platform: Platform,
    form: CreateAccount,
) -> Result<Account, Fault> {
    require(caller, Action::AccountsWrite)?;
    let (mut settings, api_key) = form.into_parts();
    settings.base_url = checked_url(state, &settings.base_url)?;
    let (clock, id) = (state.clock(), AccountId(state.clock().new_id()));
    let mut tx = caller.tx().await?;
    let credential = seal(state, &mut tx, id, &api_key).await?;
    store::insert(&mut tx, id, platform, &settings, &credential, clock.now())
        .await
        .map_err(taken)?;
    let target = Target {
        id: id.0,
        name: &settings.name,
    };
    trail::record(
        &mut tx,
        clock,
        &caller.into(),
        "account.created",
        target,
        recorded(&settings),
    )
    .await?;
    announce(&mut tx, Topic::Account, id.0, 1).await?;
    let account = shown(state, caller, &mut tx, platform, id).await?;
    tx.commit().await?;
    Ok(account)
}

pub(super) async fn update(
    state: &ManageState,
    caller: &Caller,
    platform: Platform,
    account: AccountId,
    form: UpdateAccount,
) -> Result<Account, Fault> {
    require(caller, Action::AccountsWrite)?;
    let (mut tx, clock) = (caller.tx().await?, state.clock());
    let before = locked(&mut tx, platform, account).await?;
    if form.version.is_some_and(|edited| edited != before.version) {
        let text = format!("It has version {} now; read it again.", before.version);
        return Err(Fault::new(Code::VersionConflict).detail(text));
    }
    let (mut settings, api_key) = form.into_parts();
    settings.base_url = checked_url(state, &settings.base_url)?;
    if api_key.is_none() && moved(&before.settings.base_url, &settings.base_url) {
        let text = "is needed again when the base URL leads to another host, so that nobody can have the stored one sent elsewhere";
        return Err(Fault::new(Code::ValidationFailed)
            .detail(format!("`api_key` {text}."))
            .field("api_key", "required", text));
    }
    let mut changes = differences(&recorded(&before.settings), &recorded(&settings));
    let credential = match &api_key {
        Some(api_key) => Some(seal(state, &mut tx, account, api_key).await?),
        None => None,
    };
    if let Some(credential) = &credential {
        changes.insert("credential".to_owned(), json!({ "to": credential.hint }));
    }
    if !changes.is_empty() {
        let version = store::update(&mut tx, account, &settings, credential.as_ref(), clock.now())
            .await
            .map_err(taken)?;
        let target = Target {
            id: account.0,
            name: &settings.name,
        };
        trail::record(
            &mut tx,
            clock,
            &caller.into(),
            "account.updated",
            target,
            Value::Object(changes),
        )
        .await?;
        announce(&mut tx, Topic::Account, account.0, version).await?;
    }
    let shown = shown(state, caller, &mut tx, platform, account).await?;
    tx.commit().await?;
    Ok(shown)
}

pub(super) async fn delete(
    state: &ManageState,
    caller: &Caller,
    platform: Platform,
    account: AccountId,
) -> Result<(), Fault> {
    require(caller, Action::AccountsWrite)?;
    let (mut tx, clock) = (caller.tx().await?, state.clock());
    let before = locked(&mut tx, platform, account).await?;
    let version = store::mark_deleted(&mut tx, account, clock.now()).await?;
    let target = Target {
        id: account.0,
        name: &before.settings.name,
    };
    trail::record(
        &mut tx,
        clock,
        &caller.into(),
        "account.deleted",
        target,
        json!({}),
    )
    .await?;
    announce(&mut tx, Topic::Account, account.0, version).await?;
    tx.commit().await?;
    Ok(())
}

pub(super) async fn reset(
    state: &ManageState,
    caller: &Caller,
    platform: Platform,
    account: AccountId,
) -> Result<Account, Fault> {
    require(caller, Action::AccountsWrite)?;
    let (mut tx, clock) = (caller.tx().await?, state.clock());
    let before = locked(&mut tx, platform, account).await?;
    if before.state == AccountState::Disabled.as_str() {
        let text = "The operator switched it off, and can alone switch it on again.";
        return Err(Fault::new(Code::Forbidden).detail(text));
    }
    let version = store::reset(&mut tx, account, clock.now()).await?;
    let target = Target {
        id: account.0,
        name: &before.settings.name,
    };
    let changes = json!({ "state": { "from": before.state, "to": "active" } });
    trail::record(&mut tx, clock, &caller.into(), "account.reset", target, changes).await?;
    announce(&mut tx, Topic::Account, account.0, version).await?;
    let shown = shown(state, caller, &mut tx, platform, account).await?;
    tx.commit().await?;
    Ok(shown)
}

pub(super) async fn locked(
    tx: &mut TenantTx,
    platform: Platform,
    account: AccountId,
) -> Result<Locked, Fault> {
    store::lock(tx, platform, account)
        .await?
        .ok_or_else(|| Fault::new(Code::NotFound))
}

async fn seal(
    state: &ManageState,
    tx: &mut TenantTx,
    account: AccountId,
    api_key: &str,
) -> Result<Credential, Fault> {
    let sealed = state
        .parts()
        .secrets
        .seal(tx, place(account), api_key.as_bytes())
        .await
        .map_err(Fault::internal)?;
    Ok(Credential {
        sealed: sealed.to_bytes(),
        hint: hint(api_key),
    })
}

fn hint(api_key: &str) -> String {
    let shown = if api_key.len() < HINT_FROM_CHARS {
        ""
    } else {
        api_key.get(api_key.len() - 4..).unwrap_or_default()
    };
    shown.to_owned()
}

/// The URL without a slash at its end, if the guard lets it pass.
fn checked_url(state: &ManageState, text: &str) -> Result<String, Fault> {
    let url = Url::parse(text).map_err(|error| refused_url("url", &format!("can't be read: {error}")))?;
    state
        .parts()
        .guard
        .check_url(&url)
        .map_err(|error| refused_url(error.code(), &error.to_string()))?;
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

fn refused_url(code: &str, text: &str) -> Fault {
    Fault::new(Code::UrlRefused)
        .detail(format!("`base_url`: {text}"))
        .field("base_url", code, text)
}

/// Whether another server would get the credential.
fn moved(before: &str, after: &str) -> bool {
    let origin = |text: &str| {
        Url::parse(text)
            .map(|url| url.origin().ascii_serialization())
            .ok()
    };
    origin(before) != origin(after)
}

fn taken(error: StoreError) -> Fault {
    match error {
        StoreError::Duplicate(constraint) if constraint == "accounts_by_name" => {
            let text = "is taken by another account of this platform";
            Fault::new(Code::NameTaken)
                .detail(format!("`name` {text}."))
                .field("name", "taken", text)
        }
        other => other.into(),
    }
}

fn recorded(settings: &AccountSettings) -> Value {
    serde_json::to_value(settings).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_shows_its_last_four_signs_only_if_it_has_enough_others() {
        assert_eq!(hint("sk-ant-api03-abcdefgh1234"), "1234");
        assert_eq!(hint("short"), "");
    }

    #[test]
    fn another_host_scheme_or_port_is_a_move_and_another_path_is_none() {
        assert!(!moved("https://a.example.com", "https://a.example.com/v2"));
        assert!(moved("https://a.example.com", "https://b.example.com"));
        assert!(moved("https://a.example.com", "http://a.example.com"));
        assert!(moved("https://a.example.com", "https://a.example.com:8443"));
    }
}
