//! What the gateway booked, read straight from the tables.

use super::upstream::Usage;
use postgres::{Client, Row};
use uuid::Uuid;

/// A row of `usage_events`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The gateway's id of the request.
    pub request_id: Uuid,
    /// The client's own.
    pub client_request_id: String,
    /// By which key.
    pub key_id: Uuid,
    /// Which account answered.
    pub account_id: Option<Uuid>,
    /// As asked for.
    pub model: String,
    /// The client's path.
    pub path: String,
    /// Whether it was a stream.
    pub streamed: bool,
    /// `ok`, `cut` …
    pub status: String,
    /// As the client got it.
    pub http_status: u16,
    /// `exact` or `estimated`.
    pub quality: String,
    /// The figures.
    pub usage: Usage,
    /// What it cost.
    pub charge_nano: i64,
    /// What was reserved.
    pub reserved_nano: i64,
    /// Accounts tried.
    pub attempts: i16,
    /// Why it failed; empty otherwise.
    pub error_code: String,
}

const COLUMNS: &str = "request_id, client_request_id, key_id, account_id, model, path, streamed, status, http_status, \
     quality, input_tokens, output_tokens, cache_write_5m_tokens, cache_write_1h_tokens, cache_read_tokens, charge_nano, \
     reserved_nano, attempts, error_code";

impl Event {
    /// Whether the figures are the upstream's own.
    pub fn is_exact(&self) -> bool {
        self.quality == "exact"
    }

    fn of(row: &Row) -> Self {
        let count = |name: &str| u64::try_from(row.get::<_, i64>(name)).expect("checked by the table");
        Self {
            request_id: row.get("request_id"),
            client_request_id: row.get("client_request_id"),
            key_id: row.get("key_id"),
            account_id: row.get("account_id"),
            model: row.get("model"),
            path: row.get("path"),
            streamed: row.get("streamed"),
            status: row.get("status"),
            http_status: u16::try_from(row.get::<_, i16>("http_status")).expect("a status"),
            quality: row.get("quality"),
            usage: Usage {
                input: count("input_tokens"),
                output: count("output_tokens"),
                cache_write_5m: count("cache_write_5m_tokens"),
                cache_write_1h: count("cache_write_1h_tokens"),
                cache_read: count("cache_read_tokens"),
            },
            charge_nano: row.get("charge_nano"),
            reserved_nano: row.get("reserved_nano"),
            attempts: row.get("attempts"),
            error_code: row.get("error_code"),
        }
    }
}

/// All events of a tenant, oldest first.
pub fn events(database: &mut Client, tenant: Uuid) -> Vec<Event> {
    let query = format!("SELECT {COLUMNS} FROM usage_events WHERE tenant_id = $1 ORDER BY request_id");
    let rows = database
        .query(&query, &[&tenant])
        .expect("the events can be read");
    rows.iter().map(Event::of).collect()
}

/// The balance of a tenant's wallet in nano-USD.
pub fn balance(database: &mut Client, tenant: Uuid) -> i64 {
    let query = "SELECT balance_nano FROM ledger_accounts WHERE tenant_id = $1 AND code = 'wallet'";
    let row = database
        .query_opt(query, &[&tenant])
        .expect("the wallet can be read");
    row.map_or(0, |row| row.get(0))
}

/// What nodes spent of a wallet beyond reservations, in nano-USD.
pub fn overrun(database: &mut Client, tenant: Uuid) -> i64 {
    let query = "SELECT COALESCE(sum(overrun_nano), 0)::bigint FROM budget_leases WHERE tenant_id = $1";
    database
        .query_one(query, &[&tenant])
        .expect("the leases can be read")
        .get(0)
}

/// How many dead letters there are.
pub fn dead_letters(database: &mut Client) -> i64 {
    let query = "SELECT count(*) FROM settle_dead_letters WHERE resolved_at IS NULL";
    database
        .query_one(query, &[])
        .expect("the dead letters can be read")
        .get(0)
}

/// List prices of a model in nano-USD per million tokens: input, output, cache write 5 m, 1 h, cache read.
pub fn prices(database: &mut Client, model: &str) -> [i128; 5] {
    let query = "SELECT (input * 1000000000)::bigint, (output * 1000000000)::bigint, (cache_write_5m * 1000000000)::bigint, \
                 (cache_write_1h * 1000000000)::bigint, (cache_read * 1000000000)::bigint \
                 FROM prices WHERE provider = 'anthropic' AND model = $1";
    let row = database
        .query_one(query, &[&model])
        .expect("the model has prices");
    [0, 1, 2, 3, 4].map(|column| i128::from(row.get::<_, i64>(column)))
}
