//! The upstream platforms that accounts can be made for, and what each takes as a credential.

use serde::{Deserialize, Serialize};

/// The family of platforms whose clients and models belong together: what keys are bound by, and groups are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Service {
    /// Claude's: `claude_official`, `claude_console`, `ccr`, `bedrock`.
    Claude,
    /// Gemini's: `gemini`.
    Gemini,
    /// OpenAI's: `openai`, `openai_responses`, `azure_openai`.
    #[serde(rename = "openai")]
    OpenAi,
}

impl Service {
    /// All services.
    pub const ALL: [Self; 3] = [Self::Claude, Self::Gemini, Self::OpenAi];

    /// As stored and written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Claude => "claude",
            Self::Gemini => "gemini",
            Self::OpenAi => "openai",
        }
    }

    /// The service of this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.as_str() == text)
    }
}

/// An upstream platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Platform {
    /// Claude with an OAuth or set-up token of a subscription.
    ClaudeOfficial,
    /// Claude with a base URL and an API key of one's own.
    ClaudeConsole,
    /// A relay that speaks Claude's format (Claude Relay Service, Tollgate itself).
    Ccr,
    /// Gemini with an API key, or with a Google token through Code Assist.
    Gemini,
    /// OpenAI's Chat Completions, and services that speak it.
    #[serde(rename = "openai")]
    OpenAi,
    /// OpenAI's Responses, and services that speak it.
    #[serde(rename = "openai_responses")]
    OpenAiResponses,
    /// OpenAI's models on a resource of one's own at Azure.
    #[serde(rename = "azure_openai")]
    AzureOpenAi,
    /// Amazon Bedrock.
    Bedrock,
}

impl Platform {
    /// All platforms that accounts can be made for.
    pub const ALL: [Self; 8] = [
        Self::ClaudeOfficial,
        Self::ClaudeConsole,
        Self::Ccr,
        Self::Gemini,
        Self::OpenAi,
        Self::OpenAiResponses,
        Self::AzureOpenAi,
        Self::Bedrock,
    ];

    /// As stored and written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ClaudeOfficial => "claude_official",
            Self::ClaudeConsole => "claude_console",
            Self::Ccr => "ccr",
            Self::Gemini => "gemini",
            Self::OpenAi => "openai",
            Self::OpenAiResponses => "openai_responses",
            Self::AzureOpenAi => "azure_openai",
            Self::Bedrock => "bedrock",
        }
    }

    /// The platform of this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|platform| platform.as_str() == text)
    }

    /// The service that it belongs to, as in v1: Bedrock is a way to Claude's models there.
    pub fn service(self) -> Service {
        match self {
            Self::ClaudeOfficial | Self::ClaudeConsole | Self::Ccr | Self::Bedrock => Service::Claude,
            Self::Gemini => Service::Gemini,
            Self::OpenAi | Self::OpenAiResponses | Self::AzureOpenAi => Service::OpenAi,
        }
    }

    /// The provider by whose name the price book lists this platform's models.
    pub fn provider(self) -> &'static str {
        match self {
            Self::ClaudeOfficial | Self::ClaudeConsole | Self::Ccr => "anthropic",
            Self::Gemini => "gemini",
            Self::OpenAi | Self::OpenAiResponses => "openai",
            Self::AzureOpenAi => "azure_openai",
            Self::Bedrock => "bedrock",
        }
    }

    /// The kinds of credential it takes; the first is meant where none is named.
    pub fn credential_kinds(self) -> &'static [CredentialKind] {
        match self {
            Self::ClaudeOfficial => &[CredentialKind::BearerToken, CredentialKind::Oauth],
            Self::ClaudeConsole | Self::Ccr | Self::OpenAiResponses => &[CredentialKind::ApiKey],
            Self::OpenAi => &[CredentialKind::ApiKey, CredentialKind::Oauth],
            Self::Gemini => &[
                CredentialKind::ApiKey,
                CredentialKind::BearerToken,
                CredentialKind::Oauth,
            ],
            Self::AzureOpenAi => &[
                CredentialKind::ApiKey,
                CredentialKind::BearerToken,
                CredentialKind::EntraApp,
            ],
            Self::Bedrock => &[
                CredentialKind::AwsKeys,
                CredentialKind::ApiKey,
                CredentialKind::AwsRole,
            ],
        }
    }

    /// The kind meant where none is named.
    pub fn default_credential_kind(self) -> CredentialKind {
        match self {
            Self::ClaudeOfficial => CredentialKind::BearerToken,
            Self::Bedrock => CredentialKind::AwsKeys,
            _ => CredentialKind::ApiKey,
        }
    }

    /// Where the vendor's own servers are; `None` where every account has an address of its own. Bedrock's differs by
    /// region ("Amazon Bedrock endpoints and quotas"), Gemini's by whether Code Assist is meant.
    pub fn default_base_url(self, kind: CredentialKind, region: Option<&str>) -> Option<String> {
        match self {
            Self::ClaudeOfficial => Some("https://api.anthropic.com".to_owned()),
            Self::ClaudeConsole | Self::Ccr | Self::AzureOpenAi => None,
            Self::Gemini if kind != CredentialKind::ApiKey => {
                Some("https://cloudcode-pa.googleapis.com".to_owned())
            }
            Self::Gemini => Some("https://generativelanguage.googleapis.com".to_owned()),
            // Where Codex sends what a ChatGPT subscription pays for (`openai/codex`, its built-in provider).
            Self::OpenAi if kind == CredentialKind::Oauth => {
                Some("https://chatgpt.com/backend-api/codex".to_owned())
            }
            Self::OpenAi | Self::OpenAiResponses => Some("https://api.openai.com".to_owned()),
            Self::Bedrock => region.map(|region| format!("https://bedrock-runtime.{region}.amazonaws.com")),
        }
    }
}

/// What an account proves itself with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CredentialKind {
    /// The vendor's API key, given as `api_key`.
    ApiKey,
    /// A token that goes into `Authorization: Bearer`, given as `token`: of Claude's OAuth, of Google's, of Entra ID.
    BearerToken,
    /// AWS access keys, given as `access_key_id`, `secret_access_key` and, if temporary, `session_token`.
    AwsKeys,
    /// What a person granted on the vendor's own page: its tokens are renewed ahead of their expiry. Never in a form.
    Oauth,
    /// An application's client credentials at Entra ID, given as `entra_tenant_id`, `client_id` and `client_secret`.
    EntraApp,
    /// A role that AWS access keys may assume, given as `role_arn`, perhaps `external_id`, and the keys.
    AwsRole,
}

impl CredentialKind {
    /// All kinds.
    pub const ALL: [Self; 6] = [
        Self::ApiKey,
        Self::BearerToken,
        Self::AwsKeys,
        Self::Oauth,
        Self::EntraApp,
        Self::AwsRole,
    ];

    /// As stored and written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ApiKey => "api_key",
            Self::BearerToken => "bearer_token",
            Self::AwsKeys => "aws_keys",
            Self::Oauth => "oauth",
            Self::EntraApp => "entra_app",
            Self::AwsRole => "aws_role",
        }
    }

    /// The kind of this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// Whether short-lived tokens are issued from it, which have to be renewed.
    pub fn is_issuing(self) -> bool {
        matches!(self, Self::Oauth | Self::EntraApp | Self::AwsRole)
    }

    /// The fields of a form without which there is no such credential.
    pub fn needed_fields(self) -> &'static [&'static str] {
        match self {
            Self::ApiKey => &["api_key"],
            Self::BearerToken => &["token"],
            Self::AwsKeys => &["access_key_id", "secret_access_key"],
            Self::Oauth => &[],
            Self::EntraApp => &["entra_tenant_id", "client_id", "client_secret"],
            Self::AwsRole => &["role_arn", "access_key_id", "secret_access_key"],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_same_in_json_and_in_the_database() {
        for platform in Platform::ALL {
            assert_eq!(serde_json::to_value(platform).unwrap(), platform.as_str());
            assert_eq!(Platform::parse(platform.as_str()), Some(platform));
        }
        for kind in CredentialKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
            assert_eq!(CredentialKind::parse(kind.as_str()), Some(kind));
        }
        assert_eq!(Platform::parse("fax"), None);
    }

    #[test]
    fn the_kind_meant_where_none_is_named_is_the_first_that_the_platform_takes() {
        for platform in Platform::ALL {
            let first = platform.credential_kinds().first().copied();
            assert_eq!(first, Some(platform.default_credential_kind()), "{platform:?}");
        }
    }

    #[test]
    fn vendors_have_addresses_and_accounts_of_ones_own_have_none() {
        let url = |platform: Platform, kind, region| platform.default_base_url(kind, region);
        let key = CredentialKind::ApiKey;
        for platform in [Platform::ClaudeConsole, Platform::Ccr, Platform::AzureOpenAi] {
            assert_eq!(url(platform, key, None), None);
        }
        assert_eq!(
            url(Platform::Bedrock, key, Some("eu-west-1")).as_deref(),
            Some("https://bedrock-runtime.eu-west-1.amazonaws.com")
        );
        assert_eq!(url(Platform::Bedrock, key, None), None);
        assert_ne!(
            url(Platform::Gemini, key, None),
            url(Platform::Gemini, CredentialKind::BearerToken, None)
        );
    }
}
