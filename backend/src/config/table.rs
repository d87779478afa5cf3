//! Every setting once: name, kind, default, meaning and reason. The example file, docs/settings.md and all messages are
//! made from this table.

mod books;
mod documents;
mod pool;

use super::kind::Kind;

/// One setting.
#[derive(Debug)]
pub struct Setting {
    /// Name in the file, dotted.
    pub key: &'static str,
    /// What its value may be.
    pub kind: Kind,
    /// Default, written as in an environment variable; `None`: unset.
    pub default: Option<&'static str>,
    /// What it does.
    pub meaning: &'static str,
    /// Why one would change it, or why it is as it is.
    pub reason: &'static str,
}

const fn setting(
    key: &'static str,
    kind: Kind,
    default: Option<&'static str>,
    meaning: &'static str,
    reason: &'static str,
) -> Setting {
    Setting {
        key,
        kind,
        default,
        meaning,
        reason,
    }
}

/// A name's environment variable: `database.url` is `TOLLGATE_DATABASE_URL`.
pub fn env_name(key: &str) -> String {
    format!("TOLLGATE_{}", key.replace('.', "_").to_uppercase())
}

/// The setting of this name.
pub fn find(key: &str) -> Option<&'static Setting> {
    settings().find(|setting| setting.key == key)
}

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;
const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// All settings, in the order in which they are shown.
pub fn settings() -> impl Iterator<Item = &'static Setting> {
    let (documents, books) = (documents::SETTINGS.iter(), books::SETTINGS.iter());
    SETTINGS
        .iter()
        .chain(books)
        .chain(pool::SETTINGS)
        .chain(documents)
}

/// Those of everything but the books and the pool of upstream accounts.
static SETTINGS: &[Setting] = &[
    setting(
        "listen",
        Kind::Address,
        Some("127.0.0.1:8080"),
        "Address and port of the server; port 0 takes any free one.",
        "Only this machine by default: TLS and the outer world belong to a reverse proxy. In a container: 0.0.0.0:8080.",
    ),
    setting(
        "public_url",
        Kind::WebUrl,
        None,
        "The URL under which clients reach the gateway.",
        "Set it behind a reverse proxy: an https URL adds the header that keeps browsers on https.",
    ),
    setting(
        "trusted_proxies",
        Kind::Networks,
        Some(""),
        "Networks of reverse proxies whose X-Forwarded-For header is believed.",
        "Nobody's by default: else any client could choose the address that limits and the audit log see.",
    ),
    setting(
        "data_dir",
        Kind::Folder,
        Some("/var/lib/tollgate"),
        "Folder of the journal; under `tollgate dev` (default there: ~/.local/share/tollgate) also of the database.",
        "Needs a disk that survives a restart: what was relayed and is not yet booked stands there.",
    ),
    setting(
        "workers",
        Kind::Count(0, 512),
        Some("0"),
        "Threads that serve requests; 0: one per processor core.",
        "Fewer where the machine is shared.",
    ),
    setting(
        "time_zone",
        Kind::Zone,
        Some("Asia/Shanghai"),
        "Zone in which the days of an organisation begin that names none when it signs up.",
        "Days, months and budget periods follow the organisation's own zone; UTC+8 is what v1 had.",
    ),
    setting(
        "database.url",
        Kind::SecretUrl(&["postgres://", "postgresql://"]),
        None,
        "PostgreSQL 15 or newer. The user in it owns the schema and is used by `tollgate migrate` alone.",
        "Required by every command that needs the database, except `tollgate dev`, which brings its own.",
    ),
    setting(
        "database.app_password",
        Kind::Secret(1),
        None,
        "Password of the role tollgate_app, under which requests of one tenant run.",
        "`tollgate migrate` sets the roles' passwords to these. All four or none (none: the server asks for none).",
    ),
    setting(
        "database.settle_password",
        Kind::Secret(1),
        None,
        "Password of the role tollgate_settle, which books usage.",
        "See database.app_password.",
    ),
    setting(
        "database.jobs_password",
        Kind::Secret(1),
        None,
        "Password of the role tollgate_jobs, under which background jobs and operator's commands run.",
        "See database.app_password.",
    ),
    setting(
        "database.resolver_password",
        Kind::Secret(1),
        None,
        "Password of the role tollgate_resolver, which finds keys and people before their tenant is known.",
        "See database.app_password.",
    ),
    setting(
        "database.max_connections",
        Kind::Count(2, 1000),
        Some("16"),
        "Upper bound of the largest of the node's pools; all together hold up to one and a half times this, and twelve.",
        "The relay needs few: no database round trip stands before an upstream call.",
    ),
    setting(
        "redis.url",
        Kind::SecretUrl(&["redis://", "unix://"]),
        None,
        "Redis 7 or newer, for rate-limit windows and sticky sessions shared by several nodes.",
        "Unset: windows are kept in this process, which is right for one node.",
    ),
    setting(
        "secrets.master_key",
        Kind::Secret(32),
        None,
        "Wraps each tenant's data key, under which credentials are encrypted (AES-256-GCM).",
        "Required. Keep it outside the database's backups: with both, everything can be read; without it, no credential.",
    ),
    setting(
        "secrets.pepper",
        Kind::Secret(32),
        None,
        "HMAC key of the stored API-key hashes.",
        "Required. A changed pepper makes every API key unknown.",
    ),
    setting(
        "secrets.jwt",
        Kind::Secret(32),
        None,
        "Signs the access tokens of signed-in people.",
        "Required, the same on all nodes. A change signs everybody out within minutes.",
    ),
    setting(
        "net.allow",
        Kind::Networks,
        Some(""),
        "Private networks in which an account's base URL may lie.",
        "None by default: a tenant must not reach the operator's own machines. `tollgate dev` allows loopback.",
    ),
    setting(
        "http.keep_alive",
        Kind::Span(SECOND, HOUR),
        Some("75s"),
        "How long an idle client connection is kept open.",
        "Longer than the usual 60 s of load balancers, so that it is they who close.",
    ),
    setting(
        "http.header_timeout",
        Kind::Span(100, 5 * MINUTE),
        Some("10s"),
        "How long a client may take to send a request's headers.",
        "Slow senders would else hold connections for nothing.",
    ),
    setting(
        "http.connections_max",
        Kind::Count(16, 1_000_000),
        Some("25000"),
        "Open client connections per worker; further ones wait to be accepted.",
        "Bounds memory; streams are cheap, so the bound is high.",
    ),
    setting(
        "http.cors_origins",
        Kind::Origins,
        Some(""),
        "Other origins whose pages may call the management API from a browser, with cookies.",
        "None by default: the web app comes from the gateway itself.",
    ),
    setting(
        "relay.body_max",
        Kind::Size(KIB, GIB),
        Some("60MB"),
        "Largest body of a relayed request; a larger one is answered 413.",
        "Pictures and documents come as base64; 60 MB is what v1 took.",
    ),
    setting(
        "relay.bodies_in_flight_max",
        Kind::Size(MIB, 1024 * GIB),
        Some("1GiB"),
        "Bytes of request bodies held at once by all requests together; above it requests are answered 503.",
        "Keeps a burst of large bodies from taking the machine's memory.",
    ),
    setting(
        "relay.connect_timeout",
        Kind::Span(50, 5 * MINUTE),
        Some("10s"),
        "How long connecting to an upstream may take before the next account is tried.",
        "Name look-up and TLS are in it.",
    ),
    setting(
        "relay.first_byte_timeout",
        Kind::Span(100, 2 * HOUR),
        Some("600s"),
        "How long an upstream may take to begin its answer.",
        "Clients wait 600 s; long answers that are not streamed take minutes.",
    ),
    setting(
        "relay.idle_timeout",
        Kind::Span(100, 2 * HOUR),
        Some("300s"),
        "How long an upstream may pause within an answer, and a client may take nothing of it.",
        "Upstreams send a ping within seconds while they think; a client that stops reading holds an account's seat.",
    ),
    setting(
        "relay.outage_grace",
        Kind::Span(0, HOUR),
        Some("60s"),
        "How long known keys go on while the database can't be reached; 0s: not at all.",
        "A revoked key may go on for so long then, since nobody can be told that it was revoked.",
    ),
    setting(
        "budgets.wait_max",
        Kind::Span(0, MINUTE),
        Some("5s"),
        "How long a request waits whose money is held by running requests, until it is refused; 0s: not at all.",
        "Most requests end within seconds and cost less than they might have: what they give back is then enough.",
    ),
    setting(
        "journal.power_safe",
        Kind::Switch,
        Some("false"),
        "Forces each group of journal entries to the disk before the answer goes on.",
        "Off: a crashed process loses nothing, a power cut up to the last moments. On: neither does, at a latency cost.",
    ),
    setting(
        "journal.free_space_min",
        Kind::Size(MIB, 1024 * GIB),
        Some("64MiB"),
        "Free space on the journal's disk below which requests are answered 503.",
        "What is under way must still find room to be booked.",
    ),
    setting(
        "sign_in.sign_up",
        Kind::Switch,
        Some("true"),
        "Whether organisations may sign up by themselves.",
        "Off where an operator admits them.",
    ),
    setting(
        "sign_in.access_ttl",
        Kind::Span(30 * SECOND, HOUR),
        Some("10m"),
        "How long an access token holds.",
        "A revoked session ends for good when its access token does.",
    ),
    setting(
        "sign_in.refresh_ttl",
        Kind::Span(10 * MINUTE, 365 * DAY),
        Some("30d"),
        "How long a session lives without being used.",
        "Shorter where people share machines.",
    ),
    setting(
        "keys.recycle_days",
        Kind::Count(1, 365),
        Some("30"),
        "How many days the recycle bin keeps a deleted API key; then it is gone for good.",
        "Until then it can be restored as it was, with its secret. What it used stays in the books for ever.",
    ),
    setting(
        "keys.expired_delete_days",
        Kind::Count(0, 3_650),
        Some("0"),
        "How many days after its expiry an API key is put into the recycle bin; 0: never.",
        "Keeps lists short where keys are made for days. A key that expired can be renewed until then.",
    ),
    setting(
        "prices.unpriced",
        Kind::Choice(&["refuse", "flag"]),
        Some("refuse"),
        "What becomes of a request for a model that the price book does not know: `refuse` it, or relay it at its provider's \
         dearest known price and `flag` it.",
        "Never free: either way the operator is told. Flag where new models must work on their first day.",
    ),
    setting(
        "shutdown.lame_duck",
        Kind::Span(0, 5 * MINUTE),
        Some("5s"),
        "How long the node goes on accepting requests after it began to say that it is not ready.",
        "Load balancers need a probe or two to notice. `tollgate dev` does not wait.",
    ),
    setting(
        "shutdown.streams",
        Kind::Span(0, DAY),
        Some("15m"),
        "How long open answers may go on at shutdown; what is left then is cut and booked as estimated.",
        "Long answers last minutes. The container's grace period must be longer.",
    ),
    setting(
        "log.format",
        Kind::Choice(&["pretty", "json"]),
        Some("json"),
        "How log lines look: for people, or one JSON object a line. `tollgate dev` writes pretty ones.",
        "Collectors want JSON.",
    ),
    setting(
        "log.filter",
        Kind::Filter,
        Some("info,actix_server=warn"),
        "Which lines are written, as comma-separated levels per module.",
        "For example info,tollgate_relay=debug while looking for a fault.",
    ),
    setting(
        "log.dir",
        Kind::Folder,
        None,
        "Folder for log files, a new one each day (UTC); unset: standard output.",
        "Where nothing collects standard output.",
    ),
    setting(
        "log.keep_days",
        Kind::Count(1, 3650),
        Some("14"),
        "How many daily log files are kept in log.dir.",
        "Older ones are deleted when a new day begins.",
    ),
    setting(
        "metrics.allow",
        Kind::Networks,
        Some("127.0.0.0/8,::1/128"),
        "Networks that may read /metrics without a token, judged by the connection's own address.",
        "Only this machine by default: figures tell how much business there is. Add the network of Prometheus.",
    ),
    setting(
        "metrics.token",
        Kind::Secret(16),
        None,
        "A bearer token with which /metrics may be read from anywhere.",
        "For a Prometheus whose address is not fixed.",
    ),
    setting(
        "payments.providers",
        Kind::Providers(32),
        Some(""),
        "Payment providers that may tell by a signed call that an organisation has paid, each with the secret it signs with.",
        "None by default: money comes in by `tollgate tenant credit` and vouchers. A secret is changed without a gap by \
         naming the provider twice for a while.",
    ),
];
