//! A month's files are its statement: by the time of booking, whatever is booked or priced anew afterwards.

use super::billed::{ended, house, nano, some_requests, turn_back};
use super::books::doubled;
use super::grants::platform;
use super::told::{faults, refused};
use serde_json::{Value, json};
use tollgate_tests::harness::smtp::SmtpSink;
use tollgate_tests::harness::tenant::id_of;
use tollgate_tests::harness::{House, SOON, Scene, Tenant, wait_until};

/// The totals of a file of JSON lines, in nano-dollars.
fn total(tenant: &Tenant, path: &str, column: &str) -> i64 {
    let text = tenant.api.get(path).expect(200).text();
    let last: Value = serde_json::from_str(text.lines().last().expect("totals")).expect("JSON");
    assert_eq!(last["line"], "total", "{path}");
    let money = last[column].as_str().expect("money").replace('.', "");
    money.parse().expect("nine decimals")
}

/// The tenant is told why, by whom and by which prices a request was corrected.
fn explained(tenant: &Tenant, request: uuid::Uuid, charge: i64) {
    let detail = tenant.api.get(&format!("/requests/{request}")).expect(200).json();
    let correction = &detail["corrections"][0];
    assert_eq!(
        (&correction["why"], &correction["by"], &correction["late"]),
        (&json!("the list was wrong"), &json!("operator"), &json!(true))
    );
    assert_ne!(correction["price_version"], detail["price_version"]);
    let lines = correction["price_lines"].as_array().expect("lines");
    let sum: i64 = lines.iter().map(|line| nano(&line["amount_nano"])).sum();
    assert_eq!(sum, 2 * charge, "the new charge as a whole");
}

/// What every request of the tenant costs becomes twice as much, booked now.
fn priced_anew(house: &House, scene: &Scene) {
    let platform = platform(house, "finance");
    let csv = house.gateway.data_dir().join("dear.csv");
    std::fs::write(&csv, doubled(include_str!("../../../data/model_prices.csv"))).expect("a file");
    let day = |days| (chrono::Utc::now() + chrono::TimeDelta::days(days)).to_rfc3339();
    let csv = csv.display().to_string();
    let imported = house
        .gateway
        .cli(&["prices", "import", &csv, "--effective-from", &day(1)]);
    assert!(imported.status.success(), "{imported:?}");
    let mut order = json!({
        "tenant_id": scene.tenant.id, "from": "2020-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z", "prices_at": day(2),
    });
    let mut seen = Value::Null;
    wait_until("the new prices", SOON, || {
        seen = platform
            .api
            .post("/ledger/repricings/preview", &order)
            .expect(200)
            .json();
        seen["events"].as_i64() > Some(0)
    });
    order["prices_at"] = seen["prices_at"].clone();
    let form = json!({"repricing_id": uuid::Uuid::now_v7(), "order": order, "fingerprint": seen["fingerprint"],
        "reason": "the list was wrong"});
    platform.api.post("/ledger/repricings", &form).expect(200);
}

/// A file of JSON lines.
fn file(name: &str, query: &str) -> String {
    format!("/exports/files/{name}.jsonl?{query}")
}

/// In files and lists.
fn transfers_are_of_the_month(tenant: &Tenant, (of_month, range): (&str, &str), to: &str, closing: i64) {
    // The ids of these transfers are of this month; booked they were in the last one.
    for query in [of_month, range] {
        assert_eq!(
            total(tenant, &file("transfers", query), "wallet_usd"),
            closing,
            "{query}"
        );
    }
    let listed = tenant
        .api
        .get(&format!("/billing/transfers?{range}&limit=1"))
        .expect(200)
        .json();
    let rest = format!(
        "/billing/transfers?{range}&cursor={}",
        listed["next_cursor"].as_str().expect("more")
    );
    let rest = tenant.api.get(&rest).expect(200).json();
    let moved = |page: &Value| -> i64 {
        page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| nano(&one["wallet_nano"]))
            .sum()
    };
    assert_eq!(moved(&listed) + moved(&rest), closing);
    let empty = tenant
        .api
        .get(&format!("/billing/transfers?from={to}"))
        .expect(200)
        .json();
    assert_eq!(empty["items"], json!([]));
}

/// Reports have changed, and the statement's files have not; the bridge leads from the ones to the other.
fn the_month_stays(tenant: &Tenant, month: &str, range: &str, usage: i64) {
    let of_month = format!("statement={month}");
    assert_eq!(total(tenant, &file("usage", range), "charge_usd"), 2 * usage);
    for name in ["usage", "summary", "charge_back"] {
        assert_eq!(
            total(tenant, &file(name, &of_month), "charge_usd"),
            usage,
            "{name}"
        );
    }
    let shared = tenant
        .api
        .get(&format!("/billing/charge-back?{of_month}"))
        .expect(200)
        .json();
    assert_eq!(nano(&shared["total"]["charge_nano"]), usage);
    assert_eq!(&shared["from"].as_str().unwrap()[..7], month);
    let bridge = tenant
        .api
        .get(&format!("/billing/statements/{month}/bridge"))
        .expect(200)
        .json();
    assert_eq!(nano(&bridge["report_nano"]), 2 * usage);
    assert_eq!(
        bridge["corrected_later"],
        json!({"count": 2, "amount_nano": (-usage).to_string()})
    );
    for none in ["booked_later", "late_requests", "late_corrections"] {
        assert_eq!(bridge[none], json!({"count": 0, "amount_nano": "0"}), "{none}");
    }
    assert_eq!(
        (nano(&bridge["dropped_nano"]), nano(&bridge["statement_nano"])),
        (0, usage)
    );
}

#[test]
fn a_months_files_are_its_statement_whatever_comes_afterwards() {
    let sink = SmtpSink::start();
    let house = house(&sink);
    let scene = house.scene();
    let tenant = &scene.tenant;
    some_requests(&house, &scene.upstream, &scene.key.secret, 2);
    turn_back(&house, tenant, "Asia/Kolkata");
    let month = ended(tenant);
    let of_month = format!("statement={month}");
    let wrong = |query: &str| {
        faults(&tenant.api.get(&file("usage", query)), 400, "invalid_query")[0]
            .0
            .clone()
    };
    assert_eq!(wrong(&of_month), "statement", "it is not closed");
    assert_eq!(wrong("statement=2026-13"), "statement");
    let statement = tenant
        .api
        .post(&format!("/billing/periods/{month}/close"), &json!({}))
        .expect(200)
        .json();
    let (usage, closing) = (nano(&statement["usage_nano"]), nano(&statement["closing_nano"]));
    assert!(usage > 0 && closing > 0);
    let (from, to) = (
        statement["starts_at"].as_str().unwrap(),
        statement["ends_at"].as_str().unwrap(),
    );
    let range = format!("from={from}&to={to}");
    assert_eq!(wrong(&format!("{of_month}&from=2020-01-01T00:00:00Z")), "from");

    transfers_are_of_the_month(tenant, (&of_month, &range), to, closing);

    let priced = house.events(tenant)[0].clone();
    // A month later its requests are priced anew, and another one is made.
    some_requests(&house, &scene.upstream, &scene.key.secret, 1);
    house.settle();
    priced_anew(&house, &scene);
    the_month_stays(tenant, &month, &range, usage);
    let problem = refused(
        &tenant.api.get("/billing/statements/2026-13/bridge"),
        404,
        "not_found",
    );
    assert!(
        problem["detail"].as_str().unwrap().contains("such as 2026-11"),
        "{problem}"
    );
    explained(tenant, priced.request_id, priced.charge_nano);
    house.finish();
}

fn last_delivery(tenant: &Tenant, schedule: uuid::Uuid) -> Value {
    let path = format!("/export-schedules/{schedule}");
    tenant.api.get(&path).expect(200).json()["last"].clone()
}

fn it_is_sent_after_the_close(house: &House, tenant: &Tenant, schedule: uuid::Uuid, month: &str) {
    let last = || last_delivery(tenant, schedule);
    let statement = tenant
        .api
        .post(&format!("/billing/periods/{month}/close"), &json!({}))
        .expect(200)
        .json();
    house
        .sql()
        .execute(
            "UPDATE export_deliveries SET next_attempt_at = now() WHERE schedule_id = $1",
            &[&schedule],
        )
        .expect("its turn");
    wait_until("the letter", SOON, || last()["state"] == json!("delivered"));
    let export = tenant
        .api
        .get(&format!("/exports/{}", id_of(&last()["export_id"])))
        .expect(200)
        .json();
    assert_eq!(export["query"]["statement"], json!(month));
    assert_eq!(export["total_nano"], statement["usage_nano"]);
    tenant
        .api
        .get(&format!("/exports/{}/file", id_of(&export["id"])))
        .expect(200);
}

#[test]
fn a_monthly_schedule_sends_the_statement_once_the_month_is_closed() {
    let sink = SmtpSink::start();
    let house = house(&sink);
    let scene = house.scene();
    let tenant = &scene.tenant;
    some_requests(&house, &scene.upstream, &scene.key.secret, 1);
    turn_back(&house, tenant, "UTC");
    let month = ended(tenant);
    let mut form = json!({"name": "to finance", "source": "usage", "format": "csv", "period": "daily", "hour": 0,
        "basis": "statement", "delivery": {"kind": "mail", "to": [tenant.email]}, "active": true});
    let found = faults(
        &tenant.api.post("/export-schedules", &form),
        422,
        "validation_failed",
    );
    assert_eq!(found[0].0, "basis");
    form["period"] = json!("monthly");
    form.as_object_mut().unwrap().remove("basis");
    let made = tenant.api.post("/export-schedules", &form).expect(201).json();
    assert_eq!(
        made["schedule"]["basis"], "statement",
        "as monthly ones do by themselves"
    );
    let schedule = id_of(&made["schedule"]["id"]);
    let run = format!("/export-schedules/{schedule}/run");
    refused(&tenant.api.post(&run, &json!({})), 409, "period_refused");

    // Its own run comes due, and waits.
    house
        .sql()
        .execute(
            "UPDATE export_schedules SET next_at = now(), next_day = date_trunc('month', now() AT TIME ZONE 'UTC')::date
             WHERE schedule_id = $1",
            &[&schedule],
        )
        .expect("due");
    let last = || last_delivery(tenant, schedule);
    let waiting = format!("waits for the close of {month}");
    wait_until("the run waits", SOON, || last()["last_error"] == json!(waiting));
    assert_eq!(
        (&last()["state"], &last()["attempts"]),
        (&json!("pending"), &json!(0))
    );
    it_is_sent_after_the_close(&house, tenant, schedule, &month);
    house.finish();
}

#[test]
fn a_kept_file_of_transfers_does_not_shift_when_money_comes_in() {
    let house = House::shared();
    let tenant = house.tenant();
    let form = json!({"source": "transfers", "format": "jsonl",
        "query": {"from": "2026-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z"}});
    let kept = tenant.api.post("/exports", &form).expect(201).json();
    let path = format!("/exports/{}/file", id_of(&kept["id"]));
    let before = tenant.api.get(&path).expect(200);
    house.credit(&tenant, "3");
    let after = tenant.api.get(&path).expect(200);
    assert_eq!(before.text(), after.text());
    // By hand the same: with what the headers tell.
    let asked = "/exports/files/transfers.jsonl?from=2026-01-01T00:00:00Z";
    let now = tenant.api.get(asked).expect(200);
    assert_ne!(now.text(), before.text());
    let (through, to) = (
        before.header("export-through").unwrap(),
        before.header("export-to").unwrap(),
    );
    let again = tenant
        .api
        .get(&format!("{asked}&through={through}&to={to}"))
        .expect(200);
    assert_eq!(again.text(), before.text());
}
