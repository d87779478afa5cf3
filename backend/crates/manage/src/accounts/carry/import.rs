//! Accounts out of a file: all of them are looked at before one is stored, and all are stored in one transaction.

use super::export::token_place;
use super::sealed::{self, Carried, CarriedToken, wrong};
use super::{ACCOUNTS_MAX, FORMAT, store};
use crate::accounts::{sealing, service, store as accounts};
use crate::permissions::{Action, require};
use crate::state::ManageState;
use crate::trail::{self, Target};
use std::collections::{HashMap, HashSet};
use tollgate_contract::accounts::{
    AccountBundle, AccountForm, AccountInput, BundledAccount, ImportAccounts, ImportResult, ImportRow,
};
use tollgate_contract::ids::{AccountId, ProxyId};
use tollgate_contract::platform::{CredentialKind, Platform};
use tollgate_contract::problem::{FieldError, faults};
use tollgate_http::{Caller, Code, Fault};
use tollgate_store::{SecretError, TenantTx, Topic, announce};

/// What is to become of an account of the file.
enum Plan {
    Exists,
    NoSecret,
    Create(Box<New>),
    /// The problem's code, and each field at fault, by its path below the account.
    Wrong(Code, Vec<FieldError>),
}

struct New {
    input: AccountInput,
    token: Option<CarriedToken>,
}

pub(super) async fn run(
    state: &ManageState,
    caller: &Caller,
    form: ImportAccounts,
) -> Result<ImportResult, Fault> {
    require(caller, Action::AccountsWrite)?;
    let bundle = form.bundle;
    if bundle.format != FORMAT {
        let text = format!("must be {FORMAT}: a file of another kind, or of a newer version");
        return Err(wrong("bundle.format", "unknown_value", &text));
    }
    if bundle.accounts.len() > ACCOUNTS_MAX {
        let text = format!("takes at most {ACCOUNTS_MAX} accounts");
        return Err(wrong("bundle.accounts", "too_many", &text));
    }
    let opened = opened(state, &bundle, form.passphrase).await?;
    let mut tx = caller.tx().await?;
    let known = Known::read(&mut tx, &bundle).await?;
    let mut seen = HashSet::new();
    let mut plans = Vec::with_capacity(opened.len());
    for (account, carried) in bundle.accounts.into_iter().zip(opened) {
        let name = (account.platform, account.form.name.clone());
        let plan = if known.accounts.contains(&name) {
            Plan::Exists
        } else if seen.contains(&name) {
            let twice = fault(
                "form.name",
                "duplicate",
                "stands twice on its platform in the file",
            );
            Plan::Wrong(Code::ValidationFailed, vec![twice])
        } else {
            plan(state, account, carried, &known)
        };
        seen.insert(name.clone());
        plans.push((name, plan));
    }
    if form.dry_run {
        let items = plans
            .into_iter()
            .map(|((platform, name), plan)| row(platform, name, None, plan));
        return Ok(ImportResult {
            items: items.collect(),
        });
    }
    refuse_wrong(&plans)?;
    let mut items = Vec::with_capacity(plans.len());
    for ((platform, name), plan) in plans {
        let id = match &plan {
            Plan::Create(new) => Some(create(state, caller, &mut tx, platform, new).await?),
            _ => None,
        };
        items.push(row(platform, name, id, plan));
    }
    // Each node reads the tenant's accounts again, however many there are.
    if let Some(id) = items.iter().find_map(|row| row.id) {
        announce(&mut tx, Topic::Account, id.0, 1).await?;
    }
    tx.commit().await?;
    Ok(ImportResult { items })
}

/// The secrets of each account. An entry that can't be opened where others can was changed; where none can, the
/// passphrase is wrong.
async fn opened(
    state: &ManageState,
    bundle: &AccountBundle,
    passphrase: Option<String>,
) -> Result<Vec<Option<Result<Carried, SecretError>>>, Fault> {
    if bundle.accounts.iter().all(|account| account.sealed.is_none()) {
        return Ok(bundle.accounts.iter().map(|_| None).collect());
    }
    let Some(secrets) = &bundle.secrets else {
        let text = "is missing, though there are encrypted secrets";
        return Err(wrong("bundle.secrets", "required", text));
    };
    let Some(passphrase) = passphrase else {
        let text = "is needed: the file holds encrypted secrets";
        return Err(wrong("passphrase", "required", text));
    };
    let key = sealed::key_of(state, passphrase, secrets).await?;
    let opened = bundle.accounts.iter().map(|account| {
        let text = account.sealed.as_deref()?;
        Some(sealed::open(&key, account.platform, &account.form, text))
    });
    let opened: Vec<_> = opened.collect();
    let mut all = opened.iter().flatten();
    if all.all(|opened| matches!(opened, Err(SecretError::Forged))) {
        let text = "does not open the file's secrets";
        return Err(wrong("passphrase", "wrong", text));
    }
    Ok(opened)
}

/// What the tenant has already of what the file names.
struct Known {
    accounts: HashSet<(Platform, String)>,
    proxies: HashMap<String, ProxyId>,
}

impl Known {
    async fn read(tx: &mut TenantTx, bundle: &AccountBundle) -> Result<Self, Fault> {
        // What no account or proxy can be called can't be asked for either (a NUL is none of the database's signs).
        let sayable = |text: &&String| !text.contains('\0');
        let named: Vec<&BundledAccount> = bundle
            .accounts
            .iter()
            .filter(|account| sayable(&&account.form.name))
            .collect();
        let platforms: Vec<String> = named
            .iter()
            .map(|account| account.platform.as_str().to_owned())
            .collect();
        let names: Vec<String> = named.iter().map(|account| account.form.name.clone()).collect();
        let proxies = bundle
            .accounts
            .iter()
            .filter_map(|account| account.proxy.as_ref());
        let proxies: Vec<String> = proxies.filter(sayable).cloned().collect();
        Ok(Self {
            accounts: store::existing(tx, &platforms, &names).await?,
            proxies: store::proxies(tx, &proxies).await?,
        })
    }
}

fn plan(
    state: &ManageState,
    account: BundledAccount,
    carried: Option<Result<Carried, SecretError>>,
    known: &Known,
) -> Plan {
    let BundledAccount {
        platform,
        mut form,
        proxy,
        ..
    } = account;
    let mut found = below(faults(&form));
    if form.proxy_id.is_some() {
        let text = "means nothing elsewhere; `proxy` names it";
        found.push(fault("form.proxy_id", "not_applicable", text));
    }
    if let Some(name) = proxy {
        form.proxy_id = known.proxies.get(&name).copied();
        if form.proxy_id.is_none() {
            let text = format!("there is no proxy called {name:?} here; add it first");
            found.push(fault("proxy", "not_found", &text));
        }
    }
    let mut carried = match carried {
        Some(Ok(carried)) => Some(carried),
        Some(Err(error)) => {
            let text = match error {
                SecretError::Forged => "was changed, or belongs to another account or address",
                _ => "is no encrypted secret",
            };
            found.push(fault("sealed", "sealed", text));
            None
        }
        None => None,
    };
    let token = carried.as_mut().and_then(|carried| carried.token.take());
    match input(platform, form, carried) {
        _ if !found.is_empty() => Plan::Wrong(Code::ValidationFailed, found),
        Err(errors) => Plan::Wrong(Code::ValidationFailed, errors),
        Ok(None) => Plan::NoSecret,
        Ok(Some(mut input)) => match service::checked_url(state, &input.settings.base_url) {
            Ok(url) => {
                input.settings.base_url = url;
                Plan::Create(Box::new(New { input, token }))
            }
            Err(refused) => {
                let told = fault("form.base_url", refused.code().as_str(), &refused.text());
                Plan::Wrong(refused.code(), vec![told])
            }
        },
    }
}

/// The account as its platform reads it; `None` where nothing is there to prove it with.
fn input(
    platform: Platform,
    mut form: AccountForm,
    carried: Option<Carried>,
) -> Result<Option<AccountInput>, Vec<FieldError>> {
    let Some(carried) = carried else {
        let kind = form
            .credential_kind
            .unwrap_or_else(|| platform.default_credential_kind());
        return match form.on(platform, None) {
            Ok(input) => Ok(Some(input)),
            Err(errors) if lacks_credential(kind, &errors) => Ok(None),
            Err(errors) => Err(below(errors)),
        };
    };
    let Some(credential) = carried.credential(&form, platform) else {
        return Err(vec![fault(
            "sealed",
            "credential",
            "holds no credential of the account's kind",
        )]);
    };
    form.extra_headers = Some(carried.extra_headers);
    form.with_credential(platform, credential)
        .map(Some)
        .map_err(below)
}

/// Whether a form is at fault for nothing but that it brings no credential.
fn lacks_credential(kind: CredentialKind, errors: &[FieldError]) -> bool {
    let needed = kind.needed_fields();
    let is_missed = |error: &FieldError| {
        error.code == "required" && needed.contains(&error.field.as_str())
            || kind == CredentialKind::Oauth && error.field == "credential_kind"
    };
    errors.len() == needed.len().max(1) && errors.iter().all(is_missed)
}

/// Refuses a file in which anything is wrong, naming all of it.
fn refuse_wrong(plans: &[((Platform, String), Plan)]) -> Result<(), Fault> {
    let mut all = Vec::new();
    for (at, (_, plan)) in plans.iter().enumerate() {
        if let Plan::Wrong(_, errors) = plan {
            all.extend(errors.iter().map(|error| FieldError {
                field: format!("bundle.accounts[{at}].{}", error.field),
                ..error.clone()
            }));
        }
    }
    let Some(first) = all.first() else {
        return Ok(());
    };
    let detail = format!("`{}` {}", first.field, first.message);
    Err(Fault::new(Code::ValidationFailed).detail(detail).fields(all))
}

async fn create(
    state: &ManageState,
    caller: &Caller,
    tx: &mut TenantTx,
    platform: Platform,
    new: &New,
) -> Result<AccountId, Fault> {
    let (clock, id) = (state.clock(), AccountId(state.clock().new_id()));
    let sealed = sealing::seal(state, tx, id, &new.input).await?;
    let settings = &new.input.settings;
    accounts::insert(tx, id, platform, settings, &sealed, clock.now())
        .await
        .map_err(service::taken)?;
    if let Some(carried) = &new.token {
        let text = serde_json::to_vec(&carried.token).map_err(Fault::internal)?;
        let secrets = &state.parts().secrets;
        let token = secrets
            .seal(tx, token_place(id), &text)
            .await
            .map_err(Fault::internal)?;
        let (expires_at, issued_at) = (carried.expires_at, carried.issued_at);
        store::set_token(tx, id, &token.to_bytes(), expires_at, issued_at).await?;
    }
    let target = Target {
        id: id.0,
        name: &settings.name,
    };
    let told = service::recorded(settings);
    trail::record(tx, clock, &caller.into(), "account.imported", target, told).await?;
    Ok(id)
}

fn row(platform: Platform, name: String, id: Option<AccountId>, plan: Plan) -> ImportRow {
    let (code, errors) = match plan {
        Plan::Exists => ("exists", Vec::new()),
        Plan::NoSecret => ("no_secret", Vec::new()),
        Plan::Create(_) => ("created", Vec::new()),
        Plan::Wrong(code, errors) => (code.as_str(), errors),
    };
    ImportRow {
        platform,
        name,
        id,
        code: code.to_owned(),
        errors,
    }
}

/// Faults of a form, by their path below the account.
fn below(errors: Vec<FieldError>) -> Vec<FieldError> {
    let under = |error: FieldError| FieldError {
        field: format!("form.{}", error.field),
        ..error
    };
    errors.into_iter().map(under).collect()
}

fn fault(field: &str, code: &str, message: &str) -> FieldError {
    FieldError {
        field: field.to_owned(),
        code: code.to_owned(),
        message: message.to_owned(),
    }
}
