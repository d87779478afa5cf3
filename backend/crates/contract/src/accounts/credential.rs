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

/// What a person granted at a vendor's: the JSON that is sealed into an account's credential. The access token that was
/// issued with it lies apart, see [`IssuedToken`].
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OauthGrant {
    /// Renews the access token; absent where the vendor gave none (Claude's set-up tokens live a year).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// Tells this grant from every other, whatever its tokens are by now: a random id that is made when it is granted.
    #[serde(default)]
    pub granted: String,
    /// By which of the vendor's ways it was granted: `claude`, `claude_setup_token`, `google`, `openai`.
    pub way: String,
    /// What was granted.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// The vendor's own id of the account, where requests must name it (`chatgpt-account-id` for Codex).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
}

/// An application's client credentials at Entra ID; the JSON that is sealed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntraApp {
    /// The directory (tenant) id, a UUID or a domain.
    pub tenant_id: String,
    /// The application's id.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
}

/// An AWS role and the keys that may assume it; the JSON that is sealed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AwsRole {
    /// `arn:aws:iam::123456789012:role/name`.
    pub role_arn: String,
    /// What the role's owner agreed on with us, if anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// The keys.
    pub keys: AwsKeys,
}

/// A short-lived token as it is sealed into an account's `token`: what requests are sent with.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum IssuedToken {
    /// For `Authorization: Bearer`.
    Bearer {
        /// The token.
        access_token: String,
    },
    /// Temporary AWS keys, to sign with.
    Aws(AwsKeys),
}

/// Never shows the token.
impl fmt::Debug for IssuedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bearer { .. } => "IssuedToken(bearer)",
            Self::Aws(_) => "IssuedToken(aws)",
        })
    }
}

/// Never shows the refresh token.
impl fmt::Debug for OauthGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OauthGrant")
            .field("way", &self.way)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

/// Never shows the secret.
impl fmt::Debug for EntraApp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EntraApp")
            .field("tenant_id", &self.tenant_id)
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

/// Never shows the secrets.
impl fmt::Debug for AwsRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwsRole")
            .field("role_arn", &self.role_arn)
            .finish_non_exhaustive()
    }
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
    /// A grant.
    Oauth(OauthGrant),
    /// An application at Entra ID.
    EntraApp(EntraApp),
    /// A role at AWS.
    AwsRole(AwsRole),
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
            Self::Oauth(_) => CredentialKind::Oauth,
            Self::EntraApp(_) => CredentialKind::EntraApp,
            Self::AwsRole(_) => CredentialKind::AwsRole,
        }
    }

    /// The text that is sealed: key and token as they are, all others as JSON.
    pub fn at_rest(&self) -> String {
        match self {
            Self::ApiKey(text) | Self::BearerToken(text) => text.clone(),
            // Strings can always be written.
            Self::AwsKeys(keys) => serde_json::to_string(keys).unwrap_or_default(),
            Self::Oauth(grant) => serde_json::to_string(grant).unwrap_or_default(),
            Self::EntraApp(app) => serde_json::to_string(app).unwrap_or_default(),
            Self::AwsRole(role) => serde_json::to_string(role).unwrap_or_default(),
        }
    }

    /// What [`Credential::at_rest`] wrote; `None` if this is no credential of the kind.
    pub fn from_rest(kind: CredentialKind, text: &str) -> Option<Self> {
        Some(match kind {
            CredentialKind::ApiKey => Self::ApiKey(text.to_owned()),
            CredentialKind::BearerToken => Self::BearerToken(text.to_owned()),
            CredentialKind::AwsKeys => Self::AwsKeys(serde_json::from_str(text).ok()?),
            CredentialKind::Oauth => Self::Oauth(serde_json::from_str(text).ok()?),
            CredentialKind::EntraApp => Self::EntraApp(serde_json::from_str(text).ok()?),
            CredentialKind::AwsRole => Self::AwsRole(serde_json::from_str(text).ok()?),
        })
    }

    /// The part by which a person tells one credential from another: of AWS keys and applications the id and of roles the
    /// name, which are no secrets; of a grant nothing.
    pub fn telling_part(&self) -> &str {
        match self {
            Self::ApiKey(text) | Self::BearerToken(text) => text,
            Self::AwsKeys(keys) => &keys.access_key_id,
            Self::Oauth(_) => "",
            Self::EntraApp(app) => &app.client_id,
            Self::AwsRole(role) => &role.role_arn,
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
