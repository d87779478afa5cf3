//! What is secret of an account: sealed before it is stored, opened for the test alone. Never in here: when that is due.

use crate::state::ManageState;
use secrecy::ExposeSecret;
use std::collections::BTreeMap;
use tollgate_contract::accounts::{AccountInput, Credential};
use tollgate_contract::ids::AccountId;
use tollgate_contract::platform::CredentialKind;
use tollgate_http::Fault;
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

pub(super) async fn seal(
    state: &ManageState,
    tx: &mut TenantTx,
    account: AccountId,
    input: &AccountInput,
) -> Result<Sealed, Fault> {
    let secrets = &state.parts().secrets;
    let credential = match &input.credential {
        None => None,
        Some(credential) => {
            let (place, text) = (place(account, "credential"), credential.at_rest());
            let sealed = secrets
                .seal(tx, place, text.as_bytes())
                .await
                .map_err(Fault::internal)?;
            Some(SealedCredential {
                sealed: sealed.to_bytes(),
                hint: hint(credential.telling_part()),
            })
        }
    };
    let headers = match &input.extra_headers {
        None => None,
        Some(headers) if headers.is_empty() => Some(SealedHeaders(None)),
        Some(headers) => {
            let text = serde_json::to_vec(headers).map_err(Fault::internal)?;
            let place = place(account, "extra_headers");
            let sealed = secrets.seal(tx, place, &text).await.map_err(Fault::internal)?;
            Some(SealedHeaders(Some(sealed.to_bytes())))
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
    let secrets = &state.parts().secrets;
    let sealed = SealedSecret::from_bytes(credential).map_err(Fault::internal)?;
    let text = secrets
        .open(tx, place(account, "credential"), &sealed)
        .await
        .map_err(Fault::internal)?;
    let credential = Credential::from_rest(kind, text.expose_secret())
        .ok_or_else(|| Fault::internal("the stored credential is not of its kind"))?;
    let extra_headers = match headers {
        None => BTreeMap::new(),
        Some(bytes) => {
            let sealed = SealedSecret::from_bytes(bytes).map_err(Fault::internal)?;
            let text = secrets
                .open(tx, place(account, "extra_headers"), &sealed)
                .await
                .map_err(Fault::internal)?;
            serde_json::from_str(text.expose_secret()).map_err(Fault::internal)?
        }
    };
    Ok(Opened {
        credential,
        extra_headers,
    })
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
