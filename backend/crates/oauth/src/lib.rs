//! How vendors issue and renew the credentials of accounts: the protocol alone. Requests are made here and answers read,
//! vendor by vendor. Never in here: sending (the caller does, through the account's own proxy), a clock, randomness,
//! storage, and what becomes of an account when a vendor refuses.

mod aws;
pub mod claude;
mod endpoints;
mod entra;
mod fault;
pub mod google;
mod issued;
pub mod openai;
mod paste;
mod pkce;
mod request;
mod window;

pub use aws::{AwsRole, STS_SERVICE, assume_role};
pub use endpoints::{Endpoints, Misconfigured};
pub use entra::{EntraApp, entra_token};
pub use fault::{ApiFault, IssueFault};
pub use issued::{Issued, IssuedToken, IssuerKind, read_exchanged, read_issued};
pub use paste::{PasteFault, Pasted, read_pasted};
pub use window::WindowSeen;

use bytes::Bytes;
use http::Request;
use secrecy::{ExposeSecret, SecretString};
use std::fmt;
use tollgate_contract::platform::Platform;
use url::Url;

/// A way to get a grant in which a person signs in at the vendor: OAuth 2.0 with PKCE (RFC 6749, RFC 7636).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Way {
    /// A Claude subscription, renewed by its refresh token.
    Claude,
    /// A Claude subscription by a set-up token: good for a year, for inference alone, and never renewed.
    ClaudeSetupToken,
    /// A Google account for Gemini Code Assist.
    Google,
    /// A ChatGPT subscription for Codex.
    OpenAi,
}

impl Way {
    /// The platform's way, if it has one. `setup_token` matters for Claude alone.
    pub fn of(platform: Platform, setup_token: bool) -> Option<Self> {
        match platform {
            Platform::ClaudeOfficial if setup_token => Some(Self::ClaudeSetupToken),
            Platform::ClaudeOfficial => Some(Self::Claude),
            Platform::Gemini => Some(Self::Google),
            Platform::OpenAi => Some(Self::OpenAi),
            Platform::ClaudeConsole
            | Platform::Ccr
            | Platform::OpenAiResponses
            | Platform::AzureOpenAi
            | Platform::Bedrock => None,
        }
    }

    /// Whose answers are to be read.
    pub fn issuer(self) -> IssuerKind {
        match self {
            Self::Claude | Self::ClaudeSetupToken => IssuerKind::Claude,
            Self::Google => IssuerKind::Google,
            Self::OpenAi => IssuerKind::OpenAi,
        }
    }
}

/// The first half of a grant: what the admin's browser opens, and what is kept for the second half. Debug shows the host
/// alone.
#[derive(Clone)]
pub struct Begun {
    /// To be opened in a browser; it holds the state.
    pub url: Url,
    /// Comes back with the code. It must be compared with what comes back, belongs to one sign-in, and is used once (RFC
    /// 6749, section 10.12).
    pub state: String,
    /// Proves at the exchange that whoever began it also ends it (RFC 7636). Sealed where it is stored.
    pub verifier: SecretString,
}

impl fmt::Debug for Begun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Begun")
            .field("host", &self.url.host_str())
            .finish_non_exhaustive()
    }
}

/// Begins a grant. `random` must come from the system's generator: its first half becomes the verifier, its second the
/// state.
///
/// # Errors
/// If a setting that the way needs is missing or of no use.
pub fn begin(way: Way, endpoints: &Endpoints, random: [u8; 64]) -> Result<Begun, Misconfigured> {
    endpoints.check(way)?;
    let (first, second) = random.split_at(32);
    let (verifier, state) = (pkce::text(first), pkce::text(second));
    let challenge = pkce::challenge(&verifier);
    let url = match way {
        Way::Claude => claude::authorize(endpoints, false, &challenge, &state),
        Way::ClaudeSetupToken => claude::authorize(endpoints, true, &challenge, &state),
        Way::Google => google::authorize(endpoints, &challenge, &state),
        Way::OpenAi => openai::authorize(endpoints, &challenge, &state),
    };
    let verifier = SecretString::from(verifier);
    Ok(Begun { url, state, verifier })
}

/// Asks for the tokens that a code stands for (RFC 6749, section 4.1.3). The answer is for [`read_exchanged`]. The
/// request's body is secret.
pub fn exchange(
    way: Way,
    endpoints: &Endpoints,
    code: &SecretString,
    state: &str,
    verifier: &SecretString,
) -> Request<Bytes> {
    let (code, verifier) = (code.expose_secret(), verifier.expose_secret());
    match way {
        Way::Claude => claude::exchange(endpoints, false, code, state, verifier),
        Way::ClaudeSetupToken => claude::exchange(endpoints, true, code, state, verifier),
        Way::Google => google::exchange(endpoints, code, verifier),
        Way::OpenAi => openai::exchange(endpoints, code, verifier),
    }
}

/// Asks for a new access token (RFC 6749, section 6). The answer is for [`read_issued`]; where it holds a new refresh
/// token, the old one may be dead already. The request's body is secret.
pub fn refresh(way: Way, endpoints: &Endpoints, refresh_token: &SecretString) -> Request<Bytes> {
    let token = refresh_token.expose_secret();
    match way {
        Way::Claude | Way::ClaudeSetupToken => claude::refresh(endpoints, token),
        Way::Google => google::refresh(endpoints, token),
        Way::OpenAi => openai::refresh(endpoints, token),
    }
}

#[cfg(test)]
mod tests;
