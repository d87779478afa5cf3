//! Where vendors' servers are and as whom we ask them: settings of the operator with the vendors' own values as defaults.
//! Never in here: what is asked.

use crate::Way;
use secrecy::SecretString;
use url::Url;

/// Vendors' addresses and client ids; operators may set others (sovereign clouds, tests). The default holds the vendors'
/// own. Each field's setting is `oauth.` and its name.
#[derive(Clone, Debug)]
pub struct Endpoints {
    /// Where a Claude subscription's owner agrees (v1's behaviour, as the next three).
    pub claude_authorize: Url,
    /// Where Claude's codes and refresh tokens are exchanged.
    pub claude_token: Url,
    /// Shows the code to be pasted back.
    pub claude_redirect: Url,
    /// The public client that subscriptions are granted to.
    pub claude_client_id: String,
    /// Where requests of a Claude subscription go that is connected new.
    pub claude_api: Url,
    /// Google's consent page (Google Identity, "OAuth 2.0 for mobile and desktop apps").
    pub google_authorize: Url,
    /// Where Google's codes and refresh tokens are exchanged.
    pub google_token: Url,
    /// Tells the e-mail address (OpenID Connect).
    pub google_userinfo: Url,
    /// Shows the code to be pasted back (gemini-cli, `oauth2.ts`). It must be registered for the client; a desktop client of
    /// the operator's own takes `http://localhost`, whose address is then pasted back.
    pub google_redirect: Url,
    /// The operator's OAuth client at Google. Without default: it says who asks.
    pub google_client_id: Option<String>,
    /// Its secret, which Google wants of desktop clients as well.
    pub google_client_secret: Option<SecretString>,
    /// Where requests to Code Assist go of an account that is connected new.
    pub google_api: Url,
    /// ChatGPT's sign-in (openai/codex, `codex-rs/login`, as the next three).
    pub openai_authorize: Url,
    /// Where ChatGPT's codes and refresh tokens are exchanged.
    pub openai_token: Url,
    /// Nobody listens there; the browser's address is pasted back. The client allows no other.
    pub openai_redirect: Url,
    /// The public client that Codex subscriptions are granted to.
    pub openai_client_id: String,
    /// Where requests of a Codex subscription go that is connected new.
    pub openai_api: Url,
    /// Microsoft Entra ID (Microsoft identity platform, "Authentication endpoints" of national clouds).
    pub entra: Url,
    /// What an Azure token is for (Azure OpenAI, "How to configure Microsoft Entra ID authentication"); national clouds have
    /// another, such as `https://cognitiveservices.azure.us/.default`.
    pub entra_scope: String,
    /// AWS's security token service; `None` is the region's own, such as `https://sts.eu-west-1.amazonaws.com`.
    pub aws_sts: Option<Url>,
}

impl Default for Endpoints {
    fn default() -> Self {
        Self {
            claude_authorize: constant("https://claude.ai/oauth/authorize"),
            claude_token: constant("https://platform.claude.com/v1/oauth/token"),
            claude_redirect: constant("https://platform.claude.com/oauth/code/callback"),
            claude_client_id: "9d1c250a-e61b-44d9-88ed-5944d1962f5e".to_owned(),
            claude_api: constant("https://api.anthropic.com"),
            google_authorize: constant("https://accounts.google.com/o/oauth2/v2/auth"),
            google_token: constant("https://oauth2.googleapis.com/token"),
            google_userinfo: constant("https://openidconnect.googleapis.com/v1/userinfo"),
            google_redirect: constant("https://codeassist.google.com/authcode"),
            google_client_id: None,
            google_client_secret: None,
            google_api: constant("https://cloudcode-pa.googleapis.com"),
            openai_authorize: constant("https://auth.openai.com/oauth/authorize"),
            openai_token: constant("https://auth.openai.com/oauth/token"),
            openai_redirect: constant("http://localhost:1455/auth/callback"),
            openai_client_id: "app_EMoamEEZ73f0CkXaXp7hrann".to_owned(),
            openai_api: constant("https://chatgpt.com/backend-api/codex"),
            entra: constant("https://login.microsoftonline.com"),
            entra_scope: "https://cognitiveservices.azure.com/.default".to_owned(),
            aws_sts: None,
        }
    }
}

/// An address that stands in this crate.
#[expect(clippy::expect_used, reason = "constants that the tests go through")]
pub(crate) fn constant(text: &'static str) -> Url {
    Url::parse(text).expect("an address")
}

/// A setting that stands in the way.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misconfigured {
    /// It has no default and was not set.
    #[error("the setting `{setting}` is missing; an operator sets it")]
    Missing {
        /// Its name.
        setting: &'static str,
    },
    /// It is no address that can be asked.
    #[error("the setting `{setting}` must be an http or https address without user name and password")]
    Address {
        /// Its name.
        setting: &'static str,
    },
}

impl Endpoints {
    /// Whether a way can be gone with these.
    ///
    /// # Errors
    /// For the first setting that is missing or of no use.
    pub fn check(&self, way: Way) -> Result<(), Misconfigured> {
        let missing = |setting| Err(Misconfigured::Missing { setting });
        match way {
            Way::Claude | Way::ClaudeSetupToken => {
                usable("oauth.claude_authorize", &self.claude_authorize)?;
                usable("oauth.claude_token", &self.claude_token)?;
                usable("oauth.claude_redirect", &self.claude_redirect)?;
                if self.claude_client_id.is_empty() {
                    return missing("oauth.claude_client_id");
                }
            }
            Way::Google => {
                usable("oauth.google_authorize", &self.google_authorize)?;
                usable("oauth.google_token", &self.google_token)?;
                usable("oauth.google_userinfo", &self.google_userinfo)?;
                usable("oauth.google_redirect", &self.google_redirect)?;
                if self.google_client_id.as_ref().is_none_or(String::is_empty) {
                    return missing("oauth.google_client_id");
                }
                if self.google_client_secret.is_none() {
                    return missing("oauth.google_client_secret");
                }
            }
            Way::OpenAi => {
                usable("oauth.openai_authorize", &self.openai_authorize)?;
                usable("oauth.openai_token", &self.openai_token)?;
                usable("oauth.openai_redirect", &self.openai_redirect)?;
                if self.openai_client_id.is_empty() {
                    return missing("oauth.openai_client_id");
                }
            }
        }
        Ok(())
    }
}

fn usable(setting: &'static str, url: &Url) -> Result<(), Misconfigured> {
    let http = matches!(url.scheme(), "http" | "https") && url.has_host();
    if http && url.username().is_empty() && url.password().is_none() {
        return Ok(());
    }
    Err(Misconfigured::Address { setting })
}
