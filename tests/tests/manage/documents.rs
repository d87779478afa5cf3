//! From a month's requests to what is sent to finance: closing, statements, invoices, credit notes, payments.

use super::billed::{
    CENT, dispute_all, ended, house, issuer, nano, number, of, profile, some_requests, turn_back,
};
use super::told::{actions, audit, faults, pairs, refused};
use base64::Engine;
use serde_json::{Value, json};
use std::time::Duration;
use tollgate_tests::harness::smtp::SmtpSink;
use tollgate_tests::harness::{House, Tenant, wait_until};

#[test]
fn finance_closes_a_month_and_every_figure_ties_from_the_invoice_to_single_requests() {
    let sink = SmtpSink::start();
    let house = house(&sink);
    let scene = house.scene();
    let tenant = &scene.tenant;
    some_requests(&house, &scene.upstream, &scene.key.secret, 3);
    let refund = ["tenant", "refund", &tenant.slug, "7", "--reason", "asked for"];
    assert!(house.gateway.cli(&refund).status.success());
    turn_back(&house, tenant, "Asia/Kolkata");
    let finance = house.person(tenant, "finance").api;
    let month = ended(tenant);
    let close = format!("/billing/periods/{month}/close");
    let member = house.person(tenant, "member").api;
    refused(&member.post(&close, &json!({})), 403, "forbidden");
    let statement = finance.post(&close, &json!({})).expect(200).json();
    refused(&finance.post(&close, &json!({})), 409, "period_refused");
    refused(
        &finance.post("/billing/periods/2999-01/close", &json!({})),
        404,
        "not_found",
    );

    // The statement is what the events say, and what the ledger moved.
    let whose = format!("tenant_id = '{}'", tenant.id);
    let charged = number(
        &house,
        &format!("SELECT sum(charge_nano)::bigint FROM usage_events WHERE {whose}"),
    );
    assert!(charged > 0);
    assert_eq!(nano(&statement["usage_nano"]), charged);
    assert_eq!(
        (&statement["requests"], &statement["late_requests"]),
        (&json!(3), &json!(0))
    );
    assert_eq!(nano(&statement["closing_nano"]), 93_000_000_000 - charged);
    let moved = number(
        &house,
        &format!("SELECT balance_nano FROM ledger_accounts WHERE {whose} AND code = 'wallet'"),
    );
    assert_eq!(nano(&statement["closing_nano"]), moved);

    // Its lines are the sums of the requests behind them.
    let mut sum = 0;
    for line in statement["usage"].as_array().expect("lines") {
        let behind = format!(
            "/billing/statements/{month}/requests?model={}&cost_centre={}&late={}&limit=2",
            line["model"].as_str().unwrap(),
            line["cost_centre"].as_str().unwrap(),
            line["late"]
        );
        let page = finance.get(&behind).expect(200).json();
        let cursor = page["next_cursor"].as_str().expect("a third one").to_owned();
        let rest = finance
            .get(&format!("{behind}&cursor={cursor}"))
            .expect(200)
            .json();
        for request in page["items"]
            .as_array()
            .unwrap()
            .iter()
            .chain(rest["items"].as_array().unwrap())
        {
            sum += nano(&request["amount_nano"]);
        }
    }
    assert_eq!(sum, charged);

    invoice_and_credit_note(&house, tenant, &sink, &month, charged);
}

/// Prepaid: the invoice takes its tax and rounding from the wallet at once.
fn invoice_and_credit_note(house: &House, tenant: &Tenant, sink: &SmtpSink, month: &str, charged: i64) {
    let api = &tenant.api;
    let issue = format!("/billing/statements/{month}/invoice");
    let problem = refused(&api.post(&issue, &json!({})), 409, "document_refused");
    assert!(
        problem["detail"].as_str().unwrap().contains("legal_name"),
        "{problem}"
    );
    api.put("/billing/profile", &profile()).expect(200);
    // Nobody invoices themselves without tax before the operator has said what it is.
    let problem = refused(&api.post(&issue, &json!({})), 409, "document_refused");
    assert!(
        problem["detail"].as_str().unwrap().contains(": terms"),
        "{problem}"
    );
    let platform = terms_and_rates(house, tenant, &issue);

    let before = nano(&api.get("/billing/balance").expect(200).json()["balance_nano"]);
    let invoice = api.post(&issue, &json!({})).expect(200).json();
    let again = api.post(&issue, &json!({})).expect(200).json();
    assert_eq!(invoice["summary"]["id"], again["summary"]["id"], "issued once");
    let (net, tax) = (
        invoice["summary"]["net_cents"].as_i64().unwrap(),
        invoice["summary"]["tax_cents"].as_i64().unwrap(),
    );
    assert_eq!(invoice["summary"]["status"], "settled");
    assert_eq!(nano(&invoice["document"]["sum_nano"]), charged);
    assert_eq!(net * CENT - nano(&invoice["document"]["rounding_nano"]), charged);
    let after = nano(&api.get("/billing/balance").expect(200).json()["balance_nano"]);
    assert_eq!(
        before - after,
        net * CENT - charged + tax * CENT,
        "rounding and tax left the wallet"
    );
    files_and_letters(house, tenant, sink, &invoice);

    // The wallet is then as if nothing had been invoiced.
    dispute_all(tenant, &platform, month, &invoice);
    let given_back = nano(&api.get("/billing/balance").expect(200).json()["balance_nano"]);
    assert_eq!(given_back, before + charged);
    // What came back names what it was paid by: each of one kind names one of the same, usage names usage.
    let named = format!(
        "SELECT count(*) FILTER (WHERE o.kind = CASE t.kind WHEN 'credit_note' THEN 'usage' ELSE t.kind END) * 100 + count(*)
         FROM ledger_transfers t
         LEFT JOIN ledger_transfers o ON o.tenant_id = t.tenant_id AND o.transfer_id = t.corrects_transfer_id
         WHERE t.tenant_id = '{}' AND t.idempotency_key LIKE 'dispute/%'",
        tenant.id
    );
    let named = number(house, &named);
    assert_eq!(
        (named / 100, named > 300),
        (named % 100, true),
        "transfers of the credit note: {named}"
    );
    let zero = format!(
        "SELECT balance_nano FROM ledger_accounts WHERE tenant_id = '{}' AND code = 'tax'",
        tenant.id
    );
    assert_eq!(number(house, &zero), 0);
    let lines = audit(house, tenant);
    let told = actions(&lines);
    for action in [
        "period.closed",
        "invoice.issued",
        "document.sent",
        "dispute.opened",
        "dispute.decided",
    ] {
        assert!(told.contains(&action), "{action} is not in {told:?}");
    }
}

/// What an invoice needs of the platform: the tenant's terms and a rate for euros; tells the platform.
fn terms_and_rates(house: &House, tenant: &Tenant, issue: &str) -> Tenant {
    let api = &tenant.api;
    let platform = issuer(house);
    let terms = json!({"tax_rate": "19", "reverse_charge": false, "post_paid": false, "payment_days": 14});
    refused(&api.put("/billing/terms", &terms), 403, "forbidden");
    platform
        .api
        .put(&of(tenant, "/billing/terms"), &terms)
        .expect(200);
    // There is no rate for euros yet.
    refused(&api.post(issue, &json!({})), 409, "document_refused");
    let today = chrono::Utc::now().date_naive();
    let rates = json!({"rates": [{"currency": "EUR", "on_day": today.to_string(), "rate": "0.9213", "source": "ECB"}]});
    refused(&api.post("/billing/rates", &rates), 403, "forbidden");
    platform.api.post("/billing/rates", &rates).expect(200);
    platform.api.post("/billing/rates", &rates).expect(200);
    let other =
        json!({"rates": [{"currency": "EUR", "on_day": today.to_string(), "rate": "0.9", "source": "ECB"}]});
    assert_eq!(
        faults(
            &platform.api.post("/billing/rates", &other),
            422,
            "validation_failed"
        ),
        pairs(&[("rates[0].rate", "taken")])
    );
    platform
}

fn files_and_letters(house: &House, tenant: &Tenant, sink: &SmtpSink, invoice: &Value) {
    let path = format!(
        "/billing/documents/{}",
        invoice["summary"]["id"].as_str().unwrap()
    );
    let html = tenant.api.get(&format!("{path}/html")).expect(200);
    assert!(
        html.text()
            .contains(invoice["summary"]["number"].as_str().unwrap())
    );
    assert!(
        html.header("content-disposition")
            .unwrap()
            .starts_with("attachment")
    );
    let pdf = tenant.api.get(&format!("{path}/pdf"));
    let others = house.tenant();
    refused(&others.api.get(&path), 404, "not_found");
    refused(
        &others.api.get(&of(tenant, "/billing/documents")),
        404,
        "not_found",
    );
    if pdf.status == 409 {
        // No font for the customer's Chinese name on this machine.
        refused(&pdf, 409, "not_configured");
        let plain = json!({"legal_name": "Customer Ltd", "address": "Road 1", "contact_email": "ada@customer.example"});
        tenant.api.put("/billing/profile", &plain).expect(200);
        return;
    }
    let bytes = pdf.expect(200).body;
    assert!(bytes.starts_with(b"%PDF-"), "a PDF");
    assert_eq!(
        bytes,
        tenant.api.get(&format!("{path}/pdf")).expect(200).body,
        "the same bytes each time"
    );
    sink.be_busy(1);
    let sent = tenant
        .api
        .post(&format!("{path}/send"), &json!({}))
        .expect(200)
        .json();
    assert_eq!(sent["summary"]["mail"], "queued");
    wait_until("the server is busy", Duration::from_secs(40), || {
        number(
            house,
            "SELECT count(*) FROM mail_outbox WHERE attempts = 1 AND last_error <> ''",
        ) == 1
    });
    // Nobody waits a minute for the second attempt here.
    house
        .sql()
        .batch_execute("UPDATE mail_outbox SET next_at = now()")
        .expect("due");
    wait_until("the letter comes", Duration::from_secs(40), || {
        !sink.letters().is_empty()
    });
    let letter = sink.letters().remove(0);
    assert_eq!(
        (letter.from.as_str(), letter.to),
        ("billing@gateway.example", vec!["ada@customer.example".to_owned()])
    );
    let attached = base64::engine::general_purpose::STANDARD.encode(&bytes[..57]);
    assert!(letter.text.contains(&attached), "the PDF is attached");
    wait_until("the letter is marked", Duration::from_secs(10), || {
        tenant.api.get(&path).expect(200).json()["summary"]["mail"] == "sent"
    });
}

#[test]
fn a_post_paid_invoice_is_due_until_the_operator_has_seen_the_money() {
    let sink = SmtpSink::start();
    let house = house(&sink);
    let scene = house.scene();
    let tenant = &scene.tenant;
    some_requests(&house, &scene.upstream, &scene.key.secret, 4);
    turn_back(&house, tenant, "Asia/Shanghai");
    let month = ended(tenant);
    let platform = issuer(&house);
    tenant
        .api
        .put(
            "/billing/profile",
            &json!({"legal_name": "Later Ltd", "address": "Road 2", "tax_id": "GB1"}),
        )
        .expect(200);
    let terms = json!({"tax_rate": "0", "reverse_charge": true, "post_paid": true, "payment_days": 30});
    let both = json!({"tax_rate": "19", "reverse_charge": true, "post_paid": true, "payment_days": 30});
    assert_eq!(
        faults(
            &platform.api.put(&of(tenant, "/billing/terms"), &both),
            422,
            "validation_failed"
        ),
        pairs(&[("tax_rate", "not_applicable")])
    );
    platform
        .api
        .put(&of(tenant, "/billing/terms"), &terms)
        .expect(200);
    platform
        .api
        .post(
            &of(tenant, &format!("/billing/periods/{month}/close")),
            &json!({}),
        )
        .expect(200);
    let issue = of(tenant, &format!("/billing/statements/{month}/invoice"));
    let invoice = platform.api.post(&issue, &json!({})).expect(200).json();
    let total = invoice["summary"]["total_cents"].as_i64().unwrap();
    assert_eq!(
        (&invoice["summary"]["status"], &invoice["summary"]["due_cents"]),
        (&json!("open"), &json!(total))
    );
    let pay = format!(
        "/billing/documents/{}/payments",
        invoice["summary"]["id"].as_str().unwrap()
    );
    let part = json!({"amount_cents": total - 1, "reference": "bank 1"});
    refused(&tenant.api.post(&pay, &part), 403, "forbidden");
    let before = nano(&tenant.api.get("/billing/balance").expect(200).json()["balance_nano"]);
    for _ in 0..2 {
        platform.api.post(&of(tenant, &pay), &part).expect(200);
    }
    let rest = json!({"amount_cents": 2, "reference": "bank 2"});
    assert_eq!(
        faults(
            &platform.api.post(&of(tenant, &pay), &rest),
            422,
            "validation_failed"
        ),
        pairs(&[("amount_cents", "out_of_range")])
    );
    let rest = json!({"amount_cents": 1, "reference": "bank 2"});
    let paid = platform.api.post(&of(tenant, &pay), &rest).expect(200).json();
    assert_eq!(
        (&paid["summary"]["status"], &paid["summary"]["due_cents"]),
        (&json!("paid"), &json!(0))
    );
    let after = nano(&tenant.api.get("/billing/balance").expect(200).json()["balance_nano"]);
    assert_eq!(after - before, total * CENT, "paid once");
}

#[test]
fn invoices_have_no_gap_in_their_numbers_however_many_are_issued_at_once() {
    let sink = SmtpSink::start();
    let house = house(&sink);
    let platform = issuer(&house);
    let terms = json!({"tax_rate": "0", "reverse_charge": false, "post_paid": false, "payment_days": 14});
    let scene = house.scene();
    let tenants: Vec<(Tenant, String)> = (0..6)
        .map(|n| {
            let tenant = house.tenant();
            tenant.account(&scene.upstream.url());
            let key = tenant.key(json!({}));
            some_requests(&house, &scene.upstream, &key.secret, 1);
            turn_back(&house, &tenant, "UTC");
            let month = ended(&tenant);
            tenant
                .api
                .post(&format!("/billing/periods/{month}/close"), &json!({}))
                .expect(200);
            // Every other one fails at the last moment: there is no rate.
            let currency = if n % 2 == 0 { "USD" } else { "XTS" };
            let profile = json!({"legal_name": "One Ltd", "address": "Road", "currency": currency});
            tenant.api.put("/billing/profile", &profile).expect(200);
            platform
                .api
                .put(&of(&tenant, "/billing/terms"), &terms)
                .expect(200);
            (tenant, month)
        })
        .collect();
    std::thread::scope(|scope| {
        for (tenant, month) in &tenants {
            for _ in 0..2 {
                scope.spawn(move || {
                    tenant
                        .api
                        .post(&format!("/billing/statements/{month}/invoice"), &json!({}))
                        .status
                });
            }
        }
    });
    let numbers = "SELECT number FROM billing_documents ORDER BY number";
    let rows = house.sql().query(numbers, &[]).expect("numbers");
    let numbers: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    let year = &numbers[0][4..8];
    assert_eq!(numbers, [1, 2, 3].map(|n| format!("INV-{year}-{n:06}")));
}
