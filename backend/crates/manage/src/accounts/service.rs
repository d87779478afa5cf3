//! The rules of upstream accounts: who may change them, where they may point, how their credentials are kept.

use super::proxy;
use super::sealing::{self, Sealed};
use super::store::{self, Locked, Wanted};
use super::timeline::events::{self, Happened};
use crate::keys::{BoundTo, refuse_bound};
use crate::permissions::{Action, require};
use crate::state::ManageState;
use crate::trail::{self, Target, differences};
use crate::zone::{local_date, zone};
use serde_json::{Map, Value, json};
use tollgate_contract::accounts::{
    Account, AccountEventKind, AccountForm, AccountInput, AccountSettings, AccountState, Accounts,
};
use tollgate_contract::ids::AccountId;
use tollgate_contract::platform::{CredentialKind, Platform};
use tollgate_contract::problem::FieldError;
use tollgate_http::{Caller, Code, Fault};
use tollgate_store::{StoreError, TenantTx, Topic, announce};
use url::Url;

pub(super) async fn list(
    state: &ManageState,
    caller: &Caller,
    platform: Option<Platform>,
) -> Result<Accounts, Fault> {
    require(caller, Action::AccountsRead)?;
    let mut tx = caller.tx().await?;
    let now = state.clock().now();
    let today = local_date(now, zone(&caller.time_zone));
    let items = store::read(&mut tx, Wanted { platform, id: None }, today, now).await?;
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

pub(super) async fn shown(
    state: &ManageState,
    caller: &Caller,
    tx: &mut TenantTx,
    platform: Platform,
    account: AccountId,
) -> Result<Account, Fault> {
    let now = state.clock().now();
    let today = local_date(now, zone(&caller.time_zone));
    let wanted = Wanted {
        platform: Some(platform),
        id: Some(account),
    };
    let found = store::read(tx, wanted, today, now).await?;
    found.into_iter().next().ok_or_else(|| Fault::new(Code::NotFound))
}

pub(super) async fn create(
    state: &ManageState,
    caller: &Caller,
    platform: Platform,
    form: AccountForm,
) -> Result<Account, Fault> {
    require(caller, Action::AccountsWrite)?;
    let input = read(state, platform, form, None)?;
    let (clock, id) = (state.clock(), AccountId(state.clock().new_id()));
    let mut tx = caller.tx().await?;
    proxy::require(state, &mut tx, input.settings.proxy_id).await?;
    let sealed = sealing::seal(state, &mut tx, id, &input).await?;
    let settings = &input.settings;
    store::insert(&mut tx, id, platform, settings, &sealed, clock.now())
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
        recorded(settings),
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
    form: AccountForm,
) -> Result<Account, Fault> {
    require(caller, Action::AccountsWrite)?;
    let (mut tx, clock) = (caller.tx().await?, state.clock());
    let before = locked(&mut tx, platform, account).await?;
    if form.version.is_some_and(|edited| edited != before.version) {
        let text = format!("It has version {} now; read it again.", before.version);
        return Err(Fault::new(Code::VersionConflict).detail(text));
    }
    let input = read(state, platform, form, Some(&before.settings))?;
    need_secrets_of_moved(&before.settings, &input)?;
    if input.settings.proxy_id != before.settings.proxy_id {
        proxy::require(state, &mut tx, input.settings.proxy_id).await?;
    }
    let sealed = sealing::seal(state, &mut tx, account, &input).await?;
    let settings = &input.settings;
    let changes = changes(&before.settings, settings, &sealed);
    if !changes.is_empty() {
        let version = store::update(&mut tx, account, settings, &sealed, clock.now())
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
    refuse_bound(&mut tx, BoundTo::Account(account)).await?;
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
    let text = format!("Reset by {}; it was {}", caller.email, before.state);
    let happened = Happened {
        kind: AccountEventKind::Reset,
        failed: false,
        text: &text,
    };
    events::record(&mut tx, clock, account, &happened).await?;
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

/// The form as its platform reads it, with an address that the guard lets pass.
fn read(
    state: &ManageState,
    platform: Platform,
    form: AccountForm,
    stored: Option<&AccountSettings>,
) -> Result<AccountInput, Fault> {
    let mut input = form.on(platform, stored).map_err(wrong)?;
    input.settings.base_url = checked_url(state, &input.settings.base_url)?;
    Ok(input)
}

fn wrong(fields: Vec<FieldError>) -> Fault {
    let detail = fields
        .first()
        .map(|first| format!("`{}` {}", first.field, first.message))
        .unwrap_or_default();
    Fault::new(Code::ValidationFailed).detail(detail).fields(fields)
}

/// The URL without a slash at its end, if the guard lets it pass.
pub(super) fn checked_url(state: &ManageState, text: &str) -> Result<String, Fault> {
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

/// Whether another server would get the secrets.
fn moved(before: &AccountSettings, after: &AccountSettings) -> bool {
    let origin = |text: &str| {
        Url::parse(text)
            .map(|url| url.origin().ascii_serialization())
            .ok()
    };
    origin(&before.base_url) != origin(&after.base_url) || before.region != after.region
}

/// Whoever moves an account gives its secrets anew: whoever merely may change it does not know them.
fn need_secrets_of_moved(before: &AccountSettings, input: &AccountInput) -> Result<(), Fault> {
    let after = &input.settings;
    if !moved(before, after) {
        return Ok(());
    }
    let mut missing = Vec::new();
    if input.credential.is_none() && after.credential_kind == CredentialKind::Oauth {
        let text = "stays where the account was connected; connect an account of its own there";
        return Err(wrong(vec![FieldError {
            field: "base_url".to_owned(),
            code: "connected".to_owned(),
            message: text.to_owned(),
        }]));
    }
    if input.credential.is_none() {
        missing.extend(after.credential_kind.needed_fields());
    }
    if input.extra_headers.is_none() && !before.extra_headers.is_empty() {
        missing.push("extra_headers");
    }
    let text = "is needed again when the base URL or the region leads elsewhere, so that nobody can have the stored one sent there";
    let missing = missing.into_iter().map(|field| FieldError {
        field: field.to_owned(),
        code: "required".to_owned(),
        message: text.to_owned(),
    });
    let missing: Vec<FieldError> = missing.collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(wrong(missing))
}

/// What the audit log tells of a change: of secrets, that they were given, and what may be shown of them.
fn changes(before: &AccountSettings, after: &AccountSettings, sealed: &Sealed) -> Map<String, Value> {
    let mut changes = differences(&recorded(before), &recorded(after));
    if let Some(credential) = &sealed.credential {
        changes.insert("credential".to_owned(), json!({ "to": credential.hint }));
    }
    // The same names may stand for other values.
    if sealed.headers.is_some() && !(before.extra_headers.is_empty() && after.extra_headers.is_empty()) {
        let told = json!({ "from": before.extra_headers, "to": after.extra_headers });
        changes.insert("extra_headers".to_owned(), told);
    }
    changes
}

pub(super) fn taken(error: StoreError) -> Fault {
    match error {
        StoreError::Duplicate(constraint) if constraint == "accounts_by_name" => name_taken(),
        other => other.into(),
    }
}

pub(super) fn name_taken() -> Fault {
    let text = "is taken by another account of this platform";
    Fault::new(Code::NameTaken)
        .detail(format!("`name` {text}."))
        .field("name", "taken", text)
}

pub(super) fn recorded(settings: &AccountSettings) -> Value {
    serde_json::to_value(settings).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(base_url: &str, region: Option<&str>) -> AccountSettings {
        let mut form = AccountForm::named("a");
        form.api_key = Some("k".to_owned());
        form.base_url = Some(base_url.to_owned());
        let read = form.on(Platform::ClaudeConsole, None).map(|input| input.settings);
        let region = region.map(str::to_owned);
        AccountSettings {
            region,
            ..read.unwrap()
        }
    }

    #[test]
    fn another_host_scheme_port_or_region_is_a_move_and_another_path_is_none() {
        let moved = |before: &str, after: &str| moved(&settings(before, None), &settings(after, None));
        assert!(!moved("https://a.example.com", "https://a.example.com/v2"));
        assert!(moved("https://a.example.com", "https://b.example.com"));
        assert!(moved("https://a.example.com", "http://a.example.com"));
        assert!(moved("https://a.example.com", "https://a.example.com:8443"));
        let at = |region| settings("https://a.example.com", Some(region));
        assert!(super::moved(&at("eu-west-1"), &at("us-east-1")));
    }
}
