//! Accounts into a file.

use super::sealed::{self, Carried, CarriedToken};
use super::store::{self, Secrets};
use super::{FORMAT, sealed::wrong};
use crate::accounts::sealing;
use crate::accounts::store::{Wanted, read};
use crate::permissions::{Action, require};
use crate::state::ManageState;
use crate::trail::{self, Target};
use crate::zone::{local_date, zone};
use secrecy::ExposeSecret;
use serde_json::json;
use std::collections::HashSet;
use tollgate_contract::accounts::{
    Account, AccountBundle, AccountForm, BundledAccount, Credential, ExportAccounts, IssuedToken,
};
use tollgate_contract::ids::AccountId;
use tollgate_http::{Caller, Fault};
use tollgate_store::{SealedSecret, SecretPlace, TenantTx};
use uuid::Uuid;

pub(super) async fn run(
    state: &ManageState,
    caller: &Caller,
    form: ExportAccounts,
) -> Result<AccountBundle, Fault> {
    require(caller, Action::AccountsWrite)?;
    // The key first: nobody waits for a hasher with a connection in hand.
    let (key, secrets) = match form.passphrase {
        Some(passphrase) => {
            let (key, told) = sealed::new_key(state, passphrase).await?;
            (Some(key), Some(told))
        }
        None => (None, None),
    };
    let mut tx = caller.tx().await?;
    let accounts = wanted(state, caller, &mut tx, form.ids.as_deref()).await?;
    let ids: Vec<Uuid> = accounts.iter().map(|account| account.id.0).collect();
    let mut stored = store::secrets(&mut tx, &ids).await?;
    let mut bundled = Vec::with_capacity(accounts.len());
    for account in &accounts {
        let form = AccountForm {
            proxy_id: None,
            version: None,
            ..account.form()
        };
        let sealed = match (&key, stored.remove(&account.id.0)) {
            (Some(key), Some(stored)) => {
                let carried = opened(state, &mut tx, account, &stored).await?;
                Some(sealed::seal(key, account.platform, &form, &carried)?)
            }
            _ => None,
        };
        bundled.push(BundledAccount {
            platform: account.platform,
            form,
            proxy: account.proxy.as_ref().map(|proxy| proxy.name.clone()),
            sealed,
        });
    }
    let told = json!({ "accounts": ids, "secrets": key.is_some() });
    let target = Target {
        id: caller.tenant_id.0,
        name: &caller.tenant_slug,
    };
    trail::record(
        &mut tx,
        state.clock(),
        &caller.into(),
        "accounts.exported",
        target,
        told,
    )
    .await?;
    tx.commit().await?;
    Ok(AccountBundle {
        format: FORMAT.to_owned(),
        secrets,
        accounts: bundled,
    })
}

/// The accounts asked for, in the order of the list.
async fn wanted(
    state: &ManageState,
    caller: &Caller,
    tx: &mut TenantTx,
    ids: Option<&[AccountId]>,
) -> Result<Vec<Account>, Fault> {
    let today = local_date(state.clock().now(), zone(&caller.time_zone));
    let mut accounts = read(tx, Wanted::default(), today, state.clock().now()).await?;
    let Some(ids) = ids else {
        return Ok(accounts);
    };
    let known: HashSet<AccountId> = accounts.iter().map(|account| account.id).collect();
    if let Some(at) = ids.iter().position(|id| !known.contains(id)) {
        let field = format!("ids[{at}]");
        return Err(wrong(&field, "not_found", "must be an account of yours"));
    }
    accounts.retain(|account| ids.contains(&account.id));
    Ok(accounts)
}

async fn opened(
    state: &ManageState,
    tx: &mut TenantTx,
    account: &Account,
    stored: &Secrets,
) -> Result<Carried, Fault> {
    let headers = stored.extra_headers.as_deref();
    let kind = account.credential_kind;
    let opened = sealing::open(state, tx, account.id, kind, &stored.credential, headers).await?;
    let is_lasting = matches!(&opened.credential, Credential::Oauth(grant) if grant.refresh_token.is_none());
    let token = match &stored.token {
        Some(sealed) if is_lasting => Some(CarriedToken {
            token: token(state, tx, account.id, sealed).await?,
            expires_at: stored.token_expires_at,
            issued_at: stored.token_issued_at,
        }),
        _ => None,
    };
    Ok(Carried {
        credential: opened.credential.at_rest(),
        extra_headers: opened.extra_headers,
        token,
    })
}

/// Where an account's token is stored; it can't be opened in any other place.
pub(super) fn token_place(account: AccountId) -> SecretPlace {
    SecretPlace {
        table: "accounts",
        row: account.0,
        column: "token",
    }
}

async fn token(
    state: &ManageState,
    tx: &mut TenantTx,
    account: AccountId,
    sealed: &[u8],
) -> Result<IssuedToken, Fault> {
    let sealed = SealedSecret::from_bytes(sealed).map_err(Fault::internal)?;
    let secrets = &state.parts().secrets;
    let text = secrets
        .open(tx, token_place(account), &sealed)
        .await
        .map_err(Fault::internal)?;
    serde_json::from_str(text.expose_secret()).map_err(Fault::internal)
}
