//! What months without an invoice left over, invoices that go out by themselves, and money that is not given back twice.

use super::billed::{CENT, ended, house, issuer, nano, number, of, some_requests, turn_back};
use super::told::{faults, pairs, refused};
use serde_json::json;
use std::time::Duration;
use tollgate_tests::harness::house::Wanted;
use tollgate_tests::harness::smtp::SmtpSink;
use tollgate_tests::harness::{House, Tenant, wait_for, wait_until};

/// How long a job and its letter may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// Changes rows as nobody may.
fn by_hand(house: &House, sql: &str) {
    let sql = format!("BEGIN; SET LOCAL session_replication_role = replica; {sql}; COMMIT");
    house.sql().batch_execute(&sql).expect("changed");
}

/// The month before this one came to less than nothing: more was put right than used.
fn below_zero(house: &House, tenant: &Tenant, month: &str, nano: i64) {
    by_hand(
        house,
        &format!(
            "INSERT INTO billing_periods
             SELECT tenant_id, month - interval '1 month', starts_at - interval '1 month', starts_at, time_zone, closed_at,
                    closed_by, NULL, NULL, 0, {nano}, 0, statement, hash
             FROM billing_periods WHERE tenant_id = '{}' AND month = '{month}-01'",
            tenant.id
        ),
    );
}

#[test]
fn an_invoice_goes_out_by_itself_whoever_closed_the_month_and_takes_in_what_was_left_over() {
    let sink = SmtpSink::start();
    let house = house(&sink);
    let scene = house.scene();
    let mut tenant = scene.tenant;
    some_requests(&house, &scene.upstream, &scene.key.secret, 4);
    turn_back(&house, &tenant, "Asia/Shanghai");
    let month = ended(&tenant);
    let platform = issuer(&house);
    let profile = json!({"legal_name": "Customer Ltd", "address": "Road 1", "contact_email": "ada@customer.example",
        "send_by_itself": true});
    tenant.api.put("/billing/profile", &profile).expect(200);
    let terms = json!({"tax_rate": "19", "reverse_charge": false, "post_paid": false, "payment_days": 14});
    platform
        .api
        .put(&of(&tenant, "/billing/terms"), &terms)
        .expect(200);
    // By a person, so that the job finds it closed, as it does after a node that stopped in between.
    let close = format!("/billing/periods/{month}/close");
    let charged = nano(&tenant.api.post(&close, &json!({})).expect(200).json()["usage_nano"]);
    let left = -(CENT + 1);
    below_zero(&house, &tenant, &month, left);
    let before = nano(&tenant.api.get("/billing/balance").expect(200).json()["balance_nano"]);
    assert!(house.gateway.stop(), "an orderly stop");
    house.gateway.boot();
    tenant.api = tenant.api.moved(house.gateway.address());
    let invoice = wait_for("the invoice", PATIENCE, || {
        let listed = tenant.api.get("/billing/documents").expect(200).json();
        let id = listed["items"][0]["id"].as_str()?.to_owned();
        Some(
            tenant
                .api
                .get(&format!("/billing/documents/{id}"))
                .expect(200)
                .json(),
        )
    });
    wait_until("the letter comes", PATIENCE, || !sink.letters().is_empty());
    let (document, summary) = (&invoice["document"], &invoice["summary"]);
    let lines = document["lines"].as_array().expect("lines");
    let sum: i64 = lines.iter().map(|line| nano(&line["amount_nano"])).sum();
    assert_eq!(
        (sum, nano(&document["sum_nano"])),
        (charged + left, charged + left)
    );
    let carried = lines.last().expect("a line");
    assert_eq!(nano(&carried["amount_nano"]), left);
    let earlier = carried["carried_from"].as_str().expect("a month").to_owned();
    assert_eq!(carried["model"], format!("Corrections of {earlier}"));
    let (net, tax) = (
        summary["net_cents"].as_i64().unwrap(),
        summary["tax_cents"].as_i64().unwrap(),
    );
    assert_eq!(net * CENT - nano(&document["rounding_nano"]), charged + left);
    assert_eq!(
        tax,
        (net * 19 + 50) / 100,
        "the tax of what was put right is given back with it"
    );
    let after = nano(&tenant.api.get("/billing/balance").expect(200).json()["balance_nano"]);
    assert_eq!(before - after, net * CENT - (charged + left) + tax * CENT);
    // It stands in no other invoice.
    let again = tenant
        .api
        .post(&format!("/billing/statements/{earlier}/invoice"), &json!({}));
    let problem = refused(&again, 409, "document_refused");
    let number = summary["number"].as_str().unwrap();
    assert!(problem["detail"].as_str().unwrap().contains(number), "{problem}");
    not_given_back_twice(&house, &tenant, &month);
}

/// A request of which a later correction took all but a cent's part: no more than that is given back.
fn not_given_back_twice(house: &House, tenant: &Tenant, month: &str) {
    let page = tenant
        .api
        .get(&format!("/billing/statements/{month}/requests"))
        .expect(200)
        .json();
    let request = &page["items"][0];
    let (id, amount) = (request["id"].as_str().unwrap(), nano(&request["amount_nano"]));
    by_hand(
        house,
        &format!(
            "INSERT INTO usage_corrections (tenant_id, request_id, batch_no, reason, input_tokens, output_tokens,
                 cache_write_5m_tokens, cache_write_1h_tokens, cache_read_tokens, charge_nano, booked_at)
             VALUES ('{}', '{id}', 1000000, 'priced anew', 0, 0, 0, 0, 0, {}, now())",
            tenant.id,
            7 - amount
        ),
    );
    let form = json!({"month": month, "model": "", "cost_centre": "", "request_id": id, "reason": "wrong"});
    let opened = tenant.api.post("/billing/disputes", &form).expect(201).json();
    assert_eq!(nano(&opened["amount_nano"]), amount);
    let platform = issuer(house);
    let path = format!("/billing/disputes/{}/decision", opened["id"].as_str().unwrap());
    let all = json!({"accept": true, "answer": "yes", "amount_nano": amount.to_string()});
    let named = faults(
        &platform.api.post(&of(tenant, &path), &all),
        422,
        "validation_failed",
    );
    assert_eq!(named, pairs(&[("amount_nano", "out_of_range")]));
    let accepted = json!({"accept": true, "answer": "yes"});
    let decided = platform
        .api
        .post(&of(tenant, &path), &accepted)
        .expect(200)
        .json();
    assert_eq!(decided["decided_by"], "operator", "nobody's address is told");
    let note = decided["credit_note_id"].as_str().expect("a credit note");
    let note = tenant
        .api
        .get(&format!("/billing/documents/{note}"))
        .expect(200)
        .json();
    assert_eq!(nano(&note["document"]["sum_nano"]), 7);
    let from = "SELECT count(*) FROM audit_log WHERE action = 'dispute.decided' AND address = '' AND actor_kind = 'operator'";
    assert_eq!(number(house, from), 1);
}

#[test]
fn books_that_can_t_be_stated_leave_no_other_month_open_and_deleted_organisations_are_closed() {
    let house = House::with(Wanted {
        env: vec![("TOLLGATE_BILLING_CLOSE_AFTER", "0h".to_owned())],
        ..Wanted::default()
    });
    let (broken, gone) = (house.tenant(), house.tenant());
    for tenant in [&broken, &gone] {
        turn_back(&house, tenant, "Asia/Shanghai");
    }
    by_hand(
        &house,
        &format!(
            "ALTER TABLE ledger_transfers DROP CONSTRAINT ledger_transfers_kind_check;
             UPDATE ledger_transfers SET kind = 'nonsense' WHERE tenant_id = '{}';
             UPDATE tenants SET created_at = created_at - interval '1 hour' WHERE tenant_id = '{}';
             UPDATE tenants SET status = 'deleted' WHERE tenant_id = '{}'",
            broken.id, broken.id, gone.id
        ),
    );
    house
        .dead_letters_expected
        .store(true, std::sync::atomic::Ordering::Relaxed);
    assert!(house.gateway.stop(), "an orderly stop");
    house.gateway.boot();
    let closed = |tenant: &Tenant| {
        number(
            &house,
            &format!(
                "SELECT count(*) FROM billing_periods WHERE tenant_id = '{}'",
                tenant.id
            ),
        )
    };
    wait_until("the month is closed", PATIENCE, || closed(&gone) > 0);
    assert_eq!(closed(&broken), 0);
}
