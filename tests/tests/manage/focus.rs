//! The dataset of FOCUS beside months and documents: who bills, which invoice, and what an earlier month's correction is.

use super::billed::{ended, house, issuer, number, of as whose, profile, some_requests, turn_back};
use serde_json::json;
use std::collections::BTreeMap;
use tollgate_tests::harness::smtp::SmtpSink;
use tollgate_tests::harness::{House, Tenant};

/// The rows by column. Nothing in them has a comma, a quotation mark or a line break but the columns in quotation marks.
fn rows(tenant: &Tenant) -> Vec<BTreeMap<String, String>> {
    let path = "/exports/files/focus.csv?from=2026-01-01T00:00:00Z&to=2190-01-01T00:00:00Z";
    let text = tenant.api.get(path).expect(200).text();
    let mut lines = text.lines().map(cells);
    let head = lines.next().expect("a head");
    lines
        .map(|line| head.iter().cloned().zip(line).collect())
        .collect()
}

fn cells(line: &str) -> Vec<String> {
    let (mut cells, mut quoted) = (vec![String::new()], false);
    for letter in line.chars() {
        match letter {
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(String::new()),
            other => cells.last_mut().expect("a cell").push(other),
        }
    }
    cells
}

fn of<'a>(rows: &'a [BTreeMap<String, String>], column: &str) -> Vec<&'a str> {
    let mut values: Vec<&str> = rows.iter().map(|row| row[column].as_str()).collect();
    values.sort_unstable();
    values.dedup();
    values
}

/// A correction of the first request, booked now, as settlement would.
fn correct(house: &House, tenant: &Tenant) {
    let text = "BEGIN; SET LOCAL session_replication_role = replica;
        INSERT INTO ledger_batches SELECT tenant_id, batch_no + 1000, encoding, 0, 7, node_id, epoch, prev_hash, hash, now()
        FROM ledger_batches WHERE tenant_id = 'TENANT' ORDER BY batch_no LIMIT 1;
        INSERT INTO ledger_transfers (tenant_id, transfer_id, kind, from_code, to_code, amount_nano, batch_no, reason, author,
                                      idempotency_key, booked_at)
        SELECT tenant_id, gen_random_uuid(), 'correction', 'wallet', 'revenue', 7, batch_no, 'r', 'a', 'k', now()
        FROM ledger_batches WHERE tenant_id = 'TENANT' AND batch_no > 1000;
        UPDATE ledger_heads SET last_no = (SELECT max(batch_no) FROM ledger_batches WHERE tenant_id = 'TENANT')
        WHERE tenant_id = 'TENANT';
        INSERT INTO usage_corrections (tenant_id, request_id, batch_no, reason, input_tokens, output_tokens,
            cache_write_5m_tokens, cache_write_1h_tokens, cache_read_tokens, charge_nano, booked_at)
        SELECT e.tenant_id, e.request_id, b.batch_no, 'exact after estimate', 0, 0, 0, 0, 0, 7, now()
        FROM usage_events e JOIN ledger_batches b ON b.tenant_id = e.tenant_id AND b.batch_no > 1000
        WHERE e.tenant_id = 'TENANT' ORDER BY e.request_id LIMIT 1;
        COMMIT";
    let text = text.replace("TENANT", &tenant.id.to_string());
    house.sql().batch_execute(&text).expect("corrected");
}

#[test]
fn rows_of_an_invoiced_month_name_the_invoice_and_who_issued_it() {
    let sink = SmtpSink::start();
    let house = house(&sink);
    let scene = house.scene();
    let tenant = &scene.tenant;
    some_requests(&house, &scene.upstream, &scene.key.secret, 3);
    house.settle();
    let before = rows(tenant);
    assert_eq!(
        of(&before, "InvoiceIssuerName"),
        ["Tollgate"],
        "nobody has said who it is"
    );
    assert_eq!(of(&before, "InvoiceId"), [""]);
    let terms = json!({"tax_rate": "0", "reverse_charge": false, "post_paid": false, "payment_days": 14});
    let platform = issuer(&house);
    platform
        .api
        .put(&whose(tenant, "/billing/terms"), &terms)
        .expect(200);
    turn_back(&house, tenant, "Asia/Kolkata");
    let month = ended(tenant);
    let close = format!("/billing/periods/{month}/close");
    let statement = tenant.api.post(&close, &json!({})).expect(200).json();
    let profile = json!({"currency": "USD", "legal_name": profile()["legal_name"], "address": "Road 1"});
    tenant.api.put("/billing/profile", &profile).expect(200);
    let invoice = tenant
        .api
        .post(&format!("/billing/statements/{month}/invoice"), &json!({}))
        .expect(200)
        .json();
    correct(&house, tenant);
    let rows = rows(tenant);
    assert_eq!(of(&rows, "InvoiceIssuerName"), ["Gateway Operator Ltd"]);
    assert_eq!(of(&rows, "ServiceProviderName"), ["Gateway"]);
    let (corrected, metered): (Vec<_>, Vec<_>) = rows
        .into_iter()
        .partition(|row| row["ChargeCategory"] == "Adjustment");
    let issued = invoice["summary"]["number"].as_str().expect("a number");
    assert_eq!(of(&metered, "InvoiceId"), [issued]);
    assert_eq!(
        of(&metered, "BillingPeriodStart"),
        [statement["starts_at"].as_str().expect("an instant")]
    );
    assert_eq!(
        of(&metered, "BillingPeriodEnd"),
        [statement["ends_at"].as_str().expect("an instant")]
    );
    assert_eq!(of(&metered, "ChargeClass"), [""]);
    // What is put right later stands in the month that runs, and on no invoice yet.
    assert_eq!(
        (of(&corrected, "ChargeClass"), of(&corrected, "InvoiceId")),
        (vec!["Correction"], vec![""])
    );
    assert_eq!(
        of(&corrected, "BillingPeriodStart"),
        [statement["ends_at"].as_str().expect("an instant")]
    );
    let whose = format!(
        "SELECT sum(charge_nano)::bigint + 7 FROM usage_events WHERE tenant_id = '{}'",
        tenant.id
    );
    let billed = metered
        .iter()
        .chain(&corrected)
        .map(|row| row["BilledCost"].replace('.', ""));
    let billed: i64 = billed
        .map(|digits| digits.parse::<i64>().expect("nine digits behind the point"))
        .sum();
    assert_eq!(billed, number(&house, &whose));
}
