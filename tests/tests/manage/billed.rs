//! What tests of months and documents share: a house with a mail server, time turned back, requests that cost something.

use super::grants::platform;
use super::told::refused;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;
use tollgate_tests::harness::house::Wanted;
use tollgate_tests::harness::smtp::SmtpSink;
use tollgate_tests::harness::tenant::id_of;
use tollgate_tests::harness::{Answer, Ask, House, Tenant, Upstream, Usage};

/// Nano-dollars in a cent.
pub const CENT: i64 = 10_000_000;

/// A house with a mail server, in which time is turned back: then the chains' hashes don't fit, so that the books are not
/// verified at its end; the ledger's own tests do that with a clock that they move.
pub fn house(sink: &SmtpSink) -> House {
    // Nothing is closed by itself meanwhile.
    house_that_closes(sink, "1440h")
}

/// The same, whose months are closed by themselves so long after their end.
pub fn house_that_closes(sink: &SmtpSink, after: &str) -> House {
    let house = House::with(Wanted {
        env: vec![
            ("TOLLGATE_MAIL_HOST", "127.0.0.1".to_owned()),
            ("TOLLGATE_MAIL_PORT", sink.port().to_string()),
            ("TOLLGATE_MAIL_TLS", "none".to_owned()),
            (
                "TOLLGATE_MAIL_FROM",
                "Billing <billing@gateway.example>".to_owned(),
            ),
            ("TOLLGATE_BILLING_CLOSE_AFTER", after.to_owned()),
        ],
        ..Wanted::default()
    });
    house.dead_letters_expected.store(true, Ordering::Relaxed);
    house
}

/// Puts all that is booked of a tenant into the middle of the month before this one. Whole quarters of an hour, so that the
/// rollups' rows stay apart.
pub fn turn_back(house: &House, tenant: &Tenant, zone: &str) {
    house.settle();
    let mut sql = house.sql();
    // The zone's month may be another one than that of UTC.
    let month =
        "(date_trunc('month', now() AT TIME ZONE 'PLACE') AT TIME ZONE 'PLACE')".replace("PLACE", zone);
    let shift = format!("(date_trunc('hour', now()) - ({month} - interval '15 days'))");
    let id = "(lpad(to_hex(('x' || substr(replace(request_id::text, '-', ''), 1, 12))::bit(48)::bigint
                   - (extract(epoch FROM SHIFT) * 1000)::bigint), 12, '0')
              || substr(replace(request_id::text, '-', ''), 13))::uuid";
    let text = format!(
        "BEGIN; SET LOCAL session_replication_role = replica;
         UPDATE tenants SET created_at = created_at - SHIFT, time_zone = '{zone}' WHERE tenant_id = 'TENANT';
         UPDATE ledger_transfers SET booked_at = booked_at - SHIFT WHERE tenant_id = 'TENANT';
         UPDATE ledger_batches SET booked_at = booked_at - SHIFT WHERE tenant_id = 'TENANT';
         UPDATE usage_events SET booked_at = booked_at - SHIFT, started_at = started_at - SHIFT, request_id = {id},
                local_date = ((started_at - SHIFT) AT TIME ZONE '{zone}')::date
         WHERE tenant_id = 'TENANT';
         UPDATE usage_15m SET bucket = bucket - SHIFT WHERE tenant_id = 'TENANT';
         UPDATE usage_slices SET bucket = bucket - SHIFT WHERE tenant_id = 'TENANT';
         UPDATE ledger_heads SET last_booked_at = last_booked_at - SHIFT WHERE tenant_id = 'TENANT';
         COMMIT"
    );
    sql.batch_execute(
        &text
            .replace("SHIFT", &shift)
            .replace("TENANT", &tenant.id.to_string()),
    )
    .expect("turned back");
}

/// The month that has ended, as the API names it.
pub fn ended(tenant: &Tenant) -> String {
    let periods = tenant.api.get("/billing/periods").expect(200).json();
    let items = periods["items"].as_array().expect("items");
    assert_eq!(items[0]["status"], "running", "{periods}");
    assert_eq!(items[1]["status"], "ended", "{periods}");
    items[1]["month"].as_str().expect("a month").to_owned()
}

pub fn nano(value: &Value) -> i64 {
    value
        .as_str()
        .and_then(|text| text.parse().ok())
        .unwrap_or_else(|| panic!("no amount: {value}"))
}

pub fn number(house: &House, query: &str) -> i64 {
    house.sql().query_one(query, &[]).expect("a row").get(0)
}

/// Requests of some two cents each.
pub fn some_requests(house: &House, upstream: &Upstream, secret: &str, count: usize) {
    for _ in 0..count {
        let usage = Usage {
            input: 3_001,
            output: 901,
            ..Usage::default()
        };
        upstream.next(Answer::costing(usage).into());
        let prompt = json!([{"role": "user", "content": "a word ".repeat(3_000)}]);
        Ask::new(secret)
            .with("messages", prompt)
            .send(house.gateway.address())
            .expect(200);
    }
}

/// The platform says who it is.
pub fn issuer(house: &House) -> Tenant {
    let platform = platform(house, "finance");
    let profile =
        json!({"legal_name": "Gateway Operator Ltd", "address": "1 Main Street\nDublin", "tax_id": "IE1"});
    platform.api.put("/billing/profile", &profile).expect(200);
    let look = json!({"brand_name": "Gateway", "brand_colour": "#0f766e", "bank_details": "IBAN IE29 AIBK 9311 5212 3456 78"});
    platform.api.put("/billing/issuer", &look).expect(200);
    platform
}

pub fn profile() -> Value {
    json!({"legal_name": "客户有限公司", "address": "Road 1\nShanghai", "tax_id": "9131", "contact_name": "Ada",
        "contact_email": "ada@customer.example", "currency": "EUR", "language": "en"})
}

pub fn of(tenant: &Tenant, path: &str) -> String {
    format!("{path}?tenant_id={}", tenant.id)
}

/// All of an invoice is disputed and given back: a part first, then the rest.
pub fn dispute_all(tenant: &Tenant, platform: &Tenant, month: &str, invoice: &Value) {
    let api = &tenant.api;
    let line = &invoice["document"]["lines"][0];
    let dispute = json!({"month": month, "model": line["model"], "cost_centre": line["cost_centre"], "reason": "We never asked."});
    let open = || api.post("/billing/disputes", &dispute);
    let opened = open().expect(201).json();
    refused(&open(), 409, "document_refused");
    let decide = |opened: &Value| {
        of(
            tenant,
            &format!("/billing/disputes/{}/decision", opened["id"].as_str().unwrap()),
        )
    };
    let total = nano(&line["amount_nano"]);
    let part = json!({"accept": true, "answer": "In part.", "amount_nano": (total / 2).to_string()});
    refused(&api.post(&decide(&opened), &part), 403, "forbidden");
    let first = platform.api.post(&decide(&opened), &part).expect(200).json();
    refused(
        &platform.api.post(&decide(&opened), &part),
        409,
        "document_refused",
    );
    let rest = open().expect(201).json();
    assert_eq!(nano(&rest["amount_nano"]), total - total / 2);
    let all = json!({"accept": true, "answer": "You are right."});
    let second = platform.api.post(&decide(&rest), &all).expect(200).json();
    refused(&open(), 409, "document_refused");
    let mut cents = 0;
    for decided in [first, second] {
        let note = id_of(&decided["credit_note_id"]);
        let note = api.get(&format!("/billing/documents/{note}")).expect(200).json();
        assert_eq!(note["document"]["invoice_number"], invoice["summary"]["number"]);
        cents += note["summary"]["total_cents"].as_i64().unwrap();
    }
    assert_eq!(cents, invoice["summary"]["total_cents"].as_i64().unwrap());
}
