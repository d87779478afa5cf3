//! What an account's upstream wants to see, ready for use. Never in here: into which header or signature it goes.

use secrecy::{ExposeSecret, SecretString};
use tollgate_contract::accounts::Credential as AtRest;
use tollgate_contract::platform::CredentialKind;

/// A credential in the clear; its `Debug` shows nothing secret.
#[derive(Clone, Debug)]
pub enum Credential {
    /// The vendor's API key.
    ApiKey(SecretString),
    /// A token for `Authorization: Bearer`.
    Bearer(SecretString),
    /// AWS access keys, to sign with.
    Aws {
        /// Names the keys; no secret.
        access_key_id: String,
        /// Signs.
        secret_access_key: SecretString,
        /// Goes with temporary keys.
        session_token: Option<SecretString>,
    },
}

impl Credential {
    /// Reads what was stored; `None` if it is no credential of a known kind.
    pub(crate) fn read(kind: &str, text: &SecretString) -> Option<Self> {
        let stored = AtRest::from_rest(CredentialKind::parse(kind)?, text.expose_secret())?;
        Some(match stored {
            AtRest::ApiKey(key) => Self::ApiKey(key.into()),
            AtRest::BearerToken(token) => Self::Bearer(token.into()),
            AtRest::AwsKeys(keys) => Self::Aws {
                access_key_id: keys.access_key_id,
                secret_access_key: keys.secret_access_key.into(),
                session_token: keys.session_token.map(Into::into),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_credential_is_read_by_its_kind_and_shows_nothing_secret() {
        let read = |kind: &str, text: &str| Credential::read(kind, &text.to_owned().into());
        assert!(
            matches!(read("api_key", "sk-1"), Some(Credential::ApiKey(key)) if key.expose_secret() == "sk-1")
        );
        assert!(matches!(read("bearer_token", "t"), Some(Credential::Bearer(_))));
        let keys = r#"{"access_key_id":"AKID","secret_access_key":"hidden-1","session_token":"hidden-2"}"#;
        let keys = read("aws_keys", keys).expect("AWS keys");
        assert!(!format!("{keys:?}").contains("hidden"), "{keys:?}");
        assert!(matches!(
            keys,
            Credential::Aws {
                session_token: Some(_),
                ..
            }
        ));
        assert!(read("aws_keys", "sk-1").is_none());
        assert!(read("of tomorrow", "sk-1").is_none());
    }
}
