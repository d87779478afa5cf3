//! What an account's upstream wants to see, ready for use. Never in here: into which header or signature it goes.

use secrecy::{ExposeSecret, SecretString};
use tollgate_contract::accounts::{AwsKeys, Credential as AtRest, IssuedToken, OauthGrant};
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
    /// Nothing was issued yet: it has to be renewed before anything can be sent.
    Unissued,
}

/// A credential as it was read, and what the vendor calls the account behind it.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) credential: Credential,
    /// What requests must name beside the token (Codex's `chatgpt-account-id`).
    pub(crate) vendor_account: Option<String>,
    /// Whether it can be renewed without a person.
    pub(crate) renewable: bool,
    /// Tells this credential from any other that was given to the account; of a grant, without what each renewal changes.
    pub(crate) identity: SecretString,
}

impl Credential {
    /// Reads what was stored; of kinds from which tokens are issued, `token` is what was issued last. `None` if it is no
    /// credential of a known kind.
    pub(crate) fn read(kind: &str, text: &SecretString, token: Option<&SecretString>) -> Option<Read> {
        let kind = CredentialKind::parse(kind)?;
        let stored = AtRest::from_rest(kind, text.expose_secret())?;
        let (vendor_account, renewable) = match &stored {
            AtRest::Oauth(grant) => (grant.account.clone(), grant.refresh_token.is_some()),
            _ => (None, kind.is_issuing()),
        };
        let identity = match &stored {
            AtRest::Oauth(grant) => AtRest::Oauth(OauthGrant {
                refresh_token: None,
                scopes: Vec::new(),
                ..grant.clone()
            })
            .at_rest(),
            other => other.at_rest(),
        };
        let credential = match stored {
            AtRest::ApiKey(key) => Self::ApiKey(key.into()),
            AtRest::BearerToken(token) => Self::Bearer(token.into()),
            AtRest::AwsKeys(keys) => keys.into(),
            AtRest::Oauth(_) | AtRest::EntraApp(_) | AtRest::AwsRole(_) => match token {
                None => Self::Unissued,
                Some(token) => Self::issued(token.expose_secret())?,
            },
        };
        Some(Read {
            credential,
            vendor_account,
            renewable,
            identity: identity.into(),
        })
    }

    fn issued(json: &str) -> Option<Self> {
        Some(match serde_json::from_str(json).ok()? {
            IssuedToken::Bearer { access_token } => Self::Bearer(access_token.into()),
            IssuedToken::Aws(keys) => keys.into(),
        })
    }
}

impl From<AwsKeys> for Credential {
    fn from(keys: AwsKeys) -> Self {
        Self::Aws {
            access_key_id: keys.access_key_id,
            secret_access_key: keys.secret_access_key.into(),
            session_token: keys.session_token.map(Into::into),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_credential_is_read_by_its_kind_and_shows_nothing_secret() {
        let read = |kind: &str, text: &str| {
            Credential::read(kind, &text.to_owned().into(), None).map(|read| read.credential)
        };
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

    #[test]
    fn what_was_issued_is_what_is_sent() {
        let grant = r#"{"refresh_token":"hidden-1","way":"openai","account":"acc-1"}"#
            .to_owned()
            .into();
        let token = r#"{"kind":"bearer","access_token":"hidden-2"}"#.to_owned().into();
        let read = Credential::read("oauth", &grant, Some(&token)).expect("a grant");
        assert!(
            matches!(&read.credential, Credential::Bearer(token) if token.expose_secret() == "hidden-2"),
            "{read:?}"
        );
        assert_eq!(
            (read.vendor_account.as_deref(), read.renewable),
            (Some("acc-1"), true)
        );
        assert!(!format!("{read:?}").contains("hidden"));
        let none = Credential::read("oauth", &grant, None).expect("a grant");
        assert!(matches!(none.credential, Credential::Unissued));
    }
}
