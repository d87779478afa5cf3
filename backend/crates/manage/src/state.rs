//! What the handlers stand on, built once by the binary and cloned into each worker.

use crate::documents::DocumentSettings;
use crate::exports::Desk;
use crate::heavy::HeavyReads;
use crate::ledger::keys::KeyList;
use crate::payments::PaymentProviders;
use actix_web::web;
use chrono_tz::Tz;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tollgate_http::{Code, Fault, Gate, Rate, SecurityPolicy, Throttle, TokenSigner, TrustedProxies};
use tollgate_ledger::{HeldPrices, PastPrices};
use tollgate_limits::Limiter;
use tollgate_net::{ClientSettings, NetGuard, UpstreamTls};
use tollgate_oauth::Endpoints;
use tollgate_scheduler::{Renewer, Scheduler};
use tollgate_store::{Clock, Db, KeyHasher, Secrets, Signer};
use url::Url;

/// The state as a handler takes it.
pub(crate) type State = web::Data<ManageState>;

/// Passwords hashed at a time: each takes 19 MiB and some 20 ms of a core, and the relay shares both.
const PASSWORDS_AT_ONCE: usize = 4;
/// Accounts tried out by one tenant: each try is a request of ours to a host of their choice, so that nobody scans ports
/// or floods a stranger through us.
const TRIALS: Rate = Rate {
    burst: 20,
    every: Duration::from_secs(3),
};
/// Vouchers that one person tries: some at once from a list, then a few a minute.
const VOUCHERS_BY_USER: Rate = Rate {
    burst: 20,
    every: Duration::from_secs(15),
};
/// Vouchers tried from one address, behind which a whole office may sit.
const VOUCHERS_BY_ADDRESS: Rate = Rate {
    burst: 100,
    every: Duration::from_secs(3),
};
/// Calls of payment providers from one address that were refused: a good signature is not guessed.
const REFUSED_CALLS: Rate = Rate {
    burst: 30,
    every: Duration::from_secs(2),
};
/// Payments that one organisation begins.
const PAYMENTS: Rate = Rate {
    burst: 20,
    every: Duration::from_secs(30),
};
/// What one organisation sends by hand: schedules that are run now, and documents.
const SENDINGS: Rate = Rate {
    burst: 20,
    every: Duration::from_mins(1),
};
/// How long a sign-in waits for its turn at the hasher.
const PASSWORD_PATIENCE: Duration = Duration::from_secs(10);

/// How often the doors that need no sign-in may be used, by address (an IPv6 /64 is one) and by e-mail address; in this
/// process, so that several nodes let through several times as much.
#[derive(Clone, Copy, Debug)]
pub struct PublicLimits {
    /// Sign-ins and sign-outs by address.
    pub sign_in: Rate,
    /// Refreshes by address.
    pub refresh: Rate,
    /// Failed sign-ins by e-mail address; a right password forgives them.
    pub failures: Rate,
    /// Organisations signed up by address.
    pub sign_up: Rate,
}

impl Default for PublicLimits {
    /// An office behind one address signs in at nine and loads pages all day, with a refresh for each: nobody guesses a
    /// refresh token. Nobody tries more than ten passwords in earnest.
    fn default() -> Self {
        Self {
            sign_in: Rate {
                burst: 60,
                every: Duration::from_secs(1),
            },
            refresh: Rate {
                burst: 600,
                every: Duration::from_millis(100),
            },
            failures: Rate {
                burst: 10,
                every: Duration::from_secs(30),
            },
            sign_up: Rate {
                burst: 30,
                every: Duration::from_mins(1),
            },
        }
    }
}

/// What an operator may set.
#[derive(Clone, Debug)]
pub struct ManageSettings {
    /// The address under which browsers reach us; `http` takes `Secure` off the cookie and HSTS out of the headers.
    pub public_url: Url,
    /// Proxies whose `x-forwarded-for` is believed.
    pub trusted_proxies: TrustedProxies,
    /// How long a session lives without use.
    pub refresh_ttl: Duration,
    /// The zone of organisations that name none.
    pub default_time_zone: Tz,
    /// Whether organisations may sign up by themselves.
    pub sign_up_open: bool,
    /// How many days the recycle bin keeps a key.
    pub recycle_days: u16,
    /// Limits of the doors that need no sign-in.
    pub public_limits: PublicLimits,
    /// Other origins whose pages may call us, such as `https://console.example.com`.
    pub cors_origins: Vec<String>,
    /// Who may tell that something was paid.
    pub payment_providers: PaymentProviders,
    /// How documents are made.
    pub documents: DocumentSettings,
    /// The binary's version.
    pub server_version: &'static str,
}

impl ManageSettings {
    /// Defaults for everything but the address: sessions live 30 days, zone UTC+8, sign-up open, 30 days in the
    /// recycle bin, no foreign origins.
    pub fn new(public_url: Url, server_version: &'static str) -> Self {
        Self {
            public_url,
            trusted_proxies: TrustedProxies::default(),
            refresh_ttl: Duration::from_hours(30 * 24),
            default_time_zone: chrono_tz::Asia::Shanghai,
            sign_up_open: true,
            recycle_days: 30,
            public_limits: PublicLimits::default(),
            cors_origins: Vec::new(),
            payment_providers: PaymentProviders::default(),
            documents: DocumentSettings::default(),
            server_version,
        }
    }
}

/// The parts that the binary builds and shares with others.
#[derive(Clone, Debug)]
pub struct ManageParts {
    /// The database, with its clock and core runtime.
    pub db: Db,
    /// Seals upstream credentials.
    pub secrets: Secrets,
    /// Hashes API keys.
    pub hasher: KeyHasher,
    /// Signs access tokens.
    pub signer: TokenSigner,
    /// Says where accounts may point.
    pub guard: NetGuard,
    /// How upstream hosts are verified.
    pub tls: UpstreamTls,
    /// Bounds of the client that tests accounts.
    pub client: ClientSettings,
    /// Knows how accounts are doing.
    pub scheduler: Scheduler,
    /// Windows and requests at a time, to tell how much of them is used.
    pub limiter: Limiter,
    /// Renews their tokens, and knows where vendors grant and renew.
    pub renewer: Renewer,
    /// What past requests cost by other prices.
    pub prices: PastPrices,
    /// Prices and plans as this node holds them.
    pub held_prices: HeldPrices,
    /// What an operator may set.
    pub settings: ManageSettings,
}

/// What the handlers stand on. Cheap to clone; clones share the doors' counts.
#[derive(Clone, Debug)]
pub struct ManageState(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    parts: ManageParts,
    gate: Gate,
    security: SecurityPolicy,
    sign_in: Throttle,
    refreshes: Throttle,
    failures: Throttle,
    sign_up: Throttle,
    trials: Throttle,
    voucher_users: Throttle,
    voucher_addresses: Throttle,
    refused_calls: Throttle,
    payments: Throttle,
    sendings: Throttle,
    passwords: Semaphore,
    exports: Desk,
    heavy: HeavyReads,
    ledger_keys: KeyList,
    signing: Signer,
}

impl ManageState {
    /// Puts the parts together.
    pub fn new(parts: ManageParts) -> Self {
        let settings = &parts.settings;
        let clock = parts.db.clock().clone();
        let limits = settings.public_limits;
        let https = settings.public_url.scheme() == "https";
        Self(Arc::new(Inner {
            gate: Gate::new(
                parts.db.clone(),
                parts.signer.clone(),
                settings.trusted_proxies.clone(),
            ),
            security: SecurityPolicy::new(
                https,
                tollgate_http::security::API_CSP,
                settings.cors_origins.clone(),
            ),
            sign_in: Throttle::new(clock.clone(), limits.sign_in),
            refreshes: Throttle::new(clock.clone(), limits.refresh),
            failures: Throttle::new(clock.clone(), limits.failures),
            sign_up: Throttle::new(clock.clone(), limits.sign_up),
            trials: Throttle::new(clock.clone(), TRIALS),
            voucher_users: Throttle::new(clock.clone(), VOUCHERS_BY_USER),
            voucher_addresses: Throttle::new(clock.clone(), VOUCHERS_BY_ADDRESS),
            refused_calls: Throttle::new(clock.clone(), REFUSED_CALLS),
            payments: Throttle::new(clock.clone(), PAYMENTS),
            sendings: Throttle::new(clock, SENDINGS),
            passwords: Semaphore::new(PASSWORDS_AT_ONCE),
            exports: Desk::default(),
            heavy: HeavyReads::default(),
            ledger_keys: KeyList::default(),
            signing: Signer::new(parts.db.clone(), parts.secrets.clone()),
            parts,
        }))
    }

    pub(crate) fn db(&self) -> &Db {
        &self.0.parts.db
    }

    pub(crate) fn clock(&self) -> &Clock {
        self.0.parts.db.clock()
    }

    pub(crate) fn parts(&self) -> &ManageParts {
        &self.0.parts
    }

    pub(crate) fn settings(&self) -> &ManageSettings {
        &self.0.parts.settings
    }

    pub(crate) fn scheduler(&self) -> &Scheduler {
        &self.0.parts.scheduler
    }

    pub(crate) fn renewer(&self) -> &Renewer {
        &self.0.parts.renewer
    }

    pub(crate) fn endpoints(&self) -> &Endpoints {
        self.0.parts.renewer.endpoints()
    }

    /// Signs what must be believed outside the database.
    pub(crate) fn signing(&self) -> &Signer {
        &self.0.signing
    }

    pub(crate) fn gate(&self) -> &Gate {
        &self.0.gate
    }

    pub(crate) fn security(&self) -> &SecurityPolicy {
        &self.0.security
    }

    pub(crate) fn sign_in_door(&self) -> &Throttle {
        &self.0.sign_in
    }

    pub(crate) fn refresh_door(&self) -> &Throttle {
        &self.0.refreshes
    }

    pub(crate) fn failure_door(&self) -> &Throttle {
        &self.0.failures
    }

    pub(crate) fn sign_up_door(&self) -> &Throttle {
        &self.0.sign_up
    }

    pub(crate) fn trial_door(&self) -> &Throttle {
        &self.0.trials
    }

    pub(crate) fn voucher_user_door(&self) -> &Throttle {
        &self.0.voucher_users
    }

    pub(crate) fn voucher_address_door(&self) -> &Throttle {
        &self.0.voucher_addresses
    }

    pub(crate) fn refused_call_door(&self) -> &Throttle {
        &self.0.refused_calls
    }

    pub(crate) fn payment_door(&self) -> &Throttle {
        &self.0.payments
    }

    pub(crate) fn sending_door(&self) -> &Throttle {
        &self.0.sendings
    }

    pub(crate) fn export_desk(&self) -> &Desk {
        &self.0.exports
    }

    pub(crate) fn ledger_keys(&self) -> &KeyList {
        &self.0.ledger_keys
    }

    pub(crate) fn heavy_reads(&self) -> &HeavyReads {
        &self.0.heavy
    }

    /// A turn at the password hasher.
    pub(crate) async fn password_turn(&self) -> Result<SemaphorePermit<'_>, Fault> {
        match tokio::time::timeout(PASSWORD_PATIENCE, self.0.passwords.acquire()).await {
            Ok(Ok(turn)) => Ok(turn),
            _ => Err(Fault::new(Code::Unavailable)
                .detail("Too many people are signing in; try again in a moment.")),
        }
    }
}
