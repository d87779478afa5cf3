//! The vendors' servers of consent on loopback, by their documents: a person consents, a code comes of it, the code becomes
//! tokens once and for its PKCE verifier alone, refresh tokens rotate or are revoked, and the subscription's interfaces
//! answer to tokens that are good. They fail in every way that a test asks for. What requests of accounts are answered is
//! the scripted upstream's.

mod answers;
mod serve;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet, VecDeque};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use url::Url;

/// The client at Google that tests set.
pub const GOOGLE_CLIENT: &str = "tests.apps.googleusercontent.com";
/// Its secret.
pub const GOOGLE_SECRET: &str = "google-client-secret-0123456789";

/// What a server does with the next request instead of what it should.
#[derive(Clone, Debug)]
pub enum Trouble {
    /// Answers so.
    Status(u16, Value),
    /// A page of somebody on the way.
    Page,
    /// Grants without a refresh token.
    NoRefreshToken,
    /// Answers rightly, by a clock that is so many seconds ahead.
    ClockAhead(i64),
    /// Closes without an answer.
    Close,
}

/// A person at a vendor.
#[derive(Clone, Debug)]
pub struct Somebody {
    /// Their e-mail address.
    pub email: String,
    /// The vendor's own id of their account.
    pub account: String,
    /// `max`, `pro` or `free`.
    pub plan: &'static str,
    /// Google: the project, if Code Assist has set one up.
    pub project: Option<String>,
    /// Google: whether they are on a tier already.
    pub onboarded: bool,
}

impl Somebody {
    /// With a plan.
    pub fn new(email: &str, plan: &'static str) -> Self {
        Self {
            email: email.to_owned(),
            account: format!("account-of-{email}"),
            plan,
            project: Some("assist-project-1".to_owned()),
            onboarded: true,
        }
    }
}

#[derive(Clone, Debug)]
struct Code {
    somebody: Somebody,
    /// The query of the page of consent, by name.
    asked: HashMap<String, String>,
    used: bool,
}

#[derive(Debug, Default)]
struct Desk {
    codes: HashMap<String, Code>,
    /// Refresh and access tokens that are good, and whose.
    tokens: HashMap<String, Somebody>,
    revoked: HashSet<String>,
    troubles: VecDeque<(String, Trouble)>,
    seen: Vec<(String, String)>,
    next: u64,
    /// Looks at an onboarding before it is done.
    looks_left: u32,
}

#[derive(Debug)]
struct Shared {
    desk: Mutex<Desk>,
    stopping: AtomicBool,
}

impl Shared {
    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All vendors, each below a path of its own.
#[derive(Debug)]
pub struct Vendor {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

impl Vendor {
    /// Starts it.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            desk: Mutex::default(),
            stopping: AtomicBool::new(false),
        });
        let served = shared.clone();
        Self {
            address,
            shared,
            accepting: Some(std::thread::spawn(move || serve::accept(&listener, &served))),
        }
    }

    /// The settings of a gateway whose vendors these are.
    pub fn env(&self) -> Vec<(&'static str, String)> {
        let at = |path: &str| format!("http://{}{path}", self.address);
        vec![
            ("TOLLGATE_OAUTH_CLAUDE_TOKEN", at("/claude/token")),
            ("TOLLGATE_OAUTH_CLAUDE_API", at("/claude")),
            ("TOLLGATE_OAUTH_GOOGLE_TOKEN", at("/google/token")),
            ("TOLLGATE_OAUTH_GOOGLE_USERINFO", at("/google/userinfo")),
            ("TOLLGATE_OAUTH_GOOGLE_API", at("/google")),
            ("TOLLGATE_OAUTH_GOOGLE_CLIENT_ID", GOOGLE_CLIENT.to_owned()),
            ("TOLLGATE_OAUTH_GOOGLE_CLIENT_SECRET", GOOGLE_SECRET.to_owned()),
            ("TOLLGATE_OAUTH_OPENAI_TOKEN", at("/openai/token")),
            ("TOLLGATE_OAUTH_OPENAI_API", at("/openai/codex")),
            ("TOLLGATE_OAUTH_ENTRA", at("/entra")),
        ]
    }

    /// A person opens the link, signs in and consents; gives what the page then shows: `code#state`.
    pub fn consent(&self, link: &str, somebody: &Somebody) -> String {
        let url = Url::parse(link).expect("a link");
        let asked: HashMap<String, String> = url.query_pairs().into_owned().collect();
        assert_eq!(asked.get("response_type").map(String::as_str), Some("code"));
        assert_eq!(
            asked.get("code_challenge_method").map(String::as_str),
            Some("S256")
        );
        let state = asked.get("state").cloned().expect("a state");
        let mut desk = self.shared.desk();
        desk.next += 1;
        let code = format!("code-of-consent-{}-{}", self.address.port(), desk.next);
        let entry = Code {
            somebody: somebody.clone(),
            asked,
            used: false,
        };
        desk.codes.insert(code.clone(), entry);
        format!("{code}#{state}")
    }

    /// The next request to a path that ends so meets trouble.
    pub fn trouble(&self, path: &str, trouble: Trouble) {
        self.shared.desk().troubles.push_back((path.to_owned(), trouble));
    }

    /// An onboarding is done after so many looks.
    pub fn onboards_after(&self, looks: u32) {
        self.shared.desk().looks_left = looks;
    }

    /// Takes back everything that was granted to a person.
    pub fn revoke(&self, email: &str) {
        let mut desk = self.shared.desk();
        let gone: Vec<String> = desk
            .tokens
            .iter()
            .filter(|(_, somebody)| somebody.email == email)
            .map(|(token, _)| token.clone())
            .collect();
        desk.revoked.extend(gone);
    }

    /// Every request so far: method with path, and body.
    pub fn seen(&self) -> Vec<(String, String)> {
        self.shared.desk().seen.clone()
    }

    /// How many requests went to a path that ends so.
    pub fn count(&self, path: &str) -> usize {
        let seen = self.seen();
        seen.iter().filter(|(line, _)| line.ends_with(path)).count()
    }
}

impl Drop for Vendor {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
    }
}

/// A token that nobody checks the signature of.
fn unsigned_jwt(claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.sig", part(&json!({"alg": "none"})), part(claims))
}
