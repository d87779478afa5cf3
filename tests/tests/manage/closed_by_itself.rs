//! Months that nobody closes: the job closes them, issues the invoice where an organisation wants that, and the letter goes
//! out by itself; once, however often the job runs.

use super::billed::{house_that_closes, issuer, nano, number, of, some_requests, turn_back};
use serde_json::{Value, json};
use std::time::Duration;
use tollgate_tests::harness::smtp::SmtpSink;
use tollgate_tests::harness::{House, Request, Tenant, wait_until};

const SOON: Duration = Duration::from_secs(40);

#[test]
fn a_month_that_ended_is_closed_and_its_invoice_mailed_without_anybody() {
    let sink = SmtpSink::start();
    let house = house_that_closes(&sink, "0s");
    let platform = issuer(&house);
    let scene = house.scene();
    let (wants, alone) = (&scene.tenant, house.tenant());
    alone.account(&scene.upstream.url());
    for (tenant, secret) in [
        (wants, scene.key.secret.clone()),
        (&alone, alone.key(json!({})).secret),
    ] {
        some_requests(&house, &scene.upstream, &secret, 2);
        let by_itself = tenant.id == wants.id;
        let profile = json!({"legal_name": "Customer Ltd", "address": "Road 1", "contact_email": "ada@customer.example",
            "send_by_itself": by_itself});
        tenant.api.put("/billing/profile", &profile).expect(200);
        let terms = json!({"tax_rate": "19", "reverse_charge": false, "post_paid": true, "payment_days": 14});
        platform
            .api
            .put(&of(tenant, "/billing/terms"), &terms)
            .expect(200);
        turn_back(&house, tenant, "Asia/Kolkata");
    }
    for round in 1..=2 {
        // A node that starts runs what is due.
        assert!(house.gateway.stop(), "an orderly stop");
        house.gateway.boot();
        wait_until("the months are closed", SOON, || {
            closed(&house, wants) == 1 && closed(&house, &alone) == 1 && ran(&house, "months")
        });
        wait_until("the letter is sent", SOON, || {
            number(
                &house,
                "SELECT count(*) FROM mail_outbox WHERE sent_at IS NOT NULL",
            ) == 1
        });
        wait_until("the job of letters has nothing left", SOON, || {
            ran(&house, "mail")
        });
        assert_eq!(sink.letters().len(), 1, "round {round}");
        assert_eq!(
            (documents(&house, wants).len(), documents(&house, &alone).len()),
            (1, 0),
            "round {round}"
        );
    }
    figures(&house, wants, &sink);
}

/// The invoice says what was used, and the letter carries it.
fn figures(house: &House, tenant: &Tenant, sink: &SmtpSink) {
    let whose = format!("tenant_id = '{}'", tenant.id);
    let charged = number(
        house,
        &format!("SELECT sum(charge_nano)::bigint FROM usage_events WHERE {whose}"),
    );
    let by: String = house
        .sql()
        .query_one(
            &format!("SELECT closed_by || ' ' || usage_nano FROM billing_periods WHERE {whose}"),
            &[],
        )
        .expect("the month")
        .get(0);
    assert_eq!(by, format!("monthly close {charged}"));
    let document = documents(house, tenant).remove(0);
    assert_eq!(nano(&document["sum_nano"]), charged);
    assert_eq!(document["terms"]["by"], "transfer");
    let letter = sink.letters().remove(0);
    assert_eq!(letter.to, ["ada@customer.example"]);
    let invoice = document["number"].as_str().expect("a number");
    assert!(letter.text.contains(invoice), "{}", letter.text);
    assert!(
        letter.text.to_ascii_lowercase().contains("application/pdf"),
        "the PDF is attached"
    );
}

fn closed(house: &House, tenant: &Tenant) -> i64 {
    number(
        house,
        &format!(
            "SELECT count(*) FROM billing_periods WHERE tenant_id = '{}'",
            tenant.id
        ),
    )
}

fn documents(house: &House, tenant: &Tenant) -> Vec<Value> {
    let query = format!(
        "SELECT content FROM billing_documents WHERE tenant_id = '{}'",
        tenant.id
    );
    let rows = house.sql().query(&query, &[]).expect("documents");
    let text = |row: &postgres::Row| row.get::<_, String>(0);
    rows.iter()
        .map(|row| serde_json::from_str(&text(row)).expect("JSON"))
        .collect()
}

/// Whether a job has run to its end since the node's start.
fn ran(house: &House, job: &str) -> bool {
    let text = house.gateway.send(&Request::get("/metrics")).text();
    let labels = [format!("job=\"{job}\""), "outcome=\"ok\"".to_owned()];
    text.lines().any(|line| {
        line.starts_with("tollgate_job_runs_total") && labels.iter().all(|label| line.contains(label))
    })
}
