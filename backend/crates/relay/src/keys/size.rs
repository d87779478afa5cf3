//! How much memory a key in the cache takes. Run it alone: `cargo test -p tollgate-relay --release -- --ignored --nocapture
//! a_cached_key`.

use super::entry::{Secret, Standing};
use super::rules::SharedRules;
use super::{IDLE, KEYS_MAX, KeyEntry};
use moka::sync::Cache;
use serde_json::{Value, json};
use std::sync::Arc;
use tollgate_contract::ids::{AccountId, KeyId, TenantId, UserId};
use tollgate_contract::platform::Service;
use tollgate_limits::{LimitSet, Subject};
use tollgate_scheduler::{Binding, BoundTo};
use tollgate_store::{Clock, KeyOwner};
use uuid::Uuid;

const KEYS: u128 = 100_000;
const BYTES_MAX: u64 = 2_048;

/// Resident memory, from the kernel's page counts.
fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    text.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4_096
}

fn policy() -> Value {
    json!({
        "services": ["claude", "openai"],
        "models_allowed": ["claude-*", "gpt-5*"], "models_denied": ["*opus*"],
        "clients": [{"client": "claude_code"}, {"client": "codex"}],
        "addresses": ["10.0.0.0/8", "192.0.2.0/24", "2001:db8::/32"],
        "concurrency": {"limit": 10, "queue": 20, "wait_s": 30},
        "windows": [
            {"span": "minute", "requests": 60, "tokens": 1_000_000},
            {"span": "day", "requests": 5_000, "cost_nano": "20000000000"},
            {"span": "week", "models": "*sonnet*", "cost_nano": "90000000000"},
        ],
    })
}

/// One key in ten says something of its own; each has a user, an organisation with limits, and a binding.
fn entry(shared: &SharedRules, clock: &Clock, number: u128) -> KeyEntry {
    let own = match number % 10 {
        0 => {
            json!({"windows": [{"span": "hour", "requests": 100 + number}], "addresses": [format!("10.0.{}.0/24", number % 250)]})
        }
        _ => json!({}),
    };
    let (tenant_id, key_id) = (
        TenantId(Uuid::from_u128(number % 100)),
        KeyId(Uuid::from_u128(number)),
    );
    let user = UserId(Uuid::from_u128(number % 5_000));
    let rules = shared.rules(&own, Some(&policy()), None).unwrap();
    let limits =
        json!({"windows": [{"span": "month", "cost_nano": "500000000000"}], "concurrency": {"limit": 50}});
    let parts = [
        Some(rules.part(Subject::Key(key_id))),
        Some(shared.part(Subject::User(user), &limits).unwrap()),
        Some(shared.part(Subject::Tenant, &limits).unwrap()),
    ];
    let mut hash = [7; 32];
    hash[..16].copy_from_slice(&number.to_be_bytes());
    KeyEntry {
        tenant_id,
        key_id,
        name: format!("Someone's key for their work {number}"),
        user_id: Some(user),
        cost_centre: format!("centre-{}", number % 50),
        tags: Vec::new(),
        rules,
        limits: LimitSet::new(tenant_id, parts),
        bindings: vec![Binding {
            service: Service::Claude,
            to: BoundTo::Account(AccountId(Uuid::from_u128(number))),
        }],
        expires_at: Some(clock.now()),
        created_at: clock.now(),
        zone: chrono_tz::UTC,
        capture: None,
        is_unborn: false,
        secrets: vec![Secret {
            hash,
            valid_until: None,
        }],
        standing: Standing::Good,
        version: 1,
        loaded: clock.monotonic(),
    }
}

#[test]
#[ignore = "measures this process's memory: run it alone"]
fn a_cached_key_takes_two_kilobytes_at_most() {
    let (shared, clock) = (SharedRules::new(), Clock::system());
    let owners: Cache<[u8; 32], KeyOwner> =
        Cache::builder().max_capacity(KEYS_MAX).time_to_idle(IDLE).build();
    let entries: Cache<KeyId, Arc<KeyEntry>> =
        Cache::builder().max_capacity(KEYS_MAX).time_to_idle(IDLE).build();
    let before = resident();
    for number in 0..KEYS {
        let entry = entry(&shared, &clock, number);
        let owner = KeyOwner {
            tenant_id: entry.tenant_id,
            key_id: entry.key_id,
        };
        owners.insert(entry.secrets[0].hash, owner);
        entries.insert(entry.key_id, Arc::new(entry));
    }
    owners.run_pending_tasks();
    entries.run_pending_tasks();
    assert_eq!(u128::from(entries.entry_count()), KEYS);
    let each = (resident() - before) / u64::try_from(KEYS).unwrap();
    println!("{KEYS} keys: {each} bytes each, both look-ups and what they share included");
    assert!(each <= BYTES_MAX, "{each} bytes");
}
