//! What the desks know: who signed in, what was given to whom and is still worth something, what was asked, and what is to
//! go wrong. Never in here: any vendor's own manner.

use super::super::upstream::{Fault, Seen};
use super::desk::Desk;
use super::said::secret;
use super::{claude, google, openai};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use url::Url;

/// Begins every access token that is issued here, so that other tests' tokens pass the upstream as before. Not as vendors'
/// tokens begin: nothing may depend on that.
const TOKEN_PREFIX: &str = "tok-issued-";
/// What most vendors give.
const LIFE: i64 = 3600;

/// Who signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The e-mail address.
    pub email: String,
    /// The vendor's own id of the account or organization.
    pub account: String,
    /// `free`, `pro`, `max` at Claude; `plus`, `pro` at OpenAI; the tier at Google.
    pub plan: String,
    /// Google: the project of a person who uses Code Assist already; `None`: is onboarded first.
    pub project: Option<String>,
    /// Claude: hundredths used of the 5-hour window.
    pub used_percent: u32,
}

/// What goes wrong with a call.
#[derive(Clone, Debug)]
pub enum Trouble {
    /// Answered well, after so long.
    Slow(Duration),
    /// Never answered.
    Silent,
    /// Closed at once.
    Close,
    /// A page in place of JSON or XML, with 200.
    Html,
    /// A refusal for the moment: its status and `retry-after` in seconds.
    Later(u16, u64),
    /// This status and JSON.
    Fixed(u16, Value),
}

/// A call of a desk.
#[derive(Clone, Debug)]
pub struct Call {
    /// Which.
    pub desk: Desk,
    /// When.
    pub at: Instant,
    /// From where.
    pub peer: IpAddr,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// As it came.
    pub body: String,
    /// What was answered, if anything was.
    pub status: Option<u16>,
}

/// What a person brings back from the vendor's page.
#[derive(Clone, Debug)]
pub struct Consent {
    /// The code.
    pub code: String,
    /// The state of the link.
    pub state: String,
    /// Where the browser ends.
    pub redirect: String,
}

impl Consent {
    /// As Claude's page shows it.
    pub fn pasted(&self) -> String {
        format!("{}#{}", self.code, self.state)
    }

    /// The address in which the browser ends.
    pub fn address(&self) -> String {
        let mut url = Url::parse(&self.redirect).expect("an address");
        url.query_pairs_mut()
            .extend_pairs([("code", &self.code), ("state", &self.state)]);
        url.into()
    }
}

#[derive(Clone, Debug)]
pub struct Code {
    pub client: String,
    pub redirect: String,
    pub challenge: String,
    pub state: String,
    pub scope: String,
    pub person: Person,
    pub used: bool,
    pub expired: bool,
}

#[derive(Clone, Debug)]
pub struct Grant {
    pub client: String,
    pub scope: String,
    pub person: Person,
    pub live: bool,
}

#[derive(Clone, Debug)]
pub struct Token {
    pub scope: String,
    pub person: Person,
    pub until: Instant,
    pub live: bool,
}

#[derive(Debug)]
pub struct State {
    pub person: Person,
    pub life: i64,
    pub rotates: bool,
    pub codes: HashMap<String, Code>,
    /// By refresh token.
    pub grants: HashMap<String, Grant>,
    /// By access token.
    pub tokens: HashMap<String, Token>,
    pub last_token: Option<String>,
    pub secrets: Vec<String>,
    pub calls: Vec<Call>,
    pub troubles: Vec<(Desk, Trouble)>,
    pub standing: Vec<(Desk, Trouble)>,
    /// Looks at the operation that puts somebody on a tier.
    pub onboarding: u32,
    pub session_token: Option<String>,
}

/// The desks' memory.
#[derive(Debug)]
pub struct Book(Mutex<State>);

impl Default for Book {
    fn default() -> Self {
        Self(Mutex::new(State {
            person: Person {
                email: "paula@people.example".to_owned(),
                account: "8f1d4c52-0f3b-4b7e-9a52-6f8e2f1f7a10".to_owned(),
                plan: "max".to_owned(),
                project: Some("cobalt-mirror-4711".to_owned()),
                used_percent: 12,
            },
            life: LIFE,
            rotates: true,
            codes: HashMap::new(),
            grants: HashMap::new(),
            tokens: HashMap::new(),
            last_token: None,
            secrets: Vec::new(),
            calls: Vec::new(),
            troubles: Vec::new(),
            standing: Vec::new(),
            onboarding: 0,
            session_token: None,
        }))
    }
}

impl Book {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes a call down; gives its number and what is to go wrong.
    pub(super) fn arrived(&self, desk: Desk, seen: &Seen) -> (usize, Option<Trouble>) {
        let mut state = self.state();
        state.calls.push(Call {
            desk,
            at: seen.at,
            peer: seen.peer,
            headers: seen.headers.clone(),
            body: String::from_utf8_lossy(&seen.body).into_owned(),
            status: None,
        });
        let next = state.troubles.iter().position(|(of, _)| *of == desk);
        let trouble = if let Some(index) = next {
            Some(state.troubles.remove(index).1)
        } else {
            let standing = state.standing.iter().find(|(of, _)| *of == desk);
            standing.map(|(_, trouble)| trouble.clone())
        };
        (state.calls.len() - 1, trouble)
    }

    pub(super) fn answered(&self, number: usize, status: u16) {
        self.state().calls[number].status = Some(status);
    }

    pub(super) fn consent(&self, url: &str) -> Result<Consent, String> {
        let url = Url::parse(url).map_err(|error| error.to_string())?;
        let pairs: HashMap<String, String> = url.query_pairs().into_owned().collect();
        let field = |name: &str| pairs.get(name).cloned().unwrap_or_default();
        let expected: &[(&str, &str)] = match url.path() {
            claude::AUTHORIZE => claude::LINK,
            google::AUTHORIZE => google::LINK,
            openai::AUTHORIZE => openai::LINK,
            other => return Err(format!("there is no page at {other}")),
        };
        for (name, value) in expected {
            if !value.split('|').any(|value| field(name) == value) {
                return Err(format!("`{name}` is `{}`", field(name)));
            }
        }
        // RFC 7636, section 4.2: 32 bytes in base64url make 43 letters.
        if field("code_challenge_method") != "S256" || field("code_challenge").len() != 43 {
            return Err("`code_challenge` is none of S256".to_owned());
        }
        if field("state").len() < 16 {
            return Err("`state` can be guessed".to_owned());
        }
        let mut state = self.state();
        let code = secret("code");
        state.secrets.push(code.clone());
        let person = state.person.clone();
        let consent = Consent {
            code: code.clone(),
            state: field("state"),
            redirect: field("redirect_uri"),
        };
        state.codes.insert(
            code,
            Code {
                client: field("client_id"),
                redirect: field("redirect_uri"),
                challenge: field("code_challenge"),
                state: field("state"),
                scope: field("scope"),
                person,
                used: false,
                expired: false,
            },
        );
        Ok(consent)
    }

    /// Whether the upstream takes a request: a token of ours must be alive, and others are none of our business.
    pub fn takes(&self, seen: &Seen) -> Result<(), Fault> {
        let Some(given) = seen.bearer().filter(|token| token.starts_with(TOKEN_PREFIX)) else {
            return Ok(());
        };
        let state = self.state();
        let token = state.tokens.get(given);
        let message = match token {
            Some(token) if !token.live => "OAuth access token has been revoked or replaced.",
            Some(token) if token.until <= Instant::now() => {
                "OAuth token has expired. Please obtain a new token or refresh your existing token."
            }
            Some(_) => return Ok(()),
            None => "Invalid bearer token",
        };
        Err(Fault::unauthorized(message))
    }
}

impl State {
    /// Takes a code: RFC 6749, section 4.1.3, and RFC 7636, section 4.6. The words are RFC 6749's error codes.
    pub fn redeem(
        &mut self,
        code: &str,
        client: &str,
        redirect: &str,
        verifier: &str,
    ) -> Result<Code, &'static str> {
        let known = self.codes.get_mut(code).ok_or("invalid_grant")?;
        if known.used || known.expired {
            return Err("invalid_grant");
        }
        if known.client != client {
            return Err("invalid_client");
        }
        if known.redirect != redirect {
            return Err("redirect_uri_mismatch");
        }
        // Tried once, whatever came of it.
        known.used = true;
        if !(43..=128).contains(&verifier.len())
            || URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes())) != known.challenge
        {
            return Err("invalid_grant");
        }
        Ok(known.clone())
    }

    /// Takes a refresh token; gives the grant, and the refresh token that follows where they are rotated.
    pub fn renew(&mut self, token: &str, client: &str) -> Result<(Grant, Option<String>), &'static str> {
        let rotates = self.rotates;
        let grant = self.grants.get_mut(token).ok_or("invalid_grant")?;
        if !grant.live {
            return Err("invalid_grant");
        }
        if grant.client != client {
            return Err("invalid_client");
        }
        let kept = grant.clone();
        if !rotates {
            return Ok((kept, None));
        }
        grant.live = false;
        let next = self.grant(kept.clone());
        Ok((kept, Some(next)))
    }

    /// A refresh token for a grant.
    pub fn grant(&mut self, grant: Grant) -> String {
        let token = secret("ref-issued-");
        self.grants.insert(token.clone(), grant);
        self.secrets.push(token.clone());
        token
    }

    /// A new access token.
    pub fn issue(&mut self, scope: &str, person: &Person) -> String {
        let token = secret(TOKEN_PREFIX);
        self.issue_as(token.clone(), scope, person);
        token
    }

    /// An access token of one's own making.
    pub fn issue_as(&mut self, token: String, scope: &str, person: &Person) {
        let life = Duration::from_secs(u64::try_from(self.life).unwrap_or(0));
        self.tokens.insert(
            token.clone(),
            Token {
                scope: scope.to_owned(),
                person: person.clone(),
                until: Instant::now() + life,
                live: true,
            },
        );
        self.secrets.push(token.clone());
        self.last_token = Some(token);
    }

    /// Whose token a request has, if it is good.
    pub fn bearer(&self, seen: &Seen) -> Option<&Token> {
        let token = self.tokens.get(seen.bearer()?)?;
        (token.live && token.until > Instant::now()).then_some(token)
    }
}
