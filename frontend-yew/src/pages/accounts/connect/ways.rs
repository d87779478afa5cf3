//! The ways to a vendor's consent, and which account can be connected anew by which.

use crate::i18n::Texts;
use tollgate_contract::accounts::Account;
use tollgate_contract::platform::{CredentialKind, Platform};

/// A way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// A Claude subscription, renewed by itself.
    Claude,
    /// A Claude subscription by a set-up token, which lives a year.
    ClaudeSetUp,
    /// A Google account for Gemini Code Assist.
    Google,
    /// A ChatGPT subscription for Codex.
    ChatGpt,
}

impl Way {
    /// All ways.
    pub const ALL: [Self; 4] = [Self::Claude, Self::ClaudeSetUp, Self::Google, Self::ChatGpt];

    /// As a field has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Claude => "claude",
            Self::ClaudeSetUp => "claude_setup_token",
            Self::Google => "google",
            Self::ChatGpt => "openai",
        }
    }

    /// The one of this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.as_str() == text)
    }

    /// The platform that accounts get by it.
    pub fn platform(self) -> Platform {
        match self {
            Self::Claude | Self::ClaudeSetUp => Platform::ClaudeOfficial,
            Self::Google => Platform::Gemini,
            Self::ChatGpt => Platform::OpenAi,
        }
    }

    /// The way by which an account was connected.
    pub fn of(account: &Account) -> Option<Self> {
        // A set-up token is the one that can't be renewed.
        let lasting = account.token.as_ref().is_some_and(|token| !token.renewable);
        match account.platform {
            _ if account.credential_kind != CredentialKind::Oauth => None,
            Platform::ClaudeOfficial if lasting => Some(Self::ClaudeSetUp),
            Platform::ClaudeOfficial => Some(Self::Claude),
            Platform::Gemini => Some(Self::Google),
            Platform::OpenAi | Platform::OpenAiResponses => Some(Self::ChatGpt),
            _ => None,
        }
    }

    /// What it is called.
    pub fn name(self, t: &Texts) -> &'static str {
        match self {
            Self::Claude => t.connect.way_claude,
            Self::ClaudeSetUp => t.connect.way_setup_token,
            Self::Google => t.connect.way_google,
            Self::ChatGpt => t.connect.way_openai,
        }
    }

    /// What one gets by it.
    pub fn help(self, t: &Texts) -> &'static str {
        match self {
            Self::Claude => t.connect.way_claude_help,
            Self::ClaudeSetUp => t.connect.way_setup_token_help,
            Self::Google => t.connect.way_google_help,
            Self::ChatGpt => t.connect.way_openai_help,
        }
    }

    /// What to do on the vendor's page, and what to bring back. Claude's and Google's pages show the code; OpenAI sends the
    /// browser to an address of this machine that does not answer, whose text holds the code.
    pub fn paste_help(self, t: &Texts) -> &'static str {
        match self {
            Self::Claude | Self::ClaudeSetUp => t.connect.paste_shown,
            Self::Google => t.connect.paste_code,
            Self::ChatGpt => t.connect.paste_address,
        }
    }
}

/// Whether an account can be connected anew.
pub fn can_reconnect(account: &Account) -> bool {
    Way::of(account).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::accounts::sample::sample;
    use serde_json::json;

    #[test]
    fn an_account_is_connected_anew_by_the_way_it_came() {
        let token = |renewable: bool| json!({ "expires_at": null, "issued_at": null, "renewable": renewable, "error": "", "retry_at": null });
        let account = |platform: &str, kind: &str, renewable| {
            sample(json!({ "platform": platform, "credential_kind": kind, "token": token(renewable) }))
        };
        assert_eq!(
            Way::of(&account("claude_official", "oauth", true)),
            Some(Way::Claude)
        );
        assert_eq!(
            Way::of(&account("claude_official", "oauth", false)),
            Some(Way::ClaudeSetUp)
        );
        assert_eq!(Way::of(&account("openai", "oauth", true)), Some(Way::ChatGpt));
        assert!(!can_reconnect(&account("claude_official", "bearer_token", true)));
        assert!(!can_reconnect(&account("azure_openai", "entra_app", true)));
    }

    #[test]
    fn every_way_leads_to_a_platform_that_takes_what_is_granted() {
        for way in Way::ALL {
            assert!(
                way.platform().credential_kinds().contains(&CredentialKind::Oauth),
                "{way:?}"
            );
            assert_eq!(Way::parse(way.as_str()), Some(way));
        }
    }
}
