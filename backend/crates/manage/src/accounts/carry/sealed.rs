//! What is secret of a carried account: the text that is encrypted, and what it is bound to.

use super::FORMAT;
use crate::state::ManageState;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use tollgate_contract::accounts::{AccountForm, AwsKeys, BundleSecrets, Credential, IssuedToken};
use tollgate_contract::check;
use tollgate_contract::platform::{CredentialKind, Platform};
use tollgate_http::{Code, Fault};
use tollgate_store::{KeyRecipe, PassphraseError, PassphraseKey, SecretError};

/// The secrets of an account, as they are encrypted: JSON.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Carried {
    /// As it lies at rest.
    pub(super) credential: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) extra_headers: BTreeMap<String, String>,
    /// Of a credential that can't have a token issued anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) token: Option<CarriedToken>,
}

/// A token that was issued once, for as long as it lives.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CarriedToken {
    pub(super) token: IssuedToken,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) expires_at: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) issued_at: Option<DateTime<Utc>>,
}

/// What the secrets belong to. Whoever may change the file can't have them sent to another host.
fn place(platform: Platform, form: &AccountForm) -> String {
    let kind = form.credential_kind.map(CredentialKind::as_str);
    let parts = (
        FORMAT,
        platform.as_str(),
        &form.name,
        kind,
        &form.base_url,
        &form.region,
    );
    // Texts can always be written.
    serde_json::to_string(&parts).unwrap_or_default()
}

/// The key of a passphrase, within the turns of all who have passwords hashed.
async fn key(state: &ManageState, passphrase: String, recipe: KeyRecipe) -> Result<PassphraseKey, Fault> {
    let _turn = state.password_turn().await?;
    PassphraseKey::derive(passphrase.into(), recipe)
        .await
        .map_err(Fault::internal)
}

/// A new file's key, and how it was made.
pub(super) async fn new_key(
    state: &ManageState,
    passphrase: String,
) -> Result<(PassphraseKey, BundleSecrets), Fault> {
    let recipe = KeyRecipe::fresh();
    let told = BundleSecrets {
        salt: STANDARD.encode(&recipe.salt),
        memory_kib: recipe.memory_kib,
        passes: recipe.passes,
    };
    Ok((key(state, passphrase, recipe).await?, told))
}

/// A file's key, as the file says that it was made.
pub(super) async fn key_of(
    state: &ManageState,
    passphrase: String,
    secrets: &BundleSecrets,
) -> Result<PassphraseKey, Fault> {
    let salt = STANDARD
        .decode(&secrets.salt)
        .map_err(|_| wrong("bundle.secrets.salt", "base64", "is no base64"))?;
    let recipe = KeyRecipe {
        salt,
        memory_kib: secrets.memory_kib,
        passes: secrets.passes,
    };
    recipe.check().map_err(|error| {
        let field = match error {
            PassphraseError::Memory => "bundle.secrets.memory_kib",
            PassphraseError::Passes => "bundle.secrets.passes",
            _ => "bundle.secrets.salt",
        };
        wrong(field, "out_of_range", &error.to_string())
    })?;
    key(state, passphrase, recipe).await
}

pub(super) fn seal(
    key: &PassphraseKey,
    platform: Platform,
    form: &AccountForm,
    carried: &Carried,
) -> Result<String, Fault> {
    let text = serde_json::to_vec(carried).map_err(Fault::internal)?;
    let sealed = key.seal(&place(platform, form), &text).map_err(Fault::internal)?;
    Ok(STANDARD.encode(sealed))
}

/// The secrets of an account of a file.
///
/// # Errors
/// `Forged` if the passphrase is another one or the entry was changed, else what is wrong with the text.
pub(super) fn open(
    key: &PassphraseKey,
    platform: Platform,
    form: &AccountForm,
    sealed: &str,
) -> Result<Carried, SecretError> {
    let bytes = STANDARD.decode(sealed).map_err(|_| SecretError::Layout)?;
    let text = key.open(&place(platform, form), &bytes)?;
    let carried: Carried = serde_json::from_str(text.expose_secret()).map_err(|_| SecretError::Layout)?;
    let token = carried.token.iter();
    let mut instants = token
        .flat_map(|token| [token.expires_at, token.issued_at])
        .flatten();
    if instants.all(|at| check::instant(&at).is_ok()) {
        Ok(carried)
    } else {
        Err(SecretError::Layout)
    }
}

impl Carried {
    /// The credential, if it could have been stored by a form: what stands in a header or an address can do so.
    pub(super) fn credential(&self, form: &AccountForm, platform: Platform) -> Option<Credential> {
        let kind = form
            .credential_kind
            .unwrap_or_else(|| platform.default_credential_kind());
        let credential = Credential::from_rest(kind, &self.credential)?;
        let keys = |keys: &AwsKeys| {
            check::access_key_id(&keys.access_key_id).is_ok()
                && check::credential(&keys.secret_access_key).is_ok()
                && keys
                    .session_token
                    .as_deref()
                    .is_none_or(|token| check::credential(token).is_ok())
        };
        let fits = match &credential {
            Credential::ApiKey(text) | Credential::BearerToken(text) => check::credential(text).is_ok(),
            Credential::AwsKeys(given) => keys(given),
            Credential::Oauth(grant) => grant
                .refresh_token
                .as_deref()
                .is_none_or(|token| check::credential(token).is_ok()),
            Credential::EntraApp(app) => {
                check::entra_tenant_id(&app.tenant_id).is_ok()
                    && check::credential(&app.client_id).is_ok()
                    && check::credential(&app.client_secret).is_ok()
            }
            Credential::AwsRole(role) => check::aws_role_arn(&role.role_arn).is_ok() && keys(&role.keys),
        };
        (fits && check::extra_headers(&self.extra_headers).is_ok()).then_some(credential)
    }
}

pub(super) fn wrong(field: &str, code: &str, message: &str) -> Fault {
    Fault::new(Code::ValidationFailed)
        .detail(format!("`{field}` {message}"))
        .field(field, code, message)
}
