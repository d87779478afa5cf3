//! Exports through the public door: every line once, totals that are the ledger's, the same file again whatever was booked
//! meanwhile, and nothing that a spreadsheet would run.

use super::told::{faults, refused};
use serde_json::{Value, json};
use tollgate_tests::harness::tenant::id_of;
use tollgate_tests::harness::{Ask, House, Reply, Request, Scene, Script};
use uuid::Uuid;

fn relay(house: &House, scene: &Scene, count: usize) {
    let asks: Vec<Ask> = (0..count).map(|_| Ask::new(&scene.key.secret)).collect();
    for ask in &asks {
        ask.send(house.gateway.address());
        house.event(&scene.tenant, &ask.id);
    }
}

fn file(scene: &Scene, path: &str) -> Reply {
    let reply = scene.tenant.api.get(path).expect(200);
    assert_eq!(reply.broken, None, "{path}");
    reply
}

/// The objects of a file of JSON lines.
fn lines(reply: &Reply) -> Vec<Value> {
    let text = reply.text();
    let line = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    text.lines().map(line).collect()
}

fn nano(value: &Value) -> i64 {
    let text = value.as_str().expect("money").replace('.', "");
    text.parse().expect("nine digits behind the point")
}

fn charged(house: &House, scene: &Scene) -> i64 {
    house
        .events(&scene.tenant)
        .iter()
        .map(|event| event.charge_nano)
        .sum()
}

#[test]
fn every_request_is_a_line_and_the_totals_are_the_ledgers() {
    let house = House::shared();
    let scene = house.scene();
    relay(&house, &scene, 3);
    scene
        .upstream
        .next(Script::error(400, "invalid_request_error", "no"));
    relay(&house, &scene, 1);
    let reply = file(&scene, "/exports/files/usage.jsonl");
    assert_eq!(reply.header("content-type"), Some("application/x-ndjson"));
    let disposition = reply.header("content-disposition").expect("a name");
    assert!(
        disposition.starts_with("attachment; filename=\"usage-"),
        "{disposition}"
    );
    let lines = lines(&reply);
    let events = house.events(&scene.tenant);
    assert_eq!(lines.len(), events.len() + 1);
    for (line, event) in lines.iter().zip(&events) {
        assert_eq!(line["line"], "request");
        assert_eq!(line["request_id"], json!(event.request_id));
        assert_eq!(line["status"], json!(event.status));
        assert_eq!(line["input_tokens"], json!(event.usage.input));
        assert_eq!(nano(&line["charge_usd"]), event.charge_nano);
    }
    let total = lines.last().expect("totals");
    assert_eq!(total["line"], "total");
    assert_eq!(nano(&total["charge_usd"]), charged(&house, &scene));
    let balance = scene.tenant.api.get("/billing/balance").expect(200).json();
    let told = balance["charged_nano"].as_str().expect("money").to_owned();
    assert_eq!(nano(&total["charge_usd"]).to_string(), told);
    let filtered = lines_of(&scene, "/exports/files/usage.jsonl?status=client_error");
    assert_eq!(filtered.len(), 2);
    let none = lines_of(
        &scene,
        &format!("/exports/files/usage.jsonl?key_id={}", Uuid::now_v7()),
    );
    assert_eq!(none.len(), 1, "the totals alone");
    let csv = file(&scene, "/exports/files/usage.csv?bom=true").text();
    assert!(csv.starts_with("\u{feff}line,request_id,"), "{csv}");
    assert_eq!(csv.matches("\r\n").count(), events.len() + 2);
}

fn lines_of(scene: &Scene, path: &str) -> Vec<Value> {
    lines(&file(scene, path))
}

#[test]
fn what_is_booked_meanwhile_is_not_in_a_file_and_a_broken_one_goes_on() {
    let house = House::shared();
    let scene = house.scene();
    relay(&house, &scene, 4);
    let range = "from=2026-01-01T00:00:00Z&to=2190-01-01T00:00:00Z";
    let first = file(&scene, &format!("/exports/files/usage.jsonl?{range}"));
    let through = first.header("export-through").expect("the last batch").to_owned();
    relay(&house, &scene, 2);
    let again = file(
        &scene,
        &format!("/exports/files/usage.jsonl?{range}&through={through}"),
    );
    assert_eq!(again.body, first.body);
    assert_eq!(
        lines_of(&scene, &format!("/exports/files/usage.jsonl?{range}")).len(),
        7
    );
    let whole = lines(&first);
    let last = &whole[1];
    let after = format!(
        "{}:{}",
        last["request_id"].as_str().expect("an id"),
        last["batch_no"]
    );
    let rest = lines_of(
        &scene,
        &format!("/exports/files/usage.jsonl?{range}&through={through}&after={after}"),
    );
    assert_eq!(rest, whole[2..], "with the totals of the whole file");
    let api = &scene.tenant.api;
    refused(
        &api.get("/exports/files/usage.csv?after=a:1"),
        400,
        "invalid_query",
    );
    refused(
        &api.get("/exports/files/usage.csv?through=999999"),
        400,
        "invalid_query",
    );
    let bent = format!("/exports/files/usage.csv?{range}&through={through}&after=bent");
    refused(&api.get(&bent), 400, "invalid_query");
    let late = "/exports/files/usage.csv?from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z";
    refused(&api.get(late), 400, "invalid_query");
    refused(
        &api.get("/exports/files/summary.csv?group=colour"),
        400,
        "invalid_query",
    );
    for unknown in ["usage.pdf", "focus.xlsx", "usage"] {
        refused(&api.get(&format!("/exports/files/{unknown}")), 404, "not_found");
    }
}

#[test]
fn names_that_a_spreadsheet_would_run_are_text_and_other_files_keep_them() {
    let house = House::shared();
    let scene = house.scene();
    let key = scene
        .tenant
        .key(json!({"name": "=1+1", "cost_centre": "@R, \"D\""}));
    let ask = Ask::new(&key.secret);
    ask.send(house.gateway.address()).expect(200);
    house.event(&scene.tenant, &ask.id);
    let csv = file(&scene, "/exports/files/usage.csv").text();
    assert!(csv.contains(",'=1+1,"), "{csv}");
    assert!(csv.contains(",\"'@R, \"\"D\"\"\","), "{csv}");
    let line = &lines_of(&scene, "/exports/files/usage.jsonl")[0];
    assert_eq!(
        (&line["key_name"], &line["cost_centre"]),
        (&json!("=1+1"), &json!("@R, \"D\""))
    );
    let book = file(&scene, "/exports/files/usage.xlsx");
    assert!(book.body.starts_with(b"PK"), "a workbook is a ZIP archive");
    let length = book.header("content-length").expect("a length").parse();
    assert_eq!(length, Ok(book.body.len()));
}

#[test]
fn sums_by_any_grouping_and_charge_back_come_to_the_same() {
    let house = House::shared();
    let scene = house.scene();
    let key = scene
        .tenant
        .key(json!({"name": "tagged", "cost_centre": "R&D", "tags": ["b", "a"]}));
    relay(&house, &scene, 2);
    let ask = Ask::new(&key.secret);
    ask.send(house.gateway.address()).expect(200);
    house.event(&scene.tenant, &ask.id);
    let charged = charged(&house, &scene);
    for group in [
        "day",
        "month",
        "key",
        "model",
        "user",
        "tags",
        "account",
        "platform",
        "client",
        "status",
        "cost_centre",
        "day,model,key",
        "month,cost_centre,status,user",
    ] {
        let lines = lines_of(&scene, &format!("/exports/files/summary.jsonl?group={group}"));
        let (total, sums) = lines.split_last().expect("totals");
        let sum: i64 = sums.iter().map(|line| nano(&line["charge_usd"])).sum();
        assert_eq!((sum, nano(&total["charge_usd"])), (charged, charged), "{group}");
        assert_eq!(total["requests"], 3, "{group}");
    }
    let tags = lines_of(&scene, "/exports/files/summary.jsonl?group=tags");
    let labels: Vec<&Value> = tags.iter().map(|line| &line["tags"]).collect();
    assert_eq!(labels, [&json!(""), &json!("a, b"), &Value::Null]);
    let report = scene.tenant.api.get("/billing/charge-back").expect(200).json();
    assert_eq!(report["total"]["charge_nano"], charged.to_string());
    let rows = report["rows"].as_array().expect("rows");
    let mut centres: Vec<&str> = rows
        .iter()
        .filter_map(|row| row["cost_centre"].as_str())
        .collect();
    centres.sort_unstable();
    assert_eq!(centres, ["", "R&D"]);
    let file = lines_of(&scene, "/exports/files/charge_back.jsonl");
    assert!(file.iter().any(|line| line["cost_centre"] == "(no cost centre)"));
    assert_eq!(nano(&file.last().expect("totals")["charge_usd"]), charged);
    let moved = lines_of(&scene, "/exports/files/transfers.jsonl");
    let wallet = nano(&moved.last().expect("totals")["wallet_usd"]);
    let balance = scene.tenant.api.get("/billing/balance").expect(200).json();
    assert_eq!(balance["balance_nano"], wallet.to_string());
}

#[test]
fn members_export_their_own_and_no_money_of_others() {
    let house = House::shared();
    let scene = house.scene();
    relay(&house, &scene, 1);
    let member = house.person(&scene.tenant, "member");
    let reply = member.api.get("/exports/files/usage.jsonl").expect(200);
    assert_eq!(lines(&reply).len(), 1, "the totals alone: {}", reply.text());
    for denied in ["transfers.csv", "charge_back.csv"] {
        refused(
            &member.api.get(&format!("/exports/files/{denied}")),
            403,
            "forbidden",
        );
    }
    let kept = json!({"source": "usage", "format": "csv"});
    let owners = id_of(&scene.tenant.api.post("/exports", &kept).expect(201).json()["id"]);
    let own = id_of(&member.api.post("/exports", &kept).expect(201).json()["id"]);
    refused(
        &member.api.get(&format!("/exports/{owners}/file")),
        404,
        "not_found",
    );
    let file = member.api.get(&format!("/exports/{own}/file")).expect(200);
    assert_eq!(file.text().lines().count(), 2);
    let listed = member.api.get("/exports").expect(200).json();
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1));
    // Whoever loads it by a link sees what its maker saw.
    let link = member
        .api
        .post(&format!("/exports/{own}/link"), &json!({}))
        .expect(201)
        .json();
    let target = url::Url::parse(link["url"].as_str().expect("a link")).expect("an address");
    let loaded = house.gateway.send(&Request::get(target.path())).expect(200);
    assert_eq!(loaded.body, file.body);
}

#[test]
fn a_kept_export_stays_what_it_was_until_it_is_deleted() {
    let house = House::shared();
    let scene = house.scene();
    relay(&house, &scene, 2);
    let form = json!({"source": "usage", "format": "csv", "query": {"from": "2026-01-01T00:00:00Z", "to": "2190-01-01T00:00:00Z"}});
    let export = scene.tenant.api.post("/exports", &form).expect(201).json();
    assert_eq!(export["rows"], 2);
    assert_eq!(export["total_nano"], charged(&house, &scene).to_string());
    let id = id_of(&export["id"]);
    let first = file(&scene, &format!("/exports/{id}/file"));
    relay(&house, &scene, 1);
    assert_eq!(file(&scene, &format!("/exports/{id}/file")).body, first.body);
    let link = scene
        .tenant
        .api
        .post(&format!("/exports/{id}/link"), &json!({}))
        .expect(201)
        .json();
    let target = url::Url::parse(link["url"].as_str().expect("a link")).expect("an address");
    assert_eq!(
        house.gateway.send(&Request::get(target.path())).expect(200).body,
        first.body
    );
    refused(
        &house
            .gateway
            .send(&Request::get("/api/v2/exports/by-link/guessed")),
        404,
        "not_found",
    );
    scene.tenant.api.delete(&format!("/exports/{id}")).expect(204);
    refused(
        &house.gateway.send(&Request::get(target.path())),
        404,
        "not_found",
    );
    refused(&scene.tenant.api.get(&format!("/exports/{id}")), 404, "not_found");
    let bent = json!({"source": "summary", "format": "focus"});
    refused(&scene.tenant.api.post("/exports", &bent), 400, "invalid_query");
    let after = json!({"source": "usage", "format": "csv", "query": {"after": "x:1", "through": 0}});
    let found = faults(
        &scene.tenant.api.post("/exports", &after),
        422,
        "validation_failed",
    );
    assert_eq!(found, [("query.after".to_owned(), "not_allowed".to_owned())]);
}

#[test]
fn a_preview_shows_the_first_rows_of_each_file() {
    let house = House::shared();
    let scene = house.scene();
    relay(&house, &scene, 2);
    for (name, rows) in [
        ("usage.csv", 2),
        ("summary.csv", 1),
        ("charge_back.csv", 1),
        ("transfers.csv", 3),
    ] {
        let preview = scene
            .tenant
            .api
            .get(&format!("/exports/preview/{name}"))
            .expect(200)
            .json();
        let shown = preview["rows"].as_array().expect("rows");
        assert_eq!(shown.len(), rows, "{name}: {preview}");
        assert_eq!(
            shown[0].as_array().map(Vec::len),
            preview["columns"].as_array().map(Vec::len),
            "{name}"
        );
    }
}

#[test]
fn a_file_that_does_not_tie_to_the_ledger_never_ends_well() {
    let house = House::own();
    let scene = house.scene();
    relay(&house, &scene, 2);
    let event = house.events(&scene.tenant)[0].request_id;
    let mut sql = house.sql();
    let mut change = |by: i64| {
        sql.execute(
            "UPDATE usage_events SET charge_nano = charge_nano + $1 WHERE request_id = $2",
            &[&by, &event],
        )
        .expect("the row is changed");
    };
    change(1);
    let broken = scene.tenant.api.get("/exports/files/usage.csv");
    assert!(broken.broken.is_some(), "{}", broken.text());
    assert!(!broken.text().contains("\r\ntotal,"), "{}", broken.text());
    refused(
        &scene.tenant.api.get("/exports/files/usage.xlsx"),
        500,
        "internal",
    );
    refused(&scene.tenant.api.get("/billing/charge-back"), 500, "internal");
    assert!(house.gateway.metric("tollgate_export_mismatches_total") >= 3.0);
    change(-1);
    file(&scene, "/exports/files/usage.csv");
}

#[test]
fn the_operator_writes_files_whole_or_not_at_all() {
    let house = House::shared();
    let scene = house.scene();
    relay(&house, &scene, 2);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("usage.csv");
    let out = path.to_str().expect("a path");
    let slug = &scene.tenant.slug;
    let done = house
        .gateway
        .cli(&["export", "usage", "--tenant", slug, "--out", out]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let written = std::fs::read_to_string(&path).expect("the file");
    assert_eq!(written.lines().count(), 4);
    let missing = folder.path().join("other.csv");
    let out = missing.to_str().expect("a path");
    let done = house.gateway.cli(&[
        "export", "summary", "--tenant", slug, "--format", "focus", "--out", out,
    ]);
    assert!(!done.status.success());
    assert_eq!(
        std::fs::read_dir(folder.path()).expect("the folder").count(),
        1,
        "nothing is left behind"
    );
}
