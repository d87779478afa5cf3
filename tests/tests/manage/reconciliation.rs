//! A provider's own bill beside the books.

use super::margin::{customer, platform};
use super::told::{audit, faults, refused};
use serde_json::{Value, json};
use tollgate_tests::harness::relay::MODEL;
use tollgate_tests::harness::{Ask, Event, House, Scene, Upstream};

/// A day as the events have it, in UTC.
fn today(house: &House) -> String {
    let row = house
        .sql()
        .query_one("SELECT (now() AT TIME ZONE 'UTC')::date::text", &[]);
    row.expect("a day").get(0)
}

/// Anthropic's report of these tokens' usage.
fn usage(day: &str, input: u64, output: u64) -> String {
    json!({
        "data": [{
            "starting_at": format!("{day}T00:00:00Z"),
            "ending_at": format!("{day}T23:59:59Z"),
            "results": [{
                "uncached_input_tokens": input, "output_tokens": output, "cache_read_input_tokens": 0,
                "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
                "model": MODEL, "workspace_id": "wrkspc_1",
            }],
        }],
        "has_more": false,
    })
    .to_string()
}

/// The console's table of cost.
fn costs(day: &str, dollars: &str) -> String {
    format!(
        "usage_date_utc,model,workspace,api_key,token_type,cost_usd\n{day},{MODEL},Default,key,output,{dollars}\n"
    )
}

fn upload(scene: &Scene, content: &str) -> Value {
    let form = json!({"account_id": scene.account, "file_name": "report.json", "content": content});
    scene
        .tenant
        .api
        .post("/provider-reports", &form)
        .expect(200)
        .json()
}

fn served(house: &House) -> (Scene, Event) {
    let scene = house.scene();
    let ask = Ask::new(&scene.key.secret);
    ask.send(house.gateway.address()).expect(200);
    let event = house.event(&scene.tenant, &ask.id);
    (scene, event)
}

/// A day of a model differs by what the report has too many, and its cause is told.
fn differences_told(differs: &Value, event: &Event, day: &str) {
    let row = &differs["models"][0];
    assert_eq!((&row["verdict"], &row["day"]), (&json!("differs"), &json!(day)));
    assert_eq!(
        row["difference"]["input_tokens"],
        -i64::try_from(event.usage.input).expect("small")
    );
    assert_eq!(row["there"]["amount_nano"], "9990000000");
    assert_eq!(row["here"]["amount_nano"], event.charge_nano.to_string());
    assert_eq!(row["causes"][0], "elsewhere");
    assert_eq!(differs["tolerance_permille"], 20);
    assert_eq!(differs["total"]["difference"], row["difference"]);
}

/// The requests behind a day of a model, and none behind another model's.
fn requests_behind(scene: &Scene, event: &Event, day: &str) {
    let path = format!(
        "/reconciliation/requests?account_id={}&day={day}&model={MODEL}",
        scene.account
    );
    let behind = scene.tenant.api.get(&path).expect(200).json();
    assert_eq!(behind["items"][0]["id"], json!(event.request_id));
    assert_eq!(behind["items"][0]["here"]["output_tokens"], event.usage.output);
    let other = format!(
        "/reconciliation/requests?account_id={}&day={day}&model=other",
        scene.account
    );
    assert_eq!(
        scene.tenant.api.get(&other).expect(200).json()["items"],
        json!([])
    );
}

/// All reports are deleted, each once.
fn reports_deleted(scene: &Scene, count: usize) {
    let listed = scene.tenant.api.get("/provider-reports").expect(200).json();
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(count));
    for report in listed["items"].as_array().expect("a list") {
        let id = report["id"].as_str().expect("an id");
        assert_eq!(
            scene.tenant.api.delete(&format!("/provider-reports/{id}")).status,
            204
        );
        refused(
            &scene.tenant.api.delete(&format!("/provider-reports/{id}")),
            404,
            "not_found",
        );
    }
}

#[test]
fn what_agrees_and_what_differs_is_told_by_day_and_model_down_to_the_requests() {
    let house = House::shared();
    let (scene, event) = served(&house);
    let day = today(&house);
    let get = |more: &str| {
        let path = format!("/reconciliation?account_id={}{more}", scene.account);
        scene.tenant.api.get(&path).expect(200).json()
    };
    let none = get("");
    assert_eq!((&none["total"], &none["is_cost"]), (&Value::Null, &json!(false)));
    assert_eq!(none["models"][0]["verdict"], "no_report");
    let first = upload(&scene, &usage(&day, event.usage.input, event.usage.output));
    assert_eq!(
        (&first["repeated"], &first["report"]["kind"]),
        (&json!(false), &json!("usage"))
    );
    let agrees = get("");
    assert_eq!(agrees["models"][0]["verdict"], "agrees", "{agrees}");
    assert_eq!(agrees["models"][0]["difference"]["output_tokens"], 0);
    let again = upload(&scene, &usage(&day, event.usage.input, event.usage.output));
    assert_eq!(
        (&again["repeated"], &again["report"]["id"]),
        (&json!(true), &first["report"]["id"])
    );
    upload(&scene, &usage(&day, event.usage.input * 2, event.usage.output));
    upload(&scene, &costs(&day, "9.99"));
    differences_told(&get("&tolerance_permille=20"), &event, &day);
    requests_behind(&scene, &event, &day);
    reports_deleted(&scene, 3);
    assert_eq!(get("")["models"][0]["verdict"], "no_report");
    let lines = audit(&house, &scene.tenant);
    let of = |action: &str| lines.iter().filter(|line| line.action == action).count();
    assert_eq!(
        (of("provider_report.uploaded"), of("provider_report.deleted")),
        (3, 3)
    );
}

#[test]
fn a_bad_file_is_named_by_its_place_and_nothing_of_it_is_kept() {
    let house = House::shared();
    let (scene, _) = served(&house);
    let bad = format!("{}2026-11-31,m,,,output,1\n", costs("2026-11-01", "1"));
    for (content, named) in [
        (bad.as_str(), "line 3, usage_date_utc"),
        ("nonsense", "line 1"),
        ("{\"data\": 1}", "data"),
    ] {
        let form = json!({"account_id": scene.account, "content": content});
        let reply = scene.tenant.api.post("/provider-reports", &form);
        assert!(reply.text().contains(named), "{}", reply.text());
        assert_eq!(faults(&reply, 422, "validation_failed")[0].0, "content");
    }
    let openai = "start_time,end_time,amount_value,amount_currency\n1793491200,1793577600,1,usd\n";
    let form = json!({"account_id": scene.account, "content": openai});
    let reply = scene.tenant.api.post("/provider-reports", &form);
    assert_eq!(
        faults(&reply, 422, "validation_failed")[0],
        ("account_id".to_owned(), "other_provider".to_owned())
    );
    let form = json!({"account_id": uuid::Uuid::now_v7(), "content": costs("2026-11-01", "1")});
    let reply = scene.tenant.api.post("/provider-reports", &form);
    assert_eq!(faults(&reply, 422, "validation_failed")[0].1, "unknown");
    let listed = scene.tenant.api.get("/provider-reports").expect(200).json();
    assert_eq!(listed["items"], json!([]));
    let member = house.person(&scene.tenant, "member");
    refused(&member.api.get("/provider-reports"), 403, "forbidden");
}

#[test]
fn the_platform_reconciles_its_accounts_cost_over_all_customers_by_the_command_too() {
    let house = House::own();
    let (platform, upstream) = (platform(&house), Upstream::start());
    let account = platform.account_with(&upstream.url(), json!({"name": "House account"}));
    let (one, _) = customer(&house, &platform, account);
    let (other, _) = customer(&house, &platform, account);
    house.settle();
    let day = today(&house);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("costs.csv");
    std::fs::write(&file, costs(&day, "5.00")).expect("written");
    let (file, id) = (file.to_str().expect("a path"), account.to_string());
    let words = ["reconcile", "import", "platform", file, "--account", &id];
    for said in ["Kept as", "there already"] {
        let output = house.gateway.cli(&words);
        assert!(
            String::from_utf8_lossy(&output.stdout).contains(said),
            "{output:?}"
        );
    }
    let path = format!("/reconciliation?account_id={account}");
    let report = platform.api.get(&path).expect(200).json();
    assert_eq!(report["is_cost"], true);
    let row = &report["models"][0];
    let requests = house.events(&one).len() + house.events(&other).len();
    assert_eq!(row["here"]["requests"], requests);
    assert_eq!(
        (&row["verdict"], &row["there"]["amount_nano"]),
        (&json!("differs"), &json!("5000000000"))
    );
    let behind = format!("/reconciliation/requests?account_id={account}&day={day}");
    let behind = platform.api.get(&behind).expect(200).json();
    assert_eq!(behind["items"].as_array().map(Vec::len), Some(requests));
    std::fs::write(folder.path().join("bad.csv"), "a,b\n1,2\n").expect("written");
    let bad = folder.path().join("bad.csv");
    let words = [
        "reconcile",
        "import",
        "platform",
        bad.to_str().expect("a path"),
        "--account",
        &id,
    ];
    let output = house.gateway.cli(&words);
    assert!(!output.status.success());
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("line 1"),
        "{output:?}"
    );
}
