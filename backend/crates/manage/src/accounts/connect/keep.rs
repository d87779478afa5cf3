//! What was granted is stored, all of it in one transaction: the account, its token, its windows, the event.

use super::flow::Flow;
use super::learn::Learnt;
use super::way_name;
use crate::accounts::sealing::{self, Sealed};
use crate::accounts::store::{self, Locked, NewToken};
use crate::accounts::timeline::events::{self, Happened};
use crate::accounts::{proxy, service};
use crate::state::ManageState;
use crate::trail::{self, Target};
use secrecy::ExposeSecret;
use serde_json::json;
use tollgate_contract::accounts::{
    AccountEventKind, AccountForm, AccountSettings, AccountState, Connected, Credential, FinishConnect,
    IssuedToken, OauthGrant,
};
use tollgate_contract::ids::AccountId;
use tollgate_contract::platform::{CredentialKind, Platform};
use tollgate_http::{Caller, Code, Fault};
use tollgate_oauth::{Endpoints, Issued, Way};
use tollgate_store::{TenantTx, Topic, announce};
use uuid::Uuid;

/// Longest plan and identity that are kept.
const PLAN_MAX: usize = 50;
const IDENTITY_MAX: usize = 254;

/// Where a grant goes.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) platform: Platform,
    /// The account that is connected anew; `None`: a new one.
    pub(super) account: Option<AccountId>,
    pub(super) settings: AccountSettings,
}

impl Place {
    /// A new account.
    pub(super) fn fresh(endpoints: &Endpoints, name: &str, flow: &Flow, form: &FinishConnect) -> Self {
        let platform = flow.platform;
        let form_alone = AccountForm::named(name);
        let settings = AccountSettings {
            name: name.to_owned(),
            description: String::new(),
            base_url: own_address(endpoints, platform),
            credential_kind: CredentialKind::Oauth,
            region: None,
            api_version: None,
            project: project(form),
            extra_headers: Vec::new(),
            first_byte_timeout_s: None,
            idle_timeout_s: None,
            priority: form_alone.priority,
            weight: form_alone.weight,
            schedulable: form_alone.schedulable,
            concurrency_cap: None,
            requests_per_minute: None,
            tokens_per_minute: None,
            daily_cost_nano: None,
            proxy_id: flow.proxy,
            tags: Vec::new(),
            self_test_every_s: None,
            models: Vec::new(),
            model_mapping: form_alone.model_mapping,
        };
        Self {
            platform,
            account: None,
            settings,
        }
    }

    /// An account that exists. One that had another kind of credential leaves that kind's own address.
    pub(super) fn again(
        endpoints: &Endpoints,
        account: AccountId,
        flow: &Flow,
        mut settings: AccountSettings,
        form: &FinishConnect,
    ) -> Self {
        let platform = flow.platform;
        let kinds_own = platform.default_base_url(settings.credential_kind, None);
        if settings.credential_kind != CredentialKind::Oauth
            && kinds_own.as_deref() == Some(&settings.base_url)
        {
            settings.base_url = own_address(endpoints, platform);
        }
        settings.credential_kind = CredentialKind::Oauth;
        settings.proxy_id = flow.proxy;
        settings.project = project(form).or(settings.project);
        Self {
            platform,
            account: Some(account),
            settings,
        }
    }
}

/// Where a connected account's requests go, without a slash at the end.
fn own_address(endpoints: &Endpoints, platform: Platform) -> String {
    let url = match platform {
        Platform::Gemini => &endpoints.google_api,
        Platform::OpenAi => &endpoints.openai_api,
        _ => &endpoints.claude_api,
    };
    url.as_str().trim_end_matches('/').to_owned()
}

fn project(form: &FinishConnect) -> Option<String> {
    form.project.clone().filter(|project| !project.is_empty())
}

/// What came of a flow.
pub(super) struct Granted {
    pub(super) way: Way,
    pub(super) issued: Issued,
    pub(super) learnt: Learnt,
}

pub(super) async fn keep(
    state: &ManageState,
    caller: &Caller,
    mut place: Place,
    granted: Granted,
) -> Result<Connected, Fault> {
    let Granted {
        way,
        issued,
        mut learnt,
    } = granted;
    let (clock, platform) = (state.clock(), place.platform);
    let id = place.account.unwrap_or_else(|| AccountId(clock.new_id()));
    let renewable = issued.refresh_token.is_some();
    let expires_at = issued.expires_at;
    let (grant, token) = at_rest(way, issued, learnt.account.as_deref(), clock.new_id())?;
    learnt.told.plan = learnt.told.plan.map(|plan| plan.chars().take(PLAN_MAX).collect());
    learnt.told.identity = learnt.told.identity.chars().take(IDENTITY_MAX).collect();
    if learnt.project.is_some() {
        place.settings.project = learnt.project.take();
    }
    let mut tx = caller.tx().await?;
    proxy::require(state, &mut tx, place.settings.proxy_id).await?;
    let sealed = Sealed {
        credential: Some(sealing::seal_credential(state, &mut tx, id, &Credential::Oauth(grant)).await?),
        headers: None,
    };
    let now = clock.now();
    if place.account.is_some() {
        let before = service::locked(&mut tx, platform, id).await?;
        switched_on(&before)?;
        same_account(state, &mut tx, id, &before, &learnt).await?;
        store::update(&mut tx, id, &place.settings, &sealed, now).await?;
    } else {
        let inserted = store::insert(&mut tx, id, platform, &place.settings, &sealed, now).await;
        inserted.map_err(service::taken)?;
    }
    let token = NewToken {
        sealed: sealing::seal_token(state, &mut tx, id, &token).await?,
        expires_at,
        renewable,
    };
    let version = store::set_token(&mut tx, id, &token, &learnt.told, now).await?;
    store::set_windows(&mut tx, id, &learnt.windows, now).await?;
    record(state, caller, &mut tx, id, &place, &learnt).await?;
    announce(&mut tx, Topic::Account, id.0, version).await?;
    let account = service::shown(state, caller, &mut tx, platform, id).await?;
    tx.commit().await?;
    Ok(Connected {
        account,
        warnings: learnt.warnings,
    })
}

/// Event and audit line.
async fn record(
    state: &ManageState,
    caller: &Caller,
    tx: &mut TenantTx,
    id: AccountId,
    place: &Place,
    learnt: &Learnt,
) -> Result<(), Fault> {
    let whose = match learnt.told.identity.as_str() {
        "" => String::new(),
        identity => format!(" as {identity}"),
    };
    let text = format!("Connected{whose} by {}", caller.email);
    let happened = Happened {
        kind: AccountEventKind::Connected,
        failed: false,
        text: &text,
    };
    events::record(tx, state.clock(), id, &happened).await?;
    let action = if place.account.is_some() {
        "account.reconnected"
    } else {
        "account.connected"
    };
    let target = Target {
        id: id.0,
        name: &place.settings.name,
    };
    let changes = json!({
        "identity": { "to": learnt.told.identity }, "plan": { "to": learnt.told.plan },
        "settings": { "to": place.settings },
    });
    trail::record(tx, state.clock(), &caller.into(), action, target, changes).await?;
    Ok(())
}

/// The grant and its first token, as they are sealed.
fn at_rest(
    way: Way,
    issued: Issued,
    account: Option<&str>,
    granted: Uuid,
) -> Result<(OauthGrant, IssuedToken), Fault> {
    let tollgate_oauth::IssuedToken::Bearer(token) = &issued.token else {
        return Err(Fault::internal("keys were issued where a bearer token is"));
    };
    let grant = OauthGrant {
        refresh_token: issued.refresh_token.map(|token| token.expose_secret().to_owned()),
        granted: granted.to_string(),
        way: way_name(way).to_owned(),
        scopes: issued.scopes,
        account: account.map(str::to_owned),
    };
    let access_token = token.expose_secret().to_owned();
    Ok((grant, IssuedToken::Bearer { access_token }))
}

/// Updating a credential makes an account active: what the operator switched off stays so.
fn switched_on(before: &Locked) -> Result<(), Fault> {
    if before.state != AccountState::Disabled.as_str() {
        return Ok(());
    }
    let text = "The operator switched the account off, and can alone switch it on again.";
    Err(Fault::new(Code::Forbidden).detail(text))
}

/// Whoever connects an account anew is the person of before, as far as the vendor tells: else usage, windows and keys of
/// one person would go on under another's name.
async fn same_account(
    state: &ManageState,
    tx: &mut TenantTx,
    id: AccountId,
    before: &Locked,
    learnt: &Learnt,
) -> Result<(), Fault> {
    let kind = before.settings.credential_kind;
    let opened = sealing::open(state, tx, id, kind, &before.credential, None).await?;
    let stored = match opened.credential {
        Credential::Oauth(grant) => grant.account,
        _ => None,
    };
    let now = &learnt.told.identity;
    let other_person =
        !before.identity.is_empty() && !now.is_empty() && !before.identity.eq_ignore_ascii_case(now);
    let other_account = matches!((&stored, &learnt.account), (Some(stored), Some(now)) if stored != now);
    if !other_person && !other_account {
        return Ok(());
    }
    let named = |identity: &str, account: Option<&str>| match (identity, account) {
        ("", None) => "an account without a name".to_owned(),
        ("", Some(account)) => account.to_owned(),
        (identity, None) => identity.to_owned(),
        (identity, Some(account)) => format!("{identity} ({account})"),
    };
    let (was, is) = (
        named(&before.identity, stored.as_deref()),
        named(now, learnt.account.as_deref()),
    );
    Err(Fault::new(Code::OtherAccount).detail(format!(
        "Nothing was stored: it is connected as {was}, and the code is of {is}. Sign in at the vendor as {was}, or connect \
         {is} as an account of its own."
    )))
}
