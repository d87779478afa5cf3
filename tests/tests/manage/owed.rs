//! What the wallet can't pay is said and can be paid; what credit notes give back stands beside margin and charge-back; and
//! who runs the platform comes from the command line.

use super::billed::{CENT, ended, house, issuer, nano, of, some_requests, turn_back};
use super::grants::platform;
use super::told::{faults, refused};
use serde_json::{Value, json};
use tollgate_tests::harness::house::said;
use tollgate_tests::harness::smtp::SmtpSink;
use tollgate_tests::harness::tenant::id_of;
use tollgate_tests::harness::{Api, House, Tenant, unique};

/// A prepaid organisation's closed month, taxed at 19 %.
fn closed_and_taxed(house: &House, platform: &Tenant, tenant: &Tenant) -> String {
    let profile = json!({"legal_name": "Customer Ltd", "address": "Road 1", "purchase_order": "PO 4711"});
    tenant.api.put("/billing/profile", &profile).expect(200);
    let terms = json!({"tax_rate": "19", "reverse_charge": false, "post_paid": false, "payment_days": 14});
    platform
        .api
        .put(&of(tenant, "/billing/terms"), &terms)
        .expect(200);
    turn_back(house, tenant, "UTC");
    let month = ended(tenant);
    tenant
        .api
        .post(&format!("/billing/periods/{month}/close"), &json!({}))
        .expect(200);
    month
}

/// As if all of the wallet had been paid back before there was a tax.
fn emptied(house: &House, tenant: &Tenant) {
    let sql = format!(
        "UPDATE ledger_accounts c SET balance_nano = c.balance_nano + w.balance_nano FROM ledger_accounts w
         WHERE c.tenant_id = '{0}' AND c.code = 'cash' AND w.tenant_id = '{0}' AND w.code = 'wallet';
         UPDATE ledger_accounts SET balance_nano = 0 WHERE tenant_id = '{0}' AND code = 'wallet'",
        tenant.id
    );
    house.sql().batch_execute(&sql).expect("emptied");
}

#[test]
fn an_invoice_says_what_the_wallet_could_not_pay_and_that_can_be_paid() {
    let sink = SmtpSink::start();
    let house = house(&sink);
    let scene = house.scene();
    let tenant = &scene.tenant;
    some_requests(&house, &scene.upstream, &scene.key.secret, 2);
    let platform = issuer(&house);
    let month = closed_and_taxed(&house, &platform, tenant);
    emptied(&house, tenant);
    let issue = format!("/billing/statements/{month}/invoice");
    let invoice = tenant.api.post(&issue, &json!({})).expect(200).json();
    let (summary, document) = (&invoice["summary"], &invoice["document"]);
    let owed = -nano(&tenant.api.get("/billing/balance").expect(200).json()["balance_nano"]);
    let due = (owed + CENT - 1) / CENT;
    assert!(due > 0);
    assert_eq!(
        (&summary["status"], &summary["due_cents"]),
        (&json!("open"), &json!(due))
    );
    let total = summary["total_cents"].as_i64().unwrap();
    assert_eq!(document["terms"]["by"], "part");
    assert_eq!(document["terms"]["wallet_cents"], json!(total - due));
    assert_eq!(document["terms"]["due_on"], summary["due_on"]);
    assert_eq!(
        (&document["customer_number"], &document["purchase_order"]),
        (&json!(tenant.slug), &json!("PO 4711"))
    );
    let path = format!("/billing/documents/{}", id_of(&summary["id"]));
    let html = tenant.api.get(&format!("{path}/html")).expect(200).text();
    for words in [
        "Amount due",
        "The wallet held less than the total",
        "IBAN IE29",
        "PO 4711",
        "Supplied",
    ] {
        assert!(html.contains(words), "{words}");
    }
    assert!(!html.contains("Nothing is to be paid"));
    // Its transfers name it.
    let taxed = tenant.api.get("/billing/transfers?kind=tax").expect(200).json();
    let number = summary["number"].as_str().unwrap();
    assert_eq!(taxed["items"][0]["reason"], format!("tax of {number}"));

    let pay = of(tenant, &format!("{path}/payments"));
    let form = |cents: i64, reference: &str| json!({"amount_cents": cents, "reference": reference});
    let found = faults(
        &platform.api.post(&pay, &form(due + 1, "bank 1")),
        422,
        "validation_failed",
    );
    assert_eq!(found[0].0, "amount_cents");
    let paid = platform.api.post(&pay, &form(due, "bank 1")).expect(200).json();
    assert_eq!(
        (&paid["summary"]["status"], &paid["summary"]["due_cents"]),
        (&json!("paid"), &json!(0))
    );
    refused(
        &platform.api.post(&pay, &form(1, "bank 2")),
        409,
        "document_refused",
    );
    house.finish();
}

#[test]
fn tax_that_is_owed_is_not_paid_back_and_who_takes_it_has_a_number() {
    let sink = SmtpSink::start();
    let house = house(&sink);
    let scene = house.scene();
    let tenant = &scene.tenant;
    some_requests(&house, &scene.upstream, &scene.key.secret, 1);
    let platform = issuer(&house);
    let month = closed_and_taxed(&house, &platform, tenant);
    let available = nano(&tenant.api.get("/billing/balance").expect(200).json()["available_nano"]);
    let dollars = format!("{}.{:09}", available / 1_000_000_000, available % 1_000_000_000);
    let refund = [
        "tenant",
        "refund",
        &tenant.slug,
        &dollars,
        "--reason",
        "all of it",
    ];
    let output = house.gateway.cli(&refund);
    assert!(!output.status.success());
    let words = "is tax on usage that is not invoiced yet";
    assert!(said(&output).contains(words), "{}", said(&output));
    // Without the issuer's number there is no taxed invoice.
    let nameless = json!({"legal_name": "Gateway Operator Ltd", "address": "1 Main Street"});
    platform.api.put("/billing/profile", &nameless).expect(200);
    let issue = format!("/billing/statements/{month}/invoice");
    let problem = refused(&tenant.api.post(&issue, &json!({})), 409, "document_refused");
    assert!(
        problem["detail"].as_str().unwrap().contains("issuer.tax_id"),
        "{problem}"
    );
    house.finish();
}

/// The operator's margin has it where it can be told, and what is left is the customers' revenue.
fn margin_knows(platform: &Tenant, tenant: &Tenant, given: i64) {
    let margin = |query: &str| platform.api.get(&format!("/margin?{query}")).expect(200).json();
    let report = margin("group_by=tenant");
    assert_eq!(nano(&report["totals"]["credited_nano"]), given);
    let rows = report["rows"].as_array().unwrap();
    let row = rows
        .iter()
        .find(|row| row["id"] == json!(tenant.id))
        .expect("a row");
    assert_eq!(nano(&row["figures"]["credited_nano"]), given);
    let by_model = margin("group_by=model");
    assert_eq!(
        by_model["totals"]["credited_nano"],
        report["totals"]["credited_nano"]
    );
    assert_eq!(
        margin("platform=claude_console")["totals"]["credited_nano"],
        Value::Null
    );
    let tie = &report["tie"];
    assert!(nano(&tie["credited_nano"]) == given && given > 0);
    assert_eq!(
        nano(&tie["charge_nano"]) - nano(&tie["credited_nano"]),
        nano(&tie["ledger_revenue_nano"])
    );
}

#[test]
fn what_credit_notes_gave_back_stands_beside_margin_and_charge_back_and_ties_to_revenue() {
    let sink = SmtpSink::start();
    let house = house(&sink);
    let scene = house.scene();
    let tenant = &scene.tenant;
    some_requests(&house, &scene.upstream, &scene.key.secret, 2);
    let platform = issuer(&house);
    let month = closed_and_taxed(&house, &platform, tenant);
    let issue = format!("/billing/statements/{month}/invoice");
    let invoice = tenant.api.post(&issue, &json!({})).expect(200).json();
    let line = &invoice["document"]["lines"][0];
    let given = nano(&line["amount_nano"]);
    let dispute =
        json!({"month": month, "model": line["model"], "cost_centre": line["cost_centre"], "reason": "No."});
    let opened = tenant.api.post("/billing/disputes", &dispute).expect(201).json();
    let decide = of(
        tenant,
        &format!("/billing/disputes/{}/decision", id_of(&opened["id"])),
    );
    let accept = json!({"accept": true, "answer": "Yes."});
    let decided = platform.api.post(&decide, &accept).expect(200).json();
    let note = tenant.api.get(&format!(
        "/billing/documents/{}",
        id_of(&decided["credit_note_id"])
    ));
    assert_eq!(
        note.expect(200).json()["document"]["invoice_date"],
        invoice["document"]["issued_on"]
    );

    let shared = tenant
        .api
        .get(&format!("/billing/charge-back?statement={month}"))
        .expect(200)
        .json();
    let (charge, credited) = (
        nano(&shared["total"]["charge_nano"]),
        nano(&shared["total"]["credited_nano"]),
    );
    assert_eq!(
        (charge, credited),
        (nano(&invoice["document"]["sum_nano"]), given)
    );
    let wrong = tenant
        .api
        .get("/billing/charge-back?from=2026-11-01T00:00:00Z")
        .expect(400)
        .text();
    assert!(wrong.contains("must be a day such as 2026-11-30"), "{wrong}");
    let balance = tenant.api.get("/billing/balance").expect(200).json();
    let paid_in = nano(&balance["paid_in_nano"]);
    assert_eq!(paid_in, 100_000_000_000, "tax and rounding are no money paid in");
    assert_eq!(nano(&balance["charged_nano"]), charge - given);

    margin_knows(&platform, tenant, given);
    house.finish();
}

#[test]
fn the_platforms_own_people_are_made_on_the_command_line() {
    let house = House::own();
    let email = format!("{}@operator.example", unique("ops"));
    let add = |email: &str, role: &str| house.gateway.cli(&["operator", "add", email, "--role", role]);
    let made = add(&email, "finance");
    assert!(made.status.success(), "{}", said(&made));
    let text = String::from_utf8_lossy(&made.stdout).into_owned();
    let shown = |line: &str| {
        line.strip_prefix("Password, shown this once: ")
            .map(str::to_owned)
    };
    let password = text.lines().find_map(shown).expect("a password");
    let mut api = Api::anonymous(house.gateway.address());
    let body = json!({"email": email, "password": password, "token_delivery": "body"});
    let signed = api.post("/auth/admin/login", &body).expect(200).json();
    api.access_token = signed["access_token"].as_str().map(str::to_owned);
    let me = api.get("/auth/me").expect(200).json();
    assert!(
        me["permissions"]
            .as_array()
            .unwrap()
            .contains(&json!("margin.read")),
        "{me}"
    );
    // Somebody who signed up keeps their password; the same again changes nothing.
    let customer = house.poor_tenant();
    let again = |role: &str| String::from_utf8_lossy(&add(&customer.email, role).stdout).into_owned();
    let joined = again("operator");
    assert!(
        joined.contains("in the role owner") && !joined.contains("Password"),
        "{joined}"
    );
    assert!(again("operator").contains("nothing is changed"));
    assert!(again("finance").contains("in the role finance"));
    assert!(!add("nobody", "finance").status.success());
    let told = house
        .sql()
        .query(
            "SELECT action FROM audit_log WHERE target_name = $1 AND action LIKE 'user.%' ORDER BY audit_id",
            &[&customer.email],
        )
        .expect("the log");
    let told: Vec<String> = told.iter().map(|row| row.get(0)).collect();
    assert_eq!(told[told.len() - 2..], ["user.created", "user.updated"]);
    let listed = house.gateway.cli(&["operator", "list"]);
    assert!(String::from_utf8_lossy(&listed.stdout).contains(&email));
}

#[test]
fn the_platform_itself_has_no_months_to_close() {
    let house = House::own();
    let platform = platform(&house, "finance");
    let periods = platform.api.get("/billing/periods").expect(200).json();
    let month = periods["items"][0]["month"].as_str().expect("a month").to_owned();
    let close = format!("/billing/periods/{month}/close");
    refused(&platform.api.post(&close, &json!({})), 409, "period_refused");
}
