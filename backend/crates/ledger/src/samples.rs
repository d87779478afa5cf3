//! Entries for tests.

use crate::entry::{
    AccountRef, Charge, DoneEntry, Entry, LeaseRef, OpenEntry, PriceLine, Progress, Quality, Status,
};
use serde_json::json;
use std::sync::Arc;
use tollgate_contract::ids::{AccountId, BudgetId, KeyId, NodeId, PriceVersionId, RequestId, TenantId};
use tollgate_money::{Meters, Nano};
use tollgate_store::Clock;
use uuid::Uuid;

/// What a token costs in tests.
pub(crate) const NANO_PER_TOKEN: i64 = 1_000;

pub(crate) fn open_entry(clock: &Clock, tenant_id: TenantId) -> OpenEntry {
    let now = clock.now();
    OpenEntry {
        request_id: RequestId(clock.new_id()),
        tenant_id,
        key_id: KeyId(Uuid::from_u128(7)),
        user_id: None,
        account: None,
        platform: "claude_console".to_owned(),
        provider: "anthropic".to_owned(),
        model: "claude-sonnet-4-5".to_owned(),
        priced_model: Some("claude-sonnet-4-5".to_owned()),
        upstream_model: "claude-sonnet-4-5".to_owned(),
        price_version: PriceVersionId(Uuid::from_u128(9)),
        worst_case: Nano(100_000_000),
        lease: LeaseRef {
            budget_id: BudgetId(Uuid::nil()),
            node_id: NodeId(Uuid::nil()),
            epoch: 1,
        },
        budgets: Vec::new(),
        path: "/api/v1/messages".to_owned(),
        streamed: true,
        client: "test".to_owned(),
        client_request_id: String::new(),
        cost_centre: "research".to_owned(),
        local_date: now.date_naive(),
        started_at: now,
    }
}

pub(crate) fn charge_of(tokens: u64) -> Charge {
    let amount = Nano(i64::try_from(tokens).expect("small") * NANO_PER_TOKEN);
    let line = PriceLine {
        meter: "output".to_owned(),
        quantity: tokens,
        price: "1".to_owned(),
        amount_nano: amount,
        per: String::new(),
        rate: String::new(),
        factor: String::new(),
    };
    Charge {
        total: amount,
        lines: vec![line],
        ..Charge::default()
    }
}

pub(crate) fn done_of(request_id: RequestId, tokens: u64) -> DoneEntry {
    DoneEntry {
        request_id,
        status: Status::Ok,
        http_status: 200,
        quality: Quality::Exact,
        usage: Meters {
            output: tokens,
            ..Meters::default()
        },
        charge: charge_of(tokens),
        cost: Nano(0),
        cost_lines: Vec::new(),
        account: None,
        upstream_model: "claude-sonnet-4-5".to_owned(),
        ttfb_ms: Some(120),
        duration_ms: 900,
        attempts: 1,
        error_code: String::new(),
        explanation: json!({ "picked": "first" }),
        platform_explanation: None,
    }
}

pub(crate) fn progress_of(tokens: u64) -> Progress {
    Progress {
        account: None,
        upstream_model: "claude-sonnet-4-5".to_owned(),
        http_status: 200,
        usage: Meters {
            output: tokens,
            ..Meters::default()
        },
        charge: charge_of(tokens),
        cost: Nano(0),
        cost_lines: Vec::new(),
        ttfb_ms: Some(120),
        elapsed_ms: 500,
        attempts: 1,
    }
}

pub(crate) fn entry_of(open: OpenEntry, done: DoneEntry) -> Arc<Entry> {
    Arc::new(Entry {
        node_id: open.lease.node_id,
        epoch: open.lease.epoch,
        open: Arc::new(open),
        done,
    })
}

pub(crate) fn account(owner: TenantId, name: &str) -> AccountRef {
    AccountRef {
        id: AccountId(Uuid::from_u128(11)),
        owner,
        public_name: name.to_owned(),
        platform: String::new(),
        provider: String::new(),
    }
}
