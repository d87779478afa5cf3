//! What is secret of an account: sealed before it is stored, opened where a request of ours needs it. Never in here: when
//! that is due.

use super::store::Locked;
use crate::state::ManageState;
use secrecy::{ExposeSecret, SecretString};
use std::collections::BTreeMap;
use tollgate_contract::accounts::{AccountInput, Credential, IssuedToken};
use tollgate_contract::ids::AccountId;
use tollgate_contract::platform::CredentialKind;
use tollgate_http::Fault;
use tollgate_scheduler::Credential as Sendable;
use tollgate_store::{SealedSecret, SecretPlace, TenantTx};

/// Shorter credentials show nothing of themselves: four signs would be too much of them.
const HINT_FROM_CHARS: usize = 12;

/// Where something secret of an account is stored; it can't be opened in any other place.
fn place(account: AccountId, column: &'static str) -> SecretPlace {
    SecretPlace {
        table: "accounts",
        row: account.0,
        column,
    }
}

/// A credential as stored: sealed, and what may be shown of it.
#[derive(Debug)]
pub(super) struct SealedCredential {
    pub(super) sealed: Vec<u8>,
    pub(super) hint: String,
}

/// Extra headers as stored; `None` where there are none.
#[derive(Debug)]
pub(super) struct SealedHeaders(pub(super) Option<Vec<u8>>);

/// What a form brought, sealed; what it did not bring stays as it is stored.
#[derive(Debug)]
pub(super) struct Sealed {
    pub(super) credential: Option<SealedCredential>,
    pub(super) headers: Option<SealedHeaders>,
}

/// Seals a text for its one place.
pub(super) async fn seal_text(
    state: &ManageState,
    tx: &mut TenantTx,
    place: SecretPlace,
    text: &str,
) -> Result<Vec<u8>, Fault> {
    let secrets = &state.parts().secrets;
    let sealed = secrets.seal(tx, place, text.as_bytes()).await;
    Ok(sealed.map_err(Fault::internal)?.to_bytes())
}

/// Opens what was sealed for a place.
pub(super) async fn open_text(
    state: &ManageState,
    tx: &mut TenantTx,
    place: SecretPlace,
    sealed: &[u8],
) -> Result<SecretString, Fault> {
    let sealed = SealedSecret::from_bytes(sealed).map_err(Fault::internal)?;
    let opened = state.parts().secrets.open(tx, place, &sealed).await;
    opened.map_err(Fault::internal)
}

/// A credential as it is stored.
pub(super) async fn seal_credential(
    state: &ManageState,
    tx: &mut TenantTx,
    account: AccountId,
    credential: &Credential,
) -> Result<SealedCredential, Fault> {
    let place = place(account, "credential");
    Ok(SealedCredential {
        sealed: seal_text(state, tx, place, &credential.at_rest()).await?,
        hint: hint(credential.telling_part()),
    })
}

/// A token as it is stored.
pub(super) async fn seal_token(
    state: &ManageState,
    tx: &mut TenantTx,
    account: AccountId,
    token: &IssuedToken,
) -> Result<Vec<u8>, Fault> {
    let text = serde_json::to_string(token).map_err(Fault::internal)?;
    seal_text(state, tx, place(account, "token"), &text).await
}

pub(super) async fn seal(
    state: &ManageState,
    tx: &mut TenantTx,
    account: AccountId,
    input: &AccountInput,
) -> Result<Sealed, Fault> {
    let credential = match &input.credential {
        None => None,
        Some(credential) => Some(seal_credential(state, tx, account, credential).await?),
    };
    let headers = match &input.extra_headers {
        None => None,
        Some(headers) if headers.is_empty() => Some(SealedHeaders(None)),
        Some(headers) => {
            let text = serde_json::to_string(headers).map_err(Fault::internal)?;
            let place = place(account, "extra_headers");
            Some(SealedHeaders(Some(seal_text(state, tx, place, &text).await?)))
        }
    };
    Ok(Sealed { credential, headers })
}

/// An account's secrets in the clear.
pub(super) struct Opened {
    pub(super) credential: Credential,
    pub(super) extra_headers: BTreeMap<String, String>,
}

pub(super) async fn open(
    state: &ManageState,
    tx: &mut TenantTx,
    account: AccountId,
    kind: CredentialKind,
    credential: &[u8],
    headers: Option<&[u8]>,
) -> Result<Opened, Fault> {
    let text = open_text(state, tx, place(account, "credential"), credential).await?;
    let credential = Credential::from_rest(kind, text.expose_secret())
        .ok_or_else(|| Fault::internal("the stored credential is not of its kind"))?;
    let extra_headers = match headers {
        None => BTreeMap::new(),
        Some(sealed) => {
            let text = open_text(state, tx, place(account, "extra_headers"), sealed).await?;
            serde_json::from_str(text.expose_secret()).map_err(Fault::internal)?
        }
    };
    Ok(Opened {
        credential,
        extra_headers,
    })
}

/// What requests of an account are sent with.
pub(super) struct Unsealed {
    pub(super) credential: Sendable,
    /// What requests must name beside the token (Codex's `chatgpt-account-id`).
    pub(super) vendor_account: Option<String>,
    pub(super) extra_headers: BTreeMap<String, String>,
}

pub(super) async fn open_to_send(
    state: &ManageState,
    tx: &mut TenantTx,
    account: AccountId,
    stored: &Locked,
) -> Result<Unsealed, Fault> {
    let (kind, headers) = (stored.settings.credential_kind, stored.extra_headers.as_deref());
    let opened = open(state, tx, account, kind, &stored.credential, headers).await?;
    let token = match &stored.token {
        None => None,
        Some(sealed) => {
            let text = open_text(state, tx, place(account, "token"), sealed).await?;
            Some(serde_json::from_str(text.expose_secret()).map_err(Fault::internal)?)
        }
    };
    let vendor_account = match &opened.credential {
        Credential::Oauth(grant) => grant.account.clone(),
        _ => None,
    };
    Ok(Unsealed {
        credential: sendable(opened.credential, token),
        vendor_account,
        extra_headers: opened.extra_headers,
    })
}

/// What is sent: the credential itself, or what was issued from it last.
pub(super) fn sendable(credential: Credential, token: Option<IssuedToken>) -> Sendable {
    match (credential, token) {
        (Credential::ApiKey(key), _) => Sendable::ApiKey(key.into()),
        (Credential::BearerToken(token), _) => Sendable::Bearer(token.into()),
        (Credential::AwsKeys(keys), _) | (_, Some(IssuedToken::Aws(keys))) => keys.into(),
        (_, None) => Sendable::Unissued,
        (_, Some(IssuedToken::Bearer { access_token })) => Sendable::Bearer(access_token.into()),
    }
}

fn hint(telling: &str) -> String {
    let shown = if telling.len() < HINT_FROM_CHARS {
        ""
    } else {
        telling.get(telling.len() - 4..).unwrap_or_default()
    };
    shown.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_shows_its_last_four_signs_only_if_it_has_enough_others() {
        assert_eq!(hint("sk-ant-api03-abcdefgh1234"), "1234");
        assert_eq!(hint("short"), "");
    }
}
