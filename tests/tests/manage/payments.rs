//! Payments by providers: believed when signed, booked once, and never on a contradiction.

use super::told::{actions, audit_of, faults, pairs, refused};
use serde_json::{Value, json};
use tollgate_tests::harness::money::{
    OTHER_PROVIDER, OTHER_SECRET, PROVIDER, PROVIDER_SECRET, PROVIDER_SECRET_BEFORE, payment_call, signature,
};
use tollgate_tests::harness::tenant::id_of;
use tollgate_tests::harness::{House, Reply, Request, Tenant, unique};
use uuid::Uuid;

const USD: i64 = 1_000_000_000;

fn begun(tenant: &Tenant, dollars: i64) -> Uuid {
    let form = json!({"provider": PROVIDER, "amount_nano": (dollars * USD).to_string()});
    let payment = tenant.api.post("/billing/payments", &form).expect(201).json();
    assert_eq!(
        (&payment["status"], &payment["transfer_id"]),
        (&json!("open"), &Value::Null)
    );
    id_of(&payment["id"])
}

/// What the provider says of a payment, with these fields changed.
fn says(payment: Uuid, dollars: i64, fields: &Value) -> Value {
    let mut body = json!({
        "id": unique("pay"), "payment_id": payment, "amount_nano": (dollars * USD).to_string(), "status": "succeeded",
        "test": false,
    });
    for (field, value) in fields.as_object().expect("fields") {
        if value.is_null() {
            body.as_object_mut().expect("fields").remove(field);
        } else {
            body[field] = value.clone();
        }
    }
    body
}

fn tell(house: &House, body: &Value) -> Reply {
    house.gateway.send(&payment_call(PROVIDER, PROVIDER_SECRET, body))
}

fn balance(tenant: &Tenant) -> i64 {
    let balance = tenant.api.get("/billing/balance").expect(200).json();
    balance["balance_nano"]
        .as_str()
        .expect("an amount")
        .parse()
        .expect("a number")
}

fn payment(tenant: &Tenant, id: Uuid) -> Value {
    tenant
        .api
        .get(&format!("/billing/payments/{id}"))
        .expect(200)
        .json()
}

#[test]
fn a_signed_call_pays_in_once_however_often_it_comes() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let id = begun(&tenant, 25);
    let body = says(id, 25, &json!({"tenant": tenant.slug}));
    let first = tell(&house, &body).expect(200).json();
    assert_eq!(
        (&first["status"], &first["replayed"]),
        (&json!("paid"), &json!(false))
    );
    assert_eq!(balance(&tenant), 25 * USD);
    let again = tell(&house, &body).expect(200).json();
    assert_eq!(
        (&again["transfer_id"], &again["replayed"]),
        (&first["transfer_id"], &json!(true))
    );
    // The same said in another way, and under the secret of before.
    let mut other_way = body.clone();
    let fields = other_way.as_object_mut().expect("fields");
    fields.remove("amount_nano");
    fields.insert("amount".to_owned(), json!("25.00"));
    fields.insert("currency".to_owned(), json!("USD"));
    let call = payment_call(PROVIDER, PROVIDER_SECRET_BEFORE, &other_way);
    assert_eq!(house.gateway.send(&call).expect(200).json(), again);
    assert_eq!(balance(&tenant), 25 * USD, "and nothing twice");
    let seen = payment(&tenant, id);
    assert_eq!(
        (&seen["status"], &seen["provider_id"]),
        (&json!("paid"), &body["id"])
    );
    let transfer = &tenant
        .api
        .get("/billing/transfers?kind=top_up")
        .expect(200)
        .json()["items"][0];
    assert_eq!(transfer["id"], first["transfer_id"]);
    assert_eq!(
        transfer["reason"],
        format!("payment {PROVIDER} {}", body["id"].as_str().expect("a text"))
    );
    assert_eq!(
        (&transfer["from_account"], &transfer["to_account"]),
        (&json!("cash"), &json!("wallet"))
    );
    assert_eq!(
        actions(&audit_of(&house, &tenant, id)),
        ["payment.created", "payment.told"]
    );
    house.verify();
}

#[test]
fn many_calls_at_once_pay_in_once() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let id = begun(&tenant, 5);
    let body = says(id, 5, &json!({}));
    std::thread::scope(|scope| {
        let calls: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| tell(&house, &body).expect(200).json()))
            .collect();
        let told: Vec<Value> = calls
            .into_iter()
            .map(|call| call.join().expect("an answer"))
            .collect();
        assert_eq!(
            told.iter().filter(|taken| taken["replayed"] == false).count(),
            1,
            "{told:?}"
        );
        assert!(
            told.iter()
                .all(|taken| taken["transfer_id"] == told[0]["transfer_id"])
        );
    });
    assert_eq!(balance(&tenant), 5 * USD);
    house.verify();
}

#[test]
fn an_unsigned_altered_old_or_foreign_call_is_not_believed() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let id = begun(&tenant, 25);
    let (text, now) = (
        says(id, 25, &json!({})).to_string(),
        chrono::Utc::now().timestamp(),
    );
    let call = |provider: &str, header: Option<String>, body: &str| {
        let request =
            Request::post(&format!("/api/v2/payments/{provider}")).header("content-type", "application/json");
        let request = match header {
            Some(header) => request.header("tollgate-signature", &header),
            None => request,
        };
        house.gateway.send(&request.body(body))
    };
    let good = signature(PROVIDER_SECRET, now, &text);
    let altered = text.replace("25000000000", "99000000000");
    let bare = good.split_once("v1=").expect("a signature").1.to_owned();
    let cases = [
        (None, text.as_str(), "no signature"),
        (Some(String::new()), text.as_str(), "an empty header"),
        (Some(format!("t={now}")), text.as_str(), "a time alone"),
        (Some(format!("t={now},v1=")), text.as_str(), "an empty signature"),
        (Some(format!("v1={bare}")), text.as_str(), "no time"),
        (Some(good.clone()), altered.as_str(), "an altered amount"),
        (
            Some(format!("t={},v1={bare}", now + 1)),
            text.as_str(),
            "an altered time",
        ),
        (
            Some(signature("", now, &text)),
            text.as_str(),
            "signed with nothing",
        ),
        (
            Some(signature(OTHER_SECRET, now, &text)),
            text.as_str(),
            "another provider's secret",
        ),
        (
            Some(signature(PROVIDER_SECRET, now - 301, &text)),
            text.as_str(),
            "too old",
        ),
        (
            Some(signature(PROVIDER_SECRET, now + 330, &text)),
            text.as_str(),
            "too new",
        ),
    ];
    for (header, body, why) in cases {
        let reply = call(PROVIDER, header, body);
        assert_eq!(reply.status, 401, "{why}: {}", reply.text());
        refused(&reply, 401, "signature_refused");
    }
    // Signed well, by somebody whose payment it is not.
    refused(
        &call(OTHER_PROVIDER, Some(signature(OTHER_SECRET, now, &text)), &text),
        404,
        "not_found",
    );
    refused(
        &call("nobody", Some(signature("", now, &text)), &text),
        404,
        "not_found",
    );
    assert_eq!(balance(&tenant), 0);
    assert_eq!(payment(&tenant, id)["status"], "open");
    tell(&house, &says(id, 25, &json!({}))).expect(200);
}

#[test]
fn a_call_that_contradicts_what_is_known_books_nothing_and_is_told_to_people() {
    let house = House::shared();
    let (tenant, other) = (house.poor_tenant(), house.poor_tenant());
    let (id, second, foreign) = (begun(&tenant, 25), begun(&tenant, 25), begun(&other, 25));
    for (dollars, why) in [(24, "less"), (26, "more")] {
        let reply = tell(&house, &says(id, dollars, &json!({})));
        assert!(
            refused(&reply, 409, "payment_conflict")["detail"]
                .as_str()
                .is_some_and(|text| text.contains("25.00")),
            "{why}"
        );
    }
    let body = says(id, 25, &json!({}));
    tell(&house, &body).expect(200);
    let own_id = body["id"].clone();
    let contradictions = [
        says(id, 26, &json!({"id": own_id})),
        says(id, 25, &json!({"id": own_id, "status": "failed"})),
        says(id, 25, &json!({"id": own_id, "test": true})),
        says(second, 25, &json!({"id": own_id})),
        says(foreign, 25, &json!({"id": own_id})),
        says(id, 25, &json!({})),
        says(id, 25, &json!({"status": "failed"})),
    ];
    for body in &contradictions {
        refused(&tell(&house, body), 409, "payment_conflict");
    }
    assert_eq!((balance(&tenant), balance(&other)), (25 * USD, 0));
    assert_eq!(payment(&tenant, second)["status"], "open");
    assert_eq!(payment(&other, foreign)["status"], "open");
    let told = tenant.api.get("/notices").expect(200).json();
    let conflicts = told["items"].as_array().expect("items").iter();
    let conflicts = conflicts
        .filter(|notice| notice["text"]["kind"] == "payment_conflict")
        .count();
    assert_eq!(conflicts, 8, "two amounts, and six that name the tenant: {told}");
    let refusals = audit_of(&house, &tenant, id);
    assert_eq!(
        refusals
            .iter()
            .filter(|line| line.action == "payment.refused")
            .count(),
        7
    );
    assert!(house.gateway.metric("tollgate_payment_calls_total") > 0.0);
    house.verify();
}

#[test]
fn what_failed_may_be_paid_later_and_tests_move_no_money() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let id = begun(&tenant, 3);
    let test = says(id, 3, &json!({"test": true}));
    for replayed in [false, true] {
        let taken = tell(&house, &test).expect(200).json();
        assert_eq!(
            (&taken["status"], &taken["transfer_id"]),
            (&json!("open"), &Value::Null)
        );
        assert_eq!(taken["replayed"], replayed);
    }
    let seen = payment(&tenant, id);
    assert!(seen["tested_at"].is_string() && seen["status"] == "open");
    tell(&house, &says(id, 3, &json!({"status": "failed"}))).expect(200);
    assert_eq!(payment(&tenant, id)["status"], "failed");
    assert_eq!(balance(&tenant), 0);
    tell(&house, &says(id, 3, &json!({}))).expect(200);
    assert_eq!(
        (balance(&tenant), payment(&tenant, id)["status"].clone()),
        (3 * USD, json!("paid"))
    );
    house.verify();
}

#[test]
fn every_wrong_field_of_a_payment_is_named() {
    let house = House::shared();
    let (tenant, other) = (house.poor_tenant(), house.poor_tenant());
    let cases = json!([
        [{"provider": "nobody", "amount_nano": "5000000000"}, "provider", "unknown_value"],
        [{"provider": "A B", "amount_nano": "5000000000"}, "provider", "provider"],
        [{"provider": PROVIDER, "amount_nano": "0"}, "amount_nano", "out_of_range"],
        [{"provider": PROVIDER, "amount_nano": "-5000000000"}, "amount_nano", "out_of_range"],
        [{"provider": PROVIDER, "amount_nano": "9223372036854775807"}, "amount_nano", "out_of_range"],
        [{"provider": PROVIDER, "amount_nano": "5000000001"}, "amount_nano", "too_precise"],
        [{"provider": PROVIDER}, "amount_nano", "required"],
        [{"provider": PROVIDER, "amount_nano": "5000000000", "currency": "EUR"}, "currency", "unknown_field"],
    ]);
    for case in cases.as_array().expect("cases") {
        let text = |at: usize| case[at].as_str().expect("a text");
        let reply = tenant.api.post("/billing/payments", &case[0]);
        assert_eq!(
            faults(&reply, 422, "validation_failed"),
            pairs(&[(text(1), text(2))]),
            "{case}"
        );
    }
    let id = begun(&tenant, 25);
    let cases = json!([
        [{"id": ""}, "id", "provider_id"],
        [{"id": "a b"}, "id", "provider_id"],
        [{"id": null}, "id", "required"],
        [{"amount_nano": null}, "amount_nano", "required"],
        [{"amount_nano": "0"}, "amount_nano", "out_of_range"],
        [{"amount": "25"}, "amount", "twice"],
        [{"amount_nano": null, "amount": "25"}, "currency", "required"],
        [{"amount_nano": null, "amount": "25", "currency": "EUR"}, "currency", "currency"],
        [{"currency": "usd"}, "currency", "currency"],
        [{"amount_nano": null, "amount": "25.0000000001", "currency": "USD"}, "amount", "amount"],
        [{"amount_nano": null, "amount": "NaN", "currency": "USD"}, "amount", "amount"],
        [{"status": "maybe"}, "status", "unknown_value"],
        [{"test": null}, "test", "required"],
        [{"tenant": other.slug}, "tenant", "other_tenant"],
        [{"colour": "red"}, "colour", "unknown_field"],
    ]);
    for case in cases.as_array().expect("cases") {
        let text = |at: usize| case[at].as_str().expect("a text");
        let reply = tell(&house, &says(id, 25, &case[0]));
        assert_eq!(
            faults(&reply, 422, "validation_failed"),
            pairs(&[(text(1), text(2))]),
            "{case}"
        );
    }
    refused(
        &tell(&house, &says(Uuid::now_v7(), 25, &json!({}))),
        404,
        "not_found",
    );
    let garbage = "{\"id\":";
    let now = chrono::Utc::now().timestamp();
    let request = Request::post(&format!("/api/v2/payments/{PROVIDER}"))
        .header("tollgate-signature", &signature(PROVIDER_SECRET, now, garbage))
        .body(garbage);
    refused(&house.gateway.send(&request), 400, "invalid_json");
    assert_eq!(
        (balance(&tenant), payment(&tenant, id)["status"].clone()),
        (0, json!("open"))
    );
}

#[test]
fn who_sees_money_sees_payments_and_only_ones_own() {
    let house = House::shared();
    let (tenant, stranger) = (house.poor_tenant(), house.poor_tenant());
    let (finance, member) = (house.person(&tenant, "finance"), house.person(&tenant, "member"));
    let form = json!({"provider": PROVIDER, "amount_nano": "5000000000"});
    let id = id_of(&finance.api.post("/billing/payments", &form).expect(201).json()["id"]);
    let list = finance.api.get("/billing/payments").expect(200).json();
    assert_eq!(list["providers"], json!([PROVIDER, OTHER_PROVIDER]));
    assert_eq!(list["items"][0]["id"], json!(id));
    let path = format!("/billing/payments/{id}");
    for reply in [
        member.api.post("/billing/payments", &form),
        member.api.get("/billing/payments"),
        member.api.get(&path),
    ] {
        refused(&reply, 403, "forbidden");
    }
    refused(&stranger.api.get(&path), 404, "not_found");
    assert_eq!(
        stranger.api.get("/billing/payments").expect(200).json()["items"],
        json!([])
    );
    let many = (0..40).map(|_| tenant.api.post("/billing/payments", &form).status);
    assert!(
        many.collect::<Vec<_>>().contains(&429),
        "nobody begins payments without end"
    );
}
