//! What an account proves itself with, as it is given and as it lies at rest. Sealing it is the server's; what is here
//! is the text that gets sealed, so that whoever writes and whoever reads it mean the same.

use crate::platform::CredentialKind;
use serde::{Deserialize, Serialize};
use std::fmt;

/// AWS access keys. Their JSON (`{"access_key_id": …, "secret_access_key": …}` and, for temporary ones,
/// `"session_token"`) is what is sealed into an account's one credential.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AwsKeys {
    /// Names the keys; no secret.
    pub access_key_id: String,
    /// Signs requests.
    pub secret_access_key: String,
    /// Goes with temporary keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_token: Option<String>,
}

/// A credential in the clear.
#[derive(Clone, PartialEq, Eq)]
pub enum Credential {
    /// A vendor's API key.
    ApiKey(String),
    /// A bearer token.
    BearerToken(String),
    /// AWS access keys.
    AwsKeys(AwsKeys),
}

/// Never shows the credential.
impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credential({})", self.kind().as_str())
    }
}

/// Never shows the secrets.
impl fmt::Debug for AwsKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwsKeys")
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

impl Credential {
    /// Its kind.
    pub fn kind(&self) -> CredentialKind {
        match self {
            Self::ApiKey(_) => CredentialKind::ApiKey,
            Self::BearerToken(_) => CredentialKind::BearerToken,
            Self::AwsKeys(_) => CredentialKind::AwsKeys,
        }
    }

    /// The text that is sealed: key and token as they are, AWS keys as JSON.
    pub fn at_rest(&self) -> String {
        match self {
            Self::ApiKey(text) | Self::BearerToken(text) => text.clone(),
            // Three strings can always be written.
            Self::AwsKeys(keys) => serde_json::to_string(keys).unwrap_or_default(),
        }
    }

    /// What [`Credential::at_rest`] wrote; `None` if this is no credential of the kind.
    pub fn from_rest(kind: CredentialKind, text: &str) -> Option<Self> {
        Some(match kind {
            CredentialKind::ApiKey => Self::ApiKey(text.to_owned()),
            CredentialKind::BearerToken => Self::BearerToken(text.to_owned()),
            CredentialKind::AwsKeys => Self::AwsKeys(serde_json::from_str(text).ok()?),
        })
    }

    /// The part by which a person tells one credential from another: of AWS keys the id, which is no secret.
    pub fn telling_part(&self) -> &str {
        match self {
            Self::ApiKey(text) | Self::BearerToken(text) => text,
            Self::AwsKeys(keys) => &keys.access_key_id,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(session_token: Option<&str>) -> AwsKeys {
        AwsKeys {
            access_key_id: "AKIDEXAMPLE".to_owned(),
            secret_access_key: "wJalr/secret".to_owned(),
            session_token: session_token.map(str::to_owned),
        }
    }

    #[test]
    fn what_lies_at_rest_is_read_as_what_was_given() {
        for credential in [
            Credential::ApiKey("sk-1".to_owned()),
            Credential::BearerToken("ey.x".to_owned()),
            Credential::AwsKeys(keys(None)),
            Credential::AwsKeys(keys(Some("temporary"))),
        ] {
            let read = Credential::from_rest(credential.kind(), &credential.at_rest());
            assert_eq!(read, Some(credential));
        }
        assert_eq!(
            Credential::AwsKeys(keys(None)).at_rest(),
            r#"{"access_key_id":"AKIDEXAMPLE","secret_access_key":"wJalr/secret"}"#
        );
        assert_eq!(Credential::from_rest(CredentialKind::AwsKeys, "sk-1"), None);
    }

    #[test]
    fn a_credential_never_shows_in_debug_output() {
        for credential in [
            Credential::ApiKey("sk-secret".to_owned()),
            Credential::AwsKeys(keys(Some("secret-token"))),
        ] {
            assert!(!format!("{credential:?}").contains("secret"));
        }
        assert!(!format!("{:?}", keys(Some("secret-token"))).contains("secret\""));
        assert!(!format!("{:?}", keys(Some("hidden"))).contains("hidden"));
    }
}
